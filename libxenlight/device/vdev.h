/* SPDX-License-Identifier: MIT */
#ifndef LIGHT_DEVICE_VDEV_H
#define LIGHT_DEVICE_VDEV_H

#include <limits.h>
#include <string.h>

/* The number of a disk in the guest, such as 51712 for "xvda"; -1 for what is no such name. */
int libxl__vdev_number(const char *vdev);

#endif
