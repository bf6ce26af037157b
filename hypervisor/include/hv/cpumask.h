/* SPDX-License-Identifier: MIT */
/* Sets of physical CPUs. */
#ifndef HV_CPUMASK_H
#define HV_CPUMASK_H

#include <hv/atomic.h>

typedef struct {
    unsigned long bits[(NR_CPUS + 63) / 64];
} cpumask_t;

extern cpumask_t cpu_online_map; /* taking part in scheduling and in TLB shootdown */

static inline void cpumask_clear(cpumask_t *m)
{
    *m = (cpumask_t){{0}};
}
static inline void cpumask_set(unsigned int cpu, cpumask_t *m)
{
    set_bit(cpu, m->bits);
}
static inline void cpumask_unset(unsigned int cpu, cpumask_t *m)
{
    clear_bit(cpu, m->bits);
}
static inline bool cpumask_test(unsigned int cpu, const cpumask_t *m)
{
    return test_bit(cpu, m->bits);
}
static inline void cpumask_and(cpumask_t *r, const cpumask_t *a, const cpumask_t *b)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(r->bits); i++)
        r->bits[i] = a->bits[i] & b->bits[i];
}
static inline bool cpumask_empty(const cpumask_t *m)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(m->bits); i++)
        if (m->bits[i])
            return false;
    return true;
}
static inline bool cpumask_intersects(const cpumask_t *a, const cpumask_t *b)
{
    cpumask_t t;
    cpumask_and(&t, a, b);
    return !cpumask_empty(&t);
}
static inline unsigned int cpumask_first(const cpumask_t *m)
{
    return find_next_bit(m->bits, NR_CPUS, 0);
}
static inline unsigned int cpumask_weight(const cpumask_t *m)
{
    unsigned int n = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(m->bits); i++)
        n += (unsigned int)__builtin_popcountl(m->bits[i]);
    return n;
}
#define for_each_cpu(cpu, m)                                                                       \
    for ((cpu) = find_next_bit((m)->bits, NR_CPUS, 0); (cpu) < NR_CPUS;                            \
         (cpu) = find_next_bit((m)->bits, NR_CPUS, (cpu) + 1))
#define for_each_online_cpu(cpu) for_each_cpu (cpu, &cpu_online_map)

#endif
