/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/mman.h>
#include <xengnttab.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static unsigned long fail_request; /* this one fails with EINVAL */
static int ranges;                 /* ranges of the device that were not given back */
static uint32_t count_seen, last_ref, last_domid;
static struct ioctl_gntdev_unmap_notify notify;

static long device(unsigned long request, void *arg)
{
    if (request == fail_request)
        return -EINVAL;
    if (request == IOCTL_GNTDEV_MAP_GRANT_REF) {
        struct ioctl_gntdev_map_grant_ref *map = arg;

        ranges++;
        count_seen = map->count;
        last_ref = map->refs[map->count - 1].ref;
        last_domid = map->refs[map->count - 1].domid;
        map->index = 0x5000;
        return 0;
    }
    if (request == IOCTL_GNTDEV_UNMAP_GRANT_REF) {
        struct ioctl_gntdev_unmap_grant_ref *unmap = arg;

        assert_int_equal(unmap->index, 0x5000);
        assert_int_equal(unmap->count, count_seen);
        ranges--;
        return 0;
    }
    if (request == IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR) {
        struct ioctl_gntdev_get_offset_for_vaddr *where = arg;

        where->offset = 0x5000;
        where->count = count_seen;
        return 0;
    }
    if (request == IOCTL_GNTALLOC_ALLOC_GREF) {
        struct ioctl_gntalloc_alloc_gref *alloc = arg;
        uint32_t *refs =
            (uint32_t *)((char *)arg + offsetof(struct ioctl_gntalloc_alloc_gref, gref_ids));
        uint32_t i;

        ranges++;
        for (i = 0; i < alloc->count; i++)
            refs[i] = 100 + i;
        alloc->index = 0x9000;
        return 0;
    }
    if (request == IOCTL_GNTALLOC_DEALLOC_GREF) {
        ranges--;
        return 0;
    }
    if (request == IOCTL_GNTDEV_SET_UNMAP_NOTIFY) { /* gntalloc's has the same number */
        notify = *(struct ioctl_gntdev_unmap_notify *)arg;
        return 0;
    }
    return -ENOTTY;
}

static int install(void **state)
{
    fake_kernel_install();
    fake.ioctl = device;
    fail_request = 0;
    ranges = 0;
    return 0;
}

static void grants_of_one_domain_are_mapped_and_unmapped(void **state)
{
    xengnttab_handle *h = xengnttab_open(NULL, 0);
    uint32_t refs[3] = {5, 6, 7};
    void *p = xengnttab_map_domain_grant_refs(h, 3, 2, refs, PROT_READ);

    assert_non_null(p);
    assert_true(count_seen == 3 && last_ref == 7 && last_domid == 2);
    assert_int_equal(fake.mapped, 3 * 4096);
    assert_int_equal(xengnttab_unmap(h, p, 2), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xengnttab_unmap(h, p, 3), 0);
    assert_int_equal(ranges, 0);
    assert_int_equal(xengnttab_close(h), 0);
    fake_kernel_assert_clean();
}

static void grants_of_several_domains_keep_theirs(void **state)
{
    xengnttab_handle *h = xengnttab_open(NULL, 0);
    uint32_t refs[2] = {5, 6}, domids[2] = {1, 9};
    void *p = xengnttab_map_grant_refs(h, 2, domids, refs, PROT_READ | PROT_WRITE);

    assert_true(last_ref == 6 && last_domid == 9);
    assert_int_equal(xengnttab_unmap(h, p, 2), 0);
    xengnttab_close(h);
    fake_kernel_assert_clean();
}

static void a_mapping_that_fails_leaves_nothing(void **state)
{
    xengnttab_handle *h = xengnttab_open(NULL, 0);

    fail_request = IOCTL_GNTDEV_MAP_GRANT_REF;
    assert_null(xengnttab_map_grant_ref(h, 1, 2, PROT_READ));
    assert_int_equal(errno, EINVAL);
    fail_request = 0;
    fake.fail_mmap = 1;
    fake.mmap_errno = ENOMEM;
    assert_null(xengnttab_map_grant_ref(h, 1, 2, PROT_READ));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(ranges, 0);
    fail_request = IOCTL_GNTDEV_SET_UNMAP_NOTIFY;
    assert_null(xengnttab_map_grant_ref_notify(h, 1, 2, PROT_READ, 0, 1));
    assert_int_equal(ranges, 0);
    fake_fail_allocation(1);
    assert_null(xengnttab_map_grant_ref(h, 1, 2, PROT_READ));
    assert_int_equal(errno, ENOMEM);
    fake_fail_allocation(0);
    assert_null(xengnttab_map_domain_grant_refs(h, 0, 1, NULL, PROT_READ));
    assert_int_equal(errno, EINVAL);
    xengnttab_close(h);
    fake_kernel_assert_clean();
}

static void a_notification_is_asked_for(void **state)
{
    xengnttab_handle *h = xengnttab_open(NULL, 0);
    void *p = xengnttab_map_grant_ref_notify(h, 1, 2, PROT_WRITE, 12, 34);

    assert_non_null(p);
    assert_int_equal(notify.index, 0x5000 + 12);
    assert_int_equal(notify.action, UNMAP_NOTIFY_CLEAR_BYTE | UNMAP_NOTIFY_SEND_EVENT);
    assert_int_equal(notify.event_channel_port, 34);
    xengnttab_unmap(h, p, 1);
    p = xengnttab_map_grant_ref_notify(h, 1, 2, PROT_WRITE, UINT32_MAX, 34);
    assert_int_equal(notify.action, UNMAP_NOTIFY_SEND_EVENT);
    assert_int_equal(notify.index, 0x5000);
    xengnttab_unmap(h, p, 1);
    assert_null(xengnttab_map_grant_ref_notify(h, 1, 2, PROT_WRITE, 4096, 34));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(ranges, 0);
    xengnttab_close(h);
    fake_kernel_assert_clean();
}

static void a_kernel_without_a_limit_accepts_any(void **state)
{
    xengnttab_handle *h = xengnttab_open(NULL, 0);

    assert_int_equal(xengnttab_set_max_grants(h, 1 << 20), 0);
    fail_request = IOCTL_GNTDEV_SET_MAX_GRANTS;
    assert_int_equal(xengnttab_set_max_grants(h, 1), -1);
    assert_int_equal(xengnttab_grant_copy(h, 0, NULL), -1);
    assert_int_equal(errno, ENOTTY);
    xengnttab_close(h);
}

static void own_pages_are_shared_and_unshared(void **state)
{
    xengntshr_handle *h = xengntshr_open(NULL, 0);
    uint32_t refs[4] = {0}, ref = 0;
    void *p = xengntshr_share_pages(h, 3, 4, refs, 1);

    assert_non_null(p);
    assert_int_equal(refs[3], 103);
    assert_int_equal(ranges, 0); /* the mapping alone keeps the pages */
    assert_int_equal(xengntshr_unshare(h, p, 4), 0);
    p = xengntshr_share_page_notify(h, 3, &ref, 0, 7, 8);
    assert_int_equal(notify.index, 0x9000 + 7);
    assert_int_equal(ref, 100);
    xengntshr_unshare(h, p, 1);
    fake.fail_mmap = 1;
    fake.mmap_errno = ENOMEM;
    refs[0] = 77;
    assert_null(xengntshr_share_pages(h, 3, 4, refs, 1));
    assert_int_equal(refs[0], 77);
    assert_int_equal(ranges, 0);
    assert_null(xengntshr_share_pages(h, 3, -1, refs, 1));
    assert_int_equal(errno, EINVAL);
    xengntshr_close(h);
    fake_kernel_assert_clean();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(grants_of_one_domain_are_mapped_and_unmapped, install),
        cmocka_unit_test_setup(grants_of_several_domains_keep_theirs, install),
        cmocka_unit_test_setup(a_mapping_that_fails_leaves_nothing, install),
        cmocka_unit_test_setup(a_notification_is_asked_for, install),
        cmocka_unit_test_setup(a_kernel_without_a_limit_accepts_any, install),
        cmocka_unit_test_setup(own_pages_are_shared_and_unshared, install),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
