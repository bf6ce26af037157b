/* SPDX-License-Identifier: MIT */
/* QEMU as back end. */
#include "dev.h"

int libxl__qemu_wanted(struct dev *d)
{
    return libxl__unsupported(d->p.ctx, "libxl_device_add", "have QEMU serve devices");
}
