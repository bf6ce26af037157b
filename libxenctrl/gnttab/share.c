/* SPDX-License-Identifier: MIT */
/* Granting own pages to other domains. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "gnttab/private.h"

PUBLIC xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    return gntdev__open(logger, open_flags, __func__, "/dev/xen/gntalloc");
}

PUBLIC int xengntshr_close(xengntshr_handle *xgs)
{
    return gntdev__close(xgs);
}

PUBLIC int xengntshr_fd(xengntshr_handle *xgs)
{
    return xgs->fd;
}

/*
 * Drops the device's own hold on the pages.  Mapped pages live on until they are unmapped, so
 * this is right after a failure as well as once they are mapped.
 */
static void release_pages(xengntshr_handle *xgs, uint64_t index, uint32_t count)
{
    struct ioctl_gntalloc_dealloc_gref dealloc = {.index = index, .count = count};
    int saved = errno;

    xgs->transport->ioctl(xgs->fd, IOCTL_GNTALLOC_DEALLOC_GREF, &dealloc);
    errno = saved;
}

static void *map_pages(xengntshr_handle *xgs, uint64_t index, uint32_t count,
                       uint32_t notify_offset, evtchn_port_t notify_port)
{
    void *addr = xgs->transport->mmap(NULL, count * XEN_PAGE_BYTES, PROT_READ | PROT_WRITE,
                                      MAP_SHARED, xgs->fd, index);

    if (addr == MAP_FAILED)
        return NULL;
    if (gntdev__set_notify(xgs, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, index, notify_offset,
                           notify_port)) {
        int saved = errno;

        xgs->transport->munmap(addr, count * XEN_PAGE_BYTES);
        errno = saved;
        addr = NULL;
    }
    return addr;
}

static void *share(xengntshr_handle *xgs, const char *operation, uint32_t domid, int count,
                   uint32_t *refs, int writable, uint32_t notify_offset, evtchn_port_t notify_port)
{
    struct ioctl_gntalloc_alloc_gref *alloc = NULL;
    void *addr = NULL;
    size_t size;

    if (count <= 0) {
        xenerr_set(EINVAL, LIB, operation, "no pages to share");
        return NULL;
    }
    size = sizeof(*alloc) + (count - 1) * sizeof(alloc->gref_ids[0]);
    alloc = calloc(1, size);
    if (!alloc) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for %d grant references", count);
        return NULL;
    }
    alloc->domid = domid;
    alloc->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
    alloc->count = count;
    if (xgs->transport->ioctl(xgs->fd, IOCTL_GNTALLOC_ALLOC_GREF, alloc) >= 0) {
        addr = map_pages(xgs, alloc->index, count, notify_offset, notify_port);
        release_pages(xgs, alloc->index, count);
    }
    if (addr)
        memcpy(refs, (char *)alloc + offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids),
               count * sizeof(refs[0]));
    else
        xenerr_set(errno, LIB, operation, "cannot share %d pages with domain %u", count, domid);
    free(alloc);
    return addr;
}

PUBLIC void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count, uint32_t *refs,
                                   int writable)
{
    return share(xgs, __func__, domid, count, refs, writable, UINT32_MAX, UINT32_MAX);
}

PUBLIC void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid, uint32_t *ref,
                                         int writable, uint32_t notify_offset,
                                         evtchn_port_t notify_port)
{
    return share(xgs, __func__, domid, 1, ref, writable, notify_offset, notify_port);
}

PUBLIC int xengntshr_unshare(xengntshr_handle *xgs, void *start_address, uint32_t count)
{
    if (xgs->transport->munmap(start_address, count * XEN_PAGE_BYTES))
        return xenerr_set(errno, LIB, __func__, "cannot unmap %p", start_address);
    return 0;
}
