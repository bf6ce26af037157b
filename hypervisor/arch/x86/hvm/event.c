/* SPDX-License-Identifier: MIT */
/* What gets into a container: softirqs and requests first, then exceptions, NMIs, interrupts. */
#include <asm/hvm.h>
#include <asm/processor.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <hv/string.h>

/* --- exceptions --------------------------------------------------------------------------------------- */
static bool is_contributory(unsigned int vector)
{
    return vector == TRAP_divide_error || (vector >= TRAP_invalid_tss && vector <= TRAP_gp_fault);
}

/* An exception while another is delivered (AMD64 manual volume 2, table 8-6). */
static bool makes_double_fault(unsigned int first, unsigned int second)
{
    if (is_contributory(first))
        return is_contributory(second);
    return first == TRAP_page_fault && (second == TRAP_page_fault || is_contributory(second));
}

void hvm_inject(struct vcpu *v, unsigned int vector, bool has_error, uint32_t error)
{
    struct hvm_event *e = &v->arch.hvm->event;

    if (e->valid && e->type == HVM_EVENT_EXCEPTION) {
        if (e->vector == TRAP_double_fault) {
            hvm_triple_fault(v);
            return;
        }
        if (makes_double_fault(e->vector, vector)) {
            vector = TRAP_double_fault;
            has_error = true;
            error = 0;
        }
    }
    *e = (struct hvm_event){.valid = true,
                            .has_error = has_error,
                            .type = HVM_EVENT_EXCEPTION,
                            .vector = (uint8_t)vector,
                            .error = error};
}

void hvm_inject_gp(struct vcpu *v)
{
    hvm_inject(v, TRAP_gp_fault, true, 0);
}

void hvm_inject_ud(struct vcpu *v)
{
    hvm_inject(v, TRAP_invalid_op, false, 0);
}

void hvm_inject_pf(struct vcpu *v, uint64_t address, uint32_t error)
{
    hvm->set(v, HVM_CR2, address);
    hvm_inject(v, TRAP_page_fault, true, error);
}

/* Software's own are simply run again. */
void hvm_event_interrupted(struct vcpu *v, const struct hvm_event *e)
{
    bool soft =
        e->type == HVM_EVENT_SOFT_INTERRUPT ||
        (e->type == HVM_EVENT_EXCEPTION && (e->vector == TRAP_int3 || e->vector == TRAP_overflow));

    if (!soft)
        v->arch.hvm->event = *e;
}

/* --- requests of others -------------------------------------------------------------------------------- */
void hvm_kick(struct vcpu *v)
{
    unsigned int cpu = read_atomic(&v->processor);

    if (read_atomic(&v->is_running) && cpu != smp_processor_id())
        arch_send_event_check(cpu);
}

void hvm_event_notify(struct vcpu *v)
{
    uint8_t vector = v->arch.hvm->upcall_vector;

    if (vector && read_atomic(&v->vcpu_info->evtchn_upcall_pending))
        lapic_set_irq(v, vector);
    hvm_kick(v);
}

void hvm_send_nmi(struct vcpu *v)
{
    write_atomic(&v->arch.hvm->nmi_pending, true);
    smp_mb(); /* vcpu_block() puts up its flag first, and then looks */
    vcpu_unblock(v);
    hvm_kick(v);
}

int arch_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
    if (vector < 0x10)
        return -EINVAL;
    v->arch.hvm->upcall_vector = vector;
    hvm_event_notify(v);
    return 0;
}

/* The lock: VCPUOP_initialise, by another vCPU, sets v's registers while it is not initialised. */
void hvm_wake_down(struct vcpu *v)
{
    spin_lock(&v->domain->lock);
    v->is_initialised = true;
    __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    spin_unlock(&v->domain->lock);
    vcpu_unblock(v);
    vcpu_wake(v);
    hvm_kick(v);
}

static void stay_down(struct vcpu *v)
{
    __atomic_or_fetch(&v->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    softirq_raise(SOFTIRQ_SCHEDULE);
}

/* Real mode, at the page that the vector names. */
static void start_up(struct vcpu *v, uint8_t vector)
{
    struct hvm_segment cs = {
        .sel = (uint16_t)(vector << 8), .base = vector << 12, .limit = 0xffff, .attr = 0x9b};

    v->arch.hvm->wait_for_sipi = false;
    hvm->set_segment(v, HVM_CS, &cs);
    hvm_regs(v)->rip = 0;
}

/* Where its times are published are addresses in tables that it has no more; once it has new ones, it
 * registers anew. */
static void forget_guest_areas(struct vcpu *v)
{
    write_atomic(&v->runstate_guest, 0);
    write_atomic(&v->arch.time_info_guest, 0);
}

/* INIT first: a start-up IPI that follows it finds the vCPU waiting. */
static bool serve_requests(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;
    uint16_t sipi;

    if (likely(!read_atomic(&h->init_pending) && !read_atomic(&h->sipi) && !h->wait_for_sipi))
        return false;
    arch_irq_enable();
    if (atomic_xchg(&h->init_pending, false)) {
        hvm_vcpu_reset(v);
        forget_guest_areas(v);
        h->wait_for_sipi = true;
    }
    if (h->wait_for_sipi)
        stay_down(v);
    sipi = atomic_xchg(&h->sipi, 0);
    if (sipi && h->wait_for_sipi) {
        start_up(v, (uint8_t)sipi);
        __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    }
    return true;
}

/* --- interrupts ------------------------------------------------------------------------------------------ */
static bool upcall_by_vector(const struct vcpu *v)
{
    return v->domain->arch.hvm->callback_vector && !v->arch.hvm->upcall_vector &&
           read_atomic(&v->vcpu_info->evtchn_upcall_pending);
}

bool hvm_wants_to_run(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;

    return h->event.valid || read_atomic(&h->nmi_pending) || read_atomic(&h->init_pending) ||
           upcall_by_vector(v) || lapic_has_interrupt(v);
}

void hvm_offer_taken(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;

    if (h->offered_lapic)
        lapic_accept(v, h->offered);
    h->offered = 0;
}

static void offer_interrupt(struct vcpu *v)
{
    struct hvm_vcpu *h = v->arch.hvm;

    if (upcall_by_vector(v)) {
        h->offered = v->domain->arch.hvm->callback_vector;
        h->offered_lapic = false;
        hvm->offer(v, h->offered, 16);
    } else {
        h->offered = lapic_next(v);
        h->offered_lapic = true;
        if (!hvm->offer(v, h->offered, h->offered >> 4))
            h->offered = 0;
    }
}

/* An NMI's handler ends with the IRET that we watch for, once rip has left it. */
static bool nmi_possible(struct vcpu *v, const struct cpu_user_regs *regs)
{
    struct hvm_vcpu *h = v->arch.hvm;

    if (h->nmi_blocked && h->nmi_blocked_at != ~0UL && regs->rip != h->nmi_blocked_at)
        h->nmi_blocked = false;
    return !h->nmi_blocked && hvm->interruptible(v);
}

static void inject_events(struct vcpu *v, struct cpu_user_regs *regs)
{
    struct hvm_vcpu *h = v->arch.hvm;

    if (!h->event.valid && unlikely(read_atomic(&h->nmi_pending)) && nmi_possible(v, regs)) {
        write_atomic(&h->nmi_pending, false);
        h->event = (struct hvm_event){.valid = true, .type = HVM_EVENT_NMI, .vector = TRAP_nmi};
        h->nmi_blocked = true;
        h->nmi_blocked_at = ~0UL;
        hvm->watch_iret(v, true);
    }
    if (h->event.valid) {
        hvm->inject(v, &h->event);
        h->event.valid = false;
    }
    offer_interrupt(v);
}

void hvm_prepare_entry(struct cpu_user_regs *regs)
{
    struct vcpu *v = current;
    struct hvm_vcpu *h = v->arch.hvm;

    for (;;) {
        arch_irq_disable();
        if (softirq_pending_here()) {
            arch_irq_enable();
            softirq_run();
            continue;
        }
        if (serve_requests(v)) /* INIT: before anything is written by tables that it ends */
            continue;
        if (likely(!h->refresh_guest_areas))
            break;
        h->refresh_guest_areas = false;
        arch_irq_enable();
        arch_update_vcpu_time(v);
        arch_update_runstate_area(v);
    }
    inject_events(v, regs);
}
