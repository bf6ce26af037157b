/* SPDX-License-Identifier: MIT */
/* Making hypercalls with structures, and what happens when they fail. */
#include "private.h"

/*
 * Both interfaces have carried number 0x15 since Xen 4.17.  A hypervisor that speaks another
 * number answers EACCES; layouts differ between numbers, so finding the right one out belongs
 * here, and translating to it into each caller.
 */
uint32_t xc__domctl_version(xc_interface *xch)
{
    return XEN_DOMCTL_INTERFACE_VERSION;
}

uint32_t xc__sysctl_version(xc_interface *xch)
{
    return XEN_SYSCTL_INTERFACE_VERSION;
}

int xc__bounce(xc_interface *xch, const char *operation, struct bounce *b, const void *user,
               size_t count, size_t element, enum bounce_dir dir)
{
    memset(b, 0, sizeof(*b));
    b->dir = dir;
    b->user = (void *)user;
    if (__builtin_mul_overflow(count, element, &b->size))
        return xc__fail(xch, EINVAL, operation, NULL, "%zu elements are too many", count);
    if (!user || !b->size)
        return 0;
    b->buf = xencall_alloc_buffer(xch->xcall, b->size);
    if (!b->buf)
        return xc__fail(xch, errno, operation, NULL, "no memory for a hypercall's %zu bytes",
                        b->size);
    if (dir & BOUNCE_IN)
        memcpy(b->buf, user, b->size);
    else
        memset(b->buf, 0, b->size); /* what the hypervisor leaves alone must not be old data */
    return 0;
}

void xc__unbounce(xc_interface *xch, struct bounce *b)
{
    int saved = errno;

    if (b->buf) {
        if (b->dir & BOUNCE_OUT)
            memcpy(b->user, b->buf, b->size);
        xencall_free_buffer(xch->xcall, b->buf);
    }
    b->buf = NULL;
    errno = saved;
}

/* Locked memory may be away for a moment (xencall_buffers_never_fault()). */
#define MAX_FAULTS 3

static long call_with_struct(xc_interface *xch, unsigned int hypercall, int has_cmd,
                             unsigned int cmd, uint64_t arg)
{
    int faults = 0;
    long rc;

    do {
        rc = has_cmd ? xencall2L(xch->xcall, hypercall, cmd, arg)
                     : xencall1(xch->xcall, hypercall, arg);
    } while (rc < 0 && errno == EFAULT && faults++ < MAX_FAULTS &&
             !xencall_buffers_never_fault(xch->xcall));
    return rc;
}

static int no_hypervisor(xc_interface *xch, const char *operation)
{
    return xc__fail(xch, EBADF, operation, NULL, "the handle was opened as a dummy");
}

long xc__command(xc_interface *xch, const char *operation, unsigned int hypercall, unsigned int cmd,
                 void *arg, size_t size)
{
    char name[64];
    struct bounce b;
    long rc;

    if (!xch->xcall)
        return no_hypervisor(xch, operation);
    if (xc__bounce(xch, operation, &b, arg, size, 1, BOUNCE_BOTH))
        return -1;
    rc = call_with_struct(xch, hypercall, 1, cmd, (uintptr_t)b.buf);
    xc__unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(hypercall, cmd, name);

        xc__fail(xch, errno, operation, what, "%s failed", what);
    }
    return rc;
}

/* EACCES of these two means a version mismatch unless a security policy is in force. */
static void explain_control_error(uint32_t version)
{
    if (errno == EACCES)
        xenerr_field(XENERR_HINT,
                     "the hypervisor does not speak interface version %#x (Xen 4.17's), or its "
                     "security policy forbids this",
                     version);
    else if (errno == EPERM)
        xenerr_field(XENERR_HINT, "only a privileged domain may do this");
}

int xc__domctl(xc_interface *xch, const char *operation, struct xen_domctl *domctl)
{
    uint32_t cmd = domctl->cmd, domid = domctl->domain;
    char name[64];
    struct bounce b;
    int rc;

    if (!xch->xcall)
        return no_hypervisor(xch, operation);
    domctl->interface_version = xc__domctl_version(xch);
    if (xc__bounce(xch, operation, &b, domctl, 1, sizeof(*domctl), BOUNCE_BOTH))
        return -1;
    rc = call_with_struct(xch, __HYPERVISOR_domctl, 0, 0, (uintptr_t)b.buf);
    xc__unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(__HYPERVISOR_domctl, cmd, name);

        if (cmd == XEN_DOMCTL_createdomain && domid == 0)
            xc__fail(xch, errno, operation, what, "%s failed", what);
        else
            xc__fail(xch, errno, operation, what, "%s failed for domain %u", what, domid);
        explain_control_error(domctl->interface_version);
    }
    return rc;
}

int xc__sysctl(xc_interface *xch, const char *operation, struct xen_sysctl *sysctl)
{
    uint32_t cmd = sysctl->cmd;
    char name[64];
    struct bounce b;
    int rc;

    if (!xch->xcall)
        return no_hypervisor(xch, operation);
    sysctl->interface_version = xc__sysctl_version(xch);
    if (xc__bounce(xch, operation, &b, sysctl, 1, sizeof(*sysctl), BOUNCE_BOTH))
        return -1;
    rc = call_with_struct(xch, __HYPERVISOR_sysctl, 0, 0, (uintptr_t)b.buf);
    xc__unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(__HYPERVISOR_sysctl, cmd, name);

        xc__fail(xch, errno, operation, what, "%s failed", what);
        explain_control_error(sysctl->interface_version);
    }
    return rc;
}

int xc__platform_op(xc_interface *xch, const char *operation, struct xen_platform_op *op)
{
    char name[64];
    struct bounce b;
    int rc;

    if (!xch->xcall)
        return no_hypervisor(xch, operation);
    op->interface_version = XENPF_INTERFACE_VERSION;
    if (xc__bounce(xch, operation, &b, op, 1, sizeof(*op), BOUNCE_BOTH))
        return -1;
    rc = call_with_struct(xch, __HYPERVISOR_platform_op, 0, 0, (uintptr_t)b.buf);
    xc__unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(__HYPERVISOR_platform_op, op->cmd, name);

        xc__fail(xch, errno, operation, what, "%s failed", what);
    }
    return rc;
}

PUBLIC int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
    return do_domctl(xch, domctl);
}

PUBLIC int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
    return do_sysctl(xch, sysctl);
}

PUBLIC long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
    return xc__command(xch, __func__, __HYPERVISOR_memory_op, cmd, arg, len);
}
