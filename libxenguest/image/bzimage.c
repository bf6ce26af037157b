/* SPDX-License-Identifier: MIT */
/*
 * Linux/x86's bzImage: a real-mode setup part that tells, since boot protocol 2.08, where the
 * compressed kernel lies (Linux's Documentation/x86/boot.rst).
 */
#include "internal.h"

#define SECTOR              512u
#define SETUP_SECTS         0x1f1
#define BOOT_FLAG           0x1fe
#define HEADER_MAGIC        0x202
#define VERSION             0x206
#define PAYLOAD_OFFSET      0x248
#define PAYLOAD_LENGTH      0x24c
#define HEADER_END          0x250
#define DEFAULT_SETUP_SECTS 4
#define PAYLOAD_PROTOCOL    0x0208

static bool is_bzimage(const uint8_t *in, size_t len)
{
    return len >= HEADER_END && image_get16(in + BOOT_FLAG) == 0xaa55 &&
           !memcmp(in + HEADER_MAGIC, "HdrS", 4);
}

int image_bzimage_payload(const struct image_env *env, const uint8_t *in, size_t len,
                          const uint8_t **payload, size_t *payload_len)
{
    uint64_t start = 0;
    uint32_t size = 0;

    if (!is_bzimage(in, len))
        return 0;
    if (image_get16(in + VERSION) < PAYLOAD_PROTOCOL)
        return image_fail(env, XEN_EINVAL,
                          "bzImage too old: boot protocol 2.08 (Linux 2.6.24) is needed", NULL);
    start = ((in[SETUP_SECTS] ? in[SETUP_SECTS] : DEFAULT_SETUP_SECTS) + 1u) * SECTOR;
    start += image_get32(in + PAYLOAD_OFFSET);
    size = image_get32(in + PAYLOAD_LENGTH);
    if (size == 0)
        return image_fail(env, XEN_EINVAL, "bzImage has no payload", NULL);
    if (!image_within(start, size, len))
        return image_fail(env, XEN_EINVAL, "bzImage truncated: its payload ends after the file",
                          NULL);
    *payload = in + start;
    *payload_len = size;
    return 1;
}
