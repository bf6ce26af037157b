/* SPDX-License-Identifier: MIT */
/*
 * pvbuild: create a PV domain from a kernel with libxenctrl and libxenguest alone, and show its
 * console, which this program serves itself.  Exit status 0 if the domain was built and, with
 * --until, printed the text in time; the domain is destroyed in the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xenerror.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

struct options {
    const char *kernel, *initrd, *cmdline, *until, *store;
    unsigned int memory, vcpus, seconds;
    bool claim, no_policy;
};

static struct options opt = {
    .kernel = "/boot/vmlinuz",
    .cmdline = "console=hvc0",
    .memory = 128,
    .vcpus = 1,
    .seconds = 60,
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int complain(const char *what)
{
    char *text = xenerr_text();

    printf("FAILED %s: %s\n", what, text ? text : strerror(errno));
    free(text);
    return -1;
}

/* Run one step and tell how long it took. */
#define STEP(call)                                                                                 \
    do {                                                                                           \
        double start_ = now();                                                                     \
        if (call)                                                                                  \
            return complain(#call);                                                                \
        printf("%7.3f s  %.60s\n", now() - start_, #call);                                         \
    } while (0)

static int make_domain(xc_interface *xch, uint32_t *domid)
{
    struct xen_domctl_createdomain config;

    memset(&config, 0, sizeof(config));
    config.max_vcpus = opt.vcpus;
    config.max_evtchn_port = 1023;
    config.max_grant_frames = 64;
    config.max_maptrack_frames = 1024;
    config.grant_opts = 1;
    *domid = 0;
    STEP(xc_domain_create(xch, domid, &config));
    if (!opt.no_policy)
        STEP(xc_cpuid_apply_policy(xch, *domid, false, NULL, 0, true, false, false, NULL, NULL));
    STEP(xc_domain_setmaxmem(xch, *domid, ((uint64_t)opt.memory << 10) + 1024));
    return 0;
}

static int build(xc_interface *xch, uint32_t domid, struct xc_dom_image *dom)
{
    int store = 0;
    int console = 0;

    store = xc_evtchn_alloc_unbound(xch, domid, 0);
    console = xc_evtchn_alloc_unbound(xch, domid, 0);
    if (store < 0 || console < 0)
        return complain("xc_evtchn_alloc_unbound");
    dom->xenstore_evtchn = (unsigned int)store;
    dom->console_evtchn = (unsigned int)console;
    dom->claim_enabled = opt.claim;
    STEP(xc_dom_kernel_file(dom, opt.kernel));
    if (opt.initrd)
        STEP(xc_dom_module_file(dom, opt.initrd, NULL));
    STEP(xc_dom_boot_xen_init(dom, xch, domid));
    STEP(xc_dom_parse_image(dom));
    STEP(xc_dom_mem_init(dom, opt.memory));
    STEP(xc_dom_boot_mem_init(dom));
    STEP(xc_dom_build_image(dom));
    STEP(xc_dom_boot_image(dom));
    STEP(xc_dom_gnttab_init(dom));
    return 0;
}

/* Tell xenstored of the domain, over its socket, in the store's own protocol. */
static int introduce(uint32_t domid, unsigned long frame, unsigned int port)
{
    struct {
        struct xsd_sockmsg header;
        char body[64];
    } msg;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int len = 0;
    int rc = -1;

    memset(&msg, 0, sizeof(msg));
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", opt.store);
    len = snprintf(msg.body, sizeof(msg.body), "%u%c%lu%c%u", domid, 0, frame, 0, port) + 1;
    msg.header.type = XS_INTRODUCE;
    msg.header.len = (uint32_t)len;
    if (fd >= 0 && connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
        write(fd, &msg, sizeof(msg.header) + (size_t)len) > 0 &&
        read(fd, &msg.header, sizeof(msg.header)) == sizeof(msg.header))
        rc = msg.header.type == XS_INTRODUCE ? 0 : -1;
    if (fd >= 0)
        close(fd);
    if (rc)
        printf("FAILED xenstored at %s does not take the domain\n", opt.store);
    return rc;
}

/* Print what is in the ring; returns true once the text that is waited for was seen. */
static bool drain(struct xencons_interface *ring, const char *until)
{
    static char line[1024];
    static size_t used;
    XENCONS_RING_IDX prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE);
    XENCONS_RING_IDX cons = ring->out_cons;
    bool seen = false;

    for (; cons != prod && prod - cons <= sizeof(ring->out); cons++) {
        char c = ring->out[MASK_XENCONS_IDX(cons, ring->out)];

        if (c == '\r')
            continue;
        if (c != '\n' && used < sizeof(line) - 1) {
            line[used++] = c;
            continue;
        }
        line[used] = '\0';
        used = 0;
        printf("guest| %s\n", line);
        seen |= until && strstr(line, until);
    }
    __atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
    return seen;
}

static bool is_down(xc_interface *xch, uint32_t domid)
{
    xc_domaininfo_t info;

    if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
        return true;
    return info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying);
}

/* Be the guest's console until it said what is waited for, is down, or the time is over. */
static int serve_console(xc_interface *xch, uint32_t domid, struct xencons_interface *ring,
                         xenevtchn_handle *xce, evtchn_port_t port)
{
    struct pollfd pfd = {.fd = xenevtchn_fd(xce), .events = POLLIN};
    double end = now() + opt.seconds;

    while (now() < end) {
        if (drain(ring, opt.until))
            return 0;
        xenevtchn_notify(xce, port);
        if (poll(&pfd, 1, 200) > 0)
            xenevtchn_unmask(xce, (evtchn_port_t)xenevtchn_pending(xce));
        else if (is_down(xch, domid))
            break;
    }
    drain(ring, opt.until);
    if (opt.until)
        printf("FAILED the guest did not print \"%s\"\n", opt.until);
    return opt.until ? -1 : 0;
}

static int run(xc_interface *xch, uint32_t domid, struct xc_dom_image *dom)
{
    xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
    xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
    xen_pfn_t frame = xc_dom_p2m(dom, dom->console_pfn);
    struct xencons_interface *ring = NULL;
    xenevtchn_port_or_error_t port = -1;
    int rc = -1;

    if (fmem)
        ring = xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
    if (xce)
        port = xenevtchn_bind_interdomain(xce, domid, dom->console_evtchn);
    if (!ring || port < 0) {
        complain("console");
        goto out;
    }
    if (opt.store && introduce(domid, xc_dom_p2m(dom, dom->xenstore_pfn), dom->xenstore_evtchn))
        goto out;
    if (xc_domain_unpause(xch, domid)) {
        complain("xc_domain_unpause");
        goto out;
    }
    rc = serve_console(xch, domid, ring, xce, (evtchn_port_t)port);
out:
    if (ring)
        xenforeignmemory_unmap(fmem, ring, 1);
    xenevtchn_close(xce);
    xenforeignmemory_close(fmem);
    return rc;
}

static int create_and_run(xc_interface *xch)
{
    struct xc_dom_image *dom = xc_dom_allocate(xch, opt.cmdline, NULL);
    uint32_t domid = 0;
    double start = now();
    int rc = -1;

    if (!dom)
        return complain("xc_dom_allocate");
    if (make_domain(xch, &domid))
        goto out;
    if (xc_domain_max_vcpus(xch, domid, opt.vcpus))
        complain("xc_domain_max_vcpus");
    else if (!build(xch, domid, dom)) {
        printf("BUILT domain %u in %.3f s\n", domid, now() - start);
        rc = run(xch, domid, dom);
    }
out:
    xc_dom_release(dom);
    if (domid && xc_domain_destroy(xch, domid))
        rc = complain("xc_domain_destroy");
    return rc;
}

static int parse(int argc, char **argv)
{
    static const struct option longs[] = {{"kernel", 1, 0, 'k'},
                                          {"initrd", 1, 0, 'i'},
                                          {"cmdline", 1, 0, 'c'},
                                          {"until", 1, 0, 'u'},
                                          {"memory", 1, 0, 'm'},
                                          {"vcpus", 1, 0, 'v'},
                                          {"seconds", 1, 0, 's'},
                                          {"claim", 0, 0, 'C'},
                                          {"no-policy", 0, 0, 'P'},
                                          {"xenstored", 1, 0, 'x'},
                                          {0}};
    int c = 0;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'k':
            opt.kernel = optarg;
            break;
        case 'i':
            opt.initrd = optarg;
            break;
        case 'c':
            opt.cmdline = optarg;
            break;
        case 'u':
            opt.until = optarg;
            break;
        case 'x':
            opt.store = optarg;
            break;
        case 'm':
            opt.memory = (unsigned int)atoi(optarg);
            break;
        case 'v':
            opt.vcpus = (unsigned int)atoi(optarg);
            break;
        case 's':
            opt.seconds = (unsigned int)atoi(optarg);
            break;
        case 'C':
            opt.claim = true;
            break;
        case 'P':
            opt.no_policy = true;
            break;
        default:
            fprintf(stderr, "usage: pvbuild [--kernel FILE] [--initrd FILE] [--cmdline TEXT] "
                            "[--memory MIB] [--vcpus N] [--seconds N] [--until TEXT] [--claim] "
                            "[--no-policy] [--xenstored SOCKET]\n");
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    xc_interface *xch = NULL;
    int rc = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (parse(argc, argv))
        return 2;
    xch = xc_interface_open(NULL, NULL, 0);
    if (!xch)
        return complain("xc_interface_open") ? 1 : 0;
    rc = create_and_run(xch);
    xc_interface_close(xch);
    return rc ? 1 : 0;
}
