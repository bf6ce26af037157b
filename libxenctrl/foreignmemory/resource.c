/* SPDX-License-Identifier: MIT */
/* Mapping frames that are a domain's but not its memory. */
#include <stdlib.h>
#include <sys/mman.h>
#include "foreignmemory/private.h"

/* A kernel that does not know the ioctl, and a hypervisor without the hypercall, look alike to
 * callers, who then use an older way. */
static int resource_errno(int errnum)
{
    return errnum == ENOTTY || errnum == ENOSYS ? EOPNOTSUPP : errnum;
}

PUBLIC xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
                              unsigned int id, unsigned long frame, unsigned long nr_frames,
                              void **paddr, int prot, int flags)
{
    struct privcmd_mmap_resource map = {
        .dom = domid, .type = type, .id = id, .idx = frame, .num = nr_frames};
    xenforeignmemory_resource_handle *fres = NULL;
    void *addr = MAP_FAILED;
    int errnum = EINVAL;

    if (!nr_frames || nr_frames > SIZE_MAX / XEN_PAGE_BYTES || frame > UINT32_MAX)
        goto fail;
    errnum = ENOMEM;
    fres = calloc(1, sizeof(*fres));
    if (!fres)
        goto fail;
    fres->size = nr_frames * XEN_PAGE_BYTES;
    addr = fmem->transport->mmap(*paddr, fres->size, prot, flags | MAP_SHARED, fmem->fd, 0);
    errnum = errno;
    if (addr == MAP_FAILED)
        goto fail;
    map.addr = (uintptr_t)addr;
    if (fmem->transport->ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &map) >= 0) {
        *paddr = fres->addr = addr;
        return fres;
    }
    errnum = resource_errno(errno);
fail:
    if (addr != MAP_FAILED)
        fmem->transport->munmap(addr, fres->size);
    free(fres);
    xenerr_set(errnum, LIB, "xenforeignmemory_map_resource",
               "cannot map %lu frames of resource %u.%u of domain %u", nr_frames, type, id, domid);
    return NULL;
}

PUBLIC int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                           xenforeignmemory_resource_handle *fres)
{
    int rc = 0;

    if (!fres)
        return 0;
    if (fmem->transport->munmap(fres->addr, fres->size))
        rc = xenerr_set(errno, LIB, __func__, "cannot unmap a resource");
    free(fres);
    return rc;
}

PUBLIC int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem, domid_t domid,
                                          unsigned int type, unsigned int id, size_t *size)
{
    struct privcmd_mmap_resource query = {.dom = domid, .type = type, .id = id};

    /* Neither an address nor a count: the kernel answers with the count. */
    if (fmem->transport->ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &query) < 0)
        return xenerr_set(resource_errno(errno), LIB, __func__,
                          "cannot get the size of resource %u.%u of domain %u", type, id, domid);
    *size = query.num * XEN_PAGE_BYTES;
    return 0;
}
