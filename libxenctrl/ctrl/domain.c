/* SPDX-License-Identifier: MIT */
/* Life and listing of domains. */
#include "private.h"

PUBLIC int xc_domain_create(xc_interface *xch, uint32_t *pdomid,
                            struct xen_domctl_createdomain *config)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_createdomain, *pdomid);

    op.u.createdomain = *config;
    if (do_domctl(xch, &op))
        return -1;
    *pdomid = op.domain;
    *config = op.u.createdomain;
    return 0;
}

PUBLIC int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_pausedomain, domid);

    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_unpausedomain, domid);

    return do_domctl(xch, &op);
}

/* Freeing a large domain takes long; the hypervisor may ask to be called again. */
PUBLIC int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl op;
    int rc;

    do {
        op = domctl_for(XEN_DOMCTL_destroydomain, domid);
        rc = do_domctl(xch, &op);
    } while (rc && errno == EAGAIN);
    return rc;
}

PUBLIC int xc_domain_soft_reset(xc_interface *xch, uint32_t domid)
{
    struct xen_domctl op;
    int rc;

    do {
        op = domctl_for(XEN_DOMCTL_soft_reset, domid);
        rc = do_domctl(xch, &op);
    } while (rc && errno == EAGAIN);
    return rc;
}

PUBLIC int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
    struct sched_remote_shutdown arg = {.domain_id = domid, .reason = reason};

    return do_command(xch, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, &arg) < 0 ? -1 : 0;
}

PUBLIC int xc_watchdog(xc_interface *xch, uint32_t id, uint32_t timeout)
{
    struct sched_watchdog arg = {.id = id, .timeout = timeout};

    return do_command(xch, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &arg);
}

static void fill_dominfo(xc_dominfo_t *info, const xc_domaininfo_t *from)
{
    uint32_t flags = from->flags;

    memset(info, 0, sizeof(*info));
    info->domid = from->domain;
    info->ssidref = from->ssidref;
    info->dying = !!(flags & XEN_DOMINF_dying);
    info->shutdown = !!(flags & XEN_DOMINF_shutdown);
    info->paused = !!(flags & XEN_DOMINF_paused);
    info->blocked = !!(flags & XEN_DOMINF_blocked);
    info->running = !!(flags & XEN_DOMINF_running);
    info->hvm = !!(flags & XEN_DOMINF_hvm_guest);
    info->debugged = !!(flags & XEN_DOMINF_debugged);
    info->xenstore = !!(flags & XEN_DOMINF_xs_domain);
    info->hap = !!(flags & XEN_DOMINF_hap);
    info->shutdown_reason = (flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    /* A crashed domain is shown as crashed, not as shut down. */
    if (info->shutdown && info->shutdown_reason == SHUTDOWN_crash) {
        info->shutdown = 0;
        info->crashed = 1;
    }
    info->nr_pages = from->tot_pages;
    info->nr_outstanding_pages = from->outstanding_pages;
    info->nr_shared_pages = from->shr_pages;
    info->nr_paged_pages = from->paged_pages;
    info->max_memkb = from->max_pages << (XC_PAGE_SHIFT - 10);
    info->shared_info_frame = from->shared_info_frame;
    info->cpu_time = from->cpu_time;
    info->nr_online_vcpus = from->nr_online_vcpus;
    info->max_vcpu_id = from->max_vcpu_id;
    info->cpupool = from->cpupool;
    info->gpaddr_bits = from->gpaddr_bits;
    info->arch_config = from->arch_config;
    memcpy(info->handle, from->handle, sizeof(info->handle));
}

/* A domctl each, because a device model may ask about its guest this way but not list them all. */
PUBLIC int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid, unsigned int max_doms,
                             xc_dominfo_t *info)
{
    uint32_t next = first_domid;
    unsigned int nr;

    for (nr = 0; nr < max_doms; nr++) {
        struct xen_domctl op = domctl_for(XEN_DOMCTL_getdomaininfo, next);

        if (do_domctl(xch, &op))
            return nr ? (int)nr : -1;
        fill_dominfo(&info[nr], &op.u.getdomaininfo);
        next = op.domain + 1u;
        info[nr].domid = op.domain;
    }
    return nr;
}

PUBLIC int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                                 xc_domaininfo_t *info)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_getdomaininfolist);
    struct bounce b;
    int rc;

    if (bounce(xch, &b, info, max_domains, BOUNCE_OUT))
        return -1;
    op.u.getdomaininfolist.first_domain = first_domain;
    op.u.getdomaininfolist.max_domains = max_domains;
    set_xen_guest_handle_raw(op.u.getdomaininfolist.buffer, b.buf);
    rc = do_sysctl(xch, &op) ? -1 : (int)op.u.getdomaininfolist.num_domains;
    unbounce(xch, &b);
    return rc;
}

PUBLIC long xc_get_tot_pages(xc_interface *xch, uint32_t domid)
{
    xc_dominfo_t info;
    int rc = xc_domain_getinfo(xch, domid, 1, &info);

    if (rc != 1)
        return -1;
    if (info.domid != domid)
        return fail(xch, ESRCH, "no domain %u", domid);
    return info.nr_pages;
}

PUBLIC int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_setdomainhandle, domid);

    memcpy(op.u.setdomainhandle.handle, handle, sizeof(xen_domain_handle_t));
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_subscribe_for_suspend(xc_interface *xch, uint32_t domid, evtchn_port_t port)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_subscribe, domid);

    op.u.subscribe.port = port;
    return do_domctl(xch, &op);
}

PUBLIC int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger,
                                  uint32_t vcpu)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_sendtrigger, domid);

    op.u.sendtrigger.trigger = trigger;
    op.u.sendtrigger.vcpu = vcpu;
    return do_domctl(xch, &op);
}
