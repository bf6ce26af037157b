/* SPDX-License-Identifier: MIT */
/* Basic types.  Frame numbers and addresses are types of their own, so that mixing them up does
 * not compile. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t v;
} mfn_t; /* machine frame number */
typedef struct {
    uint64_t v;
} gfn_t; /* guest frame number: a PV guest's are machine frames, an HVM guest's its own */
typedef uint64_t maddr_t; /* machine address */
typedef uint64_t vaddr_t; /* virtual address, in the hypervisor or in a guest */
typedef int64_t s_time_t; /* nanoseconds since boot, monotonic, the same on each CPU */

#define INVALID_MFN ((mfn_t){~0ULL})
static inline mfn_t _mfn(uint64_t v)
{
    return (mfn_t){v};
}
static inline gfn_t _gfn(uint64_t v)
{
    return (gfn_t){v};
}
static inline bool mfn_eq(mfn_t a, mfn_t b)
{
    return a.v == b.v;
}

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1UL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define ROUND_UP(n, d)     (((n) + (d)-1) & ~((__typeof__(n))(d)-1))
#define ROUND_DOWN(n, d)   ((n) & ~((__typeof__(n))(d)-1))
#define min(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) _a = (a);                                                                    \
        __typeof__(b) _b = (b);                                                                    \
        _a < _b ? _a : _b;                                                                         \
    })
#define max(a, b)                                                                                  \
    ({                                                                                             \
        __typeof__(a) _a = (a);                                                                    \
        __typeof__(b) _b = (b);                                                                    \
        _a > _b ? _a : _b;                                                                         \
    })
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define likely(x)                     __builtin_expect(!!(x), 1)
#define unlikely(x)                   __builtin_expect(!!(x), 0)
#define BIT(n)                        (1UL << (n))

#define MILLISECS(n) ((s_time_t)(n)*1000000LL)
#define MICROSECS(n) ((s_time_t)(n)*1000LL)
#define SECONDS(n)   ((s_time_t)(n)*1000000000LL)
#define STIME_MAX    INT64_MAX

#define __init       __attribute__((section(".init.text")))
#define __initdata   __attribute__((section(".init.data")))
#define noreturn     __attribute__((__noreturn__))
#define __aligned(n) __attribute__((aligned(n)))

/* Most physical CPUs, vCPUs of a domain, and domain ids that this build serves. */
#define NR_CPUS   64
#define MAX_VCPUS 128
#define MAX_DOMID 0x7ff0 /* DOMID_FIRST_RESERVED */

struct domain;
struct vcpu;
struct page_info;
struct hypercall_args;
struct cpu_user_regs; /* x86: <xen/arch-x86/xen.h>, extended by nothing */

#endif
