/* SPDX-License-Identifier: MIT */
/*
 * A file of the cache is an expanded kernel, behind it the payload that it came out of, and a
 * trailer.  So the kernel lies page-aligned in a mapping of the file and any ELF tool can read it.
 *
 * Kernels may come from people who would like another's guests to run theirs.  A quick sum that they
 * can find collisions of is therefore good for the name only; what decides is the payload, which is
 * compared byte by byte.  The kernel has a checksum: the directory is its user's alone, so what the
 * sum must reveal is accidents (a crash, a bad disk), and it is read on each hit.
 */
#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/cache.h"

#define MAGIC "xen-sdk kernel 2"
#define BLOCK 4096u

struct trailer {
    char magic[16];
    uint64_t payload_len;
    uint64_t len;
    uint32_t payload_sum;
    uint32_t sum; /* of the kernel */
    uint32_t reserved;
    uint32_t trailer_sum; /* of all in front of it */
};
_Static_assert(sizeof(struct trailer) == 48, "the trailer has no holes");

#define SUMMED offsetof(struct trailer, trailer_sum)

static uint32_t checksum(const void *data, size_t len)
{
    return libdeflate_crc32(0, data, len);
}

void xg_cache_make_key(struct xg_cache_key *key, const void *payload, size_t len)
{
    *key = (struct xg_cache_key){.payload = payload, .len = len, .sum = checksum(payload, len)};
}

static void make_trailer(struct trailer *t, const struct xg_cache_key *key, const void *data,
                         size_t len)
{
    memset(t, 0, sizeof(*t));
    memcpy(t->magic, MAGIC, sizeof(t->magic));
    t->payload_sum = key->sum;
    t->payload_len = key->len;
    t->len = len;
    t->sum = checksum(data, len);
    t->trailer_sum = checksum(t, SUMMED);
}

/* What a file of @key's has beside the kernel. */
static size_t overhead(const struct xg_cache_key *key)
{
    return key->len + sizeof(struct trailer);
}

/* Is @file, which is larger than the overhead, what @key's payload expands to? */
static bool is_whole(const struct xg_cache_key *key, const uint8_t *file, size_t size)
{
    struct trailer found;
    struct trailer wanted;
    size_t len = size - overhead(key);

    memcpy(&found, file + size - sizeof(found), sizeof(found));
    /* The trailer first: it is quick, and tells most kinds of damage. */
    if (found.len != len || found.trailer_sum != checksum(&found, SUMMED))
        return false;
    if (memcmp(file + len, key->payload, key->len))
        return false;
    make_trailer(&wanted, key, file, len);
    return !memcmp(&found, &wanted, sizeof(found));
}

/* Is the file as we made it, so far as its inode tells? */
static bool is_ours(const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
           !(st->st_mode & (S_IWGRP | S_IWOTH)) && st->st_nlink == 1;
}

static size_t in_blocks(size_t size)
{
    return (size + BLOCK - 1) & ~(size_t)(BLOCK - 1);
}

/* Map a file that was found; NULL if it is not fit for use. */
static void *map_file(int fd, const struct xg_cache_key *key, size_t *len)
{
    struct stat st;
    size_t size = 0;
    void *file = NULL;

    if (fstat(fd, &st) || !is_ours(&st) || st.st_size <= 0)
        return NULL;
    size = (size_t)st.st_size;
    if (size <= key->len || size - key->len <= sizeof(struct trailer))
        return NULL;
    /* Not populated: Linux maps 16 pages at a fault, which is half the work of one by one. */
    file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED)
        return NULL;
    *len = size - overhead(key);
    if (!is_whole(key, file, size)) {
        munmap(file, size);
        return NULL;
    }
    /* The caller knows of the kernel only, so let go of the pages that hold nothing of it. */
    size = in_blocks(size);
    if (size > in_blocks(*len))
        munmap((char *)file + in_blocks(*len), size - in_blocks(*len));
    return file;
}

void *xg_cache_find(const struct xg_cache *cache, const struct xg_cache_key *key, size_t *len)
{
    static const struct timespec used[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
    char name[XG_CACHE_NAME_MAX];
    int saved = errno;
    void *data = NULL;
    int fd = -1;

    if (cache->fd < 0)
        return NULL;
    xg_cache_name(key, name);
    fd = openat(cache->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        data = map_file(fd, key, len);
        /* By hand, as the file system may not keep the time of the last use. */
        if (data)
            futimens(fd, used);
        else
            unlinkat(cache->fd, name, 0);
        close(fd);
    }
    errno = saved;
    return data;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

static bool is_zero(const char *data, size_t len)
{
    return !data[0] && !memcmp(data, data + 1, len - 1);
}

/* The number of bytes at @data that are all zero, or that are not, in whole blocks. */
static size_t run(const char *data, size_t len, bool zero)
{
    size_t end = 0;

    while (end < len && is_zero(data + end, len - end < BLOCK ? len - end : BLOCK) == zero)
        end += len - end < BLOCK ? len - end : BLOCK;
    return end;
}

/* Write a kernel with holes where it is zero: a third of Linux is. */
static int write_sparse(int fd, const char *data, size_t len)
{
    while (len) {
        size_t zeroes = run(data, len, true);
        size_t rest = run(data + zeroes, len - zeroes, false);

        if (zeroes && lseek(fd, (off_t)zeroes, SEEK_CUR) < 0)
            return -1;
        if (write_all(fd, data + zeroes, rest))
            return -1;
        data += zeroes + rest;
        len -= zeroes + rest;
    }
    return 0;
}

/* Others may look for the file at any time, so it gets its name when it is complete. */
static int write_file(const struct xg_cache *cache, const struct xg_cache_key *key,
                      const void *data, size_t len)
{
    char name[XG_CACHE_NAME_MAX];
    struct trailer t;
    char temporary[32];
    uint64_t random = 0;
    int rc = -1;
    int fd = -1;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        return -1;
    snprintf(temporary, sizeof(temporary), ".new-%016llx", (unsigned long long)random);
    fd = openat(cache->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    make_trailer(&t, key, data, len);
    rc = write_sparse(fd, data, len);
    if (!rc)
        rc = write_all(fd, key->payload, key->len);
    if (!rc)
        rc = write_all(fd, (const char *)&t, sizeof(t));
    if (close(fd))
        rc = -1;
    xg_cache_name(key, name);
    if (!rc)
        rc = renameat(cache->fd, temporary, cache->fd, name);
    if (rc)
        unlinkat(cache->fd, temporary, 0);
    return rc;
}

void xg_cache_keep(const struct xg_cache *cache, const struct xg_cache_key *key, const void *data,
                   size_t len)
{
    int saved = errno;

    if (cache->fd < 0)
        return;
    if (!xg_cache_make_room(cache, len + overhead(key)))
        write_file(cache, key, data, len);
    errno = saved;
}
