/* SPDX-License-Identifier: MIT */
/* sysctl: what the tools ask and tell the host as a whole. */
#include "domctl.h"

#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/string.h>

#define CHUNK 1024

static long read_console(struct xen_sysctl_readconsole *op)
{
    uint32_t done = 0, index = op->index;
    bool incremental = op->incremental;
    char *buf = hv_alloc(CHUNK);
    long rc = 0;

    if (!buf)
        return -ENOMEM;
    while (done < op->count) {
        size_t got = console_ring_read(buf, min(op->count - done, (uint32_t)CHUNK), &index,
                                       incremental, false);

        if (!got)
            break;
        if (copy_to_guest_va((vaddr_t)op->buffer.p + done, buf, got)) {
            rc = -EFAULT;
            break;
        }
        done += (uint32_t)got;
        incremental = true; /* go on from index */
    }
    if (!rc) {
        op->count = done;
        op->index = index;
        if (op->clear)
            console_ring_read(buf, 0, &index, false, true);
    }
    hv_free(buf);
    return rc;
}

static long physinfo(struct xen_sysctl_physinfo *pi)
{
    memset(pi, 0, sizeof(*pi));
    pi->nr_cpus = cpumask_weight(&cpu_online_map);
    pi->max_cpu_id = pi->nr_cpus;
    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
        if (cpumask_test(cpu, &cpu_online_map))
            pi->max_cpu_id = cpu;
    pi->nr_nodes = num_nodes();
    pi->max_node_id = num_nodes() - 1;
    pi->cpu_khz = cpu_khz;
    pi->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1;
    pi->total_pages = heap_total_pages();
    pi->free_pages = heap_free_pages(NODE_ANY);
    pi->outstanding_pages = heap_outstanding_claims();
    pi->max_mfn = max_mfn - 1;
    arch_physinfo(pi);
    return 0;
}

static long domain_info_list(struct xen_sysctl_getdomaininfolist *op)
{
    struct xen_domctl_getdomaininfo info;
    uint32_t nr = 0;
    domid_t next = op->first_domain;
    long rc = 0;

    /* One at a time by id: the list may change between two of them, and copying may fault. */
    while (nr < op->max_domains && !rc) {
        struct domain *d, *found = NULL;

        spin_lock(&domlist_lock);
        list_for_each_entry (d, &domain_list, link) {
            if (d->domid >= next && (found = domain_get(d->domid)) != NULL)
                break;
        }
        spin_unlock(&domlist_lock);
        if (!found)
            break;
        domain_info(found, &info);
        next = found->domid + 1;
        domain_put(found);
        rc = copy_to_guest_offset(op->buffer, nr, &info, 1);
        nr += !rc;
    }
    if (!rc)
        op->num_domains = nr;
    return rc;
}

static long press_keys(const struct xen_sysctl_debug_keys *op)
{
    char key;

    for (uint32_t i = 0; i < op->nr_keys; i++) {
        if (copy_from_guest_va(&key, (vaddr_t)op->keys.p + i, 1))
            return -EFAULT;
        debug_key(key);
    }
    return 0;
}

static long cpu_info(struct xen_sysctl_getcpuinfo *op)
{
    uint32_t nr = min(op->max_cpus, (uint32_t)cpumask_weight(&cpu_online_map));

    for (uint32_t cpu = 0; cpu < nr; cpu++) {
        struct xen_sysctl_cpuinfo info = {.idletime = cpu_idle_time(cpu)};

        if (copy_to_guest_offset(op->info, cpu, &info, 1))
            return -EFAULT;
    }
    op->nr_cpus = nr;
    return 0;
}

static long cpu_topology(struct xen_sysctl_cputopoinfo *op)
{
    uint32_t have = 0, nr;

    for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
        if (cpumask_test(cpu, &cpu_present_map))
            have = cpu + 1;
    if (guest_handle_null(op->cputopo)) {
        op->num_cpus = have;
        return 0;
    }
    nr = min(op->num_cpus, have);
    for (unsigned int cpu = 0; cpu < nr; cpu++) {
        struct xen_sysctl_cputopo topo = {XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID,
                                          XEN_INVALID_NODE_ID};

        if (cpumask_test(cpu, &cpu_online_map))
            arch_cpu_topology(cpu, &topo.core, &topo.socket, &topo.node);
        if (copy_to_guest_offset(op->cputopo, cpu, &topo, 1))
            return -EFAULT;
    }
    op->num_cpus = nr;
    return 0;
}

static long numa_info(struct xen_sysctl_numainfo *op)
{
    uint32_t have = num_nodes(), nr;

    if (guest_handle_null(op->meminfo) && guest_handle_null(op->distance)) {
        op->num_nodes = have;
        return 0;
    }
    nr = min(op->num_nodes, have);
    for (unsigned int i = 0; i < nr; i++) {
        struct xen_sysctl_meminfo info = {.memfree = heap_free_pages(i) << PAGE_SHIFT};
        maddr_t start, end;

        if (!node_range(i, &start, &end, &info.memsize))
            info.memsize = 0;
        if (!guest_handle_null(op->meminfo) && copy_to_guest_offset(op->meminfo, i, &info, 1))
            return -EFAULT;
        for (unsigned int j = 0; j < nr && !guest_handle_null(op->distance); j++) {
            uint32_t distance = i == j ? 10 : 20;

            if (copy_to_guest_offset(op->distance, i * nr + j, &distance, 1))
                return -EFAULT;
        }
    }
    op->num_nodes = nr;
    return 0;
}

/* We keep no track of where devices are. */
static long pci_topology(struct xen_sysctl_pcitopoinfo *op)
{
    const uint32_t unknown = XEN_INVALID_DEV;

    if (guest_handle_null(op->devs) || guest_handle_null(op->nodes))
        return -EINVAL;
    for (uint32_t i = 0; i < op->num_devs; i++) {
        if (copy_to_guest_offset(op->nodes, i, &unknown, 1))
            return -EFAULT;
        if (i % 64 == 63 && hypercall_preempt_check() && i + 1 < op->num_devs) {
            op->num_devs = i + 1;
            return 0;
        }
    }
    return 0;
}

static long avail_heap(struct xen_sysctl_availheap *op)
{
    unsigned int node = op->node < 0 ? NODE_ANY : (unsigned int)op->node;

    if (node != NODE_ANY && node >= num_nodes())
        return -EINVAL;
    op->avail_bytes = heap_free_in_range(op->min_bitwidth, op->max_bitwidth, node) << PAGE_SHIFT;
    return 0;
}

static long sysctl(struct xen_sysctl *op, vaddr_t arg, bool *copyback)
{
    switch (op->cmd) {
    case XEN_SYSCTL_readconsole:
        return read_console(&op->u.readconsole);
    case XEN_SYSCTL_physinfo:
        return physinfo(&op->u.physinfo);
    case XEN_SYSCTL_sched_id:
        op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return domain_info_list(&op->u.getdomaininfolist);
    case XEN_SYSCTL_debug_keys:
        return press_keys(&op->u.debug_keys);
    case XEN_SYSCTL_getcpuinfo:
        return cpu_info(&op->u.getcpuinfo);
    case XEN_SYSCTL_cputopoinfo:
        return cpu_topology(&op->u.cputopoinfo);
    case XEN_SYSCTL_numainfo:
        return numa_info(&op->u.numainfo);
    case XEN_SYSCTL_pcitopoinfo:
        return pci_topology(&op->u.pcitopoinfo);
    case XEN_SYSCTL_availheap:
        return avail_heap(&op->u.availheap);
    case XEN_SYSCTL_cpupool_op:
        return cpupool_do_sysctl(&op->u.cpupool_op);
    case XEN_SYSCTL_scheduler_op:
        return sched_adjust_global(&op->u.scheduler_op);
    default:
        return arch_do_sysctl(op, arg, copyback);
    }
}

/* sysctl(operation) */
long do_sysctl(struct hypercall_args *a)
{
    bool copyback = true;
    struct xen_sysctl op;
    long rc;

    if (copy_arg(&op, a->a[0]))
        return -EFAULT;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    rc = may(current->domain, ACCESS_SYSCTL, NULL, op.cmd);
    if (rc)
        return rc;
    if (!spin_trylock(&domctl_lock))
        return -EPREEMPTED;
    rc = sysctl(&op, a->a[0], &copyback);
    spin_unlock(&domctl_lock);
    if (!rc && copyback && copy_back(a->a[0], &op))
        rc = -EFAULT;
    return rc;
}
