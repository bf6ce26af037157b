/* SPDX-License-Identifier: MIT */
#ifndef LIGHT_DEVICE_QEMU_H
#define LIGHT_DEVICE_QEMU_H

#include "public.h"

/* End the domain's QEMU, if there is one; done() is called when it has ended. */
void libxl__qemu_stop(libxl_ctx *ctx, uint32_t domid, void (*done)(libxl_ctx *ctx, void *data),
                      void *data);
/*
 * What a framebuffer has where the manager left it open (display.c).  QEMU is told at its start,
 * which may be for another device.  0 or ERROR_NOMEM.
 */
int libxl__vfb_defaults(libxl_ctx *ctx, libxl_device_vfb *vfb);

#endif
