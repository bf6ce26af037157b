/* SPDX-License-Identifier: MIT */
#include <asm/cpufeature.h>
#include <asm/fpu.h>
#include <asm/processor.h>
#include <hv/errno.h>
#include <hv/hypercall.h>
#include <hv/string.h>

#define FXSAVE_SIZE   512
#define XSTATE_HEADER 64  /* behind the legacy part: xstate_bv, xcomp_bv */
#define XSTATE_LEGACY 3UL /* x87 and SSE */

struct fpu_area {
    uint8_t legacy[FXSAVE_SIZE];
    uint64_t xstate_bv, xcomp_bv, reserved[6];
};

static unsigned int area_order(void)
{
    return order_of_size(max((size_t)boot_cpu.xsave_size, sizeof(struct fpu_area)));
}

int fpu_vcpu_create(struct vcpu *v)
{
    /* Whole pages: XSAVE wants 64-byte alignment. */
    v->arch.fpu = alloc_xenheap_pages(area_order(), 0);
    if (!v->arch.fpu)
        return -ENOMEM;
    fpu_reset(v);
    return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
    free_xenheap_pages(v->arch.fpu, area_order());
    v->arch.fpu = NULL;
}

void fpu_reset(struct vcpu *v)
{
    struct fpu_area *f = v->arch.fpu;

    memset(f, 0, PAGE_SIZE << area_order());
    f->legacy[0] = 0x7f; /* FCW 0x037f */
    f->legacy[1] = 0x03;
    f->legacy[24] = 0x80; /* MXCSR 0x1f80 */
    f->legacy[25] = 0x1f;
    f->xstate_bv = XSTATE_LEGACY;
    v->arch.xcr0 = XSTATE_LEGACY;
}

void fpu_save(struct vcpu *v)
{
    clts();
    if (cpu_has_xsave) {
        xsetbv(0, boot_cpu.xcr0_mask);
        __asm__ volatile("xsave64 %0"
                         : "+m"(*v->arch.fpu)
                         : "a"((uint32_t)boot_cpu.xcr0_mask),
                           "d"((uint32_t)(boot_cpu.xcr0_mask >> 32))
                         : "memory");
    } else {
        __asm__ volatile("fxsave64 %0" : "=m"(*v->arch.fpu));
    }
}

/* AMD's FXRSTOR and XRSTOR leave the x87's last instruction and operand addresses alone when no
 * exception is pending in what they load (AMD64 manual volume 5, FXRSTOR): the one before would
 * show through.  Any x87 instruction with an operand replaces them. */
static void forget_x87_pointers(const struct vcpu *v)
{
    static const uint32_t zero;
    const uint8_t fsw_es = 0x80;

    if (boot_cpu.vendor == VENDOR_INTEL || (v->arch.fpu->legacy[2] & fsw_es))
        return;
    __asm__ volatile("fnclex; emms; fildl %0" ::"m"(zero));
}

void fpu_load(struct vcpu *v)
{
    clts();
    forget_x87_pointers(v);
    if (cpu_has_xsave) {
        xsetbv(0, boot_cpu.xcr0_mask);
        __asm__ volatile("xrstor64 %0" ::"m"(*v->arch.fpu), "a"((uint32_t)boot_cpu.xcr0_mask),
                         "d"((uint32_t)(boot_cpu.xcr0_mask >> 32))
                         : "memory");
        xsetbv(0, v->arch.xcr0);
    } else {
        __asm__ volatile("fxrstor64 %0" ::"m"(*v->arch.fpu));
    }
    if (v->arch.ctrlreg[0] & X86_CR0_TS)
        stts();
}

bool xcr0_valid(uint64_t val, uint64_t allowed)
{
    const uint64_t avx512 = 7UL << 5;

    if ((val & ~allowed) || !(val & 1) || ((val & 4) && !(val & 2)))
        return false;
    return !(val & avx512) || (val & (avx512 | 4)) == (avx512 | 4);
}

void fpu_set_legacy(struct vcpu *v, const void *fxsave)
{
    memcpy(v->arch.fpu->legacy, fxsave, FXSAVE_SIZE);
    v->arch.fpu->legacy[26] = v->arch.fpu->legacy[27] = 0; /* MXCSR's reserved bits would fault */
    v->arch.fpu->legacy[30] = v->arch.fpu->legacy[31] = 0;
    memset(&v->arch.fpu->xstate_bv, 0, XSTATE_HEADER);
    v->arch.fpu->xstate_bv = XSTATE_LEGACY;
}

void fpu_get_legacy(const struct vcpu *v, void *fxsave)
{
    memcpy(fxsave, v->arch.fpu->legacy, FXSAVE_SIZE);
}

/* fpu_taskswitch(set): CR0.TS as the guest sees it. */
long do_fpu_taskswitch(struct hypercall_args *a)
{
    struct vcpu *v = current;

    if (a->a[0]) {
        v->arch.ctrlreg[0] |= X86_CR0_TS;
        stts();
    } else {
        v->arch.ctrlreg[0] &= ~X86_CR0_TS;
        clts();
    }
    return 0;
}
