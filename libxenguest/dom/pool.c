/* SPDX-License-Identifier: MIT */
/* Memory that lives as long as the image. */
#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dom/private.h"

static void add_block(struct xc_dom_image *dom, struct xc_dom_mem *block)
{
    block->next = dom->memblocks;
    dom->memblocks = block;
}

PUBLIC void *xc_dom_malloc(struct xc_dom_image *dom, size_t size)
{
    struct xc_dom_mem *block = NULL;
    size_t total = 0;

    if (!__builtin_add_overflow(size, sizeof(*block), &total))
        block = calloc(1, total);
    if (!block) {
        fail(dom->xch, ENOMEM, "no memory for %zu bytes", size);
        return NULL;
    }
    block->type = XC_DOM_MEM_TYPE_MALLOC_INTERNAL;
    block->len = size;
    dom->alloc_malloc += total;
    add_block(dom, block);
    return block->memory;
}

PUBLIC int xc_dom_register_external(struct xc_dom_image *dom, void *ptr, size_t size)
{
    struct xc_dom_mem *block = calloc(1, sizeof(*block));

    if (!block)
        return fail(dom->xch, ENOMEM, "no memory to remember a block");
    block->type = XC_DOM_MEM_TYPE_MALLOC_EXTERNAL;
    block->ptr = ptr;
    block->len = size;
    dom->alloc_malloc += size + sizeof(*block);
    add_block(dom, block);
    return 0;
}

/* Remember what mmap() returned, or undo it. */
static void *add_mapping(struct xc_dom_image *dom, void *ptr, size_t size)
{
    struct xc_dom_mem *block = calloc(1, sizeof(*block));

    if (!block) {
        munmap(ptr, size);
        fail(dom->xch, ENOMEM, "no memory to remember a mapping");
        return NULL;
    }
    block->type = XC_DOM_MEM_TYPE_MMAP;
    block->ptr = ptr;
    block->len = size;
    dom->alloc_malloc += sizeof(*block);
    add_block(dom, block);
    return ptr;
}

PUBLIC void *xc_dom_malloc_page_aligned(struct xc_dom_image *dom, size_t size)
{
    void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (ptr == MAP_FAILED) {
        fail(dom->xch, errno, "no memory for %zu bytes of pages", size);
        return NULL;
    }
    ptr = add_mapping(dom, ptr, size);
    if (ptr)
        dom->alloc_mem_map += size;
    return ptr;
}

/* The size of an open file that can be mapped as a whole, or -1. */
static int file_size(struct xc_dom_image *dom, int fd, const char *filename, size_t max_size,
                     size_t *size)
{
    struct stat st;

    if (fstat(fd, &st))
        return fail(dom->xch, errno, "cannot get the size of %s: %s", filename, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return fail(dom->xch, EISDIR, "%s is a directory", filename);
    if (!S_ISREG(st.st_mode))
        return fail(dom->xch, EINVAL, "%s is not a regular file", filename);
    if (st.st_size == 0)
        return fail(dom->xch, EINVAL, "%s is empty", filename);
    if (max_size && (uint64_t)st.st_size > max_size)
        return fail(dom->xch, E2BIG, "%s has %llu bytes, more than the limit of %zu", filename,
                    (unsigned long long)st.st_size, max_size);
    *size = (size_t)st.st_size;
    return 0;
}

/*
 * A fault for each page costs more than reading ahead, so what is read as a whole is populated at
 * once.  Not so an ELF file: only its headers are looked at, what it carries is read from the file.
 */
static int populate_flag(int fd)
{
    char magic[SELFMAG];

    return pread(fd, magic, sizeof(magic), 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG)
               ? 0
               : MAP_POPULATE;
}

/* Keeps the descriptor in *kept, should that be wanted. */
void *xg_map_file(struct xc_dom_image *dom, const char *filename, size_t *size, size_t max_size,
                  int *kept)
{
    void *ptr = NULL;
    int fd = open(filename, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        fail(dom->xch, errno, "cannot open %s: %s", filename, strerror(errno));
        goto out;
    }
    if (file_size(dom, fd, filename, max_size, size))
        goto out;
    ptr = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | populate_flag(fd), fd, 0);
    if (ptr == MAP_FAILED) {
        fail(dom->xch, errno, "cannot map %s: %s", filename, strerror(errno));
        ptr = NULL;
        goto out;
    }
    ptr = add_mapping(dom, ptr, *size);
    if (ptr)
        dom->alloc_file_map += *size;
out:
    if (!ptr)
        xenerr_field(XENERR_FILE, "%s", filename);
    if (ptr && kept) {
        *kept = fd;
    } else if (fd >= 0) {
        int saved = errno;

        close(fd);
        errno = saved;
    }
    return ptr;
}

PUBLIC void *xc_dom_malloc_filemap(struct xc_dom_image *dom, const char *filename, size_t *size,
                                   const size_t max_size)
{
    return xg_map_file(dom, filename, size, max_size, NULL);
}

PUBLIC char *xc_dom_strdup(struct xc_dom_image *dom, const char *str)
{
    size_t size = strlen(str) + 1;
    char *copy = xc_dom_malloc(dom, size);

    if (copy)
        memcpy(copy, str, size);
    return copy;
}

void xg_free_pool(struct xc_dom_image *dom)
{
    struct xc_dom_mem *block = dom->memblocks;

    while (block) {
        struct xc_dom_mem *next = block->next;

        if (block->type == XC_DOM_MEM_TYPE_MALLOC_EXTERNAL)
            free(block->ptr);
        else if (block->type == XC_DOM_MEM_TYPE_MMAP)
            munmap(block->ptr, block->len);
        free(block);
        block = next;
    }
    dom->memblocks = NULL;
}
