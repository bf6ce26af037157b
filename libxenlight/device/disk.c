/* SPDX-License-Identifier: MIT */
/* Disks: block devices and files by the kernel's back end, other formats by QEMU. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "dev.h"
#include "vdev.h"

#define BLOCK_SCRIPT "block"

struct disk_data {
    struct file_id id;
    bool identified;  /* there is a file, and it is id */
    uint64_t rdev;    /* of the block device that the kernel serves; 0: not known */
    const char *node; /* in /dev, of a loop device that is ours */
};

/* ---- choose ---- */

static int bad_disk(struct dev *d, const libxl_device_disk *disk, int errnum, const char *why)
{
    FAIL(d->p.ctx, ERROR_INVAL, errnum, "disk %s: %s", disk->vdev ? disk->vdev : "without vdev",
         why);
    xenerr_field(XENERR_STAGE, "check disk");
    if (disk->pdev_path)
        xenerr_field(XENERR_FILE, "%s", disk->pdev_path);
    return ERROR_INVAL;
}

/* A target is a name in /dev unless it says otherwise, or a script makes sense of it. */
static int complete_path(struct dev *d, libxl_device_disk *disk)
{
    char *path;

    if (!disk->pdev_path || !*disk->pdev_path || *disk->pdev_path == '/' || disk->script)
        return 0;
    if (asprintf(&path, "/dev/%s", disk->pdev_path) < 0)
        return NO_MEMORY(d->p.ctx);
    free(disk->pdev_path);
    disk->pdev_path = path;
    return 0;
}

static bool is_empty(const libxl_device_disk *disk)
{
    return disk->format == LIBXL_DISK_FORMAT_EMPTY || !disk->pdev_path || !*disk->pdev_path;
}

static int choose_backend(struct dev *d, libxl_device_disk *disk)
{
    bool raw = disk->format == LIBXL_DISK_FORMAT_RAW || is_empty(disk);
    struct stat st;

    if (disk->backend == LIBXL_DISK_BACKEND_UNKNOWN)
        disk->backend = raw ? LIBXL_DISK_BACKEND_PHY : LIBXL_DISK_BACKEND_QDISK;
    switch (disk->backend) {
    case LIBXL_DISK_BACKEND_PHY:
        if (!raw)
            return bad_disk(d, disk, EINVAL, "the back end phy serves the format raw only");
        break;
    case LIBXL_DISK_BACKEND_QDISK:
        if (disk->script)
            return bad_disk(d, disk, EINVAL, "the back end qdisk runs no script");
        d->p.kind = "qdisk";
        break;
    default:
        return bad_disk(d, disk, ENOSYS, "this back end is not supported: phy and qdisk are");
    }
    /* Other domains have files of their own. */
    if (d->p.backend_domid == 0 && !disk->script && !is_empty(disk) && stat(disk->pdev_path, &st))
        return bad_disk(d, disk, errno, strerror(errno));
    return 0;
}

static int choose_disk(struct dev *d, void *config)
{
    libxl_device_disk *disk = config;
    int rc;

    d->p.devid = libxl__vdev_number(disk->vdev);
    if (d->p.devid < 0)
        return bad_disk(d, disk, EINVAL, "this is no name of a disk");
    d->label = STR(&d->p.pool, "%s", disk->vdev);
    if (disk->specification == LIBXL_DISK_SPECIFICATION_UNKNOWN)
        disk->specification = LIBXL_DISK_SPECIFICATION_XEN;
    if (disk->specification != LIBXL_DISK_SPECIFICATION_XEN)
        return bad_disk(d, disk, ENOSYS, "virtio is not supported");
    if (libxl_defbool_val(disk->colo_enable))
        return bad_disk(d, disk, ENOSYS, "COLO is not supported");
    if (is_empty(disk) && !disk->is_cdrom)
        return bad_disk(d, disk, EINVAL, "there is no target, and it is no CD-ROM");
    libxl_defbool_setdefault(&disk->discard_enable, !!disk->readwrite);
    libxl_defbool_setdefault(&disk->trusted, true);
    if (disk->format == LIBXL_DISK_FORMAT_UNKNOWN)
        disk->format = is_empty(disk) ? LIBXL_DISK_FORMAT_EMPTY : LIBXL_DISK_FORMAT_RAW;
    rc = complete_path(d, disk);
    return rc ? rc : choose_backend(d, disk);
}

/* ---- open ---- */

static bool is_phy(const libxl_device_disk *disk)
{
    return disk->backend == LIBXL_DISK_BACKEND_PHY;
}

/* What the library does itself it does for this domain's own devices only. */
static bool is_ours(const struct dev *d, const libxl_device_disk *disk)
{
    return d->p.backend_domid == 0 && !disk->script && !is_empty(disk);
}

static int open_failed(struct dev *d, const char *what)
{
    const libxl_device_disk *disk = d->config;

    FAIL(d->p.ctx, ERROR_FAIL, errno, "%s %s", what, disk->pdev_path);
    xenerr_field(XENERR_STAGE, "open disk");
    xenerr_field(XENERR_FILE, "%s", disk->pdev_path);
    if (errno == ENXIO || errno == ENOENT)
        xenerr_field(XENERR_HINT, "is the module loop there?");
    return ERROR_FAIL;
}

/* What it is, that it may be used so, and that the host does not use it itself. */
static int look_at_target(struct dev *d, struct disk_data *data)
{
    const libxl_device_disk *disk = d->config;

    if (libxl__file_identify(disk->pdev_path, &data->id))
        return open_failed(d, "cannot use");
    data->identified = true;
    if (access(disk->pdev_path, disk->readwrite ? R_OK | W_OK : R_OK))
        return open_failed(d, "may not open");
    if (libxl__host_uses(disk->pdev_path, &data->id, !disk->readwrite)) {
        errno = EBUSY;
        return open_failed(d, "the host itself uses");
    }
    return 0;
}

static int open_loop(struct dev *d, struct disk_data *data)
{
    const libxl_device_disk *disk = d->config;
    char *node = NULL;

    d->loop_fd = libxl__loopdev_open(&d->p.pool, disk->pdev_path, !disk->readwrite,
                                     disk->direct_io_safe, &node, &data->rdev);
    data->node = node;
    return d->loop_fd < 0 ? open_failed(d, "cannot make a loop device on") : 0;
}

static int open_disk(struct dev *d)
{
    const libxl_device_disk *disk = d->config;
    struct disk_data *data = calloc(1, sizeof(*data));
    int rc = 0;

    d->class_data = data;
    if (!data)
        return NO_MEMORY(d->p.ctx);
    if (disk->script)
        d->script = libxl__script_path(&d->p.pool, disk->script);
    if (is_ours(d, disk))
        rc = look_at_target(d, data);
    if (rc || !is_phy(disk))
        return rc ? rc : libxl__qemu_wanted(d);
    data->rdev = data->id.rdev;
    return is_ours(d, disk) && !data->rdev ? open_loop(d, data) : 0;
}

/*
 * The nodes are there, so whoever removes them also frees the loop device.  It stays open until all
 * is done, so that it cannot become another's meanwhile.
 */
static void keep_loop(struct dev *d)
{
    if (d->loop_fd >= 0 && libxl__loopdev_keep(d->loop_fd, true))
        WARN(d->p.ctx, "the loop device of %s may vanish: %s", libxl__dev_name(d), strerror(errno));
}

/* ---- others that use the same ---- */

static bool is_same_disk(libxl_ctx *ctx, struct pool *pool, xs_transaction_t t, const char *back,
                         const struct disk_data *data)
{
    const char *params = libxl__store_read(ctx, pool, t, STR(pool, "%s/params", back));
    struct file_id id;

    if (!params)
        return false;
    /* What a program serves is "FORMAT:PATH". */
    if (*params != '/' && strchr(params, ':'))
        params = strchr(params, ':') + 1;
    return *params && !libxl__file_identify(params, &id) && libxl__file_same(&id, &data->id);
}

static int check_other(struct dev *d, xs_transaction_t t, const char *back)
{
    libxl_ctx *ctx = d->p.ctx;
    const libxl_device_disk *disk = d->config;
    POOL(pool);
    const char *mode = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/mode", back));

    if (!mode || (!disk->readwrite && !strchr(mode, 'w')) ||
        !is_same_disk(ctx, &pool, t, back, d->class_data))
        return 0;
    FAIL(ctx, ERROR_FAIL, EBUSY, "%s is in use%s by %s", disk->pdev_path,
         strchr(mode, 'w') ? " for writing" : "", back);
    xenerr_field(XENERR_STAGE, "check other users");
    xenerr_field(XENERR_FILE, "%s", disk->pdev_path);
    xenerr_field(XENERR_STORE_PATH, "%s", back);
    return ERROR_FAIL;
}

static int check_kind(struct dev *d, xs_transaction_t t, const char *kind)
{
    libxl_ctx *ctx = d->p.ctx;
    unsigned int nr_domains, nr_disks;
    POOL(pool);
    const char *top = STR(&pool, "/local/domain/0/backend/%s", kind);
    char **domains = libxl__store_list(ctx, &pool, t, top, &nr_domains);
    int rc = 0;

    for (unsigned int i = 0; domains && i < nr_domains; i++) {
        char *domain = STR(&pool, "%s/%s", top, domains[i]);
        char **disks = libxl__store_list(ctx, &pool, t, domain, &nr_disks);

        for (unsigned int j = 0; !rc && disks && j < nr_disks; j++)
            rc = check_other(d, t, STR(&pool, "%s/%s", domain, disks[j]));
    }
    return rc ? rc : pool.failed ? NO_MEMORY(ctx) : 0;
}

static int disk_conflict(struct dev *d, xs_transaction_t t)
{
    const struct disk_data *data = d->class_data;
    int rc = 0;

    for (const char *const *kind = d->class->kinds; data->identified && *kind && !rc; kind++)
        rc = check_kind(d, t, *kind);
    return rc;
}

/* ---- describe ---- */

static const char *params(struct dev *d)
{
    const libxl_device_disk *disk = d->config;

    if (is_empty(disk))
        return "";
    if (is_phy(disk))
        return disk->pdev_path;
    return STR(&d->p.pool, "%s:%s",
               disk->format == LIBXL_DISK_FORMAT_RAW ? "aio"
                                                     : libxl_disk_format_to_string(disk->format),
               disk->pdev_path);
}

static void describe_kernel_disk(struct dev *d)
{
    const libxl_device_disk *disk = d->config;
    const struct disk_data *data = d->class_data;
    struct store_nodes *back = &d->back_nodes;

    libxl__node(back, "script", libxl__script_path(&d->p.pool, disk->script ?: BLOCK_SCRIPT));
    if (!data->rdev)
        return;
    libxl__node(back, "node", data->node);
    libxl__node(back, "physical-device-path", data->node ? data->node : disk->pdev_path);
    libxl__node_f(back, "physical-device", "%x:%x", major(data->rdev), minor(data->rdev));
    libxl__node(back, "hotplug-status", "connected");
}

static int describe_disk(struct dev *d)
{
    const libxl_device_disk *disk = d->config;
    struct store_nodes *back = &d->back_nodes, *front = &d->front_nodes;
    const char *type = disk->is_cdrom ? "cdrom" : "disk";

    libxl__node_f(front, "virtual-device", "%d", d->p.devid);
    libxl__node(front, "device-type", type);
    libxl__node(front, "trusted", libxl_defbool_val(disk->trusted) ? "1" : "0");
    libxl__node(back, "params", params(d));
    if (is_phy(disk))
        describe_kernel_disk(d);
    libxl__node(back, "removable", disk->removable ? "1" : "0");
    libxl__node(back, "bootable", "1");
    libxl__node(back, "dev", disk->vdev);
    libxl__node(back, "type", is_phy(disk) ? "phy" : "qdisk");
    libxl__node(back, "mode", disk->readwrite ? "w" : "r");
    libxl__node(back, "device-type", type);
    libxl__node(back, "discard-enable", libxl_defbool_val(disk->discard_enable) ? "1" : "0");
    libxl__node(back, "direct-io-safe", disk->direct_io_safe ? "1" : NULL);
    libxl__node(back, "specification", libxl_disk_specification_to_string(disk->specification));
    return 0;
}

/* ---- scripts ---- */

static const char *const add_args[] = {"add", NULL}, *const remove_args[] = {"remove", NULL};

static void script_added(struct dev *d, int rc)
{
    if (!rc && !libxl__back_node(&d->p, "physical-device")) {
        rc = FAIL(d->p.ctx, ERROR_FAIL, ENODEV, "the script %s named no device", d->script);
        xenerr_field(XENERR_STORE_PATH, "%s/physical-device", d->p.back);
    }
    libxl__dev_plugged(d, rc);
}

static void plug_disk(struct dev *d)
{
    if (d->script && d->p.backend_domid == 0)
        libxl__script_run(d, add_args, script_added);
    else
        libxl__dev_plugged(d, 0);
}

/* Only a loop device on this disk's own file: a block device may be one that belongs to others. */
static void free_loop(struct dev *d, const char *file)
{
    const char *device = libxl__back_node(&d->p, "physical-device");
    unsigned int major, minor;
    struct file_id id;

    if (!file || *file != '/' || !device || sscanf(device, "%x:%x", &major, &minor) != 2 ||
        major != 7 || (!libxl__file_identify(file, &id) && id.rdev))
        return;
    if (libxl__loopdev_free(makedev(major, minor), file))
        WARN(d->p.ctx, "cannot free the loop device of %s: %s", file, strerror(errno));
}

static void unplug_disk(struct dev *d)
{
    const char *script = libxl__back_node(&d->p, "script");
    bool phy = !strcmp(d->p.kind, "vbd") && d->p.backend_domid == 0;

    if (phy && script && !libxl__script_is(script, BLOCK_SCRIPT)) {
        d->script = script;
        libxl__script_run(d, remove_args, libxl__dev_unplugged);
        return;
    }
    if (phy)
        free_loop(d, libxl__back_node(&d->p, "params"));
    libxl__dev_unplugged(d, 0);
}

/* ---- read back ---- */

static libxl_disk_backend disk_backend(const char *type)
{
    if (type && !strcmp(type, "phy"))
        return LIBXL_DISK_BACKEND_PHY;
    if (type && !strcmp(type, "qdisk"))
        return LIBXL_DISK_BACKEND_QDISK;
    return type && !strcmp(type, "tap") ? LIBXL_DISK_BACKEND_TAP : LIBXL_DISK_BACKEND_UNKNOWN;
}

/* "FORMAT:PATH" for what a program serves, the bare path for a block device. */
static int disk_path(struct place *p, libxl_device_disk *disk)
{
    const char *params = libxl__back_node(p, "params");
    const char *colon = params ? strchr(params, ':') : NULL;

    disk->format = LIBXL_DISK_FORMAT_RAW;
    if (disk->backend != LIBXL_DISK_BACKEND_PHY && colon) {
        const char *format = STR(&p->pool, "%.*s", (int)(colon - params), params);

        if (format && !strcmp(format, "aio"))
            format = "raw";
        if (!format || libxl_disk_format_from_string(format, &disk->format))
            disk->format = LIBXL_DISK_FORMAT_UNKNOWN;
        params = colon + 1;
    }
    if (!params || !*params) {
        disk->format = LIBXL_DISK_FORMAT_EMPTY;
        return 0;
    }
    disk->pdev_path = strdup(params);
    return disk->pdev_path ? 0 : -1;
}

/* The usual script is what the library does without one. */
static int disk_script(struct place *p, libxl_device_disk *disk)
{
    const char *script = libxl__back_node(p, "script");

    if (!script || libxl__script_is(script, BLOCK_SCRIPT))
        return 0;
    disk->script = strdup(script);
    return disk->script ? 0 : -1;
}

static int read_disk(struct place *p, void *device)
{
    libxl_device_disk *disk = device;
    const char *mode = libxl__back_node(p, "mode"), *type = libxl__back_node(p, "device-type");
    const char *discard = libxl__back_node(p, "discard-enable");
    const char *spec = libxl__back_node(p, "specification");

    disk->backend_domid = p->backend_domid;
    disk->backend = disk_backend(libxl__back_node(p, "type"));
    disk->readwrite = mode && !strcmp(mode, "w");
    disk->is_cdrom = type && !strcmp(type, "cdrom");
    disk->removable = libxl__number(libxl__back_node(p, "removable"), 0);
    disk->direct_io_safe = libxl__number(libxl__back_node(p, "direct-io-safe"), 0);
    if (discard)
        libxl_defbool_set(&disk->discard_enable, libxl__number(discard, 0));
    if (spec)
        libxl_disk_specification_from_string(spec, &disk->specification);
    return libxl__take(p, "dev", &disk->vdev) || disk_script(p, disk) || disk_path(p, disk) ? -1
                                                                                            : 0;
}

static int disk_number(const void *config)
{
    return libxl__vdev_number(((const libxl_device_disk *)config)->vdev);
}

static const char *const disk_kinds[] = {"vbd", "qdisk", NULL};

const struct device_class libxl__disks = {
    .name = "disk",
    .front = "vbd",
    .kinds = disk_kinds,
    .type = &libxl__type_device_disk,
    .list = offsetof(libxl_domain_config, disks),
    .count = offsetof(libxl_domain_config, num_disks),
    .number = disk_number,
    .waits = true,
    .choose = choose_disk,
    .open = open_disk,
    .describe = describe_disk,
    .conflict = disk_conflict,
    .written = keep_loop,
    .plug = plug_disk,
    .unplug = unplug_disk,
    .read = read_disk,
};
