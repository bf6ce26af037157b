/* SPDX-License-Identifier: MIT */
/* Which guests there are: the store tells when to look, the hypervisor who is there. */

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <errno.h>
#include "consoled.h"

static struct console *find_console(struct consoled *daemon, uint32_t domid)
{
    struct console *console = daemon->consoles;

    while (console && console->domid != domid)
        console = console->next;
    return console;
}

struct console *console_of_port(struct consoled *daemon, int port)
{
    struct console *console = daemon->consoles;

    while (console && console->port != port)
        console = console->next;
    return console;
}

static void appear(struct consoled *daemon, uint32_t domid)
{
    struct console *console = find_console(daemon, domid);

    if (console) {
        console->seen = true;
        return;
    }
    console = console_new(daemon, domid);
    if (!console)
        return;
    console->seen = true;
    console->next = daemon->consoles;
    daemon->consoles = console;
    /* The first event comes at once and makes the connection. */
    if (!xs_watch(daemon->xs, console->path, console->path))
        syslog(LOG_ERR, "cannot watch %s: %s", console->path, strerror(errno));
}

static void remove_unseen(struct consoled *daemon)
{
    struct console **link = &daemon->consoles;

    while (*link) {
        struct console *console = *link;

        if (console->seen) {
            link = &console->next;
            continue;
        }
        *link = console->next;
        xs_unwatch(daemon->xs, console->path, console->path);
        console_free(console);
    }
}

void domains_check(struct consoled *daemon)
{
    xc_domaininfo_t info[64];
    uint32_t next = 1;
    int nr = 0;

    for (struct console *c = daemon->consoles; c; c = c->next)
        c->seen = false;
    do {
        nr = xc_domain_getinfolist(daemon->xc, next, 64, info);
        if (nr < 0)
            return;
        for (int i = 0; i < nr; i++) {
            /* A dying domain goes only when its pages are let go. */
            if (!(info[i].flags & XEN_DOMINF_dying))
                appear(daemon, info[i].domain);
            next = info[i].domain + 1u;
        }
    } while (nr == 64);
    remove_unseen(daemon);
}

static void handle_event(struct consoled *daemon, const char *token)
{
    if (strcmp(token, "domains") == 0) {
        domains_check(daemon);
        return;
    }
    for (struct console *c = daemon->consoles; c; c = c->next) {
        if (strcmp(c->path, token) == 0) {
            console_update(c);
            return;
        }
    }
}

void store_ready(struct source *source, uint32_t events)
{
    struct consoled *daemon =
        (struct consoled *)((char *)source - offsetof(struct consoled, store));
    char **event = NULL;

    while ((event = xs_check_watch(daemon->xs))) {
        handle_event(daemon, event[XS_WATCH_TOKEN]);
        free(event);
    }
    if (errno != EAGAIN) {
        syslog(LOG_ERR, "the store is gone: %s", strerror(errno));
        daemon->stop = true;
    }
}

void consoles_free(struct consoled *daemon)
{
    while (daemon->consoles) {
        struct console *next = daemon->consoles->next;

        console_free(daemon->consoles);
        daemon->consoles = next;
    }
}
