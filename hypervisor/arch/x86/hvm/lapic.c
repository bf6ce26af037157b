/* SPDX-License-Identifier: MIT */
/* The local APIC of a container's vCPU: AMD64 manual volume 2, chapter 16; for x2APIC and the TSC's
 * deadline Intel's volume 3, chapter 11.
 *
 * Other CPUs set bits in IRR; everything else is touched by the vCPU itself, or while it does not run.
 * Bits 7 to 4 of TPR are the processor's, which changes them without an exit (CR8). */
#include <asm/apic.h>
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <hv/errno.h>
#include <hv/string.h>

#define APIC_APR      0x090
#define APIC_PPR      0x0a0
#define APIC_RRD      0x0c0
#define APIC_TMR      0x180
#define APIC_SELF_IPI 0x3f0

#define VERSION           0x00050014u /* six LVT entries */
#define SPIV_ENABLE       0x100u
#define LVT_MODE          0x60000u
#define LVT_PERIODIC      0x20000u
#define LVT_DEADLINE      0x40000u
#define DM_LOWEST         0x100u
#define DM_MASK           0x700u
#define ICR_LOGICAL       0x800u
#define ICR_LEVEL_TRIGGER 0x8000u
#define SHORTHAND(icr)    ((icr) >> 18 & 3)
#define SHORTHAND_SELF    1
#define SHORTHAND_OTHERS  3

#define MIN_PERIOD MICROSECS(100) /* of the timer: it costs the host as much as the guest */

static struct lapic *lapic_of(const struct vcpu *v)
{
    return &v->arch.hvm->lapic;
}

static uint32_t *reg(struct lapic *l, unsigned int offset)
{
    return &l->regs[offset / 4];
}

uint32_t lapic_id(const struct vcpu *v)
{
    return v->id * 2; /* as CPUID and the tools' ACPI tables have it */
}

bool lapic_enabled(const struct vcpu *v)
{
    struct lapic *l = lapic_of(v);

    return (l->base_msr & APIC_BASE_ENABLE) && (*reg(l, APIC_SPIV) & SPIV_ENABLE);
}

/* --- IRR, ISR: 256 bits in eight registers ------------------------------------------------------------ */
static uint32_t *word_of(struct lapic *l, unsigned int base, uint8_t vector)
{
    return reg(l, base + (vector / 32) * 0x10);
}

static unsigned int highest(struct lapic *l, unsigned int base)
{
    for (int i = 7; i >= 0; i--) {
        uint32_t w = read_atomic(reg(l, base + (unsigned int)i * 0x10));

        if (w)
            return (unsigned int)i * 32 + 31 - (unsigned int)__builtin_clz(w);
    }
    return 0;
}

static uint8_t tpr_of(const struct vcpu *v)
{
    struct lapic *l = lapic_of(v);
    uint8_t live = hvm->get_tpr(v);

    if (*reg(l, APIC_TPR) >> 4 != live >> 4)
        *reg(l, APIC_TPR) = live;
    return (uint8_t)*reg(l, APIC_TPR);
}

static uint32_t ppr_of(const struct vcpu *v)
{
    unsigned int tpr = tpr_of(v), isr = highest(lapic_of(v), APIC_ISR);

    return tpr >> 4 >= isr >> 4 ? tpr : isr & 0xf0;
}

void lapic_set_irq(struct vcpu *v, uint8_t vector)
{
    if (vector < 16)
        return;
    __atomic_or_fetch(word_of(lapic_of(v), APIC_IRR, vector), 1u << vector % 32, __ATOMIC_SEQ_CST);
    vcpu_unblock(v);
    hvm_kick(v);
}

uint8_t lapic_next(const struct vcpu *v)
{
    struct lapic *l = lapic_of(v);
    unsigned int irr = highest(l, APIC_IRR);

    if (irr < 16 || !lapic_enabled(v) || irr >> 4 <= highest(l, APIC_ISR) >> 4)
        return 0;
    return (uint8_t)irr;
}

bool lapic_has_interrupt(const struct vcpu *v)
{
    uint8_t vector = lapic_next(v);

    return vector && vector >> 4 > tpr_of(v) >> 4;
}

void lapic_accept(struct vcpu *v, uint8_t vector)
{
    struct lapic *l = lapic_of(v);

    __atomic_and_fetch(word_of(l, APIC_IRR, vector), ~(1u << vector % 32), __ATOMIC_SEQ_CST);
    *word_of(l, APIC_ISR, vector) |= 1u << vector % 32;
}

static void end_of_interrupt(struct lapic *l)
{
    unsigned int vector = highest(l, APIC_ISR);

    *word_of(l, APIC_ISR, (uint8_t)vector) &= ~(1u << vector % 32);
}

/* --- the timer ------------------------------------------------------------------------------------------- */
static s_time_t tick_ns(struct lapic *l)
{
    unsigned int d = *reg(l, APIC_TDCR), shift = ((d & 3) | (d >> 1 & 4)) + 1;

    return LAPIC_BUS_NS << (shift & 7); /* 111: undivided */
}

static bool timer_mode_is(struct lapic *l, uint32_t mode)
{
    return (*reg(l, APIC_LVT_TIMER) & LVT_MODE) == mode;
}

static uint32_t current_count(struct lapic *l)
{
    uint64_t initial = *reg(l, APIC_TMICT), gone;

    if (!l->timer_period)
        return 0;
    gone = (uint64_t)((now() - l->timer_start) / tick_ns(l));
    if (timer_mode_is(l, LVT_PERIODIC))
        return (uint32_t)(initial - gone % initial);
    return gone < initial ? (uint32_t)(initial - gone) : 0;
}

static void stop_timer(struct lapic *l)
{
    timer_stop(&l->timer);
    write_atomic(&l->timer_period, 0);
    l->tsc_deadline = 0;
}

static void timer_fn(void *data)
{
    struct vcpu *v = data;
    struct lapic *l = lapic_of(v);
    s_time_t t = now(), period = read_atomic(&l->timer_period); /* 0 at any time, by stop_timer() */

    if (timer_mode_is(l, LVT_DEADLINE)) {
        l->tsc_deadline = 0;
    } else if (timer_mode_is(l, LVT_PERIODIC) && period) {
        /* Ticks that were missed are not made up for. */
        l->timer_start += (t - l->timer_start) / period * period;
        timer_set(&l->timer, max(l->timer_start + period, t + MIN_PERIOD));
    }
    if (!(*reg(l, APIC_LVT_TIMER) & APIC_MASKED))
        lapic_set_irq(v, (uint8_t)*reg(l, APIC_LVT_TIMER));
}

static void start_count(struct lapic *l, uint32_t count)
{
    stop_timer(l);
    *reg(l, APIC_TMICT) = count;
    if (!count || timer_mode_is(l, LVT_DEADLINE))
        return;
    l->timer_start = now();
    l->timer_period = count * tick_ns(l);
    timer_set(&l->timer, l->timer_start + l->timer_period);
}

static void start_deadline(struct vcpu *v, uint64_t deadline)
{
    struct lapic *l = lapic_of(v);
    uint64_t tsc = hvm_get_tsc(v);
    s_time_t wait = 0;

    stop_timer(l);
    l->tsc_deadline = deadline;
    if (!deadline)
        return;
    if (deadline > tsc)
        wait = (s_time_t)min(tsc_scale_apply(min(deadline - tsc, 1UL << 52), tsc_scale),
                             (uint64_t)SECONDS(86400 * 30));
    timer_set(&l->timer, now() + wait);
}

void lapic_tsc_moved(struct vcpu *v)
{
    if (lapic_of(v)->tsc_deadline)
        start_deadline(v, lapic_of(v)->tsc_deadline);
}

/* Counting goes on as the mode says; leaving or entering deadline mode disarms. */
static void write_lvt_timer(struct vcpu *v, uint32_t val)
{
    struct lapic *l = lapic_of(v);
    uint32_t old = *reg(l, APIC_LVT_TIMER);

    *reg(l, APIC_LVT_TIMER) = val & (LVT_MODE | APIC_MASKED | 0xff);
    if (((old ^ val) & LVT_MODE) && ((old | val) & LVT_DEADLINE))
        stop_timer(l);
    else if (((old ^ val) & LVT_MODE) && l->timer_period)
        start_count(l, current_count(l));
}

/* --- interprocessor interrupts ----------------------------------------------------------------------------- */
static bool matches_logical(const struct vcpu *t, uint32_t dest)
{
    struct lapic *l = lapic_of(t);
    uint32_t ldr = *reg(l, APIC_LDR), id = ldr >> 24;

    if (lapic_is_x2apic(l))
        return dest >> 16 == ldr >> 16 && (dest & ldr & 0xffff);
    if (*reg(l, APIC_DFR) >> 28 == 0xf)
        return dest & id & 0xff;
    return (dest >> 4 == 0xf || (dest >> 4 & 0xf) == id >> 4) && (dest & id & 0xf);
}

static bool matches(struct vcpu *from, struct vcpu *t, uint32_t icr, uint32_t dest)
{
    switch (SHORTHAND(icr)) {
    case SHORTHAND_SELF:
        return t == from;
    case SHORTHAND_OTHERS:
        return t != from;
    case 0:
        if (dest == (lapic_is_x2apic(lapic_of(from)) ? ~0u : 0xff))
            return true;
        return icr & ICR_LOGICAL ? matches_logical(t, dest) : dest == lapic_id(t);
    default:
        return true;
    }
}

static void send_init(struct vcpu *t)
{
    write_atomic(&t->arch.hvm->sipi, 0);
    write_atomic(&t->arch.hvm->init_pending, true);
    hvm_wake_down(t);
}

static void send_startup(struct vcpu *t, uint8_t vector)
{
    write_atomic(&t->arch.hvm->sipi, (uint16_t)(0x100 | vector));
    smp_mb();
    if (read_atomic(&t->arch.hvm->wait_for_sipi))
        hvm_wake_down(t);
}

static void deliver(struct vcpu *t, uint32_t icr)
{
    switch (icr & DM_MASK) {
    case APIC_DM_FIXED:
    case DM_LOWEST:
        lapic_set_irq(t, (uint8_t)icr);
        break;
    case APIC_DM_NMI:
        hvm_send_nmi(t);
        break;
    case APIC_DM_INIT:
        if ((icr & APIC_ASSERT) || !(icr & ICR_LEVEL_TRIGGER))
            send_init(t);
        break;
    case APIC_DM_STARTUP:
        send_startup(t, (uint8_t)icr);
        break;
    default:
        break;
    }
}

static void send_ipi(struct vcpu *from, uint32_t icr, uint32_t dest)
{
    bool start = (icr & DM_MASK) == APIC_DM_INIT || (icr & DM_MASK) == APIC_DM_STARTUP;
    struct vcpu *t;

    for_each_vcpu (from->domain, t) {
        if (!matches(from, t, icr, dest) || (start && t == from))
            continue;
        if ((icr & DM_MASK) <= DM_LOWEST && !lapic_enabled(t))
            continue;
        deliver(t, icr);
        if ((icr & DM_MASK) == DM_LOWEST)
            return;
    }
}

/* --- registers --------------------------------------------------------------------------------------------- */
static bool is_register(unsigned int offset)
{
    switch (offset) {
    case APIC_ID:
    case APIC_VERSION:
    case APIC_TPR:
    case APIC_APR:
    case APIC_PPR:
    case APIC_RRD:
    case APIC_LDR:
    case APIC_DFR:
    case APIC_SPIV:
    case APIC_ISR ... APIC_ESR:
    case APIC_ICR ... APIC_TMCCT:
    case APIC_TDCR:
        return true;
    default:
        return false;
    }
}

uint32_t lapic_read(struct vcpu *v, unsigned int offset)
{
    struct lapic *l = lapic_of(v);

    switch (offset) {
    case APIC_TPR:
        return tpr_of(v);
    case APIC_PPR:
        return ppr_of(v);
    case APIC_TMCCT:
        return current_count(l);
    default:
        return is_register(offset) ? read_atomic(reg(l, offset)) : 0;
    }
}

static void set_enabled(struct vcpu *v, uint32_t spiv)
{
    struct lapic *l = lapic_of(v);

    *reg(l, APIC_SPIV) = spiv & 0x3ff;
    if (spiv & SPIV_ENABLE)
        return;
    for (unsigned int r = APIC_LVT_TIMER; r <= APIC_LVT_ERROR; r += 0x10)
        *reg(l, r) |= APIC_MASKED;
}

void lapic_write(struct vcpu *v, unsigned int offset, uint32_t val)
{
    struct lapic *l = lapic_of(v);

    switch (offset) {
    case APIC_TPR:
        *reg(l, APIC_TPR) = val & 0xff;
        hvm->set_tpr(v, (uint8_t)val);
        break;
    case APIC_EOI:
        end_of_interrupt(l);
        break;
    case APIC_LDR:
        *reg(l, APIC_LDR) = val & 0xff000000;
        break;
    case APIC_DFR:
        *reg(l, APIC_DFR) = val | 0x0fffffff;
        break;
    case APIC_SPIV:
        set_enabled(v, val);
        break;
    case APIC_ESR:
        *reg(l, APIC_ESR) = 0;
        break;
    case APIC_ICR:
        *reg(l, APIC_ICR) = val & ~APIC_ICR_BUSY;
        send_ipi(v, val, *reg(l, APIC_ICR_HIGH) >> 24);
        break;
    case APIC_ICR_HIGH:
        *reg(l, APIC_ICR_HIGH) = val & 0xff000000;
        break;
    case APIC_LVT_TIMER:
        write_lvt_timer(v, val | (lapic_enabled(v) ? 0 : APIC_MASKED));
        break;
    case APIC_LVT_THERM ... APIC_LVT_ERROR:
        *reg(l, offset) = (val & 0x1a7ff) | (lapic_enabled(v) ? 0 : APIC_MASKED);
        break;
    case APIC_TMICT:
        start_count(l, val);
        break;
    case APIC_TDCR:
        val &= 0xb;
        if (val == *reg(l, APIC_TDCR))
            break;
        *reg(l, APIC_TDCR) = val;
        if (l->timer_period)
            start_count(l, *reg(l, APIC_TMICT));
        break;
    default:
        break;
    }
}

/* --- MSRs ----------------------------------------------------------------------------------------------------- */
int lapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    struct lapic *l = lapic_of(v);
    unsigned int offset = (msr - MSR_X2APIC_BASE) * 16;

    if (msr == MSR_TSC_DEADLINE) {
        *val = timer_mode_is(l, LVT_DEADLINE) ? l->tsc_deadline : 0;
        return 0;
    }
    if (!lapic_is_x2apic(l) || !is_register(offset) || offset == APIC_APR || offset == APIC_RRD ||
        offset == APIC_DFR || offset == APIC_ICR_HIGH)
        return -EFAULT;
    *val = lapic_read(v, offset);
    if (offset == APIC_ICR)
        *val |= (uint64_t)*reg(l, APIC_ICR_HIGH) << 32;
    return 0;
}

/* Bits that x2APIC mode lets be written; 0: no such register, or only to read. */
static uint64_t writable_bits(unsigned int offset)
{
    switch (offset) {
    case APIC_TPR:
    case APIC_SELF_IPI:
        return 0xff;
    case APIC_SPIV:
        return 0x3ff;
    case APIC_ICR:
        return 0xffffffff000ccfffUL;
    case APIC_LVT_TIMER:
        return LVT_MODE | APIC_MASKED | 0x10ff;
    case APIC_LVT_THERM ... APIC_LVT_ERROR:
        return 0x1f7ff;
    case APIC_TMICT:
        return 0xffffffff;
    case APIC_TDCR:
        return 0xb;
    default:
        return 0;
    }
}

int lapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    struct lapic *l = lapic_of(v);
    unsigned int offset = (msr - MSR_X2APIC_BASE) * 16;

    if (msr == MSR_TSC_DEADLINE) {
        if (timer_mode_is(l, LVT_DEADLINE))
            start_deadline(v, val);
        return 0;
    }
    if (!lapic_is_x2apic(l))
        return -EFAULT;
    if (offset == APIC_EOI || offset == APIC_ESR) {
        if (val)
            return -EFAULT;
    } else if (!writable_bits(offset) || (val & ~writable_bits(offset))) {
        return -EFAULT;
    }
    if (offset == APIC_ICR) {
        *reg(l, APIC_ICR) = (uint32_t)val;
        *reg(l, APIC_ICR_HIGH) = (uint32_t)(val >> 32);
        send_ipi(v, (uint32_t)val, (uint32_t)(val >> 32));
    } else if (offset == APIC_SELF_IPI) {
        if (lapic_enabled(v))
            lapic_set_irq(v, (uint8_t)val);
    } else {
        lapic_write(v, offset, (uint32_t)val);
    }
    return 0;
}

static void set_identity(struct vcpu *v)
{
    struct lapic *l = lapic_of(v);
    uint32_t id = lapic_id(v);

    *reg(l, APIC_VERSION) = VERSION;
    if (lapic_is_x2apic(l)) {
        *reg(l, APIC_ID) = id;
        *reg(l, APIC_LDR) = id >> 4 << 16 | 1u << (id & 15);
    } else {
        *reg(l, APIC_ID) = id << 24;
    }
}

/* Off to xAPIC to x2APIC to off; the page stays where it is. */
int lapic_set_base(struct vcpu *v, uint64_t val)
{
    struct lapic *l = lapic_of(v);
    const uint64_t mode = APIC_BASE_ENABLE | APIC_BASE_X2APIC;
    uint64_t was = l->base_msr & mode, wanted = val & mode;

    if ((val & ~(mode | APIC_BASE_BSP)) != LAPIC_DEFAULT_BASE || wanted == APIC_BASE_X2APIC ||
        (was == mode && wanted == APIC_BASE_ENABLE) || (!was && wanted == mode))
        return -EFAULT;
    if (was == wanted)
        return 0;
    l->base_msr = (l->base_msr & ~mode) | wanted;
    if (!wanted)
        lapic_reset(v);
    set_identity(v);
    return 0;
}

/* --- life ----------------------------------------------------------------------------------------------------- */
void lapic_reset(struct vcpu *v)
{
    struct lapic *l = lapic_of(v);

    stop_timer(l);
    memset(l->regs, 0, sizeof(l->regs));
    set_identity(v);
    *reg(l, APIC_SPIV) = 0xff;
    *reg(l, APIC_DFR) = ~0u;
    for (unsigned int r = APIC_LVT_TIMER; r <= APIC_LVT_ERROR; r += 0x10)
        *reg(l, r) = APIC_MASKED;
    hvm->set_tpr(v, 0);
    hvm_event_notify(v); /* whose request may have gone with the rest */
}

void lapic_init(struct vcpu *v)
{
    struct lapic *l = lapic_of(v);

    timer_init(&l->timer, timer_fn, v, v->processor);
    l->base_msr = LAPIC_DEFAULT_BASE | APIC_BASE_ENABLE | (v->id == 0 ? APIC_BASE_BSP : 0);
    lapic_reset(v);
}

void lapic_destroy(struct vcpu *v)
{
    timer_kill(&lapic_of(v)->timer);
}

void lapic_save_live(struct vcpu *v, uint32_t *regs)
{
    regs[APIC_TPR / 4] = tpr_of(v);
    regs[APIC_PPR / 4] = ppr_of(v);
    regs[APIC_TMCCT / 4] = current_count(lapic_of(v));
}

uint32_t lapic_timer_divisor(const struct vcpu *v)
{
    return (uint32_t)(tick_ns(lapic_of(v)) / LAPIC_BUS_NS);
}

/* The registers have come from elsewhere: the timer goes on from what they say. */
void lapic_restore(struct vcpu *v)
{
    struct lapic *l = lapic_of(v);
    uint32_t initial = *reg(l, APIC_TMICT), left = *reg(l, APIC_TMCCT);
    uint64_t deadline = l->tsc_deadline;

    set_identity(v);
    hvm->set_tpr(v, (uint8_t)*reg(l, APIC_TPR));
    stop_timer(l);
    if (timer_mode_is(l, LVT_DEADLINE)) {
        start_deadline(v, deadline);
    } else if (initial && left && left <= initial) {
        l->timer_period = initial * tick_ns(l);
        l->timer_start = now() - (initial - left) * tick_ns(l);
        timer_set(&l->timer, l->timer_start + l->timer_period);
    }
}
