/* SPDX-License-Identifier: MIT */
/* What the host has for a guest: asked, claimed, and explained when it is too little. */
#include <inttypes.h>
#include "dom/private.h"

static unsigned long long mib(uint64_t pages)
{
    return pages >> (20 - XG_PAGE_SHIFT);
}

uint64_t xg_wanted_pages(const struct xc_dom_image *dom)
{
    if (xc_dom_translated(dom) && dom->target_pages && dom->target_pages < dom->total_pages)
        return dom->target_pages;
    return dom->total_pages;
}

/*
 * Why was there no memory?  Either the domain's limit is too low or the host has too little;
 * both figures belong into the message.
 */
int xg_out_of_memory(struct xc_dom_image *dom, const char *operation)
{
    uint64_t wanted = xg_wanted_pages(dom);
    uint64_t free_pages = 0;
    xc_domaininfo_t info;
    xc_physinfo_t host;

    memset(&info, 0, sizeof(info));
    memset(&host, 0, sizeof(host));
    if (xc_domain_getinfolist(dom->xch, dom->guest_domid, 1, &info) == 1 &&
        info.domain == dom->guest_domid && wanted > info.max_pages) {
        xg__fail(dom->xch, ENOMEM, operation,
                 "domain %u may have %llu MiB at most, %llu MiB are wanted", dom->guest_domid,
                 mib(info.max_pages), mib(wanted));
        xenerr_field(XENERR_LIMIT, "domain memory limit: wanted %llu MiB, limit %llu MiB",
                     mib(wanted), mib(info.max_pages));
        return -1;
    }
    if (xc_physinfo(dom->xch, &host))
        return xg__fail(dom->xch, ENOMEM, operation, "no memory for %llu MiB of domain %u",
                        mib(wanted), dom->guest_domid);
    free_pages = host.free_pages + host.scrub_pages + info.tot_pages;
    xg__fail(dom->xch, ENOMEM, operation,
             "not enough memory for domain %u: wanted %llu MiB, the host has %llu MiB free",
             dom->guest_domid, mib(wanted), mib(free_pages));
    xenerr_field(XENERR_LIMIT, "memory: wanted %llu MiB, free %llu MiB", mib(wanted),
                 mib(free_pages));
    xenerr_field(XENERR_HINT, "use less memory, balloon dom0 down or stop a guest");
    return -1;
}

/*
 * Refuse at once what cannot be had, rather than after the host's last page is taken.  A caller
 * that may not ask for the host's figures finds out later.
 */
int xg_check_host(struct xc_dom_image *dom)
{
    xc_physinfo_t host;

    memset(&host, 0, sizeof(host));
    if (xc_physinfo(dom->xch, &host)) {
        xenerr_begin();
        return 0;
    }
    if (xg_wanted_pages(dom) <= host.free_pages + host.scrub_pages)
        return 0;
    return xg_out_of_memory(dom, "xc_dom_boot_mem_init");
}

int xg_claim(struct xc_dom_image *dom)
{
    if (!dom->claim_enabled ||
        !xc_domain_claim_pages(dom->xch, dom->guest_domid, xg_wanted_pages(dom)))
        return 0;
    if (errno == ENOMEM)
        return xg_out_of_memory(dom, "xc_dom_boot_mem_init");
    return wrap(dom->xch, "cannot claim memory for domain %u", dom->guest_domid);
}

void xg_end_claim(struct xc_dom_image *dom)
{
    int saved = errno;

    if (dom->claim_enabled)
        xc_domain_claim_pages(dom->xch, dom->guest_domid, 0);
    errno = saved;
}
