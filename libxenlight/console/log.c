/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static void put(struct log *log, const char *buf, size_t len)
{
    while (len && log->fd >= 0) {
        ssize_t done = write(log->fd, buf, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0) {
            syslog(LOG_WARNING, "cannot write %s: %s", log->path, strerror(errno));
            return;
        }
        buf += done;
        len -= done;
    }
}

static void put_time(struct log *log)
{
    time_t now = time(NULL);
    struct tm tm;
    char text[32];

    localtime_r(&now, &tm);
    put(log, text, strftime(text, sizeof(text), "[%Y-%m-%d %H:%M:%S] ", &tm));
}

void log_reopen(struct log *log)
{
    if (!log->path)
        return;
    if (log->fd >= 0)
        close(log->fd);
    log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log->fd < 0) {
        syslog(LOG_WARNING, "cannot open %s: %s", log->path, strerror(errno));
        return;
    }
    log->in_line = false;
    if (log->timestamps) {
        put_time(log);
        put(log, "Logfile Opened\n", 15);
    }
}

static void make_parents(const char *dir)
{
    char *path = strdup(dir);

    for (char *slash = path ? strchr(path + 1, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    if (path)
        mkdir(path, 0755);
    free(path);
}

int log_open(struct log *log, const char *dir, const char *name)
{
    char *path = NULL;

    make_parents(dir);
    if (asprintf(&path, "%s/%s.log", dir, name) < 0)
        return -ENOMEM;
    free(log->path);
    log->path = path;
    log_reopen(log);
    return log->fd < 0 ? -errno : 0;
}

void log_close(struct log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    free(log->path);
    log->fd = -1;
    log->path = NULL;
}

/* One line, or the part of it that there is. */
static void write_line(struct log *log, const char *buf, size_t len)
{
    if (log->timestamps && !log->in_line)
        put_time(log);
    put(log, buf, len);
    log->in_line = buf[len - 1] != '\n';
}

static void write_lines(struct log *log, const char *buf, size_t len)
{
    while (len) {
        const char *end = memchr(buf, '\n', len);
        size_t line = end ? (size_t)(end + 1 - buf) : len;

        write_line(log, buf, line);
        buf += line;
        len -= line;
    }
}

void log_write(struct log *log, const char *buf, size_t len)
{
    char *copy = NULL;

    if (log->fd < 0 || !len)
        return;
    if (log->hide_escape && memchr(buf, '\033', len)) {
        copy = malloc(len);
        for (size_t i = 0; copy && i < len; i++)
            copy[i] = buf[i] == '\033' ? '.' : buf[i];
    }
    if (log->timestamps)
        write_lines(log, copy ? copy : buf, len);
    else
        put(log, copy ? copy : buf, len);
    free(copy);
}
