/* SPDX-License-Identifier: MIT */
/* The ELF file inside a kernel image: its loadable segments and where its notes are. */
#include <xen/elfnote.h>
#include "internal.h"

#define EI_CLASS     4
#define EI_DATA      5
#define EI_VERSION   6
#define CLASS_32     1
#define CLASS_64     2
#define DATA_LITTLE  1
#define TYPE_EXEC    2
#define TYPE_DYN     3
#define PHDR_LOAD    1
#define PHDR_NOTE    4
#define SECTION_NOTE 7
#define MAX_HEADERS  4096

/* The fields of both ELF classes that matter here. */
struct header {
    uint64_t phoff, shoff;
    uint16_t type, phentsize, phnum, shentsize, shnum;
};

struct phdr {
    uint32_t type, flags;
    uint64_t offset, paddr, filesz, memsz;
};

bool image_is_elf(const uint8_t *in, size_t len)
{
    return len >= 16 && !memcmp(in, "\177ELF", 4);
}

static void read_header(struct image_kernel *kernel, struct header *h)
{
    const uint8_t *p = kernel->elf;
    const uint8_t *tail = p + (kernel->is_64 ? 54 : 42); /* from e_phentsize on */

    h->type = image_get16(p + 16);
    kernel->machine = image_get16(p + 18);
    if (kernel->is_64) {
        kernel->elf_entry = image_get64(p + 24);
        h->phoff = image_get64(p + 32);
        h->shoff = image_get64(p + 40);
    } else {
        kernel->elf_entry = image_get32(p + 24);
        h->phoff = image_get32(p + 28);
        h->shoff = image_get32(p + 32);
    }
    h->phentsize = image_get16(tail);
    h->phnum = image_get16(tail + 2);
    h->shentsize = image_get16(tail + 4);
    h->shnum = image_get16(tail + 6);
}

static int check_header(const struct image_env *env, struct image_kernel *kernel, struct header *h)
{
    const uint8_t *p = kernel->elf;
    size_t phdr_size = 0;

    if (p[EI_CLASS] != CLASS_32 && p[EI_CLASS] != CLASS_64)
        return image_fail(env, XEN_ENOEXEC, "ELF file is neither of 32 nor of 64 bits", NULL);
    if (p[EI_DATA] != DATA_LITTLE)
        return image_fail(env, XEN_ENOEXEC, "ELF file is big-endian", NULL);
    kernel->is_64 = p[EI_CLASS] == CLASS_64;
    if (kernel->elf_len < (kernel->is_64 ? 64 : 52))
        return image_fail(env, XEN_EINVAL, "ELF file truncated in its header", NULL);
    read_header(kernel, h);
    phdr_size = kernel->is_64 ? 56 : 32;
    if (h->type != TYPE_EXEC && h->type != TYPE_DYN)
        return image_fail(env, XEN_ENOEXEC, "ELF file is not an executable", NULL);
    if (h->phnum == 0)
        return image_fail(env, XEN_EINVAL, "ELF file has no program headers", NULL);
    if (h->phentsize < phdr_size || h->phnum > MAX_HEADERS)
        return image_fail(env, XEN_EINVAL, "ELF file has program headers of a wrong size", NULL);
    if (!image_within(h->phoff, (uint64_t)h->phnum * h->phentsize, kernel->elf_len))
        return image_fail(env, XEN_EINVAL, "ELF file truncated: program headers beyond its end",
                          NULL);
    return 0;
}

static struct phdr read_phdr(const struct image_kernel *kernel, const struct header *h,
                             unsigned int i)
{
    const uint8_t *p = kernel->elf + h->phoff + (size_t)i * h->phentsize;

    if (!kernel->is_64)
        return (struct phdr){.type = image_get32(p),
                             .offset = image_get32(p + 4),
                             .paddr = image_get32(p + 12),
                             .filesz = image_get32(p + 16),
                             .memsz = image_get32(p + 20),
                             .flags = image_get32(p + 24)};
    return (struct phdr){.type = image_get32(p),
                         .flags = image_get32(p + 4),
                         .offset = image_get64(p + 8),
                         .paddr = image_get64(p + 24),
                         .filesz = image_get64(p + 32),
                         .memsz = image_get64(p + 40)};
}

static int add_segment(const struct image_env *env, struct image_kernel *kernel,
                       const struct phdr *p)
{
    uint64_t end = 0;

    if (p->memsz == 0)
        return 0;
    if (kernel->nr_segments == IMAGE_MAX_SEGMENTS)
        return image_fail(env, XEN_EINVAL, "kernel has too many loadable segments", NULL);
    if (p->filesz > p->memsz)
        return image_fail(env, XEN_EINVAL, "kernel segment is larger in the file than in memory",
                          NULL);
    if (!image_within(p->offset, p->filesz, kernel->elf_len))
        return image_fail(env, XEN_EINVAL, "ELF file truncated: a segment ends after the file",
                          NULL);
    /* PADDR_OFFSET, known once the notes are read, is taken off later. */
    if (__builtin_add_overflow(p->paddr, p->memsz, &end))
        return image_fail(env, XEN_EINVAL, "kernel segment wraps around the address space", NULL);
    kernel->segments[kernel->nr_segments++] =
        (struct image_segment){.phys = p->paddr,
                               .size = p->memsz,
                               .data = kernel->elf + p->offset,
                               .file_size = (size_t)p->filesz,
                               .flags = p->flags};
    return 0;
}

static int read_segments(const struct image_env *env, struct image_kernel *kernel,
                         const struct header *h)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < h->phnum; i++) {
        struct phdr p = read_phdr(kernel, h, i);

        if (p.type == PHDR_LOAD)
            rc = add_segment(env, kernel, &p);
    }
    if (!rc && kernel->nr_segments == 0)
        rc = image_fail(env, XEN_EINVAL, "kernel has no loadable segments", NULL);
    return rc;
}

static int notes_of_segments(const struct image_env *env, struct image_kernel *kernel,
                             const struct header *h)
{
    int rc = 0;

    for (unsigned int i = 0; !rc && i < h->phnum; i++) {
        struct phdr p = read_phdr(kernel, h, i);

        if (p.type != PHDR_NOTE)
            continue;
        if (!image_within(p.offset, p.filesz, kernel->elf_len))
            return image_fail(env, XEN_EINVAL, "ELF file truncated: its notes end after the file",
                              NULL);
        rc = image_parse_notes(env, kernel, kernel->elf + p.offset, (size_t)p.filesz);
    }
    return rc;
}

/* Kernels of old carry their notes in sections only. */
static int notes_of_sections(const struct image_env *env, struct image_kernel *kernel,
                             const struct header *h)
{
    size_t shdr_size = kernel->is_64 ? 64 : 40;
    int rc = 0;

    if (h->shnum == 0 || h->shentsize < shdr_size ||
        !image_within(h->shoff, (uint64_t)h->shnum * h->shentsize, kernel->elf_len))
        return 0;
    for (unsigned int i = 0; !rc && i < h->shnum; i++) {
        const uint8_t *p = kernel->elf + h->shoff + (size_t)i * h->shentsize;
        uint64_t offset = kernel->is_64 ? image_get64(p + 24) : image_get32(p + 16);
        uint64_t size = kernel->is_64 ? image_get64(p + 32) : image_get32(p + 20);

        if (image_get32(p + 4) == SECTION_NOTE && image_within(offset, size, kernel->elf_len))
            rc = image_parse_notes(env, kernel, kernel->elf + offset, (size_t)size);
    }
    return rc;
}

/* Take PADDR_OFFSET off the segments and find the range they cover. */
static int place_segments(const struct image_env *env, struct image_kernel *kernel)
{
    uint64_t offset = kernel->notes.paddr_offset;

    kernel->phys_start = UINT64_MAX;
    kernel->phys_end = 0;
    for (unsigned int i = 0; i < kernel->nr_segments; i++) {
        struct image_segment *s = &kernel->segments[i];

        if (s->phys < offset)
            return image_fail(env, XEN_EINVAL, "kernel segment lies below its PADDR_OFFSET note",
                              NULL);
        s->phys -= offset;
        if (s->phys < kernel->phys_start)
            kernel->phys_start = s->phys;
        if (s->phys + s->size > kernel->phys_end)
            kernel->phys_end = s->phys + s->size;
    }
    return 0;
}

int image_parse_elf(const struct image_env *env, struct image_kernel *kernel)
{
    struct header h = {0};
    int rc = check_header(env, kernel, &h);

    if (!rc)
        rc = read_segments(env, kernel, &h);
    if (!rc)
        rc = notes_of_segments(env, kernel, &h);
    if (!rc && !kernel->notes.present)
        rc = notes_of_sections(env, kernel, &h);
    if (!rc)
        rc = place_segments(env, kernel);
    return rc;
}
