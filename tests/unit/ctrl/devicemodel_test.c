/* SPDX-License-Identifier: MIT */
#define __XEN_TOOLS__ 1
#include <string.h>
#include <xendevicemodel.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static struct xen_dm_op seen, reply;
static bool has_reply, old_kernel;
static domid_t domid;
static unsigned int nr_bufs;
static size_t second_size;
static long answer;

static long take(struct xen_dm_op *op)
{
    seen = *op;
    if (has_reply)
        *op = reply;
    return answer;
}

static long device(unsigned long request, void *arg)
{
    if (request == IOCTL_PRIVCMD_DM_OP && !old_kernel) {
        struct privcmd_dm_op *call = arg;

        domid = call->dom;
        nr_bufs = call->num;
        assert_int_equal(call->ubufs[0].size, sizeof(struct xen_dm_op));
        if (nr_bufs > 1) {
            second_size = call->ubufs[1].size;
            memset(call->ubufs[1].uptr, 0x5a, second_size);
        }
        return take(call->ubufs[0].uptr);
    }
    if (request == IOCTL_PRIVCMD_HYPERCALL) {
        struct privcmd_hypercall *call = arg;
        struct xen_dm_op_buf *bufs = (void *)(uintptr_t)call->arg[2];

        assert_int_equal(call->op, __HYPERVISOR_dm_op);
        domid = call->arg[0];
        nr_bufs = call->arg[1];
        if (nr_bufs > 1)
            memset(bufs[1].h.p, 0x5a, second_size = bufs[1].size);
        return take(bufs[0].h.p);
    }
    return -ENOTTY;
}

static xendevicemodel_handle *h;

static int open_handle(void **state)
{
    fake_kernel_install();
    fake.ioctl = device;
    has_reply = old_kernel = false;
    answer = 0;
    h = xendevicemodel_open(NULL, 0);
    return !h;
}

static int close_handle(void **state)
{
    xendevicemodel_close(h);
    fake_kernel_assert_clean();
    return 0;
}

static void results_come_back(void **state)
{
    ioservid_t id = 0;
    evtchn_port_t port = 0;

    has_reply = true;
    reply.u.create_ioreq_server.id = 11;
    assert_int_equal(xendevicemodel_create_ioreq_server(h, 4, 1, &id), 0);
    assert_true(domid == 4 && id == 11 && seen.op == XEN_DMOP_create_ioreq_server);
    reply.u.get_ioreq_server_info.bufioreq_port = 6;
    assert_int_equal(xendevicemodel_get_ioreq_server_info(h, 4, 11, NULL, NULL, &port), 0);
    assert_int_equal(port, 6);
    assert_int_equal(seen.u.get_ioreq_server_info.flags, XEN_DMOP_no_gfns);
}

static void ranges_are_marshalled(void **state)
{
    assert_int_equal(xendevicemodel_map_pcidev_to_ioreq_server(h, 4, 1, 2, 3, 4, 5), 0);
    assert_int_equal(seen.u.map_io_range_to_ioreq_server.type, XEN_DMOP_IO_RANGE_PCI);
    assert_int_equal(seen.u.map_io_range_to_ioreq_server.start, 0x20325);
    assert_int_equal(seen.u.map_io_range_to_ioreq_server.end, 0x20325);
    assert_int_equal(xendevicemodel_map_pcidev_to_ioreq_server(h, 4, 1, 2, 3, 32, 5), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xendevicemodel_unmap_io_range_from_ioreq_server(h, 4, 1, 0, 0x3f8, 0x3ff), 0);
    assert_int_equal(seen.op, XEN_DMOP_unmap_io_range_from_ioreq_server);
    assert_int_equal(seen.u.map_io_range_to_ioreq_server.type, XEN_DMOP_IO_RANGE_PORT);
}

static void a_bitmap_comes_back_by_either_way(void **state)
{
    unsigned char bitmap[3] = {0};

    assert_int_equal(xendevicemodel_track_dirty_vram(h, 4, 100, 20, (unsigned long *)bitmap), 0);
    assert_true(nr_bufs == 2 && second_size == 3 && bitmap[2] == 0x5a);
    old_kernel = true;
    memset(bitmap, 0, sizeof(bitmap));
    assert_int_equal(xendevicemodel_track_dirty_vram(h, 4, 100, 20, (unsigned long *)bitmap), 0);
    assert_true(nr_bufs == 2 && second_size == 3 && bitmap[2] == 0x5a);
    assert_int_equal(seen.u.track_dirty_vram.nr, 20);
}

static void failures_name_the_guest(void **state)
{
    answer = -EPERM;
    assert_int_equal(xendevicemodel_set_isa_irq_level(h, 4, 3, 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(xenerr_errno(), EPERM);
    old_kernel = true;
    assert_int_equal(xendevicemodel_inject_msi(h, 4, 0xfee00000, 3), -1);
    assert_int_equal(errno, EPERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(results_come_back, open_handle, close_handle),
        cmocka_unit_test_setup_teardown(ranges_are_marshalled, open_handle, close_handle),
        cmocka_unit_test_setup_teardown(a_bitmap_comes_back_by_either_way, open_handle,
                                        close_handle),
        cmocka_unit_test_setup_teardown(failures_name_the_guest, open_handle, close_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
