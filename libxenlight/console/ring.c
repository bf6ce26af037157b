/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <string.h>

ssize_t console_ring_pending(const struct xencons_interface *ring)
{
    uint32_t used = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE) - ring->out_cons;

    return used <= sizeof(ring->out) ? (ssize_t)used : -EIO;
}

ssize_t console_ring_read(struct xencons_interface *ring, char *buf, size_t size)
{
    uint32_t cons = __atomic_load_n(&ring->out_cons, __ATOMIC_RELAXED);
    uint32_t have = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE) - cons;

    if (have > sizeof(ring->out))
        return -EIO;
    if (have > size)
        have = size;
    for (uint32_t i = 0; i < have; i++)
        buf[i] = ring->out[MASK_XENCONS_IDX(cons + i, ring->out)];
    /* The guest may overwrite these bytes from here on. */
    __atomic_store_n(&ring->out_cons, cons + have, __ATOMIC_RELEASE);
    return have;
}

ssize_t console_ring_room(const struct xencons_interface *ring)
{
    uint32_t used = ring->in_prod - __atomic_load_n(&ring->in_cons, __ATOMIC_ACQUIRE);

    return used <= sizeof(ring->in) ? (ssize_t)(sizeof(ring->in) - used) : -EIO;
}

void console_ring_write(struct xencons_interface *ring, const char *buf, size_t len)
{
    uint32_t prod = __atomic_load_n(&ring->in_prod, __ATOMIC_RELAXED);

    for (size_t i = 0; i < len; i++)
        ring->in[MASK_XENCONS_IDX(prod + i, ring->in)] = buf[i];
    __atomic_store_n(&ring->in_prod, prod + len, __ATOMIC_RELEASE);
}
