/* SPDX-License-Identifier: MIT */
/* Event channels: ports of others, wild ports, all there are. */
#include "guest.h"

#include <xen/event_channel.h>

static long op(unsigned int cmd, void *arg)
{
    return CALL(event_channel_op, cmd, arg);
}

/* Close every port but the console's and the store's. */
static void close_all(void)
{
    for (evtchn_port_t port = 1; port < 1024; port++) {
        struct evtchn_close close = {.port = port};

        if (port != start_info->console.domU.evtchn && port != start_info->store_evtchn)
            op(EVTCHNOP_close, &close);
    }
}

static void denied(void)
{
    struct evtchn_bind_interdomain inter = {.remote_dom = 0};
    struct evtchn_bind_virq virq = {.virq = VIRQ_DOM_EXC};
    struct evtchn_bind_pirq pirq = {.pirq = 1};
    struct evtchn_alloc_unbound unbound = {.dom = 0, .remote_dom = 0};
    struct evtchn_status status = {.dom = 0, .port = 1};
    struct evtchn_reset reset = {.dom = 0};
    bool ok = true;

    for (evtchn_port_t port = 0; port < 200; port++) {
        inter.remote_port = port;
        ok &= op(EVTCHNOP_bind_interdomain, &inter) != 0 ||
              (fail("event-bind-dom0s", "port %u", port), false);
    }
    if (ok)
        pass("event-bind-dom0s");
    expect(op(EVTCHNOP_bind_virq, &virq) < 0, "event-global-virq", "virq", virq.virq);
    virq.virq = VIRQ_CONSOLE;
    expect(op(EVTCHNOP_bind_virq, &virq) < 0, "event-console-virq", "virq", virq.virq);
    virq.virq = 99;
    expect(op(EVTCHNOP_bind_virq, &virq) < 0, "event-virq-99", "virq", virq.virq);
    virq = (struct evtchn_bind_virq){.virq = VIRQ_TIMER, .vcpu = 9999};
    expect(op(EVTCHNOP_bind_virq, &virq) < 0, "event-virq-of-vcpu-9999", "vcpu", 9999);
    expect(op(EVTCHNOP_bind_pirq, &pirq) < 0, "event-bind-pirq", "pirq", pirq.pirq);
    expect(op(EVTCHNOP_alloc_unbound, &unbound) < 0, "event-alloc-in-dom0", "domain", 0);
    expect(op(EVTCHNOP_status, &status) < 0, "event-status-of-dom0", "domain", 0);
    expect(op(EVTCHNOP_reset, &reset) < 0, "event-reset-dom0", "domain", 0);
}

static void wild_ports(void)
{
    static const evtchn_port_t ports[] = {0,      500,    1023,       1024,       4095, 4096,
                                          131071, 131072, 0x7fffffff, 0x80000000, ~0U,  ~0U - 1};
    bool ok = true;

    for (size_t i = 0; i < ARRAY(ports); i++) {
        struct evtchn_close close = {.port = ports[i]};
        struct evtchn_send send = {.port = ports[i]};
        struct evtchn_unmask unmask = {.port = ports[i]};
        struct evtchn_bind_vcpu bind = {.port = ports[i], .vcpu = 0};
        struct evtchn_set_priority priority = {.port = ports[i], .priority = 0};

        ok &= op(EVTCHNOP_close, &close) != 0 && op(EVTCHNOP_send, &send) != 0 &&
              op(EVTCHNOP_bind_vcpu, &bind) != 0 && op(EVTCHNOP_set_priority, &priority) != 0;
        op(EVTCHNOP_unmask, &unmask);
        if (!ok) {
            fail("event-wild-port", "port %u was taken", ports[i]);
            return;
        }
    }
    pass("event-wild-port");
}

static void exhaustion(void)
{
    struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    unsigned int got = 0;
    long rc = 0;

    while (got < 200000 && (rc = op(EVTCHNOP_alloc_unbound, &unbound)) == 0)
        got++;
    expect(rc == -XEN_ENOSPC && got > 900 && got < 1024, "event-all-ports", "got", got);
    close_all();
    rc = op(EVTCHNOP_alloc_unbound, &unbound);
    expect(rc == 0, "event-port-again", "status", rc);
    close_all();
}

/* The shared page's bits are the guest's to write; what it writes there must not hurt. */
static void scribbled_bits(void)
{
    struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain inter = {.remote_dom = DOMID_SELF};
    struct evtchn_send send = {0};
    long rc = op(EVTCHNOP_alloc_unbound, &unbound);

    inter.remote_port = unbound.port;
    rc = rc ? rc : op(EVTCHNOP_bind_interdomain, &inter);
    expect(rc == 0, "event-pair", "status", rc);
    send.port = inter.local_port;
    memset((void *)shared->evtchn_pending, 0xff, sizeof(shared->evtchn_pending));
    memset((void *)shared->evtchn_mask, 0xff, sizeof(shared->evtchn_mask));
    rc = op(EVTCHNOP_send, &send);
    memset((void *)shared->evtchn_pending, 0, sizeof(shared->evtchn_pending));
    shared->vcpu_info[0].evtchn_pending_sel = 0;
    rc = op(EVTCHNOP_send, &send);
    expect(rc == 0 && shared->evtchn_pending[unbound.port / 64] >> (unbound.port % 64) & 1,
           "event-sent", "status", rc);
    memset((void *)shared->evtchn_pending, 0, sizeof(shared->evtchn_pending));
    memset((void *)shared->evtchn_mask, 0, sizeof(shared->evtchn_mask));
    close_all();
}

static void fifo(void)
{
    struct evtchn_init_control control = {.control_gfn = 0x1000, .offset = 0, .vcpu = 0};
    struct evtchn_expand_array array = {.array_gfn = 0x1000};
    long rc = 0;

    while (is_mine(control.control_gfn))
        control.control_gfn++;
    rc = op(EVTCHNOP_expand_array, &array);
    expect(rc != 0, "fifo-expand-before-init", "status", rc);
    rc = op(EVTCHNOP_init_control, &control);
    expect(rc != 0, "fifo-foreign-frame", "status", rc);
    control.control_gfn = mfn_of(spare[12]);
    control.offset = 4090;
    rc = op(EVTCHNOP_init_control, &control);
    expect(rc != 0, "fifo-offset-over-the-end", "status", rc);
    control.offset = 4;
    rc = op(EVTCHNOP_init_control, &control);
    expect(rc != 0, "fifo-offset-unaligned", "status", rc);
    control.offset = 0;
    control.vcpu = 12345;
    rc = op(EVTCHNOP_init_control, &control);
    expect(rc != 0, "fifo-vcpu-12345", "status", rc);
    control.vcpu = 0;
    control.control_gfn = mfn_of(table_of(spare, 1));
    rc = op(EVTCHNOP_init_control, &control);
    expect(rc != 0, "fifo-control-in-a-table", "status", rc);
}

static void wild_arguments(void)
{
    static const unsigned long wild[] = {0,         1,    0xffff830000000000UL,
                                         1UL << 60, ~0UL, MACH2PHYS_VIRT_START};
    bool ok = true;

    for (unsigned int cmd = 0; cmd < 20; cmd++) {
        for (size_t i = 0; i < ARRAY(wild); i++)
            ok &= op(cmd, (void *)wild[i]) < 0 ||
                  (fail("event-wild-argument", "operation %u at %lx", cmd, wild[i]), false);
    }
    if (ok)
        pass("event-wild-argument");
}

void test_events(void)
{
    denied();
    wild_ports();
    exhaustion();
    scribbled_bits();
    fifo();
    wild_arguments();
}
