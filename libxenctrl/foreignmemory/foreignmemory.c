/* SPDX-License-Identifier: MIT */
/* The handle, and mapping pages. */
#include <stdlib.h>
#include <sys/mman.h>
#include "foreignmemory/private.h"

static int restrict_handle(Xentoolcore__Active_Handle *ah, domid_t domid)
{
    return xenforeignmemory_restrict(container_of(ah, xenforeignmemory_handle, active), domid);
}

PUBLIC xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                                      unsigned open_flags)
{
    xenforeignmemory_handle *fmem = NULL;

    if (open_flags) {
        xenerr_set(EINVAL, LIB, __func__, "unknown flags %#x", open_flags);
        return NULL;
    }
    fmem = calloc(1, sizeof(*fmem));
    if (!fmem) {
        xenerr_set(ENOMEM, LIB, __func__, "no memory for a handle");
        return NULL;
    }
    fmem->fd = -1;
    fmem->transport = xentoolcore__transport();
    fmem->active.restrict_callback = restrict_handle;
    xentoolcore__register_active_handle(&fmem->active);
    if (handle_logger_init(&fmem->logger, &fmem->logger_owned, logger)) {
        xenerr_set(ENOMEM, LIB, __func__, "no memory for a logger");
        goto fail;
    }
    fmem->fd = handle_open_device(fmem->transport, LIB, __func__, "/dev/xen/privcmd",
                                  "/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (fmem->fd >= 0)
        return fmem;
fail:
    xenforeignmemory_close(fmem);
    return NULL;
}

PUBLIC int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
    int rc = 0, saved = errno;

    if (!fmem)
        return 0;
    xentoolcore__deregister_active_handle(&fmem->active);
    if (fmem->fd >= 0)
        rc = fmem->transport->close(fmem->fd);
    if (rc)
        saved = errno;
    xtl_logger_destroy(fmem->logger_owned);
    free(fmem);
    errno = saved;
    return rc ? -1 : 0;
}

PUBLIC int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid)
{
    if (fmem->transport->ioctl(fmem->fd, IOCTL_PRIVCMD_RESTRICT, &domid) < 0)
        return xenerr_set(errno == ENOTTY ? EOPNOTSUPP : errno, LIB, __func__,
                          "cannot limit the handle to domain %u", domid);
    return 0;
}

/* With nobody to look at single pages' errors, the first one is the call's. */
static int first_error(const int *err, size_t pages)
{
    size_t i;

    for (i = 0; i < pages; i++) {
        if (err[i]) {
            errno = -err[i];
            return -1;
        }
    }
    return 0;
}

/* Fills the range with the domain's pages.  Returns 0, or -1 with errno. */
static int populate(xenforeignmemory_handle *fmem, uint32_t dom, void *addr, size_t pages,
                    const xen_pfn_t *arr, int *err)
{
    struct privcmd_mmapbatch_v2 batch = {
        .num = pages, .dom = dom, .addr = (uintptr_t)addr, .arr = arr, .err = err};
    int *own_err = NULL, rc = -1;

    if (!err) {
        batch.err = own_err = calloc(pages, sizeof(*own_err));
        if (!own_err)
            return -1;
    }
    /* ENOENT is only a summary: some pages are paged out, and err[] says which. */
    if (fmem->transport->ioctl(fmem->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) >= 0 ||
        errno == ENOENT)
        rc = own_err ? first_error(own_err, pages) : 0;
    if (own_err) {
        int saved = errno;

        free(own_err);
        errno = saved;
    }
    return rc;
}

PUBLIC void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom, void *addr,
                                   int prot, int flags, size_t pages, const xen_pfn_t arr[],
                                   int err[])
{
    void *map = MAP_FAILED;

    if (!pages || pages > UINT32_MAX) {
        xenerr_set(EINVAL, LIB, "xenforeignmemory_map", "cannot map %zu pages", pages);
        return NULL;
    }
    map =
        fmem->transport->mmap(addr, pages * XEN_PAGE_BYTES, prot, flags | MAP_SHARED, fmem->fd, 0);
    if (map == MAP_FAILED) {
        xenerr_set(errno, LIB, "xenforeignmemory_map", "no address space for %zu pages", pages);
        return NULL;
    }
    if (populate(fmem, dom, map, pages, arr, err)) {
        int errnum = errno;

        fmem->transport->munmap(map, pages * XEN_PAGE_BYTES);
        xenerr_set(errnum, LIB, "xenforeignmemory_map",
                   "cannot map %zu pages of domain %u from frame %#lx", pages, dom,
                   (unsigned long)arr[0]);
        return NULL;
    }
    return map;
}

PUBLIC void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot,
                                  size_t pages, const xen_pfn_t arr[], int err[])
{
    return xenforeignmemory_map2(fmem, dom, NULL, prot, 0, pages, arr, err);
}

PUBLIC int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
    if (fmem->transport->munmap(addr, pages * XEN_PAGE_BYTES))
        return xenerr_set(errno, LIB, __func__, "cannot unmap %zu pages at %p", pages, addr);
    return 0;
}
