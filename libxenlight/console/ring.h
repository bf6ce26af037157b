/* SPDX-License-Identifier: MIT */
/* The console ring that a guest shares.  The guest may write anything anywhere at any time. */
#ifndef CONSOLE_RING_H
#define CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xen/io/console.h>

/* What the guest has printed, up to size bytes; -EIO when its indices make no sense. */
ssize_t console_ring_read(struct xencons_interface *ring, char *buf, size_t size);
/* Bytes that the guest has printed and that are not yet taken; -EIO. */
ssize_t console_ring_pending(const struct xencons_interface *ring);
/* Room for input to the guest; -EIO. */
ssize_t console_ring_room(const struct xencons_interface *ring);
/* Give the guest input; at most console_ring_room() bytes. */
void console_ring_write(struct xencons_interface *ring, const char *buf, size_t len);

#endif
