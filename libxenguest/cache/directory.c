/* SPDX-License-Identifier: MIT */
/* Where expanded kernels are kept, and for how long. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "cache/cache.h"

#define PERSISTENT_PARENT "/var/cache"
#define PERSISTENT_DIR    "/var/cache/xen-sdk"
#define VOLATILE_PARENT   "/run/xen-sdk"
#define VOLATILE_DIR      "/run/xen-sdk/kernel-cache"
/* Of the file system's free space a file may take this part; it may be dom0's memory. */
#define FREE_SHARE 4
/* A file that is still not complete after this long was left by a crash. */
#define STALE_SECONDS 3600
#define NAME_DIGITS   24

/* The directory, or NULL if kernels are not to be kept. */
static const char *directory(void)
{
    const char *flag = secure_getenv("XEN_KERNEL_CACHE");
    const char *dir = secure_getenv("XEN_CACHE_DIR");
    struct stat st;

    if (flag && !strcmp(flag, "0"))
        return NULL;
    if (dir)
        return *dir ? dir : NULL;
    if (!stat(PERSISTENT_PARENT, &st) && S_ISDIR(st.st_mode))
        return PERSISTENT_DIR;
    mkdir(VOLATILE_PARENT, 0755);
    return VOLATILE_DIR;
}

/* Whoever could write here could have any code run in the next guest. */
static bool is_ours_alone(const struct stat *st)
{
    return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

void xg_cache_open(struct xg_cache *cache)
{
    int saved = errno;
    const char *dir = directory();
    struct stat st;

    cache->fd = -1;
    cache->max_bytes = XG_CACHE_MAX_BYTES;
    if (dir && (mkdir(dir, 0700) == 0 || errno == EEXIST))
        cache->fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (cache->fd >= 0 && (fstat(cache->fd, &st) || !is_ours_alone(&st)))
        xg_cache_close(cache);
    errno = saved;
}

void xg_cache_close(struct xg_cache *cache)
{
    int saved = errno;

    if (cache->fd >= 0)
        close(cache->fd);
    cache->fd = -1;
    errno = saved;
}

void xg_cache_name(const struct xg_cache_key *key, char name[XG_CACHE_NAME_MAX])
{
    snprintf(name, XG_CACHE_NAME_MAX, "%08x%016llx.elf", key->sum, (unsigned long long)key->len);
}

/* Is this a name that we give?  Anything else in the directory is left alone. */
static bool is_kept(const char *name)
{
    return strspn(name, "0123456789abcdef") == NAME_DIGITS && !strcmp(name + NAME_DIGITS, ".elf");
}

static bool is_incomplete(const char *name)
{
    return !strncmp(name, ".new-", 5);
}

/* What a look through the directory finds. */
struct survey {
    uint64_t total;
    char oldest[XG_CACHE_NAME_MAX];
    struct timespec used;
};

static bool earlier(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static void see_file(const struct xg_cache *cache, const char *name, struct survey *survey)
{
    struct stat st;

    if (fstatat(cache->fd, name, &st, AT_SYMLINK_NOFOLLOW))
        return;
    if (is_incomplete(name) && st.st_mtim.tv_sec + STALE_SECONDS < time(NULL)) {
        unlinkat(cache->fd, name, 0);
        return;
    }
    survey->total += (uint64_t)st.st_size;
    if (!is_kept(name) || (survey->oldest[0] && !earlier(st.st_atim, survey->used)))
        return;
    memcpy(survey->oldest, name, strlen(name) + 1); /* is_kept() knows its length */
    survey->used = st.st_atim;
}

static int look(const struct xg_cache *cache, struct survey *survey)
{
    int fd = openat(cache->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry = NULL;

    memset(survey, 0, sizeof(*survey));
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    while ((entry = readdir(dir)))
        if (is_kept(entry->d_name) || is_incomplete(entry->d_name))
            see_file(cache, entry->d_name, survey);
    closedir(dir);
    return 0;
}

static bool disk_has(const struct xg_cache *cache, uint64_t size)
{
    struct statvfs fs;

    return !fstatvfs(cache->fd, &fs) && size <= (uint64_t)fs.f_bavail * fs.f_frsize / FREE_SHARE;
}

int xg_cache_make_room(const struct xg_cache *cache, uint64_t size)
{
    struct survey survey;

    if (size > cache->max_bytes || look(cache, &survey))
        return -1;
    while (survey.total > cache->max_bytes - size || !disk_has(cache, size)) {
        /* Each turn removes a file, so this ends. */
        if (!survey.oldest[0] || unlinkat(cache->fd, survey.oldest, 0) || look(cache, &survey))
            return -1;
    }
    return 0;
}
