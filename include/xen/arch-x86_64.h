/* SPDX-License-Identifier: MIT */
/* Old name of arch-x86/xen.h. */

#include "arch-x86/xen.h"
