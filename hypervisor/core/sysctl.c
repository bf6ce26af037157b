/* SPDX-License-Identifier: MIT */
/* sysctl: what the tools ask and tell the host. */
#include <hv/access.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/domctl.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <xen/sysctl.h>

/* --- console and debugging -------------------------------------------------------------------- */
#define MAX_READ 32768u

static long op_readconsole(struct xen_sysctl_readconsole *u)
{
    uint32_t size = min(u->count, MAX_READ), index = u->index;
    char *buf = hv_alloc(size ?: 1);
    size_t n;
    long rc;

    if (!buf)
        return -ENOMEM;
    n = console_ring_read(buf, size, &index, u->incremental, u->clear);
    rc = copy_to_guest_va((vaddr_t)u->buffer.p, buf, n);
    u->index = index;
    u->count = (uint32_t)n;
    hv_free(buf);
    return rc;
}

static void dump_domains(void)
{
    struct domain *d;
    struct vcpu *v;

    for (domid_t id = 0; (d = domain_get_from(id)) != NULL; id = (domid_t)(d->domid + 1)) {
        printk("d%u: refs %u dying %u pauses %u pages %lu of %lu, xenheap %lu, ports %u\n",
               d->domid, d->refcnt, d->is_dying, d->pause_count, d->tot_pages, d->max_pages,
               d->xenheap_pages, d->evtchn.active);
        for_each_vcpu (d, v)
            printk("  v%u: CPU %u running %u flags %lx pauses %u upcall %u mask %u\n", v->id,
                   v->processor, v->is_running, v->pause_flags, v->pause_count,
                   v->vcpu_info->evtchn_upcall_pending, v->vcpu_info->evtchn_upcall_mask);
        domain_put(d);
    }
}

static void dump_memory(void)
{
    printk("memory: %lu of %lu pages free, %lu claimed\n", heap_free_pages(NODE_ANY),
           heap_total_pages(), heap_outstanding_claims());
}

static void dump_registers(void)
{
    struct vcpu *v;

    if (!dom0)
        return;
    for_each_vcpu (dom0, v)
        arch_show_vcpu(v);
}

void debug_key(char key)
{
    switch (key) {
    case 'h':
        printk("keys: 0 dom0's registers, m memory, q domains, r run queues\n");
        break;
    case '0':
        dump_registers();
        break;
    case 'm':
        dump_memory();
        break;
    case 'q':
        dump_domains();
        break;
    case 'r':
        sched_dump();
        break;
    default:
        printk("no debug key '%c'; h lists them\n", key >= ' ' && key < 127 ? key : '?');
        break;
    }
}

static long op_debug_keys(const struct xen_sysctl_debug_keys *u)
{
    char key;

    for (uint32_t i = 0; i < min(u->nr_keys, 64U); i++) {
        if (copy_from_guest_va(&key, (vaddr_t)(u->keys.p + i), 1))
            return -EFAULT;
        debug_key(key);
    }
    return 0;
}

/* --- domains ---------------------------------------------------------------------------------- */
static long op_getdomaininfolist(struct xen_sysctl_getdomaininfolist *u)
{
    struct xen_domctl_getdomaininfo some[8];
    uint32_t n = 0, nr = 1;
    domid_t next = u->first_domain;
    long rc = 0;

    while (n < u->max_domains && nr && !rc) {
        nr = domain_info_from(next, some, min(u->max_domains - n, (uint32_t)ARRAY_SIZE(some)));
        if (nr) {
            rc = copy_to_guest_offset(u->buffer, n, some, nr);
            next = (domid_t)(some[nr - 1].domain + 1);
        }
        n += nr;
    }
    u->num_domains = n;
    return rc;
}

/* --- the machine ------------------------------------------------------------------------------ */
static uint32_t highest_cpu(void)
{
    uint32_t highest = 0;
    unsigned int cpu;

    for_each_online_cpu (cpu)
        highest = cpu;
    return highest;
}

static long op_physinfo(struct xen_sysctl_physinfo *pi)
{
    memset(pi, 0, sizeof(*pi));
    pi->nr_cpus = cpumask_weight(&cpu_online_map);
    pi->max_cpu_id = highest_cpu();
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

static long op_cputopoinfo(struct xen_sysctl_cputopoinfo *u)
{
    uint32_t nr = highest_cpu() + 1, n = min(u->num_cpus, nr);

    u->num_cpus = nr;
    if (guest_handle_null(u->cputopo))
        return 0;
    for (uint32_t cpu = 0; cpu < n; cpu++) {
        struct xen_sysctl_cputopo t = {XEN_INVALID_CORE_ID, XEN_INVALID_SOCKET_ID,
                                       XEN_INVALID_NODE_ID};

        if (cpumask_test(cpu, &cpu_online_map))
            arch_cpu_topology(cpu, &t.core, &t.socket, &t.node);
        if (copy_to_guest_offset(u->cputopo, cpu, &t, 1))
            return -EFAULT;
    }
    u->num_cpus = n;
    return 0;
}

static long put_meminfo(const struct xen_sysctl_numainfo *u, uint32_t node)
{
    struct xen_sysctl_meminfo m = {XEN_INVALID_MEM_SZ, XEN_INVALID_MEM_SZ};
    maddr_t start, end;
    uint64_t size;

    if (node_range(node, &start, &end, &size)) {
        m.memsize = size;
        m.memfree = heap_free_pages(node) << PAGE_SHIFT;
    }
    return copy_to_guest_offset(u->meminfo, node, &m, 1);
}

/* Without a table of distances: near and far, in ACPI's units. */
static long put_distances(const struct xen_sysctl_numainfo *u, uint32_t node, uint32_t width)
{
    long rc = 0;

    for (uint32_t other = 0; other < width && !rc; other++) {
        uint32_t distance = node == other ? 10 : 20;

        rc = copy_to_guest_offset(u->distance, (size_t)node * width + other, &distance, 1);
    }
    return rc;
}

static long op_numainfo(struct xen_sysctl_numainfo *u)
{
    uint32_t nr = num_nodes(), n = min(u->num_nodes, nr);
    bool asked = !guest_handle_null(u->meminfo) || !guest_handle_null(u->distance);
    long rc = 0;

    u->num_nodes = nr;
    if (!asked)
        return 0;
    for (uint32_t node = 0; node < n && !rc; node++) {
        if (!guest_handle_null(u->meminfo))
            rc = put_meminfo(u, node);
        if (!rc && !guest_handle_null(u->distance))
            rc = put_distances(u, node, n);
    }
    u->num_nodes = n;
    return rc;
}

static long op_pcitopoinfo(struct xen_sysctl_pcitopoinfo *u)
{
    const uint32_t unknown = XEN_INVALID_NODE_ID;
    physdev_pci_device_t dev;
    uint32_t i;

    if (guest_handle_null(u->devs) || guest_handle_null(u->nodes))
        return -EINVAL;
    /* Where PCI devices are is not kept. */
    for (i = 0; i < min(u->num_devs, 65536U); i++)
        if (copy_from_guest_offset(&dev, u->devs, i, 1) ||
            copy_to_guest_offset(u->nodes, i, &unknown, 1))
            return -EFAULT;
    u->num_devs = i;
    return 0;
}

static long op_getcpuinfo(struct xen_sysctl_getcpuinfo *u)
{
    uint32_t n = min(u->max_cpus, highest_cpu() + 1);

    for (uint32_t cpu = 0; cpu < n; cpu++) {
        struct xen_sysctl_cpuinfo info = {.idletime = cpu_idle_time(cpu)};

        if (copy_to_guest_offset(u->info, cpu, &info, 1))
            return -EFAULT;
    }
    u->nr_cpus = n;
    return 0;
}

static long op_availheap(struct xen_sysctl_availheap *u)
{
    unsigned int node = u->node == -1 ? NODE_ANY : (unsigned int)u->node;

    if (node != NODE_ANY && node >= num_nodes())
        return -EINVAL;
    u->avail_bytes = heap_free_in_range(u->min_bitwidth, u->max_bitwidth, node) << PAGE_SHIFT;
    return 0;
}

/* --- dispatch --------------------------------------------------------------------------------- */
static long run(struct xen_sysctl *op, bool *copyback)
{
    *copyback = true;
    switch (op->cmd) {
    case XEN_SYSCTL_readconsole:
        return op_readconsole(&op->u.readconsole);
    case XEN_SYSCTL_physinfo:
        return op_physinfo(&op->u.physinfo);
    case XEN_SYSCTL_sched_id:
        op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        return op_getdomaininfolist(&op->u.getdomaininfolist);
    case XEN_SYSCTL_debug_keys:
        *copyback = false;
        return op_debug_keys(&op->u.debug_keys);
    case XEN_SYSCTL_getcpuinfo:
        return op_getcpuinfo(&op->u.getcpuinfo);
    case XEN_SYSCTL_availheap:
        return op_availheap(&op->u.availheap);
    case XEN_SYSCTL_cputopoinfo:
        return op_cputopoinfo(&op->u.cputopoinfo);
    case XEN_SYSCTL_numainfo:
        return op_numainfo(&op->u.numainfo);
    case XEN_SYSCTL_pcitopoinfo:
        return op_pcitopoinfo(&op->u.pcitopoinfo);
    case XEN_SYSCTL_cpupool_op:
        return cpupool_do_sysctl(&op->u.cpupool_op);
    case XEN_SYSCTL_scheduler_op:
        return sched_adjust_global(&op->u.scheduler_op);
    case XEN_SYSCTL_get_pmstat: /* frequency and idle states are left to firmware */
    case XEN_SYSCTL_pm_op:
        return -ENODEV;
    case XEN_SYSCTL_cpu_hotplug:
        return -EOPNOTSUPP;
    default:
        *copyback = false;
        return arch_do_sysctl(op, copyback);
    }
}

long do_sysctl(struct hypercall_args *a)
{
    vaddr_t arg = a->a[0];
    struct xen_sysctl op;
    bool copyback;
    long rc = may(current->domain, ACCESS_SYSCTL, NULL, 0);

    if (rc)
        return rc;
    if (copy_arg(&op, arg))
        return -EFAULT;
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    if (!domctl_lock_or_yield())
        return -EPREEMPTED;
    rc = run(&op, &copyback);
    spin_unlock(&domctl_lock);
    if (rc >= 0 && copyback && copy_back(arg, &op))
        rc = -EFAULT;
    return rc;
}
