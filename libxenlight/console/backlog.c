/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 4096

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void grow(struct backlog *backlog, size_t wanted)
{
    size_t size = backlog->size ? backlog->size : FIRST_SIZE, first = 0;
    char *data = NULL;

    while (size < wanted && size < backlog->limit)
        size *= 2;
    size = min_size(size, backlog->limit);
    if (size <= backlog->size)
        return;
    data = malloc(size);
    if (!data)
        return;
    first = min_size(backlog->len, backlog->size - backlog->start);
    if (first)
        memcpy(data, backlog->data + backlog->start, first);
    if (backlog->len > first)
        memcpy(data + first, backlog->data, backlog->len - first);
    free(backlog->data);
    backlog->data = data;
    backlog->size = size;
    backlog->start = 0;
}

void backlog_add(struct backlog *backlog, const char *buf, size_t len)
{
    size_t end = 0, first = 0;

    if (backlog->len + len > backlog->size)
        grow(backlog, backlog->len + len);
    if (len > backlog->size) {
        buf += len - backlog->size;
        len = backlog->size;
    }
    if (!len)
        return;
    if (backlog->len + len > backlog->size)
        backlog_drop(backlog, backlog->len + len - backlog->size);
    end = (backlog->start + backlog->len) % backlog->size;
    first = min_size(len, backlog->size - end);
    memcpy(backlog->data + end, buf, first);
    memcpy(backlog->data, buf + first, len - first);
    backlog->len += len;
}

size_t backlog_peek(const struct backlog *backlog, const char **data)
{
    *data = backlog->data + backlog->start;
    return min_size(backlog->len, backlog->size - backlog->start);
}

void backlog_drop(struct backlog *backlog, size_t len)
{
    backlog->len -= len;
    backlog->start = backlog->len ? (backlog->start + len) % backlog->size : 0;
}

void backlog_free(struct backlog *backlog)
{
    free(backlog->data);
    *backlog = (struct backlog){.limit = backlog->limit};
}
