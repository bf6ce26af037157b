/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <xencall.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static struct privcmd_hypercall last;
static long answer;

static long hypercall(unsigned long request, void *arg)
{
    assert_int_equal(request, IOCTL_PRIVCMD_HYPERCALL);
    last = *(struct privcmd_hypercall *)arg;
    return answer;
}

static int install(void **state)
{
    fake_kernel_install();
    fake.ioctl = hypercall;
    answer = 0;
    return 0;
}

static void arguments_arrive_in_order(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);
    static const uint64_t args[5] = {1, 2, 3, 4, ~0ull};

    assert_non_null(h);
    answer = 42;
    assert_int_equal(xencall5(h, 36, 1, 2, 3, 4, ~0ull), 42);
    assert_int_equal(last.op, 36);
    assert_memory_equal(last.arg, args, sizeof(args));
    assert_int_equal(xencall1(h, 1, 9), 42);
    assert_int_equal(last.arg[0], 9);
    assert_int_equal(last.arg[1], 0);
    assert_int_equal(xencall_close(h), 0);
    fake_kernel_assert_clean();
}

static void a_negative_result_is_errno(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);

    answer = -EPERM;
    assert_int_equal(xencall0(h, 17), -1);
    assert_int_equal(errno, EPERM);
    xencall_close(h);
}

static void a_wide_result_is_kept(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);

    answer = 0x123456789abl;
    assert_true(xencall2L(h, 12, 2, 0) == 0x123456789abl);
    xencall_close(h);
}

static void freed_pages_are_used_again(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);
    void *a = xencall_alloc_buffer_pages(h, 1), *b;

    assert_true(((uintptr_t)a & 4095) == 0);
    xencall_free_buffer_pages(h, a, 1);
    b = xencall_alloc_buffer(h, 100);
    assert_true((char *)b > (char *)a && (char *)b < (char *)a + 4096);
    assert_int_equal(fake.mmaps, 1);
    xencall_free_buffer(h, b);
    xencall_free_buffer(h, NULL);
    xencall_free_buffer_pages(h, NULL, 3);
    xencall_close(h);
    fake_kernel_assert_clean();
}

static void buffers_of_any_size_are_whole(void **state)
{
    static const size_t sizes[] = {0, 1, 4031, 4032, 4033, 100000, 3 * 4096};
    xencall_handle *h = xencall_open(NULL, 0);
    char *buffers[7];
    size_t i;

    for (i = 0; i < 7; i++) {
        buffers[i] = xencall_alloc_buffer(h, sizes[i]);
        assert_non_null(buffers[i]);
        memset(buffers[i], (int)i, sizes[i]);
    }
    for (i = 0; i < 7; i++) {
        if (sizes[i])
            assert_int_equal(buffers[i][sizes[i] - 1], i);
        xencall_free_buffer(h, buffers[i]);
    }
    xencall_close(h);
    fake_kernel_assert_clean();
}

static void absurd_sizes_are_refused(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);

    assert_null(xencall_alloc_buffer(h, SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
    assert_null(xencall_alloc_buffer(h, SIZE_MAX - 4096));
    assert_null(xencall_alloc_buffer_pages(h, SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
    assert_null(xencall_alloc_buffer_pages(h, 0));
    assert_int_equal(errno, EINVAL);
    fake.fail_mmap = 1;
    fake.mmap_errno = EAGAIN;
    assert_null(xencall_alloc_buffer(h, 1));
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(xenerr_errno(), EAGAIN);
    xencall_close(h);
    fake_kernel_assert_clean();
}

static void without_the_buffer_device_memory_is_locked(void **state)
{
    xencall_handle *h;
    char *p;

    fake.missing = "/dev/xen/hypercall";
    fake.open_errno = ENOENT;
    h = xencall_open(NULL, 0);
    assert_non_null(h);
    assert_int_equal(xencall_buffers_never_fault(h), 0);
    p = xencall_alloc_buffer(h, 10);
    assert_non_null(p);
    p[9] = 1;
    assert_int_equal(fake.mmaps, 0);
    xencall_free_buffer(h, p);
    xencall_close(h);
    fake_kernel_assert_clean();
}

static void opening_says_what_is_missing(void **state)
{
    fake.missing = "/dev/xen/privcmd";
    fake.open_errno = EACCES;
    assert_null(xencall_open(NULL, 0));
    assert_int_equal(errno, EACCES);
    assert_int_equal(xenerr_errno(), EACCES);
    fake_kernel_assert_clean();
    /* An old kernel has it elsewhere. */
    fake.open_errno = ENOENT;
    assert_int_equal(xencall_close(xencall_open(NULL, 0)), 0);
    assert_null(xencall_open(NULL, 0x80));
    assert_int_equal(errno, EINVAL);
    fake_kernel_assert_clean();
}

static void opening_without_memory_leaves_nothing(void **state)
{
    int n;

    for (n = 1;; n++) {
        xencall_handle *h;

        fake_fail_allocation(n);
        h = xencall_open(NULL, XENCALL_OPENFLAG_NON_REENTRANT);
        if (h) {
            xencall_close(h);
            break;
        }
        assert_int_equal(errno, ENOMEM);
        fake_kernel_assert_clean();
    }
    assert_true(n > 2);
    fake_kernel_assert_clean();
}

static void a_failing_close_still_closes(void **state)
{
    xencall_handle *h = xencall_open(NULL, 0);

    fake.close_fails = true;
    assert_int_equal(xencall_close(h), -1);
    assert_int_equal(errno, EIO);
    assert_int_equal(xencall_close(NULL), 0);
    fake_kernel_assert_clean();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(arguments_arrive_in_order, install),
        cmocka_unit_test_setup(a_negative_result_is_errno, install),
        cmocka_unit_test_setup(a_wide_result_is_kept, install),
        cmocka_unit_test_setup(freed_pages_are_used_again, install),
        cmocka_unit_test_setup(buffers_of_any_size_are_whole, install),
        cmocka_unit_test_setup(absurd_sizes_are_refused, install),
        cmocka_unit_test_setup(without_the_buffer_device_memory_is_locked, install),
        cmocka_unit_test_setup(opening_says_what_is_missing, install),
        cmocka_unit_test_setup(opening_without_memory_leaves_nothing, install),
        cmocka_unit_test_setup(a_failing_close_still_closes, install),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
