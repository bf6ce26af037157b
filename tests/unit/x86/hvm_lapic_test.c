/* SPDX-License-Identifier: MIT */
/* A container's local APIC: priorities, interprocessor interrupts, the timer, both modes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <asm/apic.h>
#include <asm/hvm.h>
#include <asm/msr.h>
#include <asm/time.h>
#include <hv/domain.h>
#include <hv/errno.h>

#define NR_VCPUS 4

/* --- the machine ---------------------------------------------------------------------------------------- */
static struct vcpu vcpus[NR_VCPUS];
static struct hvm_vcpu states[NR_VCPUS];
static struct vcpu *table[NR_VCPUS];
static struct domain dom = {.max_vcpus = NR_VCPUS, .vcpu = table};
static uint8_t tpr[NR_VCPUS];
static unsigned int unblocked[NR_VCPUS], nmis[NR_VCPUS], woken[NR_VCPUS];
static s_time_t time_ns;
struct tsc_scale tsc_scale = {0x80000000u, 1}; /* one tick, one nanosecond */

s_time_t now(void)
{
    return time_ns;
}
uint64_t hvm_get_tsc(const struct vcpu *v)
{
    return (uint64_t)time_ns + 1000;
}
void timer_init(struct timer *t, void (*fn)(void *), void *data, unsigned int cpu)
{
    *t = (struct timer){.fn = fn, .data = data};
}
void timer_set(struct timer *t, s_time_t expires)
{
    t->active = true;
    t->expires = expires;
}
void timer_stop(struct timer *t)
{
    t->active = false;
}
void timer_kill(struct timer *t)
{
    t->active = false;
}
void vcpu_unblock(struct vcpu *v)
{
    unblocked[v->id]++;
}
void hvm_kick(struct vcpu *v)
{
}
void hvm_send_nmi(struct vcpu *v)
{
    nmis[v->id]++;
}
void hvm_event_notify(struct vcpu *v)
{
    if (v->arch.hvm->upcall_vector)
        lapic_set_irq(v, v->arch.hvm->upcall_vector);
}
void hvm_wake_down(struct vcpu *v)
{
    woken[v->id]++;
}
static void set_tpr(struct vcpu *v, uint8_t val)
{
    tpr[v->id] = val & 0xf0;
}
static uint8_t get_tpr(const struct vcpu *v)
{
    return tpr[v->id];
}
static const struct hvm_vendor vendor = {.set_tpr = set_tpr, .get_tpr = get_tpr};
const struct hvm_vendor *hvm = &vendor;

/* Time passes; the timer of v fires as often as it is due. */
static unsigned int pass(struct vcpu *v, s_time_t ns)
{
    struct timer *t = &v->arch.hvm->lapic.timer;
    s_time_t end = time_ns + ns;
    unsigned int fired = 0;

    while (t->active && t->expires <= end) {
        time_ns = t->expires;
        t->active = false;
        t->fn(t->data);
        fired++;
    }
    time_ns = end;
    return fired;
}

static int setup(void **state)
{
    memset(states, 0, sizeof(states));
    memset(tpr, 0, sizeof(tpr));
    memset(nmis, 0, sizeof(nmis));
    memset(woken, 0, sizeof(woken));
    memset(unblocked, 0, sizeof(unblocked));
    for (unsigned int i = 0; i < NR_VCPUS; i++) {
        vcpus[i] = (struct vcpu){.id = i, .domain = &dom};
        vcpus[i].arch.hvm = &states[i];
        table[i] = &vcpus[i];
        lapic_init(&vcpus[i]);
        lapic_write(&vcpus[i], APIC_SPIV, 0x1ff);
    }
    return 0;
}

static struct vcpu *const v0 = &vcpus[0], *const v1 = &vcpus[1];

static void send(struct vcpu *from, uint32_t dest, uint32_t low)
{
    lapic_write(from, APIC_ICR_HIGH, dest << 24);
    lapic_write(from, APIC_ICR, low);
}

static bool requested(struct vcpu *v, uint8_t vector)
{
    return lapic_read(v, APIC_IRR + vector / 32 * 0x10) >> vector % 32 & 1;
}

static void to_x2apic(struct vcpu *v)
{
    assert_int_equal(lapic_set_base(v, v->arch.hvm->lapic.base_msr | APIC_BASE_X2APIC), 0);
}

/* --- priorities --------------------------------------------------------------------------------------------- */
static void the_highest_comes_first(void **state)
{
    lapic_set_irq(v0, 0x31);
    lapic_set_irq(v0, 0xf0);
    lapic_set_irq(v0, 0x80);
    assert_int_equal(lapic_next(v0), 0xf0);
    lapic_accept(v0, 0xf0);
    assert_int_equal(lapic_next(v0), 0); /* the others wait for its end */
    lapic_write(v0, APIC_EOI, 0);
    assert_int_equal(lapic_next(v0), 0x80);
    lapic_accept(v0, 0x80);
    lapic_set_irq(v0, 0x8f); /* of the same class */
    assert_int_equal(lapic_next(v0), 0);
    lapic_set_irq(v0, 0x90);
    assert_int_equal(lapic_next(v0), 0x90);
    lapic_accept(v0, 0x90);
    lapic_write(v0, APIC_EOI, 0); /* ends the inner one */
    assert_int_equal(lapic_read(v0, 0x0a0) & 0xf0, 0x80);
    lapic_write(v0, APIC_EOI, 0);
    assert_int_equal(lapic_next(v0), 0x8f);
}

static void tpr_holds_back_without_hiding(void **state)
{
    lapic_set_irq(v0, 0x45);
    lapic_write(v0, APIC_TPR, 0x50);
    assert_int_equal(tpr[0], 0x50);
    assert_int_equal(lapic_next(v0), 0x45);
    assert_false(lapic_has_interrupt(v0));
    tpr[0] = 0x30; /* by CR8 */
    assert_true(lapic_has_interrupt(v0));
    assert_int_equal(lapic_read(v0, APIC_TPR), 0x30);
}

static void switched_off_it_hears_nothing(void **state)
{
    lapic_write(v0, APIC_LVT_TIMER, 0x40);
    lapic_write(v0, APIC_SPIV, 0xff);
    send(v1, 0, 0x4055);
    assert_int_equal(unblocked[0], 0);
    assert_true(lapic_read(v0, APIC_LVT_TIMER) & APIC_MASKED);
    lapic_set_irq(v0, 0x56); /* an event channel's upcall: it waits */
    assert_int_equal(lapic_next(v0), 0);
    lapic_write(v0, APIC_SPIV, 0x1ff);
    assert_int_equal(lapic_next(v0), 0x56);
    lapic_accept(v0, 0x56);
    lapic_write(v0, APIC_EOI, 0);
    lapic_set_irq(v0, 15); /* exceptions' vectors are none */
    assert_int_equal(lapic_next(v0), 0);
}

static void upcalls_outlive_a_reset(void **state)
{
    states[0].upcall_vector = 0xf3;
    lapic_set_irq(v0, 0xf3);
    lapic_reset(v0); /* by INIT */
    assert_int_equal(lapic_next(v0), 0);
    lapic_write(v0, APIC_SPIV, 0x1ff);
    assert_int_equal(lapic_next(v0), 0xf3);
}

/* --- interprocessor interrupts ------------------------------------------------------------------------------ */
static void physical_and_shorthand(void **state)
{
    send(v0, 2, 0x4061);
    assert_true(requested(v1, 0x61));
    assert_false(requested(v0, 0x61) || requested(&vcpus[2], 0x61));
    send(v0, 0, 0xc4062); /* all but self */
    assert_false(requested(v0, 0x62));
    for (unsigned int i = 1; i < NR_VCPUS; i++)
        assert_true(requested(&vcpus[i], 0x62));
    send(v1, 0, 0x44063); /* self */
    assert_true(requested(v1, 0x63) && !requested(v0, 0x63));
    send(v1, 0xff, 0x4064);
    for (unsigned int i = 0; i < NR_VCPUS; i++)
        assert_true(requested(&vcpus[i], 0x64));
    send(v0, 4, 0x4400);
    assert_int_equal(nmis[2], 1);
    send(v0, 77, 0x4065); /* nobody */
}

static void logical_flat_and_cluster(void **state)
{
    for (unsigned int i = 0; i < NR_VCPUS; i++)
        lapic_write(&vcpus[i], APIC_LDR, 1u << (24 + i));
    send(v0, 0xa, 0x4871); /* 1 and 3 */
    for (unsigned int i = 0; i < NR_VCPUS; i++)
        assert_int_equal(requested(&vcpus[i], 0x71), i & 1);
    for (unsigned int i = 0; i < NR_VCPUS; i++) {
        lapic_write(&vcpus[i], APIC_DFR, 0x0fffffff);
        lapic_write(&vcpus[i], APIC_LDR, (i / 2) << 28 | 1u << (24 + i % 2));
    }
    send(v0, 0x13, 0x4872); /* cluster 1, both */
    for (unsigned int i = 0; i < NR_VCPUS; i++)
        assert_int_equal(requested(&vcpus[i], 0x72), i / 2);
    send(v0, 0x3, 0x4973); /* lowest priority: one of them */
    assert_int_equal(requested(v0, 0x73) + requested(v1, 0x73), 1);
}

static void starting_another(void **state)
{
    states[1].wait_for_sipi = true;
    send(v0, 2, 0x4500);
    assert_true(states[1].init_pending);
    send(v0, 2, 0x8500); /* de-assertion: nothing */
    send(v0, 2, 0x4699);
    assert_int_equal(states[1].sipi, 0x199);
    assert_int_equal(woken[1], 2);
    states[2].wait_for_sipi = false;
    send(v0, 4, 0x4655); /* it runs: not woken for that */
    assert_int_equal(woken[2], 0);
    send(v0, 0, 0x84500); /* all, self included: not oneself */
    assert_false(states[0].init_pending);
}

/* --- x2APIC ---------------------------------------------------------------------------------------------------- */
static int write_msr(struct vcpu *v, unsigned int reg, uint64_t val)
{
    return lapic_wrmsr(v, MSR_X2APIC_BASE + reg / 16, val);
}

static void x2apic_registers(void **state)
{
    uint64_t val;

    assert_int_equal(lapic_rdmsr(v1, 0x802, &val), -EFAULT);
    to_x2apic(v0);
    to_x2apic(v1);
    assert_int_equal(lapic_rdmsr(v1, 0x802, &val), 0);
    assert_int_equal(val, 2);
    assert_int_equal(lapic_rdmsr(v1, 0x80d, &val), 0);
    assert_int_equal(val, 1u << 2);
    assert_int_equal(lapic_rdmsr(v1, 0x80e, &val), -EFAULT); /* no DFR */
    assert_int_equal(lapic_rdmsr(v1, 0x831, &val), -EFAULT); /* nor a second half of ICR */
    assert_int_equal(lapic_rdmsr(v1, 0x8ff, &val), -EFAULT);
    assert_int_equal(write_msr(v1, APIC_ID, 5), -EFAULT);
    assert_int_equal(write_msr(v1, APIC_TPR, 0x100), -EFAULT);
    assert_int_equal(write_msr(v1, APIC_EOI, 1), -EFAULT);
    assert_int_equal(write_msr(v1, APIC_ESR, 1), -EFAULT);
    assert_int_equal(write_msr(v0, APIC_ICR, 2UL << 32 | 0x4081), 0);
    assert_true(requested(v1, 0x81));
    assert_int_equal(write_msr(v0, APIC_ICR, 4UL << 32 | 0x4882),
                     0); /* logical: bit 2 of cluster 0 */
    assert_true(requested(v1, 0x82) && !requested(v0, 0x82));
    assert_int_equal(write_msr(v0, 0x3f0, 0x83), 0);
    assert_true(requested(v0, 0x83));
}

static void modes_change_in_order(void **state)
{
    uint64_t base = v0->arch.hvm->lapic.base_msr;
    const uint64_t both = APIC_BASE_ENABLE | APIC_BASE_X2APIC;

    assert_int_equal(lapic_set_base(v0, (base & ~both) | APIC_BASE_X2APIC), -EFAULT);
    assert_int_equal(lapic_set_base(v0, base + PAGE_SIZE), -EFAULT);
    assert_int_equal(lapic_set_base(v0, base | both), 0);
    assert_int_equal(lapic_set_base(v0, base), -EFAULT);
    assert_int_equal(lapic_set_base(v0, base & ~both), 0);
    assert_int_equal(lapic_set_base(v0, base | both), -EFAULT);
    assert_int_equal(lapic_set_base(v0, base), 0);
    assert_int_equal(lapic_read(v0, APIC_SPIV), 0xff); /* as after reset */
}

/* --- the timer ------------------------------------------------------------------------------------------------- */
static void one_shot(void **state)
{
    lapic_write(v0, APIC_TDCR, 0xb); /* undivided */
    lapic_write(v0, APIC_LVT_TIMER, 0xe0);
    lapic_write(v0, APIC_TMICT, 1000);
    assert_int_equal(pass(v0, 400 * LAPIC_BUS_NS), 0);
    assert_int_equal(lapic_read(v0, APIC_TMCCT), 600);
    assert_int_equal(pass(v0, 5000 * LAPIC_BUS_NS), 1);
    assert_true(requested(v0, 0xe0));
    assert_int_equal(lapic_read(v0, APIC_TMCCT), 0);
    lapic_write(v0, APIC_TDCR, 3); /* by 16 */
    lapic_write(v0, APIC_TMICT, 10);
    assert_int_equal(pass(v0, 159 * LAPIC_BUS_NS), 0);
    assert_int_equal(pass(v0, 1 * LAPIC_BUS_NS), 1);
    lapic_write(v0, APIC_TMICT, 10);
    lapic_write(v0, APIC_TMICT, 0);
    assert_int_equal(pass(v0, SECONDS(1)), 0);
}

static void periodic(void **state)
{
    lapic_write(v0, APIC_TDCR, 0xb);
    lapic_write(v0, APIC_LVT_TIMER, 0x200e0);
    lapic_write(v0, APIC_TMICT, 100000); /* 1 ms */
    assert_int_equal(pass(v0, MILLISECS(10)), 10);
    assert_in_range(lapic_read(v0, APIC_TMCCT), 1, 100000);
    lapic_write(v0, APIC_TMICT, 1); /* 10 ns: not as often as that */
    assert_in_range(pass(v0, MILLISECS(1)), 2, 11);
    lapic_write(v0, APIC_LVT_TIMER, 0x300e0); /* masked: it counts, and is not heard */
    lapic_write(v0, APIC_TMICT, 100000);
    lapic_accept(v0, 0xe0);
    pass(v0, MILLISECS(3));
    assert_false(requested(v0, 0xe0));
}

static void deadline(void **state)
{
    uint64_t val;

    lapic_write(v0, APIC_LVT_TIMER, 0x400e1);
    lapic_wrmsr(v0, MSR_TSC_DEADLINE, hvm_get_tsc(v0) + 5000);
    lapic_rdmsr(v0, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, hvm_get_tsc(v0) + 5000);
    assert_int_equal(pass(v0, 4999), 0);
    assert_int_equal(pass(v0, 1), 1);
    assert_true(requested(v0, 0xe1));
    lapic_rdmsr(v0, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);
    lapic_wrmsr(v0, MSR_TSC_DEADLINE, 1); /* passed long ago: at once */
    assert_int_equal(pass(v0, 0), 1);
    lapic_wrmsr(v0, MSR_TSC_DEADLINE, ~0UL);
    lapic_write(v0, APIC_LVT_TIMER, 0xe1); /* another mode disarms */
    assert_int_equal(pass(v0, SECONDS(86400 * 40)), 0);
    lapic_wrmsr(v0, MSR_TSC_DEADLINE, hvm_get_tsc(v0) + 1);
    assert_int_equal(pass(v0, SECONDS(1)), 0);
}

static void records_bring_it_back(void **state)
{
    uint32_t regs[256];

    lapic_write(v0, APIC_TDCR, 0xb);
    lapic_write(v0, APIC_LVT_TIMER, 0xe0);
    lapic_write(v0, APIC_TMICT, 1000);
    lapic_write(v0, APIC_TPR, 0x20);
    lapic_set_irq(v0, 0x77);
    pass(v0, 250 * LAPIC_BUS_NS);
    memcpy(regs, v0->arch.hvm->lapic.regs, sizeof(regs));
    lapic_save_live(v0, regs);
    setup(NULL);
    memcpy(v0->arch.hvm->lapic.regs, regs, sizeof(regs));
    lapic_restore(v0);
    assert_int_equal(lapic_read(v0, APIC_TMCCT), 750);
    assert_int_equal(tpr[0], 0x20);
    assert_int_equal(lapic_next(v0), 0x77);
    assert_int_equal(pass(v0, 750 * LAPIC_BUS_NS), 1);
}

/* Any write anywhere: nothing but the registers changes, and the timer's function stays sane. */
static void wild_writes(void **state)
{
    uint64_t x = 88172645463325252ULL, val;

    for (unsigned int n = 0; n < 300000; n++) {
        struct vcpu *v = &vcpus[n % NR_VCPUS];

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (x & 1)
            lapic_write(v, x >> 8 & 0xff0, (uint32_t)(x >> 32));
        else
            lapic_wrmsr(v, MSR_X2APIC_BASE + (x >> 8 & 0xff), x >> 16 & 0xffff);
        lapic_read(v, x >> 20 & 0xff0);
        lapic_rdmsr(v, MSR_X2APIC_BASE + (x >> 20 & 0xff), &val);
        if (n % 1000 == 0)
            lapic_set_base(v, LAPIC_DEFAULT_BASE | (x & 0xc00));
        if (lapic_next(v) && (x & 2))
            lapic_accept(v, lapic_next(v));
        pass(v, (s_time_t)(x >> 50));
    }
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, setup)
    const struct CMUnitTest tests[] = {
        T(the_highest_comes_first),
        T(tpr_holds_back_without_hiding),
        T(switched_off_it_hears_nothing),
        T(upcalls_outlive_a_reset),
        T(physical_and_shorthand),
        T(logical_flat_and_cluster),
        T(starting_another),
        T(x2apic_registers),
        T(modes_change_in_order),
        T(one_shot),
        T(periodic),
        T(deadline),
        T(records_bring_it_back),
        T(wild_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
