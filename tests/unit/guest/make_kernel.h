/* SPDX-License-Identifier: MIT */
/* Kernels for tests: ELF files with Xen notes, bzImages around them, in every compression. */
#ifndef MAKE_KERNEL_H
#define MAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data;
    size_t len;
};

struct kernel_spec {
    bool elf32;
    uint16_t machine;   /* 0: x86-64 (or i386 with elf32) */
    uint64_t phys;      /* of the first segment; 0: 16 MiB */
    size_t text_len;    /* 0: 20000 */
    uint64_t bss_len;   /* zeroes behind the text */
    uint64_t virt_base; /* 0: Linux's */
    bool no_notes;
    bool sections_only; /* notes in a section instead of a segment */
    bool no_entry;
    bool hypercall_page; /* in the second page of the kernel */
    uint64_t init_p2m;   /* 0: no note */
    bool mod_start_pfn;
    bool phys32_only;        /* a PVH kernel */
    bool phys32;             /* one for both */
    uint64_t phys32_entry;   /* 0: the first byte */
    const char *features;    /* NULL: no note */
    const char *xen_version; /* NULL: "xen-3.0" */
    uint64_t paddr_offset;
};

#define TEXT_LEN   20000
#define LINUX_BASE UINT64_C(0xffffffff80000000)
#define LINUX_PHYS UINT64_C(0x1000000)
#define SECOND_GAP 4096 /* bytes between the two segments */
#define SECOND_LEN 300

/* A byte of the kernel's text. */
uint8_t text_byte(size_t i);

struct bytes make_elf(const struct kernel_spec *spec);
/* @format: gzip, xz, lzma, zstd, lz4, bzip2 or none. */
struct bytes compress_bytes(const char *format, struct bytes in);
struct bytes make_bzimage(struct bytes payload);
/* ELF in @format, with the length appended as Linux does, in a bzImage. */
struct bytes make_kernel(const struct kernel_spec *spec, const char *format);
void free_bytes(struct bytes *b);

#endif
