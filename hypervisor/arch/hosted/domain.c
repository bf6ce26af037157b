/* SPDX-License-Identifier: MIT */
/* Domains and vCPUs that have registers but never run them. */
#include <asm/pv_mm.h>
#include <hosted.h>
#include <hv/arch/domain.h>
#include <hv/printk.h>
#include <string.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

unsigned long hosted_kicks, hosted_nested_flushes;
bool hosted_interrupt;

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    return 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    int rc = pv_mm_domain_create(d);

    if (!rc && d->is_hvm)
        rc = p2m_init(d);
    if (rc)
        pv_mm_domain_destroy(d);
    return rc;
}

void arch_domain_destroy(struct domain *d)
{
    hv_free(d->arch.e820);
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (d->vcpu[i])
            pv_mm_vcpu_destroy(d->vcpu[i]);
    if (d->is_hvm)
        p2m_destroy(d);
    pv_mm_domain_destroy(d);
}

int arch_domain_relinquish(struct domain *d)
{
    int rc = d->is_hvm ? p2m_teardown(d) : 0;

    return rc ?: pv_mm_domain_relinquish(d);
}

int arch_vcpu_create(struct vcpu *v)
{
    v->arch.kernel_mode = true;
    return pv_mm_vcpu_create(v);
}

void arch_vcpu_destroy(struct vcpu *v)
{
    if (!v->domain->is_idle)
        pv_mm_vcpu_destroy(v);
}

int arch_vcpu_reset(struct vcpu *v)
{
    pv_mm_vcpu_release(v);
    memset(&v->arch.regs, 0, sizeof(v->arch.regs));
    v->is_initialised = false;
    __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    return 0;
}

/* Without a page table (control register 3 is 0) a context is registers alone. */
int arch_set_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    int rc = 0;

    if (c->gdt_ents > GUEST_GDT_PAGES * 512 || c->ldt_ents > 8192)
        return -EINVAL;
    if (c->ctrlreg[3])
        rc = pv_mm_set_cr3(v, _mfn(c->ctrlreg[3] >> PAGE_SHIFT), _mfn(c->ctrlreg[1] >> PAGE_SHIFT));
    if (!rc)
        rc = pv_mm_set_gdt(v, c->gdt_frames, (unsigned int)c->gdt_ents);
    if (rc)
        return rc;
    v->arch.regs = c->user_regs;
    v->is_initialised = true;
    return 0;
}

void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *c)
{
    memset(c, 0, sizeof(*c));
    c->user_regs = v->arch.regs;
    c->ctrlreg[3] = v->arch.mm.kernel_l4.v << PAGE_SHIFT;
}

void arch_domain_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
}

void arch_context_switch(struct vcpu *prev, struct vcpu *next)
{
    hosted_current[hosted_cpu] = next;
    context_saved(prev);
}

void arch_update_wallclock(struct domain *d)
{
}

void arch_update_runstate_area(struct vcpu *v)
{
}

void arch_show_vcpu(struct vcpu *v)
{
    printk("d%uv%u rip %lx\n", v->domain->domid, v->id, v->arch.regs.rip);
}

bool arch_vcpu_wants_to_run(struct vcpu *v)
{
    return evtchn_upcall_pending(v) || hosted_interrupt;
}

void arch_vcpu_kick(struct vcpu *v)
{
    hosted_kicks++;
}

int arch_pirq_bind(struct vcpu *v, uint32_t pirq, bool share)
{
    return rangeset_contains(v->domain->irq_caps, pirq, pirq) ? 0 : -EPERM;
}

void arch_pirq_unbind(struct domain *d, uint32_t pirq)
{
}

/* Nothing remembers a container's translations. */
void arch_hvm_flush_tlbs(struct domain *d)
{
    hosted_nested_flushes++;
}

/* --- hypercalls that are about a processor: there is none ------------------------------------- */
long arch_do_domctl(struct xen_domctl *op, struct domain *d, bool *copyback)
{
    return d->is_hvm ? hvm_mm_domctl(op, d, copyback) : -ENOSYS;
}

int arch_set_hvm_param(struct domain *d, uint32_t index, uint64_t value, bool by_itself)
{
    return -EINVAL;
}

int arch_get_hvm_param(struct domain *d, uint32_t index, uint64_t *value, bool by_itself)
{
    return -EINVAL;
}

int arch_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
    return -EINVAL;
}

uint16_t arch_hvm_mem_type(struct domain *d, gfn_t gfn)
{
    return 0;
}

long arch_do_sysctl(struct xen_sysctl *op, bool *copyback)
{
    return -ENOSYS;
}

long arch_do_vcpu_op(int cmd, struct vcpu *v, vaddr_t arg)
{
    return -ENOSYS;
}

#define NOT_HERE(name)                                                                             \
    long name(struct hypercall_args *a)                                                            \
    {                                                                                              \
        return -ENOSYS;                                                                            \
    }
NOT_HERE(do_set_trap_table)
NOT_HERE(do_set_callbacks)
NOT_HERE(do_callback_op)
NOT_HERE(do_fpu_taskswitch)
NOT_HERE(do_set_debugreg)
NOT_HERE(do_get_debugreg)
NOT_HERE(do_set_segment_base)
NOT_HERE(do_stack_switch)
NOT_HERE(do_iret)
NOT_HERE(do_physdev_op)
NOT_HERE(do_nmi_op)
NOT_HERE(do_platform_op)
NOT_HERE(do_mca)

/* --- for tests -------------------------------------------------------------------------------- */
static struct domain *make_domain(domid_t domid, bool privileged, unsigned int vcpus,
                                  unsigned int frames, uint32_t flags)
{
    struct xen_domctl_createdomain config = {.flags = flags,
                                             .max_vcpus = vcpus,
                                             .max_evtchn_port = ~0U,
                                             .max_grant_frames = 8,
                                             .max_maptrack_frames = 8};
    int err = 0;
    struct domain *d = domain_create(domid, &config, privileged, &err);

    if (!d)
        return NULL;
    for (unsigned int i = 0; i < vcpus; i++)
        vcpu_create(d, i, &err);
    d->max_pages = frames + 64;
    for (unsigned int i = 0; i < frames; i++)
        if (!alloc_domheap_pages(d, 0, 0))
            err = -ENOMEM;
    domain_publish(d);
    ASSERT(!err);
    return d;
}

struct domain *hosted_domain(domid_t domid, bool privileged, unsigned int vcpus,
                             unsigned int frames)
{
    return make_domain(domid, privileged, vcpus, frames, 0);
}

struct domain *hosted_container(domid_t domid, unsigned int vcpus, unsigned int frames,
                                unsigned int max_frames)
{
    struct domain *d =
        make_domain(domid, false, vcpus, frames, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);

    if (!d)
        return NULL;
    d->max_pages = max_frames;
    for (unsigned int i = 0; i < frames; i++)
        if (arch_physmap_add(d, _gfn(i), hosted_frame_mfn(d, i), 0))
            panic("No tables");
    return d;
}

void hosted_destroy(struct domain *d)
{
    int rc;

    if (d == dom0)
        dom0 = NULL;
    do {
        rc = domain_kill(d);
    } while (rc == -EPREEMPTED);
    ASSERT(rc == 0);
    hosted_settle();
}

mfn_t hosted_frame_mfn(struct domain *d, unsigned int n)
{
    struct page_info *pg = page_list_first(&d->page_list);

    while (n-- && pg)
        pg = page_list_next(&d->page_list, pg);
    return pg ? page_to_mfn(pg) : INVALID_MFN;
}

void *hosted_frame(struct domain *d, unsigned int n)
{
    return mfn_to_virt(hosted_frame_mfn(d, n));
}

/* Where it runs, if it does; else on the test's CPU as if it did. */
long hosted_call_once(struct vcpu *v, unsigned long nr, struct hypercall_args *a)
{
    unsigned int cpu = hosted_cpu;
    struct vcpu *was;
    long rc;

    if (hosted_current[v->processor] == v && !hosted_threaded)
        hosted_cpu = v->processor;
    was = hosted_current[hosted_cpu];
    hosted_current[hosted_cpu] = v;
    rc = hypercall_dispatch(nr, a);
    hosted_current[hosted_cpu] = was;
    hosted_cpu = cpu;
    return rc;
}

long hosted_call(struct vcpu *v, unsigned long nr, unsigned long a0, unsigned long a1,
                 unsigned long a2, unsigned long a3)
{
    struct hypercall_args a = {{a0, a1, a2, a3}};
    long rc;

    do {
        rc = hosted_call_once(v, nr, &a);
    } while (rc == -EPREEMPTED);
    return rc;
}
