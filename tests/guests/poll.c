/* SPDX-License-Identifier: MIT */
/* Pairs of vCPUs: one sleeps by SCHEDOP_poll again and again, the other one wakes it; no wake-up may be lost. */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/sched.h>

#define PATIENCE_NS 60000000000UL

static struct pair {
    volatile evtchn_port_t port;
    volatile unsigned long polls;
    volatile bool stop;
} pairs[MAX_VCPUS / 2];
static volatile int lost;
static uint64_t end_time;

static unsigned long *pending_word(evtchn_port_t port)
{
    return &shared->evtchn_pending[port / 64];
}

static void sleep_again(struct pair *p, unsigned int vcpu)
{
    struct evtchn_bind_ipi bind = {.vcpu = vcpu};
    evtchn_port_t port;
    struct sched_poll poll = {.nr_ports = 1};

    CALL(event_channel_op, EVTCHNOP_bind_ipi, &bind);
    port = bind.port;
    set_xen_guest_handle(poll.ports, &port);
    __atomic_fetch_or(&shared->evtchn_mask[port / 64], 1UL << port % 64, __ATOMIC_SEQ_CST);
    p->port = port;
    while (!p->stop) {
        __atomic_fetch_and(pending_word(port), ~(1UL << port % 64), __ATOMIC_SEQ_CST);
        p->polls++;
        CALL(sched_op, SCHEDOP_poll, &poll);
    }
}

/* Is the other one still going round? */
static bool goes_on(const struct pair *p, struct evtchn_send *send)
{
    unsigned long was = p->polls;
    uint64_t until = now() + PATIENCE_NS;

    while (p->polls == was && now() < until)
        CALL(event_channel_op, EVTCHNOP_send, send);
    return p->polls != was;
}

static void wake_again(struct pair *p, unsigned int vcpu)
{
    struct evtchn_send send = {0};
    uint64_t seed = vcpu;

    while (!(send.port = p->port))
        yield();
    while (now() < end_time && !lost) {
        for (unsigned int i = 0; i < 1000; i++) {
            CALL(event_channel_op, EVTCHNOP_send, &send);
            for (volatile unsigned int n = random64(&seed) % 64; n; n--)
                ;
        }
        if (!goes_on(p, &send)) {
            print("POLL-LOST %u %lu, pending %lu\n", vcpu + 1, p->polls,
                  *pending_word(send.port) >> send.port % 64 & 1);
            while (is_option("lost", "stay") && !goes_on(p, &send))
                ;
            lost = 1;
        }
    }
    p->stop = true;
    CALL(event_channel_op, EVTCHNOP_send, &send);
    print("POLLS %u %lu\n", vcpu, p->polls);
}

static void run_vcpu(unsigned int vcpu)
{
    if (vcpu % 2)
        sleep_again(&pairs[vcpu / 2], vcpu);
    else
        wake_again(&pairs[vcpu / 2], vcpu);
}

void run_poll(void)
{
    end_time = now() + number_option("seconds", 10) * 1000000000UL;
    start_vcpus((unsigned int)number_option("vcpus", 2), run_vcpu);
    run_vcpu(0);
    expect(!lost, "poll-wakes", "lost:", lost);
    print("POLL-END\n");
}
