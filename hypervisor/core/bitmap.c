/* SPDX-License-Identifier: MIT */
#include <hv/bitmap.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/string.h>

#define MAX_GUEST_BITS 65536

int bitmap_from_guest(unsigned long *map, unsigned int nr_bits, const struct xenctl_bitmap *g)
{
    unsigned int bits = min(g->nr_bits, nr_bits);

    if (g->nr_bits > MAX_GUEST_BITS)
        return -EINVAL;
    memset(map, 0, DIV_ROUND_UP(nr_bits, 64) * 8);
    if (copy_from_guest_va(map, (vaddr_t)g->bitmap.p, DIV_ROUND_UP(bits, 8)))
        return -EFAULT;
    for (unsigned int i = bits; i < ROUND_UP(bits, 8); i++)
        map[i / 64] &= ~BIT(i % 64);
    return 0;
}

int bitmap_to_guest(const struct xenctl_bitmap *g, const unsigned long *map, unsigned int nr_bits)
{
    unsigned int bytes = DIV_ROUND_UP(g->nr_bits, 8), have = DIV_ROUND_UP(nr_bits, 8), n;
    uint8_t last;

    if (g->nr_bits > MAX_GUEST_BITS)
        return -EINVAL;
    n = min(bytes, have);
    if (copy_to_guest_va((vaddr_t)g->bitmap.p, map, n))
        return -EFAULT;
    if (bytes > n)
        return clear_guest_va((vaddr_t)g->bitmap.p + n, bytes - n);
    if (n && g->nr_bits % 8) { /* nothing beyond the bits there are */
        last = ((const uint8_t *)map)[n - 1] & (uint8_t)((1u << g->nr_bits % 8) - 1);
        return copy_to_guest_va((vaddr_t)g->bitmap.p + n - 1, &last, 1);
    }
    return 0;
}

int cpumask_from_guest(cpumask_t *m, const struct xenctl_bitmap *g)
{
    return bitmap_from_guest(m->bits, NR_CPUS, g);
}

int cpumask_to_guest(const struct xenctl_bitmap *g, const cpumask_t *m)
{
    return bitmap_to_guest(g, m->bits, NR_CPUS);
}
