/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_json.h
 * @brief The types as JSON, written into a generator of the caller (yajl 2).
 *
 * A struct becomes an object whose members are the fields that differ from their defaults; a nested
 * struct is always there.  An enum becomes its name, null when it has none; the arm of a union
 * becomes an object named KEY.ARM, such as "type.pv".
 *
 * Part of libxenlight, since SDK 1.0.
 */
#ifndef LIBXL_JSON_H
#define LIBXL_JSON_H

#include <libxl.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @name Writing a value of a builtin type
 * @return what yajl_gen_*() returned
 * @{ */
/** Write a uint64. */
yajl_gen_status libxl__uint64_gen_json(yajl_gen hand, uint64_t val);
/** Write a defbool. */
yajl_gen_status libxl_defbool_gen_json(yajl_gen hand, libxl_defbool *p);
/** Write a uuid. */
yajl_gen_status libxl_uuid_gen_json(yajl_gen hand, libxl_uuid *p);
/** Write a mac. */
yajl_gen_status libxl_mac_gen_json(yajl_gen hand, libxl_mac *p);
/** Write a bitmap. */
yajl_gen_status libxl_bitmap_gen_json(yajl_gen hand, libxl_bitmap *p);
/** Write a cpuid policy list. */
yajl_gen_status libxl_cpuid_policy_list_gen_json(yajl_gen hand, libxl_cpuid_policy_list *p);
/** Write a string list. */
yajl_gen_status libxl_string_list_gen_json(yajl_gen hand, libxl_string_list *p);
/** Write a key value list. */
yajl_gen_status libxl_key_value_list_gen_json(yajl_gen hand, libxl_key_value_list *p);
/** Write a hwcap. */
yajl_gen_status libxl_hwcap_gen_json(yajl_gen hand, libxl_hwcap *p);
/** Write a ms vm genid. */
yajl_gen_status libxl_ms_vm_genid_gen_json(yajl_gen hand, libxl_ms_vm_genid *p);
/** @} */

#include <_libxl_types_json.h>

/** yajl is of version 2. */
#define HAVE_YAJL_V2 1
/** yajl's type for the length of a string. */
typedef size_t libxl_yajl_length;

/** Open a parser that lets text follow the value.  @return NULL without memory. */
static inline yajl_handle libxl__yajl_alloc(const yajl_callbacks *callbacks,
                                            yajl_alloc_funcs *allocFuncs, void *ctx)
{
    yajl_handle handle = yajl_alloc(callbacks, allocFuncs, ctx);

    if (handle)
        yajl_config(handle, yajl_allow_trailing_garbage, 1);
    return handle;
}

/** Open a generator for indented text.  @return NULL without memory. */
static inline yajl_gen libxl_yajl_gen_alloc(const yajl_alloc_funcs *allocFuncs)
{
    yajl_gen gen = yajl_gen_alloc(allocFuncs);

    if (gen)
        yajl_gen_config(gen, yajl_gen_beautify, 1);
    return gen;
}

#ifdef __cplusplus
}
#endif

#endif
