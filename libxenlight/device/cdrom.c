/* SPDX-License-Identifier: MIT */
/*
 * Media of CD-ROM drives.  PV guests have no such drives: to them another medium is another disk,
 * so the drive is detached, with the guest's help, and attached again with what is in it now.
 */
#include <stdlib.h>
#include <xentoolcore_internal.h>
#include "list.h"
#include "vdev.h"

struct insertion {
    libxl_ctx *ctx;
    struct ao *ao;
    uint32_t domid;
    libxl_device_disk medium;
    int rc;
    void *reason;
};

static void finish(struct insertion *in, int rc)
{
    libxl_ctx *ctx = in->ctx;
    struct ao *ao = in->ao;

    if (rc)
        libxl__because(ctx, rc, "libxl_cdrom_insert", "cannot change the medium of %s",
                       in->medium.vdev ? in->medium.vdev : "no drive");
    libxl_device_disk_dispose(&in->medium);
    free(in);
    libxl__ao_done(ao, rc);
}

static void reinserted(libxl_ctx *ctx, int rc, void *data)
{
    struct insertion *in = data;

    if (rc)
        WARN(ctx, "domain %" PRIu32 " has lost its drive %s", in->domid, in->medium.vdev);
    xentoolcore__error_restore(in->reason);
    finish(in, in->rc);
}

static int attach(struct insertion *in, void (*done)(libxl_ctx *ctx, int rc, void *data))
{
    struct dev *d = libxl__dev_new(in->ctx, in->domid, &libxl__disks);
    int rc = d ? libxl__dev_choose(d, &in->medium) : ERROR_NOMEM;

    if (rc) {
        libxl__dev_free(d);
        return rc;
    }
    d->running = true;
    libxl__attach(d, done, in);
    return 0;
}

/* The medium does not do: the drive is left empty. */
static void inserted(libxl_ctx *ctx, int rc, void *data)
{
    struct insertion *in = data;

    if (!rc) {
        finish(in, 0);
        return;
    }
    in->rc = rc;
    in->reason = xentoolcore__error_save();
    free(in->medium.pdev_path);
    free(in->medium.script); /* which would fail again, without a target all the more */
    in->medium.pdev_path = in->medium.script = NULL;
    in->medium.format = LIBXL_DISK_FORMAT_EMPTY;
    in->medium.backend = LIBXL_DISK_BACKEND_UNKNOWN;
    rc = attach(in, reinserted);
    if (rc)
        reinserted(ctx, rc, in);
}

static void ejected(libxl_ctx *ctx, int rc, void *data)
{
    struct insertion *in = data;

    if (rc) {
        finish(in, rc);
        return;
    }
    rc = attach(in, inserted);
    if (rc)
        inserted(ctx, rc, in);
}

static int look_for_users(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    struct dev *d = data;

    return d->class->conflict(d, t);
}

/* All that could fail but for the back end's coming; what is opened goes with d. */
static int try_medium(struct dev *d, libxl_device_disk *medium)
{
    int rc = libxl__dev_choose(d, medium);

    if (!rc)
        rc = libxl__make_place(d);
    if (!rc)
        rc = d->class->open(d);
    return rc ? rc : libxl__store_transaction(d->p.ctx, look_for_users, d);
}

/* Look at the drive and the new medium before anything is changed. */
static int check(struct insertion *in)
{
    libxl_device_disk drive, medium;
    int devid = libxl__vdev_number(in->medium.vdev), rc;
    struct dev *d;

    if (libxl__domain_type(in->ctx, in->domid) == LIBXL_DOMAIN_TYPE_HVM)
        return libxl__unsupported(in->ctx, "libxl_cdrom_insert", "change media of HVM guests");
    rc = libxl__read_device(in->ctx, in->domid, &libxl__disks, devid, &drive);
    if (!rc && !drive.is_cdrom)
        rc = FAIL(in->ctx, ERROR_INVAL, EINVAL, "%s is no CD-ROM drive", in->medium.vdev);
    libxl_device_disk_dispose(&drive);
    if (rc)
        return rc;
    in->medium.is_cdrom = in->medium.removable = 1;
    in->medium.readwrite = 0;
    libxl_device_disk_init(&medium);
    d = libxl__dev_new(in->ctx, in->domid, &libxl__disks);
    rc = !d || libxl__type_copy(in->ctx, &libxl__type_device_disk, &medium, &in->medium)
             ? ERROR_NOMEM
             : try_medium(d, &medium);
    libxl__dev_free(d);
    libxl_device_disk_dispose(&medium);
    return rc;
}

int libxl_cdrom_insert(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk,
                       const libxl_asyncop_how *ao_how)
{
    struct insertion *in = NULL;
    struct dev *d;
    struct ao *ao;
    int rc;

    libxl__enter(ctx);
    ao = libxl__ao_start(ctx, ao_how);
    in = ao ? calloc(1, sizeof(*in)) : NULL;
    if (!in) {
        rc = NO_MEMORY(ctx);
        if (ao)
            libxl__ao_done(ao, rc);
        goto out;
    }
    *in = (struct insertion){.ctx = ctx, .ao = ao, .domid = domid};
    libxl_device_disk_init(&in->medium);
    rc = libxl__type_copy(ctx, &libxl__type_device_disk, &in->medium, disk) ? NO_MEMORY(ctx)
                                                                            : check(in);
    d = rc ? NULL : libxl__dev_new(ctx, domid, &libxl__disks);
    if (d) {
        d->p.devid = libxl__vdev_number(disk->vdev);
        d->running = true;
        libxl__detach(d, ejected, in);
    } else {
        finish(in, rc ? rc : ERROR_NOMEM);
    }
    rc = libxl__ao_result(ao);
out:
    libxl__leave(ctx);
    return rc;
}
