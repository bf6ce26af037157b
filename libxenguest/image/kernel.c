/* SPDX-License-Identifier: MIT */
/* Opening a kernel image, checking it for PV, loading it. */
#include <xen/elfnote.h>
#include "internal.h"

#define MACHINE_386    3
#define MACHINE_X86_64 62
#define LIMIT_32       (UINT64_C(1) << 32)
#define PAGE           4096u
/* A gzipped bzImage with its own payload is as deep as images come. */
#define MAX_LAYERS 3

/* Swap the compressed data at @in for what it expands to. */
static int expand(const struct image_env *env, struct image_kernel *kernel, const uint8_t **in,
                  size_t *len)
{
    void *data = NULL;
    size_t data_len = 0;
    int rc = env->expand ? env->expand(env, *in, *len, &data, &data_len)
                         : image_decompress(env, *in, *len, &data, &data_len);

    if (rc)
        return rc;
    image_close_kernel(env, kernel);
    kernel->owned = data;
    kernel->owned_len = data_len;
    *in = data;
    *len = data_len;
    return 0;
}

/* What the image is, for people. */
static const char *describe(bool bz, const char *compression)
{
    static const char *const names[][3] = {
        {"gzip", "ELF, gzip", "bzImage, gzip"},    {"xz", "ELF, xz", "bzImage, xz"},
        {"zstd", "ELF, zstd", "bzImage, zstd"},    {"lz4", "ELF, lz4", "bzImage, lz4"},
        {"bzip2", "ELF, bzip2", "bzImage, bzip2"}, {"lzma", "ELF, lzma", "bzImage, lzma"},
    };

    for (size_t i = 0; compression && i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(names[i][0], compression))
            return names[i][bz ? 2 : 1];
    return bz ? "bzImage" : "ELF";
}

static int unwrap(const struct image_env *env, struct image_kernel *kernel, const uint8_t **in,
                  size_t *len)
{
    const char *compression = NULL;
    bool bz = false;
    int rc = 0;

    for (int layer = 0; layer < MAX_LAYERS && !image_is_elf(*in, *len); layer++) {
        rc = bz ? 0 : image_bzimage_payload(env, *in, *len, in, len);
        if (rc < 0)
            return rc;
        bz |= rc > 0;
        if (image_is_elf(*in, *len))
            break;
        if (image_compression(*in, *len)) {
            compression = image_compression(*in, *len);
            rc = expand(env, kernel, in, len);
        } else if (bz) {
            return image_fail(env, XEN_ENOEXEC, "bzImage payload is in no known format", NULL);
        } else {
            return image_fail(env, XEN_ENOEXEC, "kernel is not a bzImage nor ELF", NULL);
        }
        if (rc)
            return rc;
    }
    kernel->format = describe(bz, compression);
    return image_is_elf(*in, *len)
               ? 0
               : image_fail(env, XEN_ENOEXEC, "no ELF file inside the kernel image", NULL);
}

int image_open_kernel(const struct image_env *env, const void *in, size_t len,
                      struct image_kernel *kernel)
{
    const uint8_t *data = in;
    int rc = 0;

    memset(kernel, 0, sizeof(*kernel));
    kernel->notes.hypercall_page = IMAGE_UNSET;
    kernel->notes.init_p2m = IMAGE_UNSET;
    kernel->notes.hv_start_low = IMAGE_UNSET;
    kernel->notes.phys32_entry = IMAGE_UNSET;
    if (len == 0)
        return image_fail(env, XEN_ENOEXEC, "kernel image is empty", NULL);
    rc = unwrap(env, kernel, &data, &len);
    if (!rc) {
        kernel->elf = data;
        kernel->elf_len = len;
        rc = image_parse_elf(env, kernel);
    }
    if (!rc && !image_has_note(&kernel->notes, XEN_ELFNOTE_ENTRY))
        kernel->notes.entry = kernel->elf_entry;
    if (rc)
        image_close_kernel(env, kernel);
    return rc;
}

void image_close_kernel(const struct image_env *env, struct image_kernel *kernel)
{
    if (kernel->owned)
        env->free(env->opaque, kernel->owned, kernel->owned_len);
    kernel->owned = NULL;
    kernel->owned_len = 0;
}

static int check_features(const struct image_env *env, const struct image_xen_notes *n,
                          uint32_t features)
{
    uint32_t missing = n->features_required & ~features;

    if (n->unknown_required[0])
        return image_fail(env, XEN_EOPNOTSUPP, "feature ", n->unknown_required,
                          " required by the kernel but not known", NULL);
    for (unsigned int i = 0; i < 32; i++)
        if (missing & (UINT32_C(1) << i))
            return image_fail(env, XEN_EOPNOTSUPP, "feature ", image_feature_name(i),
                              " required by the kernel but not supported", NULL);
    return 0;
}

/* Do the addresses in the notes fit the segments? */
static int check_addresses(const struct image_env *env, const struct image_kernel *kernel)
{
    const struct image_xen_notes *n = &kernel->notes;
    uint64_t start = 0;
    uint64_t end = 0;

    if (n->virt_base % PAGE)
        return image_fail(env, XEN_EINVAL, "VIRT_BASE note is not page-aligned", NULL);
    if (__builtin_add_overflow(n->virt_base, kernel->phys_start, &start) ||
        __builtin_add_overflow(n->virt_base, kernel->phys_end, &end))
        return image_fail(env, XEN_EINVAL, "kernel wraps around the address space", NULL);
    if (n->entry < start || n->entry >= end)
        return image_fail(env, XEN_EINVAL, "kernel entry point lies outside the kernel", NULL);
    if (image_has_note(n, XEN_ELFNOTE_HYPERCALL_PAGE) &&
        (n->hypercall_page % PAGE || n->hypercall_page < start || n->hypercall_page > end - 1 ||
         end - n->hypercall_page < PAGE))
        return image_fail(env, XEN_EINVAL, "hypercall page lies outside the kernel", NULL);
    if (image_has_note(n, XEN_ELFNOTE_INIT_P2M) && n->init_p2m % PAGE)
        return image_fail(env, XEN_EINVAL, "INIT_P2M note is not page-aligned", NULL);
    return 0;
}

int image_check_pv(const struct image_env *env, const struct image_kernel *kernel,
                   uint32_t features)
{
    const struct image_xen_notes *n = &kernel->notes;
    int rc = 0;

    if (!n->present)
        return image_fail(env, XEN_EOPNOTSUPP, "no Xen ELF notes: kernel was not built for Xen PV",
                          NULL);
    if (image_has_note(n, XEN_ELFNOTE_PHYS32_ENTRY) && !image_has_note(n, XEN_ELFNOTE_ENTRY) &&
        !image_has_note(n, XEN_ELFNOTE_HYPERCALL_PAGE))
        return image_fail(env, XEN_EOPNOTSUPP, "kernel was built for Xen PVH only, not for Xen PV",
                          NULL);
    if (!kernel->is_64 || kernel->machine != MACHINE_X86_64)
        return image_fail(env, XEN_EOPNOTSUPP, "kernel is not for x86-64", NULL);
    if (image_has_note(n, XEN_ELFNOTE_XEN_VERSION) && strcmp(n->xen_version, "xen-3.0"))
        return image_fail(env, XEN_EOPNOTSUPP, "kernel is for Xen version \"", n->xen_version,
                          "\", not for \"xen-3.0\"", NULL);
    rc = check_features(env, n, features);
    return rc ? rc : check_addresses(env, kernel);
}

/* Put PADDR_OFFSET back.  False if that leads beyond what 32 bits reach. */
static bool use_program_headers(struct image_kernel *kernel)
{
    uint64_t offset = kernel->notes.paddr_offset;

    if (kernel->phys_end + offset < offset || kernel->phys_end + offset > LIMIT_32)
        return false;
    for (unsigned int i = 0; i < kernel->nr_segments; i++)
        kernel->segments[i].phys += offset;
    kernel->phys_start += offset;
    kernel->phys_end += offset;
    kernel->notes.paddr_offset = 0;
    return true;
}

int image_check_pvh(const struct image_env *env, struct image_kernel *kernel)
{
    const struct image_xen_notes *n = &kernel->notes;

    if (!image_has_note(n, XEN_ELFNOTE_PHYS32_ENTRY))
        return image_fail(env, XEN_EOPNOTSUPP,
                          n->present ? "no PHYS32_ENTRY note" : "no Xen ELF notes",
                          ": kernel was not built for Xen PVH", NULL);
    if (kernel->machine != MACHINE_X86_64 && kernel->machine != MACHINE_386)
        return image_fail(env, XEN_EOPNOTSUPP, "kernel is not for x86", NULL);
    if (!use_program_headers(kernel))
        return image_fail(env, XEN_EINVAL, "kernel lies above 4 GiB", NULL);
    if (n->phys32_entry < kernel->phys_start || n->phys32_entry >= kernel->phys_end)
        return image_fail(env, XEN_EINVAL, "kernel entry point lies outside the kernel", NULL);
    return 0;
}

int image_load_each(const struct image_kernel *kernel,
                    int (*put)(void *opaque, uint64_t offset, const void *src, size_t len),
                    void *opaque)
{
    uint64_t end = 0; /* everything below is written */
    int rc = 0;

    /*
     * First zero the gaps, then copy: segments may come in any order, and a later one may fill
     * part of an earlier one's zeroes.
     */
    while (!rc && end < kernel->phys_end - kernel->phys_start) {
        uint64_t next = kernel->phys_end - kernel->phys_start;
        uint64_t covered = end;

        for (unsigned int i = 0; i < kernel->nr_segments; i++) {
            uint64_t start = kernel->segments[i].phys - kernel->phys_start;

            if (start > end && start < next)
                next = start;
            if (start <= end && start + kernel->segments[i].file_size > covered)
                covered = start + kernel->segments[i].file_size;
        }
        if (covered == end)
            rc = put(opaque, end, NULL, (size_t)(next - end));
        end = covered == end ? next : covered;
    }
    for (unsigned int i = 0; !rc && i < kernel->nr_segments; i++) {
        const struct image_segment *s = &kernel->segments[i];

        if (s->file_size)
            rc = put(opaque, s->phys - kernel->phys_start, s->data, s->file_size);
    }
    return rc;
}
