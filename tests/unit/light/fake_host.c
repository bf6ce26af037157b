/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenstore.h>
#include "fake_host.h"

#define MAX_NODES   1024
#define MAX_DOMAINS 16
#define MAX_WATCHES 32

/* ---- failures on demand ---- */

static int calls, fail_at;
static bool failed;

void host_fail_at(int n)
{
    calls = 0;
    fail_at = n;
    failed = false;
}

bool host_failed(void)
{
    return failed;
}

static bool fails(void)
{
    if (++calls != fail_at)
        return false;
    failed = true;
    errno = EIO;
    return true;
}

/* ---- store ---- */

struct node {
    char *path, *value;
    struct xs_permissions perms[4];
    unsigned int nr;
};

static struct node nodes[MAX_NODES], saved[MAX_NODES];
static int nr_nodes, nr_saved;
static struct {
    char *path, *token;
} watches[MAX_WATCHES], events[128 * MAX_WATCHES];
static int nr_watches, nr_events, event_fd = -1, handles;
static bool in_transaction, acknowledges, has_consoled, has_backends, has_drivers;

static void free_nodes(struct node *list, int *n)
{
    while (*n > 0) {
        (*n)--;
        free(list[*n].path);
        free(list[*n].value);
    }
}

static void copy_nodes(struct node *to, int *nr_to, const struct node *from, int nr_from)
{
    free_nodes(to, nr_to);
    for (; *nr_to < nr_from; (*nr_to)++) {
        to[*nr_to] = from[*nr_to];
        to[*nr_to].path = strdup(from[*nr_to].path);
        to[*nr_to].value = strdup(from[*nr_to].value);
    }
}

static struct node *find(const char *path)
{
    for (int i = 0; i < nr_nodes; i++)
        if (!strcmp(nodes[i].path, path))
            return &nodes[i];
    return NULL;
}

static bool below(const char *path, const char *top)
{
    size_t n = strlen(top);

    return !strncmp(path, top, n) && (path[n] == '/' || !path[n]);
}

static void queue_event(const char *path, const char *token)
{
    events[nr_events].path = strdup(path);
    events[nr_events++].token = strdup(token);
    eventfd_write(event_fd, 1);
}

static void changed(const char *path)
{
    for (int i = 0; i < nr_watches; i++)
        if (below(path, watches[i].path) || below(watches[i].path, path))
            queue_event(path, watches[i].token);
}

/* A new node has its parent's permissions. */
static struct node *make(const char *path)
{
    struct node *n = find(path), *parent = NULL;
    char *up;
    char *slash;

    if (n)
        return n;
    up = strdup(path);
    slash = strrchr(up, '/');
    if (slash != up) {
        *slash = '\0';
        parent = make(up);
    }
    free(up);
    if (nr_nodes == MAX_NODES)
        abort();
    n = &nodes[nr_nodes++];
    *n = (struct node){.path = strdup(path), .value = strdup(""), .nr = 1};
    if (parent) {
        memcpy(n->perms, parent->perms, sizeof(n->perms));
        n->nr = parent->nr;
    }
    return n;
}

static void put(const char *path, const char *value, size_t length)
{
    struct node *n = make(path);

    free(n->value);
    n->value = strndup(value, length);
    changed(path);
}

void host_write(const char *path, const char *value)
{
    put(path, value, strlen(value));
}

const char *host_read(const char *path)
{
    struct node *n = find(path);

    return n ? n->value : NULL;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

char *host_store(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    qsort(nodes, (size_t)nr_nodes, sizeof(nodes[0]), by_path);
    for (int i = 0; i < nr_nodes; i++) {
        fprintf(f, "%s = %s (", nodes[i].path, nodes[i].value);
        for (unsigned int j = 0; j < nodes[i].nr; j++)
            fprintf(f, "%s%c%u", j ? "," : "", nodes[i].perms[j].perms == XS_PERM_READ ? 'r' : 'n',
                    nodes[i].perms[j].id);
        fprintf(f, ")\n");
    }
    fclose(f);
    return text;
}

/* What other programs do when the store changes. */
static void others(const char *path, const char *value)
{
    unsigned int domid;
    char tty[64];

    if (acknowledges && strstr(path, "/control/shutdown") && *value)
        host_write(path, "");
    if (has_consoled && sscanf(path, "/local/domain/%u/console/ring-ref", &domid) == 1 &&
        strstr(path, "ring-ref")) {
        snprintf(tty, sizeof(tty), "/local/domain/%u/console/tty", domid);
        host_write(tty, "/dev/pts/7");
    }
}

/* One step of the drivers at both ends; whether anything was done. */
static bool drive(const char *back, const char *state)
{
    char path[160], front[128];
    struct node *n;
    int now = atoi(state);

    snprintf(path, sizeof(path), "%s/frontend", back);
    n = find(path);
    if (!n)
        return false;
    snprintf(front, sizeof(front), "%s/state", n->value);
    n = find(front);
    snprintf(path, sizeof(path), "%s/state", back);
    if (now == 1)
        host_write(path, "2");
    else if (now == 2 && n && has_drivers) {
        host_write(front, "4");
        host_write(path, "4");
    } else if (now == 5 && (!n || has_drivers)) {
        if (n)
            host_write(front, "6");
        host_write(path, "6");
    } else
        return false;
    return true;
}

/* Nodes move when others are written, so the search begins anew after each step. */
static void drivers(void)
{
    bool again = has_backends;

    while (again) {
        again = false;
        for (int i = 0; i < nr_nodes && !again; i++) {
            char back[128];
            char *slash = strrchr(nodes[i].path, '/');

            if (!slash || strcmp(slash, "/state") ||
                (!strstr(nodes[i].path, "/backend/vbd/") &&
                 !strstr(nodes[i].path, "/backend/vif/")))
                continue;
            snprintf(back, sizeof(back), "%.*s", (int)(slash - nodes[i].path), nodes[i].path);
            again = drive(back, nodes[i].value);
        }
    }
}

struct xs_handle *xs_open(unsigned long flags)
{
    if (fails())
        return NULL;
    if (event_fd < 0)
        event_fd = eventfd(0, EFD_NONBLOCK);
    handles++;
    return (struct xs_handle *)&handles;
}

void xs_close(struct xs_handle *h)
{
    handles--;
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    handles--;
}

int xs_fileno(struct xs_handle *h)
{
    return event_fd;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    if (fails())
        return XBT_NULL;
    if (in_transaction)
        abort();
    in_transaction = true;
    copy_nodes(saved, &nr_saved, nodes, nr_nodes);
    return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abandon)
{
    bool bad = !abandon && fails();

    in_transaction = false;
    if (abandon || bad)
        copy_nodes(nodes, &nr_nodes, saved, nr_saved);
    free_nodes(saved, &nr_saved);
    if (bad)
        errno = EIO;
    /* The console daemon sees the ring once the transaction is there. */
    for (int i = 0; !abandon && !bad && i < nr_nodes; i++)
        if (strstr(nodes[i].path, "/console/ring-ref"))
            others(nodes[i].path, nodes[i].value);
    for (int i = 0; !abandon && !bad && i < nr_nodes; i++)
        if (strstr(nodes[i].path, "/control/shutdown"))
            others(nodes[i].path, nodes[i].value);
    if (!abandon && !bad)
        drivers();
    return !bad;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
    struct node *n = find(path);

    if (fails())
        return NULL;
    if (!n) {
        errno = ENOENT;
        return NULL;
    }
    *len = (unsigned int)strlen(n->value);
    return strdup(n->value);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
              unsigned int len)
{
    if (fails())
        return false;
    put(path, data, len);
    return true;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    if (fails())
        return false;
    make(path);
    return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    bool any = false;

    if (fails())
        return false;
    for (int i = 0; i < nr_nodes; i++) {
        if (!below(nodes[i].path, path))
            continue;
        free(nodes[i].path);
        free(nodes[i].value);
        nodes[i--] = nodes[--nr_nodes];
        any = true;
    }
    if (any)
        changed(path);
    else
        errno = ENOENT;
    return any;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                        struct xs_permissions *perms, unsigned int num)
{
    struct node *n = find(path);

    if (fails())
        return false;
    if (!n || num > 4) {
        errno = n ? EINVAL : ENOENT;
        return false;
    }
    memcpy(n->perms, perms, num * sizeof(*perms));
    n->nr = num;
    return true;
}

/* One block, as the library's own: names behind the pointers to them. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
    size_t n = strlen(path);
    char **list, *text;

    if (fails())
        return NULL;
    if (!find(path)) {
        errno = ENOENT;
        return NULL;
    }
    list = calloc(1, (MAX_NODES + 1) * sizeof(*list) + MAX_NODES * 64);
    text = (char *)(list + MAX_NODES + 1);
    *num = 0;
    for (int i = 0; i < nr_nodes; i++)
        if (below(nodes[i].path, path) && nodes[i].path[n] == '/' &&
            !strchr(nodes[i].path + n + 1, '/')) {
            list[(*num)++] = strcpy(text, nodes[i].path + n + 1);
            text += strlen(text) + 1;
        }
    return list;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    if (fails())
        return false;
    watches[nr_watches].path = strdup(path);
    watches[nr_watches++].token = strdup(token);
    queue_event(path, token);
    return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    for (int i = 0; i < nr_watches; i++)
        if (!strcmp(watches[i].token, token)) {
            free(watches[i].path);
            free(watches[i].token);
            watches[i] = watches[--nr_watches];
            return true;
        }
    errno = ENOENT;
    return false;
}

char **xs_check_watch(struct xs_handle *h)
{
    eventfd_t count;
    char **event;

    if (!nr_events) {
        eventfd_read(event_fd, &count);
        errno = EAGAIN;
        return NULL;
    }
    event = calloc(1, 2 * sizeof(*event) + 512);
    event[XS_WATCH_PATH] = strcpy((char *)(event + 2), events[0].path);
    event[XS_WATCH_TOKEN] = strcpy((char *)(event + 2) + 256, events[0].token);
    free(events[0].path);
    free(events[0].token);
    memmove(events, events + 1, (size_t)--nr_events * sizeof(events[0]));
    return event;
}

/* ---- hypervisor ---- */

static struct domain {
    bool there, introduced;
    int pauses, ports, steps;
    xc_domaininfo_t info;
} domains[MAX_DOMAINS];

static struct domain *domain(uint32_t domid)
{
    if (domid < MAX_DOMAINS && domains[domid].there)
        return &domains[domid];
    errno = ESRCH;
    return NULL;
}

int host_domains(void)
{
    int n = 0;

    for (int i = 1; i < MAX_DOMAINS; i++)
        n += domains[i].there;
    return n;
}

int host_ports(void)
{
    int n = 0;

    for (int i = 1; i < MAX_DOMAINS; i++)
        n += domains[i].there ? domains[i].ports : 0;
    return n;
}

bool host_paused(uint32_t domid)
{
    return domains[domid].pauses > 0;
}

uint64_t host_max_kb(uint32_t domid)
{
    return domains[domid].info.max_pages * 4;
}

int host_watches(void)
{
    return nr_watches;
}

int host_handles(void)
{
    return handles;
}

void host_guest_shuts_down(uint32_t domid, unsigned int reason)
{
    domains[domid].info.flags |= XEN_DOMINF_shutdown | reason << XEN_DOMINF_shutdownshift;
    changed("@releaseDomain");
}

void host_guest_acknowledges(bool on)
{
    acknowledges = on;
}

void host_has_consoled(bool on)
{
    has_consoled = on;
}

void host_has_backends(bool on)
{
    has_backends = on;
}

void host_guest_has_drivers(bool on)
{
    has_drivers = on;
}

void host_reset(void)
{
    if (event_fd < 0)
        event_fd = eventfd(0, EFD_NONBLOCK);
    free_nodes(nodes, &nr_nodes);
    while (nr_events > 0) {
        nr_events--;
        free(events[nr_events].path);
        free(events[nr_events].token);
    }
    memset(domains, 0, sizeof(domains));
    domains[0].there = true;
    domains[0].info.tot_pages = domains[0].info.max_pages = 262144;
    acknowledges = has_consoled = has_backends = has_drivers = false;
    host_fail_at(0);
    host_write("/local/domain/0/name", "Domain-0");
    host_write("/local/domain/0/domid", "0");
    host_write("/vm", "");
    host_write("/libxl", "");
}

xc_interface *xc_interface_open(xentoollog_logger *logger, xentoollog_logger *dombuild_logger,
                                unsigned open_flags)
{
    if (fails())
        return NULL;
    handles++;
    return (xc_interface *)&handles;
}

int xc_interface_close(xc_interface *xch)
{
    handles--;
    return 0;
}

/* ---- hardware containers ---- */

static struct host_container container;
static bool has_containers = true;

void host_has_containers(bool on)
{
    has_containers = on;
}

const struct host_container *host_container(void)
{
    return &container;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t param, uint64_t value)
{
    if (fails() || !domain(domid))
        return -1;
    container.params[param] = value;
    return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
    if (fails() || !domain(domid))
        return -1;
    container.pool = size;
    return 0;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
                             uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
    if (fails() || !domain(domid))
        return -1;
    container.on_demand = target_pages;
    return 0;
}

int xc_domain_create(xc_interface *xch, uint32_t *pdomid, struct xen_domctl_createdomain *config)
{
    uint32_t id = *pdomid;

    if (fails())
        return -1;
    for (id = id ? id : 1; id < MAX_DOMAINS && domains[id].there; id++)
        ;
    if (id == MAX_DOMAINS)
        abort();
    domains[id] = (struct domain){.there = true, .pauses = 1};
    domains[id].info.domain = (domid_t)id;
    domains[id].info.max_vcpu_id = config->max_vcpus - 1;
    memcpy(domains[id].info.handle, config->handle, sizeof(config->handle));
    if (config->flags & XEN_DOMCTL_CDF_hvm)
        domains[id].info.flags = XEN_DOMINF_hvm_guest;
    container =
        (struct host_container){.flags = config->flags, .emulation = config->arch.emulation_flags};
    *pdomid = id;
    return 0;
}

static void gone(uint32_t domid)
{
    domains[domid].there = false;
    if (domains[domid].introduced)
        changed("@releaseDomain");
}

void host_domain_vanishes(uint32_t domid)
{
    domains[domid].there = false;
}

int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
    if (fails() || !domain(domid))
        return -1;
    gone(domid);
    return 0;
}

/* Memory is freed in three steps. */
int xc_domctl(xc_interface *xch, struct xen_domctl *op)
{
    struct domain *d = domain(op->domain);

    if (op->cmd != XEN_DOMCTL_destroydomain)
        abort();
    if (fails() || !d)
        return -1;
    d->info.flags |= XEN_DOMINF_dying;
    if (d->steps++ < 2) {
        errno = EAGAIN;
        return -1;
    }
    gone(op->domain);
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain, unsigned int max_domains,
                          xc_domaininfo_t *info)
{
    unsigned int n = 0;

    if (fails())
        return -1;
    for (uint32_t i = first_domain; i < MAX_DOMAINS && n < max_domains; i++)
        if (domains[i].there)
            info[n++] = domains[i].info;
    return (int)n;
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    struct domain *d = domain(domid);

    if (fails() || !d)
        return -1;
    d->pauses++;
    return 0;
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    struct domain *d = domain(domid);

    if (fails() || !d)
        return -1;
    d->pauses--;
    return 0;
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
    return fails() || !domain(domid) ? -1 : 0;
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
    struct domain *d = domain(domid);

    if (fails() || !d)
        return -1;
    d->info.max_pages = max_memkb / 4;
    return 0;
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid, xen_domain_handle_t handle)
{
    struct domain *d = domain(domid);

    if (fails() || !d)
        return -1;
    memcpy(d->info.handle, handle, sizeof(d->info.handle));
    return 0;
}

int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features, bool pae, bool itsc,
                          bool nested_virt, const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr)
{
    return fails() || !domain(domid) ? -1 : 0;
}

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
                                                  uint32_t remote_dom)
{
    struct domain *d = domain(dom);

    return fails() || !d ? -1 : ++d->ports;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    if (fails())
        return -1;
    info->total_pages = 1 << 20;
    info->free_pages = 1 << 18;
    info->capabilities = XEN_SYSCTL_PHYSCAP_gnttab_v1 | XEN_SYSCTL_PHYSCAP_gnttab_v2;
    if (has_containers)
        info->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    return 0;
}

long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
    errno = ENOSYS;
    return -1;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
    xc_cpupoolinfo_t *info;

    if (fails() || poolid > 0) {
        errno = ENOENT;
        return NULL;
    }
    info = calloc(1, sizeof(*info));
    info->sched_id = 6;
    return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
    free(info);
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    *sdom = (struct xen_domctl_sched_credit2){.weight = 256};
    return fails() ? -1 : 0;
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    return fails() || !domain(domid) ? -1 : 0;
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
                         unsigned int eventchn)
{
    struct domain *d = domain(domid);

    if (fails() || !d)
        return false;
    d->introduced = true;
    return true;
}

/* ---- builder ---- */

static xen_pfn_t fake_p2m[] = {0x1000, 0x1001, 0x1002};

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features)
{
    struct xc_dom_image *dom = fails() ? NULL : calloc(1, sizeof(*dom));

    if (!dom)
        return NULL;
    handles++;
    dom->pv_p2m = fake_p2m;
    dom->total_pages = 3;
    dom->xenstore_pfn = 1;
    dom->console_pfn = 2;
    return dom;
}

void xc_dom_release(struct xc_dom_image *dom)
{
    handles--;
    free(dom);
}

bool xc_dom_translated(const struct xc_dom_image *dom)
{
    return false;
}

static int step(void)
{
    return fails() ? -1 : 0;
}

int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename)
{
    return step();
}

int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline)
{
    return step();
}

int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid)
{
    dom->guest_domid = domid;
    return step();
}

int xc_dom_parse_image(struct xc_dom_image *dom)
{
    return step();
}

int xc_dom_mem_init(struct xc_dom_image *dom, unsigned int mem_mb)
{
    container.mem_mb = mem_mb;
    return step();
}

int xc_dom_acpi_tables(struct xc_dom_image *dom, const uint8_t *online)
{
    container.online = online[0];
    container.max_vcpus = dom->max_vcpus;
    return step();
}

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
    container.is_hvm = dom->container_type == XC_DOM_HVM_CONTAINER;
    container.target_pages = dom->target_pages;
    return step();
}

int xc_dom_build_image(struct xc_dom_image *dom)
{
    return step();
}

int xc_dom_boot_image(struct xc_dom_image *dom)
{
    return step();
}

int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
    return step();
}
