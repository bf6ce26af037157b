/* SPDX-License-Identifier: MIT */
/* Reporting failures. */
#include <stdarg.h>
#include <stdio.h>
#include "private.h"

static _Thread_local xc_error last_error;

int xc__fail(xc_interface *xch, int errnum, const char *operation, const char *hypercall,
             const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    xenerr_set(errnum, "libxenctrl", operation, "%s", text);
    if (hypercall)
        xenerr_field(XENERR_HYPERCALL, "%s", hypercall);
    last_error.code = errnum == ENOMEM   ? XC_OUT_OF_MEMORY
                      : errnum == EINVAL ? XC_INVALID_PARAM
                                         : XC_INTERNAL_ERROR;
    snprintf(last_error.message, sizeof(last_error.message), "%s: %s", operation, text);
    if (xch && xch->logger)
        xtl_log(xch->logger, XTL_DEBUG, errnum, "xc", "%s: %s", operation, text);
    errno = errnum;
    return -1;
}

PUBLIC const xc_error *xc_get_last_error(xc_interface *xch)
{
    return &last_error;
}

PUBLIC void xc_clear_last_error(xc_interface *xch)
{
    last_error.code = XC_ERROR_NONE;
    last_error.message[0] = '\0';
}

PUBLIC const char *xc_error_code_to_desc(int code)
{
    static const char *const names[] = {
        [XC_ERROR_NONE] = "No error",           [XC_INTERNAL_ERROR] = "Internal error",
        [XC_INVALID_KERNEL] = "Invalid kernel", [XC_INVALID_PARAM] = "Invalid parameter",
        [XC_OUT_OF_MEMORY] = "Out of memory",
    };

    return code >= 0 && (size_t)code < ARRAY_SIZE(names) ? names[code] : "Unknown error code";
}

PUBLIC const char *xc_strerror(xc_interface *xch, int errcode)
{
    static _Thread_local char text[128];

    return strerror_r(errcode, text, sizeof(text));
}
