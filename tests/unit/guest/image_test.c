/* SPDX-License-Identifier: MIT */
/* The reader of kernel images: what it takes, and what it must refuse, in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <elf.h>
#include <lzma.h>
#include <xen/elfnote.h>
#include <xen/features.h>
#include "image/image.h"
#include "make_kernel.h"

/* Counts what is allocated, and fails the n-th allocation if asked to. */
static struct {
    size_t live, count, fail_at;
    char message[256];
} env_state;

static void *env_alloc(void *opaque, size_t size)
{
    void *p = NULL;

    assert_ptr_equal(opaque, &env_state);
    env_state.count++;
    if (env_state.fail_at && env_state.count == env_state.fail_at)
        return NULL;
    p = malloc(size);
    assert_non_null(p);
    env_state.live += size;
    return p;
}

static void env_free(void *opaque, void *ptr, size_t size)
{
    assert_non_null(ptr);
    assert_true(env_state.live >= size);
    env_state.live -= size;
    free(ptr);
}

static void env_report(void *opaque, const char *msg)
{
    snprintf(env_state.message, sizeof(env_state.message), "%s", msg);
}

static struct image_env env(void)
{
    memset(&env_state, 0, sizeof(env_state));
    return (struct image_env){env_alloc, env_free, env_report, &env_state, 64u << 20};
}

static const char *const formats[] = {"none", "gzip", "xz", "lzma", "zstd", "lz4", "bzip2"};
#define NR_FORMATS (sizeof(formats) / sizeof(formats[0]))

struct memory {
    uint8_t *at;
    size_t size;
};

static int put(void *opaque, uint64_t offset, const void *src, size_t len)
{
    const struct memory *m = opaque;

    if (offset > m->size || len > m->size - offset)
        return -XEN_E2BIG;
    if (src)
        memcpy(m->at + offset, src, len);
    else
        memset(m->at + offset, 0, len);
    return 0;
}

static void check_loaded(const struct image_kernel *k)
{
    size_t size = k->phys_end - k->phys_start;
    uint8_t *memory = malloc(size);
    size_t second = size - SECOND_LEN;

    assert_non_null(memory);
    memset(memory, 0xee, size);
    assert_int_equal(image_load_each(k, put, &(struct memory){memory, size - 1}), -XEN_E2BIG);
    assert_int_equal(image_load_each(k, put, &(struct memory){memory, size}), 0);
    for (size_t i = 0; i < TEXT_LEN; i++)
        assert_int_equal(memory[i], text_byte(i));
    for (size_t i = TEXT_LEN; i < second; i++)
        assert_int_equal(memory[i], 0);
    for (size_t i = 0; i < SECOND_LEN; i++)
        assert_int_equal(memory[second + i], text_byte(TEXT_LEN + i));
    free(memory);
}

static void every_format_opens_and_loads(void **state)
{
    for (size_t i = 0; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.bss_len = 5000, .features = "!writable_page_tables"};
        struct bytes image = make_kernel(&spec, formats[i]);
        struct image_env e = env();
        struct image_kernel k;

        assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
        assert_int_equal(k.notes.virt_base, LINUX_BASE);
        assert_int_equal(k.notes.entry, LINUX_BASE + LINUX_PHYS + 64);
        assert_int_equal(k.phys_start, LINUX_PHYS);
        assert_string_equal(k.notes.guest_os, "linux");
        assert_string_equal(k.notes.loader, "generic");
        assert_non_null(strstr(k.format, "bzImage"));
        if (i)
            assert_non_null(strstr(k.format, formats[i]));
        assert_int_equal(image_check_pv(&e, &k, 1u << XENFEAT_writable_page_tables), 0);
        check_loaded(&k);
        image_close_kernel(&e, &k);
        image_close_kernel(&e, &k);
        assert_int_equal(env_state.live, 0);
        free_bytes(&image);
    }
}

/* The length that Linux appends says how much to allocate: one output buffer, no copy. */
static void appended_length_saves_growing(void **state)
{
    static const size_t most[NR_FORMATS] = {0, 0, 0, 0, 2, 1, 0};

    for (size_t i = 1; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 3000000};
        struct bytes image = make_kernel(&spec, formats[i]);
        struct image_env e = env();
        struct image_kernel k;

        assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
        if (most[i])
            assert_true(env_state.count <= most[i]);
        image_close_kernel(&e, &k);
        assert_int_equal(env_state.live, 0);
        free_bytes(&image);
    }
}

static void plain_compressed_elf_opens(void **state)
{
    for (size_t i = 0; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 3000000};
        struct bytes elf = make_elf(&spec);
        struct bytes image = compress_bytes(formats[i], elf);
        struct image_env e = env();
        struct image_kernel k;

        assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
        assert_int_equal(k.elf_len, elf.len);
        assert_memory_equal(k.elf, elf.data, elf.len);
        image_close_kernel(&e, &k);
        assert_int_equal(env_state.live, 0);
        free_bytes(&elf);
        free_bytes(&image);
    }
}

static void gzipped_bzimage_opens(void **state)
{
    struct kernel_spec spec = {0};
    struct bytes bz = make_kernel(&spec, "xz");
    struct bytes image = compress_bytes("gzip", bz);
    struct image_env e = env();
    struct image_kernel k;

    assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
    image_close_kernel(&e, &k);
    assert_int_equal(env_state.live, 0);
    free_bytes(&bz);
    free_bytes(&image);
}

/* Whatever the bytes are: an error or a kernel, no crash, nothing left behind. */
static int open_any(const uint8_t *data, size_t len)
{
    struct image_env e = env();
    struct image_kernel k;
    uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees each byte too far */
    int rc = 0;

    assert_non_null(exact);
    e.max_output = 1u << 20;
    if (len)
        memcpy(exact, data, len);
    rc = image_open_kernel(&e, exact, len, &k);
    if (rc)
        assert_string_not_equal(env_state.message, "");
    else
        image_close_kernel(&e, &k);
    assert_int_equal(env_state.live, 0);
    free(exact);
    return rc;
}

static void truncated_images_are_refused(void **state)
{
    for (size_t i = 0; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 9000};
        struct bytes image = make_kernel(&spec, formats[i]);
        /* The appended length and padding of the notes may go unnoticed; the bzImage's own
         * length does not. */
        for (size_t len = 0; len < image.len; len += len < 700 ? 7 : 101)
            assert_int_not_equal(open_any(image.data, len), 0);
        free_bytes(&image);
    }
}

static void truncated_streams_are_refused(void **state)
{
    for (size_t i = 1; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 100000};
        struct bytes elf = make_elf(&spec);
        struct bytes stream = compress_bytes(formats[i], elf);

        for (size_t cut = 20; cut < stream.len; cut += stream.len / 23) {
            struct bytes part = {stream.data, stream.len - cut};
            struct bytes bz = make_bzimage(part);
            int rc = open_any(bz.data, bz.len);

            assert_int_not_equal(rc, 0);
            free_bytes(&bz);
        }
        assert_int_equal(open_any(stream.data, stream.len - 30), -XEN_EBADMSG);
        assert_non_null(strstr(env_state.message, formats[i]));
        free_bytes(&elf);
        free_bytes(&stream);
    }
}

static void corrupt_streams_never_crash(void **state)
{
    for (size_t i = 0; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 30000};
        struct bytes image = make_kernel(&spec, formats[i]);

        for (size_t pos = 0; pos < image.len; pos += pos < 1800 ? 3 : image.len / 97 + 1) {
            uint8_t old = image.data[pos];

            image.data[pos] ^= 0x55;
            open_any(image.data, image.len);
            image.data[pos] = old;
        }
        free_bytes(&image);
    }
}

/* A checksum guards these formats: no changed byte in the middle may pass. */
static void corrupt_checked_streams_are_refused(void **state)
{
    static const char *const checked[] = {"gzip", "xz", "bzip2"};

    for (size_t i = 0; i < 3; i++) {
        struct kernel_spec spec = {.text_len = 30000};
        struct bytes image = make_kernel(&spec, checked[i]);

        for (size_t pos = 1700; pos < image.len - 64; pos += (image.len - 1764) / 19) {
            char expected[64];

            image.data[pos] ^= 0x55;
            assert_int_equal(open_any(image.data, image.len), -XEN_EBADMSG);
            snprintf(expected, sizeof(expected), "%s payload ", checked[i]);
            assert_int_equal(strncmp(env_state.message, expected, strlen(expected)), 0);
            image.data[pos] ^= 0x55;
        }
        free_bytes(&image);
    }
}

/* An xz stream of blocks of 10,000 bytes. */
static struct bytes xz_blocks(struct bytes in, lzma_check check)
{
    lzma_stream s = LZMA_STREAM_INIT;
    struct bytes out = {malloc(2 * in.len + 10000), 0};

    assert_int_equal(lzma_easy_encoder(&s, 1, check), LZMA_OK);
    s.next_out = out.data;
    s.avail_out = 2 * in.len + 10000;
    for (size_t at = 0; at < in.len; at += 10000) {
        s.next_in = in.data + at;
        s.avail_in = in.len - at < 10000 ? in.len - at : 10000;
        assert_int_equal(lzma_code(&s, LZMA_FULL_FLUSH), LZMA_STREAM_END);
    }
    assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    out.len = s.total_out;
    lzma_end(&s);
    return out;
}

static void each_block_of_an_xz_stream_is_checked(void **state)
{
    static const lzma_check checks[] = {LZMA_CHECK_CRC32, LZMA_CHECK_CRC64, LZMA_CHECK_SHA256};

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct kernel_spec spec = {.text_len = 40000};
        struct bytes elf = make_elf(&spec);
        struct bytes image = xz_blocks(elf, checks[i]);

        assert_int_equal(open_any(image.data, image.len), 0);
        for (size_t pos = 0; pos < image.len; pos++) {
            image.data[pos] ^= 0x04;
            assert_int_not_equal(open_any(image.data, image.len), 0);
            assert_int_equal(env_state.live, 0);
            image.data[pos] ^= 0x04;
        }
        free_bytes(&image);
        free_bytes(&elf);
    }
}

static void size_limit_holds(void **state)
{
    for (size_t i = 1; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 1 << 20};
        struct bytes image = make_kernel(&spec, formats[i]);
        struct image_env e = env();
        struct image_kernel k;

        e.max_output = 100000;
        assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), -XEN_E2BIG);
        assert_non_null(strstr(env_state.message, formats[i]));
        assert_int_equal(env_state.live, 0);
        free_bytes(&image);
    }
}

/* The n-th allocation fails, for each n: an error that says so, and nothing leaks. */
static void allocation_failures_are_survived(void **state)
{
    for (size_t i = 1; i < NR_FORMATS; i++) {
        struct kernel_spec spec = {.text_len = 50000};
        struct bytes elf = make_elf(&spec);
        struct bytes image = compress_bytes(formats[i], elf); /* no hint: has to grow */
        int rc = -1;

        for (size_t n = 1; rc; n++) {
            struct image_env e = env();
            struct image_kernel k;

            env_state.fail_at = n;
            rc = image_open_kernel(&e, image.data, image.len, &k);
            if (!rc)
                image_close_kernel(&e, &k);
            else
                assert_int_equal(rc, -XEN_ENOMEM);
            assert_int_equal(env_state.live, 0);
            assert_true(n < 100);
        }
        free_bytes(&elf);
        free_bytes(&image);
    }
}

static void expect(struct bytes image, int rc, const char *message)
{
    assert_int_equal(open_any(image.data, image.len), rc);
    assert_string_equal(env_state.message, message);
}

static void what_is_no_kernel_is_called_so(void **state)
{
    uint8_t lzo[] = {0x89, 'L', 'Z', 'O', 0, '\r', '\n', 0x1a};
    struct kernel_spec spec = {0};
    struct bytes payload = {(uint8_t *)"neither this nor that", 21};
    struct bytes bz = make_bzimage(payload);

    expect((struct bytes){(uint8_t *)"#!/bin/sh\necho no kernel at all\n", 32}, -XEN_ENOEXEC,
           "kernel is not a bzImage nor ELF");
    expect((struct bytes){NULL, 0}, -XEN_ENOEXEC, "kernel image is empty");
    expect((struct bytes){lzo, 8}, -XEN_EOPNOTSUPP, "lzo compression is not supported");
    expect(bz, -XEN_ENOEXEC, "bzImage payload is in no known format");
    bz.data[0x206] = 7;
    expect(bz, -XEN_EINVAL, "bzImage too old: boot protocol 2.08 (Linux 2.6.24) is needed");
    bz.data[0x206] = 8;
    memset(bz.data + 0x24c, 0, 4);
    expect(bz, -XEN_EINVAL, "bzImage has no payload");
    memset(bz.data + 0x248, 0xff, 8);
    expect(bz, -XEN_EINVAL, "bzImage truncated: its payload ends after the file");
    free_bytes(&bz);
    bz = make_kernel(&spec, "none");
    bz.len -= 100;
    expect(bz, -XEN_EINVAL, "bzImage truncated: its payload ends after the file");
    free_bytes(&bz);
}

/* Change one field of an ELF kernel and see what is said. */
static void bad_elf(size_t offset, size_t width, uint64_t value, int rc, const char *message)
{
    struct kernel_spec spec = {0};
    struct bytes elf = make_elf(&spec);

    memcpy(elf.data + offset, &value, width);
    expect(elf, rc, message);
    free_bytes(&elf);
}

#define EHDR(field) offsetof(Elf64_Ehdr, field), sizeof(((Elf64_Ehdr *)0)->field)
#define PHDR(i, field)                                                                             \
    sizeof(Elf64_Ehdr) + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field),                   \
        sizeof(((Elf64_Phdr *)0)->field)

static void broken_elf_headers_are_named(void **state)
{
    bad_elf(EI_CLASS, 1, 3, -XEN_ENOEXEC, "ELF file is neither of 32 nor of 64 bits");
    bad_elf(EI_DATA, 1, 2, -XEN_ENOEXEC, "ELF file is big-endian");
    bad_elf(EHDR(e_type), ET_REL, -XEN_ENOEXEC, "ELF file is not an executable");
    bad_elf(EHDR(e_phnum), 0, -XEN_EINVAL, "ELF file has no program headers");
    bad_elf(EHDR(e_phentsize), 8, -XEN_EINVAL, "ELF file has program headers of a wrong size");
    bad_elf(EHDR(e_phoff), UINT64_MAX - 8, -XEN_EINVAL,
            "ELF file truncated: program headers beyond its end");
    bad_elf(PHDR(0, p_filesz), UINT64_C(1) << 40, -XEN_EINVAL,
            "kernel segment is larger in the file than in memory");
    bad_elf(PHDR(0, p_offset), UINT64_MAX - 5, -XEN_EINVAL,
            "ELF file truncated: a segment ends after the file");
    bad_elf(PHDR(0, p_paddr), UINT64_MAX - 5, -XEN_EINVAL,
            "kernel segment wraps around the address space");
    bad_elf(PHDR(2, p_offset), UINT64_C(1) << 50, -XEN_EINVAL,
            "ELF file truncated: its notes end after the file");
}

static void too_many_segments_are_refused(void **state)
{
    struct kernel_spec spec = {0};
    struct bytes elf = make_elf(&spec);
    Elf64_Ehdr *h = (Elf64_Ehdr *)elf.data;

    /* All headers are the first one, by an entry size of zero steps: not allowed either. */
    h->e_phnum = 100;
    h->e_phentsize = sizeof(Elf64_Phdr);
    for (int i = 0; i < 100; i++)
        memcpy(elf.data + sizeof(*h) + (size_t)i * sizeof(Elf64_Phdr), elf.data + sizeof(*h),
               sizeof(Elf64_Phdr));
    expect(elf, -XEN_EINVAL, "kernel has too many loadable segments");
    free_bytes(&elf);
}

/* Open, check for PV with what our builder gives, and see what is said. */
static void check_pv(struct kernel_spec spec, int rc, const char *message)
{
    struct bytes image = make_elf(&spec);
    struct image_env e = env();
    struct image_kernel k;

    assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
    assert_int_equal(image_check_pv(&e, &k, 1u << XENFEAT_writable_page_tables), rc);
    assert_string_equal(env_state.message, message);
    image_close_kernel(&e, &k);
    free_bytes(&image);
}

static void pv_needs_are_checked(void **state)
{
    check_pv((struct kernel_spec){0}, 0, "");
    check_pv((struct kernel_spec){.no_notes = true}, -XEN_EOPNOTSUPP,
             "no Xen ELF notes: kernel was not built for Xen PV");
    check_pv((struct kernel_spec){.phys32_only = true}, -XEN_EOPNOTSUPP,
             "kernel was built for Xen PVH only, not for Xen PV");
    check_pv((struct kernel_spec){.elf32 = true}, -XEN_EOPNOTSUPP, "kernel is not for x86-64");
    check_pv((struct kernel_spec){.machine = EM_AARCH64}, -XEN_EOPNOTSUPP,
             "kernel is not for x86-64");
    check_pv((struct kernel_spec){.xen_version = "xen-9.9"}, -XEN_EOPNOTSUPP,
             "kernel is for Xen version \"xen-9.9\", not for \"xen-3.0\"");
    check_pv((struct kernel_spec){.features = "!supervisor_mode_kernel|dom0"}, -XEN_EOPNOTSUPP,
             "feature supervisor_mode_kernel required by the kernel but not supported");
    check_pv((struct kernel_spec){.features = "!time_travel"}, -XEN_EOPNOTSUPP,
             "feature time_travel required by the kernel but not known");
    check_pv((struct kernel_spec){.features = "time_travel|!writable_page_tables"}, 0, "");
    check_pv((struct kernel_spec){.virt_base = 0x1001}, -XEN_EINVAL,
             "VIRT_BASE note is not page-aligned");
    check_pv((struct kernel_spec){.init_p2m = 0x1001}, -XEN_EINVAL,
             "INIT_P2M note is not page-aligned");
    check_pv((struct kernel_spec){.virt_base = UINT64_MAX - 0xfff}, -XEN_EINVAL,
             "kernel wraps around the address space");
    check_pv((struct kernel_spec){.no_entry = true, .sections_only = true}, 0, "");
}

static void paddr_offset_is_taken_off(void **state)
{
    struct kernel_spec spec = {.paddr_offset = UINT64_C(0xffffffff00000000)};
    struct bytes image = make_elf(&spec);
    struct image_env e = env();
    struct image_kernel k;

    assert_int_equal(image_open_kernel(&e, image.data, image.len, &k), 0);
    assert_int_equal(k.phys_start, LINUX_PHYS);
    check_loaded(&k);
    image_close_kernel(&e, &k);
    free_bytes(&image);
}

static void feature_strings_are_parsed(void **state)
{
    uint32_t supported = 0;
    uint32_t required = 0;
    char unknown[IMAGE_NOTE_TEXT] = "";
    const char *text = "!writable_page_tables|pae_pgdir_above_4gb||nonsense|!|dom0";

    image_parse_features(text, strlen(text), &supported, &required, unknown);
    assert_int_equal(supported, 1u << XENFEAT_writable_page_tables |
                                    1u << XENFEAT_pae_pgdir_above_4gb | 1u << XENFEAT_dom0);
    assert_int_equal(required, 1u << XENFEAT_writable_page_tables);
    assert_string_equal(unknown, "");
    image_parse_features("!nonsense", 9, &supported, &required, unknown);
    assert_string_equal(unknown, "nonsense");
}

static void debians_kernel_opens(void **state)
{
    struct image_env e = env();
    struct image_kernel k;
    uint8_t *data = malloc(32u << 20);
    FILE *f = fopen(DEBIAN_KERNEL, "rb");
    size_t len = 0;

    if (!f) {
        free(data);
        skip();
    }
    e.max_output = 256u << 20;
    len = fread(data, 1, 32u << 20, f);
    fclose(f);
    assert_int_equal(image_open_kernel(&e, data, len, &k), 0);
    assert_int_equal(image_check_pv(&e, &k, 1u << XENFEAT_writable_page_tables), 0);
    assert_int_equal(k.notes.virt_base, LINUX_BASE);
    assert_int_equal(k.notes.init_p2m, UINT64_C(0x8000000000));
    assert_true(k.notes.mod_start_pfn);
    assert_true(image_has_note(&k.notes, XEN_ELFNOTE_PHYS32_ENTRY));
    assert_int_equal(image_check_pvh(&e, &k), 0);
    image_close_kernel(&e, &k);
    assert_int_equal(env_state.live, 0);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_opens_and_loads),
        cmocka_unit_test(appended_length_saves_growing),
        cmocka_unit_test(plain_compressed_elf_opens),
        cmocka_unit_test(gzipped_bzimage_opens),
        cmocka_unit_test(truncated_images_are_refused),
        cmocka_unit_test(truncated_streams_are_refused),
        cmocka_unit_test(corrupt_streams_never_crash),
        cmocka_unit_test(corrupt_checked_streams_are_refused),
        cmocka_unit_test(each_block_of_an_xz_stream_is_checked),
        cmocka_unit_test(size_limit_holds),
        cmocka_unit_test(allocation_failures_are_survived),
        cmocka_unit_test(what_is_no_kernel_is_called_so),
        cmocka_unit_test(broken_elf_headers_are_named),
        cmocka_unit_test(too_many_segments_are_refused),
        cmocka_unit_test(pv_needs_are_checked),
        cmocka_unit_test(paddr_offset_is_taken_off),
        cmocka_unit_test(feature_strings_are_parsed),
        cmocka_unit_test(debians_kernel_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
