/* SPDX-License-Identifier: MIT */
/* What gets into a container: double faults, priorities, NMIs, starting and stopping. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <asm/hvm.h>
#include <asm/processor.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>
#include <hv/softirq.h>

/* --- the machine ---------------------------------------------------------------------------------------- */
static struct vcpu vcpu;
static struct hvm_vcpu state;
static struct hvm_domain hdom;
static struct domain dom;
static struct vcpu_info info;
static struct cpu_user_regs regs;
static struct hvm_event injected;
static uint8_t offered, lapic_irq, accepted;
static unsigned int tpr, offered_prio, crashes, resets, schedules;
static bool shadow, iret_watched, descheduled;
static uint64_t cr2, cs_base;
struct vcpu *test_current = &vcpu;

static void inject(struct vcpu *v, const struct hvm_event *e)
{
    injected = *e;
}
static bool offer(struct vcpu *v, uint8_t vector, unsigned int prio)
{
    offered = vector;
    offered_prio = prio;
    return vector && prio > tpr;
}
static bool interruptible(const struct vcpu *v)
{
    return !shadow;
}
static void watch_iret(struct vcpu *v, bool on)
{
    iret_watched = on;
}
static void set(struct vcpu *v, enum hvm_reg reg, uint64_t val)
{
    if (reg == HVM_CR2)
        cr2 = val;
}
static void set_segment(struct vcpu *v, enum hvm_seg seg, const struct hvm_segment *s)
{
    cs_base = s->base;
}
static const struct hvm_vendor vendor = {.inject = inject,
                                         .offer = offer,
                                         .interruptible = interruptible,
                                         .watch_iret = watch_iret,
                                         .set = set,
                                         .set_segment = set_segment};
const struct hvm_vendor *hvm = &vendor;

void hvm_triple_fault(struct vcpu *v)
{
    crashes++;
}
void vcpu_unblock(struct vcpu *v)
{
    v->pause_flags &= ~(VPF_blocked | VPF_polling);
}
void vcpu_wake(struct vcpu *v)
{
}
void arch_send_event_check(unsigned int cpu)
{
}
void arch_update_vcpu_time(struct vcpu *v)
{
}
static vaddr_t published;
void arch_update_runstate_area(struct vcpu *v)
{
    published = v->runstate_guest;
}
struct cpu_user_regs *hvm_regs(struct vcpu *v)
{
    return &regs;
}
void hvm_vcpu_reset(struct vcpu *v)
{
    resets++;
}
void lapic_set_irq(struct vcpu *v, uint8_t vector)
{
    lapic_irq = vector;
}
uint8_t lapic_next(const struct vcpu *v)
{
    return lapic_irq;
}
bool lapic_has_interrupt(const struct vcpu *v)
{
    return lapic_irq != 0;
}
void lapic_accept(struct vcpu *v, uint8_t vector)
{
    accepted = vector;
    lapic_irq = 0;
}
/* The scheduler takes a vCPU that is down off the CPU; the test goes on where it would wake. */
static jmp_buf off_cpu;
DEFINE_PER_CPU(unsigned long, softirq_bits);
void softirq_raise(enum softirq nr)
{
    schedules++;
    this_cpu(softirq_bits) |= BIT(nr);
}
void softirq_run(void)
{
    schedules = 0;
    this_cpu(softirq_bits) = 0;
    if (vcpu.pause_flags & VPF_down) {
        descheduled = true;
        longjmp(off_cpu, 1);
    }
}

static void enter(void)
{
    injected.valid = false;
    descheduled = false;
    if (!setjmp(off_cpu))
        hvm_prepare_entry(&regs);
}

static int setup(void **unused)
{
    memset(&state, 0, sizeof(state));
    memset(&hdom, 0, sizeof(hdom));
    memset(&info, 0, sizeof(info));
    memset(&regs, 0, sizeof(regs));
    vcpu = (struct vcpu){.domain = &dom, .vcpu_info = &info};
    vcpu.arch.hvm = &state;
    dom.arch.hvm = &hdom;
    state.nmi_blocked_at = ~0UL;
    lapic_irq = accepted = offered = 0;
    crashes = resets = schedules = 0;
    this_cpu(softirq_bits) = 0;
    shadow = iret_watched = false;
    return 0;
}

/* --- exceptions ------------------------------------------------------------------------------------------- */
static void two_exceptions(void **unused)
{
    static const struct {
        uint8_t first, second, result;
    } cases[] = {
        {TRAP_page_fault, TRAP_page_fault, TRAP_double_fault},
        {TRAP_page_fault, TRAP_gp_fault, TRAP_double_fault},
        {TRAP_gp_fault, TRAP_page_fault, TRAP_page_fault},
        {TRAP_gp_fault, TRAP_no_segment, TRAP_double_fault},
        {TRAP_divide_error, TRAP_invalid_tss, TRAP_double_fault},
        {TRAP_debug, TRAP_gp_fault, TRAP_gp_fault},
        {TRAP_gp_fault, TRAP_invalid_op, TRAP_invalid_op},
        {TRAP_alignment, TRAP_page_fault, TRAP_page_fault},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
        setup(NULL);
        hvm_inject(&vcpu, cases[i].first, true, 1);
        hvm_inject(&vcpu, cases[i].second, true, 2);
        enter();
        assert_true(injected.valid);
        assert_int_equal(injected.vector, cases[i].result);
        assert_int_equal(injected.error, cases[i].result == TRAP_double_fault ? 0 : 2);
    }
    setup(NULL);
    hvm_inject(&vcpu, TRAP_double_fault, true, 0);
    hvm_inject_gp(&vcpu);
    assert_int_equal(crashes, 1);
}

static void page_faults_have_an_address(void **unused)
{
    hvm_inject_pf(&vcpu, 0xabcd, 2);
    enter();
    assert_int_equal(cr2, 0xabcd);
    assert_int_equal(injected.error, 2);
    assert_int_equal(injected.type, HVM_EVENT_EXCEPTION);
}

static void what_was_interrupted_comes_again(void **unused)
{
    struct hvm_event e = {.valid = true, .type = HVM_EVENT_INTERRUPT, .vector = 0x55};

    hvm_event_interrupted(&vcpu, &e);
    enter();
    assert_true(injected.valid && injected.vector == 0x55);
    enter();
    assert_false(injected.valid);
    e = (struct hvm_event){.valid = true, .type = HVM_EVENT_EXCEPTION, .vector = TRAP_int3};
    hvm_event_interrupted(&vcpu, &e); /* the instruction is run again */
    e = (struct hvm_event){.valid = true, .type = HVM_EVENT_SOFT_INTERRUPT, .vector = 0x80};
    hvm_event_interrupted(&vcpu, &e);
    enter();
    assert_false(injected.valid);
}

/* --- NMIs and interrupts ------------------------------------------------------------------------------------ */
static void nmis_wait_for_their_end(void **unused)
{
    lapic_irq = 0x41;
    hvm_send_nmi(&vcpu);
    hvm_inject_gp(&vcpu);
    enter();
    assert_int_equal(injected.vector, TRAP_gp_fault); /* exceptions come first */
    assert_int_equal(offered, 0x41);
    shadow = true;
    enter();
    assert_false(injected.valid);
    shadow = false;
    enter();
    assert_int_equal(injected.type, HVM_EVENT_NMI);
    assert_true(iret_watched);
    hvm_send_nmi(&vcpu);
    regs.rip = 0x1000;
    enter();
    assert_false(injected.valid);  /* the handler runs */
    state.nmi_blocked_at = 0x1000; /* its IRET */
    enter();
    assert_false(injected.valid);
    regs.rip = 0x2000;
    enter();
    assert_int_equal(injected.type, HVM_EVENT_NMI);
}

static void upcalls_past_the_apic(void **unused)
{
    lapic_irq = 0x99;
    hdom.callback_vector = 0x30;
    enter();
    assert_int_equal(offered, 0x99);
    assert_int_equal(offered_prio, 9);
    info.evtchn_upcall_pending = 1;
    info.evtchn_upcall_mask = 1; /* PV's, without meaning here */
    enter();
    assert_int_equal(offered, 0x30);
    assert_int_equal(offered_prio, 16);
    hvm_offer_taken(&vcpu);
    assert_int_equal(accepted, 0);
    info.evtchn_upcall_pending = 0;
    enter();
    hvm_offer_taken(&vcpu);
    assert_int_equal(accepted, 0x99);
}

static void what_tpr_holds_back_is_not_taken(void **unused)
{
    lapic_irq = 0x55;
    tpr = 6;
    enter();
    assert_int_equal(offered, 0x55);
    assert_int_equal(state.offered, 0);
    tpr = 4;
    enter();
    assert_int_equal(state.offered, 0x55);
    tpr = 0;
}

static void upcalls_by_the_apic(void **unused)
{
    assert_int_equal(arch_set_upcall_vector(&vcpu, 0xf), -EINVAL);
    hdom.callback_vector = 0x30;
    assert_int_equal(arch_set_upcall_vector(&vcpu, 0x51), 0);
    assert_int_equal(lapic_irq, 0);
    info.evtchn_upcall_pending = 1;
    hvm_event_notify(&vcpu);
    assert_int_equal(lapic_irq, 0x51);
    enter();
    assert_int_equal(offered, 0x51);
    assert_int_equal(offered_prio, 5);
}

static void reasons_not_to_sleep(void **unused)
{
    assert_false(hvm_wants_to_run(&vcpu));
    lapic_irq = 0x41;
    assert_true(hvm_wants_to_run(&vcpu));
    lapic_irq = 0;
    hdom.callback_vector = 0x30;
    info.evtchn_upcall_pending = 1;
    assert_true(hvm_wants_to_run(&vcpu));
    info.evtchn_upcall_pending = 0;
    assert_false(hvm_wants_to_run(&vcpu));
    hvm_send_nmi(&vcpu);
    assert_true(hvm_wants_to_run(&vcpu));
}

/* --- INIT and start-up ----------------------------------------------------------------------------------------- */
static void started_by_init_and_sipi(void **unused)
{
    state.wait_for_sipi = true;
    vcpu.pause_flags = VPF_down;
    state.init_pending = true;
    hvm_wake_down(&vcpu);
    assert_int_equal(vcpu.pause_flags, 0);
    enter();
    assert_true(descheduled);
    assert_int_equal(resets, 1);
    state.sipi = 0x1f0;
    hvm_wake_down(&vcpu);
    enter();
    assert_false(descheduled || state.wait_for_sipi);
    assert_int_equal(cs_base, 0xf0000);
    assert_int_equal(regs.rip, 0);
    assert_int_equal(vcpu.pause_flags, 0);
}

/* Without paging their addresses would be physical ones. */
static void init_forgets_where_times_are_published(void **unused)
{
    vcpu.runstate_guest = vcpu.arch.time_info_guest = 0xffffffff82000000;
    state.refresh_guest_areas = true;
    enter();
    assert_int_equal(published, 0xffffffff82000000);
    state.refresh_guest_areas = state.init_pending = true;
    state.sipi = 0x108;
    enter();
    assert_int_equal(vcpu.runstate_guest, 0);
    assert_int_equal(vcpu.arch.time_info_guest, 0);
    assert_int_equal(published, 0);
    assert_false(state.refresh_guest_areas);
}

static void both_at_once(void **unused)
{
    state.init_pending = true;
    state.sipi = 0x108;
    hvm_wake_down(&vcpu);
    enter();
    assert_int_equal(resets, 1);
    assert_false(descheduled || state.wait_for_sipi);
    assert_int_equal(cs_base, 0x8000);
}

/* Or it could begin to run while another vCPU sets its registers. */
static void nobody_is_woken_half_initialised(void **unused)
{
    uint32_t locked = dom.lock.next;

    hvm_wake_down(&vcpu);
    assert_true(vcpu.is_initialised);
    assert_int_equal(dom.lock.next, locked + 1);
    assert_int_equal(dom.lock.owner, dom.lock.next);
}

static void init_reaches_who_sleeps(void **unused)
{
    static const unsigned long flags[] = {VPF_down, VPF_blocked, VPF_polling};

    for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
        vcpu.pause_flags = flags[i];
        hvm_wake_down(&vcpu);
        assert_int_equal(vcpu.pause_flags, 0);
    }
}

static void sipi_alone_is_nothing(void **unused)
{
    state.sipi = 0x108;
    regs.rip = 0x5555;
    enter();
    assert_false(descheduled);
    assert_int_equal(regs.rip, 0x5555);
    assert_int_equal(state.sipi, 0);
    state.wait_for_sipi = true; /* woken for nothing: down again */
    enter();
    assert_true(descheduled);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, setup)
    const struct CMUnitTest tests[] = {
        T(two_exceptions),
        T(page_faults_have_an_address),
        T(what_was_interrupted_comes_again),
        T(nmis_wait_for_their_end),
        T(upcalls_past_the_apic),
        T(upcalls_by_the_apic),
        T(what_tpr_holds_back_is_not_taken),
        T(reasons_not_to_sleep),
        T(started_by_init_and_sipi),
        T(init_forgets_where_times_are_published),
        T(both_at_once),
        T(nobody_is_woken_half_initialised),
        T(init_reaches_who_sleeps),
        T(sipi_alone_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
