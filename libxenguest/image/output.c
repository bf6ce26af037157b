/* SPDX-License-Identifier: MIT */
/* Memory for the decompressors: the growing output buffer and blocks that know their size. */
#include "internal.h"

#define FIRST_GUESS_RATIO 4
#define LIKELY_RATIO      256 /* what expands to more is not taken at its word */
#define LIB_HEADER        16  /* keeps blocks 16-byte aligned */

static int allocate(struct image_output *out, size_t capacity)
{
    out->data = out->env->alloc(out->env->opaque, capacity);
    if (!out->data)
        return -XEN_ENOMEM;
    out->capacity = capacity;
    return 0;
}

int image_output_init(struct image_output *out, const struct image_env *env, const char *format,
                      size_t in_len, size_t hint)
{
    size_t guess =
        in_len < env->max_output / FIRST_GUESS_RATIO ? in_len * FIRST_GUESS_RATIO : env->max_output;

    *out = (struct image_output){.env = env, .format = format};
    if (guess < 4096)
        guess = 4096;
    if (guess > env->max_output)
        guess = env->max_output;
    if (!guess)
        return image_fail(env, XEN_E2BIG, "no room allowed for decompressed data", NULL);
    /* A wrong hint costs time only, so one that is unlikely or cannot be had is no failure. */
    if (hint && hint <= env->max_output && hint / LIKELY_RATIO <= in_len &&
        allocate(out, hint) == 0)
        return 0;
    if (allocate(out, guess) == 0)
        return 0;
    return image_fail(env, XEN_ENOMEM, "out of memory for the expanded ", format, " payload", NULL);
}

/* Move the data to a block of @capacity bytes. */
static int resize(struct image_output *out, size_t capacity)
{
    struct image_output bigger = {.env = out->env, .format = out->format, .len = out->len};

    if (allocate(&bigger, capacity))
        return image_fail(out->env, XEN_ENOMEM, "out of memory for the expanded ", out->format,
                          " payload", NULL);
    memcpy(bigger.data, out->data, out->len);
    image_output_dispose(out);
    *out = bigger;
    return 0;
}

int image_output_grow(struct image_output *out)
{
    size_t max = out->env->max_output;

    if (out->len < out->capacity)
        return 0;
    if (out->capacity >= max)
        return image_fail(out->env, XEN_E2BIG, out->format,
                          " payload expands beyond the largest size allowed", NULL);
    return resize(out, out->capacity > max / 2 ? max : out->capacity * 2);
}

int image_output_finish(struct image_output *out, void **data, size_t *len)
{
    int rc = 0;

    if (out->len == 0)
        return image_fail(out->env, XEN_EBADMSG, out->format, " payload is empty", NULL);
    /* Whoever frees it knows its length only. */
    if (out->len != out->capacity)
        rc = resize(out, out->len);
    if (rc)
        return rc;
    *data = out->data;
    *len = out->len;
    out->data = NULL;
    return 0;
}

void image_output_dispose(struct image_output *out)
{
    if (out->data)
        out->env->free(out->env->opaque, out->data, out->capacity);
    out->data = NULL;
}

int image_corrupt(const struct image_output *out)
{
    return image_fail(out->env, XEN_EBADMSG, out->format, " payload corrupt", NULL);
}

int image_truncated(const struct image_output *out)
{
    return image_fail(out->env, XEN_EBADMSG, out->format, " payload truncated", NULL);
}

void *image_lib_alloc(const struct image_env *env, size_t count, size_t size)
{
    uint8_t *block = NULL;
    size_t total = 0;

    if (__builtin_mul_overflow(count, size, &total) ||
        __builtin_add_overflow(total, (size_t)LIB_HEADER, &total))
        return NULL;
    block = env->alloc(env->opaque, total);
    if (!block)
        return NULL;
    memcpy(block, &total, sizeof(total));
    return block + LIB_HEADER;
}

void image_lib_free(const struct image_env *env, void *ptr)
{
    uint8_t *block = NULL;
    size_t total = 0;

    if (!ptr)
        return;
    block = (uint8_t *)ptr - LIB_HEADER;
    memcpy(&total, block, sizeof(total));
    env->free(env->opaque, block, total);
}
