/* SPDX-License-Identifier: MIT */
/* Privileged instructions of PV kernels, after the #GP they cause in ring 3, and the forced
 * emulation prefix.  Encodings: AMD64 manual volume 3. */
#include <asm/emulate.h>
#include <asm/entry.h>
#include <asm/insn.h>
#include <asm/msi.h>
#include <asm/processor.h>
#include <asm/pv_mm.h>
#include <hv/guest_access.h>
#include <hv/rangeset.h>
#include <hv/string.h>

/* --- I/O ports ---------------------------------------------------------------------------------------- */

/* Would the guest's own privileges let the access through: IOPL, or the bitmap for its user mode? */
static bool privileged_for_port(struct vcpu *v, unsigned int port, unsigned int bytes)
{
    uint8_t map[2] = {0xff, 0xff};

    if (v->arch.iopl >= (v->arch.kernel_mode ? 1 : 3))
        return true;
    if (!v->arch.iobmp_guest || port + bytes > v->arch.iobmp_limit)
        return false;
    if (copy_from_guest_va(map, v->arch.iobmp_guest + port / 8,
                           (port + bytes - 1) / 8 - port / 8 + 1))
        return false;
    return ((map[0] | map[1] << 8) >> (port % 8) & ((1u << bytes) - 1)) == 0;
}

/* PCI configuration by its two ports: the address register is the domain's own, so that nobody's
 * accesses mix.  false: not that. */
static bool pci_config(struct domain *d, unsigned int port, unsigned int bytes, bool out,
                       uint32_t *val)
{
    uint32_t address = d->arch.pci_address;
    unsigned int reg = (address & 0xfc) + (port & 3);
    uint16_t bdf = (uint16_t)(address >> 8);

    if (!d->is_privileged || port < 0xcf8 || port + bytes > 0xd00)
        return false;
    if (port == 0xcf8 && bytes == 4) {
        if (out)
            d->arch.pci_address = *val;
        else
            *val = address;
    } else if (port < 0xcfc || !(address >> 31)) {
        if (!out)
            *val = ~0u;
    } else if (out) {
        pci_conf_write(0, bdf, reg, bytes, *val);
    } else {
        *val = pci_conf_read(0, bdf, reg, bytes);
    }
    return true;
}

static bool has_port(const struct domain *d, unsigned int port, unsigned int bytes)
{
    return rangeset_contains(d->arch.ioport_caps, port, port + bytes - 1);
}

/* false: the instruction faults.  Ports that are not the domain's are as if nothing were there. */
static bool do_in_out(struct vcpu *v, struct cpu_user_regs *regs, unsigned int port,
                      unsigned int bytes, bool out)
{
    uint64_t mask = bytes == 1 ? 0xff : bytes == 2 ? 0xffff : 0xffffffff;
    uint32_t val = out ? (uint32_t)(regs->rax & mask) : (uint32_t)mask;

    if (!privileged_for_port(v, port, bytes))
        return false;
    if (v->arch.kernel_mode && pci_config(v->domain, port, bytes, out, &val))
        ;
    else if (!has_port(v->domain, port, bytes))
        ;
    else if (out)
        port_out((uint16_t)port, bytes, val);
    else
        val = port_in((uint16_t)port, bytes);
    if (!out)
        regs->rax = bytes == 4 ? val : (regs->rax & ~mask) | (val & mask);
    return true;
}

static bool do_string(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in,
                      unsigned int bytes, bool out)
{
    bool rep = in->rep || in->repne;
    unsigned int port = regs->rdx & 0xffff;
    int64_t step = regs->rflags & X86_EFLAGS_DF ? -(int64_t)bytes : (int64_t)bytes;
    uint64_t *ptr = out ? &regs->rsi : &regs->rdi;

    if (!privileged_for_port(v, port, bytes) || !has_port(v->domain, port, bytes))
        return false;
    while (!rep || regs->rcx) {
        uint32_t val = 0;
        int rc;

        if (out) {
            rc = copy_from_guest_va(&val, *ptr, bytes);
            if (!rc)
                port_out((uint16_t)port, bytes, val);
        } else {
            /* Find out whether it can be written before the device gives it away. */
            rc = copy_from_guest_va(&val, *ptr, bytes);
            if (!rc) {
                val = port_in((uint16_t)port, bytes);
                rc = copy_to_guest_va(*ptr, &val, bytes);
            }
        }
        if (rc) {
            pv_inject_pf(regs, *ptr, out ? 0 : PFEC_write);
            return true;
        }
        *ptr += (uint64_t)step;
        if (!rep)
            break;
        regs->rcx--;
        if (regs->rcx && softirq_pending_here())
            return true; /* rip stays: go on after that */
    }
    regs->rip += in->length;
    return true;
}

static bool emulate_io(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
    unsigned int bytes = min((unsigned int)in->op_size, 4u), port;
    bool out = in->opcode & 2;

    switch (in->opcode) {
    case 0x6c ... 0x6f:
        return do_string(v, regs, in, bytes, out);
    case 0xe4 ... 0xe7:
        port = in->imm & 0xff;
        break;
    case 0xec ... 0xef:
        port = regs->rdx & 0xffff;
        break;
    default:
        return false;
    }
    if (!do_in_out(v, regs, port, bytes, out))
        return false;
    regs->rip += in->length;
    return true;
}

/* --- control registers and the rest ---------------------------------------------------------------------- */

/* What CR4 shows a guest whatever it writes. */
#define GUEST_CR4_ALWAYS (X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT)

static bool read_cr(struct vcpu *v, unsigned int cr, uint64_t *val)
{
    switch (cr) {
    case 0:
        *val = (read_cr0() & ~X86_CR0_TS) | (v->arch.ctrlreg[0] & X86_CR0_TS);
        return true;
    case 2:
        *val = v->arch.ctrlreg[2];
        return true;
    case 3:
        *val = v->arch.mm.kernel_l4.v << PAGE_SHIFT;
        return true;
    case 4:
        *val = v->arch.ctrlreg[4] | GUEST_CR4_ALWAYS;
        return true;
    default:
        return false;
    }
}

static bool write_cr(struct vcpu *v, unsigned int cr, uint64_t val)
{
    switch (cr) {
    case 0:
        /* Only TS is the guest's. */
        v->arch.ctrlreg[0] = (v->arch.ctrlreg[0] & ~X86_CR0_TS) | (val & X86_CR0_TS);
        if (val & X86_CR0_TS)
            stts();
        else
            clts();
        return true;
    case 2:
        v->arch.ctrlreg[2] = val;
        v->vcpu_info->arch.cr2 = val;
        return true;
    case 4:
        v->arch.ctrlreg[4] = val;
        return true;
    default:
        return false;
    }
}

static bool mov_special(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
    unsigned int number = in->reg;
    unsigned long *reg = insn_gpr(regs, in->rm);

    switch (in->opcode) {
    case 0x0f20:
        return read_cr(v, number, reg);
    case 0x0f22:
        return write_cr(v, number, *reg);
    case 0x0f21:
        if (number < 8)
            *reg = v->arch.debugreg[number == 4 ? 6 : number == 5 ? 7 : number];
        return number < 8;
    default:
        return number < 8 && pv_set_debugreg(v, number, *reg) == 0;
    }
}

static void set_edx_eax(struct cpu_user_regs *regs, uint64_t val)
{
    regs->rax = (uint32_t)val;
    regs->rdx = val >> 32;
}

static uint64_t edx_eax(const struct cpu_user_regs *regs)
{
    return (uint32_t)regs->rax | regs->rdx << 32;
}

static bool read_msr(struct vcpu *v, struct cpu_user_regs *regs)
{
    uint64_t val;

    if (pv_rdmsr(v, (uint32_t)regs->rcx, &val))
        return false;
    set_edx_eax(regs, val);
    return true;
}

static void set_cpuid(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct cpuid_regs r;

    pv_cpuid(v, (uint32_t)regs->rax, (uint32_t)regs->rcx, &r);
    regs->rax = r.a;
    regs->rbx = r.b;
    regs->rcx = r.c;
    regs->rdx = r.d;
}

static bool is_xsetbv(const struct insn *in)
{
    return in->mod == 3 && (in->reg & 7) == 2 && (in->rm & 7) == 1;
}

/* What a guest's kernel may do; false: it faults. */
static bool emulate_in_kernel(struct vcpu *v, struct cpu_user_regs *regs, const struct insn *in)
{
    switch (in->opcode) {
    case 0xfa: /* cli */
    case 0xfb: /* sti */
        v->vcpu_info->evtchn_upcall_mask = in->opcode == 0xfa;
        return true;
    case 0x0f20 ... 0x0f23:
        return mov_special(v, regs, in);
    case 0x0f30:
        return pv_wrmsr(v, (uint32_t)regs->rcx, edx_eax(regs)) == 0;
    case 0x0f32:
        return read_msr(v, regs);
    case 0x0f31: /* rdtsc, with the guest's own TSD set */
        set_edx_eax(regs, rdtsc());
        return true;
    case 0x0fa2:
        set_cpuid(v, regs);
        return true;
    case 0x0f06:
        v->arch.ctrlreg[0] &= ~X86_CR0_TS;
        clts();
        return true;
    case 0x0f08: /* invd, wbinvd: caches are nobody's but the hardware domain's to flush */
    case 0x0f09:
        if (v->domain->is_privileged)
            wbinvd();
        return true;
    case 0x0f01:
        return is_xsetbv(in) && (uint32_t)regs->rcx == 0 && !pv_set_xcr0(v, edx_eax(regs));
    default:
        return false;
    }
}

bool pv_emulate_privileged(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    struct insn in;

    if (!pv_decode(regs, &in))
        return false;
    if (emulate_io(v, regs, &in))
        return true;
    if (!v->arch.kernel_mode || !emulate_in_kernel(v, regs, &in))
        return false;
    regs->rip += in.length;
    return true;
}

bool pv_emulate_forced(struct cpu_user_regs *regs)
{
    static const uint8_t prefix_cpuid[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
    struct vcpu *v = current;
    uint8_t code[sizeof(prefix_cpuid)];

    if (copy_from_guest_va(code, regs->rip, sizeof(code)) ||
        memcmp(code, prefix_cpuid, sizeof(code)))
        return false;
    set_cpuid(v, regs);
    regs->rip += sizeof(code);
    return true;
}
