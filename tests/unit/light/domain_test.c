/* SPDX-License-Identifier: MIT */
/* A domain's life on a host in memory, with every single step failing once. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <xenerror.h>
#include <xen/domctl.h>
#include <xen/hvm/params.h>
#include "fake_host.h"

static char files[] = "/tmp/light-test-XXXXXX";
static char kernel[64];
static libxl_ctx *ctx;

static int nr_files(void)
{
    DIR *dir = opendir(files);
    struct dirent *e;
    int n = 0;

    while ((e = readdir(dir)))
        n += !strncmp(e->d_name, "userdata", 8);
    closedir(dir);
    return n;
}

static int open_host(void **state)
{
    host_reset();
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL);
}

static int close_host(void **state)
{
    libxl_ctx_free(ctx);
    ctx = NULL;
    return host_handles();
}

/* Of which type guests are. */
static libxl_domain_type guest_type = LIBXL_DOMAIN_TYPE_PV;

static void describe(libxl_domain_config *c, const char *name)
{
    libxl_domain_config_init(c);
    c->c_info.type = guest_type;
    libxl_domain_build_info_init_type(&c->b_info, guest_type);
    c->c_info.name = strdup(name);
    libxl_uuid_from_string(&c->c_info.uuid, "48a616ae-a686-44cf-8fbb-e691fadf5643");
    c->b_info.kernel = strdup(kernel);
    c->b_info.cmdline = strdup("console=hvc0");
    c->b_info.target_memkb = 128 * 1024;
    c->b_info.max_memkb = 256 * 1024;
    c->b_info.max_vcpus = 3;
    libxl_bitmap_alloc(NULL, &c->b_info.avail_vcpus, 3);
    libxl_bitmap_set(&c->b_info.avail_vcpus, 0);
    libxl_bitmap_set(&c->b_info.avail_vcpus, 1);
}

static int create(const char *name, uint32_t *domid)
{
    libxl_domain_config c;
    int rc;

    describe(&c, name);
    rc = libxl_domain_create_new(ctx, &c, domid, NULL, NULL);
    libxl_domain_config_dispose(&c);
    return rc;
}

static uint32_t created(const char *name)
{
    uint32_t domid;

    assert_int_equal(create(name, &domid), 0);
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

/* ---- creation ---- */

static const char *const expected[] = {
    "/local/domain/1 =  (n0,r1)",
    "/local/domain/1/name = g1 (n0,r1)",
    "/local/domain/1/domid = 1 (n0,r1)",
    "/local/domain/1/vm = /vm/48a616ae-a686-44cf-8fbb-e691fadf5643 (n0,r1)",
    "/local/domain/1/cpu/0/availability = online (n0,r1)",
    "/local/domain/1/cpu/1/availability = online (n0,r1)",
    "/local/domain/1/cpu/2/availability = offline (n0,r1)",
    "/local/domain/1/memory/static-max = 262144 (n0,r1)",
    "/local/domain/1/memory/target = 131072 (n0,r1)",
    "/local/domain/1/memory/videoram = 0 (n0,r1)",
    "/local/domain/1/device/suspend =  (n0,r1)",
    "/local/domain/1/device/suspend/event-channel =  (n1)",
    "/local/domain/1/control =  (n0,r1)",
    "/local/domain/1/control/shutdown =  (n1)",
    "/local/domain/1/control/feature-poweroff =  (n1)",
    "/local/domain/1/control/feature-reboot =  (n1)",
    "/local/domain/1/control/feature-suspend =  (n1)",
    "/local/domain/1/control/sysrq =  (n1)",
    "/local/domain/1/control/platform-feature-multiprocessor-suspend = 1 (n0,r1)",
    "/local/domain/1/control/platform-feature-xs_reset_watches = 1 (n0,r1)",
    "/local/domain/1/data =  (n1)",
    "/local/domain/1/drivers =  (n1)",
    "/local/domain/1/feature =  (n1)",
    "/local/domain/1/attr =  (n1)",
    "/local/domain/1/error =  (n1)",
    "/local/domain/1/store/port = 1 (n0,r1)",
    "/local/domain/1/store/ring-ref = 4097 (n0,r1)",
    "/local/domain/1/console/backend = /local/domain/0/backend/console/1/0 (n0,r1)",
    "/local/domain/1/console/backend-id = 0 (n1,r0)",
    "/local/domain/1/console/limit = 1048576 (n0,r1)",
    "/local/domain/1/console/type = xenconsoled (n0,r1)",
    "/local/domain/1/console/output = pty (n0,r1)",
    "/local/domain/1/console/tty =  (n0,r1)",
    "/local/domain/1/console/port = 2 (n0,r1)",
    "/local/domain/1/console/ring-ref = 4098 (n0,r1)",
    "/local/domain/0/backend/console/1/0 =  (n0,r1)",
    "/local/domain/0/backend/console/1/0/frontend = /local/domain/1/console (n0,r1)",
    "/local/domain/0/backend/console/1/0/frontend-id = 1 (n0,r1)",
    "/local/domain/0/backend/console/1/0/online = 1 (n0,r1)",
    "/local/domain/0/backend/console/1/0/state = 1 (n0,r1)",
    "/local/domain/0/backend/console/1/0/protocol = vt100 (n0,r1)",
    "/vm/48a616ae-a686-44cf-8fbb-e691fadf5643 =  (n0,r1)",
    "/vm/48a616ae-a686-44cf-8fbb-e691fadf5643/name = g1 (n0,r1)",
    "/vm/48a616ae-a686-44cf-8fbb-e691fadf5643/image/ostype = linux (n0,r1)",
    "/vm/48a616ae-a686-44cf-8fbb-e691fadf5643/image/cmdline = console=hvc0 (n0,r1)",
    "/libxl/1/type = pv (n0)",
    "/libxl/1/dm-version = qemu_xen (n0)",
    "/libxl/1/device/console/0/frontend = /local/domain/1/console (n0)",
    "/libxl/1/device/console/0/backend = /local/domain/0/backend/console/1/0 (n0)",
};

static void the_store_describes_a_new_domain_as_guests_expect(void **state)
{
    uint32_t domid = created("g1");
    char *store = host_store();

    assert_int_equal(domid, 1);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        char line[256];

        snprintf(line, sizeof(line), "%s\n", expected[i]);
        if (!strstr(store, line))
            fail_msg("not in the store: %s\n%s", expected[i], store);
    }
    free(store);
    assert_true(host_paused(1));
    assert_int_equal(host_max_kb(1), 129 * 1024); /* the target and 1 MiB */
    assert_int_equal(nr_files(), 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static void a_failure_anywhere_leaves_nothing_and_says_so(void **state)
{
    char *before = host_store();
    int n, failures = 0;

    for (n = 1;; n++) {
        uint32_t domid = 0;
        char *after;
        int rc;

        host_fail_at(n);
        rc = create("g1", &domid);
        if (!host_failed()) {
            host_fail_at(0);
            assert_int_equal(rc, 0);
            break;
        }
        host_fail_at(0);
        if (!rc) { /* what failed was a question that has another answer */
            assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
        } else {
            failures++;
            assert_int_equal(domid, (uint32_t)INVALID_DOMID);
            assert_true(xenerr_depth() >= 2);
            chain_says("cannot create domain \"g1\"");
        }
        after = host_store();
        assert_string_equal(after, before);
        assert_int_equal(host_domains(), 0);
        assert_int_equal(nr_files(), 0);
        free(after);
    }
    print_message("%d calls, %d of them make the creation fail\n", n - 1, failures);
    assert_true(failures > 100);
    assert_int_equal(libxl_domain_destroy(ctx, 1, NULL), 0);
    free(before);
}

static void a_failure_anywhere_leaves_nothing_of_a_pvh_guest(void **state)
{
    guest_type = LIBXL_DOMAIN_TYPE_PVH;
    a_failure_anywhere_leaves_nothing_and_says_so(state);
    guest_type = LIBXL_DOMAIN_TYPE_PV;
}

static void a_pvh_guest_gets_its_container(void **state)
{
    const struct host_container *h = host_container();
    libxl_domain_config c;
    libxl_bitmap map;
    libxl_dominfo info;
    uint32_t domid;

    guest_type = LIBXL_DOMAIN_TYPE_PVH;
    domid = created("g1");
    assert_int_equal(h->flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
    assert_int_equal(h->emulation, XEN_X86_EMU_LAPIC);
    assert_int_equal(h->params[HVM_PARAM_TIMER_MODE], LIBXL_TIMER_MODE_NO_DELAY_FOR_MISSED_TICKS);
    assert_int_equal(h->pool, (3 * 1024 + 256 * 4) << 10); /* three vCPUs, 256 MiB */
    assert_true(h->is_hvm);
    assert_int_equal(h->mem_mb, 256); /* all that it may have */
    assert_int_equal(h->target_pages, 128 * 256);
    assert_int_equal(h->max_vcpus, 3);
    assert_int_equal(h->online, 3);
    assert_int_equal(host_max_kb(domid), 129 * 1024);
    assert_string_equal(host_read("/libxl/1/type"), "pvh");
    assert_int_equal(libxl_domain_info(ctx, &info, domid), 0);
    assert_int_equal(info.domain_type, LIBXL_DOMAIN_TYPE_PVH);
    libxl_dominfo_dispose(&info);

    host_guest_acknowledges(true);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, NULL), 0);
    assert_int_equal(libxl_set_memory_target(ctx, domid, 200 * 1024, 0, 1), 0);
    assert_int_equal(h->on_demand, 200 * 256);
    libxl_bitmap_alloc(NULL, &map, 3);
    libxl_bitmap_set(&map, 0);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &map, NULL), 0);
    libxl_bitmap_dispose(&map);
    assert_string_equal(host_read("/local/domain/1/cpu/1/availability"), "offline");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);

    describe(&c, "g1");
    libxl_defbool_set(&c.c_info.hap, false);
    libxl_defbool_set(&c.c_info.oos, false);
    libxl_defbool_set(&c.b_info.apic, false);
    libxl_defbool_set(&c.b_info.nested_hvm, true);
    c.b_info.shadow_memkb = 8192;
    c.b_info.timer_mode = LIBXL_TIMER_MODE_ONE_MISSED_TICK_PENDING;
    c.b_info.altp2m = LIBXL_ALTP2M_MODE_EXTERNAL;
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    assert_int_equal(h->flags,
                     XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_nested_virt);
    assert_int_equal(h->emulation, 0);
    assert_int_equal(h->pool, 8 << 20);
    assert_int_equal(h->params[HVM_PARAM_TIMER_MODE], LIBXL_TIMER_MODE_ONE_MISSED_TICK_PENDING);
    assert_int_equal(h->params[HVM_PARAM_ALTP2M], LIBXL_ALTP2M_MODE_EXTERNAL);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    libxl_defbool_set(&c.b_info.u.pvh.pvshim, true);
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), ERROR_NI);
    chain_says("run the PV shim");
    host_has_containers(false);
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), ERROR_INVAL);
    chain_says("the hypervisor or the host's CPUs cannot run pvh guests");
    host_has_containers(true);
    libxl_domain_config_dispose(&c);
    guest_type = LIBXL_DOMAIN_TYPE_PV;
}

static void a_name_in_use_is_refused(void **state)
{
    uint32_t first = created("g1"), second;

    assert_int_equal(create("g1", &second), ERROR_INVAL);
    chain_says("the name \"g1\" is in use, by domain 1");
    assert_int_equal(host_domains(), 1);
    assert_int_equal(create("Domain-0", &second), ERROR_INVAL);
    assert_int_equal(create("", &second), ERROR_INVAL);
    assert_int_equal(create("a/b", &second), ERROR_INVAL);
    assert_int_equal(libxl_domain_destroy(ctx, first, NULL), 0);
}

static void bad_configurations_are_refused(void **state)
{
    libxl_domain_config c;
    uint32_t domid;

    describe(&c, "g1");
    c.b_info.target_memkb = 512 * 1024;
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), ERROR_INVAL);
    chain_says("target of 524288 KiB is above the maximum of 262144 KiB");
    libxl_domain_config_dispose(&c);
    describe(&c, "g1");
    free(c.b_info.kernel);
    c.b_info.kernel = strdup("/nonexistent");
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), ERROR_FAIL);
    chain_says("cannot read the kernel /nonexistent");
    chain_says("ENOENT");
    free(c.b_info.kernel);
    c.b_info.kernel = NULL;
    assert_int_not_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    libxl_domain_config_dispose(&c);
    describe(&c, "g1");
    c.disks = calloc(1, sizeof(*c.disks));
    c.num_disks = 1;
    libxl_device_disk_init(c.disks);
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), ERROR_INVAL);
    chain_says("disk without vdev: this is no name of a disk");
    libxl_domain_config_dispose(&c);
    assert_int_equal(host_domains(), 0);
    assert_int_equal(nr_files(), 0);
}

static int console_events;

static void on_console(libxl_ctx *c, libxl_event *event, void *data)
{
    assert_int_equal(event->type, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE);
    assert_int_equal(event->for_user, 9);
    console_events++;
    libxl_event_free(c, event);
}

static void the_console_is_announced_when_it_has_a_terminal(void **state)
{
    const libxl_asyncprogress_how how = {.callback = on_console, .for_event = 9};
    libxl_domain_config c;
    uint32_t domid;
    char *tty;

    host_has_consoled(true);
    console_events = 0;
    describe(&c, "g1");
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, &how), 0);
    libxl_domain_config_dispose(&c);
    assert_int_equal(console_events, 1);
    assert_int_equal(libxl_primary_console_get_tty(ctx, domid, &tty), 0);
    assert_string_equal(tty, "/dev/pts/7");
    free(tty);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

/* ---- operations that take time ---- */

static int callbacks, callback_rc;

static void on_done(libxl_ctx *c, int rc, void *data)
{
    callbacks++;
    callback_rc = rc;
    assert_ptr_equal(data, &callbacks);
    libxl_domain_info(c, NULL, 0); /* the library may be called */
}

static void destroying_can_be_waited_for_by_callback_or_event(void **state)
{
    const libxl_asyncop_how callback = {.callback = on_done, .u.for_callback = &callbacks};
    const libxl_asyncop_how event = {.u.for_event = 42};
    uint32_t a = created("a"), b = created("b");
    libxl_event *e = NULL;

    callbacks = 0;
    assert_int_equal(libxl_domain_destroy(ctx, a, &callback), 0);
    assert_int_equal(libxl_domain_destroy(ctx, b, &event), 0);
    assert_int_equal(libxl_event_check(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    assert_int_equal(libxl_event_wait(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(e->type, LIBXL_EVENT_TYPE_OPERATION_COMPLETE);
    assert_int_equal(e->for_user, 42);
    assert_int_equal(e->u.operation_complete.rc, 0);
    libxl_event_free(ctx, e);
    assert_int_equal(callbacks, 1);
    assert_int_equal(callback_rc, 0);
    assert_int_equal(host_domains(), 0);
    assert_int_equal(nr_files(), 0);
    /* What fails at once is told at once, and not by callback. */
    assert_int_equal(libxl_domain_destroy(ctx, a, &callback), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(callbacks, 1);
}

static void an_operation_can_be_aborted_once(void **state)
{
    const libxl_asyncop_how how = {.u.for_event = 5};
    const libxl_asyncop_how other = {.u.for_event = 6};
    uint32_t domid = created("g1");
    libxl_event *e;

    assert_int_equal(libxl_domain_shutdown(ctx, domid, &how), 0);
    assert_string_equal(host_read("/local/domain/1/control/shutdown"), "poweroff");
    assert_int_equal(libxl_ao_abort(ctx, &other), ERROR_NOTFOUND);
    assert_int_equal(libxl_ao_abort(ctx, &how), 0);
    assert_int_equal(libxl_event_wait(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(e->u.operation_complete.rc, ERROR_ABORTED);
    libxl_event_free(ctx, e);
    assert_int_equal(libxl_ao_abort(ctx, &how), ERROR_NOTFOUND);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static void a_shutdown_is_done_when_the_guest_acknowledges(void **state)
{
    uint32_t domid = created("g1");

    host_guest_acknowledges(true);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, NULL), 0);
    assert_int_equal(libxl_domain_reboot(ctx, domid, NULL), 0);
    host_guest_shuts_down(domid, LIBXL_SHUTDOWN_REASON_POWEROFF);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, NULL), ERROR_FAIL);
    chain_says("has shut down already");
    assert_int_equal(libxl_domain_shutdown(ctx, 9, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

/* ---- events ---- */

static void shutdown_and_death_are_told_once_each(void **state)
{
    uint32_t domid = created("g1");
    libxl_evgen_domain_death *a, *b;
    libxl_event *e;

    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 1, &a), 0);
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 2, &b), 0);
    libxl_evdisable_domain_death(ctx, b);
    assert_int_equal(libxl_event_check(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    host_guest_shuts_down(domid, LIBXL_SHUTDOWN_REASON_REBOOT);
    assert_int_equal(libxl_event_wait(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(e->type, LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN);
    assert_int_equal(e->u.domain_shutdown.shutdown_reason, LIBXL_SHUTDOWN_REASON_REBOOT);
    assert_int_equal(e->for_user, 1);
    assert_int_equal(e->domid, domid);
    libxl_event_free(ctx, e);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_int_equal(libxl_event_wait(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(e->type, LIBXL_EVENT_TYPE_DOMAIN_DEATH);
    libxl_event_free(ctx, e);
    assert_int_equal(libxl_event_check(ctx, &e, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    libxl_evdisable_domain_death(ctx, a);
    assert_int_equal(libxl_evenable_domain_death(ctx, domid, 1, &a), ERROR_DOMAIN_NOTFOUND);
}

static int hooked;

static void on_event(void *user, libxl_event *event)
{
    hooked++;
    libxl_event_free(ctx, event);
}

static void hooks_get_the_events_they_want(void **state)
{
    const libxl_event_hooks hooks = {.event_occurs_mask = 1 << LIBXL_EVENT_TYPE_OPERATION_COMPLETE,
                                     .event_occurs = on_event};
    const libxl_asyncop_how how = {.u.for_event = 5};

    libxl_event_register_callbacks(ctx, &hooks, NULL);
    hooked = 0;
    assert_int_equal(libxl_domain_pause(ctx, 0, &how), 0);
    assert_int_equal(hooked, 1);
    assert_int_equal(libxl_domain_unpause(ctx, 0, NULL), 0);
}

/* ---- changes ---- */

static void memory_targets_keep_their_limits(void **state)
{
    uint32_t domid = created("g1");
    uint64_t target;

    assert_int_equal(libxl_set_memory_target(ctx, domid, 100 * 1024, 0, 1), 0);
    assert_string_equal(host_read("/local/domain/1/memory/target"), "102400");
    assert_int_equal(host_max_kb(domid), 101 * 1024);
    assert_int_equal(libxl_set_memory_target(ctx, domid, -20 * 1024, 1, 0), 0);
    assert_int_equal(libxl_get_memory_target(ctx, domid, &target), 0);
    assert_int_equal(target, 80 * 1024);
    assert_int_equal(libxl_set_memory_target(ctx, domid, 300 * 1024, 0, 1), ERROR_INVAL);
    assert_int_equal(libxl_set_memory_target(ctx, domid, INT64_MIN, 1, 1), ERROR_INVAL);
    assert_int_equal(libxl_set_memory_target(ctx, domid, 0, 0, 1), ERROR_INVAL);
    assert_string_equal(host_read("/local/domain/1/memory/target"), "81920");
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 10 * 1024), ERROR_INVAL);
    assert_int_equal(libxl_domain_setmaxmem(ctx, domid, 200 * 1024), 0);
    assert_string_equal(host_read("/local/domain/1/memory/static-max"), "204800");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    /* Dom0 was not built by us. */
    assert_int_equal(libxl_get_memory_target(ctx, 0, &target), 0);
    assert_int_equal(target, 1024 * 1024);
    assert_string_equal(host_read("/local/domain/0/memory/static-max"), "1048576");
}

static void the_configuration_follows_the_changes(void **state)
{
    uint32_t domid = created("g1");
    libxl_domain_config c;
    libxl_bitmap online;

    assert_int_equal(libxl_bitmap_alloc(ctx, &online, 8), 0);
    libxl_bitmap_set(&online, 0);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &online, NULL), 0);
    libxl_bitmap_set(&online, 3);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &online, NULL), ERROR_INVAL);
    libxl_bitmap_set_none(&online);
    assert_int_equal(libxl_set_vcpuonline(ctx, domid, &online, NULL), ERROR_INVAL);
    libxl_bitmap_dispose(&online);
    assert_int_equal(libxl_set_memory_target(ctx, domid, 100 * 1024, 0, 1), 0);
    assert_int_equal(libxl_domain_rename(ctx, domid, "g1", "g2"), 0);
    libxl_domain_config_init(&c);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, domid, &c, NULL), 0);
    assert_string_equal(c.c_info.name, "g2");
    assert_int_equal(c.b_info.target_memkb, 100 * 1024);
    assert_int_equal(c.b_info.max_memkb, 256 * 1024);
    assert_int_equal(libxl_bitmap_count_set(&c.b_info.avail_vcpus), 1);
    assert_int_equal(c.b_info.sched_params.weight, 256);
    assert_string_equal(c.b_info.kernel, kernel);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    /* It builds the same domain again. */
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    assert_string_equal(host_read("/local/domain/1/cpu/1/availability"), "offline");
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

/* As xen-init-dom0 leaves it; nobody has asked for its memory before. */
static void dom0s_configuration_has_its_memory(void **state)
{
    libxl_domain_config c;
    char *json;

    libxl_domain_config_init(&c);
    c.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info_init_type(&c.b_info, LIBXL_DOMAIN_TYPE_PV);
    json = libxl_domain_config_to_json(ctx, &c);
    assert_non_null(json);
    assert_int_equal(
        libxl_userdata_store(ctx, 0, "libxl-json", (const uint8_t *)json, (int)strlen(json) + 1),
        0);
    free(json);
    assert_int_equal(libxl_retrieve_domain_configuration(ctx, 0, &c, NULL), 0);
    assert_int_equal(c.b_info.max_memkb, 1024 * 1024);
    assert_int_equal(c.b_info.target_memkb, 1024 * 1024);
    libxl_domain_config_dispose(&c);
    assert_int_equal(libxl_userdata_store(ctx, 0, "libxl-json", NULL, 0), 0);
}

static void renaming_keeps_names_unique(void **state)
{
    uint32_t a = created("a"), b = created("b"), found;

    assert_int_equal(libxl_domain_rename(ctx, b, NULL, "a"), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, b, "x", "c"), ERROR_FAIL);
    assert_int_equal(libxl_domain_rename(ctx, b, "b", ""), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, b, "b", "b"), 0);
    assert_int_equal(libxl_domain_rename(ctx, b, "b", "c"), 0);
    assert_int_equal(libxl_name_to_domid(ctx, "c", &found), 0);
    assert_int_equal(found, b);
    assert_int_equal(libxl_name_to_domid(ctx, "b", &found), ERROR_INVAL);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "2", &found), 0);
    assert_int_equal(found, 2);
    assert_int_equal(libxl_domain_qualifier_to_domid(ctx, "70000", &found), ERROR_INVAL);
    assert_int_equal(libxl_domain_destroy(ctx, a, NULL), 0);
    assert_int_equal(libxl_domain_destroy(ctx, b, NULL), 0);
}

/* The name of /vm/UUID. */
static const char *host_vm(libxl_uuid uuid)
{
    char path[64];

    snprintf(path, sizeof(path), "/vm/" LIBXL_UUID_FMT "/name", LIBXL_UUID_BYTES(uuid));
    return host_read(path);
}

/* The old UUID is for another domain to take, with its nodes. */
static void what_is_preserved_gives_its_uuid_away(void **state)
{
    const libxl_uuid other = {.uuid = {0x42, 1}};
    uint32_t domid = created("a");
    libxl_dominfo info;
    int length = 0;

    libxl_dominfo_init(&info);
    assert_int_equal(libxl_domain_info(ctx, &info, domid), 0);
    assert_non_null(host_vm(info.uuid));
    assert_int_equal(libxl_userdata_store(ctx, domid, "xl", (const uint8_t *)"abc", 3), 0);
    assert_int_equal(libxl_domain_preserve(ctx, domid, NULL, "-old", other), 0);
    assert_int_equal(libxl_userdata_retrieve(ctx, domid, "xl", NULL, &length), 0);
    assert_int_equal(length, 3);
    assert_null(host_vm(info.uuid));
    assert_string_equal(host_vm(other), "a-old");
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_null(host_vm(other));
    libxl_dominfo_dispose(&info);
}

static void data_of_managers_lives_as_long_as_the_domain(void **state)
{
    uint32_t domid = created("g1");
    uint8_t *data;
    int length;

    assert_int_equal(libxl_userdata_store(ctx, domid, "xl", (const uint8_t *)"abc", 3), 0);
    assert_int_equal(libxl_userdata_retrieve(ctx, domid, "xl", &data, &length), 0);
    assert_int_equal(length, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
    assert_int_equal(libxl_userdata_retrieve(ctx, domid, "none", &data, &length), 0);
    assert_null(data);
    assert_int_equal(libxl_userdata_store(ctx, domid, "../x", (const uint8_t *)"abc", 3),
                     ERROR_INVAL);
    assert_int_equal(nr_files(), 2);
    assert_int_equal(libxl_userdata_unlink(ctx, domid, "xl"), 0);
    assert_int_equal(nr_files(), 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_int_equal(nr_files(), 0);
}

/* As Debian's toolstack describes them. */
static void attach(const char *class, int devid, const char *const nodes[][2], size_t n)
{
    char path[128], value[128];

    for (size_t i = 0; i < n; i++) {
        snprintf(path, sizeof(path), "/local/domain/0/backend/%s/1/%d/%s", class, devid,
                 nodes[i][0]);
        host_write(path, nodes[i][1]);
    }
    snprintf(path, sizeof(path), "/libxl/1/device/%s/%d/backend", class, devid);
    snprintf(value, sizeof(value), "/local/domain/0/backend/%s/1/%d", class, devid);
    host_write(path, value);
    snprintf(path, sizeof(path), "/libxl/1/device/%s/%d/frontend", class, devid);
    snprintf(value, sizeof(value), "/local/domain/1/device/%s/%d", class, devid);
    host_write(path, value);
    snprintf(path, sizeof(path), "/local/domain/1/device/%s/%d/state", class, devid);
    host_write(path, "4");
}

static void devices_are_what_the_store_says(void **state)
{
    static const char *const disk[][2] = {{"params", "/dev/loop0"}, {"dev", "xvda"},
                                          {"type", "phy"},          {"mode", "w"},
                                          {"device-type", "disk"},  {"discard-enable", "1"}};
    static const char *const image[][2] = {
        {"params", "aio:/x.img"}, {"dev", "xvdb1"}, {"type", "qdisk"}, {"mode", "r"}};
    static const char *const nic[][2] = {{"mac", "00:16:3e:11:22:33"},
                                         {"bridge", "xenbr0"},
                                         {"rate", "50000,50000"},
                                         {"ip", "10.0.0.1"}};
    uint32_t domid = created("g1");
    libxl_device_disk *disks, one;
    libxl_device_nic *nics, found;
    libxl_diskinfo info;
    int n;

    assert_null(libxl_device_disk_list(ctx, domid, &n));
    assert_int_equal(n, 0);
    attach("vbd", 51712, disk, 6);
    attach("vbd", 51729, image, 4);
    attach("vif", 0, nic, 4);
    disks = libxl_device_disk_list(ctx, domid, &n);
    assert_int_equal(n, 2);
    assert_string_equal(disks[0].pdev_path, "/dev/loop0");
    assert_int_equal(disks[0].backend, LIBXL_DISK_BACKEND_PHY);
    assert_true(disks[0].readwrite && libxl_defbool_val(disks[0].discard_enable));
    libxl_device_disk_list_free(disks, n);
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "xvdb1", &one), 0);
    assert_string_equal(one.pdev_path, "/x.img");
    assert_int_equal(one.format, LIBXL_DISK_FORMAT_RAW);
    assert_false(one.readwrite);
    assert_int_equal(libxl_device_disk_getinfo(ctx, domid, &one, &info), 0);
    assert_int_equal(info.state, 4);
    assert_int_equal(info.devid, 51729);
    libxl_diskinfo_dispose(&info);
    libxl_device_disk_dispose(&one);
    assert_int_equal(libxl_vdev_to_device_disk(ctx, domid, "xvdz", &one), ERROR_NOTFOUND);
    nics = libxl_device_nic_list(ctx, domid, &n);
    assert_int_equal(n, 1);
    assert_int_equal(nics[0].rate_bytes_per_interval, 50000);
    libxl_device_nic_list_free(nics, n);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "00:16:3E:11:22:33", &found), 0);
    assert_string_equal(found.bridge, "xenbr0");
    libxl_device_nic_dispose(&found);
    assert_int_equal(libxl_mac_to_device_nic(ctx, domid, "0:1", &found), ERROR_INVAL);
    /* What another toolstack attached goes with the domain. */
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_null(host_read("/local/domain/0/backend"));
}

/* ---- the manager's own event loop ---- */

static struct {
    int fd;
    short events;
    void *for_libxl;
    int timeouts, soon;
    void *timeout;
} app;

static int app_fd_register(void *user, int fd, void **reg, short events, void *for_libxl)
{
    app.fd = fd;
    app.events = events;
    app.for_libxl = for_libxl;
    return 0;
}

static int app_fd_modify(void *user, int fd, void **reg, short events)
{
    app.events = events;
    return 0;
}

static void app_fd_deregister(void *user, int fd, void *reg)
{
    assert_int_equal(fd, app.fd);
    app.fd = -1;
}

static int app_timeout_register(void *user, void **reg, struct timeval abs, void *for_libxl)
{
    app.timeouts++;
    app.timeout = for_libxl;
    return 0;
}

static int app_timeout_modify(void *user, void **reg, struct timeval abs)
{
    assert_int_equal(abs.tv_sec, 0);
    app.soon++;
    return 0;
}

static void a_managers_event_loop_can_drive_everything(void **state)
{
    static const libxl_osevent_hooks hooks = {.fd_register = app_fd_register,
                                              .fd_modify = app_fd_modify,
                                              .fd_deregister = app_fd_deregister,
                                              .timeout_register = app_timeout_register,
                                              .timeout_modify = app_timeout_modify};
    const libxl_asyncop_how how = {.callback = on_done, .u.for_callback = &callbacks};
    uint32_t domid = created("g1");
    void *late;

    memset(&app, 0, sizeof(app));
    app.fd = -1;
    callbacks = 0;
    libxl_osevent_register_hooks(ctx, &hooks, NULL);
    assert_int_equal(libxl_domain_shutdown(ctx, domid, &how), 0);
    assert_true(app.fd >= 0);
    assert_int_equal(app.timeouts, 1);
    libxl_osevent_occurred_fd(ctx, app.for_libxl, app.fd, app.events, POLLIN);
    assert_int_equal(callbacks, 0);
    host_write("/local/domain/1/control/shutdown", "");
    late = app.for_libxl;
    libxl_osevent_occurred_fd(ctx, app.for_libxl, app.fd, app.events, POLLIN);
    assert_int_equal(callbacks, 1);
    assert_int_equal(callback_rc, 0);
    assert_int_equal(app.fd, -1);  /* nothing is watched any more */
    assert_int_equal(app.soon, 1); /* the timeout cannot be taken back, so it is to come soon */
    libxl_osevent_occurred_fd(ctx, late, 5, POLLIN, POLLIN); /* too late, and harmless */
    libxl_osevent_occurred_timeout(ctx, app.timeout);
    assert_int_equal(callbacks, 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static void a_managers_poll_can_drive_everything(void **state)
{
    const libxl_asyncop_how how = {.callback = on_done, .u.for_callback = &callbacks};
    uint32_t domid = created("g1");
    struct timeval now;
    struct pollfd fds[4];

    callbacks = 0;
    assert_int_equal(libxl_domain_shutdown(ctx, domid, &how), 0);
    host_write("/local/domain/1/control/shutdown", "");
    for (int i = 0; i < 10 && !callbacks; i++) {
        int n = 0, timeout = -1;

        gettimeofday(&now, NULL);
        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, NULL, &timeout, now), ERROR_BUFFERFULL);
        assert_in_range(n, 1, 4);
        assert_int_equal(libxl_osevent_beforepoll(ctx, &n, fds, &timeout, now), 0);
        assert_in_range(timeout, 1, 60000);
        assert_true(poll(fds, (nfds_t)n, timeout) >= 0);
        libxl_osevent_afterpoll(ctx, n, fds, now);
    }
    assert_int_equal(callbacks, 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
}

static void a_context_needs_hypervisor_and_store(void **state)
{
    libxl_ctx *c;

    for (int n = 1; n <= 2; n++) {
        host_fail_at(n);
        assert_int_equal(libxl_ctx_alloc(&c, LIBXL_VERSION, 0, NULL), ERROR_FAIL);
        assert_null(c);
        chain_says(n == 1 ? "cannot reach the hypervisor" : "cannot reach the store");
    }
    host_fail_at(0);
    assert_int_equal(libxl_ctx_alloc(&c, 77, 0, NULL), ERROR_VERSION);
    libxl_ctx_free(NULL);
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, open_host, close_host)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(the_store_describes_a_new_domain_as_guests_expect),
        ON_HOST(a_failure_anywhere_leaves_nothing_and_says_so),
        ON_HOST(a_failure_anywhere_leaves_nothing_of_a_pvh_guest),
        ON_HOST(a_pvh_guest_gets_its_container),
        ON_HOST(a_name_in_use_is_refused),
        ON_HOST(bad_configurations_are_refused),
        ON_HOST(the_console_is_announced_when_it_has_a_terminal),
        ON_HOST(destroying_can_be_waited_for_by_callback_or_event),
        ON_HOST(an_operation_can_be_aborted_once),
        ON_HOST(a_shutdown_is_done_when_the_guest_acknowledges),
        ON_HOST(shutdown_and_death_are_told_once_each),
        ON_HOST(hooks_get_the_events_they_want),
        ON_HOST(memory_targets_keep_their_limits),
        ON_HOST(the_configuration_follows_the_changes),
        ON_HOST(dom0s_configuration_has_its_memory),
        ON_HOST(renaming_keeps_names_unique),
        ON_HOST(what_is_preserved_gives_its_uuid_away),
        ON_HOST(data_of_managers_lives_as_long_as_the_domain),
        ON_HOST(devices_are_what_the_store_says),
        ON_HOST(a_managers_event_loop_can_drive_everything),
        ON_HOST(a_managers_poll_can_drive_everything),
        ON_HOST(a_context_needs_hypervisor_and_store),
    };
    FILE *f;
    int rc;

    if (!mkdtemp(files))
        return 99;
    setenv("XEN_LIB_DIR", files, 1);
    snprintf(kernel, sizeof(kernel), "%s/kernel", files);
    f = fopen(kernel, "w");
    if (!f)
        return 99;
    fclose(f);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    host_reset();
    unlink(kernel);
    rmdir(files);
    return rc;
}
