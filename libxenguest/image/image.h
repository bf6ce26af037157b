/* SPDX-License-Identifier: MIT */
/**
 * @file image.h
 * @brief Reading kernel images: decompression, bzImage, ELF and Xen's ELF notes.
 *
 * One source, two builds: libxenguest reads guests' kernels with it, the hypervisor dom0's.  So
 * nothing here needs a C library beyond mem*() and str*(); memory comes from callbacks.  Kernel
 * images are untrusted input: every read is checked against the bounds of the file, every sum
 * against overflow.
 *
 * Functions return 0 or a negative XEN_E* number (equal to Linux's errno values).  What is wrong
 * with an image goes to image_env.report in words, once for each failing call.
 *
 * Build options: IMAGE_HAVE_ZLIB, IMAGE_HAVE_LZMA, IMAGE_HAVE_ZSTD, IMAGE_HAVE_LZ4 and
 * IMAGE_HAVE_BZIP2 say which decompressors are linked; an image in a format that is left out is
 * refused by name.  IMAGE_HAVE_LIBDEFLATE makes xz's checksums quicker.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xen/errno.h>

/** What the code needs from its surroundings. */
struct image_env {
    void *(*alloc)(void *opaque, size_t size);          /**< at least 16-byte aligned, or NULL */
    void (*free)(void *opaque, void *ptr, size_t size); /**< size as given to alloc */
    void (*report)(void *opaque, const char *msg);      /**< may be NULL; plain text, one line */
    void *opaque;                                       /**< first argument of the callbacks */
    size_t max_output;                                  /**< most bytes a file may expand to */
    /**
     * Takes image_decompress()'s place for kernels, if set, with its results; for those who keep
     * expanded kernels.  *out goes to @a free in the end.
     */
    int (*expand)(const struct image_env *env, const void *in, size_t len, void **out,
                  size_t *out_len);
};

/** Most loadable segments of a kernel. */
#define IMAGE_MAX_SEGMENTS 16
/** Longest text note that is kept, with its terminating zero. */
#define IMAGE_NOTE_TEXT 64

/** Value of an address note that the kernel does not carry. */
#define IMAGE_UNSET (~UINT64_C(0))

/** Is note @a type (XEN_ELFNOTE_*) present in @a notes? */
#define image_has_note(notes, type) (((notes)->present >> (type)) & 1)

/** Values of image_xen_notes.pae. */
enum image_pae { IMAGE_PAE_NO, IMAGE_PAE_YES, IMAGE_PAE_BIMODAL, IMAGE_PAE_EXTENDED_CR3 };

/** Xen's ELF notes, decoded (meaning: xen/elfnote.h). */
struct image_xen_notes {
    uint32_t present;           /**< bit n: the note of type n is there */
    uint64_t virt_base;         /**< 0 when not given */
    uint64_t entry;             /**< the ELF header's entry when not given */
    uint64_t hypercall_page;    /**< IMAGE_UNSET when not given */
    uint64_t paddr_offset;      /**< 0 when not given */
    uint64_t init_p2m;          /**< IMAGE_UNSET when not given */
    uint64_t hv_start_low;      /**< IMAGE_UNSET when not given */
    uint64_t l1_mfn_valid_mask; /**< first mask/value pair; 0 when not given */
    uint64_t l1_mfn_valid_value;
    uint64_t phys32_entry;       /**< IMAGE_UNSET when not given */
    uint32_t features_supported; /**< bit XENFEAT_x: the kernel can use x */
    uint32_t features_required;  /**< bit XENFEAT_x: the kernel cannot run without x */
    enum image_pae pae;
    bool bsd_symtab;     /**< wants its symbol table loaded */
    bool mod_start_pfn;  /**< takes the initrd by page number, unmapped */
    bool suspend_cancel; /**< can go on after a suspend that was cancelled */
    char guest_os[IMAGE_NOTE_TEXT];
    char guest_version[IMAGE_NOTE_TEXT];
    char xen_version[IMAGE_NOTE_TEXT];
    char loader[IMAGE_NOTE_TEXT];
    char unknown_required[IMAGE_NOTE_TEXT]; /**< first required feature nobody knows, or "" */
};

/** One PT_LOAD segment, addresses after PADDR_OFFSET is taken off. */
struct image_segment {
    uint64_t phys;       /**< pseudo-physical load address */
    uint64_t size;       /**< bytes in memory; those after file_size are zero */
    const uint8_t *data; /**< inside the image */
    size_t file_size;
    uint32_t flags; /**< PF_* bits of the program header */
};

/** An opened kernel. */
struct image_kernel {
    const uint8_t *elf; /**< the ELF file, inside the caller's buffer or inside @a owned */
    size_t elf_len;
    void *owned; /**< decompressed data, freed by image_close_kernel(), or NULL */
    size_t owned_len;
    const char *format; /**< for people: "ELF", "bzImage, xz" */
    bool is_64;
    uint16_t machine; /**< ELF e_machine */
    uint64_t elf_entry;
    struct image_xen_notes notes;
    unsigned int nr_segments; /**< in the order of the program headers */
    struct image_segment segments[IMAGE_MAX_SEGMENTS];
    uint64_t phys_start; /**< lowest byte loaded */
    uint64_t phys_end;   /**< byte after the highest */
};

/**
 * Decompress @a in if its magic number names a compression format.  One stream is read; bytes
 * after it (such as the length that Linux appends) are ignored.
 * @param out     receives a buffer from env->alloc of exactly *out_len bytes, owned by the caller
 * @return 0; -XEN_ENOEXEC no known magic (nothing is reported then: a caller may go on with the
 *   data as it is); -XEN_EOPNOTSUPP format not built in; -XEN_EBADMSG corrupt or truncated;
 *   -XEN_E2BIG more than env->max_output bytes; -XEN_ENOMEM
 */
int image_decompress(const struct image_env *env, const void *in, size_t len, void **out,
                     size_t *out_len);

/** @return the name of the compression format of @a in, such as "xz", or NULL. */
const char *image_compression(const void *in, size_t len);

/**
 * Open a kernel: unwrap compression and bzImage, parse the ELF file and its Xen notes.
 * @a in must stay valid until image_close_kernel(): an image that is not compressed is used in
 * place.  On failure @a kernel is closed already.
 * @return 0; -XEN_ENOEXEC not a kernel image; -XEN_EINVAL an ELF or bzImage that breaks the
 *   rules; and what image_decompress() returns
 */
int image_open_kernel(const struct image_env *env, const void *in, size_t len,
                      struct image_kernel *kernel);

/** Free what image_open_kernel() allocated.  A second call, or one on zeroes, does nothing. */
void image_close_kernel(const struct image_env *env, struct image_kernel *kernel);

/**
 * Can @a kernel be started as a 64-bit PV guest by a builder that gives it @a features?
 * @param features bitmap of XENFEAT_* that the builder provides
 * @return 0; -XEN_EOPNOTSUPP it cannot, the reason is reported; -XEN_EINVAL its notes are
 *   inconsistent
 */
int image_check_pv(const struct image_env *env, const struct image_kernel *kernel,
                   uint32_t features);

/**
 * Can @a kernel be started as a PVH guest, in 32-bit mode at its PHYS32_ENTRY note?  If so, its
 * segments' addresses become the program headers' own: PADDR_OFFSET is for PV only.
 * @return 0; -XEN_EOPNOTSUPP it cannot, the reason is reported; -XEN_EINVAL its addresses are
 *   inconsistent
 */
int image_check_pvh(const struct image_env *env, struct image_kernel *kernel);

/**
 * Put the kernel's segments where they belong; gaps between them are zeroed.
 * @param put puts @a len bytes of @a src (zeroes when NULL) at @a offset from
 *   kernel->phys_start; each byte up to phys_end comes at least once; non-zero stops
 * @return 0, or what @a put returned
 */
int image_load_each(const struct image_kernel *kernel,
                    int (*put)(void *opaque, uint64_t offset, const void *src, size_t len),
                    void *opaque);

/** @return the name of feature @a nr (XENFEAT_*) as kernels spell it, or NULL. */
const char *image_feature_name(unsigned int nr);

/**
 * Parse a feature string ("!writable_page_tables|pae_pgdir_above_4gb").
 * @param supported,required bits are added to these
 * @param unknown_required   buffer of IMAGE_NOTE_TEXT bytes that gets the first required feature
 *   that has no known name; left alone otherwise.  May be NULL.
 */
void image_parse_features(const char *text, size_t len, uint32_t *supported, uint32_t *required,
                          char *unknown_required);

/* A view of an ELF file's note area; also used by tools that list notes. */

/** One ELF note. */
struct image_note {
    uint32_t type;
    const char *name; /**< zero-terminated inside the file */
    const uint8_t *desc;
    uint32_t desc_len;
};

/**
 * Step through the notes in @a area.
 * @param pos 0 to begin with; advanced past the note
 * @return true with *note filled; false at the end or at a note that is cut off
 */
bool image_next_note(const uint8_t *area, size_t len, size_t *pos, struct image_note *note);

#endif
