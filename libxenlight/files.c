/* SPDX-License-Identifier: MIT */
/* Files, descriptors and exit statuses, with failures logged. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"

#ifndef LIGHT_LOG_DIR
#define LIGHT_LOG_DIR "/var/log/xen"
#endif

/* As GNU's: what follows the last slash, even if that is nothing. */
char *libxl_basename(const char *name)
{
    const char *slash = strrchr(name, '/');

    return strdup(slash ? slash + 1 : name);
}

void libxl_string_copy(libxl_ctx *ctx, char **dst, char *const *src)
{
    *dst = *src ? strdup(*src) : NULL;
    if (*src && !*dst)
        NO_MEMORY(ctx);
}

/* An errno value. */
static int read_whole(libxl_ctx *ctx, int fd, const char *filename, void **data_r, int *datalen_r)
{
    struct stat st;
    char *data = NULL;
    int e;

    if (fstat(fd, &st))
        return errno;
    if (!S_ISREG(st.st_mode))
        return ENOTTY;
    if (st.st_size > INT_MAX - 1)
        return EFBIG;
    if (data_r && st.st_size) {
        data = malloc((size_t)st.st_size);
        if (!data)
            return ENOMEM;
        e = libxl_read_exactly(ctx, fd, data, st.st_size, filename, "file");
        if (e) {
            free(data);
            return e;
        }
    }
    if (data_r)
        *data_r = data;
    if (datalen_r)
        *datalen_r = (int)st.st_size;
    return 0;
}

int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data_r, int *datalen_r)
{
    int fd = open(filename, O_RDONLY | O_CLOEXEC);
    int e = fd < 0 ? errno : read_whole(ctx, fd, filename, data_r, datalen_r);

    if (fd >= 0)
        close(fd);
    if (e && e != ENOENT)
        FAIL(ctx, ERROR_FAIL, e, "cannot read %s", filename);
    return e;
}

int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz, const char *filename,
                       const char *what)
{
    char *p = data;

    while (sz > 0) {
        ssize_t n = read(fd, p, (size_t)sz);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int e = n < 0 ? errno : EPROTO;

            FAIL(ctx, ERROR_FAIL, e, "%s of %s%s%s", n < 0 ? "read" : "early end", filename,
                 what ? ": " : "", what ? what : "");
            return e;
        }
        p += n;
        sz -= n;
    }
    return 0;
}

int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz, const char *filename,
                        const char *what)
{
    const char *p = data;

    while (sz > 0) {
        ssize_t n = write(fd, p, (size_t)sz);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int e = errno;

            FAIL(ctx, ERROR_FAIL, e, "write to %s%s%s", filename, what ? ": " : "",
                 what ? what : "");
            return e;
        }
        p += n;
        sz -= n;
    }
    return 0;
}

int libxl_pipe(libxl_ctx *ctx, int pipes[2])
{
    if (!pipe(pipes))
        return 0;
    return FAIL(ctx, ERROR_FAIL, errno, "cannot make a pipe");
}

void libxl_report_child_exitstatus(libxl_ctx *ctx, xentoollog_level level, const char *what,
                                   pid_t pid, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status))
        libxl__log(ctx, level, "%s [%ld] exited with status %d", what, (long)pid,
                   WEXITSTATUS(status));
    else if (WIFEXITED(status))
        libxl__log(ctx, level, "%s [%ld] exited with status 0", what, (long)pid);
    else if (WIFSIGNALED(status))
        libxl__log(ctx, level, "%s [%ld] died of signal %d (%s)%s", what, (long)pid,
                   WTERMSIG(status), strsignal(WTERMSIG(status)),
                   WCOREDUMP(status) ? ", core dumped" : "");
    else
        libxl__log(ctx, level, "%s [%ld] ended with wait status 0x%x", what, (long)pid,
                   (unsigned int)status);
}

static int change_flag(libxl_ctx *ctx, const char *op, int fd, int get, int set, int flag, int on)
{
    int flags = fcntl(fd, get);

    if (flags >= 0 && fcntl(fd, set, on ? flags | flag : flags & ~flag) >= 0)
        return 0;
    return libxl__fail(ctx, ERROR_FAIL, errno, op, "cannot change the flags of descriptor %d", fd);
}

int libxl_fd_set_cloexec(libxl_ctx *ctx, int fd, int cloexec)
{
    return change_flag(ctx, __func__, fd, F_GETFD, F_SETFD, FD_CLOEXEC, cloexec);
}

int libxl_fd_set_nonblock(libxl_ctx *ctx, int fd, int nonblock)
{
    return change_flag(ctx, __func__, fd, F_GETFL, F_SETFL, O_NONBLOCK, nonblock);
}

/* NAME.log becomes NAME.log.1, that one NAME.log.2, and so on; the oldest goes away. */
#define LOGS_KEPT 10

static int rotate(libxl_ctx *ctx, const char *path, int n)
{
    POOL(pool);
    char *from = n ? STR(&pool, "%s.%d", path, n) : STR(&pool, "%s", path);
    char *to = STR(&pool, "%s.%d", path, n + 1);

    if (!from || !to)
        return NO_MEMORY(ctx);
    if (rename(from, to) && errno != ENOENT)
        return FAIL(ctx, ERROR_FAIL, errno, "cannot rename %s", from);
    return 0;
}

int libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name)
{
    POOL(pool);
    char *path = STR(&pool, "%s/%s.log", LIGHT_LOG_DIR, name);
    int rc = 0;

    if (!path || strchr(name, '/'))
        return FAIL(ctx, ERROR_INVAL, EINVAL, "\"%s\" cannot name a log file", name);
    for (int n = LOGS_KEPT - 1; n >= 0 && !rc; n--)
        rc = rotate(ctx, path, n);
    if (rc)
        return rc;
    *full_name = strdup(path);
    return *full_name ? 0 : NO_MEMORY(ctx);
}

int libxl_string_to_backend(libxl_ctx *ctx, char *s, libxl_disk_backend *backend)
{
    static const struct {
        const char *prefix;
        libxl_disk_backend backend;
    } names[] = {
        {"phy", LIBXL_DISK_BACKEND_PHY},
        {"file", LIBXL_DISK_BACKEND_TAP},
        {"tap", LIBXL_DISK_BACKEND_TAP},
        {"qdisk", LIBXL_DISK_BACKEND_QDISK},
        {"standalone", LIBXL_DISK_BACKEND_STANDALONE},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (!strcmp(s, names[i].prefix)) {
            *backend = names[i].backend;
            return 0;
        }
    return FAIL(ctx, ERROR_INVAL, EINVAL, "\"%s\" is no way to serve a disk", s);
}
