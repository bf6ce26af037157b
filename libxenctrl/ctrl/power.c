/* SPDX-License-Identifier: MIT */
/* Power states and frequencies of the host's CPUs; bringing CPUs on- and offline. */
#include "private.h"

static struct xen_sysctl stat_op(uint32_t type, int cpuid)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_get_pmstat);

    op.u.get_pmstat.type = type;
    op.u.get_pmstat.cpuid = cpuid;
    return op;
}

PUBLIC int xc_pm_get_max_px(xc_interface *xch, int cpuid, int *max_px)
{
    struct xen_sysctl op = stat_op(PMSTAT_get_max_px, cpuid);

    if (do_sysctl(xch, &op))
        return -1;
    *max_px = op.u.get_pmstat.u.getpx.total;
    return 0;
}

PUBLIC int xc_pm_get_pxstat(xc_interface *xch, int cpuid, struct xc_px_stat *pxpt)
{
    struct xen_sysctl op = stat_op(PMSTAT_get_pxstat, cpuid);
    struct bounce transitions = {0}, states = {0};
    int max_px = 0, rc = -1;

    if (!pxpt->trans_pt || !pxpt->pt)
        return fail(xch, EINVAL, "no arrays");
    if (xc_pm_get_max_px(xch, cpuid, &max_px))
        return -1;
    if (!bounce(xch, &transitions, pxpt->trans_pt, (size_t)max_px * max_px, BOUNCE_BOTH) &&
        !bounce(xch, &states, pxpt->pt, max_px, BOUNCE_BOTH)) {
        op.u.get_pmstat.u.getpx.total = max_px;
        set_xen_guest_handle_raw(op.u.get_pmstat.u.getpx.trans_pt, transitions.buf);
        set_xen_guest_handle_raw(op.u.get_pmstat.u.getpx.pt, states.buf);
        rc = do_sysctl(xch, &op);
    }
    unbounce(xch, &states);
    unbounce(xch, &transitions);
    if (!rc) {
        pxpt->total = op.u.get_pmstat.u.getpx.total;
        pxpt->usable = op.u.get_pmstat.u.getpx.usable;
        pxpt->last = op.u.get_pmstat.u.getpx.last;
        pxpt->cur = op.u.get_pmstat.u.getpx.cur;
    }
    return rc;
}

PUBLIC int xc_pm_reset_pxstat(xc_interface *xch, int cpuid)
{
    struct xen_sysctl op = stat_op(PMSTAT_reset_pxstat, cpuid);

    return do_sysctl(xch, &op);
}

PUBLIC int xc_pm_get_max_cx(xc_interface *xch, int cpuid, int *max_cx)
{
    struct xen_sysctl op = stat_op(PMSTAT_get_max_cx, cpuid);

    if (do_sysctl(xch, &op))
        return -1;
    *max_cx = op.u.get_pmstat.u.getcx.nr;
    return 0;
}

PUBLIC int xc_pm_get_cxstat(xc_interface *xch, int cpuid, struct xc_cx_stat *cxpt)
{
    struct xen_sysctl op = stat_op(PMSTAT_get_cxstat, cpuid);
    struct pm_cx_stat *cx = &op.u.get_pmstat.u.getcx;
    struct bounce triggers = {0}, residencies = {0}, pc = {0}, cc = {0};
    int rc = -1;

    if (!bounce(xch, &triggers, cxpt->triggers, cxpt->nr, BOUNCE_BOTH) &&
        !bounce(xch, &residencies, cxpt->residencies, cxpt->nr, BOUNCE_BOTH) &&
        !bounce(xch, &pc, cxpt->pc, cxpt->nr_pc, BOUNCE_BOTH) &&
        !bounce(xch, &cc, cxpt->cc, cxpt->nr_cc, BOUNCE_BOTH)) {
        cx->nr = cxpt->nr;
        cx->nr_pc = cxpt->nr_pc;
        cx->nr_cc = cxpt->nr_cc;
        set_xen_guest_handle_raw(cx->triggers, triggers.buf);
        set_xen_guest_handle_raw(cx->residencies, residencies.buf);
        set_xen_guest_handle_raw(cx->pc, pc.buf);
        set_xen_guest_handle_raw(cx->cc, cc.buf);
        rc = do_sysctl(xch, &op);
    }
    unbounce(xch, &cc);
    unbounce(xch, &pc);
    unbounce(xch, &residencies);
    unbounce(xch, &triggers);
    if (!rc) {
        cxpt->nr = cx->nr;
        cxpt->last = cx->last;
        cxpt->idle_time = cx->idle_time;
        cxpt->nr_pc = cx->nr_pc;
        cxpt->nr_cc = cx->nr_cc;
    }
    return rc;
}

PUBLIC int xc_pm_reset_cxstat(xc_interface *xch, int cpuid)
{
    struct xen_sysctl op = stat_op(PMSTAT_reset_cxstat, cpuid);

    return do_sysctl(xch, &op);
}

static struct xen_sysctl pm_op(uint32_t cmd, uint32_t cpuid)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_pm_op);

    op.u.pm_op.cmd = cmd;
    op.u.pm_op.cpuid = cpuid;
    return op;
}

static void copy_cpufreq(struct xc_get_cpufreq_para *to, const struct xen_get_cpufreq_para *from)
{
    to->cpuinfo_cur_freq = from->cpuinfo_cur_freq;
    to->cpuinfo_max_freq = from->cpuinfo_max_freq;
    to->cpuinfo_min_freq = from->cpuinfo_min_freq;
    to->scaling_cur_freq = from->scaling_cur_freq;
    to->scaling_max_freq = from->scaling_max_freq;
    to->scaling_min_freq = from->scaling_min_freq;
    to->turbo_enabled = from->turbo_enabled;
    memcpy(to->scaling_driver, from->scaling_driver, CPUFREQ_NAME_LEN);
    memcpy(to->scaling_governor, from->scaling_governor, CPUFREQ_NAME_LEN);
    memcpy(&to->u, &from->u, sizeof(to->u));
}

PUBLIC int xc_get_cpufreq_para(xc_interface *xch, int cpuid, struct xc_get_cpufreq_para *user_para)
{
    struct xen_sysctl op = pm_op(GET_CPUFREQ_PARA, cpuid);
    struct xen_get_cpufreq_para *para = &op.u.pm_op.u.get_para;
    struct bounce cpus = {0}, freqs = {0}, govs = {0};
    bool has_arrays = user_para->cpu_num && user_para->freq_num && user_para->gov_num;
    int rc = -1;

    if (has_arrays && (!user_para->affected_cpus || !user_para->scaling_available_frequencies ||
                       !user_para->scaling_available_governors))
        return fail(xch, EINVAL, "counts without arrays");
    if (has_arrays &&
        (bounce(xch, &cpus, user_para->affected_cpus, user_para->cpu_num, BOUNCE_BOTH) ||
         bounce(xch, &freqs, user_para->scaling_available_frequencies, user_para->freq_num,
                BOUNCE_BOTH) ||
         bounce_bytes(xch, &govs, user_para->scaling_available_governors,
                      (size_t)user_para->gov_num * CPUFREQ_NAME_LEN, BOUNCE_BOTH)))
        goto out;
    set_xen_guest_handle_raw(para->affected_cpus, cpus.buf);
    set_xen_guest_handle_raw(para->scaling_available_frequencies, freqs.buf);
    set_xen_guest_handle_raw(para->scaling_available_governors, govs.buf);
    para->cpu_num = user_para->cpu_num;
    para->freq_num = user_para->freq_num;
    para->gov_num = user_para->gov_num;
    rc = do_sysctl(xch, &op);
    if (!rc)
        copy_cpufreq(user_para, para);
    else if (errno != EAGAIN)
        goto out;
    user_para->cpu_num = para->cpu_num;
    user_para->freq_num = para->freq_num;
    user_para->gov_num = para->gov_num;
out:
    unbounce(xch, &govs);
    unbounce(xch, &freqs);
    unbounce(xch, &cpus);
    return rc;
}

PUBLIC int xc_set_cpufreq_gov(xc_interface *xch, int cpuid, char *govname)
{
    struct xen_sysctl op = pm_op(SET_CPUFREQ_GOV, cpuid);

    if (strlen(govname) >= CPUFREQ_NAME_LEN)
        return fail(xch, EINVAL, "no governor %s", govname);
    strcpy(op.u.pm_op.u.set_gov.scaling_governor, govname);
    return do_sysctl(xch, &op);
}

PUBLIC int xc_set_cpufreq_para(xc_interface *xch, int cpuid, int ctrl_type, int ctrl_value)
{
    struct xen_sysctl op = pm_op(SET_CPUFREQ_PARA, cpuid);

    op.u.pm_op.u.set_para.ctrl_type = ctrl_type;
    op.u.pm_op.u.set_para.ctrl_value = ctrl_value;
    return do_sysctl(xch, &op);
}

PUBLIC int xc_get_cpufreq_avgfreq(xc_interface *xch, int cpuid, int *avg_freq)
{
    struct xen_sysctl op = pm_op(GET_CPUFREQ_AVGFREQ, cpuid);

    if (do_sysctl(xch, &op))
        return -1;
    *avg_freq = op.u.pm_op.u.get_avgfreq;
    return 0;
}

PUBLIC int xc_set_sched_opt_smt(xc_interface *xch, uint32_t value)
{
    struct xen_sysctl op = pm_op(XEN_SYSCTL_pm_op_set_sched_opt_smt, 0);

    op.u.pm_op.u.set_sched_opt_smt = value;
    return do_sysctl(xch, &op);
}

/* The field for a CPU says here which of two limits is meant: 0 the state's, 1 its variant's. */
static int get_cstate(xc_interface *xch, const char *operation, uint32_t variant, uint32_t *value)
{
    struct xen_sysctl op = pm_op(XEN_SYSCTL_pm_op_get_max_cstate, variant);

    if (xc__sysctl(xch, operation, &op))
        return -1;
    *value = op.u.pm_op.u.get_max_cstate;
    return 0;
}

static int set_cstate(xc_interface *xch, const char *operation, uint32_t variant, uint32_t value)
{
    struct xen_sysctl op = pm_op(XEN_SYSCTL_pm_op_set_max_cstate, variant);

    op.u.pm_op.u.set_max_cstate = value;
    return xc__sysctl(xch, operation, &op);
}

PUBLIC int xc_get_cpuidle_max_cstate(xc_interface *xch, uint32_t *value)
{
    return get_cstate(xch, __func__, 0, value);
}

PUBLIC int xc_set_cpuidle_max_cstate(xc_interface *xch, uint32_t value)
{
    return set_cstate(xch, __func__, 0, value);
}

PUBLIC int xc_get_cpuidle_max_csubstate(xc_interface *xch, uint32_t *value)
{
    return get_cstate(xch, __func__, 1, value);
}

PUBLIC int xc_set_cpuidle_max_csubstate(xc_interface *xch, uint32_t value)
{
    return set_cstate(xch, __func__, 1, value);
}

PUBLIC int xc_enable_turbo(xc_interface *xch, int cpuid)
{
    struct xen_sysctl op = pm_op(XEN_SYSCTL_pm_op_enable_turbo, cpuid);

    return do_sysctl(xch, &op);
}

PUBLIC int xc_disable_turbo(xc_interface *xch, int cpuid)
{
    struct xen_sysctl op = pm_op(XEN_SYSCTL_pm_op_disable_turbo, cpuid);

    return do_sysctl(xch, &op);
}

static int hotplug(xc_interface *xch, const char *operation, uint32_t cpu, uint32_t cmd)
{
    struct xen_sysctl op = sysctl_for(XEN_SYSCTL_cpu_hotplug);

    op.u.cpu_hotplug.cpu = cpu;
    op.u.cpu_hotplug.op = cmd;
    return xc__sysctl(xch, operation, &op);
}

PUBLIC int xc_cpu_online(xc_interface *xch, int cpu)
{
    return hotplug(xch, __func__, cpu, XEN_SYSCTL_CPU_HOTPLUG_ONLINE);
}

PUBLIC int xc_cpu_offline(xc_interface *xch, int cpu)
{
    return hotplug(xch, __func__, cpu, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE);
}

PUBLIC int xc_smt_enable(xc_interface *xch)
{
    return hotplug(xch, __func__, 0, XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE);
}

PUBLIC int xc_smt_disable(xc_interface *xch)
{
    return hotplug(xch, __func__, 0, XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE);
}
