/* SPDX-License-Identifier: MIT */
/*
 * What libxenctrl's files share.
 *
 * Every function that makes a hypercall does it through one of the xc__*() calls below, which
 * copy the arguments to and from memory that the hypervisor may touch and, on failure, leave the
 * error chain.  The macros without underscores pass the caller's name on.
 */
#ifndef XENCTRL_PRIVATE_H
#define XENCTRL_PRIVATE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xencall.h>
#include <xenforeignmemory.h>
#include <xendevicemodel.h>
#include <xen/hvm/hvm_op.h>
#include "xenerror.h"

#define PUBLIC __attribute__((visibility("default")))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

struct xc_interface_core {
    unsigned flags;
    xentoollog_logger *logger, *logger_owned;
    xentoollog_logger *dombuild_logger, *dombuild_logger_owned;
    xencall_handle *xcall;
    xenforeignmemory_handle *fmem;
    xendevicemodel_handle *dmod;
    atomic_int max_cpus, max_nodes; /* 0 until asked for; neither changes while a host is up */
};

/*
 * Reports a failure: error chain, xc_get_last_error(), a debug message.
 * hypercall is NULL when none was made.  Returns -1 with errno.
 */
int xc__fail(xc_interface *xch, int errnum, const char *operation, const char *hypercall,
             const char *fmt, ...) __attribute__((format(printf, 5, 6)));

#define fail(xch, errnum, ...) xc__fail(xch, errnum, __func__, NULL, __VA_ARGS__)

/* "domctl createdomain" and the like, in buf if there is no constant name. */
const char *xc__hypercall_name(unsigned int hypercall, unsigned int cmd, char buf[64]);

/* The domctl and sysctl versions that the hypervisor behind this handle speaks. */
uint32_t xc__domctl_version(xc_interface *xch);
uint32_t xc__sysctl_version(xc_interface *xch);

/* A copy of caller's memory that the hypervisor may touch. */
enum bounce_dir { BOUNCE_IN = 1, BOUNCE_OUT = 2, BOUNCE_BOTH = 3 };

struct bounce {
    void *user;
    void *buf; /* what to put into a guest handle */
    size_t size;
    enum bounce_dir dir;
};

/*
 * Makes the copy.  Without memory of the caller (user NULL or nothing in it) buf is NULL, which
 * is how hypercalls are told that there is no array.  Returns 0, or -1 with errno.
 */
int xc__bounce(xc_interface *xch, const char *operation, struct bounce *b, const void *user,
               size_t count, size_t element, enum bounce_dir dir);
/* Copies back what comes back, and frees.  A zeroed bounce is fine.  errno stays. */
void xc__unbounce(xc_interface *xch, struct bounce *b);

#define bounce(xch, b, user, count, dir)                                                           \
    xc__bounce(xch, __func__, b, user, count, sizeof(*(user)), dir)
#define bounce_bytes(xch, b, user, bytes, dir) xc__bounce(xch, __func__, b, user, bytes, 1, dir)
#define unbounce(xch, b)                       xc__unbounce(xch, b)

/* Hypercalls with one structure: domctl, sysctl, platform_op, xsm_op, mca. */
int xc__domctl(xc_interface *xch, const char *operation, struct xen_domctl *domctl);
int xc__sysctl(xc_interface *xch, const char *operation, struct xen_sysctl *sysctl);
int xc__platform_op(xc_interface *xch, const char *operation, struct xen_platform_op *op);

#define do_domctl(xch, op)      xc__domctl(xch, __func__, op)
#define do_sysctl(xch, op)      xc__sysctl(xch, __func__, op)
#define do_platform_op(xch, op) xc__platform_op(xch, __func__, op)

/* Hypercalls with a command and a structure that is read and written; its result is returned. */
long xc__command(xc_interface *xch, const char *operation, unsigned int hypercall, unsigned int cmd,
                 void *arg, size_t size);

#define do_command(xch, hypercall, cmd, arg)                                                       \
    xc__command(xch, __func__, hypercall, cmd, arg, sizeof(*(arg)))
#define do_memory_op(xch, cmd, arg) do_command(xch, __HYPERVISOR_memory_op, cmd, arg)
#define do_hvm_op(xch, cmd, arg)    do_command(xch, __HYPERVISOR_hvm_op, cmd, arg)

/* A domctl of which only the command and the domain are set so far. */
static inline struct xen_domctl domctl_for(uint32_t cmd, uint32_t domid)
{
    struct xen_domctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    op.domain = domid;
    return op;
}

static inline struct xen_sysctl sysctl_for(uint32_t cmd)
{
    struct xen_sysctl op;

    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    return op;
}

#endif
