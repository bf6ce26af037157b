/* SPDX-License-Identifier: MIT */
/* platform_op: what the hardware domain does to the machine, or asks of it. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/mm.h>
#include <asm/smp.h>
#include <asm/symbols.h>
#include <asm/time.h>
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <xen/platform.h>

static long set_time(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
    if (nsec >= 1000000000 || (int64_t)system_time < 0)
        return -EINVAL;
    time_set_wallclock(sec, nsec, system_time);
    return 0;
}

/* The BIOS's disk tables would take calls in real mode: not read. */
static long firmware_info(struct xenpf_firmware_info *f)
{
    const uint8_t *bios_data = maddr_to_virt(0x400);

    switch (f->type) {
    case XEN_FW_KBD_SHIFT_FLAGS:
        f->u.kbd_shift_flags = bios_data[0x17] & 0x70; /* scroll, num, caps lock */
        return 0;
    default:
        return -EOPNOTSUPP;
    }
}

static long idle_times(struct xenpf_getidletime *op)
{
    uint8_t bits = 0;
    uint64_t idle;

    for (unsigned int cpu = 0; cpu < op->cpumap_nr_cpus && cpu < NR_CPUS; cpu++) {
        if (cpu % 8 == 0 && copy_from_guest_offset(&bits, op->cpumap_bitmap, cpu / 8, 1))
            return -EFAULT;
        if (!(bits & (1U << cpu % 8)))
            continue;
        if (!cpumask_test(cpu, &cpu_online_map)) {
            bits &= (uint8_t) ~(1U << cpu % 8);
            if (copy_to_guest_offset(op->cpumap_bitmap, cpu / 8, &bits, 1))
                return -EFAULT;
            continue;
        }
        idle = cpu_idle_time(cpu);
        if (copy_to_guest_offset(op->idletime, cpu, &idle, 1))
            return -EFAULT;
    }
    op->now = (uint64_t)now();
    return 0;
}

static uint32_t acpi_id_of(unsigned int cpu)
{
    for (unsigned int i = 0; i < acpi.nr_cpus; i++)
        if (acpi.cpu[i].apicid == cpu_to_apicid[cpu])
            return acpi.cpu[i].acpiid;
    return ~0U;
}

static long cpu_info(struct xenpf_pcpuinfo *info)
{
    info->max_present = nr_cpus_present - 1;
    info->flags = XEN_PCPU_FLAGS_INVALID;
    if (info->xen_cpuid >= nr_cpus_present)
        return 0;
    info->flags = cpumask_test(info->xen_cpuid, &cpu_online_map) ? XEN_PCPU_FLAGS_ONLINE : 0;
    info->apic_id = cpu_to_apicid[info->xen_cpuid];
    info->acpi_id = acpi_id_of(info->xen_cpuid);
    return 0;
}

static long cpu_version(struct xenpf_pcpu_version *ver)
{
    ver->max_present = nr_cpus_present - 1;
    memset(ver->vendor_id, 0, sizeof(ver->vendor_id));
    ver->family = ver->model = ver->stepping = 0;
    if (ver->xen_cpuid < nr_cpus_present) {
        memcpy(ver->vendor_id, boot_cpu.vendor_id, sizeof(ver->vendor_id));
        ver->family = boot_cpu.family;
        ver->model = boot_cpu.model;
        ver->stepping = boot_cpu.stepping;
    }
    return 0;
}

static long get_symbol(struct xenpf_symdata *s)
{
    unsigned long addr;
    const char *name = symbol_by_number(s->symnum, &addr);
    uint32_t room = s->namelen, len;

    if (!name)
        return s->symnum == symbol_count() ? 0 : -EINVAL;
    len = (uint32_t)strlen(name) + 1;
    if (copy_to_guest(s->name, name, min(len, room)))
        return -EFAULT;
    s->namelen = len;
    s->symnum++;
    s->type = 't';
    s->address = addr;
    return 0;
}

static long platform_op(struct xen_platform_op *op, bool *copyback)
{
    *copyback = true;
    switch (op->cmd) {
    case XENPF_settime32:
        *copyback = false;
        return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
    case XENPF_settime64:
        *copyback = false;
        return op->u.settime64.mbz ? -EINVAL
                                   : set_time(op->u.settime64.secs, op->u.settime64.nsecs,
                                              op->u.settime64.system_time);
    case XENPF_firmware_info:
        return firmware_info(&op->u.firmware_info);
    case XENPF_enter_acpi_sleep:
        *copyback = false;
        if (op->u.enter_acpi_sleep.flags)
            return -EOPNOTSUPP; /* the sleep registers of hardware-reduced ACPI */
        return acpi_enter_sleep(op->u.enter_acpi_sleep.sleep_state, op->u.enter_acpi_sleep.val_a,
                                op->u.enter_acpi_sleep.val_b);
    case XENPF_getidletime:
        return idle_times(&op->u.getidletime);
    case XENPF_get_cpuinfo:
        return cpu_info(&op->u.pcpu_info);
    case XENPF_get_cpu_version:
        return cpu_version(&op->u.pcpu_version);
    case XENPF_get_symbol:
        return get_symbol(&op->u.symdata);
    case XENPF_cpu_online:
    case XENPF_cpu_offline:
    case XENPF_cpu_hotadd:
    case XENPF_mem_hotadd:
    case XENPF_microcode_update:
    case XENPF_set_processor_pminfo:
    case XENPF_core_parking:
    case XENPF_efi_runtime_call:
    case XENPF_add_memtype:
    case XENPF_del_memtype:
    case XENPF_read_memtype:
        return -EOPNOTSUPP;
    default:
        return -ENOSYS;
    }
}

long do_platform_op(struct hypercall_args *a)
{
    struct xen_platform_op op;
    bool copyback = false;
    long rc;

    if (copy_arg(&op, a->a[0]))
        return -EFAULT;
    if (op.interface_version != XENPF_INTERFACE_VERSION)
        return -EACCES;
    rc = may(current->domain, ACCESS_PLATFORM, NULL, op.cmd);
    if (!rc)
        rc = platform_op(&op, &copyback);
    if (!rc && copyback && copy_back(a->a[0], &op))
        rc = -EFAULT;
    return rc;
}

/* Machine checks end the machine; there is no telemetry that dom0 could fetch. */
long do_mca(struct hypercall_args *a)
{
    return -ENOSYS;
}
