/* SPDX-License-Identifier: MIT */
/* Shared directories (9pfs) and sockets (PV calls), as far as the store is concerned. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "dev.h"

static int bad_share(struct dev *d, const libxl_device_p9 *p9, int errnum, const char *why)
{
    FAIL(d->p.ctx, ERROR_INVAL, errnum, "9pfs share %s: %s", p9->tag ? p9->tag : "without tag",
         why);
    return ERROR_INVAL;
}

static int choose_p9(struct dev *d, void *config)
{
    libxl_device_p9 *p9 = config;
    struct stat st;

    if (!p9->tag || !*p9->tag || !p9->path || !p9->security_model)
        return bad_share(d, p9, EINVAL, "tag, path and security_model are wanted");
    if (strcmp(p9->security_model, "none"))
        return bad_share(d, p9, EINVAL, "the security model is to be \"none\"");
    if (d->p.backend_domid == 0 && (stat(p9->path, &st) || !S_ISDIR(st.st_mode)))
        return bad_share(d, p9, ENOTDIR, "the path is no directory");
    libxl__choose_devid(d, &p9->devid, 0);
    return 0;
}

static int describe_p9(struct dev *d)
{
    const libxl_device_p9 *p9 = d->config;

    libxl__node(&d->back_nodes, "path", p9->path);
    libxl__node(&d->back_nodes, "security_model", p9->security_model);
    libxl__node(&d->front_nodes, "tag", p9->tag);
    return 0;
}

static int read_p9(struct place *p, void *config)
{
    libxl_device_p9 *p9 = config;
    const char *tag = libxl__front_node(p, "tag");

    p9->backend_domid = p->backend_domid;
    p9->devid = p->devid;
    if (tag && !(p9->tag = strdup(tag)))
        return -1;
    return libxl__take(p, "path", &p9->path) ||
                   libxl__take(p, "security_model", &p9->security_model)
               ? -1
               : 0;
}

static const char *const p9_kinds[] = {"9pfs", NULL};

const struct device_class libxl__p9s = {
    .name = "9pfs share",
    .front = "9pfs",
    .kinds = p9_kinds,
    .type = &libxl__type_device_p9,
    .list = offsetof(libxl_domain_config, p9s),
    .count = offsetof(libxl_domain_config, num_p9s),
    .devid = offsetof(libxl_device_p9, devid),
    .choose = choose_p9,
    .open = libxl__qemu_wanted,
    .describe = describe_p9,
    .read = read_p9,
};

/* ---- PV calls: served by whatever program looks for them ---- */

static int choose_pvcallsif(struct dev *d, void *config)
{
    libxl_device_pvcallsif *pvcallsif = config;

    libxl__choose_devid(d, &pvcallsif->devid, 0);
    return 0;
}

static int describe_pvcallsif(struct dev *d)
{
    return 0;
}

static int read_pvcallsif(struct place *p, void *config)
{
    libxl_device_pvcallsif *pvcallsif = config;

    pvcallsif->backend_domid = p->backend_domid;
    pvcallsif->devid = p->devid;
    return 0;
}

static const char *const pvcalls_kinds[] = {"pvcalls", NULL};

const struct device_class libxl__pvcallsifs = {
    .name = "PV calls interface",
    .front = "pvcalls",
    .kinds = pvcalls_kinds,
    .type = &libxl__type_device_pvcallsif,
    .list = offsetof(libxl_domain_config, pvcallsifs),
    .count = offsetof(libxl_domain_config, num_pvcallsifs),
    .devid = offsetof(libxl_device_pvcallsif, devid),
    .choose = choose_pvcallsif,
    .describe = describe_pvcallsif,
    .read = read_pvcallsif,
};
