/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once. */
#include <stdarg.h>
#include <stdlib.h>
#include "internal.h"

struct pool_block {
    struct pool_block *next;
    void *p;
};

void *libxl__pool_own(struct pool *pool, void *p)
{
    struct pool_block *block = p ? malloc(sizeof(*block)) : NULL;

    if (p && !block) {
        free(p);
        pool->failed = true;
        errno = ENOMEM;
        return NULL;
    }
    if (block) {
        block->p = p;
        block->next = pool->blocks;
        pool->blocks = block;
    }
    return p;
}

void *libxl__pool_alloc(struct pool *pool, size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (!p)
        pool->failed = true;
    return libxl__pool_own(pool, p);
}

char *libxl__pool_printf(struct pool *pool, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        pool->failed = true;
        errno = ENOMEM;
        return NULL;
    }
    return libxl__pool_own(pool, text);
}

void libxl__pool_free(struct pool *pool)
{
    while (pool->blocks) {
        struct pool_block *block = pool->blocks;

        pool->blocks = block->next;
        free(block->p);
        free(block);
    }
}
