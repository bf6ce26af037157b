/* SPDX-License-Identifier: MIT */
/* Devices on a host in memory: attached, listed, detached, failing, never answered. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <xenerror.h>
#include <xenstore.h>
#include "device/dev.h"
#include "device/qemu.h"
#include "device/vdev.h"
#include "fake_devices.h"
#include "fake_host.h"

static char files[] = "/tmp/light-devices-XXXXXX";
static char kernel[64], image[64], image2[64];
static libxl_ctx *ctx;

static int open_host(void **state)
{
    host_reset();
    devices_reset();
    host_has_backends(true);
    host_guest_has_drivers(true);
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL);
}

static int close_host(void **state)
{
    libxl_ctx_free(ctx);
    ctx = NULL;
    return host_handles();
}

static void fill_disk(libxl_device_disk *disk, const char *file, const char *vdev)
{
    libxl_device_disk_init(disk);
    disk->pdev_path = strdup(file);
    disk->vdev = strdup(vdev);
    disk->format = LIBXL_DISK_FORMAT_RAW;
    disk->readwrite = 1;
}

static void describe(libxl_domain_config *c, const char *name)
{
    libxl_domain_config_init(c);
    c->c_info.type = LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info_init_type(&c->b_info, LIBXL_DOMAIN_TYPE_PV);
    c->c_info.name = strdup(name);
    libxl_uuid_generate(&c->c_info.uuid);
    c->b_info.kernel = strdup(kernel);
    c->b_info.target_memkb = c->b_info.max_memkb = 128 * 1024;
}

static void describe_with_devices(libxl_domain_config *c, const char *name)
{
    describe(c, name);
    c->disks = calloc(2, sizeof(*c->disks));
    c->num_disks = 2;
    fill_disk(&c->disks[0], image, "xvda");
    fill_disk(&c->disks[1], image2, "xvdb");
    c->nics = calloc(2, sizeof(*c->nics));
    c->num_nics = 2;
    libxl_device_nic_init(&c->nics[0]);
    libxl_device_nic_init(&c->nics[1]);
    memcpy(c->nics[1].mac, "\0\x16\x3e\1\2\3", 6);
}

static uint32_t created(const char *name, bool with_devices)
{
    libxl_domain_config c;
    uint32_t domid;

    if (with_devices)
        describe_with_devices(&c, name);
    else
        describe(&c, name);
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_domain_unpause(ctx, domid, NULL), 0);
    return domid;
}

static void chain_says(const char *what)
{
    char *chain = xenerr_text();

    assert_non_null(chain);
    if (!strstr(chain, what))
        fail_msg("the error chain says\n%s\nand nothing of \"%s\"", chain, what);
    free(chain);
}

static void store_has(const char *what, bool wanted)
{
    char *store = host_store();

    if (!strstr(store, what) == wanted)
        fail_msg("%s is %s the store:\n%s", what, wanted ? "not in" : "in", store);
    free(store);
}

static void nothing_is_left(void)
{
    store_has("/backend", false);
    store_has("/libxl/1", false);
    assert_int_equal(devices_loops(), 0);
    assert_int_equal(host_domains(), 0);
}

/* ---- names of disks ---- */

static void names_of_disks_have_their_numbers(void **state)
{
    const struct {
        const char *name;
        int number;
    } names[] = {
        {"xvda", 202 << 8},
        {"xvdb1", 202 << 8 | 16 | 1},
        {"xvdp15", 202 << 8 | 255},
        {"xvdq", 1 << 28 | 16 << 8},
        {"xvda16", 1 << 28 | 16},
        {"xvdaa", 1 << 28 | 26 << 8},
        {"d3p2", 202 << 8 | 3 << 4 | 2},
        {"d3", 202 << 8 | 3 << 4},
        {"hda", 3 << 8},
        {"hdb2", 3 << 8 | 64 | 2},
        {"hdc", 22 << 8},
        {"hdd63", 22 << 8 | 64 | 63},
        {"sda", 8 << 8},
        {"sdp15", 8 << 8 | 255},
        {"51712", 51712},
        {"0xca00", 51712},
        {"hde", -1},
        {"hda64", -1},
        {"sdq", -1},
        {"sda16", -1},
        {"xvd", -1},
        {"xvda256", -1},
        {"xvda01", -1},
        {"xvda0", -1},
        {"xvda1x", -1},
        {"d", -1},
        {"d1p", -1},
        {"vda", -1},
        {"", -1},
        {"-1", -1},
        {"99999999999", -1},
        {"xvdaaaaaaaaaaaa", -1},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (libxl__vdev_number(names[i].name) != names[i].number)
            fail_msg("%s is %d", names[i].name, libxl__vdev_number(names[i].name));
    assert_int_equal(libxl__vdev_number(NULL), -1);
}

/* ---- the life of devices ---- */

/* What Debian's tools write, but for what a script adds. */
static const char *const expected[] = {
    "/local/domain/1/device/vbd/51712 =  (n1,r0)",
    "/local/domain/1/device/vbd/51712/backend = /local/domain/0/backend/vbd/1/51712 (n1,r0)",
    "/local/domain/1/device/vbd/51712/backend-id = 0 (n1,r0)",
    "/local/domain/1/device/vbd/51712/virtual-device = 51712 (n1,r0)",
    "/local/domain/1/device/vbd/51712/device-type = disk (n1,r0)",
    "/local/domain/1/device/vbd/51712/trusted = 1 (n1,r0)",
    "/local/domain/0/backend/vbd/1 =  (",
    "/local/domain/0/backend/vbd/1/51712 =  (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/frontend = /local/domain/1/device/vbd/51712 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/frontend-id = 1 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/online = 1 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/script = /etc/xen/scripts/block (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/removable = 0 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/bootable = 1 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/dev = xvda (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/type = phy (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/mode = w (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/device-type = disk (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/discard-enable = 1 (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/specification = xen (n0,r1)",
    "/local/domain/0/backend/vbd/1/51712/physical-device = 7:",
    "/local/domain/0/backend/vbd/1/51712/hotplug-status = connected (n0,r1)",
    "/local/domain/1/device/vif/1/handle = 1 (n1,r0)",
    "/local/domain/1/device/vif/1/mac = 00:16:3e:01:02:03 (n1,r0)",
    "/local/domain/1/device/vif/1/mtu = 1500 (n0,r1)",
    "/local/domain/1/device/vif/1/trusted = 1 (n1,r0)",
    "/local/domain/0/backend/vif/1/1/script = /etc/xen/scripts/vif-bridge (n0,r1)",
    "/local/domain/0/backend/vif/1/1/mac = 00:16:3e:01:02:03 (n0,r1)",
    "/local/domain/0/backend/vif/1/1/bridge = xenbr0 (n0,r1)",
    "/local/domain/0/backend/vif/1/1/handle = 1 (n0,r1)",
    "/local/domain/0/backend/vif/1/1/type = vif (n0,r1)",
    "/local/domain/0/backend/vif/1/1/hotplug-status = connected (n0,r1)",
    "/libxl/1/device/vif/1/hotplug-status =  (n0)",
    "/libxl/1/device/vbd/51712/frontend = /local/domain/1/device/vbd/51712 (n0)",
    "/libxl/1/device/vbd/51712/backend = /local/domain/0/backend/vbd/1/51712 (n0)",
};

static void the_store_describes_devices_as_others_expect(void **state)
{
    uint32_t domid = created("g1", true);

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        store_has(expected[i], true);
    assert_int_equal(devices_loops(), 2);
    assert_string_equal(devices_bridge_of("vif1.0"), "xenbr0");
    assert_string_equal(devices_bridge_of("vif1.1"), "xenbr0");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static void a_failure_anywhere_leaves_no_device(void **state)
{
    libxl_domain_config c;
    int failures = 0, n;

    for (n = 1;; n++) {
        uint32_t domid;
        int rc;

        host_reset();
        devices_reset();
        host_has_backends(true);
        host_guest_has_drivers(true);
        describe_with_devices(&c, "g1");
        host_fail_at(n);
        rc = libxl_domain_create_new(ctx, &c, &domid, NULL, NULL);
        libxl_domain_config_dispose(&c);
        if (!host_failed())
            break;
        host_fail_at(0);
        if (rc) {
            failures++;
            assert_int_equal(domid, (uint32_t)INVALID_DOMID);
            nothing_is_left();
        } else
            libxl_domain_destroy(ctx, domid, NULL);
    }
    printf("%d calls, %d of them make the creation fail\n", n - 1, failures);
    assert_true(failures > 100);
}

static void disks_come_and_go_while_the_guest_runs(void **state)
{
    uint32_t domid = created("g1", false);
    libxl_domain_config c;
    libxl_device_disk disk, *list;
    libxl_diskinfo info;
    int num;

    fill_disk(&disk, image, "xvdc");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), 0);
    assert_int_equal(disk.backend, LIBXL_DISK_BACKEND_PHY);
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_string_equal(list[0].pdev_path, image);
    assert_string_equal(list[0].vdev, "xvdc");
    assert_null(list[0].script);
    assert_int_equal(libxl_device_disk_getinfo(ctx, domid, &list[0], &info), 0);
    assert_int_equal(info.state, 4);
    assert_int_equal(info.devid, 51744);
    libxl_diskinfo_dispose(&info);
    libxl_domain_config_init(&c);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &c, NULL), 0);
    assert_int_equal(c.num_disks, 1);
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_DEVICE_EXISTS);
    chain_says("has a disk xvdc already");
    assert_int_equal(devices_loops(), 1);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &list[0], NULL), 0);
    assert_int_equal(devices_loops(), 0);
    store_has("/backend/vbd", false);
    libxl_domain_config_init(&c);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &c, NULL), 0);
    assert_int_equal(c.num_disks, 0);
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &list[0], NULL), ERROR_NOTFOUND);
    chain_says("has no disk");
    libxl_device_disk_list_free(list, num);
    libxl_device_disk_dispose(&disk);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static void a_disk_is_not_shared_for_writing(void **state)
{
    uint32_t first = created("g1", false), second = created("g2", false);
    libxl_device_disk w, r, w2;

    fill_disk(&w, image, "xvda");
    fill_disk(&w2, image, "xvdb");
    fill_disk(&r, image, "xvdb");
    r.readwrite = 0;
    assert_int_equal(libxl_device_disk_add(ctx, first, &w, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, second, &w2, NULL), ERROR_FAIL);
    chain_says("in use for writing by /local/domain/0/backend/vbd/1/51712");
    assert_int_equal(libxl_device_disk_add(ctx, second, &r, NULL), ERROR_FAIL);
    assert_int_equal(devices_loops(), 1);
    assert_int_equal(libxl_device_disk_remove(ctx, first, &w, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, second, &r, NULL), 0);
    w.readwrite = 0;
    assert_int_equal(libxl_device_disk_add(ctx, first, &w, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, first, &w2, NULL), ERROR_FAIL);
    libxl_domain_destroy(ctx, first, NULL);
    libxl_domain_destroy(ctx, second, NULL);
    libxl_device_disk_dispose(&w);
    libxl_device_disk_dispose(&w2);
    libxl_device_disk_dispose(&r);
    nothing_is_left();
}

static void interfaces_come_and_go(void **state)
{
    uint32_t domid = created("g1", false);
    libxl_device_nic nic, found;

    libxl_device_nic_init(&nic);
    nic.script = strdup("builtin:bridge-create");
    nic.bridge = strdup("newbr");
    nic.ifname = strdup("guest0");
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 0);
    assert_memory_equal(nic.mac, "\0\x16\x3e", 3);
    assert_true(devices_has_link("newbr"));
    assert_string_equal(devices_bridge_of("guest0"), "newbr");
    assert_int_equal(libxl_devid_to_device_nic(ctx, domid, 0, &found), 0);
    assert_memory_equal(found.mac, nic.mac, 6);
    assert_string_equal(found.script, "builtin:bridge-create");
    assert_int_equal(libxl_device_nic_remove(ctx, domid, &found, NULL), 0);
    libxl_device_nic_dispose(&found);
    free(nic.bridge);
    nic.bridge = strdup("nothing");
    free(nic.script);
    nic.script = NULL;
    nic.devid = -1;
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_FAIL);
    chain_says("there is no bridge nothing");
    libxl_device_nic_dispose(&nic);
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

/* By a process that chose a number for it when ours did, but was faster. */
static void another_is_attached(void)
{
    libxl_device_nic nic;
    libxl_ctx *other;

    assert_int_equal(libxl_ctx_alloc(&other, LIBXL_VERSION, 0, NULL), 0);
    libxl_device_nic_init(&nic);
    assert_int_equal(libxl_device_nic_add(other, 1, &nic, NULL), 0);
    assert_int_equal(nic.devid, 0);
    libxl_device_nic_dispose(&nic);
    libxl_ctx_free(other);
}

static void two_interfaces_may_come_at_once(void **state)
{
    uint32_t domid = created("g1", false);
    libxl_device_nic nic, *list;
    int num;

    libxl_device_nic_init(&nic);
    devices_meanwhile(another_is_attached);
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), 0);
    assert_int_equal(nic.devid, 1);
    assert_string_equal(devices_bridge_of("vif1.0"), "xenbr0");
    assert_string_equal(devices_bridge_of("vif1.1"), "xenbr0");
    store_has("/local/domain/1/device/vif/1/handle = 1 ", true);
    list = libxl_device_nic_list(ctx, domid, &num);
    assert_int_equal(num, 2);
    assert_memory_equal(list[1].mac, nic.mac, sizeof(nic.mac));
    assert_memory_not_equal(list[0].mac, nic.mac, sizeof(nic.mac));
    libxl_device_nic_list_free(list, num);
    /* A number that the manager gave stays what it is. */
    assert_int_equal(libxl_device_nic_add(ctx, domid, &nic, NULL), ERROR_DEVICE_EXISTS);
    chain_says("has a network interface 1 already");
    libxl_device_nic_dispose(&nic);
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

static void media_are_changed(void **state)
{
    uint32_t domid = created("g1", false), other;
    libxl_device_disk drive, theirs, *list;
    int num;

    fill_disk(&drive, image, "xvdc");
    drive.is_cdrom = drive.removable = 1;
    drive.readwrite = 0;
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), ERROR_NOTFOUND);
    assert_int_equal(libxl_device_disk_add(ctx, domid, &drive, NULL), 0);
    free(drive.pdev_path);
    drive.pdev_path = strdup("/nonexistent");
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), ERROR_INVAL);
    chain_says("No such file");
    assert_int_equal(devices_loops(), 1);
    /* Nor does the old one go for a medium that another domain writes to. */
    other = created("g2", false);
    fill_disk(&theirs, image2, "xvda");
    assert_int_equal(libxl_device_disk_add(ctx, other, &theirs, NULL), 0);
    free(drive.pdev_path);
    drive.pdev_path = strdup(image2);
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), ERROR_FAIL);
    chain_says("in use for writing");
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_string_equal(list[0].pdev_path, image);
    libxl_device_disk_list_free(list, num);
    libxl_device_disk_dispose(&theirs);
    assert_int_equal(libxl_domain_destroy(ctx, other, NULL), 0);
    assert_int_equal(devices_loops(), 1);
    free(drive.pdev_path);
    drive.pdev_path = NULL;
    drive.format = LIBXL_DISK_FORMAT_EMPTY;
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), 0);
    assert_int_equal(devices_loops(), 0);
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_int_equal(list[0].format, LIBXL_DISK_FORMAT_EMPTY);
    assert_true(list[0].is_cdrom);
    libxl_device_disk_list_free(list, num);
    drive.pdev_path = strdup(image2);
    drive.format = LIBXL_DISK_FORMAT_RAW;
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), 0);
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_string_equal(list[0].pdev_path, image2);
    libxl_device_disk_list_free(list, num);
    libxl_device_disk_dispose(&drive);
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

static void a_drive_is_empty_when_its_script_fails(void **state)
{
    uint32_t domid = created("g1", false);
    libxl_device_disk drive, *list;
    int num;

    fill_disk(&drive, image, "xvdc");
    drive.is_cdrom = drive.removable = 1;
    drive.readwrite = 0;
    assert_int_equal(libxl_device_disk_add(ctx, domid, &drive, NULL), 0);
    drive.script = strdup("/nonexistent/script");
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &drive, NULL), ERROR_FAIL);
    chain_says("/nonexistent/script cannot be run");
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_int_equal(list[0].format, LIBXL_DISK_FORMAT_EMPTY);
    assert_true(list[0].is_cdrom);
    libxl_device_disk_list_free(list, num);
    libxl_device_disk_dispose(&drive);
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

static void a_domain_that_has_vanished_is_cleaned_up_after(void **state)
{
    uint32_t domid = created("g1", true);

    host_domain_vanishes(domid);
    assert_int_equal(devices_loops(), 2);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), ERROR_DOMAIN_NOTFOUND);
}

static void what_no_driver_has_is_not_waited_for(void **state)
{
    uint32_t domid = created("g1", true);

    devices_fast_time(true); /* waiting for nothing ends the test */
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

/* ---- who never answers ---- */

static void a_back_end_that_never_comes_is_told(void **state)
{
    uint32_t domid = created("g1", false);
    libxl_device_disk disk;

    host_has_backends(false);
    devices_fast_time(true);
    fill_disk(&disk, image, "xvda");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_TIMEDOUT);
    chain_says("has not begun to serve it within 10 s");
    chain_says("xen-blkback");
    chain_says("cannot attach disk xvda to domain 1");
    store_has("/backend/vbd", false);
    store_has("/libxl/1/device/vbd", false);
    assert_int_equal(devices_loops(), 0);
    libxl_device_disk_dispose(&disk);
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

static void a_guest_that_never_lets_go_is_told_or_forced(void **state)
{
    uint32_t domid = created("g1", true);
    libxl_device_disk *list;
    int num;

    host_guest_has_drivers(false);
    devices_fast_time(true);
    list = libxl_device_disk_list(ctx, domid, &num);
    assert_int_equal(num, 2);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &list[0], NULL), ERROR_TIMEDOUT);
    chain_says("the guest has not let go of it within 10 s");
    assert_int_equal(devices_loops(), 2);
    assert_int_equal(libxl_device_disk_remove(ctx, domid, &list[0], NULL), 0);
    assert_int_equal(devices_loops(), 1);
    assert_int_equal(libxl_device_disk_destroy(ctx, domid, &list[1], NULL), 0);
    assert_int_equal(devices_loops(), 0);
    libxl_device_disk_list_free(list, num);
    /* And one whose back end has died as well. */
    host_has_backends(false);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static int end_of(const libxl_asyncop_how *how)
{
    libxl_event *event;
    int rc;

    devices_fast_time(true);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    rc = event->u.operation_complete.rc;
    libxl_event_free(ctx, event);
    return rc;
}

static void attaching_ends_with_the_domain(void **state)
{
    uint32_t domid = created("g1", false);
    const libxl_asyncop_how how = {.callback = NULL, .u.for_event = 7};
    const char *const paths[] = {"/local/domain/0/backend", "/local/domain/1", "/libxl/1"};
    struct xs_handle *xsh = xs_open(0);
    libxl_device_disk disk;

    host_has_backends(false);
    fill_disk(&disk, image, "xvda");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
    assert_int_equal(devices_loops(), 1);
    /* Another process destroys the domain, and does not know this loop device. */
    for (size_t i = 0; i < 3; i++)
        assert_true(xs_rm(xsh, XBT_NULL, paths[i]));
    xs_close(xsh);
    assert_int_equal(end_of(&how), ERROR_FAIL);
    chain_says("somebody removed /local/domain/0/backend/vbd/1/51712");
    assert_int_equal(devices_loops(), 0);
    /* Nor does what comes later bring the nodes back. */
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_DOMAIN_NOTFOUND);
    store_has("/libxl/1", false);
    store_has("/backend", false);
    assert_int_equal(devices_loops(), 0);
    libxl_device_disk_dispose(&disk);
    libxl_domain_destroy(ctx, domid, NULL);
}

/* Another process has begun to destroy the domain, and has its list of devices already. */
static void nothing_is_attached_to_what_is_destroyed(void **state)
{
    uint32_t domid = created("g1", false);
    struct xs_handle *xsh = xs_open(0);
    libxl_device_disk disk;

    assert_true(xs_write(xsh, XBT_NULL, "/libxl/1/destroying", "1", 1));
    xs_close(xsh);
    fill_disk(&disk, image, "xvda");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_DOMAIN_DESTROYED);
    chain_says("domain 1 is being destroyed");
    store_has("/libxl/1/device/vbd", false);
    assert_int_equal(devices_loops(), 0);
    libxl_device_disk_dispose(&disk);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    store_has("/libxl/1", false);
}

/* A process that looks like the domain's QEMU, and does nothing. */
static pid_t idle_qemu(uint32_t domid)
{
    char number[16], path[64];
    pid_t pid = fork();
    int fd;

    assert_true(pid >= 0);
    snprintf(number, sizeof(number), "%u", domid);
    if (!pid) {
        execl("/bin/sh", "sh", "-c", "kill -STOP $$; :", "-xen-domid", number, NULL);
        _exit(127);
    }
    snprintf(path, sizeof(path), "/local/domain/%u/image/device-model-pid", domid);
    snprintf(number, sizeof(number), "%d", (int)pid);
    host_write(path, number);
    while ((fd = libxl__qemu_process(ctx, domid)) < 0)
        usleep(1000); /* it has no such command line yet */
    close(fd);
    return pid;
}

static void end_process(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_disk_of_qemu_is_not_shared_either(void **state)
{
    uint32_t first = created("g1", false), second = created("g2", false);
    pid_t pid = idle_qemu(second);
    libxl_device_disk kernel, qemu;

    fill_disk(&kernel, image, "xvda");
    fill_disk(&qemu, image, "xvdb");
    qemu.backend = LIBXL_DISK_BACKEND_QDISK;
    assert_int_equal(libxl_device_disk_add(ctx, first, &kernel, NULL), 0);
    assert_int_equal(libxl_device_disk_add(ctx, second, &qemu, NULL), ERROR_FAIL);
    chain_says("in use for writing by /local/domain/0/backend/vbd/1/51712");
    store_has("/backend/qdisk", false);
    devices_host_uses(true);
    assert_int_equal(libxl_device_disk_add(ctx, second, &qemu, NULL), ERROR_FAIL);
    chain_says("the host itself uses");
    end_process(pid);
    libxl_device_disk_dispose(&kernel);
    libxl_device_disk_dispose(&qemu);
    assert_int_equal(libxl_domain_destroy(ctx, first, NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, second, NULL), 0);
    nothing_is_left();
}

/* As another thread's poll() may have seen them: with something to read, once upon a time. */
static void dispatch_stale(void)
{
    struct pollfd fds[16];
    int n = 16, timeout = -1;

    libxl__enter(ctx);
    assert_int_equal(libxl__loop_prepare(ctx, fds, &n, &timeout), 0);
    assert_true(n > 0);
    for (int i = 0; i < n; i++)
        fds[i].revents = POLLIN;
    libxl__loop_dispatch(ctx, fds, n);
    libxl__leave(ctx);
}

/* The attach goes on when this returns. */
static pid_t begin_qdisk(uint32_t domid, libxl_device_disk *disk, const libxl_asyncop_how *how)
{
    pid_t pid = idle_qemu(domid);

    host_has_backends(false);
    fill_disk(disk, image, "xvda");
    disk->backend = LIBXL_DISK_BACKEND_QDISK;
    assert_int_equal(libxl_device_disk_add(ctx, domid, disk, how), 0);
    return pid;
}

static void attaching_ends_with_who_is_to_serve(void **state)
{
    uint32_t domid = created("g1", false);
    const libxl_asyncop_how how = {.callback = NULL, .u.for_event = 7};
    libxl_device_disk disk;
    pid_t pid = begin_qdisk(domid, &disk, &how);

    dispatch_stale();
    store_has("/backend/qdisk", true); /* it goes on */
    end_process(pid);
    assert_int_equal(end_of(&how), ERROR_FAIL);
    chain_says("QEMU, which is to serve it, has ended");
    store_has("/backend/qdisk", false);
    libxl_device_disk_dispose(&disk);
    /* What it has left goes with the domain. */
    host_write("/local/domain/0/device-model/1/state", "running");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    store_has("/device-model", false);
    nothing_is_left();
}

static void detaching_ends_with_who_serves(void **state)
{
    uint32_t domid = created("g1", false);
    const libxl_asyncop_how how = {.callback = NULL, .u.for_event = 7};
    libxl_device_disk disk;
    pid_t pid = begin_qdisk(domid, &disk, &how);

    host_write("/local/domain/0/backend/qdisk/1/51712/state", "2");
    assert_int_equal(end_of(&how), 0);
    host_write("/local/domain/0/backend/qdisk/1/51712/state", "4");
    host_write("/local/domain/1/device/vbd/51712/state", "4");
    devices_fast_time(false);
    assert_int_equal(libxl_device_disk_safe_remove(ctx, domid, &disk, &how), 0);
    end_process(pid);
    assert_int_equal(end_of(&how), ERROR_FAIL);
    chain_says("QEMU, which served it, has ended");
    store_has("/backend/qdisk", true);
    /* Nobody is waited for who is not there. */
    devices_fast_time(false);
    assert_int_equal(libxl_device_disk_remove(ctx, domid, &disk, NULL), 0);
    store_has("/backend/qdisk", false);
    store_has("/libxl/1/device/vbd", false);
    libxl_device_disk_dispose(&disk);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static void note_stop(libxl_ctx *context, void *data)
{
    (*(int *)data)++;
}

static void qemu_has_stopped_when_its_process_has(void **state)
{
    uint32_t domid = created("g1", false);
    pid_t pid = idle_qemu(domid);
    int stops = 0;

    devices_fast_time(false);
    libxl__enter(ctx);
    libxl__qemu_stop(ctx, domid, note_stop, &stops);
    libxl__leave(ctx);
    dispatch_stale();
    assert_int_equal(stops, 0);
    end_process(pid);
    libxl__enter(ctx);
    while (!stops)
        assert_int_equal(libxl__run_once(ctx), 0);
    libxl__leave(ctx);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static void note_result(libxl_ctx *context, int rc, void *data)
{
    *(int *)data = rc;
}

/* xl counts them from 0, the guest's consoles begin with the domain's own. */
static void channels_have_numbers_of_their_own(void **state)
{
    uint32_t domid = created("g1", false);
    pid_t pid = idle_qemu(domid);
    libxl_domain_config c;
    int rc = 1;

    libxl_domain_config_init(&c);
    c.channels = calloc(2, sizeof(*c.channels));
    c.num_channels = 2;
    for (int i = 0; i < 2; i++) {
        libxl_device_channel_init(&c.channels[i]);
        libxl_device_channel_init_connection(&c.channels[i], LIBXL_CHANNEL_CONNECTION_PTY);
        c.channels[i].name = strdup("channel");
        c.channels[i].devid = i;
    }
    libxl__enter(ctx);
    libxl__devices_add(ctx, domid, &c, note_result, &rc);
    libxl__leave(ctx);
    assert_int_equal(rc, 0);
    store_has("/local/domain/1/device/console/1/output = chardev:libxl-channel1", true);
    store_has("/local/domain/1/device/console/2/output = chardev:libxl-channel2", true);
    libxl_domain_config_dispose(&c);
    end_process(pid);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    nothing_is_left();
}

static void a_driver_that_fails_is_told(void **state)
{
    uint32_t domid = created("g1", false);
    const libxl_asyncop_how how = {.callback = NULL, .u.for_event = 7};
    libxl_device_disk disk;
    libxl_event *event;

    host_has_backends(false);
    fill_disk(&disk, image, "xvda");
    assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, &how), 0);
    host_write("/local/domain/0/error/backend/vbd/1/51712/error", "19 creating vbd structure");
    host_write("/local/domain/1/error/device/vbd/51712/error", "2 reading ring");
    host_write("/local/domain/0/backend/vbd/1/51712/state", "5");
    devices_fast_time(true);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    assert_int_equal(event->u.operation_complete.rc, ERROR_FAIL);
    chain_says("19 creating vbd structure");
    libxl_event_free(ctx, event);
    assert_int_equal(devices_loops(), 0);
    libxl_device_disk_dispose(&disk);
    store_has("/local/domain/0/error", false);
    store_has("/local/domain/1/error/device", false);
    /* Another one, when the device has gone; and one about a domain that stays. */
    host_write("/local/domain/0/error/backend/vif/1/0/error", "2 reading script");
    host_write("/local/domain/0/error/backend/vif/11/0/error", "2 reading script");
    libxl_domain_destroy(ctx, domid, NULL);
    store_has("/error/backend/vif/1/", false);
    store_has("/local/domain/0/error/backend/vif/11/0/error", true);
}

static void what_cannot_be_a_disk_is_refused(void **state)
{
    uint32_t domid = created("g1", false);
    const struct {
        const char *file, *vdev, *says;
        int format, backend;
    } bad[] = {
        {"/nonexistent", "xvda", "No such file", LIBXL_DISK_FORMAT_RAW, 0},
        {NULL, "xvdz99999", "no name of a disk", LIBXL_DISK_FORMAT_RAW, 0},
        {"", "xvda", "there is no target", LIBXL_DISK_FORMAT_EMPTY, 0},
        {NULL, "xvda", "serves the format raw only", LIBXL_DISK_FORMAT_QCOW2,
         LIBXL_DISK_BACKEND_PHY},
        {NULL, "xvda", "not supported", LIBXL_DISK_FORMAT_RAW, LIBXL_DISK_BACKEND_TAP},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        libxl_device_disk disk;

        fill_disk(&disk, bad[i].file ? bad[i].file : image, bad[i].vdev);
        disk.format = bad[i].format;
        disk.backend = bad[i].backend;
        assert_int_equal(libxl_device_disk_add(ctx, domid, &disk, NULL), ERROR_INVAL);
        chain_says(bad[i].says);
        libxl_device_disk_dispose(&disk);
    }
    libxl_domain_destroy(ctx, domid, NULL);
    nothing_is_left();
}

/* ---- classes of managers ---- */

struct vendor {
    const char *colour;
    int connected, disconnected, rc, again;
};

static int vendor_describe(libxl_ctx *c, libxl_device_nodes *nodes, uint32_t domid, int devid,
                           const void *device, void *user)
{
    const struct vendor *v = device;
    struct vendor *own = user;
    int next = -1;

    if (own->again && !--own->again) {
        assert_int_equal(libxl_device_class_add(c, domid, "vgadget", 0, &next, v, NULL), 0);
        assert_int_equal(next, devid);
    }
    libxl_device_nodes_set(nodes, LIBXL_DEVICE_END_FRONT, "colour", v->colour);
    return libxl_device_nodes_set(nodes, LIBXL_DEVICE_END_BACK, "colour", v->colour);
}

static int vendor_connect(libxl_ctx *c, uint32_t domid, int devid, const char *backend,
                          const void *device, void *user)
{
    struct vendor *v = user;
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "/local/domain/0/backend/vgadget/1/%d", devid);
    assert_string_equal(backend, wanted);
    v->connected++;
    return v->rc;
}

static void vendor_disconnect(libxl_ctx *c, uint32_t domid, int devid, const char *backend,
                              void *user)
{
    ((struct vendor *)user)->disconnected++;
}

static void managers_have_classes_of_their_own(void **state)
{
    struct vendor v = {.colour = "red"};
    const libxl_device_class class = {
        .size = sizeof(class),
        .name = "vgadget",
        .describe = vendor_describe,
        .connect = vendor_connect,
        .disconnect = vendor_disconnect,
    };
    const libxl_device_class taken = {.size = sizeof(taken), .name = "vbd"},
                             unnamed = {.size = sizeof(unnamed), .name = "a/b"};
    uint32_t domid = created("g1", false);
    int devid = -1, num, *devids;

    assert_int_equal(libxl_device_class_register(ctx, &class, &v), 0);
    assert_int_equal(libxl_device_class_register(ctx, &class, &v), ERROR_INVAL);
    assert_int_equal(libxl_device_class_register(ctx, &taken, &v), ERROR_INVAL);
    assert_int_equal(libxl_device_class_register(ctx, &unnamed, &v), ERROR_INVAL);
    assert_int_equal(libxl_device_class_add(ctx, domid, "nothing", 0, &devid, &v, NULL),
                     ERROR_INVAL);
    assert_int_equal(libxl_device_class_add(ctx, domid, "vgadget", 0, &devid, &v, NULL), 0);
    assert_int_equal(devid, 0);
    assert_int_equal(v.connected, 1);
    store_has("/local/domain/1/device/vgadget/0/colour = red (n1,r0)", true);
    store_has("/local/domain/0/backend/vgadget/1/0/colour = red (n0,r1)", true);
    assert_int_equal(libxl_device_class_list(ctx, domid, "vgadget", &devids, &num), 0);
    assert_int_equal(num, 1);
    assert_int_equal(devids[0], 0);
    free(devids);
    assert_int_equal(libxl_device_class_remove(ctx, domid, "vgadget", 0, 0, NULL), 0);
    assert_int_equal(v.disconnected, 1);
    store_has("vgadget", false);
    v.rc = ERROR_FAIL;
    assert_int_equal(libxl_device_class_add(ctx, domid, "vgadget", 0, &devid, &v, NULL),
                     ERROR_FAIL);
    store_has("vgadget", false);
    v.rc = 0;
    assert_int_equal(devid, 0);
    assert_int_equal(libxl_device_class_add(ctx, domid, "vgadget", 0, &devid, &v, NULL), 0);
    /* One more comes while the second one is described, and gets the number it was to have. */
    v.again = 1;
    devid = -1;
    assert_int_equal(libxl_device_class_add(ctx, domid, "vgadget", 0, &devid, &v, NULL), 0);
    assert_int_equal(devid, 2);
    store_has("/local/domain/1/device/vgadget/2/colour = red (n1,r0)", true);
    v.rc = ERROR_DEVICE_EXISTS; /* that is what the manager says, not what the store does */
    devid = -1;
    assert_int_equal(libxl_device_class_add(ctx, domid, "vgadget", 0, &devid, &v, NULL),
                     ERROR_DEVICE_EXISTS);
    store_has("/local/domain/1/device/vgadget/3", false);
    libxl_domain_destroy(ctx, domid, NULL);
    assert_int_equal(v.disconnected, 6);
    nothing_is_left();
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, open_host, close_host)

static void make_file(char *path, size_t size, const char *name)
{
    FILE *f;

    snprintf(path, size, "%s/%s", files, name);
    f = fopen(path, "w");
    fputs("content", f);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_disks_have_their_numbers),
        ON_HOST(the_store_describes_devices_as_others_expect),
        ON_HOST(a_failure_anywhere_leaves_no_device),
        ON_HOST(disks_come_and_go_while_the_guest_runs),
        ON_HOST(a_disk_is_not_shared_for_writing),
        ON_HOST(a_disk_of_qemu_is_not_shared_either),
        ON_HOST(interfaces_come_and_go),
        ON_HOST(two_interfaces_may_come_at_once),
        ON_HOST(media_are_changed),
        ON_HOST(a_drive_is_empty_when_its_script_fails),
        ON_HOST(what_no_driver_has_is_not_waited_for),
        ON_HOST(a_domain_that_has_vanished_is_cleaned_up_after),
        ON_HOST(a_back_end_that_never_comes_is_told),
        ON_HOST(a_guest_that_never_lets_go_is_told_or_forced),
        ON_HOST(attaching_ends_with_the_domain),
        ON_HOST(nothing_is_attached_to_what_is_destroyed),
        ON_HOST(attaching_ends_with_who_is_to_serve),
        ON_HOST(detaching_ends_with_who_serves),
        ON_HOST(qemu_has_stopped_when_its_process_has),
        ON_HOST(channels_have_numbers_of_their_own),
        ON_HOST(a_driver_that_fails_is_told),
        ON_HOST(what_cannot_be_a_disk_is_refused),
        ON_HOST(managers_have_classes_of_their_own),
    };
    char command[64];
    int rc;

    if (!mkdtemp(files))
        return EXIT_FAILURE;
    setenv("XEN_LIB_DIR", files, 1);
    make_file(kernel, sizeof(kernel), "kernel");
    make_file(image, sizeof(image), "image");
    make_file(image2, sizeof(image2), "image2");
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -rf %s", files);
    return system(command) ? EXIT_FAILURE : rc;
}
