/* SPDX-License-Identifier: MIT */

#include "arch-x86/xen.h"
