/* SPDX-License-Identifier: MIT */
/* Output that waits for somebody to read the terminal, bounded. */
#ifndef CONSOLE_BACKLOG_H
#define CONSOLE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

struct backlog {
    char *data;
    size_t start, len, size;
    size_t limit;
};

static inline bool backlog_full(const struct backlog *backlog)
{
    return backlog->len >= backlog->limit;
}

/* Add bytes; beyond the limit, or without memory, the oldest go. */
void backlog_add(struct backlog *backlog, const char *buf, size_t len);
/* The oldest bytes that lie together; 0 when empty. */
size_t backlog_peek(const struct backlog *backlog, const char **data);
void backlog_drop(struct backlog *backlog, size_t len);
void backlog_free(struct backlog *backlog);

#endif
