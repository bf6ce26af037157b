/* SPDX-License-Identifier: MIT */
#ifndef HV_LIBC_STRINGS_H
#define HV_LIBC_STRINGS_H
#include <string.h>
#endif
