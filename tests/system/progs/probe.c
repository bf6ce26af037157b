/* SPDX-License-Identifier: MIT */
/*
 * What the suites ask of the hypervisor, with no library between:
 *
 *   probe state            what leaks would change: free pages, domains, dom0's ports and frames
 *   probe cycle N          create and destroy N domains of a few pages
 *   probe share A B SEC    processor time that domains A and B got in SEC seconds, and the ratio in the
 *                          second in the middle
 *   probe cputime DOMID    nanoseconds
 */
#include "rawcall.h"

#include <time.h>

static struct xen_domctl *domctl;
static struct xen_sysctl *sysctl;

static unsigned long count_domains(void)
{
    enum { MAX = 512 };
    static struct xen_domctl_getdomaininfo *infos;

    if (!infos)
        infos = raw_alloc(MAX * sizeof(*infos));
    memset(sysctl, 0, sizeof(*sysctl));
    sysctl->u.getdomaininfolist.max_domains = MAX;
    set_xen_guest_handle(sysctl->u.getdomaininfolist.buffer, infos);
    if (raw_sysctl(sysctl, XEN_SYSCTL_getdomaininfolist))
        raw_die("getdomaininfolist");
    return sysctl->u.getdomaininfolist.num_domains;
}

static unsigned long count_ports(void)
{
    struct evtchn_status *status = raw_alloc(sizeof(*status));
    unsigned long used = 0;

    for (evtchn_port_t port = 1; port < 4096; port++) {
        *status = (struct evtchn_status){.dom = DOMID_SELF, .port = port};
        if (raw_call(__HYPERVISOR_event_channel_op, EVTCHNOP_status, (unsigned long)status, 0, 0))
            break;
        used += status->status != EVTCHNSTAT_closed;
    }
    return used;
}

static unsigned long grant_frames(void)
{
    struct gnttab_query_size *size = raw_alloc(sizeof(*size));

    size->dom = DOMID_SELF;
    if (raw_call(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, (unsigned long)size, 1, 0) ||
        size->status != GNTST_okay)
        raw_die("query_size");
    return size->nr_frames;
}

static int state(void)
{
    memset(sysctl, 0, sizeof(*sysctl));
    if (raw_sysctl(sysctl, XEN_SYSCTL_physinfo))
        raw_die("physinfo");
    printf("free %llu outstanding %llu ", (unsigned long long)sysctl->u.physinfo.free_pages,
           (unsigned long long)sysctl->u.physinfo.outstanding_pages);
    printf("domains %lu ports %lu frames %lu\n", count_domains(), count_ports(), grant_frames());
    return 0;
}

/* One domain with a vCPU, 64 pages, a port and a grant table, made and destroyed. */
static int one_cycle(xen_pfn_t *frames)
{
    struct xen_memory_reservation *res = raw_alloc(sizeof(*res));
    struct evtchn_alloc_unbound *port = raw_alloc(sizeof(*port));
    long domid = raw_create(domctl);

    if (domid <= 0)
        raw_die("createdomain");
    memset(domctl, 0, sizeof(*domctl));
    domctl->u.max_vcpus.max = 1;
    if (raw_domctl(domctl, XEN_DOMCTL_max_vcpus, (domid_t)domid))
        raw_die("max_vcpus");
    memset(domctl, 0, sizeof(*domctl));
    domctl->u.max_mem.max_memkb = 4096;
    if (raw_domctl(domctl, XEN_DOMCTL_max_mem, (domid_t)domid))
        raw_die("max_mem");
    for (xen_pfn_t i = 0; i < 64; i++)
        frames[i] = i;
    *res = (struct xen_memory_reservation){.nr_extents = 64, .domid = (domid_t)domid};
    set_xen_guest_handle(res->extent_start, frames);
    if (raw_call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (unsigned long)res, 0, 0) != 64)
        raw_die("populate_physmap");
    *port = (struct evtchn_alloc_unbound){.dom = (domid_t)domid, .remote_dom = 0};
    if (raw_call(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, (unsigned long)port, 0, 0))
        raw_die("alloc_unbound");
    if (raw_destroy(domctl, (domid_t)domid))
        raw_die("destroydomain");
    return 0;
}

static int cycle(unsigned long nr)
{
    xen_pfn_t *frames = raw_alloc(64 * sizeof(*frames));
    size_t mark = raw_used;

    for (unsigned long i = 0; i < nr; i++) {
        raw_used = mark;
        one_cycle(frames);
    }
    printf("%lu cycles\n", nr);
    return 0;
}

static uint64_t cpu_time(domid_t domid)
{
    memset(domctl, 0, sizeof(*domctl));
    if (raw_domctl(domctl, XEN_DOMCTL_getdomaininfo, domid) || domctl->domain != domid) {
        errno = ESRCH;
        raw_die("getdomaininfo");
    }
    return domctl->u.getdomaininfo.cpu_time;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The ratio is that of the second in the middle: what runs while the machine below stands still is charged for
 * it, which says nothing of shares. */
static int share(domid_t a, domid_t b, unsigned int seconds)
{
    enum { MAX = 600 };
    uint64_t all_a = 0, all_b = 0, was_a = cpu_time(a), was_b = cpu_time(b);
    double ratios[MAX];

    if (!seconds || seconds > MAX) {
        errno = EINVAL;
        raw_die("share");
    }
    for (unsigned int i = 0; i < seconds; i++) {
        uint64_t used_a, used_b;

        sleep(1);
        used_a = cpu_time(a) - was_a;
        used_b = cpu_time(b) - was_b;
        was_a += used_a;
        was_b += used_b;
        all_a += used_a;
        all_b += used_b;
        ratios[i] = (double)used_b / (double)(used_a ? used_a : 1);
    }
    qsort(ratios, seconds, sizeof(*ratios), by_size);
    printf("%u ms %u ms ratio %.3f\n", (unsigned int)(all_a / 1000000),
           (unsigned int)(all_b / 1000000), ratios[seconds / 2]);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    raw_open();
    domctl = raw_alloc(sizeof(*domctl));
    sysctl = raw_alloc(sizeof(*sysctl));
    if (!strcmp(what, "state"))
        return state();
    if (!strcmp(what, "cycle") && argc == 3)
        return cycle(strtoul(argv[2], NULL, 0));
    if (!strcmp(what, "share") && argc == 5)
        return share((domid_t)atoi(argv[2]), (domid_t)atoi(argv[3]), (unsigned int)atoi(argv[4]));
    if (!strcmp(what, "cputime") && argc == 3)
        return printf("%llu\n", (unsigned long long)cpu_time((domid_t)atoi(argv[2]))) < 0;
    fprintf(stderr, "usage: probe state | cycle N | share A B SECONDS | cputime DOMID\n");
    return 2;
}
