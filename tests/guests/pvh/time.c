/* SPDX-License-Identifier: MIT */
/* The clock: never backward, on one vCPU nor from one to another, wherever they run; the hypervisor's
 * own; not lost while the guest is paused nor when its counter is set. */
#include "shared.h"

#include <xen/errno.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define MS       1000000UL
#define SECOND_S 1000000000UL
#define TSC      0x10
#define ADJUST   0x3b

static uint32_t locked;
static uint64_t latest, latest_tsc; /* that any vCPU has seen */
static volatile uint64_t readings[2], backward, tsc_backward, gap, ended;
static volatile bool counters_apart; /* one has been set */

static void lock(void)
{
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
        yield();
}

static void unlock(void)
{
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

/* What was read before the lock was had may be old: it is read with it. */
static uint64_t look(unsigned int vcpu)
{
    uint64_t tsc, time;

    lock();
    time = system_time(vcpu, &tsc);
    if (time < latest && latest - time > backward)
        backward = latest - time;
    if (!counters_apart && tsc < latest_tsc && latest_tsc - tsc > tsc_backward)
        tsc_backward = latest_tsc - tsc;
    if (latest && time > latest && time - latest > gap)
        gap = time - latest;
    latest = time;
    latest_tsc = tsc;
    readings[vcpu]++;
    unlock();
    return time;
}

static void watch_clock(unsigned int vcpu)
{
    for (unsigned int i = 0; look(vcpu) && !told_to_end(); i++)
        if (i % 64 == 0)
            sleep_until(system_time(vcpu, NULL) + MS);
}

/* --- against the hypervisor's -------------------------------------------------------------------- */
static struct vcpu_runstate_info runstate(unsigned int vcpu)
{
    struct vcpu_runstate_info r = {0};
    long rc = CALL(vcpu_op, VCPUOP_get_runstate_info, vcpu, &r);

    return rc ? (struct vcpu_runstate_info){.state = -1} : r;
}

/* The hypervisor notes when a vCPU starts to run: after it has gone to sleep, before it goes on.  It does not
 * sleep when it is held up until the time has come. */
static bool agrees(unsigned int vcpu, unsigned int *sleeps)
{
    struct vcpu_runstate_info was = runstate(vcpu), is;
    uint64_t before = system_time(vcpu, NULL), after;
    bool slept;

    sleep_until(before + MS);
    is = runstate(vcpu);
    after = system_time(vcpu, NULL);
    slept = is.time[RUNSTATE_blocked] > was.time[RUNSTATE_blocked];
    *sleeps += slept;
    return was.state == RUNSTATE_running && is.state == RUNSTATE_running && before + MS <= after &&
           (!slept || before <= is.state_entry_time) && is.state_entry_time <= after;
}

/* A timer in the past is refused if that is asked for. */
static long timer_at(unsigned int vcpu, uint64_t time)
{
    struct vcpu_set_singleshot_timer t = {.timeout_abs_ns = time, .flags = VCPU_SSHOTTMR_future};

    return CALL(vcpu_op, VCPUOP_set_singleshot_timer, vcpu, &t);
}

static void check_agreement(const char *name, unsigned int vcpu)
{
    unsigned int wrong = 0, sleeps = 0;

    for (unsigned int i = 0; i < 20 || (!sleeps && i < 1000); i++)
        wrong += !agrees(vcpu, &sleeps);
    expect(!wrong && sleeps, name, (uint64_t)wrong << 32 | sleeps);
}

static void check_timers(void)
{
    long past = timer_at(0, system_time(0, NULL)), future = timer_at(0, latest + 60 * SECOND_S);

    expect(past == -XEN_ETIME, "time-past-is-past", (uint64_t)past);
    expect(future == 0, "time-future-is-not", (uint64_t)future);
    CALL(vcpu_op, VCPUOP_stop_singleshot_timer, 0, 0);
}

/* --- counters that are set ------------------------------------------------------------------------ */
static void set_counter(uint32_t msr, uint64_t value)
{
    uint64_t time = look(1);

    wrmsr(msr, value);
    if (look(1) - time > SECOND_S)
        gap = ~0UL;
}

static void second(void)
{
    watch_clock(1);
    counters_apart = true;
    set_counter(TSC, 12345);
    set_counter(TSC, 1UL << 60);
    set_counter(ADJUST, 0);
    set_counter(ADJUST, -rdtsc() / 2);
    __atomic_store_n(&ended, 1, __ATOMIC_SEQ_CST);
}

void run_time(void)
{
    if (map_shared_info()) {
        expect(false, "time-shared-info", 0);
        return;
    }
    start_apic();
    say("# ", "wall-clock", true, wall_clock());
    counters_apart = !(shared->vcpu_info[0].time.flags & XEN_PVCLOCK_TSC_STABLE_BIT);
    start_second(second);
    check_agreement("time-is-the-hypervisors", 0);
    check_timers();
    watch_clock(0);
    expect(readings[1] > 100, "time-on-both", readings[1]);
    say("# ", "longest-gap", true, gap);
    for (unsigned int i = 0; i < 10000 && !ended; i++)
        sleep_until(look(0) + MS);
    expect(ended, "time-counter-set", gap);
    check_agreement("time-is-the-hypervisors-still", 0);
    expect(backward == 0, "time-never-backward", backward);
    expect(tsc_backward == 0, "tsc-never-backward", tsc_backward);
    say("# ", "wall-clock", true, wall_clock());
    say("TESTS-END ", "failures", true, (uint64_t)failures);
}
