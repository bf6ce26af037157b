/* SPDX-License-Identifier: MIT */
/* What only HVM and PVH domains have. */
#include "private.h"

PUBLIC int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
    struct xen_hvm_param arg = {.domid = dom, .index = param, .value = value};

    return do_hvm_op(xch, HVMOP_set_param, &arg) < 0 ? -1 : 0;
}

PUBLIC int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t *value)
{
    struct xen_hvm_param arg = {.domid = dom, .index = param};

    if (do_hvm_op(xch, HVMOP_get_param, &arg) < 0)
        return -1;
    *value = arg.value;
    return 0;
}

PUBLIC int xc_set_hvm_param(xc_interface *xch, uint32_t dom, int param, unsigned long value)
{
    return xc_hvm_param_set(xch, dom, param, value);
}

PUBLIC int xc_get_hvm_param(xc_interface *xch, uint32_t dom, int param, unsigned long *value)
{
    uint64_t wide;

    if (xc_hvm_param_get(xch, dom, param, &wide))
        return -1;
    *value = wide;
    return 0;
}

/* Without a buffer the answer is how large one must be. */
PUBLIC int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf,
                                    uint32_t size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_gethvmcontext, domid);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, ctxt_buf, size, BOUNCE_OUT))
        return -1;
    op.u.hvmcontext.size = b.buf ? size : 0;
    set_xen_guest_handle_raw(op.u.hvmcontext.buffer, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    return rc ? -1 : (int)op.u.hvmcontext.size;
}

PUBLIC int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid, uint16_t typecode,
                                            uint16_t instance, void *ctxt_buf, uint32_t size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_gethvmcontext_partial, domid);
    struct bounce b;
    int rc;

    if (!ctxt_buf)
        return fail(xch, EINVAL, "no buffer");
    if (bounce_bytes(xch, &b, ctxt_buf, size, BOUNCE_OUT))
        return -1;
    op.u.hvmcontext_partial.type = typecode;
    op.u.hvmcontext_partial.instance = instance;
    op.u.hvmcontext_partial.bufsz = size;
    set_xen_guest_handle_raw(op.u.hvmcontext_partial.buffer, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt,
                                    uint32_t size)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_sethvmcontext, domid);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, hvm_ctxt, size, BOUNCE_IN))
        return -1;
    op.u.hvmcontext.size = size;
    set_xen_guest_handle_raw(op.u.hvmcontext.buffer, b.buf);
    rc = do_domctl(xch, &op);
    unbounce(xch, &b);
    return rc;
}
