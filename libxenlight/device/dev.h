/* SPDX-License-Identifier: MIT */
/*
 * Devices of domains.
 *
 * One table entry says all that is particular to a class of devices; attach.c, detach.c and list.c
 * do with it what every class needs.  A device has three places in the store: the front end's, that
 * the guest reads; the back end's, that the domain which serves the device reads; and the
 * toolstack's own, which guests cannot write and which is therefore the one that is believed.
 */
#ifndef LIGHT_DEVICE_DEV_H
#define LIGHT_DEVICE_DEV_H

#include "types.h"
#include "internal.h"

#define MAX_DEVICE_NODES 48

/* States of a front or back end (io/xenbus.h). */
enum bus_state {
    BUS_MISSING = -1,
    BUS_UNKNOWN = 0,
    BUS_INITIALISING,
    BUS_INIT_WAIT,
    BUS_INITIALISED,
    BUS_CONNECTED,
    BUS_CLOSING,
    BUS_CLOSED,
};

/* Nodes to be written; names and values live in a pool. */
struct store_nodes {
    struct pool *pool;
    size_t n;
    struct {
        const char *name, *value;
    } at[MAX_DEVICE_NODES];
};

/* value NULL: no node.  More nodes than fit count as memory that ran out. */
void libxl__node(struct store_nodes *nodes, const char *name, const char *value);
void libxl__node_f(struct store_nodes *nodes, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A device where it is: domain, number, and paths once they are known. */
struct place {
    libxl_ctx *ctx;
    struct pool pool;
    uint32_t domid;
    int devid;
    uint32_t backend_domid;
    const char *kind; /* of back end, in the store */
    const char *front, *back, *own;
};

/* A device on its way in or out. */
struct dev {
    struct place p;
    const struct device_class *class;
    const void *device; /* of a manager's class; the manager's own */
    void *config; /* the manager's struct; a copy while the operation lasts, NULL on the way out */
    const libxl_domain_config *whole; /* of a domain that is being created */
    bool running;   /* hot: the domain was there before, and its configuration is kept */
    bool force;     /* on the way out: do not ask the guest */
    bool may_force; /* on the way out: do so when the guest does not answer */
    bool undoing;   /* on the way out of a failed attach */
    struct store_nodes front_nodes, back_nodes;
    struct store_nodes fixed_nodes; /* of the front end, which the guest may only read */
    struct store_nodes own_nodes;   /* that only the toolstack sees, besides the back end's */
    const char *label;              /* for messages, when the number says little */

    /* waiting: step looks whether what was waited for is there */
    void (*step)(struct dev *d);
    struct ev_watch *watch;
    struct ev_time *deadline;
    struct ev_fd *uevents;
    int uevents_fd;
    struct ev_child *child;
    bool late;     /* the deadline is over */
    bool deserted; /* the process that serves it has ended */
    const char *waits_for;

    int loop_fd;                   /* of a loop device that is ours as long as it is open */
    struct store_nodes script_env; /* more of a script's environment */
    const char *script; /* hotplug script to be run, NULL: what the library does itself */
    void *class_data;   /* malloc()ed, freed with the device */
    void (*after_script)(struct dev *d, int rc);

    libxl_devid *chosen; /* the manager's number, which was left to the library; NULL: it was not */
    bool taken;          /* the domain has a device with that number */
    int rc;
    void *reason; /* why it failed */
    void (*done)(libxl_ctx *ctx, int rc, void *data);
    void *done_data;
};

struct device_class {
    const char *name;         /* for the manager and messages: "disk" */
    const char *front;        /* in the store: "vbd" */
    const char *const *kinds; /* of back ends, NULL-terminated; the first is the usual one */
    const struct type *type;  /* of the manager's struct; NULL for classes of managers */
    size_t list, count;       /* in libxl_domain_config; count 0: not there */
    size_t devid;             /* offset of the number in the manager's struct */
    bool waits;               /* attaching waits for the back end */

    /* Fill in what the manager left open, and check: number, back end, kind. */
    int (*choose)(struct dev *d, void *config);
    /* Get hold of what the back end needs (files); undone by let_go. */
    int (*open)(struct dev *d);
    /* Say what is in the store. */
    int (*describe)(struct dev *d);
    /* Look for other users of the same thing, in the transaction that writes the nodes. */
    int (*conflict)(struct dev *d, xs_transaction_t t);
    /* The nodes are written. */
    void (*written)(struct dev *d);
    /* The back end is there: connect it.  Ends, now or later, with libxl__dev_plugged(). */
    void (*plug)(struct dev *d);
    /* The back end has closed, its nodes are still there.  Ends with libxl__dev_unplugged(). */
    void (*unplug)(struct dev *d);
    /* Read the device back.  0, or -1 without memory. */
    int (*read)(struct place *p, void *config);
    int (*number)(const void *config); /* instead of devid */
    const void *extra;                 /* of a manager's class */
};

extern const struct device_class libxl__disks, libxl__nics, libxl__vfbs, libxl__vkbs, libxl__p9s,
    libxl__channels, libxl__pvcallsifs;
/* All built-in classes, ended by NULL. */
extern const struct device_class *const libxl__device_classes[];

/* ---- places (place.c) ---- */

const char *libxl__back_node(struct place *p, const char *name);
const char *libxl__front_node(struct place *p, const char *name);
const char *libxl__own_node(struct place *p, const char *name);
int libxl__number(const char *text, int missing);
/* 0, or -1 without memory; a node that is missing leaves *out NULL. */
int libxl__take(struct place *p, const char *name, char **out);
uint32_t libxl__backend_domid(const char *back);
/* The directory in which the driver of an end, p->front or p->back, says what is wrong. */
char *libxl__driver_error_path(struct place *p, const char *end);
enum bus_state libxl__back_state(struct place *p);
/* Which class has devices of this name below /libxl/DOMID/device; NULL: none. */
const struct device_class *libxl__class_of(libxl_ctx *ctx, const char *kind);
/* 0, ERROR_NOTFOUND when there is no such device, or ERROR_*. */
int libxl__find_place(struct place *p, const struct device_class *class);
/* Name paths of a device that is not there yet. */
int libxl__make_place(struct dev *d);
/*
 * Take the manager's number, or choose one for it that no device of the class has, where it is below
 * the first that devices may have.  *devid has to be there until the device is in the store: another
 * process may be faster, then it is chosen anew.
 */
void libxl__choose_devid(struct dev *d, libxl_devid *devid, int first);

/* ---- operations (attach.c, detach.c) ---- */

/* NULL without memory. */
struct dev *libxl__dev_new(libxl_ctx *ctx, uint32_t domid, const struct device_class *class);
void libxl__dev_free(struct dev *d);
/* Both end with done(), which gets data, maybe before they return; d is freed then. */
void libxl__attach(struct dev *d, void (*done)(libxl_ctx *ctx, int rc, void *data), void *data);
void libxl__detach(struct dev *d, void (*done)(libxl_ctx *ctx, int rc, void *data), void *data);
/* Whether the domain is there and stays: 0, ERROR_DOMAIN_NOTFOUND or ERROR_DOMAIN_DESTROYED. */
int libxl__dev_welcome(struct dev *d, xs_transaction_t t);
void libxl__dev_plugged(struct dev *d, int rc);
void libxl__dev_unplugged(struct dev *d, int rc);
/* Choose for the manager's struct, and take a copy of it.  0 or ERROR_*. */
int libxl__dev_choose(struct dev *d, void *config);

/* Wait: step is called when the back end's state changes, when the process that serves it ends
 * (d->deserted), when the time is over (d->late), and now. */
void libxl__dev_wait_backend(struct dev *d, int ms, const char *what, void (*step)(struct dev *d));
/* The same, for the kernel's own devices; called at each of its events. */
void libxl__dev_wait_kernel(struct dev *d, int ms, const char *what, void (*step)(struct dev *d));
/* The same, for nothing but the time: who waits is called otherwise when what it waits for came. */
void libxl__dev_wait_child(struct dev *d, int ms, const char *what, void (*step)(struct dev *d));
void libxl__dev_wait_end(struct dev *d);
const char *libxl__dev_name(struct dev *d);
/* Ask QEMU's help (qemu.c): make sure that one serves the domain.  0 or ERROR_*. */
int libxl__qemu_wanted(struct dev *d);
/* A descriptor of the process that serves the domain; -1: ESRCH it has ended, ENOENT none is known. */
int libxl__qemu_process(libxl_ctx *ctx, uint32_t domid);

/* The number that a manager's struct says. */
int libxl__device_number(const struct device_class *class, const void *config);
/* Note in the kept configuration that the device is there, or is not any more.  0 or ERROR_*. */
int libxl__config_keep_device(struct dev *d, bool there);

/* ---- classes of managers (custom.c) ---- */

struct custom_class;
const struct custom_class *libxl__custom_next(const struct custom_class *c);
const struct device_class *libxl__custom_class(const struct custom_class *c);

/* ---- scripts (script.c) ---- */

/* Run d->script with these arguments; after(d, rc) when it has ended. */
void libxl__script_run(struct dev *d, const char *const *args,
                       void (*after)(struct dev *d, int rc));
/* The path of a script that a configuration names; NULL without memory. */
const char *libxl__script_path(struct pool *pool, const char *name);
/* Whether the script is the one that the library replaces. */
bool libxl__script_is(const char *script, const char *name);

/* ---- loop devices and files (blockdev.c) ---- */

struct file_id {
    uint64_t rdev;     /* of a block device; 0: a file */
    uint64_t dev, ino; /* of the file, also of that behind a loop device; else dev is rdev */
};

/* 0 or -1 with errno. */
int libxl__file_identify(const char *path, struct file_id *id);
/* Whether two files or devices are the same. */
bool libxl__file_same(const struct file_id *a, const struct file_id *b);
/*
 * A loop device on the file.  Unless libxl__loopdev_keep() says otherwise it vanishes with the last
 * descriptor, of which one is returned.  -1 with errno; *node is in the pool.
 */
int libxl__loopdev_open(struct pool *pool, const char *path, bool readonly, bool direct,
                        char **node, uint64_t *rdev);
int libxl__loopdev_keep(int fd, bool keep);
/* Free the loop device if it is one on that file; one that is not is left alone. */
int libxl__loopdev_free(uint64_t rdev, const char *path);
/* Whether the host itself uses the file or device, also by a loop device, in a way that forbids this. */
bool libxl__host_uses(const char *path, const struct file_id *id, bool readonly);

/* ---- network interfaces of the host (link.c) ---- */

/* 0 or -1 with errno. */
int libxl__link_index(const char *name);
int libxl__link_mtu(const char *name);
int libxl__link_new_bridge(const char *name);
int libxl__link_rename(const char *name, const char *to);
int libxl__link_configure(const char *name, const uint8_t *mac, int mtu, const char *master,
                          bool up);
int libxl__link_route(const char *name, const char *ip, const char *gateway_dev, bool add);

#endif
