/* SPDX-License-Identifier: MIT */
/* The clock: the time stamp counter, scaled (time.c). */
#ifndef ASM_TIME_H
#define ASM_TIME_H

#include <hv/time.h>

/* ns = ((tsc << shift, or >> -shift) * mul) >> 32, as vcpu_time_info has it */
struct tsc_scale {
    uint32_t mul;
    int8_t shift;
};
extern struct tsc_scale tsc_scale;
static inline uint64_t tsc_scale_apply(uint64_t ticks, struct tsc_scale s)
{
    ticks = s.shift >= 0 ? ticks << s.shift : ticks >> -s.shift;
    return (uint64_t)(((unsigned __int128)ticks * s.mul) >> 32);
}
/* a * b / c; the result must fit. */
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t high;
    __asm__("mulq %2; divq %3" : "+&a"(a), "=&d"(high) : "rm"(b), "rm"(c) : "cc");
    return a;
}
extern uint64_t tsc_at_zero; /* the counter's value when now() was 0 */
extern uint64_t tsc_hz;

void time_init(void); /* BSP: calibrates; now() works from here on */
/* An AP comes up: brings its stamp in line, while the BSP serves it. */
void time_init_cpu(void);
void time_sync_serve(void);
/* arch_update_vcpu_time() writes only what changed: zero v->time_copy to have it all written again. */
/* Dom0 sets the wall clock (XENPF_settime64): seconds and ns at system_time. */
void time_set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_time);
void udelay(unsigned int us);

#endif
