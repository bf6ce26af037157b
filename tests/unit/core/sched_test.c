/* SPDX-License-Identifier: MIT */
/* The scheduler on simulated CPUs: shares, affinity, caps, waking. */
#include "test.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

static struct domain *busy[6];
static unsigned int nr_busy;

static uint64_t ran(const struct vcpu *v)
{
    struct vcpu_runstate_info info;

    vcpu_runstate_get((struct vcpu *)v, &info);
    return info.time[RUNSTATE_running];
}

static cpumask_t only(unsigned int cpu)
{
    cpumask_t m = {{0}};

    cpumask_set(cpu, &m);
    return m;
}

static void start_vcpu(struct vcpu *v)
{
    v->is_initialised = true;
    __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    vcpu_wake(v);
}

/* A domain whose vCPUs want to run always; cpu < 0: anywhere. */
static struct domain *run_busy(unsigned int vcpus, uint16_t weight, int cpu)
{
    struct domain *d = hosted_domain((domid_t)(10 + nr_busy), false, vcpus, 1);
    cpumask_t mask;

    d->sched.weight = weight;
    for (unsigned int i = 0; i < vcpus; i++) {
        if (cpu >= 0) {
            mask = only((unsigned int)cpu);
            vcpu_set_affinity(d->vcpu[i], &mask, NULL);
        }
        start_vcpu(d->vcpu[i]);
    }
    domain_unpause(d);
    hosted_run();
    busy[nr_busy++] = d;
    return d;
}

static int down(void **state)
{
    while (nr_busy)
        hosted_destroy(busy[--nr_busy]);
    return world_down(state);
}
#define STEST(name) cmocka_unit_test_setup_teardown(name, world_up, down)

static void assert_ratio(uint64_t a, uint64_t b, double wanted, double tolerance)
{
    double is = (double)a / (double)b;

    if (is < wanted * (1 - tolerance) || is > wanted * (1 + tolerance))
        fail_msg("ratio is %.3f, wanted %.3f within %.0f %%", is, wanted, tolerance * 100);
}

static void weights_share_a_cpu(void **state)
{
    const uint16_t weights[][2] = {{256, 512}, {256, 256}, {100, 1000}, {65535, 1}, {1, 3}};

    for (unsigned int i = 0; i < 5; i++) {
        struct domain *a = run_busy(1, weights[i][0], 0), *b = run_busy(1, weights[i][1], 0);
        s_time_t span = i == 3 ? SECONDS(10000) : SECONDS(60);

        hosted_advance(span);
        assert_ratio(ran(a->vcpu[0]) + ran(b->vcpu[0]), (uint64_t)span, 1.0, 0.001);
        if (i != 3)
            assert_ratio(ran(b->vcpu[0]), ran(a->vcpu[0]), (double)weights[i][1] / weights[i][0],
                         0.05);
        else /* one in 65536: it runs at all, and not much more */
            assert_true(ran(b->vcpu[0]) > 0 && ran(b->vcpu[0]) < (uint64_t)SECONDS(1));
        while (nr_busy)
            hosted_destroy(busy[--nr_busy]);
    }
}

static void weights_hold_while_others_run_elsewhere(void **state)
{
    struct domain *a = run_busy(1, 256, 0), *b = run_busy(1, 512, 0), *c = run_busy(1, 256, 1);

    hosted_advance(SECONDS(60));
    assert_ratio(ran(b->vcpu[0]), ran(a->vcpu[0]), 2.0, 0.05);
    assert_ratio(ran(c->vcpu[0]), (uint64_t)SECONDS(60), 1.0, 0.01);
}

static void free_vcpus_use_all_cpus_evenly(void **state)
{
    struct domain *a = run_busy(1, 256, -1), *b = run_busy(1, 256, -1), *c = run_busy(1, 256, -1);

    hosted_advance(SECONDS(60));
    assert_ratio(ran(a->vcpu[0]) + ran(b->vcpu[0]) + ran(c->vcpu[0]), (uint64_t)SECONDS(120), 1.0,
                 0.01);
    assert_ratio(ran(a->vcpu[0]), ran(b->vcpu[0]), 1.0, 0.1);
    assert_ratio(ran(a->vcpu[0]), ran(c->vcpu[0]), 1.0, 0.1);
}

static void no_cpu_idles_while_work_waits(void **state)
{
    uint64_t idle;

    run_busy(4, 256, -1);
    idle = cpu_idle_time(0) + cpu_idle_time(1);
    hosted_advance(SECONDS(1));
    assert_int_equal(cpu_idle_time(0) + cpu_idle_time(1), idle);
    for (unsigned int i = 0; i < 4; i++)
        assert_true(ran(busy[0]->vcpu[i]) > (uint64_t)MILLISECS(400));
}

static void idle_time_is_counted(void **state)
{
    uint64_t idle = cpu_idle_time(1);

    run_busy(1, 256, 0);
    hosted_advance(SECONDS(2));
    assert_int_equal(cpu_idle_time(1) - idle, (uint64_t)SECONDS(2));
}

static void a_cap_is_kept_on_an_idle_machine(void **state)
{
    const uint16_t caps[] = {10, 50, 150};

    for (unsigned int i = 0; i < 3; i++) {
        struct domain *d = run_busy(2, 256, -1);
        uint64_t before;

        sched_set_weight(d, 256, caps[i]);
        hosted_advance(SECONDS(1));
        before = ran(d->vcpu[0]) + ran(d->vcpu[1]);
        hosted_advance(SECONDS(20));
        assert_ratio(ran(d->vcpu[0]) + ran(d->vcpu[1]) - before,
                     (uint64_t)SECONDS(20) * caps[i] / 100, 1.0, 0.05);
        sched_set_weight(d, 256, 0);
        before = ran(d->vcpu[0]) + ran(d->vcpu[1]);
        hosted_advance(SECONDS(10));
        assert_ratio(ran(d->vcpu[0]) + ran(d->vcpu[1]) - before, (uint64_t)SECONDS(20), 1.0, 0.02);
        hosted_destroy(busy[--nr_busy]);
    }
}

static void a_waker_preempts_who_has_run_long(void **state)
{
    struct domain *hog = run_busy(1, 256, 0), *sleeper = run_busy(1, 256, 0);
    struct vcpu *v = sleeper->vcpu[0];

    vcpu_pause(v);
    hosted_advance(MILLISECS(500));
    assert_true(hog->vcpu[0]->is_running);
    vcpu_unpause(v);
    hosted_advance(MICROSECS(1100)); /* the rate limit at most */
    assert_true(v->is_running);
}

static void a_sleeper_earns_no_more_than_a_little(void **state)
{
    struct domain *hog = run_busy(1, 256, 0), *sleeper = run_busy(1, 256, 0);
    uint64_t before;

    vcpu_pause(sleeper->vcpu[0]);
    hosted_advance(SECONDS(100));
    vcpu_unpause(sleeper->vcpu[0]);
    before = ran(hog->vcpu[0]);
    hosted_advance(SECONDS(1));
    assert_ratio(ran(hog->vcpu[0]) - before, (uint64_t)SECONDS(1), 0.5, 0.05);
}

static void affinity_moves_a_running_vcpu(void **state)
{
    struct domain *d = run_busy(1, 256, -1);
    struct vcpu *v = d->vcpu[0];
    cpumask_t mask;

    for (unsigned int i = 0; i < 10; i++) {
        unsigned int to = !v->processor;

        mask = only(to);
        assert_int_equal(vcpu_set_affinity(v, &mask, NULL), 0);
        hosted_run();
        assert_int_equal(v->processor, to);
        assert_true(v->is_running);
        hosted_advance(MILLISECS(3));
    }
    mask = only(40); /* no such CPU */
    assert_int_equal(vcpu_set_affinity(v, &mask, NULL), -EINVAL);
}

static void affinity_moves_a_waiting_vcpu(void **state)
{
    struct domain *a = run_busy(1, 256, 0), *b = run_busy(1, 256, 0);
    struct vcpu *waits = a->vcpu[0]->is_running ? b->vcpu[0] : a->vcpu[0];
    cpumask_t mask = only(1);

    assert_false(waits->is_running);
    vcpu_set_affinity(waits, &mask, NULL);
    hosted_run();
    assert_true(waits->is_running);
    assert_int_equal(waits->processor, 1);
}

static void soft_affinity_is_preferred(void **state)
{
    for (unsigned int cpu = 0; cpu < 2; cpu++) {
        struct domain *d = run_busy(1, 256, -1);
        cpumask_t mask = only(cpu);

        vcpu_pause(d->vcpu[0]);
        vcpu_set_affinity(d->vcpu[0], NULL, &mask);
        vcpu_unpause(d->vcpu[0]);
        hosted_run();
        assert_int_equal(d->vcpu[0]->processor, cpu);
        hosted_destroy(busy[--nr_busy]);
    }
}

static void yielding_lets_the_other_run(void **state)
{
    struct domain *a = run_busy(1, 256, 0), *b = run_busy(1, 256, 0);
    struct vcpu *runs, *waits;

    for (unsigned int i = 0; i < 10; i++) {
        runs = a->vcpu[0]->is_running ? a->vcpu[0] : b->vcpu[0];
        waits = runs == a->vcpu[0] ? b->vcpu[0] : a->vcpu[0];
        hosted_advance(MICROSECS(300));
        if (!runs->is_running)
            continue;
        assert_int_equal(hosted_call(runs, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0), 0);
        hosted_run();
        assert_true(waits->is_running);
    }
}

static void timers_wake_a_blocked_vcpu(void **state)
{
    struct domain *d = run_busy(1, 256, -1);
    struct vcpu *v = d->vcpu[0];
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
    char *page = hosted_frame(d, 0);

    memcpy(page, &bind, sizeof(bind));
    assert_int_equal(hosted_call(v, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq,
                                 (unsigned long)page, 0, 0),
                     0);
    for (unsigned int i = 0; i < 5; i++) {
        s_time_t at = now() + MILLISECS(7);

        memset(d->shared_info->evtchn_pending, 0, sizeof(d->shared_info->evtchn_pending));
        v->vcpu_info->evtchn_upcall_pending = 0;
        v->vcpu_info->evtchn_pending_sel = 0;
        assert_int_equal(hosted_call(v, __HYPERVISOR_set_timer_op, (unsigned long)at, 0, 0, 0), 0);
        assert_int_equal(hosted_call(v, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0), 0);
        hosted_advance(MILLISECS(6));
        assert_false(v->is_running);
        assert_int_equal(v->runstate.state, RUNSTATE_blocked);
        hosted_advance(MILLISECS(2));
        assert_true(v->is_running);
    }
}

static void periodic_timers_keep_their_period(void **state)
{
    struct domain *d = run_busy(1, 256, -1);
    struct vcpu_set_periodic_timer set = {.period_ns = 10000000};
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER};
    char *page = hosted_frame(d, 0);
    unsigned int ticks = 0;

    memcpy(page, &bind, sizeof(bind));
    hosted_call(d->vcpu[0], __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, (unsigned long)page,
                0, 0);
    memcpy(&bind, page, sizeof(bind));
    memcpy(page, &set, sizeof(set));
    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_set_periodic_timer, 0,
                                 (unsigned long)page, 0),
                     0);
    for (unsigned int i = 0; i < 1000; i++) {
        hosted_advance(MILLISECS(1));
        if (test_and_clear_bit(bind.port, d->shared_info->evtchn_pending))
            ticks++;
    }
    assert_in_range(ticks, 99, 101);
    assert_int_equal(
        hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0), 0);
    hosted_advance(MILLISECS(50));
    assert_false(evtchn_port_is_pending(d, bind.port));
}

static void vcpus_go_down_and_up(void **state)
{
    struct domain *d = run_busy(2, 256, -1);
    struct vcpu *v = d->vcpu[1];

    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0), 1);
    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0), 0);
    hosted_run();
    assert_false(v->is_running);
    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0, 0), 0);
    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0, 0), 0);
    hosted_run();
    assert_true(v->is_running);
    assert_int_equal(hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_up, 9, 0, 0), -ENOENT);
    /* The last one to go is a power off. */
    hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0, 0);
    hosted_call(d->vcpu[0], __HYPERVISOR_vcpu_op, VCPUOP_down, 0, 0, 0);
    hosted_run();
    assert_true(d->is_shut_down);
}

static void settings_are_credit2s(void **state)
{
    struct xen_domctl_scheduler_op op = {.sched_id = XEN_SCHEDULER_CREDIT2,
                                         .cmd = XEN_DOMCTL_SCHEDOP_putinfo,
                                         .u.credit2 = {.weight = 512, .cap = 50}};
    struct xen_sysctl_scheduler_op global = {.sched_id = XEN_SCHEDULER_CREDIT2,
                                             .cmd = XEN_SYSCTL_SCHEDOP_getinfo};

    assert_int_equal(sched_adjust(w.guest, &op), 0);
    op.cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    op.u.credit2.weight = 0;
    assert_int_equal(sched_adjust(w.guest, &op), 0);
    assert_int_equal(op.u.credit2.weight, 512);
    assert_int_equal(op.u.credit2.cap, 50);
    op.cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    op.u.credit2.cap = 201; /* it has two vCPUs */
    assert_int_equal(sched_adjust(w.guest, &op), -EINVAL);
    op.sched_id = XEN_SCHEDULER_CREDIT;
    assert_int_equal(sched_adjust(w.guest, &op), -EINVAL);
    assert_int_equal(sched_adjust_global(&global), 0);
    assert_int_equal(global.u.sched_credit2.ratelimit_us, 1000);
    global.cmd = XEN_SYSCTL_SCHEDOP_putinfo;
    global.u.sched_credit2.ratelimit_us = 50;
    assert_int_equal(sched_adjust_global(&global), -EINVAL);
    global.cpupool_id = 1;
    assert_int_equal(sched_adjust_global(&global), -ESRCH);
}

/* Everything at once, at random: nothing gets stuck. */
static void a_storm_of_changes_loses_nobody(void **state)
{
    uint64_t before[12];
    unsigned int n = 0;

    for (unsigned int i = 0; i < 3; i++)
        run_busy(4, (uint16_t)(100 + 100 * i), -1);
    srand(3);
    for (unsigned int step = 0; step < 20000; step++) {
        struct domain *d = busy[rand() % 3];
        struct vcpu *v = d->vcpu[rand() % 4];
        cpumask_t mask = only((unsigned int)rand() % 2), all = cpu_online_map;

        switch (rand() % 7) {
        case 0:
            vcpu_pause_nosync(v);
            hosted_advance(rand() % 2000000);
            vcpu_unpause(v);
            break;
        case 1:
            vcpu_set_affinity(v, rand() % 2 ? &mask : &all, NULL);
            break;
        case 2:
            domain_pause(d);
            domain_unpause(d);
            break;
        case 3:
            sched_set_weight(d, (uint16_t)(1 + rand() % 1000),
                             rand() % 3 ? 0 : (uint16_t)(20 + rand() % 300));
            break;
        case 4:
            if (v->is_running)
                hosted_call(v, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
            break;
        case 5:
            if (v->is_running && hosted_current[v->processor] == v) {
                hosted_call(v, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
                hosted_advance(rand() % 1000000);
                vcpu_unblock(v);
            }
            break;
        default:
            hosted_advance(rand() % 5000000);
            break;
        }
    }
    sched_dump();
    assert_non_null(strstr(hosted_console(), "waits, vtime"));
    for (unsigned int i = 0; i < 3; i++) {
        sched_set_weight(busy[i], 256, 0);
        for (unsigned int j = 0; j < 4; j++) {
            cpumask_t all = cpu_online_map;

            vcpu_set_affinity(busy[i]->vcpu[j], &all, NULL);
            before[n++] = ran(busy[i]->vcpu[j]);
        }
    }
    hosted_advance(SECONDS(6));
    n = 0;
    for (unsigned int i = 0; i < 3; i++)
        for (unsigned int j = 0; j < 4; j++)
            assert_ratio(ran(busy[i]->vcpu[j]) - before[n++], (uint64_t)SECONDS(1), 1.0, 0.25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STEST(weights_share_a_cpu),
        STEST(weights_hold_while_others_run_elsewhere),
        STEST(free_vcpus_use_all_cpus_evenly),
        STEST(no_cpu_idles_while_work_waits),
        STEST(idle_time_is_counted),
        STEST(a_cap_is_kept_on_an_idle_machine),
        STEST(a_waker_preempts_who_has_run_long),
        STEST(a_sleeper_earns_no_more_than_a_little),
        STEST(affinity_moves_a_running_vcpu),
        STEST(affinity_moves_a_waiting_vcpu),
        STEST(soft_affinity_is_preferred),
        STEST(yielding_lets_the_other_run),
        STEST(timers_wake_a_blocked_vcpu),
        STEST(periodic_timers_keep_their_period),
        STEST(vcpus_go_down_and_up),
        STEST(settings_are_credit2s),
        STEST(a_storm_of_changes_loses_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
