/* SPDX-License-Identifier: MIT */
/* Another domain's memory: mapping it, copying into it, types of its frames. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "private.h"
#include "xenctrl_internal.h"

PUBLIC void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr,
                                  int num)
{
    void *map = NULL;

    if (num <= 0)
        fail(xch, EINVAL, "%d pages", num);
    else if (!(map = xenforeignmemory_map(xch->fmem, dom, prot, num, arr, NULL)))
        xenerr_wrap("libxenctrl", __func__, "cannot map pages of domain %u", dom);
    return map;
}

PUBLIC void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot,
                                  unsigned long mfn)
{
    int i, num = ((long)size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
    xen_pfn_t *frames = NULL;
    void *map = NULL;

    if (size <= 0) {
        fail(xch, EINVAL, "a range of %d bytes", size);
        return NULL;
    }
    frames = malloc(num * sizeof(*frames));
    if (!frames) {
        fail(xch, ENOMEM, "no memory for %d frame numbers", num);
        return NULL;
    }
    for (i = 0; i < num; i++)
        frames[i] = mfn + i;
    map = xc_map_foreign_pages(xch, dom, prot, frames, num);
    free(frames);
    return map;
}

PUBLIC void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr,
                                 int *err, unsigned int num)
{
    return xenforeignmemory_map(xch->fmem, dom, prot, num, arr, err);
}

PUBLIC int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid, unsigned long dst_pfn,
                                  const char *src_page)
{
    void *page = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_WRITE, dst_pfn);

    if (!page)
        return -1;
    memcpy(page, src_page, XC_PAGE_SIZE);
    return xenforeignmemory_unmap(xch->fmem, page, 1);
}

PUBLIC int xc_clear_domain_pages(xc_interface *xch, uint32_t domid, unsigned long dst_pfn, int num)
{
    void *pages = NULL;

    if (num <= 0 || num > (int)(INT32_MAX / XC_PAGE_SIZE))
        return fail(xch, EINVAL, "%d pages", num);
    pages = xc_map_foreign_range(xch, domid, num * XC_PAGE_SIZE, PROT_WRITE, dst_pfn);
    if (!pages)
        return -1;
    memset(pages, 0, num * XC_PAGE_SIZE);
    return xenforeignmemory_unmap(xch->fmem, pages, num);
}

/* The hypervisor takes at most this many at once (its public header says 1024). */
#define PFN_TYPE_BATCH 1024

PUBLIC int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num, xen_pfn_t *arr)
{
    unsigned int at, count;
    int rc = 0;

    for (at = 0; !rc && at < num; at += count) {
        struct xen_domctl op = domctl_for(XEN_DOMCTL_getpageframeinfo3, dom);
        struct bounce b;

        count = num - at < PFN_TYPE_BATCH ? num - at : PFN_TYPE_BATCH;
        if (bounce(xch, &b, arr + at, count, BOUNCE_BOTH))
            return -1;
        op.u.getpageframeinfo3.num = count;
        set_xen_guest_handle_raw(op.u.getpageframeinfo3.array, b.buf);
        rc = do_domctl(xch, &op);
        unbounce(xch, &b);
    }
    return rc;
}
