/* SPDX-License-Identifier: MIT */
/* What layout a domain's device rings have. */
#include <xen/io/protocols.h>
#include "dom/private.h"

PUBLIC const char *xc_domain_get_native_protocol(xc_interface *xch, uint32_t domid)
{
    unsigned int width = 0;

    if (xc_domain_get_guest_width(xch, domid, &width)) {
        wrap(xch, "cannot get the word size of domain %u", domid);
        return NULL;
    }
    if (width == 8)
        return XEN_IO_PROTO_ABI_X86_64;
    if (width == 4)
        return XEN_IO_PROTO_ABI_X86_32;
    fail(xch, EOPNOTSUPP, "domain %u has words of %u bytes", domid, width);
    return NULL;
}
