/* SPDX-License-Identifier: MIT */
/*
 * Uses libxenctrl against the running hypervisor: each line is PASS or FAIL and a name.
 * Run as root in dom0.  Public headers alone.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenerror.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

static int failures;

static int check(int ok, const char *name)
{
    char *why = ok ? NULL : xenerr_text();

    printf("%s %s\n%s", ok ? "PASS" : "FAIL", name, why ? why : "");
    free(why);
    failures += !ok;
    return ok;
}

static void host(xc_interface *xch)
{
    char ring[4096];
    unsigned int nr = sizeof(ring), cpus = 8, nodes = 4;
    xc_physinfo_t phys = {0};
    xc_cputopo_t topology[8];
    xc_meminfo_t memory[4];
    uint32_t distance[16], index = 0;
    unsigned long max_mfn = 0;
    xen_extraversion_t extra;
    xc_cpuinfo_t idle[8];
    int sched = 0, nr_cpus = 0, version;
    uint64_t bytes = 0;

    check(!xc_physinfo(xch, &phys) && phys.nr_cpus && phys.total_pages, "physinfo");
    check(!xc_cputopoinfo(xch, &cpus, topology) && cpus, "cputopoinfo");
    check(!xc_numainfo(xch, &nodes, memory, distance) && nodes && memory[0].memsize, "numainfo");
    check(!xc_getcpuinfo(xch, 8, idle, &nr_cpus) && nr_cpus > 0, "getcpuinfo");
    check(!xc_sched_id(xch, &sched) && sched, "sched_id");
    check(!xc_availheap(xch, 0, 0, -1, &bytes) && bytes, "availheap");
    check(!xc_maximum_ram_page(xch, &max_mfn) && max_mfn > 1000, "maximum_ram_page");
    check(!xc_readconsolering(xch, ring, &nr, 0, 0, &index) && nr, "readconsolering");
    version = xc_version(xch, XENVER_version, NULL);
    check(version == (4 << 16 | 17), "version");
    check(!xc_version(xch, XENVER_extraversion, extra) && strlen(extra) < sizeof(extra), "extra");
    check(xc_get_max_cpus(xch) > 0 && xc_get_online_cpus(xch) > 0, "cpu limits");
    printf("cpus %u, memory %llu MiB, free %llu MiB, scheduler %d, 4.%d%s\n", phys.nr_cpus,
           (unsigned long long)phys.total_pages >> 8, (unsigned long long)phys.free_pages >> 8,
           sched, version & 0xffff, extra);
}

static void memory_of(xc_interface *xch, uint32_t domid)
{
    enum { PAGES = 16 };
    xen_pfn_t pfns[PAGES];
    char *map = NULL, *again = NULL;
    int i, same;

    for (i = 0; i < PAGES; i++)
        pfns[i] = i;
    check(!xc_domain_populate_physmap_exact(xch, domid, PAGES, 0, 0, pfns), "populate");
    check(xc_get_tot_pages(xch, domid) == PAGES, "16 pages are there");
    map = xc_map_foreign_pages(xch, domid, PROT_READ | PROT_WRITE, pfns, PAGES);
    if (!check(map != NULL, "map foreign pages"))
        return;
    for (i = 0; i < PAGES; i++)
        memset(map + i * XC_PAGE_SIZE, i + 1, XC_PAGE_SIZE);
    check(!munmap(map, PAGES * XC_PAGE_SIZE), "unmap");
    again = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ, pfns[7]);
    same = again && again[0] == 8 && again[XC_PAGE_SIZE - 1] == 8;
    check(same, "what was written is read");
    if (again)
        munmap(again, XC_PAGE_SIZE);
    check(!xc_clear_domain_pages(xch, domid, pfns[7], 1), "clear a page");
    check(!xc_domain_decrease_reservation_exact(xch, domid, 1, 0, &pfns[3]), "give a page back");
    check(xc_get_tot_pages(xch, domid) == PAGES - 1, "15 pages are there");
    check(!xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ, 0xfffffff) &&
              xenerr_depth() > 0,
          "a wild frame is refused");
}

static void vcpus_of(xc_interface *xch, uint32_t domid)
{
    xc_cpumap_t map = xc_cpumap_alloc(xch), back = xc_cpumap_alloc(xch);
    struct xen_domctl_sched_credit2 params = {.weight = 512};
    unsigned int width = 0;
    xc_vcpuinfo_t info;

    check(map && back, "cpumap_alloc");
    check(!xc_domain_get_guest_width(xch, domid, &width) && width == 8, "guest width is 8");
    check(!xc_vcpu_getinfo(xch, domid, 0, &info) && !info.running, "vcpu info");
    if (map && back) {
        xc_cpumap_setcpu(0, map);
        check(!xc_vcpu_setaffinity(xch, domid, 0, map, NULL, XEN_VCPUAFFINITY_HARD),
              "set affinity");
        check(!xc_vcpu_getaffinity(xch, domid, 0, back, NULL, XEN_VCPUAFFINITY_HARD) &&
                  xc_cpumap_testcpu(0, back) && !xc_cpumap_testcpu(1, back),
              "get affinity");
    }
    check(!xc_sched_credit2_domain_set(xch, domid, &params), "set weight");
    params.weight = 0;
    check(!xc_sched_credit2_domain_get(xch, domid, &params) && params.weight == 512, "get weight");
    free(map);
    free(back);
}

static void domain(xc_interface *xch)
{
    struct xen_domctl_createdomain config = {.max_vcpus = 2,
                                             .max_evtchn_port = 1023,
                                             .max_grant_frames = 4,
                                             .max_maptrack_frames = 128,
                                             .grant_opts = XEN_DOMCTL_GRANT_version(1)};
    xc_evtchn_status_t status = {0};
    uint32_t domid = 0;
    xc_dominfo_t info;
    int port, rc;

    config.arch.emulation_flags = 0;
    if (!check(!xc_domain_create(xch, &domid, &config) && domid, "create"))
        return;
    check(xc_domain_getinfo(xch, domid, 1, &info) == 1 && info.domid == domid && info.paused,
          "getinfo: there, paused");
    check(!xc_domain_max_vcpus(xch, domid, 2), "max_vcpus");
    check(!xc_domain_setmaxmem(xch, domid, 1024), "setmaxmem");
    memory_of(xch, domid);
    vcpus_of(xch, domid);
    port = xc_evtchn_alloc_unbound(xch, domid, 0);
    check(port > 0, "alloc_unbound");
    status.dom = domid;
    status.port = port;
    check(!xc_evtchn_status(xch, &status) && status.status == EVTCHNSTAT_unbound, "evtchn status");
    check(!xc_domain_pause(xch, domid) && !xc_domain_unpause(xch, domid), "pause and unpause");
    check(!xc_domain_destroy(xch, domid), "destroy");
    rc = xc_domain_getinfo(xch, domid, 1, &info);
    check(rc <= 0 || info.domid != domid || info.dying, "it is gone");
    check(xc_domain_pause(xch, 12345) < 0 && errno == ESRCH && xenerr_depth() > 0,
          "no such domain: ESRCH and a chain");
}

static void list(xc_interface *xch)
{
    xc_domaininfo_t infos[64];
    int nr = xc_domain_getinfolist(xch, 0, 64, infos);

    check(nr >= 1 && infos[0].domain == 0 && infos[0].tot_pages, "getinfolist has dom0");
}

static void events(void)
{
    xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
    int a = -1, b = -1;

    if (!check(xce != NULL, "evtchn open"))
        return;
    a = xenevtchn_bind_unbound_port(xce, 0);
    b = a < 0 ? -1 : xenevtchn_bind_interdomain(xce, 0, a);
    check(a > 0 && b > 0, "a pair of ports");
    check(!xenevtchn_notify(xce, a) && xenevtchn_pending(xce) == b && !xenevtchn_unmask(xce, b),
          "an event goes from one to the other");
    check(!xenevtchn_unbind(xce, b) && xenevtchn_notify(xce, b) < 0, "an unbound port is gone");
    check(!xenevtchn_close(xce), "evtchn close");
}

int main(void)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    if (!check(xch != NULL, "open"))
        return 1;
    host(xch);
    list(xch);
    domain(xch);
    events();
    check(!xc_interface_close(xch), "close");
    printf("ctrl_smoke: %d failures\n", failures);
    return failures != 0;
}
