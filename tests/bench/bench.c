/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor's work costs, measured from dom0 through the kernel's own interfaces alone, so
 * that one static program serves for any hypervisor.  Each line: BENCH name value unit.
 *
 *   bench micro HOST_MIB     all of the small figures
 *   bench time NAME CMD...   how long a command takes; its exit status
 */
#include "../system/progs/rawcall.h"

#include <sys/wait.h>
#include <time.h>
#include <xen/sys/evtchn.h>

#define MIB_PAGES 256UL
#define AREA      (64 * MIB_PAGES) /* the 64 MiB that are populated and mapped */

static struct xen_domctl *domctl;
static struct xen_sysctl *sysctl;

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void result(const char *name, double value, const char *unit)
{
    printf("BENCH %s %.3f %s\n", name, value, unit);
}

/*
 * Time from the machine's reset to the start of dom0's clock: with QEMU's -icount the time stamp
 * counter counts from reset, a tick a (virtual) nanosecond.
 */
static void boot_time(void)
{
    double start = now_us(), seen = 0, ticks = 0;
    uint64_t tsc = __builtin_ia32_rdtsc();

    usleep(200000);
    seen = now_us();
    ticks = (double)(__builtin_ia32_rdtsc() - tsc) / (seen - start); /* per microsecond */
    result("boot-to-dom0", (double)__builtin_ia32_rdtsc() / ticks / 1e3 - now_us() / 1e3, "ms");
    result("tsc-frequency", ticks, "MHz");
}

static void memory_taken(unsigned long host_mib)
{
    double dom0 = 0, free_pages = 0;

    memset(sysctl, 0, sizeof(*sysctl));
    memset(domctl, 0, sizeof(*domctl));
    if (raw_sysctl(sysctl, XEN_SYSCTL_physinfo) || raw_domctl(domctl, XEN_DOMCTL_getdomaininfo, 0))
        raw_die("physinfo");
    free_pages = (double)sysctl->u.physinfo.free_pages;
    dom0 = (double)domctl->u.getdomaininfo.tot_pages;
    result("memory-taken", ((double)host_mib * MIB_PAGES - free_pages - dom0) / MIB_PAGES, "MiB");
}

static void calls(void)
{
    enum { NR = 20000, NR_INFO = 5000 };
    double start = now_us();

    for (int i = 0; i < NR; i++)
        raw_call(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
    result("null-hypercall", (now_us() - start) / NR, "us");
    start = now_us();
    for (int i = 0; i < NR_INFO; i++) {
        if (raw_domctl(domctl, XEN_DOMCTL_getdomaininfo, 0))
            raw_die("getdomaininfo");
    }
    result("getdomaininfo", (now_us() - start) / NR_INFO, "us");
}

/* From one port to another and back to this process, by the event device. */
static void events(void)
{
    enum { NR = 5000 };
    struct ioctl_evtchn_bind_unbound_port unbound = {.remote_domain = 0};
    struct ioctl_evtchn_bind_interdomain inter = {.remote_domain = 0};
    struct ioctl_evtchn_notify notify = {0};
    int fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
    int port = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &unbound), local = 0;
    double start = 0;

    inter.remote_port = (unsigned int)port;
    local = ioctl(fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &inter);
    if (fd < 0 || port < 0 || local < 0)
        raw_die("event channels");
    notify.port = (unsigned int)local;
    start = now_us();
    for (int i = 0; i < NR; i++) {
        uint32_t fired = 0;

        if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify) || read(fd, &fired, 4) != 4 ||
            write(fd, &fired, 4) != 4)
            raw_die("event");
    }
    result("event-round-trip", (now_us() - start) / NR, "us");
    close(fd);
}

static domid_t make(void)
{
    long domid = raw_create(domctl);

    if (domid <= 0)
        raw_die("createdomain");
    memset(domctl, 0, sizeof(*domctl));
    domctl->u.max_vcpus.max = 1;
    if (raw_domctl(domctl, XEN_DOMCTL_max_vcpus, (domid_t)domid))
        raw_die("max_vcpus");
    return (domid_t)domid;
}

static void lifecycle(void)
{
    enum { NR = 50, LISTS = 200 };
    struct xen_domctl_getdomaininfo *infos = raw_alloc(64 * sizeof(*infos));
    double start = now_us();
    domid_t ids[NR];

    for (int i = 0; i < NR; i++)
        raw_destroy(domctl, make());
    result("create-destroy-empty", (now_us() - start) / NR, "us");
    for (int i = 0; i < NR; i++)
        ids[i] = make();
    start = now_us();
    for (int i = 0; i < LISTS; i++) {
        memset(sysctl, 0, sizeof(*sysctl));
        sysctl->u.getdomaininfolist.max_domains = 64;
        set_xen_guest_handle(sysctl->u.getdomaininfolist.buffer, infos);
        if (raw_sysctl(sysctl, XEN_SYSCTL_getdomaininfolist) ||
            sysctl->u.getdomaininfolist.num_domains < NR + 1)
            raw_die("getdomaininfolist");
    }
    result("list-50-domains", (now_us() - start) / LISTS, "us");
    for (int i = 0; i < NR; i++)
        raw_destroy(domctl, ids[i]);
}

/* Populate the area; frames gets each page's frame. */
static void populate(domid_t domid, unsigned int order, xen_pfn_t *frames)
{
    struct xen_memory_reservation *res = raw_alloc(sizeof(*res));
    unsigned long nr = AREA >> order;
    long rc = 0;

    for (unsigned long i = 0; i < nr; i++)
        frames[i] = i << order;
    res->nr_extents = nr;
    res->extent_order = order;
    res->domid = domid;
    set_xen_guest_handle(res->extent_start, frames);
    rc = raw_call(__HYPERVISOR_memory_op, XENMEM_populate_physmap, (unsigned long)res, 0, 0);
    if (rc != (long)nr)
        raw_die("populate_physmap");
    for (unsigned long i = AREA; i-- > 0;)
        frames[i] = frames[i >> order] + (i & ((1UL << order) - 1));
}

static void map_all(domid_t domid, const xen_pfn_t *frames)
{
    int *errors = calloc(AREA, sizeof(*errors));
    double start = now_us();
    void *area = mmap(NULL, AREA * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, raw_privcmd, 0);
    privcmd_mmapbatch_v2_t batch = {
        .num = AREA, .dom = domid, .addr = (uintptr_t)area, .arr = frames, .err = errors};

    if (!errors || area == MAP_FAILED || ioctl(raw_privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch))
        raw_die("mmapbatch");
    result("map-64M", now_us() - start, "us");
    start = now_us();
    munmap(area, AREA * PAGE);
    result("unmap-64M", now_us() - start, "us");
    free(errors);
}

static void memory(unsigned int order)
{
    static xen_pfn_t *frames;
    domid_t domid = make();
    double start = 0;

    if (!frames)
        frames = raw_alloc(AREA * sizeof(*frames));
    memset(domctl, 0, sizeof(*domctl));
    domctl->u.max_mem.max_memkb = AREA * 4 + 1024;
    if (raw_domctl(domctl, XEN_DOMCTL_max_mem, domid))
        raw_die("max_mem");
    start = now_us();
    populate(domid, order, frames);
    result(order ? "populate-64M-by-2M" : "populate-64M-by-4K", now_us() - start, "us");
    if (order)
        map_all(domid, frames);
    start = now_us();
    if (raw_destroy(domctl, domid))
        raw_die("destroydomain");
    result(order ? "destroy-64M-of-2M" : "destroy-64M-of-4K", now_us() - start, "us");
}

static int timed(const char *name, char **argv)
{
    double start = now_us();
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        execvp(argv[0], argv);
        raw_die(argv[0]);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        raw_die("fork");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        result(name, (now_us() - start) / 1e3, "ms");
    else
        printf("FAIL bench %s: status %x\n", name, (unsigned int)status);
    return status != 0;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 3 && !strcmp(argv[1], "time"))
        return timed(argv[2], argv + 3);
    if (argc == 2 && !strcmp(argv[1], "boot")) {
        boot_time();
        return 0;
    }
    if (argc != 3 || strcmp(argv[1], "micro")) {
        fprintf(stderr, "usage: bench boot | micro HOST_MIB | time NAME CMD...\n");
        return 2;
    }
    raw_open();
    domctl = raw_alloc(sizeof(*domctl));
    sysctl = raw_alloc(sizeof(*sysctl));
    memory_taken(strtoul(argv[2], NULL, 0));
    boot_time();
    calls();
    events();
    lifecycle();
    memory(9);
    memory(0);
    return 0;
}
