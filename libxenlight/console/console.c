/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>
#include <xen/grant_table.h>
#include "consoled.h"

/* Output kept for a terminal that nobody reads, unless the manager says otherwise. */
#define BACKLOG_DEFAULT (1024 * 1024)
#define BACKLOG_MAX     (16 * 1024 * 1024)

/* Signals of one guest that are handled in a period; then the others have their turn. */
#define TURNS 30

static struct console *of_tty(struct source *source)
{
    return (struct console *)((char *)source - offsetof(struct console, tty));
}

static bool overflowing(const struct console *console)
{
    return console->daemon->settings.keep_overflow && backlog_full(&console->backlog);
}

static void update_tty_events(struct console *console)
{
    uint32_t events = 0;

    if (console->tty.fd < 0)
        return;
    if (console->backlog.len)
        events |= EPOLLOUT;
    if (console->ring && !console->broken && console_ring_room(console->ring) > 0)
        events |= EPOLLIN;
    watch_source(console->daemon, &console->tty, events);
}

static void flush_backlog(struct console *console)
{
    const char *data = NULL;
    size_t len = 0;

    while (console->tty.fd >= 0 && (len = backlog_peek(&console->backlog, &data))) {
        ssize_t done = write(console->tty.fd, data, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        backlog_drop(&console->backlog, done);
    }
}

static void ring_broke(struct console *console)
{
    syslog(LOG_WARNING, "domain %u broke its console ring", console->domid);
    console->broken = true;
}

/* Take what the guest has printed; it may go on as soon as there is room again. */
static void take_output(struct console *console)
{
    char buf[sizeof(((struct xencons_interface *)0)->out)];
    ssize_t len = 0;

    if (!console->ring || console->broken || overflowing(console))
        return;
    len = console_ring_read(console->ring, buf, sizeof(buf));
    if (len < 0) {
        ring_broke(console);
        return;
    }
    if (!len)
        return;
    xenevtchn_notify(console->daemon->evtchn, console->port);
    log_write(&console->log, buf, len);
    backlog_add(&console->backlog, buf, len);
    flush_backlog(console);
}

static void give_input(struct console *console)
{
    char buf[sizeof(((struct xencons_interface *)0)->in)];
    ssize_t room = console->ring && !console->broken ? console_ring_room(console->ring) : 0;
    ssize_t len = 0;

    if (room < 0) {
        ring_broke(console);
        return;
    }
    if (!room)
        return;
    len = read(console->tty.fd, buf, room);
    if (len <= 0)
        return;
    console_ring_write(console->ring, buf, len);
    xenevtchn_notify(console->daemon->evtchn, console->port);
}

static void tty_ready(struct source *source, uint32_t events)
{
    struct console *console = of_tty(source);

    if (events & EPOLLIN)
        give_input(console);
    if (events & EPOLLOUT) {
        bool waited = overflowing(console);

        flush_backlog(console);
        if (waited)
            take_output(console);
    }
    update_tty_events(console);
}

void console_signalled(struct console *console)
{
    take_output(console);
    update_tty_events(console);
    if (++console->turns < TURNS)
        xenevtchn_unmask(console->daemon->evtchn, console->port);
    else
        console->held_back = true;
}

void console_resume(struct console *console)
{
    console->turns = 0;
    if (!console->held_back)
        return;
    console->held_back = false;
    take_output(console);
    update_tty_events(console);
    xenevtchn_unmask(console->daemon->evtchn, console->port);
}

static void open_log(struct console *console)
{
    const struct settings *settings = &console->daemon->settings;
    char path[64], name[300], *domain = NULL;

    if (!settings->log_guests || console->log.fd >= 0)
        return;
    snprintf(path, sizeof(path), "/local/domain/%u/name", console->domid);
    domain = xs_read(console->daemon->xs, XBT_NULL, path, NULL);
    /* A name is the manager's, but it must not lead out of the directory. */
    if (domain && *domain && !strchr(domain, '/'))
        snprintf(name, sizeof(name), "guest-%s", domain);
    else
        snprintf(name, sizeof(name), "guest-%u", console->domid);
    free(domain);
    console->log.timestamps = settings->time_guests;
    console->log.hide_escape = settings->hide_escape;
    log_open(&console->log, settings->log_dir, name);
}

static void open_tty(struct console *console)
{
    char name[64], path[128];
    int master = -1;

    if (console->tty.fd >= 0)
        return;
    master = tty_open(&console->slave, name, sizeof(name));
    if (master < 0) {
        syslog(LOG_ERR, "no terminal for domain %u: %s", console->domid, strerror(-master));
        return;
    }
    console->tty.fd = master;
    watch_source(console->daemon, &console->tty, 0);
    snprintf(path, sizeof(path), "%s/tty", console->path);
    if (!xs_write(console->daemon->xs, XBT_NULL, path, name, strlen(name)))
        syslog(LOG_ERR, "cannot write %s: %s", path, strerror(errno));
}

static void unmap_ring(struct console *console, void *ring)
{
    if (!ring)
        return;
    if (console->by_grant)
        xengnttab_unmap(console->daemon->gnttab, ring, 1);
    else
        xenforeignmemory_unmap(console->daemon->fmem, ring, 1);
}

static void *map_ring(struct console *console, uint64_t ref)
{
    struct consoled *daemon = console->daemon;
    xen_pfn_t frame = ref;
    void *ring = NULL;

    if (daemon->gnttab)
        ring = xengnttab_map_grant_ref(daemon->gnttab, console->domid, GNTTAB_RESERVED_CONSOLE,
                                       PROT_READ | PROT_WRITE);
    console->by_grant = ring != NULL;
    if (!ring && daemon->fmem)
        ring = xenforeignmemory_map(daemon->fmem, console->domid, PROT_READ | PROT_WRITE, 1, &frame,
                                    NULL);
    return ring;
}

static void disconnect(struct console *console)
{
    if (console->port >= 0)
        xenevtchn_unbind(console->daemon->evtchn, console->port);
    console->port = -1;
    unmap_ring(console, console->ring);
    console->ring = NULL;
    console->held_back = console->broken = false;
    console->remote_port = 0;
    console->ring_ref = 0;
}

static void connect_ring(struct console *console, uint64_t ref, uint32_t remote_port)
{
    void *ring = NULL;

    if (console->ring && console->ring_ref == ref && console->remote_port == remote_port)
        return;
    disconnect(console);
    ring = map_ring(console, ref);
    if (!ring)
        return;
    console->port =
        xenevtchn_bind_interdomain(console->daemon->evtchn, console->domid, remote_port);
    if (console->port < 0) {
        unmap_ring(console, ring);
        return;
    }
    console->ring = ring;
    console->ring_ref = ref;
    console->remote_port = remote_port;
    open_log(console);
    open_tty(console);
    take_output(console);
    update_tty_events(console);
}

/* A number that the store holds; false when there is none. */
static bool read_number(struct console *console, const char *name, uint64_t *number)
{
    char path[128], *text = NULL, *end = NULL;

    snprintf(path, sizeof(path), "%s/%s", console->path, name);
    text = xs_read(console->daemon->xs, XBT_NULL, path, NULL);
    if (text)
        *number = strtoull(text, &end, 10);
    free(text);
    return end && text != end;
}

/* Others, a device model for one, may serve a console. */
static bool is_ours(struct console *console)
{
    char path[128], *type = NULL;
    bool ours = true;

    snprintf(path, sizeof(path), "%s/type", console->path);
    type = xs_read(console->daemon->xs, XBT_NULL, path, NULL);
    if (type)
        ours = strcmp(type, "xenconsoled") == 0;
    free(type);
    return ours;
}

void console_update(struct console *console)
{
    uint64_t ref = 0, port = 0, limit = 0;

    if (!is_ours(console) || !read_number(console, "ring-ref", &ref) ||
        !read_number(console, "port", &port) || port == 0)
        return;
    if (read_number(console, "limit", &limit) && limit && !console->backlog.size)
        console->backlog.limit = limit < BACKLOG_MAX ? limit : BACKLOG_MAX;
    connect_ring(console, ref, port);
}

struct console *console_new(struct consoled *daemon, uint32_t domid)
{
    struct console *console = calloc(1, sizeof(*console));

    if (!console || asprintf(&console->path, "/local/domain/%u/console", domid) < 0) {
        free(console);
        return NULL;
    }
    console->daemon = daemon;
    console->domid = domid;
    console->port = console->slave = console->log.fd = -1;
    console->tty = (struct source){.fd = -1, .ready = tty_ready};
    console->backlog.limit = BACKLOG_DEFAULT;
    return console;
}

void console_free(struct console *console)
{
    /* What a guest says last is what one wants to read. */
    take_output(console);
    disconnect(console);
    if (console->tty.fd >= 0) {
        forget_source(console->daemon, &console->tty);
        close(console->tty.fd);
    }
    if (console->slave >= 0)
        close(console->slave);
    log_close(&console->log);
    backlog_free(&console->backlog);
    free(console->path);
    free(console);
}
