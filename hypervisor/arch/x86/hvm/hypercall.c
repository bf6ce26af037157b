/* SPDX-License-Identifier: MIT */
/* Hypercalls of containers: VMMCALL or VMCALL from ring 0. */
#include "exit.h"
#include <asm/entry.h>
#include <asm/processor.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/string.h>
#include <xen/hvm/hvm_vcpu.h>
#include <xen/sched.h>
#include <xen/version.h>

#define STUB_SIZE 32

void hvm_fill_hypercall_page(void *page)
{
    /* mov $nr, %eax; vmmcall; ret */
    static const uint8_t stub[] = {0xb8, 0, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3};
    static const uint8_t ud2[] = {0x0f, 0x0b};
    uint8_t *p = page;

    memset(p, 0xcc, PAGE_SIZE);
    for (unsigned int nr = 0; nr < PAGE_SIZE / STUB_SIZE; nr++, p += STUB_SIZE) {
        if (nr == __HYPERVISOR_iret) {
            memcpy(p, ud2, sizeof(ud2));
            continue;
        }
        memcpy(p, stub, sizeof(stub));
        p[1] = (uint8_t)nr;
    }
}

static bool in_64bit_code(struct vcpu *v)
{
    struct hvm_segment cs;

    hvm->get_segment(v, HVM_CS, &cs);
    return (cs.attr & SEG_L) && (hvm->get(v, HVM_EFER) & EFER_LMA);
}

/* Those whose arguments look the same in 32-bit code. */
static bool same_in_32bit(unsigned long nr, unsigned long cmd)
{
    switch (nr) {
    case __HYPERVISOR_console_io:
    case __HYPERVISOR_event_channel_op:
    case __HYPERVISOR_hvm_op:
        return true;
    case __HYPERVISOR_sched_op:
        return cmd != SCHEDOP_poll;
    case __HYPERVISOR_xen_version:
        return cmd == XENVER_version || cmd == XENVER_extraversion || cmd == XENVER_get_features;
    default:
        return false;
    }
}

static long initialise_vcpu(unsigned long id, vaddr_t arg)
{
    struct vcpu *v = id < MAX_VCPUS ? domain_vcpu(current->domain, (unsigned int)id) : NULL;
    struct vcpu_hvm_context c;
    long rc;

    if (!v)
        return -ENOENT;
    if (copy_arg(&c, arg))
        return -EFAULT;
    spin_lock(&v->domain->lock);
    rc = v->is_initialised ? -EEXIST : hvm_set_vcpu_context(v, &c);
    spin_unlock(&v->domain->lock);
    return rc;
}

static long dispatch(struct vcpu *v, unsigned long nr, struct hypercall_args *a)
{
    switch (nr) {
    case __HYPERVISOR_vcpu_op:
        if (a->a[0] == VCPUOP_initialise)
            return initialise_vcpu(a->a[1], a->a[2]);
        break;
    default:
        break;
    }
    return hypercall_dispatch(nr, a);
}

static void hypercall64(struct vcpu *v, struct cpu_user_regs *regs, uint64_t next)
{
    struct hypercall_args a = hypercall_args_of(regs);
    long rc = dispatch(v, regs->rax, &a);

    if (rc != -EPREEMPTED) {
        regs->rax = (uint64_t)rc;
        regs->rip = next;
        return;
    }
    hypercall_args_left(regs, &a);
}

static void hypercall32(struct vcpu *v, struct cpu_user_regs *regs, uint64_t next)
{
    struct hypercall_args a = {{(uint32_t)regs->rbx, (uint32_t)regs->rcx, (uint32_t)regs->rdx,
                                (uint32_t)regs->rsi, (uint32_t)regs->rdi, (uint32_t)regs->rbp}};
    unsigned long nr = (uint32_t)regs->rax;
    long rc = same_in_32bit(nr, a.a[0]) ? dispatch(v, nr, &a) : -ENOSYS;

    if (rc == -EPREEMPTED) {
        regs->rbx = (uint32_t)a.a[0];
        regs->rcx = (uint32_t)a.a[1];
        regs->rdx = (uint32_t)a.a[2];
        return;
    }
    regs->rax = (uint32_t)rc;
    regs->rip = next;
}

void hvm_hypercall(struct cpu_user_regs *regs, uint64_t next)
{
    struct vcpu *v = current;

    hvm->end_shadow(v);
    if (hvm->cpl(v)) {
        regs->rax = (uint64_t)-EPERM;
        regs->rip = next;
    } else if (in_64bit_code(v)) {
        hypercall64(v, regs, next);
    } else {
        hypercall32(v, regs, next);
    }
}
