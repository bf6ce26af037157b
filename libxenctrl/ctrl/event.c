/* SPDX-License-Identifier: MIT */
/* Other domains' event channels and grant tables. */
#include "private.h"

PUBLIC xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom,
                                                         uint32_t remote_dom)
{
    struct evtchn_alloc_unbound arg = {.dom = dom, .remote_dom = remote_dom};

    if (do_command(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, &arg) < 0)
        return -1;
    return arg.port;
}

PUBLIC int xc_evtchn_reset(xc_interface *xch, uint32_t dom)
{
    struct evtchn_reset arg = {.dom = dom};

    return do_command(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_reset, &arg) < 0 ? -1 : 0;
}

PUBLIC int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
    return do_command(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_status, status) < 0 ? -1 : 0;
}

PUBLIC int xc_gnttab_op(xc_interface *xch, int cmd, void *op, int op_size, int count)
{
    struct bounce b;
    char name[64];
    int rc;

    if (!xch->xcall)
        return fail(xch, EBADF, "the handle was opened as a dummy");
    if (op_size < 0 || count < 0)
        return fail(xch, EINVAL, "%d operations of %d bytes", count, op_size);
    if (xc__bounce(xch, __func__, &b, op, count, op_size, BOUNCE_BOTH))
        return -1;
    rc = xencall3(xch->xcall, __HYPERVISOR_grant_table_op, cmd, (uintptr_t)b.buf, count);
    unbounce(xch, &b);
    if (rc < 0) {
        const char *what = xc__hypercall_name(__HYPERVISOR_grant_table_op, cmd, name);

        xc__fail(xch, errno, __func__, what, "%s failed", what);
    }
    return rc;
}

PUBLIC int xc_gnttab_query_size(xc_interface *xch, struct gnttab_query_size *query)
{
    int rc = xc_gnttab_op(xch, GNTTABOP_query_size, query, sizeof(*query), 1);

    if (!rc && query->status != GNTST_okay)
        rc = fail(xch, EINVAL, "domain %u: grant status %d", query->dom, query->status);
    return rc;
}

PUBLIC int xc_gnttab_get_version(xc_interface *xch, uint32_t domid)
{
    struct gnttab_get_version arg = {.dom = domid};
    int rc = xc_gnttab_op(xch, GNTTABOP_get_version, &arg, sizeof(arg), 1);

    return rc < 0 ? rc : (int)arg.version;
}

/* Maps all of a domain's grant table, read-only; *frames says how many pages that is. */
static void *map_table(xc_interface *xch, const char *operation, uint32_t domid, uint32_t *frames)
{
    struct gnttab_query_size query = {.dom = domid};
    struct gnttab_setup_table setup = {.dom = domid};
    xen_pfn_t *list = NULL;
    struct bounce b = {0};
    void *table = NULL;

    if (xc_gnttab_query_size(xch, &query))
        return NULL;
    list = calloc(query.nr_frames, sizeof(*list));
    if (!list || !query.nr_frames) {
        xc__fail(xch, list ? EINVAL : ENOMEM, operation, NULL, "a table of %u frames",
                 query.nr_frames);
        goto out;
    }
    if (xc__bounce(xch, operation, &b, list, query.nr_frames, sizeof(*list), BOUNCE_OUT))
        goto out;
    setup.nr_frames = query.nr_frames;
    set_xen_guest_handle_raw(setup.frame_list, b.buf);
    if (xc_gnttab_op(xch, GNTTABOP_setup_table, &setup, sizeof(setup), 1))
        goto out;
    xc__unbounce(xch, &b);
    if (setup.status != GNTST_okay)
        xc__fail(xch, EINVAL, operation, NULL, "domain %u: grant status %d", domid, setup.status);
    else
        table = xenforeignmemory_map(xch->fmem, domid, PROT_READ, query.nr_frames, list, NULL);
    *frames = query.nr_frames;
out:
    xc__unbounce(xch, &b);
    free(list);
    return table;
}

PUBLIC grant_entry_v1_t *xc_gnttab_map_table_v1(xc_interface *xch, uint32_t domid, int *gnt_num)
{
    uint32_t frames = 0;
    grant_entry_v1_t *table = NULL;

    if (xc_gnttab_get_version(xch, domid) == 2)
        fail(xch, EINVAL, "domain %u has a version 2 table", domid);
    else
        table = map_table(xch, __func__, domid, &frames);
    if (table)
        *gnt_num = frames * (XC_PAGE_SIZE / sizeof(*table));
    return table;
}

PUBLIC grant_entry_v2_t *xc_gnttab_map_table_v2(xc_interface *xch, uint32_t domid, int *gnt_num)
{
    uint32_t frames = 0;
    grant_entry_v2_t *table = NULL;

    if (xc_gnttab_get_version(xch, domid) != 2)
        fail(xch, EINVAL, "domain %u has no version 2 table", domid);
    else
        table = map_table(xch, __func__, domid, &frames);
    if (table)
        *gnt_num = frames * (XC_PAGE_SIZE / sizeof(*table));
    return table;
}
