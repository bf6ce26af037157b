/* SPDX-License-Identifier: MIT */
/**
 * @file xs.h
 * @brief Old name of xenstore.h, kept for sources that still include it.
 */
#ifndef XS_COMPAT_H
#define XS_COMPAT_H

#include <xenstore.h>

#endif
