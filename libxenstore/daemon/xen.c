/* SPDX-License-Identifier: MIT */
#include "xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xen/grant_table.h>
#include <xen/vcpu.h>
#include "ring.h"

#define PAGE_BYTES 4096
#define PORTS_MAX  (1u << 17)

struct xen {
    struct host host;
    struct server *server;
    struct loop *loop;
    struct source source; /* the event channel device */
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    xenforeignmemory_handle *fmem;
    xc_interface *xc;
    int virq_port;            /* a domain changed its state */
    struct ring_conn **rings; /* by local port */
    uint32_t nr_rings;
};

bool xen_present(void)
{
    return access("/dev/xen/evtchn", F_OK) == 0;
}

static struct xen *of_host(struct host *host)
{
    return (struct xen *)((char *)host - offsetof(struct xen, host));
}

static void xen_notify(struct ring_conn *ring)
{
    struct xen *xen = ring->owner;

    xenevtchn_notify(xen->evtchn, ring->port);
}

/* How the page of a ring came to be mapped. */
enum mapping { MAPPED_GRANT, MAPPED_FOREIGN, MAPPED_FILE };

static void unmap_page(struct xen *xen, void *page, enum mapping mapping)
{
    if (!page)
        return;
    switch (mapping) {
    case MAPPED_GRANT:
        xengnttab_unmap(xen->gnttab, page, 1);
        break;
    case MAPPED_FOREIGN:
        xenforeignmemory_unmap(xen->fmem, page, 1);
        break;
    case MAPPED_FILE:
        munmap(page, PAGE_BYTES);
        break;
    }
}

static void unbind_port(struct xen *xen, uint32_t port)
{
    if (port < xen->nr_rings)
        xen->rings[port] = NULL;
    xenevtchn_unbind(xen->evtchn, port);
}

/* The connection itself may still be in use by those who call; it is freed later. */
static void disconnect(struct ring_conn *ring)
{
    struct xen *xen = ring->owner;
    struct domain *domain = domain_find(xen->server, ring->conn.actor.domid);

    if (!ring->page)
        return;
    if (domain && domain->conn == &ring->conn)
        domain->conn = NULL;
    conn_kill(&ring->conn);
    ring->touched = false;
    unbind_port(xen, ring->port);
    unmap_page(xen, ring->page, ring->mapping);
    ring->page = NULL;
}

static void xen_release(struct ring_conn *ring)
{
    disconnect(ring);
    free(ring);
}

static int note_port(struct xen *xen, uint32_t port, struct ring_conn *ring)
{
    if (port >= PORTS_MAX)
        return -EINVAL;
    if (port >= xen->nr_rings) {
        uint32_t nr = port + 64;
        struct ring_conn **rings = realloc(xen->rings, nr * sizeof(*rings));

        if (!rings)
            return -ENOMEM;
        for (uint32_t i = xen->nr_rings; i < nr; i++)
            rings[i] = NULL;
        xen->rings = rings;
        xen->nr_rings = nr;
    }
    xen->rings[port] = ring;
    return 0;
}

/* Take the domain's page: by the grant that is made for it, else by its frame number. */
static void *map_page(struct xen *xen, uint32_t domid, uint64_t gfn, enum mapping *mapping)
{
    xen_pfn_t frame = gfn;
    void *page = NULL;

    *mapping = MAPPED_GRANT;
    if (xen->gnttab)
        page = xengnttab_map_grant_ref(xen->gnttab, domid, GNTTAB_RESERVED_XENSTORE,
                                       PROT_READ | PROT_WRITE);
    if (!page && xen->fmem) {
        *mapping = MAPPED_FOREIGN;
        page = xenforeignmemory_map(xen->fmem, domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
    }
    return page;
}

/* A ring without a connection yet.  Takes the page, also on failure. */
static struct ring_conn *new_ring(struct xen *xen, void *page, enum mapping mapping, int port)
{
    struct ring_conn *ring = calloc(1, sizeof(*ring));

    if (!ring || note_port(xen, port, ring) != 0) {
        unmap_page(xen, page, mapping);
        free(ring);
        return NULL;
    }
    ring->mapping = mapping;
    ring->page = page;
    ring->port = port;
    ring->owner = xen;
    ring->notify = xen_notify;
    ring->release = xen_release;
    return ring;
}

/* Takes the page, also on failure.  The ring is not looked at yet. */
static int connect_page(struct xen *xen, struct domain *domain, void *page, enum mapping mapping)
{
    int port = xenevtchn_bind_interdomain(xen->evtchn, domain->domid, domain->port);
    struct ring_conn *ring = NULL;
    int rc = port < 0 ? -errno : 0;

    if (rc) {
        unmap_page(xen, page, mapping);
        return rc;
    }
    ring = new_ring(xen, page, mapping, port);
    if (!ring || ring_serve(ring, xen->server, domain->domid, domain->features) != 0) {
        unbind_port(xen, port);
        if (ring)
            unmap_page(xen, page, mapping);
        free(ring);
        return -ENOMEM;
    }
    domain->conn = &ring->conn;
    return 0;
}

/* There may be requests already; the client also waits for a sign of life. */
static void begin_service(struct domain *domain)
{
    struct ring_conn *ring = ring_of_conn(domain->conn);

    ring->touched = true;
    ring_ready(ring);
}

static int xen_connect(struct host *host, struct domain *domain, uint64_t gfn, uint32_t port)
{
    struct xen *xen = of_host(host);
    enum mapping mapping = MAPPED_GRANT;
    void *page = NULL;
    int rc = 0;

    /* Introduced again (it was restored, or reset): a fresh connection replaces the old one. */
    if (domain->conn)
        disconnect(ring_of_conn(domain->conn));
    page = map_page(xen, domain->domid, gfn, &mapping);
    if (!page)
        return -EINVAL;
    domain->port = port;
    rc = connect_page(xen, domain, page, mapping);
    if (!rc)
        begin_service(domain);
    return rc;
}

static bool xen_exists(struct host *host, uint32_t domid)
{
    xc_domaininfo_t info;

    return xc_domain_getinfolist(of_host(host)->xc, domid, 1, &info) == 1 && info.domain == domid;
}

/* Compare the domains that are served with those that there are. */
static void check_domains(struct xen *xen)
{
    xc_domaininfo_t info[64];
    uint32_t next = 1;
    int nr = 0;

    do {
        uint32_t from = next, i = 0;

        nr = xc_domain_getinfolist(xen->xc, from, 64, info);
        if (nr < 0)
            return;
        next = nr == 64 ? info[nr - 1].domain + 1u : DOMAIN_IDS;
        for (uint32_t domid = from; domid < next && domid < DOMAIN_IDS; domid++) {
            struct domain *domain = domain_find(xen->server, domid);

            while (i < (uint32_t)nr && info[i].domain < domid)
                i++;
            if (!domain)
                continue;
            if (i == (uint32_t)nr || info[i].domain != domid || info[i].flags & XEN_DOMINF_dying)
                domain_is_gone(xen->server, domain);
            else if (info[i].flags & XEN_DOMINF_shutdown)
                domain_has_shut_down(xen->server, domain);
        }
    } while (next < DOMAIN_IDS);
}

static void evtchn_ready(struct source *source, uint32_t events)
{
    struct xen *xen = (struct xen *)((char *)source - offsetof(struct xen, source));
    int port = -1;

    for (int i = 0; i < 64 && (port = xenevtchn_pending(xen->evtchn)) >= 0; i++) {
        struct ring_conn *ring = (uint32_t)port < xen->nr_rings ? xen->rings[port] : NULL;

        /* What comes after this signals again. */
        xenevtchn_unmask(xen->evtchn, port);
        if (port == xen->virq_port)
            check_domains(xen);
        else if (ring && !ring->conn.dead)
            ring_ready(ring);
    }
}

struct xen *xen_open(struct server *server, struct loop *loop, int evtchn_fd, int virq_port)
{
    struct xen *xen = calloc(1, sizeof(*xen));
    int err = 0;

    if (!xen)
        return NULL;
    xen->server = server;
    xen->loop = loop;
    xen->virq_port = virq_port;
    xen->host = (struct host){.connect = xen_connect, .exists = xen_exists};
    xen->source.ready = evtchn_ready;
    xen->source.fd = -1;
    xen->xc = xc_interface_open(NULL, NULL, 0);
    if (!xen->xc)
        goto fail;
    xen->evtchn = evtchn_fd < 0 ? xenevtchn_open(NULL, 0) : xenevtchn_fdopen(NULL, evtchn_fd, 0);
    if (!xen->evtchn)
        goto fail;
    xen->gnttab = xengnttab_open(NULL, 0);
    xen->fmem = xenforeignmemory_open(NULL, 0);
    if (virq_port < 0)
        xen->virq_port = xenevtchn_bind_virq(xen->evtchn, VIRQ_DOM_EXC);
    if (xen->virq_port < 0)
        goto fail;
    xen->source.fd = xenevtchn_fd(xen->evtchn);
    fcntl(xen->source.fd, F_SETFL, fcntl(xen->source.fd, F_GETFL) | O_NONBLOCK);
    if (loop_add(loop, &xen->source, EPOLLIN) != 0)
        goto fail;
    server->host = &xen->host;
    return xen;
fail:
    err = errno;
    xen_close(xen);
    errno = err;
    return NULL;
}

void xen_describe(const struct xen *xen, struct image_globals *globals)
{
    globals->evtchn_fd = xenevtchn_fd(xen->evtchn);
    globals->virq_port = xen->virq_port;
}

void xen_close(struct xen *xen)
{
    if (!xen)
        return;
    if (xen->evtchn)
        xenevtchn_close(xen->evtchn);
    if (xen->gnttab)
        xengnttab_close(xen->gnttab);
    if (xen->fmem)
        xenforeignmemory_close(xen->fmem);
    if (xen->xc)
        xc_interface_close(xen->xc);
    free(xen->rings);
    free(xen);
}

/* Domain 0's kernel offers its page and its port as files. */
static int read_dom0_port(uint32_t *port)
{
    FILE *file = fopen("/proc/xen/xsd_port", "re");
    int n = 0;

    if (!file)
        return -errno;
    n = fscanf(file, "%u", port);
    fclose(file);
    return n == 1 ? 0 : -EINVAL;
}

static void *map_dom0_page(void)
{
    void *page = NULL;
    int fd = open("/proc/xen/xsd_kva", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return NULL;
    page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

static int connect_dom0(struct xen *xen)
{
    struct domain *domain = domain_make(xen->server, 0);
    void *page = domain ? map_dom0_page() : NULL;
    int rc = 0;

    if (!page)
        return domain ? -errno : -ENOMEM;
    rc = read_dom0_port(&domain->port);
    if (rc) {
        unmap_page(xen, page, MAPPED_FILE);
        return rc;
    }
    domain->introduced = true;
    return connect_page(xen, domain, page, MAPPED_FILE);
}

int xen_connect_dom0(struct xen *xen)
{
    struct domain *domain = domain_find(xen->server, 0);
    int rc = domain && domain->conn ? 0 : connect_dom0(xen);

    if (!rc)
        begin_service(domain_find(xen->server, 0));
    return rc;
}

static int adopt_ring(struct xen *xen, struct domain *domain, uint32_t port)
{
    enum mapping mapping = MAPPED_FILE;
    void *page =
        domain->domid ? map_page(xen, domain->domid, domain->gfn, &mapping) : map_dom0_page();
    struct ring_conn *ring = page ? new_ring(xen, page, mapping, port) : NULL;

    if (!ring)
        return -EINVAL;
    if (ring_adopt(ring, xen->server, domain->domid) != 0) {
        unmap_page(xen, page, mapping);
        xen->rings[port] = NULL;
        free(ring);
        return -ENOMEM;
    }
    domain->conn = &ring->conn;
    return 0;
}

/* After a restart: the old event channel went with the old process. */
static int connect_again(struct xen *xen, struct domain *domain)
{
    enum mapping mapping = MAPPED_GRANT;
    void *page = NULL;

    if (domain->domid == 0)
        return connect_dom0(xen);
    if (!xen_exists(&xen->host, domain->domid))
        return -ENOENT;
    page = map_page(xen, domain->domid, domain->gfn, &mapping);
    return page ? connect_page(xen, domain, page, mapping) : -EINVAL;
}

struct conn *xen_restore(struct xen *xen, const struct conn_desc *desc)
{
    struct domain *domain = domain_find(xen->server, desc->domid);
    int rc = -ENOENT;

    if (domain && !domain->conn)
        rc = desc->port ? adopt_ring(xen, domain, desc->port) : connect_again(xen, domain);
    if (rc)
        server_log(xen->server, "the ring of domain %u is lost: %s", desc->domid, strerror(-rc));
    return rc ? NULL : domain->conn;
}

void xen_resume(struct xen *xen)
{
    for (struct domain *d = xen->server->domains; d; d = d->next) {
        if (d->conn && !d->conn->dead)
            ring_wake(ring_of_conn(d->conn));
    }
    check_domains(xen);
}
