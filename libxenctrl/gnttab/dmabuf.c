/* SPDX-License-Identifier: MIT */
/* dma-bufs made of grants, and grants made of dma-bufs. */
#include <stdlib.h>
#include <string.h>
#include "gnttab/private.h"

PUBLIC int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t flags,
                                          uint32_t count, const uint32_t *refs, uint32_t *fd)
{
    struct ioctl_gntdev_dmabuf_exp_from_refs *arg = NULL;
    int rc = -1;

    if (!count)
        return xenerr_set(EINVAL, LIB, __func__, "no grants to export");
    arg = calloc(1, sizeof(*arg) + count * sizeof(arg->refs[0]));
    if (!arg)
        return xenerr_set(ENOMEM, LIB, __func__, "no memory for %u grant references", count);
    arg->flags = flags;
    arg->count = count;
    arg->domid = domid;
    memcpy(arg->refs, refs, count * sizeof(arg->refs[0]));
    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, arg) < 0) {
        xenerr_set(errno, LIB, __func__, "cannot export %u grants of domain %u", count, domid);
    } else {
        *fd = arg->fd;
        rc = 0;
    }
    free(arg);
    return rc;
}

PUBLIC int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt, uint32_t fd,
                                              uint32_t wait_to_ms)
{
    struct ioctl_gntdev_dmabuf_exp_wait_released arg = {.fd = fd, .wait_to_ms = wait_to_ms};

    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED, &arg) < 0)
        return xenerr_set(errno, LIB, __func__, "dma-buf %u was not released", fd);
    return 0;
}

PUBLIC int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid, uint32_t fd,
                                        uint32_t count, uint32_t *refs)
{
    struct ioctl_gntdev_dmabuf_imp_to_refs *arg = NULL;
    int rc = -1;

    if (!count)
        return xenerr_set(EINVAL, LIB, __func__, "no pages to grant");
    arg = calloc(1, sizeof(*arg) + count * sizeof(arg->refs[0]));
    if (!arg)
        return xenerr_set(ENOMEM, LIB, __func__, "no memory for %u grant references", count);
    arg->fd = fd;
    arg->count = count;
    arg->domid = domid;
    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, arg) < 0) {
        xenerr_set(errno, LIB, __func__, "cannot grant dma-buf %u to domain %u", fd, domid);
    } else {
        memcpy(refs, arg->refs, count * sizeof(arg->refs[0]));
        rc = 0;
    }
    free(arg);
    return rc;
}

PUBLIC int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd)
{
    struct ioctl_gntdev_dmabuf_imp_release arg = {.fd = fd};

    if (xgt->transport->ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &arg) < 0)
        return xenerr_set(errno, LIB, __func__, "cannot release dma-buf %u", fd);
    return 0;
}
