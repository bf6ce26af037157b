/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_uuid.h
 * @brief UUIDs.
 *
 * Part of libxenlight, since SDK 1.0.
 */
#ifndef LIBXL_UUID_H
#define LIBXL_UUID_H

#include <stdint.h>
#if defined(LIBXL_API_VERSION) && LIBXL_API_VERSION < 0x040700
#include <uuid/uuid.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** printf and scanf format of a UUID, for the arguments LIBXL_UUID_BYTES() makes. */
#define LIBXL_UUID_FMT                                                                             \
    "%02hhx%02hhx%02hhx%02hhx-%02hhx%02hhx-%02hhx%02hhx-%02hhx%02hhx-"                             \
    "%02hhx%02hhx%02hhx%02hhx%02hhx%02hhx"
/** Length of a UUID as text. */
#define LIBXL_UUID_FMTLEN ((2 * 16) + 4)
/** The sixteen bytes of an array, as arguments. */
#define LIBXL__UUID_BYTES(uuid)                                                                    \
    uuid[0], uuid[1], uuid[2], uuid[3], uuid[4], uuid[5], uuid[6], uuid[7], uuid[8], uuid[9],      \
        uuid[10], uuid[11], uuid[12], uuid[13], uuid[14], uuid[15]
/** The sixteen bytes of a libxl_uuid, as arguments. */
#define LIBXL_UUID_BYTES(arg) LIBXL__UUID_BYTES((arg).uuid)

/** A UUID, most significant byte first. */
typedef struct {
    unsigned char uuid[16];
} libxl_uuid;

struct libxl__ctx;

/** @return whether every byte is zero. */
int libxl_uuid_is_nil(const libxl_uuid *uuid);
/** Make a random UUID (version 4). */
void libxl_uuid_generate(libxl_uuid *uuid);
/** Parse the usual text form.  @return 0, or -1 and *uuid unchanged. */
int libxl_uuid_from_string(libxl_uuid *uuid, const char *in);
/** Copy; ctx is not used. */
void libxl_uuid_copy(struct libxl__ctx *ctx, libxl_uuid *dst, const libxl_uuid *src);
/** Set every byte to zero. */
void libxl_uuid_clear(libxl_uuid *uuid);
/** @return less than, equal to or greater than 0, as memcmp() does. */
int libxl_uuid_compare(const libxl_uuid *uuid1, const libxl_uuid *uuid2);
/** @return the sixteen bytes, owned by *uuid. */
const uint8_t *libxl_uuid_bytearray_const(const libxl_uuid *uuid);
/** @return the sixteen bytes, owned by *uuid. */
uint8_t *libxl_uuid_bytearray(libxl_uuid *uuid);

#ifdef __cplusplus
}
#endif

#endif
