/* SPDX-License-Identifier: MIT */
/* Create a domain: check, make, describe in the store, build, announce.  All of it, or nothing. */
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <xentoolcore_internal.h>
#include "internal.h"

struct creation {
    libxl_ctx *ctx;
    struct ao *ao;
    libxl_domain_config *config;
    libxl_domain_config original; /* as the manager gave it, for the copy that is kept */
    uint32_t domid, *domid_out;
    struct build_result built;
    struct ev_watch *tty;
    struct ev_time *patience;
    int rc;
    void *reason; /* why it failed, while what was made is undone */
};

/* ---- check ---- */

static int check_devices(libxl_ctx *ctx, const libxl_domain_config *c)
{
    const struct {
        int n;
        const char *what;
    } classes[] = {
        {c->num_pcidevs, "PCI devices"},
        {c->num_rdms, "reserved device memory"},
        {c->num_dtdevs, "devices of the device tree"},
        {c->num_vtpms, "TPMs"},
        {c->num_vdispls, "displays"},
        {c->num_vsnds, "sound cards"},
        {c->num_usbctrls, "USB controllers"},
        {c->num_usbdevs, "USB devices"},
    };
    POOL(pool);

    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (classes[i].n)
            return libxl__unsupported(ctx, "libxl_domain_create_new",
                                      STR(&pool, "give %s to a domain", classes[i].what));
    return 0;
}

static int check(libxl_ctx *ctx, const libxl_domain_config *config)
{
    const libxl_domain_build_info *b = &config->b_info;
    uint32_t other;
    int rc = check_devices(ctx, config);

    if (rc)
        return rc;
    if (config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
        return libxl__unsupported(ctx, "libxl_domain_create_new", "create HVM domains");
    if (config->c_info.type == LIBXL_DOMAIN_TYPE_PVH && libxl_defbool_val(b->u.pvh.pvshim))
        return libxl__unsupported(ctx, "libxl_domain_create_new", "run the PV shim");
    if (config->c_info.passthrough != LIBXL_PASSTHROUGH_DISABLED)
        return libxl__unsupported(ctx, "libxl_domain_create_new", "pass devices through");
    if (b->num_vnuma_nodes)
        return libxl__unsupported(ctx, "libxl_domain_create_new", "give a domain NUMA nodes");
    if (libxl__name_in_use(ctx, XBT_NULL, config->c_info.name, INVALID_DOMID, &other)) {
        FAIL(ctx, ERROR_INVAL, EEXIST, "the name \"%s\" is in use, by domain %" PRIu32,
             config->c_info.name, other);
        xenerr_field(XENERR_STAGE, "check name");
        return ERROR_INVAL;
    }
    return 0;
}

/* ---- make ---- */

static uint32_t random_domid(void)
{
    uint16_t r = 0;

    if (getrandom(&r, sizeof(r), 0) != sizeof(r))
        return 0;
    return 1u + r % (DOMID_FIRST_RESERVED - 1u);
}

/* A PVH guest has a container with a local APIC for each vCPU and no other emulated device. */
static void describe_container(const libxl_domain_config *config,
                               struct xen_domctl_createdomain *op)
{
    if (config->c_info.type != LIBXL_DOMAIN_TYPE_PVH)
        return;
    op->flags |= XEN_DOMCTL_CDF_hvm;
    if (libxl_defbool_val(config->c_info.hap))
        op->flags |= XEN_DOMCTL_CDF_hap;
    if (!libxl_defbool_val(config->c_info.oos))
        op->flags |= XEN_DOMCTL_CDF_oos_off;
    if (libxl_defbool_val(config->b_info.nested_hvm))
        op->flags |= XEN_DOMCTL_CDF_nested_virt;
    if (libxl_defbool_val(config->b_info.apic))
        op->arch.emulation_flags |= XEN_X86_EMU_LAPIC;
}

static int make(struct creation *c)
{
    const libxl_domain_create_info *ci = &c->config->c_info;
    const libxl_domain_build_info *b = &c->config->b_info;
    struct xen_domctl_createdomain op = {
        .ssidref = ci->ssidref,
        .max_vcpus = (uint32_t)b->max_vcpus,
        .max_evtchn_port = b->event_channels,
        .max_grant_frames = (int32_t)b->max_grant_frames,
        .max_maptrack_frames = (int32_t)b->max_maptrack_frames,
        .grant_opts = XEN_DOMCTL_GRANT_version((uint32_t)b->max_grant_version),
        .vmtrace_size = (uint32_t)b->vmtrace_buf_kb << 10,
        .cpupool_id = ci->poolid == LIBXL_CPUPOOL_POOLID_ANY ? 0 : ci->poolid,
    };
    int attempts = ci->domid == (uint32_t)RANDOM_DOMID ? 100 : 1;

    if (libxl_defbool_val(b->arch_x86.msr_relaxed))
        op.arch.misc_flags |= XEN_X86_MSR_RELAXED;
    if (libxl_defbool_val(b->vpmu))
        op.flags |= XEN_DOMCTL_CDF_vpmu;
    describe_container(c->config, &op);
    memcpy(op.handle, ci->uuid.uuid, sizeof(op.handle));
    do {
        uint32_t domid = ci->domid == (uint32_t)RANDOM_DOMID    ? random_domid()
                         : ci->domid == (uint32_t)INVALID_DOMID ? 0
                                                                : ci->domid;

        errno = 0;
        if (!xc_domain_create(c->ctx->xch, &domid, &op)) {
            c->domid = domid;
            return 0;
        }
    } while (errno == EEXIST && --attempts > 0);
    libxl__because(c->ctx, errno == ENOMEM ? ERROR_NOMEM : ERROR_FAIL, "libxl_domain_create_new",
                   "the hypervisor did not make a domain");
    xenerr_field(XENERR_STAGE, "make domain");
    return errno == ENOMEM ? ERROR_NOMEM : ERROR_FAIL;
}

static int choose_pool(libxl_ctx *ctx, libxl_domain_create_info *ci)
{
    if (ci->pool_name &&
        libxl_cpupool_qualifier_to_cpupoolid(ctx, ci->pool_name, &ci->poolid, NULL))
        return BECAUSE(ctx, ERROR_INVAL, "the CPU pool \"%s\" is unknown", ci->pool_name);
    return 0;
}

/* ---- describe in the store ---- */

static int write_at(libxl_ctx *ctx, xs_transaction_t t, const char *path, const char *value,
                    const struct xs_permissions *perms, unsigned int nr)
{
    if (!libxl__store_write(ctx, t, path, value, perms, nr))
        return 0;
    FAIL(ctx, ERROR_FAIL, errno, "cannot write %s in the store", path ? path : "");
    xenerr_field(XENERR_STORE_PATH, "%s", path ? path : "");
    xenerr_field(XENERR_STAGE, "describe domain");
    return ERROR_FAIL;
}

/* Nodes that the guest itself may write. */
static const char *const guest_nodes[] = {
    "control/shutdown",
    "control/feature-poweroff",
    "control/feature-reboot",
    "control/feature-suspend",
    "control/sysrq",
    "device/suspend/event-channel",
    "data",
    "drivers",
    "feature",
    "attr",
    "error",
};
/* Nodes that lead there, which the guest may only read. */
static const char *const shared_dirs[] = {"",        "/cpu",     "/memory",
                                          "/device", "/control", "/device/suspend"};

static int describe_guest_nodes(struct creation *c, xs_transaction_t t, const char *dom)
{
    const struct xs_permissions own[] = {{.id = c->domid, .perms = XS_PERM_NONE}};
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = c->domid, .perms = XS_PERM_READ}};
    POOL(pool);

    for (size_t i = 0; i < sizeof(shared_dirs) / sizeof(shared_dirs[0]); i++)
        if (libxl__store_mkdir(c->ctx, t, STR(&pool, "%s%s", dom, shared_dirs[i]), see, 2))
            return FAIL(c->ctx, ERROR_FAIL, errno, "cannot make %s%s in the store", dom,
                        shared_dirs[i]);
    for (size_t i = 0; i < sizeof(guest_nodes) / sizeof(guest_nodes[0]); i++)
        if (write_at(c->ctx, t, STR(&pool, "%s/%s", dom, guest_nodes[i]), "", own, 1))
            return ERROR_FAIL;
    return 0;
}

static int describe_lists(struct creation *c, xs_transaction_t t, const char *dom)
{
    const libxl_domain_create_info *ci = &c->config->c_info;
    POOL(pool);

    for (char **kv = ci->xsdata; kv && kv[0]; kv += 2)
        if (write_at(c->ctx, t, STR(&pool, "%s/%s", dom, kv[0]), kv[1] ? kv[1] : "", NULL, 0))
            return ERROR_FAIL;
    for (char **kv = ci->platformdata; kv && kv[0]; kv += 2)
        if (write_at(c->ctx, t, STR(&pool, "%s/platform/%s", dom, kv[0]), kv[1] ? kv[1] : "", NULL,
                     0))
            return ERROR_FAIL;
    return 0;
}

static int describe_cpus_and_memory(struct creation *c, xs_transaction_t t, const char *dom)
{
    const libxl_domain_build_info *b = &c->config->b_info;
    uint64_t target = b->target_memkb - (b->video_memkb < b->target_memkb ? b->video_memkb : 0);
    POOL(pool);

    for (int i = 0; i < b->max_vcpus; i++)
        if (write_at(c->ctx, t, STR(&pool, "%s/cpu/%d/availability", dom, i),
                     libxl_bitmap_test(&b->avail_vcpus, i) ? "online" : "offline", NULL, 0))
            return ERROR_FAIL;
    if (write_at(c->ctx, t, STR(&pool, "%s/memory/static-max", dom),
                 STR(&pool, "%" PRIu64, b->max_memkb), NULL, 0) ||
        write_at(c->ctx, t, STR(&pool, "%s/memory/target", dom), STR(&pool, "%" PRIu64, target),
                 NULL, 0) ||
        write_at(c->ctx, t, STR(&pool, "%s/memory/videoram", dom),
                 STR(&pool, "%" PRIu64, b->video_memkb), NULL, 0))
        return ERROR_FAIL;
    return 0;
}

static int describe_vm(struct creation *c, xs_transaction_t t, const char *vm)
{
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = c->domid, .perms = XS_PERM_READ}};
    const libxl_domain_build_info *b = &c->config->b_info;
    struct timespec now;
    POOL(pool);
    const char *uuid = STR(&pool, LIBXL_UUID_FMT, LIBXL_UUID_BYTES(c->config->c_info.uuid));
    char *start;

    clock_gettime(CLOCK_REALTIME, &now);
    start = STR(&pool, "%lld.%02d", (long long)now.tv_sec, (int)(now.tv_nsec / 10000000));
    if (libxl__store_mkdir(c->ctx, t, vm, see, 2))
        return FAIL(c->ctx, ERROR_FAIL, errno, "cannot make %s in the store", vm);
    if (write_at(c->ctx, t, STR(&pool, "%s/name", vm), c->config->c_info.name, NULL, 0) ||
        write_at(c->ctx, t, STR(&pool, "%s/uuid", vm), uuid, NULL, 0) ||
        write_at(c->ctx, t, STR(&pool, "%s/image/ostype", vm), "linux", NULL, 0) ||
        write_at(c->ctx, t, STR(&pool, "%s/image/kernel", vm), b->kernel, NULL, 0) ||
        (b->ramdisk &&
         write_at(c->ctx, t, STR(&pool, "%s/image/ramdisk", vm), b->ramdisk, NULL, 0)) ||
        (b->cmdline &&
         write_at(c->ctx, t, STR(&pool, "%s/image/cmdline", vm), b->cmdline, NULL, 0)) ||
        write_at(c->ctx, t, STR(&pool, "%s/start_time", vm), start, NULL, 0))
        return ERROR_FAIL;
    return 0;
}

static int describe(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct creation *c = data;
    const struct xs_permissions none[] = {{.id = 0, .perms = XS_PERM_NONE}};
    POOL(pool);
    char *dom = libxl__dom_path(&pool, c->domid);
    char *own = libxl__libxl_path(&pool, c->domid);
    char *vm = STR(&pool, "/vm/" LIBXL_UUID_FMT, LIBXL_UUID_BYTES(c->config->c_info.uuid));
    uint32_t other;

    if (!dom || !own || !vm)
        return NO_MEMORY(ctx);
    /* Looked for again: here the answer is part of the transaction. */
    if (libxl__name_in_use(ctx, t, c->config->c_info.name, c->domid, &other))
        return FAIL(ctx, ERROR_INVAL, EEXIST, "the name \"%s\" is in use, by domain %" PRIu32,
                    c->config->c_info.name, other);
    /* Left over from a domain that nobody cleaned up after. */
    if (libxl__store_rm(ctx, t, dom) || libxl__store_rm(ctx, t, own))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s from the store", dom);
    if (describe_guest_nodes(c, t, dom) || describe_vm(c, t, vm) ||
        write_at(ctx, t, STR(&pool, "%s/vm", dom), vm, NULL, 0) ||
        write_at(ctx, t, STR(&pool, "%s/name", dom), c->config->c_info.name, NULL, 0) ||
        write_at(ctx, t, STR(&pool, "%s/domid", dom), STR(&pool, "%" PRIu32, c->domid), NULL, 0) ||
        write_at(ctx, t, STR(&pool, "%s/control/platform-feature-multiprocessor-suspend", dom), "1",
                 NULL, 0) ||
        write_at(ctx, t, STR(&pool, "%s/control/platform-feature-xs_reset_watches", dom), "1", NULL,
                 0) ||
        describe_cpus_and_memory(c, t, dom) || describe_lists(c, t, dom))
        return ERROR_FAIL;
    if (libxl__store_mkdir(ctx, t, own, none, 1))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot make %s in the store", own);
    return write_at(ctx, t, STR(&pool, "%s/type", own),
                    libxl_domain_type_to_string(c->config->c_info.type), NULL, 0) ||
                   write_at(ctx, t, STR(&pool, "%s/dm-version", own), "qemu_xen", NULL, 0)
               ? ERROR_FAIL
               : 0;
}

/* ---- announce: to the store daemon, and the console to the console daemon ---- */

static int describe_rings(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct creation *c = data;
    const struct xs_permissions see[] = {{.id = 0, .perms = XS_PERM_NONE},
                                         {.id = c->domid, .perms = XS_PERM_READ}};
    POOL(pool);
    char *dom = libxl__dom_path(&pool, c->domid);

    if (write_at(ctx, t, STR(&pool, "%s/store/port", dom),
                 STR(&pool, "%" PRIu32, c->built.store_port), see, 2) ||
        write_at(ctx, t, STR(&pool, "%s/store/ring-ref", dom),
                 STR(&pool, "%" PRIu64, (uint64_t)c->built.store_mfn), see, 2))
        return ERROR_FAIL;
    return libxl__console_add(ctx, t, c->domid, &c->built);
}

static int announce(struct creation *c)
{
    int rc = libxl__store_transaction(c->ctx, describe_rings, c);

    if (rc)
        return rc;
    if (!xs_introduce_domain(c->ctx->xsh, c->domid, c->built.store_mfn, c->built.store_port)) {
        FAIL(c->ctx, ERROR_FAIL, errno, "the store does not take the domain");
        xenerr_field(XENERR_STAGE, "introduce domain");
        return ERROR_FAIL;
    }
    return 0;
}

static int apply_sched_params(struct creation *c)
{
    const libxl_domain_sched_params *p = &c->config->b_info.sched_params;

    if (p->weight < 0 && p->cap < 0 && p->period < 0 && p->budget < 0 && p->extratime < 0)
        return 0;
    return libxl_domain_sched_params_set(c->ctx, c->domid, p);
}

/* ---- keep, finish ---- */

static int keep_config(struct creation *c)
{
    libxl_domain_create_info *ci = &c->original.c_info;
    int rc;

    libxl_uuid_copy(c->ctx, &ci->uuid, &c->config->c_info.uuid);
    rc = libxl__config_store(c->ctx, c->domid, &c->original);
    return rc ? BECAUSE(c->ctx, rc, "cannot keep the configuration") : 0;
}

static void tell(struct creation *c)
{
    libxl_ctx *ctx = c->ctx;
    struct ao *ao = c->ao;
    int rc = c->rc;

    if (rc)
        libxl__because(ctx, rc, "libxl_domain_create_new", "cannot create domain \"%s\"",
                       c->config->c_info.name ? c->config->c_info.name : "");
    *c->domid_out = c->domid;
    libxl_domain_config_dispose(&c->original);
    free(c);
    libxl__ao_done(ao, rc);
}

static void undone(libxl_ctx *ctx, int rc, void *data)
{
    struct creation *c = data;

    if (rc)
        WARN(ctx, "something of domain %" PRIu32 " may be left", c->domid);
    c->domid = INVALID_DOMID;
    xentoolcore__error_restore(c->reason);
    tell(c);
}

static void finish(struct creation *c, int rc)
{
    libxl__ev_watch_del(c->ctx, &c->tty);
    libxl__ev_time_del(c->ctx, &c->patience);
    c->ao->on_abort = NULL;
    c->rc = rc;
    if (rc && c->domid != (uint32_t)INVALID_DOMID) {
        c->reason = xentoolcore__error_save();
        libxl__destroy(c->ctx, c->domid, undone, c);
    } else {
        tell(c);
    }
}

/* ---- the console: its daemon writes the terminal's name when it can be connected to ---- */

#define CONSOLE_PATIENCE_MS 10000

static void console_ready(libxl_ctx *ctx, void *data)
{
    struct creation *c = data;
    char *path = NULL;

    if (!libxl_primary_console_get_tty(ctx, c->domid, &path) && *path) {
        libxl__ao_progress(
            c->ao,
            libxl__event_new(ctx, LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE, c->domid, 0));
        free(path);
        xenerr_begin();
        finish(c, 0);
        return;
    }
    free(path);
    xenerr_begin();
}

static void console_late(libxl_ctx *ctx, void *data)
{
    struct creation *c = data;

    c->patience = NULL;
    WARN(ctx, "domain %" PRIu32 " has no console yet: is xenconsoled running?", c->domid);
    finish(c, 0);
}

static void aborted(struct ao *ao, void *data)
{
    struct creation *c = data;

    FAIL(ao->ctx, ERROR_ABORTED, ECANCELED, "the manager asked to stop");
    finish(c, ERROR_ABORTED);
}

static int wait_for_console(struct creation *c)
{
    POOL(pool);

    c->patience = libxl__ev_time_add(c->ctx, CONSOLE_PATIENCE_MS, console_late, c);
    if (!c->patience)
        return ERROR_FAIL;
    c->tty = libxl__ev_watch_add(
        c->ctx, STR(&pool, "/local/domain/%" PRIu32 "/console/tty", c->domid), console_ready, c);
    if (!c->tty)
        return ERROR_FAIL;
    c->ao->on_abort = aborted;
    c->ao->on_abort_data = c;
    return 0;
}

/* ---- devices ---- */

static void devices_added(libxl_ctx *ctx, int rc, void *data)
{
    struct creation *c = data;

    if (!rc && c->ao->aborted)
        rc = FAIL(ctx, ERROR_ABORTED, ECANCELED, "the manager asked to stop");
    if (!rc) {
        libxl__config_keep_choices(&c->original, c->config);
        rc = c->config->num_nics ? keep_config(c) : 0;
    }
    if (!rc && c->ao->has_progress)
        rc = wait_for_console(c);
    if (rc || !c->ao->has_progress)
        finish(c, rc);
}

/* ---- all of it ---- */

static int create(struct creation *c)
{
    libxl_ctx *ctx = c->ctx;
    int rc;

    if (libxl__config_copy(ctx, &c->original, c->config))
        return ERROR_NOMEM;
    rc = libxl__config_defaults(ctx, c->config);
    if (!rc)
        rc = check(ctx, c->config);
    if (!rc)
        rc = choose_pool(ctx, &c->config->c_info);
    if (!rc)
        rc = make(c);
    if (!rc)
        rc = libxl__store_transaction(ctx, describe, c);
    if (!rc)
        rc = keep_config(c);
    if (!rc)
        rc = libxl__build(ctx, c->domid, c->config, &c->built);
    if (!rc)
        rc = announce(c);
    return rc ? rc : apply_sched_params(c);
}

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid,
                            const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    struct creation *c = NULL;
    struct ao *ao;
    int rc = 0;

    libxl__enter(ctx);
    *domid = INVALID_DOMID;
    ao = libxl__ao_start(ctx, ao_how);
    c = ao ? calloc(1, sizeof(*c)) : NULL;
    if (!c) {
        rc = NO_MEMORY(ctx);
        if (ao)
            libxl__ao_done(ao, rc);
        goto out;
    }
    libxl__ao_set_progress(ao, aop_console_how);
    *c = (struct creation){
        .ctx = ctx, .ao = ao, .config = d_config, .domid = INVALID_DOMID, .domid_out = domid};
    libxl_domain_config_init(&c->original);
    rc = create(c);
    if (rc)
        finish(c, rc);
    else
        libxl__devices_add(ctx, c->domid, d_config, devices_added, c);
    rc = libxl__ao_result(ao);
out:
    libxl__leave(ctx);
    return rc;
}
