/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <xenevtchn.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static unsigned long request;
static unsigned int words[2];
static long answer;

static long device(unsigned long req, void *arg)
{
    request = req;
    words[0] = req == IOCTL_EVTCHN_RESTRICT_DOMID ? *(domid_t *)arg : ((unsigned int *)arg)[0];
    words[1] = req == IOCTL_EVTCHN_BIND_INTERDOMAIN ? ((unsigned int *)arg)[1] : 0;
    return answer;
}

static xenevtchn_handle *h;

static int open_handle(void **state)
{
    fake_kernel_install();
    fake.ioctl = device;
    answer = 0;
    h = xenevtchn_open(NULL, 0);
    return !h;
}

static int close_handle(void **state)
{
    xenevtchn_close(h);
    fake_kernel_assert_clean();
    return 0;
}

static void each_call_is_its_ioctl(void **state)
{
    answer = 9;
    assert_int_equal(xenevtchn_bind_unbound_port(h, 3), 9);
    assert_true(request == IOCTL_EVTCHN_BIND_UNBOUND_PORT && words[0] == 3);
    assert_int_equal(xenevtchn_bind_interdomain(h, 4, 17), 9);
    assert_true(request == IOCTL_EVTCHN_BIND_INTERDOMAIN && words[0] == 4 && words[1] == 17);
    assert_int_equal(xenevtchn_bind_virq(h, 2), 9);
    assert_true(request == IOCTL_EVTCHN_BIND_VIRQ && words[0] == 2);
    answer = 0;
    assert_int_equal(xenevtchn_notify(h, 9), 0);
    assert_true(request == IOCTL_EVTCHN_NOTIFY && words[0] == 9);
    assert_int_equal(xenevtchn_unbind(h, 9), 0);
    assert_true(request == IOCTL_EVTCHN_UNBIND && words[0] == 9);
    assert_int_equal(xenevtchn_restrict(h, 5), 0);
    assert_true(request == IOCTL_EVTCHN_RESTRICT_DOMID && words[0] == 5);
}

static void failures_keep_errno_and_leave_a_chain(void **state)
{
    answer = -ENOTCONN;
    xenerr_begin();
    assert_int_equal(xenevtchn_notify(h, 9), -1);
    assert_int_equal(errno, ENOTCONN);
    assert_int_equal(xenerr_errno(), ENOTCONN);
    assert_int_equal(xenevtchn_bind_virq(h, 1), -1);
    assert_int_equal(xenevtchn_bind_interdomain(h, 1, 1), -1);
    answer = -ENOTTY;
    assert_int_equal(xenevtchn_restrict(h, 5), -1);
    assert_int_equal(errno, EOPNOTSUPP);
}

static void pending_reads_and_unmask_writes_a_port(void **state)
{
    fake.incoming = 33;
    assert_int_equal(xenevtchn_pending(h), 33);
    assert_int_equal(xenevtchn_unmask(h, 33), 0);
    assert_int_equal(fake.written, 33);
    fake.read_errno = EAGAIN;
    assert_int_equal(xenevtchn_pending(h), -1);
    assert_int_equal(errno, EAGAIN);
}

static void a_handle_can_be_made_of_a_descriptor(void **state)
{
    int fd = eventfd(0, 0);
    xenevtchn_handle *other;

    assert_null(xenevtchn_fdopen(NULL, -1, 0));
    assert_int_equal(errno, EBADF);
    fake_fail_allocation(1);
    assert_null(xenevtchn_fdopen(NULL, fd, 0));
    fake_fail_allocation(0);
    other = xenevtchn_fdopen(NULL, fd, XENEVTCHN_NO_CLOEXEC);
    assert_int_equal(xenevtchn_fd(other), fd);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    fake.open_fds++; /* the handle owns it now */
    xenevtchn_close(other);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void opening_can_fail(void **state)
{
    assert_null(xenevtchn_open(NULL, 8));
    assert_int_equal(errno, EINVAL);
    fake.missing = "/dev/xen/evtchn";
    fake.open_errno = ENOENT;
    assert_null(xenevtchn_open(NULL, 0));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(xenevtchn_close(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_call_is_its_ioctl, open_handle, close_handle),
        cmocka_unit_test_setup_teardown(failures_keep_errno_and_leave_a_chain, open_handle,
                                        close_handle),
        cmocka_unit_test_setup_teardown(pending_reads_and_unmask_writes_a_port, open_handle,
                                        close_handle),
        cmocka_unit_test_setup_teardown(a_handle_can_be_made_of_a_descriptor, open_handle,
                                        close_handle),
        cmocka_unit_test_setup_teardown(opening_can_fail, open_handle, close_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
