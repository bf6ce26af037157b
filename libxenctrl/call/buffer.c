/* SPDX-License-Identifier: MIT */
/* Memory that the hypervisor may touch during a hypercall. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "call/private.h"

/* Stands before each buffer of xencall_alloc_buffer(), which frees without being told a size. */
struct header {
    size_t nr_pages;
} __attribute__((aligned(64)));

static void *map_pages(xencall_handle *xcall, size_t nr_pages)
{
    size_t size = nr_pages * XEN_PAGE_BYTES;
    void *p;

    if (xcall->buffer_fd >= 0)
        return xcall->transport->mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                                      xcall->buffer_fd, 0);
    p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
    /* A fork would make the pages copy-on-write under the hypervisor's feet. */
    if (p != MAP_FAILED && madvise(p, size, MADV_DONTFORK)) {
        int saved = errno;

        munmap(p, size);
        errno = saved;
        p = MAP_FAILED;
    }
    return p;
}

static void unmap_pages(xencall_handle *xcall, void *p, size_t nr_pages)
{
    int saved = errno;

    if (xcall->buffer_fd >= 0)
        xcall->transport->munmap(p, nr_pages * XEN_PAGE_BYTES);
    else
        munmap(p, nr_pages * XEN_PAGE_BYTES);
    errno = saved;
}

static void cache_lock(xencall_handle *xcall)
{
    if (!(xcall->flags & XENCALL_OPENFLAG_NON_REENTRANT))
        pthread_mutex_lock(&xcall->cache_lock);
}

static void cache_unlock(xencall_handle *xcall)
{
    if (!(xcall->flags & XENCALL_OPENFLAG_NON_REENTRANT))
        pthread_mutex_unlock(&xcall->cache_lock);
}

static void *cache_take(xencall_handle *xcall)
{
    void *p = NULL;

    cache_lock(xcall);
    if (xcall->cache_nr)
        p = xcall->cache[--xcall->cache_nr];
    cache_unlock(xcall);
    return p;
}

static int cache_give(xencall_handle *xcall, void *p)
{
    int taken = 0;

    cache_lock(xcall);
    if (xcall->cache_nr < PAGE_CACHE_SIZE) {
        xcall->cache[xcall->cache_nr++] = p;
        taken = 1;
    }
    cache_unlock(xcall);
    return taken;
}

void xencall__cache_drop(xencall_handle *xcall)
{
    void *p;

    while ((p = cache_take(xcall)))
        unmap_pages(xcall, p, 1);
}

PUBLIC void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages)
{
    void *p = nr_pages == 1 ? cache_take(xcall) : NULL;

    if (p)
        return p;
    if (!nr_pages || nr_pages > SIZE_MAX / XEN_PAGE_BYTES) {
        xenerr_set(nr_pages ? ENOMEM : EINVAL, "libxencall", "xencall_alloc_buffer_pages",
                   "cannot allocate %zu pages", nr_pages);
        return NULL;
    }
    p = map_pages(xcall, nr_pages);
    if (p == MAP_FAILED) {
        xenerr_set(errno, "libxencall", "xencall_alloc_buffer_pages",
                   "cannot allocate %zu pages for a hypercall", nr_pages);
        if (errno == EAGAIN)
            xenerr_field(XENERR_LIMIT, "RLIMIT_MEMLOCK");
        return NULL;
    }
    return p;
}

PUBLIC void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages)
{
    if (!p)
        return;
    if (nr_pages != 1 || !cache_give(xcall, p))
        unmap_pages(xcall, p, nr_pages);
}

PUBLIC void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
    struct header *header;
    size_t nr_pages;

    if (size > SIZE_MAX - XEN_PAGE_BYTES - sizeof(*header)) {
        xenerr_set(ENOMEM, "libxencall", "xencall_alloc_buffer", "cannot allocate %zu bytes", size);
        return NULL;
    }
    nr_pages = (size + sizeof(*header) + XEN_PAGE_BYTES - 1) >> XEN_PAGE_SHIFT;
    header = xencall_alloc_buffer_pages(xcall, nr_pages);
    if (!header)
        return NULL;
    header->nr_pages = nr_pages;
    return header + 1;
}

PUBLIC void xencall_free_buffer(xencall_handle *xcall, void *p)
{
    struct header *header = p;

    if (p)
        xencall_free_buffer_pages(xcall, header - 1, header[-1].nr_pages);
}

PUBLIC int xencall_buffers_never_fault(xencall_handle *xcall)
{
    return xcall->buffer_fd >= 0;
}
