/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls straight through /dev/xen/privcmd, with no library: programs that use only this run
 * unchanged, static, in any dom0 with any set of tools.
 */
#ifndef RAWCALL_H
#define RAWCALL_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <xen/sys/privcmd.h>

#define PAGE        4096UL
#define ARENA_PAGES 256

static int raw_privcmd = -1;
static char *raw_arena; /* memory that hypercalls may point to */
static size_t raw_used;

static inline void raw_die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static inline void raw_open(void)
{
    int buf = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);

    raw_privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    if (raw_privcmd < 0 || buf < 0)
        raw_die("/dev/xen");
    raw_arena = mmap(NULL, ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, buf, 0);
    if (raw_arena == MAP_FAILED)
        raw_die("hypercall buffers");
    close(buf);
}

/* Zeroed memory for hypercalls; never given back. */
static inline void *raw_alloc(size_t size)
{
    void *p = raw_arena + raw_used;

    raw_used += (size + 63) & ~63UL;
    if (raw_used > ARENA_PAGES * PAGE) {
        errno = ENOMEM;
        raw_die("arena");
    }
    memset(p, 0, size);
    return p;
}

static inline long raw_call(unsigned long op, unsigned long a, unsigned long b, unsigned long c,
                            unsigned long d)
{
    privcmd_hypercall_t call = {.op = op, .arg = {a, b, c, d, 0}};

    return ioctl(raw_privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static inline long raw_domctl(struct xen_domctl *ctl, uint32_t cmd, domid_t domid)
{
    ctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ctl->cmd = cmd;
    ctl->domain = domid;
    return raw_call(__HYPERVISOR_domctl, (unsigned long)ctl, 0, 0, 0);
}

static inline long raw_sysctl(struct xen_sysctl *ctl, uint32_t cmd)
{
    ctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    ctl->cmd = cmd;
    return raw_call(__HYPERVISOR_sysctl, (unsigned long)ctl, 0, 0, 0);
}

/* Create a paused PV domain without memory and vCPUs; returns its id. */
static inline long raw_create(struct xen_domctl *ctl)
{
    struct xen_domctl_createdomain *c = &ctl->u.createdomain;
    long rc = 0;

    memset(ctl, 0, sizeof(*ctl));
    c->max_vcpus = 1;
    c->max_evtchn_port = 1023;
    c->max_grant_frames = 4;
    c->max_maptrack_frames = 16;
    c->grant_opts = XEN_DOMCTL_GRANT_version(1);
    rc = raw_domctl(ctl, XEN_DOMCTL_createdomain, 0);
    return rc ? rc : ctl->domain;
}

static inline long raw_destroy(struct xen_domctl *ctl, domid_t domid)
{
    memset(ctl, 0, sizeof(*ctl));
    return raw_domctl(ctl, XEN_DOMCTL_destroydomain, domid);
}

#endif
