/* SPDX-License-Identifier: MIT */
/* A handle for each test, and what it writes below /t. */
#ifndef CLIENT_H
#define CLIENT_H

#include <string.h>
#include "xenstore.h"

static struct xs_handle *xs;

static inline int setup(void **state)
{
    xs = xs_open(0);
    return xs ? 0 : -1;
}

static inline int teardown(void **state)
{
    xs_rm(xs, XBT_NULL, "/t");
    xs_close(xs);
    return 0;
}

static inline bool put(const char *path, const char *value)
{
    return xs_write(xs, XBT_NULL, path, value, strlen(value));
}

#endif
