/* SPDX-License-Identifier: MIT */
/* Small things sent to a domain or to the hypervisor. */
#include <stdlib.h>
#include "internal.h"

static int trigger_number(libxl_trigger trigger)
{
    switch (trigger) {
    case LIBXL_TRIGGER_POWER:
        return XEN_DOMCTL_SENDTRIGGER_POWER;
    case LIBXL_TRIGGER_SLEEP:
        return XEN_DOMCTL_SENDTRIGGER_SLEEP;
    case LIBXL_TRIGGER_NMI:
        return XEN_DOMCTL_SENDTRIGGER_NMI;
    case LIBXL_TRIGGER_INIT:
        return XEN_DOMCTL_SENDTRIGGER_INIT;
    case LIBXL_TRIGGER_RESET:
        return XEN_DOMCTL_SENDTRIGGER_RESET;
    default:
        return -1;
    }
}

int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpuid,
                       const libxl_asyncop_how *ao_how)
{
    const char *name = libxl_trigger_to_string(trigger);
    int number = trigger_number(trigger), rc = 0;

    libxl__enter(ctx);
    if (trigger == LIBXL_TRIGGER_S3RESUME)
        rc = libxl__unsupported(ctx, __func__, "wake a domain from S3");
    else if (number < 0)
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "trigger %d is unknown", trigger);
    else if (xc_domain_send_trigger(ctx->xch, domid, (uint32_t)number, vcpuid))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot send the trigger %s to domain %" PRIu32, name, domid);
    rc = libxl__ao_at_once(ctx, ao_how, rc);
    libxl__leave(ctx);
    return rc;
}

int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq)
{
    POOL(pool);
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_get(ctx, domid, &info);
    if (!rc && libxl__store_write(ctx, XBT_NULL,
                                  STR(&pool, "/local/domain/%" PRIu32 "/control/sysrq", domid),
                                  STR(&pool, "%c", sysrq), NULL, 0))
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot write control/sysrq of domain %" PRIu32, domid);
    libxl__leave(ctx);
    return rc;
}

int libxl_send_debug_keys(libxl_ctx *ctx, char *keys)
{
    int rc = 0;

    libxl__enter(ctx);
    if (xc_send_debug_keys(ctx->xch, keys))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot send the debug keys \"%s\"", keys);
    libxl__leave(ctx);
    return rc;
}
