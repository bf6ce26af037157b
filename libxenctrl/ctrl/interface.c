/* SPDX-License-Identifier: MIT */
/* Opening and closing a handle. */
#include "private.h"
#include "xenctrl_internal.h"

static int open_parts(xc_interface *xch)
{
    unsigned call_flags = 0;

    if (xch->flags & XC_OPENFLAG_DUMMY)
        return 0;
    if (xch->flags & XC_OPENFLAG_NON_REENTRANT)
        call_flags |= XENCALL_OPENFLAG_NON_REENTRANT;
    xch->xcall = xencall_open(xch->logger, call_flags);
    if (!xch->xcall)
        return -1;
    xch->fmem = xenforeignmemory_open(xch->logger, 0);
    if (!xch->fmem)
        return -1;
    xch->dmod = xendevicemodel_open(xch->logger, 0);
    return xch->dmod ? 0 : -1;
}

static int open_loggers(xc_interface *xch, xentoollog_logger *logger,
                        xentoollog_logger *dombuild_logger)
{
    xch->logger = logger;
    if (!logger)
        xch->logger = xch->logger_owned =
            (xentoollog_logger *)xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
    /* A domain builder's messages go where the others go unless the caller wants them apart. */
    xch->dombuild_logger = dombuild_logger ? dombuild_logger : xch->logger;
    return xch->logger ? 0 : -1;
}

PUBLIC xc_interface *xc_interface_open(xentoollog_logger *logger,
                                       xentoollog_logger *dombuild_logger, unsigned open_flags)
{
    xc_interface *xch = NULL;

    if (open_flags & ~(unsigned)(XC_OPENFLAG_DUMMY | XC_OPENFLAG_NON_REENTRANT)) {
        xenerr_set(EINVAL, "libxenctrl", __func__, "unknown flags %#x", open_flags);
        return NULL;
    }
    xch = calloc(1, sizeof(*xch));
    if (!xch) {
        xenerr_set(ENOMEM, "libxenctrl", __func__, "no memory for a handle");
        return NULL;
    }
    xch->flags = open_flags;
    if (open_loggers(xch, logger, dombuild_logger)) {
        xenerr_set(ENOMEM, "libxenctrl", __func__, "no memory for a logger");
        goto fail;
    }
    if (open_parts(xch)) {
        xenerr_wrap("libxenctrl", __func__, "cannot open the hypervisor interface");
        goto fail;
    }
    return xch;
fail:
    xc_interface_close(xch);
    return NULL;
}

PUBLIC int xc_interface_close(xc_interface *xch)
{
    int rc = 0, saved = errno;

    if (!xch)
        return 0;
    rc |= xendevicemodel_close(xch->dmod);
    rc |= xenforeignmemory_close(xch->fmem);
    rc |= xencall_close(xch->xcall);
    if (rc)
        saved = errno;
    xtl_logger_destroy(xch->dombuild_logger_owned);
    xtl_logger_destroy(xch->logger_owned);
    free(xch);
    errno = saved;
    return rc ? -1 : 0;
}

PUBLIC struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
    return xch->xcall;
}

PUBLIC struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
    return xch->fmem;
}

PUBLIC struct xendevicemodel_handle *xc_interface_dmod_handle(xc_interface *xch)
{
    return xch->dmod;
}

PUBLIC struct xentoollog_logger *xc__dombuild_logger(xc_interface *xch)
{
    return xch->dombuild_logger;
}

PUBLIC struct xentoollog_logger *xc__logger(xc_interface *xch)
{
    return xch->logger;
}
