/* SPDX-License-Identifier: MIT */
/* The handle, errors, and memory for hypercalls. */
#include "fake_xen.h"

static xc_interface *xch;

static int open_handle(void **state)
{
    xch = fake_xen_open();
    return !xch;
}

static int close_handle(void **state)
{
    fake_xen_close(xch);
    return 0;
}

static void opening_without_memory_leaves_nothing(void **state)
{
    int n;

    for (n = 1;; n++) {
        xc_interface *other;

        fake_fail_allocation(n);
        other = xc_interface_open(NULL, NULL, 0);
        if (other) {
            fake_fail_allocation(0);
            xc_interface_close(other);
            break;
        }
        assert_int_equal(errno, ENOMEM);
        assert_true(xenerr_depth() > 0);
    }
    assert_int_equal(n, 6); /* the handle, a logger, three parts */
    assert_int_equal(fake.mapped, 0);
}

static void opening_without_xen_says_which_device(void **state)
{
    char *text;

    fake.missing = "/dev/xen/privcmd";
    fake.open_errno = EACCES;
    assert_null(xc_interface_open(NULL, NULL, 0));
    assert_int_equal(errno, EACCES);
    text = xenerr_text();
    assert_non_null(strstr(text, "libxenctrl: xc_interface_open: cannot open the hypervisor"));
    assert_non_null(
        strstr(text, "because: libxencall: xencall_open: cannot open /dev/xen/privcmd"));
    assert_non_null(strstr(text, "hint: run as root"));
    free(text);
    fake.missing = NULL;
    assert_null(xc_interface_open(NULL, NULL, 0x100));
    assert_int_equal(errno, EINVAL);
}

static void a_dummy_handle_opens_nothing_and_does_nothing(void **state)
{
    int before = fake.open_fds;
    xc_interface *dummy = xc_interface_open(NULL, NULL, XC_OPENFLAG_DUMMY);
    unsigned long mfn;

    assert_int_equal(fake.open_fds, before);
    assert_int_equal(xc_domain_pause(dummy, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(xc_domain_shutdown(dummy, 1, 0), -1);
    assert_int_equal(xc_maximum_ram_page(dummy, &mfn), -1);
    assert_int_equal(xc_flask_getenforce(dummy), -1);
    assert_int_equal(xc_interface_close(dummy), 0);
    assert_int_equal(xc_interface_close(NULL), 0);
}

static void a_failure_names_hypercall_and_domain(void **state)
{
    char *text;

    hv.answer = -ESRCH;
    assert_int_equal(xc_domain_pause(xch, 7), -1);
    assert_int_equal(errno, ESRCH);
    text = xenerr_text();
    assert_string_equal(text,
                        "libxenctrl: xc_domain_pause: domctl pausedomain failed for domain 7\n"
                        "    hypercall: domctl pausedomain\n"
                        "    error: No such process (ESRCH)\n");
    free(text);
    assert_string_equal(xc_get_last_error(xch)->message,
                        "xc_domain_pause: domctl pausedomain failed for domain 7");
    assert_int_equal(xc_get_last_error(xch)->code, XC_INTERNAL_ERROR);
    xc_clear_last_error(xch);
    assert_int_equal(xc_get_last_error(xch)->code, XC_ERROR_NONE);
}

static void a_version_mismatch_is_explained(void **state)
{
    char *text;

    hv.answer = -EACCES;
    assert_int_equal(xc_domain_unpause(xch, 7), -1);
    assert_int_equal(errno, EACCES);
    text = xenerr_text();
    assert_non_null(strstr(text, "does not speak interface version 0x15"));
    free(text);
    assert_int_equal(hv.domctl.interface_version, 0x15);
}

static void other_hypercalls_are_named_too(void **state)
{
    char *text;

    hv.answer = -EINVAL;
    assert_int_equal(xc_hvm_param_set(xch, 1, 2, 3), -1);
    text = xenerr_text();
    assert_non_null(strstr(text, "hypercall: hvm_op set_param"));
    free(text);
    assert_int_equal(xc_memory_op(xch, 99, NULL, 0), -1);
    text = xenerr_text();
    assert_non_null(strstr(text, "hypercall: memory_op 99"));
    free(text);
}

static void faults_are_retried_only_where_buffers_may_be_away(void **state)
{
    xc_interface *old;

    hv.faults = 2;
    assert_int_equal(xc_domain_pause(xch, 1), -1);
    assert_int_equal(errno, EFAULT);
    assert_int_equal(hv.calls, 1);
    fake.missing = "/dev/xen/hypercall";
    fake.open_errno = ENOENT;
    old = xc_interface_open(NULL, NULL, 0);
    hv.faults = 2;
    assert_int_equal(xc_domain_pause(old, 1), 0);
    hv.faults = 100;
    hv.calls = 0;
    assert_int_equal(xc_domain_pause(old, 1), -1);
    assert_int_equal(hv.calls, 4);
    xc_interface_close(old);
}

static void callers_buffers_work_by_name(void **state)
{
    DECLARE_HYPERCALL_BUFFER(uint32_t, list);
    struct xen_domctl op = {.cmd = XEN_DOMCTL_get_device_group};

    list = xc_hypercall_buffer_alloc(xch, list, 10 * sizeof(*list));
    assert_non_null(list);
    assert_int_equal(list[9], 0);
    set_xen_guest_handle(op.u.get_device_group.sdev_array, list);
    assert_ptr_equal(op.u.get_device_group.sdev_array.p, list);
    set_xen_guest_handle_offset(op.u.get_device_group.sdev_array, list, 3);
    assert_ptr_equal(op.u.get_device_group.sdev_array.p, list + 3);
    set_xen_guest_handle(op.u.get_device_group.sdev_array, HYPERCALL_BUFFER_NULL);
    assert_null(op.u.get_device_group.sdev_array.p);
    assert_true(HYPERCALL_BUFFER_AS_ARG(list) == (unsigned long)list);
    {
        DECLARE_HYPERCALL_BUFFER_SHADOW(uint32_t, alias, HYPERCALL_BUFFER(list));

        assert_ptr_equal(alias, list);
        assert_true(HYPERCALL_BUFFER_AS_ARG(alias) == (unsigned long)list);
    }
    xc_hypercall_buffer_free(xch, list);
    list = xc_hypercall_buffer_alloc_pages(xch, list, 3);
    assert_true(((uintptr_t)list & 4095) == 0);
    xc_hypercall_buffer_free_pages(xch, list, 3);
    assert_null(xc_hypercall_buffer_alloc_pages(xch, list, -1));
    assert_int_equal(errno, EINVAL);
}

static void arrays_of_buffers_own_theirs(void **state)
{
    xc_hypercall_buffer_array_t *array = xc_hypercall_buffer_array_create(xch, 2);
    DECLARE_HYPERCALL_BUFFER(char, a);
    DECLARE_HYPERCALL_BUFFER(char, b);

    a = xc_hypercall_buffer_array_alloc(xch, array, 1, a, 100);
    assert_non_null(a);
    assert_null(xc_hypercall_buffer_array_alloc(xch, array, 1, b, 100));
    assert_int_equal(errno, EINVAL);
    assert_null(xc_hypercall_buffer_array_alloc(xch, array, 2, b, 100));
    b = xc_hypercall_buffer_array_get(xch, array, 1, b, 100);
    assert_ptr_equal(a, b);
    assert_null(xc_hypercall_buffer_array_get(xch, array, 0, b, 100));
    xc_hypercall_buffer_array_destroy(xch, array);
    xc_hypercall_buffer_array_destroy(xch, NULL);
}

static void codes_have_names(void **state)
{
    assert_string_equal(xc_error_code_to_desc(XC_OUT_OF_MEMORY), "Out of memory");
    assert_string_equal(xc_error_code_to_desc(-1), "Unknown error code");
    assert_string_equal(xc_error_code_to_desc(99), "Unknown error code");
    assert_string_equal(xc_strerror(xch, ENOENT), "No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_handle, close_handle)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(opening_without_memory_leaves_nothing),
        TEST(opening_without_xen_says_which_device),
        TEST(a_dummy_handle_opens_nothing_and_does_nothing),
        TEST(a_failure_names_hypercall_and_domain),
        TEST(a_version_mismatch_is_explained),
        TEST(other_hypercalls_are_named_too),
        TEST(faults_are_retried_only_where_buffers_may_be_away),
        TEST(callers_buffers_work_by_name),
        TEST(arrays_of_buffers_own_theirs),
        TEST(codes_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
