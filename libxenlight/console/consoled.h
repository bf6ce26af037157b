/* SPDX-License-Identifier: MIT */
/* xenconsoled: a terminal for every guest's console. */
#ifndef CONSOLED_H
#define CONSOLED_H

#include <stdint.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xenstore.h>
#include "backlog.h"
#include "log.h"
#include "ring.h"

/* Something that epoll waits for; its owner embeds it. */
struct source {
    int fd;
    uint32_t events;
    void (*ready)(struct source *source, uint32_t events);
};

struct settings {
    bool log_guests, log_hypervisor;
    bool time_guests, time_hypervisor;
    bool hide_escape;
    bool keep_overflow; /* a guest waits for its reader instead of losing its oldest output */
    const char *log_dir;
};

struct console;

struct consoled {
    struct settings settings;
    int epoll;
    bool stop;
    xc_interface *xc;
    struct xs_handle *xs;
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    xenforeignmemory_handle *fmem;
    struct source store, events, timer, signals;
    struct console *consoles;
    bool timer_runs;
    struct log hypervisor_log;
    int hypervisor_port;
    uint32_t hypervisor_index;
};

/* One guest's console. */
struct console {
    struct console *next;
    struct consoled *daemon;
    uint32_t domid;
    char *path; /* in the store */
    bool seen;  /* while the domains are gone through */

    struct xencons_interface *ring; /* NULL: not connected */
    bool by_grant;
    uint64_t ring_ref;
    uint32_t remote_port;
    int port;
    unsigned int turns; /* signals handled in this period */
    bool held_back;     /* its port stays masked until the period ends */
    bool broken;        /* its ring made no sense: it is left alone */

    struct source tty; /* the master side */
    int slave;         /* held open, so that the master never sees a hang-up */
    struct backlog backlog;
    struct log log;
};

/* consoled.c */
void watch_source(struct consoled *daemon, struct source *source, uint32_t events);
void forget_source(struct consoled *daemon, struct source *source);

/* domains.c: which guests there are. */
void domains_check(struct consoled *daemon);
void store_ready(struct source *source, uint32_t events);
struct console *console_of_port(struct consoled *daemon, int port);
void consoles_free(struct consoled *daemon);

/* console.c: one guest. */
struct console *console_new(struct consoled *daemon, uint32_t domid);
void console_free(struct console *console);
/* What the store says about it may have changed. */
void console_update(struct console *console);
/* Its guest has signalled. */
void console_signalled(struct console *console);
/* A new period begins. */
void console_resume(struct console *console);

/* hypervisor.c: the hypervisor's own messages. */
void hypervisor_start(struct consoled *daemon);
void hypervisor_messages(struct consoled *daemon);

/* tty.c: a raw terminal; returns the master's fd or -errno. */
int tty_open(int *slave, char *name, size_t size);

#endif
