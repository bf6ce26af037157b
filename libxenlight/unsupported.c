/* SPDX-License-Identifier: MIT */
/*
 * What the interface names and this version cannot do.  Each says so, in its return value, in the
 * log and in the error chain, and changes nothing.
 */
#include <stdlib.h>
#include "internal.h"

static int cannot(libxl_ctx *ctx, const char *op, const char *what)
{
    int rc;

    libxl__enter(ctx);
    rc = libxl__unsupported(ctx, op, what);
    libxl__leave(ctx);
    return rc;
}

static int removed(libxl_ctx *ctx, const char *op)
{
    int rc;

    libxl__enter(ctx);
    rc = libxl__fail(ctx, ERROR_FEATURE_REMOVED, ENOSYS, op,
                     "transcendent memory is gone from every hypervisor");
    libxl__leave(ctx);
    return rc;
}

/* ---- devices ---- */

#define CANNOT_ADD(name, what)                                                                     \
    int libxl_device_##name##_add(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,       \
                                  const libxl_asyncop_how *ao_how)                                 \
    {                                                                                              \
        return cannot(ctx, __func__, "attach " what);                                              \
    }
#define CANNOT_REMOVE(name, what)                                                                  \
    int libxl_device_##name##_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,    \
                                     const libxl_asyncop_how *ao_how)                              \
    {                                                                                              \
        return cannot(ctx, __func__, "detach " what);                                              \
    }
#define CANNOT_DESTROY(name, what)                                                                 \
    int libxl_device_##name##_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,   \
                                      const libxl_asyncop_how *ao_how)                             \
    {                                                                                              \
        return cannot(ctx, __func__, "detach " what);                                              \
    }
#define CANNOT_GETINFO(name, what)                                                                 \
    int libxl_device_##name##_getinfo(libxl_ctx *ctx, uint32_t domid,                              \
                                      const libxl_device_##name *name, libxl_##name##info *info)   \
    {                                                                                              \
        return cannot(ctx, __func__, "tell the state of " what);                                   \
    }
/* No domain of this version has one, so there is nothing to list: not a failure. */
#define NONE_TO_LIST(name)                                                                         \
    libxl_device_##name *libxl_device_##name##_list(libxl_ctx *ctx, uint32_t domid, int *num)      \
    {                                                                                              \
        *num = 0;                                                                                  \
        return NULL;                                                                               \
    }
#define LIST_FREE(name)                                                                            \
    void libxl_device_##name##_list_free(libxl_device_##name *list, int num)                       \
    {                                                                                              \
        for (int i = 0; list && i < num; i++)                                                      \
            libxl_device_##name##_dispose(&list[i]);                                               \
        free(list);                                                                                \
    }
#define CANNOT_CHANGE(name, what)                                                                  \
    CANNOT_ADD(name, what) CANNOT_REMOVE(name, what) CANNOT_DESTROY(name, what)
#define CANNOT_CLASS(name, what)                                                                   \
    CANNOT_CHANGE(name, what) CANNOT_GETINFO(name, what) NONE_TO_LIST(name) LIST_FREE(name)

CANNOT_CLASS(vtpm, "TPMs")
CANNOT_CLASS(vdispl, "displays")
CANNOT_CLASS(vsnd, "sound cards")
CANNOT_CLASS(usbctrl, "USB controllers")
CANNOT_CHANGE(pci, "PCI devices")
NONE_TO_LIST(pci)
LIST_FREE(pci)
CANNOT_ADD(usbdev, "USB devices")
CANNOT_REMOVE(usbdev, "USB devices")
NONE_TO_LIST(usbdev)
LIST_FREE(usbdev)

int libxl_device_pci_assignable_add(libxl_ctx *ctx, libxl_device_pci *pci, int rebind)
{
    return cannot(ctx, __func__, "make PCI devices assignable");
}

int libxl_device_pci_assignable_remove(libxl_ctx *ctx, libxl_device_pci *pci, int rebind)
{
    return cannot(ctx, __func__, "make PCI devices assignable");
}

libxl_device_pci *libxl_device_pci_assignable_list(libxl_ctx *ctx, int *num)
{
    *num = 0;
    return NULL;
}

void libxl_device_pci_assignable_list_free(libxl_device_pci *list, int num)
{
    libxl_device_pci_list_free(list, num);
}

int libxl_device_events_handler(libxl_ctx *ctx, const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "serve devices from a driver domain");
}

/* ---- devices by name or number: none is there ---- */

static int no_device(const char *op)
{
    xenerr_set(ENODEV, "libxenlight", op, "there is no such device");
    return ERROR_NOTFOUND;
}

int libxl_uuid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, libxl_uuid *uuid,
                              libxl_device_vtpm *vtpm)
{
    return no_device(__func__);
}

int libxl_ctrlport_to_device_usbdev(libxl_ctx *ctx, uint32_t domid, int ctrl, int port,
                                    libxl_device_usbdev *usbdev)
{
    return no_device(__func__);
}

#define NO_DEVID(name)                                                                             \
    int libxl_devid_to_device_##name(libxl_ctx *ctx, uint32_t domid, int devid,                    \
                                     libxl_device_##name *name)                                    \
    {                                                                                              \
        return no_device(__func__);                                                                \
    }
NO_DEVID(vtpm)
NO_DEVID(usbctrl)
NO_DEVID(vdispl)
NO_DEVID(vsnd)

/* ---- save, restore, replicate ---- */

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid,
                                int restore_fd, int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how)
{
    *domid = INVALID_DOMID;
    return cannot(ctx, __func__, "restore domains");
}

int libxl_domain_soft_reset(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t domid,
                            const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    return cannot(ctx, __func__, "reset domains softly");
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "save domains");
}

int libxl_domain_suspend_only(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "suspend domains");
}

int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel,
                        const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "resume domains");
}

int libxl_domain_remus_start(libxl_ctx *ctx, libxl_domain_remus_info *info, uint32_t domid,
                             int send_fd, int recv_fd, const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "replicate domains");
}

/* ---- security labels ---- */

#define LABELS "handle security labels"

int libxl_flask_context_to_sid(libxl_ctx *ctx, char *buf, size_t len, uint32_t *ssidref)
{
    return cannot(ctx, __func__, LABELS);
}

int libxl_flask_sid_to_context(libxl_ctx *ctx, uint32_t ssidref, char **buf, size_t *len)
{
    return cannot(ctx, __func__, LABELS);
}

int libxl_flask_getenforce(libxl_ctx *ctx)
{
    return cannot(ctx, __func__, LABELS);
}

int libxl_flask_setenforce(libxl_ctx *ctx, int mode)
{
    return cannot(ctx, __func__, LABELS);
}

int libxl_flask_loadpolicy(libxl_ctx *ctx, void *policy, uint32_t size)
{
    return cannot(ctx, __func__, LABELS);
}

/* ---- others ---- */

int libxl_set_parameters(libxl_ctx *ctx, char *params)
{
    return cannot(ctx, __func__, "change parameters of the hypervisor");
}

int libxl_qemu_monitor_command(libxl_ctx *ctx, uint32_t domid, const char *command_line,
                               char **output, const libxl_asyncop_how *ao_how)
{
    return cannot(ctx, __func__, "talk to device models");
}

char *libxl_tmem_list(libxl_ctx *ctx, uint32_t domid, int use_long)
{
    removed(ctx, __func__);
    return NULL;
}

int libxl_tmem_freeze(libxl_ctx *ctx, uint32_t domid)
{
    return removed(ctx, __func__);
}

int libxl_tmem_thaw(libxl_ctx *ctx, uint32_t domid)
{
    return removed(ctx, __func__);
}

int libxl_tmem_set(libxl_ctx *ctx, uint32_t domid, char *name, uint32_t set)
{
    return removed(ctx, __func__);
}

int libxl_tmem_shared_auth(libxl_ctx *ctx, uint32_t domid, char *uuid, int auth)
{
    return removed(ctx, __func__);
}

int libxl_tmem_freeable(libxl_ctx *ctx)
{
    return removed(ctx, __func__);
}

/* ---- platform resource control ---- */

#define MONITOR "monitor caches"
#define CONTROL "control caches and memory bandwidth"

int libxl_psr_cmt_attach(libxl_ctx *ctx, uint32_t domid)
{
    return cannot(ctx, __func__, MONITOR);
}

int libxl_psr_cmt_detach(libxl_ctx *ctx, uint32_t domid)
{
    return cannot(ctx, __func__, MONITOR);
}

/* These two ask whether something is so, and it is not. */
int libxl_psr_cmt_domain_attached(libxl_ctx *ctx, uint32_t domid)
{
    return 0;
}

int libxl_psr_cmt_enabled(libxl_ctx *ctx)
{
    return 0;
}

int libxl_psr_cmt_type_supported(libxl_ctx *ctx, libxl_psr_cmt_type type)
{
    return 0;
}

int libxl_psr_cmt_get_total_rmid(libxl_ctx *ctx, uint32_t *total_rmid)
{
    return cannot(ctx, __func__, MONITOR);
}

int libxl_psr_cmt_get_l3_cache_size(libxl_ctx *ctx, uint32_t socketid, uint32_t *l3_cache_size)
{
    return cannot(ctx, __func__, MONITOR);
}

int libxl_psr_cmt_get_cache_occupancy(libxl_ctx *ctx, uint32_t domid, uint32_t socketid,
                                      uint32_t *l3_cache_occupancy)
{
    return cannot(ctx, __func__, MONITOR);
}

int libxl_psr_cmt_get_sample(libxl_ctx *ctx, uint32_t domid, libxl_psr_cmt_type type,
                             uint64_t scope, uint64_t *sample_r, uint64_t *tsc_r)
{
    return cannot(ctx, __func__, MONITOR);
}

int libxl_psr_cat_set_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type,
                          libxl_bitmap *target_map, uint64_t cbm)
{
    return cannot(ctx, __func__, CONTROL);
}

int libxl_psr_cat_get_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type, uint32_t target,
                          uint64_t *cbm_r)
{
    return cannot(ctx, __func__, CONTROL);
}

int libxl_psr_cat_get_info(libxl_ctx *ctx, libxl_psr_cat_info **info, unsigned int *nr,
                           unsigned int lvl)
{
    return cannot(ctx, __func__, CONTROL);
}

int libxl_psr_cat_get_l3_info(libxl_ctx *ctx, libxl_psr_cat_info **info, int *nr)
{
    return cannot(ctx, __func__, CONTROL);
}

void libxl_psr_cat_info_list_free(libxl_psr_cat_info *list, int nr)
{
    for (int i = 0; list && i < nr; i++)
        libxl_psr_cat_info_dispose(&list[i]);
    free(list);
}

int libxl_psr_set_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, libxl_bitmap *target_map,
                      uint64_t val)
{
    return cannot(ctx, __func__, CONTROL);
}

int libxl_psr_get_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, unsigned int target,
                      uint64_t *val)
{
    return cannot(ctx, __func__, CONTROL);
}

int libxl_psr_get_hw_info(libxl_ctx *ctx, libxl_psr_feat_type type, unsigned int lvl,
                          unsigned int *nr, libxl_psr_hw_info **info)
{
    return cannot(ctx, __func__, CONTROL);
}

void libxl_psr_hw_info_list_free(libxl_psr_hw_info *list, unsigned int nr)
{
    for (unsigned int i = 0; list && i < nr; i++)
        libxl_psr_hw_info_dispose(&list[i]);
    free(list);
}
