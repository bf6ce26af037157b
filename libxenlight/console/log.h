/* SPDX-License-Identifier: MIT */
/* Log files of guests and of the hypervisor. */
#ifndef CONSOLE_LOG_H
#define CONSOLE_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct log {
    int fd; /* -1: closed */
    char *path;
    bool timestamps;
    bool hide_escape; /* write ESC as a dot */
    bool in_line;     /* the last byte did not end a line */
};

#define LOG_CLOSED                                                                                 \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* Open, or open anew, the file NAME.log of a directory.  -errno; the log stays closed then. */
int log_open(struct log *log, const char *dir, const char *name);
/* The file may have been moved away: open it again by its name. */
void log_reopen(struct log *log);
void log_write(struct log *log, const char *buf, size_t len);
void log_close(struct log *log);

#endif
