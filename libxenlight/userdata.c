/* SPDX-License-Identifier: MIT */
/*
 * What managers keep about domains: one file for each domain and owner.  The name has the domain's
 * UUID, so that a file that outlived its domain is never taken for another one's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"

#ifndef LIGHT_LIB_DIR
#define LIGHT_LIB_DIR "/var/lib/xen"
#endif

static const char *lib_dir(void)
{
    const char *dir = secure_getenv("XEN_LIB_DIR"); /* tests */

    return dir ? dir : LIGHT_LIB_DIR;
}

static char *prefix_of(struct pool *pool, uint32_t domid, const libxl_uuid *uuid)
{
    return STR(pool, "userdata-d.%" PRIu32 "." LIBXL_UUID_FMT ".", domid, LIBXL_UUID_BYTES(*uuid));
}

static char *domain_prefix(libxl_ctx *ctx, struct pool *pool, uint32_t domid)
{
    xc_domaininfo_t info;
    libxl_uuid uuid;

    if (libxl__domain_get(ctx, domid, &info))
        return NULL;
    memcpy(uuid.uuid, info.handle, sizeof(info.handle));
    return prefix_of(pool, domid, &uuid);
}

#define LOCK_OWNER "domain-userdata-lock"

static char *path_of(libxl_ctx *ctx, struct pool *pool, uint32_t domid, const char *id)
{
    char *prefix;

    if (strchr(id, '/')) {
        FAIL(ctx, ERROR_INVAL, EINVAL, "\"%s\" cannot name an owner of data", id);
        return NULL;
    }
    prefix = domain_prefix(ctx, pool, domid);
    return prefix ? STR(pool, "%s/%s%s", lib_dir(), prefix, id) : NULL;
}

/* ---- lock: whoever holds it may replace a domain's files ---- */

int libxl__userdata_lock(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    char *path = path_of(ctx, &pool, domid, LOCK_OWNER);
    struct stat by_fd, by_path;

    if (!path)
        return ERROR_LOCK_FAIL;
    for (;;) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

        if (fd < 0 || flock(fd, LOCK_EX)) {
            int rc = FAIL(ctx, ERROR_LOCK_FAIL, errno, "cannot lock %s", path);

            if (fd >= 0)
                close(fd);
            return rc;
        }
        /* The holder before us removes the file: the lock counts only if it is still the file. */
        if (!fstat(fd, &by_fd) && !stat(path, &by_path) && by_fd.st_ino == by_path.st_ino &&
            by_fd.st_dev == by_path.st_dev)
            return fd;
        close(fd);
    }
}

void libxl__userdata_unlock(libxl_ctx *ctx, uint32_t domid, int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t n;

    /* By descriptor: the domain may be gone, and with it its UUID. */
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    if (n > 0) {
        path[n] = '\0';
        if (!strstr(path, " (deleted)"))
            unlink(path);
    }
    /* A child that another thread forked meanwhile may have it open, too. */
    flock(fd, LOCK_UN);
    close(fd);
}

/* ---- files ---- */

static int write_file(libxl_ctx *ctx, const char *path, const uint8_t *data, int length)
{
    POOL(pool);
    char *temporary = STR(&pool, "%s.new", path);
    int fd, rc = 0;

    if (!temporary)
        return NO_MEMORY(ctx);
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return FAIL(ctx, ERROR_FAIL, errno, "cannot create %s", temporary);
    if (libxl_write_exactly(ctx, fd, data, length, temporary, "user data"))
        rc = ERROR_FAIL;
    close(fd);
    if (!rc && rename(temporary, path))
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot rename %s", temporary);
    if (rc)
        unlink(temporary);
    return rc;
}

int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid,
                         const uint8_t *data, int datalen)
{
    POOL(pool);
    char *path;
    int rc;

    libxl__enter(ctx);
    path = path_of(ctx, &pool, domid, userdata_userid);
    if (!path || datalen < 0)
        rc = ERROR_INVAL;
    else if (datalen)
        rc = write_file(ctx, path, data, datalen);
    else if (unlink(path) && errno != ENOENT)
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s", path);
    else
        rc = 0;
    libxl__leave(ctx);
    return rc;
}

int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid,
                            uint8_t **data_r, int *datalen_r)
{
    POOL(pool);
    void *data = NULL;
    char *path;
    int length = 0, e, rc = 0;

    libxl__enter(ctx);
    path = path_of(ctx, &pool, domid, userdata_userid);
    e = path ? libxl_read_file_contents(ctx, path, data_r ? &data : NULL, &length) : 0;
    if (!path || (e && e != ENOENT))
        rc = ERROR_FAIL;
    if (data_r)
        *data_r = data;
    if (datalen_r)
        *datalen_r = length;
    libxl__leave(ctx);
    return rc;
}

int libxl_userdata_unlink(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid)
{
    return libxl_userdata_store(ctx, domid, userdata_userid, NULL, 0);
}

int libxl__userdata_destroyall(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    xc_domaininfo_t info;
    /* Of a domain that has vanished, whatever its UUID was. */
    char *prefix = libxl__domain_probe(ctx, domid, &info) == ERROR_DOMAIN_NOTFOUND
                       ? STR(&pool, "userdata-d.%" PRIu32 ".", domid)
                       : domain_prefix(ctx, &pool, domid);
    DIR *dir = prefix ? opendir(lib_dir()) : NULL;
    struct dirent *entry;
    int rc = 0;

    if (!prefix)
        return ERROR_FAIL;
    if (!dir && errno != ENOENT)
        return FAIL(ctx, ERROR_FAIL, errno, "cannot read %s", lib_dir());
    while (dir && (entry = readdir(dir))) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)))
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) && errno != ENOENT)
            rc = FAIL(ctx, ERROR_FAIL, errno, "cannot remove %s/%s", lib_dir(), entry->d_name);
    }
    if (dir)
        closedir(dir);
    return rc;
}

int libxl__userdata_renamed(libxl_ctx *ctx, uint32_t domid, const libxl_uuid *from,
                            const libxl_uuid *to)
{
    POOL(pool);
    char *old = prefix_of(&pool, domid, from), *new = prefix_of(&pool, domid, to);
    DIR *dir = old && new ? opendir(lib_dir()) : NULL;
    struct dirent *entry;
    int rc = 0;

    if (pool.failed)
        return NO_MEMORY(ctx);
    if (!dir && errno != ENOENT)
        return FAIL(ctx, ERROR_FAIL, errno, "cannot read %s", lib_dir());
    while (dir && (entry = readdir(dir))) {
        const char *owner = entry->d_name + strlen(old);

        if (strncmp(entry->d_name, old, strlen(old)) || !strcmp(owner, LOCK_OWNER))
            continue;
        if (renameat(dirfd(dir), entry->d_name, dirfd(dir), STR(&pool, "%s%s", new, owner)))
            rc = FAIL(ctx, ERROR_FAIL, errno, "cannot rename %s/%s", lib_dir(), entry->d_name);
    }
    if (dir)
        closedir(dir);
    return rc;
}
