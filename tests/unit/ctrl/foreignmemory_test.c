/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static long answer;
static int page_error; /* of the second page */
static struct privcmd_mmapbatch_v2 batch;
static struct privcmd_mmap_resource resource;

static long device(unsigned long request, void *arg)
{
    if (request == IOCTL_PRIVCMD_MMAPBATCH_V2) {
        batch = *(struct privcmd_mmapbatch_v2 *)arg;
        memset(batch.err, 0, batch.num * sizeof(int));
        if (batch.num > 1)
            batch.err[1] = page_error;
        return answer;
    }
    if (request == IOCTL_PRIVCMD_MMAP_RESOURCE) {
        resource = *(struct privcmd_mmap_resource *)arg;
        if (!answer)
            ((struct privcmd_mmap_resource *)arg)->num = 4;
        return answer;
    }
    return request == IOCTL_PRIVCMD_RESTRICT ? answer : -ENOTTY;
}

static xenforeignmemory_handle *h;

static int open_handle(void **state)
{
    fake_kernel_install();
    fake.ioctl = device;
    answer = page_error = 0;
    h = xenforeignmemory_open(NULL, 0);
    return !h;
}

static int close_handle(void **state)
{
    xenforeignmemory_close(h);
    fake_kernel_assert_clean();
    return 0;
}

static void pages_are_mapped_and_unmapped(void **state)
{
    xen_pfn_t frames[2] = {7, 8};
    void *p = xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL);

    assert_non_null(p);
    assert_true(batch.dom == 3 && batch.num == 2 && batch.addr == (uintptr_t)p);
    assert_int_equal(fake.mapped, 8192);
    assert_int_equal(xenforeignmemory_unmap(h, p, 2), 0);
}

static void one_bad_page_fails_all_unless_errors_are_wanted(void **state)
{
    xen_pfn_t frames[2] = {7, 8};
    int err[2] = {1, 1};
    void *p;

    page_error = -EINVAL;
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xenerr_errno(), EINVAL);
    assert_int_equal(fake.mapped, 0);
    p = xenforeignmemory_map(h, 3, PROT_READ, 2, frames, err);
    assert_non_null(p);
    assert_true(err[0] == 0 && err[1] == -EINVAL);
    xenforeignmemory_unmap(h, p, 2);
    page_error = answer = -ENOENT; /* paged out */
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL));
    assert_int_equal(errno, ENOENT);
    p = xenforeignmemory_map(h, 3, PROT_READ, 2, frames, err);
    assert_int_equal(err[1], -ENOENT);
    xenforeignmemory_unmap(h, p, 2);
}

static void failures_leave_nothing_mapped(void **state)
{
    xen_pfn_t frames[2] = {7, 8};

    answer = -ESRCH;
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL));
    assert_int_equal(errno, ESRCH);
    answer = 0;
    fake.fail_mmap = 1;
    fake.mmap_errno = ENOMEM;
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL));
    assert_int_equal(errno, ENOMEM);
    fake_fail_allocation(1);
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 2, frames, NULL));
    assert_int_equal(errno, ENOMEM);
    fake_fail_allocation(0);
    assert_null(xenforeignmemory_map(h, 3, PROT_READ, 0, frames, NULL));
    assert_int_equal(errno, EINVAL);
}

static void resources_are_mapped_and_measured(void **state)
{
    xenforeignmemory_resource_handle *r;
    size_t size = 0;
    void *p = NULL;

    r = xenforeignmemory_map_resource(h, 3, 1, 2, 5, 2, &p, PROT_READ, 0);
    assert_non_null(r);
    assert_true(resource.dom == 3 && resource.type == 1 && resource.id == 2 && resource.idx == 5 &&
                resource.num == 2 && resource.addr == (uintptr_t)p);
    assert_int_equal(xenforeignmemory_unmap_resource(h, r), 0);
    assert_int_equal(xenforeignmemory_unmap_resource(h, NULL), 0);
    assert_int_equal(xenforeignmemory_resource_size(h, 3, 1, 2, &size), 0);
    assert_int_equal(size, 4 * 4096);
    assert_int_equal(resource.num, 0);
    answer = -ENOTTY;
    p = NULL;
    assert_null(xenforeignmemory_map_resource(h, 3, 1, 2, 5, 2, &p, PROT_READ, 0));
    assert_int_equal(errno, EOPNOTSUPP);
    assert_null(p);
    assert_int_equal(xenforeignmemory_resource_size(h, 3, 1, 2, &size), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    assert_null(xenforeignmemory_map_resource(h, 3, 1, 2, 5, 0, &p, PROT_READ, 0));
    assert_int_equal(errno, EINVAL);
}

static void a_handle_can_be_limited(void **state)
{
    assert_int_equal(xenforeignmemory_restrict(h, 3), 0);
    answer = -ENOTTY;
    assert_int_equal(xenforeignmemory_restrict(h, 3), -1);
    assert_int_equal(errno, EOPNOTSUPP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_are_mapped_and_unmapped, open_handle, close_handle),
        cmocka_unit_test_setup_teardown(one_bad_page_fails_all_unless_errors_are_wanted,
                                        open_handle, close_handle),
        cmocka_unit_test_setup_teardown(failures_leave_nothing_mapped, open_handle, close_handle),
        cmocka_unit_test_setup_teardown(resources_are_mapped_and_measured, open_handle,
                                        close_handle),
        cmocka_unit_test_setup_teardown(a_handle_can_be_limited, open_handle, close_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
