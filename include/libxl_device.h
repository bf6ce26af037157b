/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_device.h
 * @brief A domain's devices.
 *
 * Every class of devices has the same functions, so they are declared by macros:
 *
 * - libxl_device_CLASS_add(): attach a device, before the domain runs or after.  Fields left at
 *   their defaults are filled in with what was chosen.
 * - libxl_device_CLASS_remove(): detach with the domain's help; forced after 10 seconds.
 * - libxl_device_CLASS_safe_remove(): the same, but fail with ERROR_TIMEDOUT instead of forcing.
 * - libxl_device_CLASS_destroy(): detach at once, without the domain's help.
 * - libxl_device_CLASS_list(): the devices of a domain, to be freed with
 *   libxl_device_CLASS_list_free(); NULL on failure or when there are none (then *num is 0).
 * - libxl_device_CLASS_getinfo(): the state of one device.
 *
 * They return 0 or ERROR_*; ERROR_NI for a class that this version cannot attach.  Included by
 * libxl.h; since SDK 1.0.
 */
#ifndef LIBXL_DEVICE_H
#define LIBXL_DEVICE_H

#include <libxl.h>

/** Attaching a device. */
#define LIBXL__DEVICE_ADD(name)                                                                    \
    int libxl_device_##name##_add(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,       \
                                  const libxl_asyncop_how *ao_how);
/** Detaching a device. */
#define LIBXL__DEVICE_REMOVE(name)                                                                 \
    int libxl_device_##name##_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,    \
                                     const libxl_asyncop_how *ao_how);
/** Detaching a device by force. */
#define LIBXL__DEVICE_DESTROY(name)                                                                \
    int libxl_device_##name##_destroy(libxl_ctx *ctx, uint32_t domid, libxl_device_##name *name,   \
                                      const libxl_asyncop_how *ao_how);
/** Listing devices. */
#define LIBXL__DEVICE_LIST(name)                                                                   \
    libxl_device_##name *libxl_device_##name##_list(libxl_ctx *ctx, uint32_t domid, int *num);
/** Freeing a list of devices. */
#define LIBXL__DEVICE_LIST_FREE(name)                                                              \
    void libxl_device_##name##_list_free(libxl_device_##name *list, int num);
/** The state of a device. */
#define LIBXL__DEVICE_GETINFO(name)                                                                \
    int libxl_device_##name##_getinfo(libxl_ctx *ctx, uint32_t domid,                              \
                                      const libxl_device_##name *name, libxl_##name##info *info);
/** The functions that most classes have. */
#define LIBXL__DEVICE_CLASS(name)                                                                  \
    LIBXL__DEVICE_ADD(name)                                                                        \
    LIBXL__DEVICE_REMOVE(name)                                                                     \
    LIBXL__DEVICE_DESTROY(name)                                                                    \
    LIBXL__DEVICE_LIST(name)                                                                       \
    LIBXL__DEVICE_LIST_FREE(name)                                                                  \
    LIBXL__DEVICE_GETINFO(name)

LIBXL__DEVICE_CLASS(disk)
LIBXL__DEVICE_CLASS(nic)
LIBXL__DEVICE_CLASS(vtpm)
LIBXL__DEVICE_CLASS(vdispl)
LIBXL__DEVICE_CLASS(vsnd)
LIBXL__DEVICE_CLASS(vkb)
LIBXL__DEVICE_CLASS(usbctrl)

LIBXL__DEVICE_ADD(vfb)
LIBXL__DEVICE_REMOVE(vfb)
LIBXL__DEVICE_DESTROY(vfb)
LIBXL__DEVICE_REMOVE(p9)
LIBXL__DEVICE_DESTROY(p9)
LIBXL__DEVICE_REMOVE(pvcallsif)
LIBXL__DEVICE_DESTROY(pvcallsif)
LIBXL__DEVICE_ADD(usbdev)
LIBXL__DEVICE_REMOVE(usbdev)
LIBXL__DEVICE_LIST(usbdev)
LIBXL__DEVICE_LIST_FREE(usbdev)
LIBXL__DEVICE_LIST(channel)
LIBXL__DEVICE_GETINFO(channel)
LIBXL__DEVICE_ADD(pci)
LIBXL__DEVICE_REMOVE(pci)
LIBXL__DEVICE_DESTROY(pci)
LIBXL__DEVICE_LIST(pci)
LIBXL__DEVICE_LIST_FREE(pci)

/** Detach a disk with the domain's help; see the text on top. */
int libxl_device_disk_safe_remove(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk,
                                  const libxl_asyncop_how *ao_how);
/**
 * Put a medium into a CD-ROM drive that the domain has, or (format LIBXL_DISK_FORMAT_EMPTY) take it
 * out.  To a PV guest the old disk goes and the new one comes: it has to let go of it first.
 */
int libxl_cdrom_insert(libxl_ctx *ctx, uint32_t domid, libxl_device_disk *disk,
                       const libxl_asyncop_how *ao_how);

/** All functions of a PCI device, for libxl_device_pci.vfunc_mask. */
#define LIBXL_PCI_FUNC_ALL (~0U)
/** Give a PCI device to the driver that domains get devices from; rebind: remember its driver. */
int libxl_device_pci_assignable_add(libxl_ctx *ctx, libxl_device_pci *pci, int rebind);
/** Take a PCI device back; rebind: give it to the driver it had. */
int libxl_device_pci_assignable_remove(libxl_ctx *ctx, libxl_device_pci *pci, int rebind);
/** @return the PCI devices domains can get; free with libxl_device_pci_assignable_list_free(). */
libxl_device_pci *libxl_device_pci_assignable_list(libxl_ctx *ctx, int *num);
/** Free a list. */
void libxl_device_pci_assignable_list_free(libxl_device_pci *list, int num);

/**
 * Serve the devices of other domains from this one, a driver domain, until the operation is
 * aborted.
 */
int libxl_device_events_handler(libxl_ctx *ctx, const libxl_asyncop_how *ao_how);

/**
 * @name Classes of devices of managers
 *
 * A manager may add a class of its own: devices that a program or a driver of its own serves.  They
 * live in the store as all devices do, below device/NAME/DEVID of the domain and backend/NAME of
 * the domain that serves them; they are listed, detached, and forgotten with the domain.  The nodes
 * that every device has (backend, backend-id, frontend, frontend-id, online, state) are written by
 * the library.  Register a class again in each context that is to know it: without it a device is
 * removed from the store with its domain, but nobody is asked.
 * @{
 */

/** Whose nodes. */
typedef enum libxl_device_end {
    LIBXL_DEVICE_END_FRONT, /**< what the guest reads */
    LIBXL_DEVICE_END_BACK,  /**< what the domain that serves the device reads */
} libxl_device_end;

/** Nodes of a device that is being attached. */
typedef struct libxl_device_nodes libxl_device_nodes;

/** Attaching waits until the back end is in state 2 or later, detaching until it is in state 6. */
#define LIBXL_DEVICE_CLASS_WAIT 1u

/** A class of devices.  Callbacks run with the context locked and must not wait. */
typedef struct libxl_device_class {
    size_t size;        /**< sizeof(libxl_device_class) */
    const char *name;   /**< in the store: letters, digits, '-', '_' */
    unsigned int flags; /**< LIBXL_DEVICE_CLASS_* */
    /** Say what is in the store, by libxl_device_nodes_set().  NULL: nothing more.
     *  @return 0 or ERROR_*, which ends the operation with nothing changed */
    int (*describe)(libxl_ctx *ctx, libxl_device_nodes *nodes, uint32_t domid, int devid,
                    const void *device, void *user);
    /** The back end is there; connect it.  NULL: nothing is to be done.
     *  @return 0 or ERROR_*, which undoes the operation */
    int (*connect)(libxl_ctx *ctx, uint32_t domid, int devid, const char *backend,
                   const void *device, void *user);
    /** The back end has closed; its nodes are about to be removed.  NULL: nothing is to be done. */
    void (*disconnect)(libxl_ctx *ctx, uint32_t domid, int devid, const char *backend, void *user);
} libxl_device_class;

/**
 * Register a class for this context, until it is freed; *info is copied.
 * @return 0; ERROR_INVAL when the name is taken or does not fit
 */
int libxl_device_class_register(libxl_ctx *ctx, const libxl_device_class *info, void *user);
/**
 * Write one node, from a describe callback; name and value are copied.
 * @return 0 or ERROR_NOMEM
 */
int libxl_device_nodes_set(libxl_device_nodes *nodes, libxl_device_end end, const char *name,
                           const char *value);
/**
 * Attach a device of a registered class.
 * @param name the class
 * @param devid the device's number; -1 is replaced by the next free one
 * @param device for the callbacks; valid until the operation is done
 * @return 0 or ERROR_*
 */
int libxl_device_class_add(libxl_ctx *ctx, uint32_t domid, const char *name,
                           libxl_domid backend_domid, int *devid, const void *device,
                           const libxl_asyncop_how *ao_how);
/**
 * Detach a device of a registered class.
 * @param force do not wait for the guest's help
 * @return 0; ERROR_NOTFOUND, ERROR_TIMEDOUT when the guest does not let go, or another ERROR_*
 */
int libxl_device_class_remove(libxl_ctx *ctx, uint32_t domid, const char *name, int devid,
                              int force, const libxl_asyncop_how *ao_how);
/**
 * List a domain's devices of a registered class.
 * @param devids [out] their numbers, to be freed with free(); NULL when there are none
 * @return 0 or ERROR_*
 */
int libxl_device_class_list(libxl_ctx *ctx, uint32_t domid, const char *name, int **devids,
                            int *num);
/** @} */

#endif
