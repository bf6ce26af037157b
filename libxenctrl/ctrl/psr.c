/* SPDX-License-Identifier: MIT */
/* Monitoring and allocation of caches and memory bandwidth. */
#include "private.h"

static int domain_op(xc_interface *xch, const char *operation, uint32_t domid, uint32_t cmd,
                     uint32_t *data)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_psr_cmt_op, domid);

    op.u.psr_cmt_op.cmd = cmd;
    if (xc__domctl(xch, operation, &op))
        return -1;
    if (data)
        *data = op.u.psr_cmt_op.data;
    return 0;
}

PUBLIC int xc_psr_cmt_attach(xc_interface *xch, uint32_t domid)
{
    return domain_op(xch, __func__, domid, XEN_DOMCTL_PSR_CMT_OP_ATTACH, NULL);
}

PUBLIC int xc_psr_cmt_detach(xc_interface *xch, uint32_t domid)
{
    return domain_op(xch, __func__, domid, XEN_DOMCTL_PSR_CMT_OP_DETACH, NULL);
}

PUBLIC int xc_psr_cmt_get_domain_rmid(xc_interface *xch, uint32_t domid, uint32_t *rmid)
{
    return domain_op(xch, __func__, domid, XEN_DOMCTL_PSR_CMT_OP_QUERY_RMID, rmid);
}

static int host_op(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t cpu,
                   uint64_t *data)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_psr_cmt_op);

    op.u.psr_cmt_op.cmd = cmd;
    op.u.psr_cmt_op.u.l3_cache.cpu = cpu;
    if (xc__sysctl(xch, operation, &op))
        return -1;
    *data = op.u.psr_cmt_op.u.data;
    return 0;
}

static int host_value(xc_interface *xch, const char *operation, uint32_t cmd, uint32_t cpu,
                      uint32_t *value)
{
    uint64_t data = 0;

    if (host_op(xch, operation, cmd, cpu, &data))
        return -1;
    *value = data;
    return 0;
}

PUBLIC int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *total_rmid)
{
    return host_value(xch, __func__, XEN_SYSCTL_PSR_CMT_get_total_rmid, 0, total_rmid);
}

PUBLIC int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch, uint32_t *upscaling_factor)
{
    return host_value(xch, __func__, XEN_SYSCTL_PSR_CMT_get_l3_upscaling_factor, 0,
                      upscaling_factor);
}

PUBLIC int xc_psr_cmt_get_l3_event_mask(xc_interface *xch, uint32_t *event_mask)
{
    return host_value(xch, __func__, XEN_SYSCTL_PSR_CMT_get_l3_event_mask, 0, event_mask);
}

PUBLIC int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu, uint32_t *l3_cache_size)
{
    return host_value(xch, __func__, XEN_SYSCTL_PSR_CMT_get_l3_cache_size, cpu, l3_cache_size);
}

PUBLIC int xc_psr_cmt_enabled(xc_interface *xch)
{
    uint64_t data = 0;

    return host_op(xch, __func__, XEN_SYSCTL_PSR_CMT_enabled, 0, &data) ? -1 : !!data;
}

/* Intel SDM volume 3, 18.18: write the selector, read the counter. */
#define MSR_IA32_TSC       0x10
#define MSR_IA32_QM_EVTSEL 0xc8d
#define MSR_IA32_QM_CTR    0xc8e
#define QM_CTR_UNAVAILABLE (3ull << 62) /* "error" and "no data" */

PUBLIC int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu, xc_psr_cmt_type type,
                               uint64_t *monitor_data, uint64_t *tsc)
{
    static const uint32_t events[] = {[XC_PSR_CMT_L3_OCCUPANCY] = 1,
                                      [XC_PSR_CMT_TOTAL_MEM_COUNT] = 2,
                                      [XC_PSR_CMT_LOCAL_MEM_COUNT] = 3};
    xc_resource_entry_t entries[3];
    xc_resource_op_t op = {.cpu = cpu, .nr_entries = tsc ? 3 : 2, .entries = entries};

    if ((unsigned)type >= ARRAY_SIZE(events))
        return fail(xch, EINVAL, "no counter %d", type);
    memset(entries, 0, sizeof(entries));
    entries[0].u.cmd = XEN_RESOURCE_OP_MSR_WRITE;
    entries[0].idx = MSR_IA32_QM_EVTSEL;
    entries[0].val = (uint64_t)rmid << 32 | events[type];
    entries[1].u.cmd = XEN_RESOURCE_OP_MSR_READ;
    entries[1].idx = MSR_IA32_QM_CTR;
    entries[2].u.cmd = XEN_RESOURCE_OP_MSR_READ;
    entries[2].idx = MSR_IA32_TSC;
    if (xc_resource_op(xch, 1, &op) < 0)
        return -1;
    if (op.result != op.nr_entries || (entries[1].val & QM_CTR_UNAVAILABLE))
        return fail(xch, ENODATA, "CPU %u has no value for id %u now", cpu, rmid);
    *monitor_data = entries[1].val;
    if (tsc)
        *tsc = entries[2].val;
    return 0;
}

static const struct {
    uint32_t set, get;
} commands[] = {
    [XC_PSR_CAT_L3_CBM] = {XEN_DOMCTL_PSR_SET_L3_CBM, XEN_DOMCTL_PSR_GET_L3_CBM},
    [XC_PSR_CAT_L3_CBM_CODE] = {XEN_DOMCTL_PSR_SET_L3_CODE, XEN_DOMCTL_PSR_GET_L3_CODE},
    [XC_PSR_CAT_L3_CBM_DATA] = {XEN_DOMCTL_PSR_SET_L3_DATA, XEN_DOMCTL_PSR_GET_L3_DATA},
    [XC_PSR_CAT_L2_CBM] = {XEN_DOMCTL_PSR_SET_L2_CBM, XEN_DOMCTL_PSR_GET_L2_CBM},
    [XC_PSR_MBA_THRTL] = {XEN_DOMCTL_PSR_SET_MBA_THRTL, XEN_DOMCTL_PSR_GET_MBA_THRTL},
};

PUBLIC int xc_psr_set_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type,
                                  uint32_t target, uint64_t data)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_psr_alloc, domid);

    if (type < XC_PSR_CAT_L3_CBM || (unsigned)type >= ARRAY_SIZE(commands))
        return fail(xch, EINVAL, "no resource %d", type);
    op.u.psr_alloc.cmd = commands[type].set;
    op.u.psr_alloc.target = target;
    op.u.psr_alloc.data = data;
    return do_domctl(xch, &op);
}

PUBLIC int xc_psr_get_domain_data(xc_interface *xch, uint32_t domid, xc_psr_type type,
                                  uint32_t target, uint64_t *data)
{
    struct xen_domctl op = domctl_for(XEN_DOMCTL_psr_alloc, domid);

    if (type < XC_PSR_CAT_L3_CBM || (unsigned)type >= ARRAY_SIZE(commands))
        return fail(xch, EINVAL, "no resource %d", type);
    op.u.psr_alloc.cmd = commands[type].get;
    op.u.psr_alloc.target = target;
    if (do_domctl(xch, &op))
        return -1;
    *data = op.u.psr_alloc.data;
    return 0;
}

PUBLIC int xc_psr_get_hw_info(xc_interface *xch, uint32_t socket, xc_psr_feat_type type,
                              xc_psr_hw_info *hw_info)
{
    static const uint32_t queries[] = {[XC_PSR_CAT_L3] = XEN_SYSCTL_PSR_get_l3_info,
                                       [XC_PSR_CAT_L2] = XEN_SYSCTL_PSR_get_l2_info,
                                       [XC_PSR_MBA] = XEN_SYSCTL_PSR_get_mba_info};
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_psr_alloc);

    if (!hw_info || (unsigned)type >= ARRAY_SIZE(queries))
        return fail(xch, EINVAL, "no ability %d", type);
    op.u.psr_alloc.cmd = queries[type];
    op.u.psr_alloc.target = socket;
    if (do_sysctl(xch, &op))
        return -1;
    if (type == XC_PSR_MBA) {
        hw_info->mba.cos_max = op.u.psr_alloc.u.mba_info.cos_max;
        hw_info->mba.thrtl_max = op.u.psr_alloc.u.mba_info.thrtl_max;
        hw_info->mba.linear = op.u.psr_alloc.u.mba_info.flags & XEN_SYSCTL_PSR_MBA_LINEAR;
    } else {
        hw_info->cat.cos_max = op.u.psr_alloc.u.cat_info.cos_max;
        hw_info->cat.cbm_len = op.u.psr_alloc.u.cat_info.cbm_len;
        hw_info->cat.cdp_enabled =
            type == XC_PSR_CAT_L3 && (op.u.psr_alloc.u.cat_info.flags & XEN_SYSCTL_PSR_CAT_L3_CDP);
    }
    return 0;
}
