/* SPDX-License-Identifier: MIT */
/* Mapping other domains' grants, and copying to and from them. */
#include <stdlib.h>
#include <sys/mman.h>
#include "gnttab/private.h"

#define DOMID_STRIDE_SAME 0 /* one domain id for all references */
#define DOMID_STRIDE_EACH 1 /* a domain id for each */

PUBLIC xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned open_flags)
{
    return gntdev__open(logger, open_flags, __func__, "/dev/xen/gntdev");
}

PUBLIC int xengnttab_close(xengnttab_handle *xgt)
{
    return gntdev__close(xgt);
}

PUBLIC int xengnttab_fd(xengnttab_handle *xgt)
{
    return xgt->fd;
}

PUBLIC int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
    struct ioctl_gntdev_set_max_grants arg = {.count = nr_grants};

    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_SET_MAX_GRANTS, &arg) < 0 && errno != ENOTTY)
        return xenerr_set(errno, LIB, __func__, "cannot reserve %u grants", nr_grants);
    return 0; /* ENOTTY: a kernel that has no limit a handle */
}

/* Gives back a range of the device's address space; errno stays. */
static void release_range(xengnttab_handle *xgt, uint64_t index, uint32_t count)
{
    struct ioctl_gntdev_unmap_grant_ref unmap = {.index = index, .count = count};
    int saved = errno;

    xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
    errno = saved;
}

static void *map_range(xengnttab_handle *xgt, uint64_t index, uint32_t count, int prot,
                       uint32_t notify_offset, evtchn_port_t notify_port)
{
    void *addr =
        xgt->transport->mmap(NULL, count * XEN_PAGE_BYTES, prot, MAP_SHARED, xgt->fd, index);

    if (addr == MAP_FAILED)
        return NULL;
    if (gntdev__set_notify(xgt, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, index, notify_offset, notify_port)) {
        int saved = errno;

        xgt->transport->munmap(addr, count * XEN_PAGE_BYTES);
        errno = saved;
        addr = NULL;
    }
    return addr;
}

static void *map_grants(xengnttab_handle *xgt, const char *operation, uint32_t count,
                        const uint32_t *domids, int stride, const uint32_t *refs, int prot,
                        uint32_t notify_offset, evtchn_port_t notify_port)
{
    struct ioctl_gntdev_map_grant_ref *map = NULL;
    void *addr = NULL;
    uint32_t i;

    if (!count) {
        xenerr_set(EINVAL, LIB, operation, "no grants to map");
        return NULL;
    }
    map = malloc(sizeof(*map) + count * sizeof(map->refs[0]));
    if (!map) {
        xenerr_set(ENOMEM, LIB, operation, "no memory for %u grant references", count);
        return NULL;
    }
    map->count = count;
    map->pad = 0;
    for (i = 0; i < count; i++) {
        map->refs[i].domid = domids[i * stride];
        map->refs[i].ref = refs[i];
    }
    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_MAP_GRANT_REF, map) >= 0) {
        addr = map_range(xgt, map->index, count, prot, notify_offset, notify_port);
        if (!addr)
            release_range(xgt, map->index, count);
    }
    if (!addr)
        xenerr_set(errno, LIB, operation, "cannot map %u grants, the first is %u of domain %u",
                   count, refs[0], domids[0]);
    free(map);
    return addr;
}

PUBLIC void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
    return map_grants(xgt, __func__, 1, &domid, DOMID_STRIDE_SAME, &ref, prot, UINT32_MAX,
                      UINT32_MAX);
}

PUBLIC void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t *domids,
                                      uint32_t *refs, int prot)
{
    return map_grants(xgt, __func__, count, domids, DOMID_STRIDE_EACH, refs, prot, UINT32_MAX,
                      UINT32_MAX);
}

PUBLIC void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
                                             uint32_t *refs, int prot)
{
    return map_grants(xgt, __func__, count, &domid, DOMID_STRIDE_SAME, refs, prot, UINT32_MAX,
                      UINT32_MAX);
}

PUBLIC void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid, uint32_t ref,
                                            int prot, uint32_t notify_offset,
                                            evtchn_port_t notify_port)
{
    return map_grants(xgt, __func__, 1, &domid, DOMID_STRIDE_SAME, &ref, prot, notify_offset,
                      notify_port);
}

PUBLIC int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
    struct ioctl_gntdev_get_offset_for_vaddr where = {.vaddr = (uintptr_t)start_address};

    if (!start_address || !count)
        return xenerr_set(EINVAL, LIB, __func__, "nothing to unmap");
    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &where) < 0)
        return xenerr_set(errno, LIB, __func__, "%p is no mapping of this handle", start_address);
    if (where.count != count)
        return xenerr_set(EINVAL, LIB, __func__, "%p has %u pages, not %u", start_address,
                          where.count, count);
    if (xgt->transport->munmap(start_address, count * XEN_PAGE_BYTES))
        return xenerr_set(errno, LIB, __func__, "cannot unmap %p", start_address);
    release_range(xgt, where.offset, count);
    return 0;
}

PUBLIC int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
                                xengnttab_grant_copy_segment_t *segs)
{
    struct ioctl_gntdev_grant_copy arg = {.count = count, .segments = segs};

    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_GRANT_COPY, &arg) < 0)
        return xenerr_set(errno, LIB, __func__, "cannot copy %u segments", count);
    return 0;
}
