/* SPDX-License-Identifier: MIT */
/*
 * Files, loop devices, interfaces and a clock in memory, in place of libxenlight/device/blockdev.c,
 * link.c, and what it asks the C library for.
 */
#ifndef TEST_LIGHT_FAKE_DEVICES_H
#define TEST_LIGHT_FAKE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

/* Forget all; bridge xenbr0 is there. */
void devices_reset(void);
/* Loop devices that are in use, whether or not they would vanish by themselves. */
int devices_loops(void);
/* The interface's bridge; NULL: none, or no such interface. */
const char *devices_bridge_of(const char *link);
bool devices_has_link(const char *link);
/* What others do when an interface is looked for the next time. */
void devices_meanwhile(void (*others)(void));
/* The host itself has the device in use. */
void devices_host_uses(bool on);
/* Time: while it is fast, waiting for nothing else takes none. */
void devices_fast_time(bool on);

#endif
