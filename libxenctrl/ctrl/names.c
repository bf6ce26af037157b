/* SPDX-License-Identifier: MIT */
/* Names of hypercalls, for error messages. */
#include <stdio.h>
#include "private.h"

#define DOMCTL(name) [XEN_DOMCTL_##name] = "domctl " #name
static const char *const domctl_names[] = {
    DOMCTL(createdomain),
    DOMCTL(destroydomain),
    DOMCTL(pausedomain),
    DOMCTL(unpausedomain),
    DOMCTL(getdomaininfo),
    DOMCTL(setvcpuaffinity),
    DOMCTL(shadow_op),
    DOMCTL(max_mem),
    DOMCTL(setvcpucontext),
    DOMCTL(getvcpucontext),
    DOMCTL(getvcpuinfo),
    DOMCTL(max_vcpus),
    DOMCTL(scheduler_op),
    DOMCTL(setdomainhandle),
    DOMCTL(setdebugging),
    DOMCTL(irq_permission),
    DOMCTL(iomem_permission),
    DOMCTL(ioport_permission),
    DOMCTL(hypercall_init),
    DOMCTL(settimeoffset),
    DOMCTL(getvcpuaffinity),
    DOMCTL(resumedomain),
    DOMCTL(sendtrigger),
    DOMCTL(subscribe),
    DOMCTL(gethvmcontext),
    DOMCTL(sethvmcontext),
    DOMCTL(set_address_size),
    DOMCTL(get_address_size),
    DOMCTL(assign_device),
    DOMCTL(bind_pt_irq),
    DOMCTL(memory_mapping),
    DOMCTL(ioport_mapping),
    DOMCTL(set_ext_vcpucontext),
    DOMCTL(get_ext_vcpucontext),
    DOMCTL(test_assign_device),
    DOMCTL(set_target),
    DOMCTL(deassign_device),
    DOMCTL(unbind_pt_irq),
    DOMCTL(get_device_group),
    DOMCTL(debug_op),
    DOMCTL(gethvmcontext_partial),
    DOMCTL(vm_event_op),
    DOMCTL(mem_sharing_op),
    DOMCTL(gettscinfo),
    DOMCTL(settscinfo),
    DOMCTL(getpageframeinfo3),
    DOMCTL(setvcpuextstate),
    DOMCTL(getvcpuextstate),
    DOMCTL(set_access_required),
    DOMCTL(audit_p2m),
    DOMCTL(set_virq_handler),
    DOMCTL(set_broken_page_p2m),
    DOMCTL(setnodeaffinity),
    DOMCTL(getnodeaffinity),
    DOMCTL(cacheflush),
    DOMCTL(get_vcpu_msrs),
    DOMCTL(set_vcpu_msrs),
    DOMCTL(setvnumainfo),
    DOMCTL(psr_cmt_op),
    DOMCTL(monitor_op),
    DOMCTL(psr_alloc),
    DOMCTL(soft_reset),
    DOMCTL(vuart_op),
    DOMCTL(get_cpu_policy),
    DOMCTL(set_cpu_policy),
    DOMCTL(vmtrace_op),
    DOMCTL(get_paging_mempool_size),
    DOMCTL(set_paging_mempool_size),
};

#define SYSCTL(name) [XEN_SYSCTL_##name] = "sysctl " #name
static const char *const sysctl_names[] = {
    SYSCTL(readconsole),
    SYSCTL(tbuf_op),
    SYSCTL(physinfo),
    SYSCTL(sched_id),
    SYSCTL(perfc_op),
    SYSCTL(getdomaininfolist),
    SYSCTL(debug_keys),
    SYSCTL(getcpuinfo),
    SYSCTL(availheap),
    SYSCTL(get_pmstat),
    SYSCTL(cpu_hotplug),
    SYSCTL(pm_op),
    SYSCTL(page_offline_op),
    SYSCTL(lockprof_op),
    SYSCTL(cputopoinfo),
    SYSCTL(numainfo),
    SYSCTL(cpupool_op),
    SYSCTL(scheduler_op),
    SYSCTL(coverage_op),
    SYSCTL(psr_cmt_op),
    SYSCTL(pcitopoinfo),
    SYSCTL(psr_alloc),
    SYSCTL(get_cpu_levelling_caps),
    SYSCTL(get_cpu_featureset),
    SYSCTL(livepatch_op),
    SYSCTL(get_cpu_policy),
};

#define MEMORY(name) [XENMEM_##name] = "memory_op " #name
static const char *const memory_names[] = {
    MEMORY(increase_reservation),
    MEMORY(decrease_reservation),
    MEMORY(populate_physmap),
    MEMORY(maximum_ram_page),
    MEMORY(current_reservation),
    MEMORY(maximum_reservation),
    MEMORY(maximum_gpfn),
    MEMORY(machphys_mfn_list),
    MEMORY(add_to_physmap),
    MEMORY(memory_map),
    MEMORY(machine_memory_map),
    MEMORY(exchange),
    MEMORY(machphys_mapping),
    MEMORY(set_memory_map),
    MEMORY(remove_from_physmap),
    MEMORY(set_pod_target),
    MEMORY(get_pod_target),
    MEMORY(get_sharing_freed_pages),
    MEMORY(get_sharing_shared_pages),
    MEMORY(paging_op),
    MEMORY(access_op),
    MEMORY(sharing_op),
    MEMORY(add_to_physmap_batch),
    MEMORY(claim_pages),
    MEMORY(machphys_compat_mfn_list),
    MEMORY(get_vnumainfo),
    MEMORY(reserved_device_memory_map),
    MEMORY(acquire_resource),
};

#define EVTCHN(name) [EVTCHNOP_##name] = "event_channel_op " #name
static const char *const evtchn_names[] = {EVTCHN(alloc_unbound), EVTCHN(status), EVTCHN(reset)};

#define PHYSDEV(name) [PHYSDEVOP_##name] = "physdev_op " #name
static const char *const physdev_names[] = {PHYSDEV(map_pirq), PHYSDEV(unmap_pirq)};

static const char *const hvm_names[] = {
    [HVMOP_set_param] = "hvm_op set_param",
    [HVMOP_get_param] = "hvm_op get_param",
    [HVMOP_altp2m] = "hvm_op altp2m",
};

static const char *const sched_names[] = {
    [SCHEDOP_remote_shutdown] = "sched_op remote_shutdown",
    [SCHEDOP_watchdog] = "sched_op watchdog",
};

#define GRANT(name) [GNTTABOP_##name] = "grant_table_op " #name
static const char *const grant_names[] = {GRANT(setup_table), GRANT(query_size), GRANT(get_version),
                                          GRANT(get_status_frames)};

static const struct {
    unsigned int hypercall;
    const char *name;
    const char *const *commands;
    size_t nr_commands;
} hypercalls[] = {
    {__HYPERVISOR_domctl, "domctl", domctl_names, ARRAY_SIZE(domctl_names)},
    {__HYPERVISOR_sysctl, "sysctl", sysctl_names, ARRAY_SIZE(sysctl_names)},
    {__HYPERVISOR_memory_op, "memory_op", memory_names, ARRAY_SIZE(memory_names)},
    {__HYPERVISOR_event_channel_op, "event_channel_op", evtchn_names, ARRAY_SIZE(evtchn_names)},
    {__HYPERVISOR_physdev_op, "physdev_op", physdev_names, ARRAY_SIZE(physdev_names)},
    {__HYPERVISOR_hvm_op, "hvm_op", hvm_names, ARRAY_SIZE(hvm_names)},
    {__HYPERVISOR_sched_op, "sched_op", sched_names, ARRAY_SIZE(sched_names)},
    {__HYPERVISOR_grant_table_op, "grant_table_op", grant_names, ARRAY_SIZE(grant_names)},
    {__HYPERVISOR_platform_op, "platform_op", NULL, 0},
    {__HYPERVISOR_xsm_op, "xsm_op", NULL, 0},
    {__HYPERVISOR_kexec_op, "kexec_op", NULL, 0},
    {__HYPERVISOR_xen_version, "xen_version", NULL, 0},
    {__HYPERVISOR_mca, "mca", NULL, 0},
    {__HYPERVISOR_mmuext_op, "mmuext_op", NULL, 0},
    {__HYPERVISOR_mmu_update, "mmu_update", NULL, 0},
};

const char *xc__hypercall_name(unsigned int hypercall, unsigned int cmd, char buf[64])
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(hypercalls); i++) {
        if (hypercalls[i].hypercall != hypercall)
            continue;
        if (cmd < hypercalls[i].nr_commands && hypercalls[i].commands[cmd])
            return hypercalls[i].commands[cmd];
        snprintf(buf, 64, "%s %u", hypercalls[i].name, cmd);
        return buf;
    }
    snprintf(buf, 64, "hypercall %u, command %u", hypercall, cmd);
    return buf;
}
