/* SPDX-License-Identifier: MIT */
/* Events that one CPU sends while another one's vCPU goes over to the FIFO ABI are not lost,
 * whatever the moment. */
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <time.h>

#define ROUNDS      30000
#define TIME_MS     4000 /* fewer rounds on a busy machine */
#define PORTS       64
#define DELAY       20000 /* turns of a loop between the first event and the hypercall, at most */
#define ARRAY_FRAME 10
#define BLOCK_FRAME 20

static port_t guest_port[PORTS], dom0_port[PORTS];
static unsigned int started, sent;
static bool quit;

/* The other CPU is awaited for a moment; it may share ours. */
static void await(const unsigned int *at, unsigned int value)
{
    for (unsigned int n = 1; load_acquire(at) != value && !read_atomic(&quit); n++)
        if (n % 4096 == 0)
            sched_yield();
}

static void *sender(void *unused)
{
    hosted_be_cpu(1);
    for (unsigned int round = 1;; round++) {
        await(&started, round);
        if (read_atomic(&quit))
            return NULL;
        /* From the last one on: it meets who looks through them from the first one on. */
        for (unsigned int i = PORTS; i-- > 0;)
            (void)evtchn_send(w.dom0, dom0_port[i]);
        store_release(&sent, round);
    }
}

#define OP(v, cmd, arg) CALL(v, event_channel_op, EVTCHNOP_##cmd, arg)

static void reset(struct domain *d)
{
    int rc;

    do {
        rc = evtchn_reset(d);
        hosted_poll(false);
    } while (rc == -EPREEMPTED);
    assert_int_equal(rc, 0);
}

/* Two-level again, with channels and without events. */
static void prepare(void)
{
    reset(w.guest);
    reset(w.dom0);
    for (unsigned int i = 0; i < PORTS; i++) {
        struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = 0};
        struct evtchn_bind_interdomain bind = {.remote_dom = 1};

        assert_int_equal(OP(w.v1, alloc_unbound, &alloc), 0);
        bind.remote_port = guest_port[i] = alloc.port;
        assert_int_equal(OP(w.v0, bind_interdomain, &bind), 0);
        dom0_port[i] = bind.local_port;
    }
    memset(w.guest->shared_info->evtchn_pending, 0, sizeof(w.guest->shared_info->evtchn_pending));
    memset(w.v1->vcpu_info, 0, offsetof(struct vcpu_info, arch));
    memset(hosted_frame(w.guest, ARRAY_FRAME), 0, PAGE_SIZE);
    memset(hosted_frame(w.guest, BLOCK_FRAME), 0, PAGE_SIZE);
}

static void go_over(void)
{
    struct evtchn_init_control init = {.control_gfn = hosted_frame_mfn(w.guest, BLOCK_FRAME).v};
    struct evtchn_expand_array expand = {.array_gfn = hosted_frame_mfn(w.guest, ARRAY_FRAME).v};

    assert_int_equal(OP(w.v1, init_control, &init), 0);
    assert_int_equal(OP(w.v1, expand_array, &expand), 0);
}

static unsigned int lost_events(void)
{
    const struct evtchn_fifo_control_block *c = hosted_frame(w.guest, BLOCK_FRAME);
    const event_word_t *words = hosted_frame(w.guest, ARRAY_FRAME);
    unsigned int lost = 0, queued = 0;

    for (unsigned int i = 0; i < PORTS; i++)
        lost += !(words[guest_port[i]] & 1U << EVTCHN_FIFO_PENDING);
    for (port_t port = c->head[EVTCHN_FIFO_PRIORITY_DEFAULT]; port && queued <= PORTS; queued++)
        port = words[port] & EVTCHN_FIFO_LINK_MASK;
    if (!(c->ready & 1U << EVTCHN_FIFO_PRIORITY_DEFAULT) || !w.v1->vcpu_info->evtchn_upcall_pending)
        queued = 0;
    return max(lost, PORTS - queued);
}

static long ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void no_event_is_lost_on_the_way_to_fifo(void **state)
{
    const long end = ms() + TIME_MS;
    unsigned int lost = 0;
    pthread_t thread;

    hosted_threaded = true;
    hosted_be_cpu(0);
    assert_int_equal(pthread_create(&thread, NULL, sender, NULL), 0);
    for (unsigned int round = 1; round <= ROUNDS && ms() < end; round++) {
        prepare();
        store_release(&started, round);
        for (unsigned int i = round * 7 % DELAY; i > 0; i--)
            barrier();
        go_over();
        await(&sent, round);
        lost += lost_events();
    }
    write_atomic(&quit, true);
    pthread_join(thread, NULL);
    hosted_threaded = false;
    assert_int_equal(lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_event_is_lost_on_the_way_to_fifo),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
