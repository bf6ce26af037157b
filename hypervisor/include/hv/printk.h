/* SPDX-License-Identifier: MIT */
/* Messages to the console (serial, VGA) and to the ring that dom0 reads (core/printk.c). */
#ifndef HV_PRINTK_H
#define HV_PRINTK_H

#include <hv/spinlock.h>
#include <stdarg.h>

/* Levels, as loglvl= and guest_loglvl= filter them; a message without one is a warning.
 * XENLOG_G_* are about a guest: guest_loglvl= applies. */
#define XENLOG_ERR       "\001E"
#define XENLOG_WARNING   "\001W"
#define XENLOG_INFO      "\001I"
#define XENLOG_DEBUG     "\001D"
#define XENLOG_G_ERR     "\001e"
#define XENLOG_G_WARNING "\001w"
#define XENLOG_G_INFO    "\001i"
#define XENLOG_G_DEBUG   "\001d"

/* printf subset: %d %u %x %lx %lu %ld %llx %zu %p %s %c %%, width, 0, -, precision for %s. Each
 * line is prefixed "(XEN) ". May be called anywhere, NMI and machine check excepted. */
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int hv_snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);

/* Print and stop the machine (or reboot, without noreboot): a broken invariant of ours. */
void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2), __noreturn__));

#define BUG_ON(cond)                                                                               \
    do {                                                                                           \
        if (unlikely(cond))                                                                        \
            panic("BUG at %s:%d: %s", __FILE__, __LINE__, #cond);                                  \
    } while (0)
#define ASSERT(cond) BUG_ON(!(cond))

/* The ring behind console_io and sysctl readconsole. */
struct xen_sysctl_readconsole;
void console_ring_write(const char *s, size_t len);
void console_softirq(void); /* tells who reads it */
/* Guest output (console_io of any domain) with the domain's prefix, line-buffered a domain. */
void console_guest_write(struct domain *d, const char *s, size_t len);
/* Copies at most size bytes from position *index (in: where to start, out: where to go on). */
size_t console_ring_read(char *dst, size_t size, uint32_t *index, bool incremental, bool clear);
/* Characters that came in by serial while dom0 has the console; fills at most size. */
size_t console_input_read(char *dst, size_t size);
void console_input(char c); /* from the serial driver's interrupt: raises VIRQ_CONSOLE in dom0 */

/* Output of one domain that waits for the end of its line. */
#define CONSOLE_LINE 192
struct console_domain {
    spinlock_t lock;
    unsigned int len;
    char line[CONSOLE_LINE];
};

/* Arch: raw output, polled, callable with locks broken (panic). */
void arch_console_putc(char c);
/* Arch: what panic() shows beside its message: registers and stack of this CPU. */
void arch_panic_dump(void);

#endif
