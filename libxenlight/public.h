/* SPDX-License-Identifier: MIT */
/* The public headers, whose functions are the ones the library exports. */
#ifndef LIGHT_PUBLIC_H
#define LIGHT_PUBLIC_H

#pragma GCC visibility push(default)
#include <libxl.h>
#include <libxl_event.h>
#include <libxl_json.h>
#include <libxl_utils.h>
#pragma GCC visibility pop

#endif
