/* SPDX-License-Identifier: MIT */
/* Which compression format is it, and who expands it. */
#include "internal.h"

struct format {
    const char *name;
    uint8_t magic[6];
    uint8_t magic_len;
    int (*expand)(struct image_output *out, const uint8_t *in, size_t len); /* NULL: not built */
};

#ifdef IMAGE_HAVE_ZLIB
#define GUNZIP image_gunzip
#else
#define GUNZIP NULL
#endif
#ifdef IMAGE_HAVE_LZMA
#define UNXZ   image_unxz
#define UNLZMA image_unlzma
#else
#define UNXZ   NULL
#define UNLZMA NULL
#endif
#ifdef IMAGE_HAVE_ZSTD
#define UNZSTD image_unzstd
#else
#define UNZSTD NULL
#endif
#ifdef IMAGE_HAVE_LZ4
#define UNLZ4 image_unlz4
#else
#define UNLZ4 NULL
#endif
#ifdef IMAGE_HAVE_BZIP2
#define BUNZIP2 image_bunzip2
#else
#define BUNZIP2 NULL
#endif

static const struct format formats[] = {
    {"gzip", {0x1f, 0x8b, 0x08}, 3, GUNZIP},
    {"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, UNXZ},
    {"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, UNZSTD},
    {"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, UNLZ4},
    {"bzip2", {'B', 'Z', 'h'}, 3, BUNZIP2},
    {"lzma", {0x5d, 0x00, 0x00}, 3, UNLZMA},
    {"lzo", {0x89, 'L', 'Z', 'O', 0, '\r'}, 6, NULL},
};

static const struct format *recognise(const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (len >= formats[i].magic_len && !memcmp(in, formats[i].magic, formats[i].magic_len))
            return &formats[i];
    return NULL;
}

const char *image_compression(const void *in, size_t len)
{
    const struct format *format = recognise(in, len);

    return format ? format->name : NULL;
}

int image_decompress(const struct image_env *env, const void *in, size_t len, void **out,
                     size_t *out_len)
{
    const struct format *format = recognise(in, len);
    struct image_output output;
    int rc = 0;

    if (!format)
        return -XEN_ENOEXEC;
    if (!format->expand)
        return image_fail(env, XEN_EOPNOTSUPP, format->name, " compression is not supported", NULL);
    /* Linux appends the expanded length, which is also what gzip ends with. */
    rc = image_output_init(&output, env, format->name, len,
                           len >= 4 ? image_get32((const uint8_t *)in + len - 4) : 0);
    if (rc)
        return rc;
    rc = format->expand(&output, in, len);
    if (!rc)
        rc = image_output_finish(&output, out, out_len);
    image_output_dispose(&output);
    return rc;
}
