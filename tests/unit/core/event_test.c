/* SPDX-License-Identifier: MIT */
/* Event channels: bindings, sending, both ABIs, closing. */
#include "test.h"

static struct shared_info *shared(struct domain *d)
{
    return d->shared_info;
}

static void up(struct vcpu *v)
{
    __atomic_and_fetch(&v->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    v->is_initialised = true;
}

#define OP(v, cmd, arg) CALL(v, event_channel_op, EVTCHNOP_##cmd, arg)

/* A channel between the guest (unbound there) and dom0. */
static void connect(port_t *guest_port, port_t *dom0_port)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = 0};
    struct evtchn_bind_interdomain bind = {.remote_dom = 1};

    assert_int_equal(OP(w.v1, alloc_unbound, &alloc), 0);
    bind.remote_port = alloc.port;
    assert_int_equal(OP(w.v0, bind_interdomain, &bind), 0);
    *guest_port = alloc.port;
    *dom0_port = bind.local_port;
}

static uint32_t status(struct vcpu *v, domid_t dom, port_t port)
{
    struct evtchn_status st = {.dom = dom, .port = port};

    assert_int_equal(OP(v, status, &st), 0);
    return st.status;
}

static void events_cross_a_channel_both_ways(void **state)
{
    struct evtchn_send send;
    port_t gp, dp;

    connect(&gp, &dp);
    /* Binding leaves an event on the binder's side: what came before is not lost. */
    assert_true(evtchn_port_is_pending(w.dom0, dp));
    send.port = dp;
    assert_int_equal(OP(w.v0, send, &send), 0);
    assert_true(test_bit(gp, shared(w.guest)->evtchn_pending));
    assert_true(test_bit(gp / 64, &w.v1->vcpu_info->evtchn_pending_sel));
    assert_int_equal(w.v1->vcpu_info->evtchn_upcall_pending, 1);
    clear_bit(dp, shared(w.dom0)->evtchn_pending);
    send.port = gp;
    assert_int_equal(OP(w.v1, send, &send), 0);
    assert_true(evtchn_port_is_pending(w.dom0, dp));
}

static void a_masked_port_waits_for_unmask(void **state)
{
    struct evtchn_unmask unmask;
    struct evtchn_send send;
    port_t gp, dp;

    connect(&gp, &dp);
    set_bit(gp, shared(w.guest)->evtchn_mask);
    send.port = dp;
    assert_int_equal(OP(w.v0, send, &send), 0);
    assert_true(evtchn_port_is_pending(w.guest, gp));
    assert_true(test_bit(gp, shared(w.guest)->evtchn_mask));
    assert_int_equal(w.v1->vcpu_info->evtchn_upcall_pending, 0);
    unmask.port = gp;
    assert_int_equal(OP(w.v1, unmask, &unmask), 0);
    assert_int_equal(w.v1->vcpu_info->evtchn_upcall_pending, 1);
    assert_false(test_bit(gp, shared(w.guest)->evtchn_mask));
}

static void only_the_named_domain_may_bind(void **state)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = 5};
    struct evtchn_bind_interdomain bind = {.remote_dom = 1};

    assert_int_equal(OP(w.v1, alloc_unbound, &alloc), 0);
    bind.remote_port = alloc.port;
    assert_int_equal(OP(w.v0, bind_interdomain, &bind), -EINVAL);
    bind.remote_port = 99999;
    assert_int_equal(OP(w.v0, bind_interdomain, &bind), -EINVAL);
    bind.remote_dom = 9;
    assert_int_equal(OP(w.v0, bind_interdomain, &bind), -ESRCH);
    alloc.dom = 0;
    assert_int_equal(OP(w.v1, alloc_unbound, &alloc), -EPERM);
    alloc = (struct evtchn_alloc_unbound){.dom = 1, .remote_dom = 0};
    assert_int_equal(OP(w.v0, alloc_unbound, &alloc), 0); /* dom0 for the guest */
    assert_int_equal(status(w.v1, DOMID_SELF, alloc.port), EVTCHNSTAT_unbound);
}

static void closing_one_end_leaves_the_other_unbound(void **state)
{
    struct evtchn_close close;
    port_t gp, dp;

    connect(&gp, &dp);
    assert_int_equal(status(w.v0, 1, gp), EVTCHNSTAT_interdomain);
    close.port = dp;
    assert_int_equal(OP(w.v0, close, &close), 0);
    assert_int_equal(OP(w.v0, close, &close), -EINVAL);
    assert_int_equal(status(w.v0, 1, gp), EVTCHNSTAT_unbound);
    assert_int_equal(status(w.v0, DOMID_SELF, dp), EVTCHNSTAT_closed);
    close.port = 0;
    assert_int_equal(OP(w.v0, close, &close), -EINVAL);
}

static void a_dead_domains_channels_are_closed(void **state)
{
    port_t gp, dp;

    connect(&gp, &dp);
    hosted_destroy(w.guest);
    w.guest = NULL;
    assert_int_equal(status(w.v0, DOMID_SELF, dp), EVTCHNSTAT_unbound);
    assert_null(domain_get(1));
}

static void a_channel_to_oneself_works(void **state)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
    struct evtchn_send send;
    struct evtchn_close close;

    assert_int_equal(OP(w.v1, alloc_unbound, &alloc), 0);
    bind.remote_port = alloc.port;
    assert_int_equal(OP(w.v1, bind_interdomain, &bind), 0);
    send.port = bind.local_port;
    assert_int_equal(OP(w.v1, send, &send), 0);
    assert_true(evtchn_port_is_pending(w.guest, alloc.port));
    close.port = alloc.port;
    assert_int_equal(OP(w.v1, close, &close), 0);
    assert_int_equal(status(w.v1, DOMID_SELF, bind.local_port), EVTCHNSTAT_unbound);
}

static void virqs_are_bound_once_and_where_they_belong(void **state)
{
    struct evtchn_bind_virq timer = {.virq = VIRQ_TIMER, .vcpu = 1},
                            console = {.virq = VIRQ_CONSOLE};
    struct evtchn_bind_vcpu move;

    assert_int_equal(OP(w.v1, bind_virq, &timer), 0);
    assert_int_equal(OP(w.v1, bind_virq, &timer), -EEXIST);
    send_guest_vcpu_virq(w.guest->vcpu[0], VIRQ_TIMER);
    assert_false(evtchn_port_is_pending(w.guest, timer.port));
    send_guest_vcpu_virq(w.guest->vcpu[1], VIRQ_TIMER);
    assert_true(evtchn_port_is_pending(w.guest, timer.port));
    move = (struct evtchn_bind_vcpu){.port = timer.port, .vcpu = 0};
    assert_int_equal(OP(w.v1, bind_vcpu, &move), -EINVAL);
    assert_int_equal(OP(w.v1, bind_virq, &console), -EPERM);
    console.vcpu = 1;
    assert_int_equal(OP(w.v0, bind_virq, &console), -EINVAL);
    console.vcpu = 0;
    assert_int_equal(OP(w.v0, bind_virq, &console), 0);
    move = (struct evtchn_bind_vcpu){.port = console.port, .vcpu = 1};
    assert_int_equal(OP(w.v0, bind_vcpu, &move), 0);
    send_global_virq(VIRQ_CONSOLE);
    assert_int_equal(w.dom0->vcpu[1]->vcpu_info->evtchn_upcall_pending, 1);
    timer = (struct evtchn_bind_virq){.virq = NR_VIRQS};
    assert_int_equal(OP(w.v1, bind_virq, &timer), -EINVAL);
    timer = (struct evtchn_bind_virq){.virq = VIRQ_TIMER, .vcpu = 7};
    assert_int_equal(OP(w.v1, bind_virq, &timer), -ENOENT);
}

static void a_global_virq_goes_to_who_handles_it(void **state)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};

    assert_int_equal(set_global_virq_handler(w.guest, VIRQ_TIMER), -EINVAL);
    assert_int_equal(set_global_virq_handler(w.guest, VIRQ_DOM_EXC), 0);
    assert_int_equal(OP(w.v1, bind_virq, &bind), 0);
    send_global_virq(VIRQ_DOM_EXC);
    assert_true(evtchn_port_is_pending(w.guest, bind.port));
}

static void pirqs_need_permission(void **state)
{
    struct evtchn_bind_pirq bind = {.pirq = 9};

    assert_int_equal(OP(w.v1, bind_pirq, &bind), -EPERM);
    rangeset_add(w.guest->irq_caps, 9, 9);
    assert_int_equal(OP(w.v1, bind_pirq, &bind), 0);
    assert_int_equal(OP(w.v1, bind_pirq, &bind), -EEXIST);
    send_guest_pirq(w.guest, 9);
    assert_true(evtchn_port_is_pending(w.guest, bind.port));
    send_guest_pirq(w.guest, 10);
    send_guest_pirq(w.guest, ~0U);
    bind.pirq = MAX_PIRQS;
    assert_int_equal(OP(w.v1, bind_pirq, &bind), -EINVAL);
}

static void ports_end_where_the_limit_is(void **state)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    long rc;

    w.guest->evtchn.max_port = 300;
    for (unsigned int i = 1; i <= 300; i++) {
        assert_int_equal(OP(w.v1, bind_ipi, &ipi), 0);
        assert_int_equal(ipi.port, i);
    }
    rc = OP(w.v1, bind_ipi, &ipi);
    assert_int_equal(rc, -ENOSPC);
    {
        struct evtchn_close close = {.port = 17};
        assert_int_equal(OP(w.v1, close, &close), 0);
    }
    assert_int_equal(OP(w.v1, bind_ipi, &ipi), 0);
    assert_int_equal(ipi.port, 17);
}

static void reset_closes_everything(void **state)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_reset reset = {.dom = DOMID_SELF};
    port_t gp, dp;

    connect(&gp, &dp);
    assert_int_equal(OP(w.v1, bind_ipi, &ipi), 0);
    assert_int_equal(OP(w.v1, reset, &reset), 0);
    assert_int_equal(w.guest->evtchn.active, 0);
    assert_int_equal(status(w.v0, DOMID_SELF, dp), EVTCHNSTAT_unbound);
    reset.dom = 0;
    assert_int_equal(OP(w.v1, reset, &reset), -EPERM);
}

/* A reset whose vCPU did not come back, and what was opened behind it. */
static void destruction_starts_from_the_first_port(void **state)
{
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    port_t gp, dp;
    int rc;

    for (unsigned int i = 0; i < 100; i++)
        assert_int_equal(OP(w.v1, bind_ipi, &ipi), 0);
    softirq_raise(SOFTIRQ_CONSOLE);
    assert_int_equal(evtchn_reset(w.guest), -EPREEMPTED);
    hosted_run();
    connect(&gp, &dp);
    assert_true(gp < w.guest->evtchn.close_from);
    while ((rc = evtchn_destroy(w.guest)) == -EPREEMPTED)
        hosted_run();
    assert_int_equal(rc, 0);
    assert_int_equal(w.guest->evtchn.active, 0);
    assert_int_equal(status(w.v0, DOMID_SELF, dp), EVTCHNSTAT_unbound);
}

static void the_oldest_interface_is_served(void **state)
{
    struct evtchn_op old = {.cmd = EVTCHNOP_alloc_unbound};

    old.u.alloc_unbound.dom = DOMID_SELF;
    old.u.alloc_unbound.remote_dom = 0;
    memcpy(w.page1, &old, sizeof(old));
    assert_int_equal(
        hosted_call(w.v1, __HYPERVISOR_event_channel_op_compat, (unsigned long)w.page1, 0, 0, 0),
        0);
    memcpy(&old, w.page1, sizeof(old));
    assert_int_not_equal(old.u.alloc_unbound.port, 0);
}

/* --- polling and blocking --------------------------------------------------------------------- */
static void start(struct vcpu *v)
{
    up(v);
    domain_unpause(v->domain);
    hosted_run();
    assert_true(v->is_running);
}

static void a_poll_ends_with_its_event(void **state)
{
    evtchn_port_t *port = (void *)(w.page1 + 512);
    struct sched_poll poll = {.nr_ports = 1};
    struct evtchn_send send;
    port_t gp, dp, other;

    connect(&gp, &dp);
    connect(&other, &send.port);
    start(w.v1);
    set_bit(gp, shared(w.guest)->evtchn_mask);
    set_bit(other, shared(w.guest)->evtchn_mask);
    *port = gp;
    poll.ports.p = port;
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), 0);
    hosted_run();
    assert_false(w.v1->is_running);
    assert_int_equal(OP(w.v0, send, &send), 0); /* not the one */
    hosted_run();
    assert_false(w.v1->is_running);
    send.port = dp;
    assert_int_equal(OP(w.v0, send, &send), 0);
    hosted_run();
    assert_true(w.v1->is_running);
    /* Pending already: no wait. */
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), 0);
    hosted_run();
    assert_true(w.v1->is_running);
    assert_true(w.guest->poll_mask[0] == 0);
}

/* A container's interrupt, for one, that came before the poll began. */
static void a_poll_does_not_sleep_over_an_interrupt(void **state)
{
    struct sched_poll poll = {.nr_ports = 0};

    start(w.v1);
    hosted_interrupt = true;
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), 0);
    hosted_interrupt = false;
    assert_int_equal(w.v1->pause_flags, 0);
    assert_true(w.guest->poll_mask[0] == 0);
    hosted_run();
    assert_true(w.v1->is_running);
}

static void a_poll_ends_with_its_time(void **state)
{
    struct sched_poll poll = {.nr_ports = 0, .timeout = (uint64_t)now() + 5000000};

    start(w.v1);
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), 0);
    hosted_advance(MILLISECS(4));
    assert_false(w.v1->is_running);
    hosted_advance(MILLISECS(2));
    assert_true(w.v1->is_running);
}

static void bad_polls_do_not_block(void **state)
{
    evtchn_port_t *port = (void *)(w.page1 + 512);
    struct sched_poll poll = {.nr_ports = 1};

    start(w.v1);
    *port = 5000;
    poll.ports.p = port;
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), -EINVAL);
    poll.ports.p = (void *)8;
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), -EFAULT);
    poll.nr_ports = 129;
    assert_int_equal(CALL(w.v1, sched_op, SCHEDOP_poll, &poll), -EINVAL);
    hosted_run();
    assert_true(w.v1->is_running);
    assert_int_equal(w.v1->pause_flags, 0);
}

static void a_blocked_vcpu_wakes_with_an_event(void **state)
{
    struct evtchn_send send;
    port_t gp;

    connect(&gp, &send.port);
    start(w.v1);
    w.v1->vcpu_info->evtchn_upcall_mask = 1;
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0), 0);
    assert_int_equal(w.v1->vcpu_info->evtchn_upcall_mask, 0);
    hosted_run();
    assert_false(w.v1->is_running);
    assert_int_equal(OP(w.v0, send, &send), 0);
    hosted_run();
    assert_true(w.v1->is_running);
    /* With the upcall still pending, blocking again does not. */
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0), 0);
    hosted_run();
    assert_true(w.v1->is_running);
}

/* --- vcpu_info elsewhere ---------------------------------------------------------------------- */
static void vcpu_info_moves_once_and_with_its_contents(void **state)
{
    struct vcpu_register_vcpu_info reg = {.mfn = hosted_frame_mfn(w.guest, 3).v, .offset = 64};
    struct vcpu_info *fresh = (void *)((char *)hosted_frame(w.guest, 3) + 64);
    struct vcpu *v = w.guest->vcpu[1];

    v->vcpu_info->evtchn_upcall_mask = 1;
    memcpy(w.page1, &reg, sizeof(reg));
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 1,
                                 (unsigned long)w.page1, 0),
                     0);
    assert_ptr_equal(v->vcpu_info, fresh);
    assert_int_equal(fresh->evtchn_upcall_mask, 1);
    assert_int_equal(fresh->evtchn_upcall_pending, 1);
    assert_int_equal(fresh->evtchn_pending_sel, ~0UL);
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 1,
                                 (unsigned long)w.page1, 0),
                     -EINVAL);
    for (unsigned int i = 0; i < 3; i++) {
        reg.offset = i == 0 ? PAGE_SIZE - 8 : i == 1 ? 3 : 0;
        reg.mfn = i == 2 ? hosted_frame_mfn(w.dom0, 3).v : reg.mfn;
        memcpy(w.page1, &reg, sizeof(reg));
        assert_true(hosted_call(w.v1, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0,
                                (unsigned long)w.page1, 0) < 0);
    }
}

static void vcpu_info_may_overlap_its_old_place(void **state)
{
    struct vcpu_register_vcpu_info reg = {.mfn = virt_to_mfn(w.guest->shared_info).v, .offset = 8};

    w.v1->vcpu_info->evtchn_upcall_mask = 1;
    memcpy(w.page1, &reg, sizeof(reg));
    assert_int_equal(hosted_call(w.v1, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info, 0,
                                 (unsigned long)w.page1, 0),
                     0);
    assert_int_equal(w.v1->vcpu_info->evtchn_upcall_mask, 1);
}

/* --- FIFO ------------------------------------------------------------------------------------- */
static event_word_t *words(unsigned int page)
{
    return hosted_frame(w.guest, 10 + page);
}

static struct evtchn_fifo_control_block *control(unsigned int vcpu)
{
    return hosted_frame(w.guest, 20 + vcpu);
}

static void switch_to_fifo(void)
{
    struct evtchn_expand_array expand = {.array_gfn = hosted_frame_mfn(w.guest, 10).v};

    for (unsigned int i = 0; i < 2; i++) {
        struct evtchn_init_control init = {.control_gfn = hosted_frame_mfn(w.guest, 20 + i).v,
                                           .vcpu = i};

        assert_int_equal(OP(w.v1, init_control, &init), 0);
        assert_int_equal(init.link_bits, EVTCHN_FIFO_LINK_BITS);
    }
    assert_int_equal(OP(w.v1, expand_array, &expand), 0);
}

/* As a guest does it: the head of a queue, 0: none. */
static port_t take(unsigned int vcpu, unsigned int prio)
{
    struct evtchn_fifo_control_block *c = control(vcpu);
    port_t port = c->head[prio];
    event_word_t *word = &words(0)[port], old;

    if (!port)
        return 0;
    old = __atomic_fetch_and(word, ~((1U << EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK),
                             __ATOMIC_SEQ_CST);
    c->head[prio] = old & EVTCHN_FIFO_LINK_MASK;
    if (!c->head[prio])
        c->ready &= ~(1U << prio);
    if (!(old & (1U << EVTCHN_FIFO_PENDING)))
        return take(vcpu, prio);
    *word &= ~(1U << EVTCHN_FIFO_PENDING);
    return port;
}

static void fifo_queues_events_in_order(void **state)
{
    struct evtchn_send send;
    port_t gp[3], dp[3];

    switch_to_fifo();
    for (unsigned int i = 0; i < 3; i++)
        connect(&gp[i], &dp[i]);
    for (unsigned int round = 0; round < 3; round++) {
        const unsigned int order[] = {2, 0, 1};

        for (unsigned int i = 0; i < 3; i++) {
            send.port = dp[order[i]];
            assert_int_equal(OP(w.v0, send, &send), 0);
        }
        assert_int_equal(OP(w.v0, send, &send), 0); /* again: once is enough */
        assert_true(control(0)->ready & (1U << EVTCHN_FIFO_PRIORITY_DEFAULT));
        for (unsigned int i = 0; i < 3; i++)
            assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), gp[order[i]]);
        assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    }
}

static void fifo_priorities_and_vcpus_have_their_own_queues(void **state)
{
    struct evtchn_set_priority prio;
    struct evtchn_bind_vcpu move;
    struct evtchn_send send;
    port_t gp;

    switch_to_fifo();
    connect(&gp, &send.port);
    prio = (struct evtchn_set_priority){.port = gp, .priority = 16};
    assert_int_equal(OP(w.v1, set_priority, &prio), -EINVAL);
    prio.priority = 2;
    assert_int_equal(OP(w.v0, send, &send), 0);
    assert_int_equal(OP(w.v1, set_priority, &prio), 0);
    move = (struct evtchn_bind_vcpu){.port = gp, .vcpu = 1};
    assert_int_equal(OP(w.v1, bind_vcpu, &move), 0);
    /* Where it was queued it stays until it is taken; then it goes to the new place. */
    assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), gp);
    assert_int_equal(OP(w.v0, send, &send), 0);
    assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    assert_int_equal(take(1, 2), gp);
}

static void fifo_masked_events_are_linked_when_unmasked(void **state)
{
    struct evtchn_unmask unmask;
    struct evtchn_send send;
    port_t gp;

    switch_to_fifo();
    connect(&gp, &send.port);
    words(0)[gp] |= 1U << EVTCHN_FIFO_MASKED;
    assert_int_equal(OP(w.v0, send, &send), 0);
    assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), 0);
    unmask.port = gp;
    assert_int_equal(OP(w.v1, unmask, &unmask), 0);
    assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), gp);
}

static void what_was_pending_survives_the_switch(void **state)
{
    struct evtchn_send send;
    port_t gp;

    connect(&gp, &send.port);
    assert_int_equal(OP(w.v0, send, &send), 0);
    switch_to_fifo();
    assert_int_equal(take(0, EVTCHN_FIFO_PRIORITY_DEFAULT), gp);
}

static void fifo_set_up_is_checked(void **state)
{
    struct evtchn_init_control init = {.control_gfn = hosted_frame_mfn(w.guest, 20).v, .vcpu = 0};
    struct evtchn_expand_array expand = {.array_gfn = hosted_frame_mfn(w.guest, 10).v};

    assert_int_equal(OP(w.v1, expand_array, &expand), -EOPNOTSUPP);
    init.offset = PAGE_SIZE - 8;
    assert_int_equal(OP(w.v1, init_control, &init), -EINVAL);
    init.offset = 4;
    assert_int_equal(OP(w.v1, init_control, &init), -EINVAL);
    init.offset = 0;
    init.vcpu = 9;
    assert_int_equal(OP(w.v1, init_control, &init), -ENOENT);
    init.vcpu = 0;
    init.control_gfn = hosted_frame_mfn(w.dom0, 1).v;
    assert_int_equal(OP(w.v1, init_control, &init), -EINVAL);
    init.control_gfn = hosted_frame_mfn(w.guest, 20).v;
    assert_int_equal(OP(w.v1, init_control, &init), 0);
    assert_int_equal(OP(w.v1, init_control, &init), -EINVAL);
    expand.array_gfn = ~0UL;
    assert_int_equal(OP(w.v1, expand_array, &expand), -EINVAL);
}

static void forged_links_lead_nobody_astray(void **state)
{
    struct evtchn_send send;
    port_t gp[4], dp[4];

    switch_to_fifo();
    for (unsigned int i = 0; i < 4; i++)
        connect(&gp[i], &dp[i]);
    srand(1);
    for (unsigned int n = 0; n < 20000; n++) {
        words(0)[rand() % 16] = (event_word_t)rand() << 1 ^ (event_word_t)rand();
        control(rand() % 2)->head[rand() % 16] = (uint32_t)rand();
        control(rand() % 2)->ready = (uint32_t)rand();
        send.port = dp[rand() % 4];
        assert_int_equal(OP(w.v0, send, &send), 0);
        if (rand() % 4 == 0) {
            struct evtchn_unmask unmask = {.port = gp[rand() % 4]};
            assert_int_equal(OP(w.v1, unmask, &unmask), 0);
        }
    }
}

static void reset_goes_back_to_two_levels(void **state)
{
    struct evtchn_reset reset = {.dom = DOMID_SELF};
    port_t gp, dp;

    switch_to_fifo();
    connect(&gp, &dp);
    assert_int_equal(OP(w.v1, reset, &reset), 0);
    connect(&gp, &dp);
    memset(shared(w.guest)->evtchn_pending, 0, sizeof(shared(w.guest)->evtchn_pending));
    {
        struct evtchn_send send = {.port = dp};
        assert_int_equal(OP(w.v0, send, &send), 0);
    }
    assert_true(test_bit(gp, shared(w.guest)->evtchn_pending));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_cross_a_channel_both_ways),
        TEST(a_masked_port_waits_for_unmask),
        TEST(only_the_named_domain_may_bind),
        TEST(closing_one_end_leaves_the_other_unbound),
        TEST(a_dead_domains_channels_are_closed),
        TEST(a_channel_to_oneself_works),
        TEST(virqs_are_bound_once_and_where_they_belong),
        TEST(a_global_virq_goes_to_who_handles_it),
        TEST(pirqs_need_permission),
        TEST(ports_end_where_the_limit_is),
        TEST(reset_closes_everything),
        TEST(destruction_starts_from_the_first_port),
        TEST(the_oldest_interface_is_served),
        TEST(a_poll_ends_with_its_event),
        TEST(a_poll_does_not_sleep_over_an_interrupt),
        TEST(a_poll_ends_with_its_time),
        TEST(bad_polls_do_not_block),
        TEST(a_blocked_vcpu_wakes_with_an_event),
        TEST(vcpu_info_moves_once_and_with_its_contents),
        TEST(vcpu_info_may_overlap_its_old_place),
        TEST(fifo_queues_events_in_order),
        TEST(fifo_priorities_and_vcpus_have_their_own_queues),
        TEST(fifo_masked_events_are_linked_when_unmasked),
        TEST(what_was_pending_survives_the_switch),
        TEST(fifo_set_up_is_checked),
        TEST(forged_links_lead_nobody_astray),
        TEST(reset_goes_back_to_two_levels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
