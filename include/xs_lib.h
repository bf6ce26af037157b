/* SPDX-License-Identifier: MIT */
/**
 * @file xs_lib.h
 * @brief Old name of xenstore_lib.h, kept for sources that still include it.
 */
#ifndef XS_LIB_COMPAT_H
#define XS_LIB_COMPAT_H

#include <xenstore_lib.h>

#endif
