/* SPDX-License-Identifier: MIT */
/* Containers and their vCPUs: making, ending, flushing. */
#include "exit.h"
#include <asm/cpuid_policy.h>
#include <asm/fpu.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <hv/arch/domain.h>
#include <hv/arch/smp.h>
#include <hv/cmdline.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>
#include <xen/domctl.h>
#include <xen/hvm/hvm_info_table.h>

const struct hvm_vendor *hvm;

static bool opt_hvm = true;
BOOL_OPTION("hvm", opt_hvm);

void hvm_init(void)
{
    if (opt_hvm && svm_vendor.probe())
        hvm = &svm_vendor;
    if (hvm)
        hvm_max_policy(); /* made now, while nobody else may be at it */
}

int hvm_cpu_init(unsigned int cpu)
{
    return hvm ? hvm->cpu_init(cpu) : 0;
}

/* PVH: no device model, and of the machine's devices the local APIC alone. */
int hvm_sanitise_config(struct xen_domctl_createdomain *config)
{
    if (!hvm || !(config->flags & XEN_DOMCTL_CDF_hap))
        return -EOPNOTSUPP;
    if (config->arch.emulation_flags != XEN_X86_EMU_LAPIC)
        return -EOPNOTSUPP;
    return config->max_vcpus > HVM_MAX_VCPUS ? -EINVAL : 0;
}

int hvm_domain_create(struct domain *d)
{
    int rc;

    d->arch.hvm = hv_new(struct hvm_domain);
    if (!d->arch.hvm)
        return -ENOMEM;
    spin_lock_init(&d->arch.hvm->console_lock);
    hvm_params_init(d->arch.hvm);
    spin_lock_init(&d->arch.mm.pt_lock);
    rc = p2m_init(d);
    if (rc) {
        hv_free(d->arch.hvm);
        d->arch.hvm = NULL;
    }
    return rc;
}

void hvm_domain_destroy(struct domain *d)
{
    p2m_destroy(d);
    hv_free(d->arch.hvm);
    d->arch.hvm = NULL;
}

int hvm_domain_relinquish(struct domain *d)
{
    struct vcpu *v;
    int rc;

    for_each_vcpu (d, v)
        lapic_destroy(v);
    rc = p2m_teardown(d);
    return rc ?: pv_mm_domain_relinquish(d);
}

int hvm_vcpu_create(struct vcpu *v)
{
    int rc;

    v->arch.hvm = hv_new(struct hvm_vcpu);
    if (!v->arch.hvm)
        return -ENOMEM;
    rc = hvm->vcpu_create(v);
    if (!rc)
        rc = fpu_vcpu_create(v);
    if (rc) {
        hvm->vcpu_destroy(v);
        hv_free(v->arch.hvm);
        v->arch.hvm = NULL;
        return rc;
    }
    v->arch.xcr0 = 1;
    lapic_init(v);
    hvm_vcpu_reset(v);
    v->arch.hvm->mtrr.def_type = 6; /* write-back, not enabled: as tools expect to find it */
    v->arch.hvm->wait_for_sipi = v->id != 0;
    return 0;
}

void hvm_vcpu_destroy(struct vcpu *v)
{
    if (!v->arch.hvm)
        return;
    lapic_destroy(v);
    fpu_vcpu_destroy(v);
    hvm->vcpu_destroy(v);
    hv_free(v->arch.hvm);
    v->arch.hvm = NULL;
}

/* v comes to this CPU; interrupts are off. */
void hvm_load_vcpu(struct vcpu *v)
{
    uint32_t none = 0;

    /* What a PV guest has left there, VMRUN would keep for us. */
    __asm__ volatile("mov %0, %%ds; mov %0, %%es" ::"r"(none));
    hvm->load(v);
    v->arch.hvm->refresh_guest_areas = true;
    timer_migrate(&v->arch.hvm->lapic.timer, smp_processor_id());
}

/* --- flushing ---------------------------------------------------------------------------------------------- */
static void come_out(void *unused)
{
}

/* Each vCPU takes a new ASID with its next entry; the interrupt ends the stretches that go on with an
 * old one. */
void arch_hvm_flush_tlbs(struct domain *d)
{
    cpumask_t cpus = {{0}};
    struct vcpu *v;

    for_each_vcpu (d, v)
        write_atomic(&v->arch.hvm->flush_tlb, true);
    smp_mb();
    for_each_vcpu (d, v)
        if (v != current && read_atomic(&v->is_running))
            cpumask_set(read_atomic(&v->processor), &cpus);
    cpumask_unset(smp_processor_id(), &cpus);
    if (!cpumask_empty(&cpus))
        arch_call_function(&cpus, come_out, NULL, true);
}

/* --- port 0xe9: lines for the hypervisor's console ------------------------------------------------------- */
void hvm_console_char(struct domain *d, char c)
{
    struct hvm_domain *h = d->arch.hvm;

    spin_lock(&h->console_lock);
    if (c != '\n')
        h->console_line[h->console_len++] = c >= ' ' && c < 0x7f ? c : '?';
    if (c == '\n' || h->console_len == sizeof(h->console_line)) {
        printk(XENLOG_G_INFO "d%u: %.*s\n", d->domid, (int)h->console_len, h->console_line);
        h->console_len = 0;
    }
    spin_unlock(&h->console_lock);
}
