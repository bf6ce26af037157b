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
/** Put a medium into an emulated CD-ROM drive that the domain has. */
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

#endif
