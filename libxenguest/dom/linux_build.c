/* SPDX-License-Identifier: MIT */
/* All steps at once, for programs that need nothing else. */
#include "dom/private.h"

static int build(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid, unsigned int mem_mb)
{
    if (xc_dom_boot_xen_init(dom, xch, domid) || xc_dom_parse_image(dom) ||
        xc_dom_mem_init(dom, mem_mb) || xc_dom_boot_mem_init(dom) || xc_dom_build_image(dom) ||
        xc_dom_boot_image(dom))
        return -1;
    return xc_dom_gnttab_init(dom);
}

PUBLIC int xc_linux_build(xc_interface *xch, uint32_t domid, unsigned int mem_mb,
                          const char *image_name, const char *ramdisk_name, const char *cmdline,
                          const char *features, unsigned long flags, unsigned int store_evtchn,
                          unsigned long *store_mfn, unsigned int console_evtchn,
                          unsigned long *console_mfn)
{
    struct xc_dom_image *dom = xc_dom_allocate(xch, cmdline, features);
    int rc = -1;

    if (!dom)
        return -1;
    dom->flags = flags;
    dom->console_evtchn = console_evtchn;
    dom->xenstore_evtchn = store_evtchn;
    if (xc_dom_kernel_file(dom, image_name))
        goto out;
    if (ramdisk_name && *ramdisk_name && xc_dom_module_file(dom, ramdisk_name, NULL))
        goto out;
    rc = build(dom, xch, domid, mem_mb);
    if (rc)
        goto out;
    *store_mfn = xc_dom_p2m(dom, dom->xenstore_pfn);
    *console_mfn = xc_dom_p2m(dom, dom->console_pfn);
out:
    xc_dom_release(dom);
    return rc;
}
