/* SPDX-License-Identifier: MIT */
/* Atomic operations and bit operations on plain integers; all are full barriers unless said. */
#ifndef HV_ATOMIC_H
#define HV_ATOMIC_H

#include <hv/types.h>

#define read_atomic(p)          __atomic_load_n(p, __ATOMIC_RELAXED)
#define write_atomic(p, v)      __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define load_acquire(p)         __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v)     __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define atomic_sub_return(p, n) __atomic_sub_fetch(p, n, __ATOMIC_SEQ_CST)
#define atomic_inc(p)           ((void)__atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST))
#define atomic_xchg(p, v)       __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* Strong compare and exchange: returns the value that was there. */
#define cmpxchg(p, old, new)                                                                       \
    ({                                                                                             \
        __typeof__(*(p)) _old = (old);                                                             \
        __atomic_compare_exchange_n(p, &_old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);     \
        _old;                                                                                      \
    })
#define smp_mb()  __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define barrier() __asm__ volatile("" ::: "memory")

/* Bit operations on arrays of unsigned long (or anything so aligned: guests' bitmaps too). */
static inline bool test_bit(unsigned int nr, const volatile void *addr)
{
    return (((const volatile unsigned long *)addr)[nr / 64] >> (nr % 64)) & 1;
}
static inline void set_bit(unsigned int nr, volatile void *addr)
{
    __atomic_or_fetch((volatile unsigned long *)addr + nr / 64, BIT(nr % 64), __ATOMIC_SEQ_CST);
}
static inline void clear_bit(unsigned int nr, volatile void *addr)
{
    __atomic_and_fetch((volatile unsigned long *)addr + nr / 64, ~BIT(nr % 64), __ATOMIC_SEQ_CST);
}
static inline bool test_and_set_bit(unsigned int nr, volatile void *addr)
{
    return (__atomic_fetch_or((volatile unsigned long *)addr + nr / 64, BIT(nr % 64),
                              __ATOMIC_SEQ_CST) >>
            (nr % 64)) &
           1;
}
static inline bool test_and_clear_bit(unsigned int nr, volatile void *addr)
{
    return (__atomic_fetch_and((volatile unsigned long *)addr + nr / 64, ~BIT(nr % 64),
                               __ATOMIC_SEQ_CST) >>
            (nr % 64)) &
           1;
}
static inline unsigned int find_next_bit(const unsigned long *map, unsigned int size,
                                         unsigned int from)
{
    for (; from < size; from++) {
        unsigned long w = map[from / 64] >> (from % 64);
        if (!w) {
            from |= 63;
            continue;
        }
        from += (unsigned int)__builtin_ctzl(w);
        return from < size ? from : size;
    }
    return size;
}

#endif
