/* SPDX-License-Identifier: MIT */
/*
 * The server: store, watches, domains and connections, without any of the outer world.  Who runs
 * it (the daemon's loop, a test, a fuzzer) brings connections with their transport, and calls
 * conn_service() when a connection may have something to do.
 */
#ifndef XSD_SERVER_H
#define XSD_SERVER_H

#include "conn.h"
#include "store.h"
#include "watch.h"

enum special_watch { SPECIAL_INTRODUCE, SPECIAL_RELEASE, SPECIAL_COUNT };

/* All that can be offered in rings; the last has no name in xs_wire.h 4.17. */
#define SERVER_FEATURE_WATCH_DEPTH 4
#define SERVER_FEATURES                                                                            \
    (XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR |                        \
     SERVER_FEATURE_WATCH_DEPTH)

/* A domain that the daemon serves, or may serve again. */
struct domain {
    struct domain *next;
    uint32_t domid;
    uint32_t target;   /* DOMAIN_NONE: none */
    uint32_t port;     /* the domain's end of the event channel, as introduced */
    uint64_t gfn;      /* its ring's frame, as introduced */
    uint32_t features; /* XENSTORE_SERVER_FEATURE_* that it is offered */
    bool introduced;
    bool shutdown; /* its shutdown has been reported */
    struct conn *conn;
};

/* What only a hypervisor can do.  Without one the pointer is NULL. */
struct host {
    /* Connect to a domain's ring, or again with another port.  0 or -errno; sets domain->conn. */
    int (*connect)(struct host *host, struct domain *domain, uint64_t gfn, uint32_t port);
    /* Whether there is such a domain. */
    bool (*exists)(struct host *host, uint32_t domid);
};

/* What a domain was refused. */
struct refusal {
    uint32_t times;
    uint64_t wanted; /* the last time */
};

/* A live update as the control client has prepared it. */
struct update {
    char *program, *args; /* args NULL: as this program was called */
    bool requested;
    uint32_t conn; /* who waits for the answer */
    struct xsd_sockmsg hdr;
};

struct server {
    struct store store;
    struct quotas quotas;
    struct watch_table watches;
    struct perms *special[SPECIAL_COUNT]; /* who besides domain 0 may see these events */
    struct domain **by_domid, *domains;
    struct host *host;
    struct refusal **refusals; /* by domid, then by quota; NULL until the domain's first */
    uint64_t aged_at;          /* the store's generation when transactions' ages were looked at */
    bool keep_orphans;

    struct conn *conns;                     /* all of them */
    struct conn *runnable, **runnable_tail; /* those who have more to do at once */
    uint32_t nr_conns, last_conn;
    uint32_t nr_dead;

    struct journal *journal; /* NULL: none is kept; the server closes it */
    bool can_update;         /* somebody looks at update.requested */
    struct update update;

    /*
     * Domain 0's connection whose transaction met too many conflicts runs by itself: guests, who
     * may have caused them, wait until it has ended, but no longer than this (ns).
     */
    uint32_t alone_conn; /* 0: nobody */
    uint64_t alone_until;

    void (*log)(const char *text); /* may be NULL */
    struct trace *trace;           /* NULL: off */
    char *trace_file;              /* for "log on"; the server frees it */
    uint64_t requests;             /* served so far */
};

int server_init(struct server *server);
/* Closes every connection and frees all. */
void server_free(struct server *server);
void server_log(struct server *server, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Serve the runnable connections once each and free the dead; true when some have more to do. */
bool server_run(struct server *server);

/* A transaction starts, or one has ended: -EAGAIN when it must start again. */
void server_tx_started(struct server *server, struct conn *conn);
void server_tx_ended(struct server *server, struct conn *conn, int rc);
/* Whether the connection has to wait for a transaction that runs alone. */
bool server_must_wait(struct server *server, const struct conn *conn);

/* The answer of the live update that was asked for; text NULL: it went well.  Forgets it. */
void server_end_update(struct server *server, const char *text);

void server_forget_refusals(struct server *server, uint32_t domid);

/* domain.c */
struct domain *domain_find(const struct server *server, uint32_t domid);
/* The domain, made if it is not known yet; NULL: no memory. */
struct domain *domain_make(struct server *server, uint32_t domid);
int domain_introduce(struct server *server, uint32_t domid, uint64_t gfn, uint32_t port);
int domain_release(struct server *server, uint32_t domid);
int domain_resume(struct server *server, uint32_t domid);
int domain_set_target(struct server *server, uint32_t domid, uint32_t target);
/* What the hypervisor says. */
void domain_has_shut_down(struct server *server, struct domain *domain);
void domain_is_gone(struct server *server, struct domain *domain);

/*
 * notify.c: tell the watchers.  before is given for what was removed, though it may have been
 * made anew since; after is NULL when it is not there.
 */
void notify_changed(void *server, const struct path *path, struct node *before, struct node *after);
void notify_special(struct server *server, enum special_watch which, uint32_t domid);
enum special_watch special_named(const char *name);

#endif
