/* SPDX-License-Identifier: MIT */
/* The security module FLASK. */
#include <stdio.h>
#include "private.h"

/* Kinds of labelled things, numbered as in a compiled policy (libsepol's OCON_XEN_*). */
enum { OCON_PIRQ = 1, OCON_IOPORT = 2, OCON_IOMEM = 3, OCON_DEVICE = 4 };

static xen_flask_op_t flask_for(uint32_t cmd)
{
    xen_flask_op_t op;

    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    return op;
}

static int call(xc_interface *xch, const char *operation, xen_flask_op_t *op)
{
    struct bounce b;
    char name[64];
    int rc;

    if (!xch->xcall)
        return xc__fail(xch, EBADF, operation, NULL, "the handle was opened as a dummy");
    op->interface_version = XEN_FLASK_INTERFACE_VERSION;
    if (xc__bounce(xch, operation, &b, op, 1, sizeof(*op), BOUNCE_BOTH))
        return -1;
    rc = xencall1(xch->xcall, __HYPERVISOR_xsm_op, (uintptr_t)b.buf);
    xc__unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(__HYPERVISOR_xsm_op, op->cmd, name);

        xc__fail(xch, errno, operation, what, "%s failed", what);
        if (errno == ENOSYS)
            xenerr_field(XENERR_HINT, "this hypervisor runs without the security module");
    }
    return rc;
}

PUBLIC int xc_flask_op(xc_interface *xch, xen_flask_op_t *op)
{
    return call(xch, __func__, op);
}

PUBLIC int xc_flask_load(xc_interface *xch, char *buf, uint32_t size)
{
    xen_flask_op_t op = flask_for(FLASK_LOAD);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, buf, size, BOUNCE_IN))
        return -1;
    op.u.load.size = size;
    set_xen_guest_handle_raw(op.u.load.buffer, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size, uint32_t *sid)
{
    xen_flask_op_t op = flask_for(FLASK_CONTEXT_TO_SID);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, buf, size, BOUNCE_IN))
        return -1;
    op.u.sid_context.size = size;
    set_xen_guest_handle_raw(op.u.sid_context.context, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    if (!rc)
        *sid = op.u.sid_context.sid;
    return rc;
}

PUBLIC int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buf, uint32_t size)
{
    xen_flask_op_t op = flask_for(FLASK_SID_TO_CONTEXT);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, buf, size, BOUNCE_OUT))
        return -1;
    op.u.sid_context.sid = sid;
    op.u.sid_context.size = size;
    set_xen_guest_handle_raw(op.u.sid_context.context, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    return rc;
}

PUBLIC int xc_flask_getenforce(xc_interface *xch)
{
    xen_flask_op_t op = flask_for(FLASK_GETENFORCE);

    return call(xch, __func__, &op);
}

PUBLIC int xc_flask_setenforce(xc_interface *xch, int mode)
{
    xen_flask_op_t op = flask_for(FLASK_SETENFORCE);

    op.u.enforce.enforcing = !!mode;
    return call(xch, __func__, &op);
}

PUBLIC int xc_flask_getbool_byid(xc_interface *xch, int id, char *name, uint32_t size, int *curr,
                                 int *pend)
{
    xen_flask_op_t op = flask_for(FLASK_GETBOOL);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, name, size, BOUNCE_OUT))
        return -1;
    op.u.boolean.bool_id = id;
    op.u.boolean.size = name ? size : 0;
    set_xen_guest_handle_raw(op.u.boolean.name, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    if (rc)
        return -1;
    if (curr)
        *curr = op.u.boolean.enforcing;
    if (pend)
        *pend = op.u.boolean.pending;
    return 0;
}

PUBLIC int xc_flask_getbool_byname(xc_interface *xch, char *name, int *curr, int *pend)
{
    xen_flask_op_t op = flask_for(FLASK_GETBOOL);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, name, strlen(name), BOUNCE_IN))
        return -1;
    op.u.boolean.bool_id = ~0u; /* the name says it */
    op.u.boolean.size = b.size;
    set_xen_guest_handle_raw(op.u.boolean.name, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    if (rc)
        return -1;
    if (curr)
        *curr = op.u.boolean.enforcing;
    if (pend)
        *pend = op.u.boolean.pending;
    return 0;
}

PUBLIC int xc_flask_setbool(xc_interface *xch, char *name, int value, int commit)
{
    xen_flask_op_t op = flask_for(FLASK_SETBOOL);
    struct bounce b;
    int rc;

    if (bounce_bytes(xch, &b, name, strlen(name), BOUNCE_IN))
        return -1;
    op.u.boolean.bool_id = ~0u;
    op.u.boolean.new_value = !!value;
    op.u.boolean.commit = !!commit;
    op.u.boolean.size = b.size;
    set_xen_guest_handle_raw(op.u.boolean.name, b.buf);
    rc = call(xch, __func__, &op);
    unbounce(xch, &b);
    return rc;
}

static int add_label(xc_interface *xch, const char *operation, uint32_t kind, uint64_t low,
                     uint64_t high, char *scontext)
{
    xen_flask_op_t op = flask_for(FLASK_ADD_OCONTEXT);
    uint32_t sid = 0;

    if (xc_flask_context_to_sid(xch, scontext, strlen(scontext), &sid))
        return -1;
    op.u.ocontext.ocon = kind;
    op.u.ocontext.sid = sid;
    op.u.ocontext.low = low;
    op.u.ocontext.high = high;
    return call(xch, operation, &op);
}

PUBLIC int xc_flask_add_pirq(xc_interface *xch, unsigned int pirq, char *scontext)
{
    return add_label(xch, __func__, OCON_PIRQ, pirq, pirq, scontext);
}

PUBLIC int xc_flask_add_ioport(xc_interface *xch, unsigned long low, unsigned long high,
                               char *scontext)
{
    return add_label(xch, __func__, OCON_IOPORT, low, high, scontext);
}

PUBLIC int xc_flask_add_iomem(xc_interface *xch, unsigned long low, unsigned long high,
                              char *scontext)
{
    return add_label(xch, __func__, OCON_IOMEM, low, high, scontext);
}

PUBLIC int xc_flask_add_device(xc_interface *xch, unsigned long device, char *scontext)
{
    return add_label(xch, __func__, OCON_DEVICE, device, device, scontext);
}

static int del_label(xc_interface *xch, const char *operation, uint32_t kind, uint64_t low,
                     uint64_t high)
{
    xen_flask_op_t op = flask_for(FLASK_DEL_OCONTEXT);

    op.u.ocontext.ocon = kind;
    op.u.ocontext.low = low;
    op.u.ocontext.high = high;
    return call(xch, operation, &op);
}

PUBLIC int xc_flask_del_pirq(xc_interface *xch, unsigned int pirq)
{
    return del_label(xch, __func__, OCON_PIRQ, pirq, pirq);
}

PUBLIC int xc_flask_del_ioport(xc_interface *xch, unsigned long low, unsigned long high)
{
    return del_label(xch, __func__, OCON_IOPORT, low, high);
}

PUBLIC int xc_flask_del_iomem(xc_interface *xch, unsigned long low, unsigned long high)
{
    return del_label(xch, __func__, OCON_IOMEM, low, high);
}

PUBLIC int xc_flask_del_device(xc_interface *xch, unsigned long device)
{
    return del_label(xch, __func__, OCON_DEVICE, device, device);
}

static void store(uint32_t *to, uint32_t value)
{
    if (to)
        *to = value;
}

PUBLIC int xc_flask_access(xc_interface *xch, const char *scon, const char *tcon, uint16_t tclass,
                           uint32_t req, uint32_t *allowed, uint32_t *decided, uint32_t *auditallow,
                           uint32_t *auditdeny, uint32_t *seqno)
{
    xen_flask_op_t op = flask_for(FLASK_ACCESS);
    uint32_t ssid = 0, tsid = 0;

    if (xc_flask_context_to_sid(xch, (char *)scon, strlen(scon), &ssid) ||
        xc_flask_context_to_sid(xch, (char *)tcon, strlen(tcon), &tsid))
        return -1;
    op.u.access.ssid = ssid;
    op.u.access.tsid = tsid;
    op.u.access.tclass = tclass;
    op.u.access.req = req;
    if (call(xch, __func__, &op))
        return -1;
    store(allowed, op.u.access.allowed);
    store(decided, ~0u);
    store(auditallow, op.u.access.audit_allow);
    store(auditdeny, op.u.access.audit_deny);
    store(seqno, op.u.access.seqno);
    if ((op.u.access.allowed & req) != req)
        return fail(xch, EACCES, "%s may not %#x", scon, req & ~op.u.access.allowed);
    return 0;
}

PUBLIC int xc_flask_avc_hashstats(xc_interface *xch, char *buf, int size)
{
    xen_flask_op_t op = flask_for(FLASK_AVC_HASHSTATS);
    int length;

    if (call(xch, __func__, &op))
        return -1;
    length = snprintf(buf, size, "entries: %u\nbuckets used: %u/%u\nlongest chain: %u\n",
                      op.u.hash_stats.entries, op.u.hash_stats.buckets_used,
                      op.u.hash_stats.buckets_total, op.u.hash_stats.max_chain_len);
    return length < size ? 0 : fail(xch, ENOBUFS, "%d bytes are not enough", size);
}

PUBLIC int xc_flask_avc_cachestats(xc_interface *xch, char *buf, int size)
{
    int used, cpu, more = 0;

    used = snprintf(buf, size, "lookups hits misses allocations reclaims frees\n");
    for (cpu = 0; used < size && !more; cpu++) {
        xen_flask_op_t op = flask_for(FLASK_AVC_CACHESTATS);

        op.u.cache_stats.cpu = cpu;
        more = call(xch, __func__, &op);
        if (!more)
            used += snprintf(buf + used, size - used, "%u %u %u %u %u %u\n",
                             op.u.cache_stats.lookups, op.u.cache_stats.hits,
                             op.u.cache_stats.misses, op.u.cache_stats.allocations,
                             op.u.cache_stats.reclaims, op.u.cache_stats.frees);
    }
    if (used >= size)
        return fail(xch, ENOBUFS, "%d bytes are not enough", size);
    /* ENOENT after the last CPU. */
    return errno == ENOENT && cpu > 1 ? 0 : -1;
}

PUBLIC int xc_flask_policyvers(xc_interface *xch)
{
    xen_flask_op_t op = flask_for(FLASK_POLICYVERS);

    return call(xch, __func__, &op);
}

PUBLIC int xc_flask_getavc_threshold(xc_interface *xch)
{
    xen_flask_op_t op = flask_for(FLASK_GETAVC_THRESHOLD);

    return call(xch, __func__, &op);
}

PUBLIC int xc_flask_setavc_threshold(xc_interface *xch, int threshold)
{
    xen_flask_op_t op = flask_for(FLASK_SETAVC_THRESHOLD);

    op.u.setavc_threshold.threshold = threshold;
    return call(xch, __func__, &op);
}

PUBLIC int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid, uint32_t sid)
{
    xen_flask_op_t op = flask_for(FLASK_RELABEL_DOMAIN);

    op.u.relabel.domid = domid;
    op.u.relabel.sid = sid;
    return call(xch, __func__, &op);
}
