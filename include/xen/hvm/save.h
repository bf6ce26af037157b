/* SPDX-License-Identifier: MIT */
/*
 * Format of an HVM domain's saved hardware state: records, each a descriptor and a body, from a
 * header record to an end record. Architectures list the records that they know.
 */

#ifndef __XEN_PUBLIC_HVM_SAVE_H__
#define __XEN_PUBLIC_HVM_SAVE_H__

#if !defined(__GNUC__)
#error "Saved state uses anonymous structs and unions"
#endif

#include <stdint.h>

/* In front of every record. */
struct hvm_save_descriptor {
    uint16_t typecode;
    /* Which device or vCPU, where there are several. */
    uint16_t instance;
    /* Of the body, in bytes. */
    uint32_t length;
};

/*
 * A record's number and body type are bound to its name by a struct that is never instantiated.
 * The hypervisor also accepts an older body (_ctype) and brings it up to date in place by _fix.
 */
#ifdef __XEN__
#define DECLARE_HVM_SAVE_TYPE_COMPAT(_x, _code, _type, _ctype, _fix)                               \
    static inline int __HVM_SAVE_FIX_COMPAT_##_x(void *h, uint32_t size)                           \
    {                                                                                              \
        return _fix(h, size);                                                                      \
    }                                                                                              \
    struct __HVM_SAVE_TYPE_##_x {                                                                  \
        _type t;                                                                                   \
        char c[_code];                                                                             \
        char cpt[2];                                                                               \
    };                                                                                             \
    struct __HVM_SAVE_TYPE_COMPAT_##_x {                                                           \
        _ctype t;                                                                                  \
    }

#define DECLARE_HVM_SAVE_TYPE(_x, _code, _type)                                                    \
    static inline int __HVM_SAVE_FIX_COMPAT_##_x(void *h, uint32_t size)                           \
    {                                                                                              \
        (void)h;                                                                                   \
        (void)size;                                                                                \
        return -1; /* there is no older body */                                                    \
    }                                                                                              \
    struct __HVM_SAVE_TYPE_##_x {                                                                  \
        _type t;                                                                                   \
        char c[_code];                                                                             \
        char cpt[1];                                                                               \
    };                                                                                             \
    struct __HVM_SAVE_TYPE_COMPAT_##_x {                                                           \
        _type t;                                                                                   \
    }
#else
#define DECLARE_HVM_SAVE_TYPE_COMPAT(_x, _code, _type, _ctype, _fix)                               \
    struct __HVM_SAVE_TYPE_##_x {                                                                  \
        _type t;                                                                                   \
        char c[_code];                                                                             \
        char cpt[2];                                                                               \
    }

#define DECLARE_HVM_SAVE_TYPE(_x, _code, _type)                                                    \
    struct __HVM_SAVE_TYPE_##_x {                                                                  \
        _type t;                                                                                   \
        char c[_code];                                                                             \
        char cpt[1];                                                                               \
    }
#endif

/* A record's body type, its length and its number. */
#define HVM_SAVE_TYPE(_x)   __typeof__(((struct __HVM_SAVE_TYPE_##_x *)0)->t)
#define HVM_SAVE_LENGTH(_x) (sizeof(HVM_SAVE_TYPE(_x)))
#define HVM_SAVE_CODE(_x)   (sizeof(((struct __HVM_SAVE_TYPE_##_x *)0)->c))

#ifdef __XEN__
#define HVM_SAVE_TYPE_COMPAT(_x)             __typeof__(((struct __HVM_SAVE_TYPE_COMPAT_##_x *)0)->t)
#define HVM_SAVE_LENGTH_COMPAT(_x)           (sizeof(HVM_SAVE_TYPE_COMPAT(_x)))
#define HVM_SAVE_HAS_COMPAT(_x)              (sizeof(((struct __HVM_SAVE_TYPE_##_x *)0)->cpt) - 1)
#define HVM_SAVE_FIX_COMPAT(_x, _dst, _size) __HVM_SAVE_FIX_COMPAT_##_x(_dst, _size)
#endif

/* Ends the stream; has no body. */
struct hvm_save_end {
};
DECLARE_HVM_SAVE_TYPE(END, 0, struct hvm_save_end);

#if defined(__i386__) || defined(__x86_64__)
#include "../arch-x86/hvm/save.h"
#elif defined(__arm__) || defined(__aarch64__)
#include "../arch-arm/hvm/save.h"
#else
#error "unsupported architecture"
#endif

#endif /* __XEN_PUBLIC_HVM_SAVE_H__ */
