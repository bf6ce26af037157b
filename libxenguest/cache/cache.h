/* SPDX-License-Identifier: MIT */
/*
 * Expanded kernels, kept by content.  Expanding an xz kernel takes most of the time of creating a
 * guest, and hosts start the same few kernels over and over.
 *
 * A cache is an optimisation: whatever goes wrong in it means that a kernel is not found or not
 * kept, never that a guest is not built.  No function here touches errno or the error chain.
 */
#ifndef XENGUEST_CACHE_H
#define XENGUEST_CACHE_H

#include <stddef.h>
#include <stdint.h>

/* All files together; the least recently used ones go first. */
#define XG_CACHE_MAX_BYTES (UINT64_C(256) << 20)

/* What a compressed payload is known by: itself.  Sum and length name the file. */
struct xg_cache_key {
    const void *payload; /* the caller's; has to stay as long as the key is used */
    size_t len;
    uint32_t sum;
};

struct xg_cache {
    int fd; /* of the directory; -1: there is no cache */
    uint64_t max_bytes;
};

/*
 * Open the cache of this process's effective user, making the directory if need be.  Nothing is
 * returned: when there is no cache to be had (switched off, no place for it, a place that others
 * can write to), then nothing is found in it and nothing is kept.
 */
void xg_cache_open(struct xg_cache *cache);
void xg_cache_close(struct xg_cache *cache);

void xg_cache_make_key(struct xg_cache_key *key, const void *payload, size_t len);

/*
 * Find what a payload expands to.  Returns a read-only mapping of *len bytes, which the caller
 * unmaps, or NULL.  The content was checked against its checksum; a file that is damaged, or that
 * another payload with the same sum led to, is removed.
 */
void *xg_cache_find(const struct xg_cache *cache, const struct xg_cache_key *key, size_t *len);

/*
 * Keep what a payload expands to, dropping others as far as necessary.  Nobody else may be able to
 * change the payload since it was expanded, so it must not be a mapping of somebody's file.  Nothing
 * is synced to disk: a file that a crash cut short is found out by its checksum.
 */
void xg_cache_keep(const struct xg_cache *cache, const struct xg_cache_key *key, const void *data,
                   size_t len);

/* What the files of cache/ share. */

#define XG_CACHE_NAME_MAX 96

/* The name of @key's file; also the only names that are ever removed. */
void xg_cache_name(const struct xg_cache_key *key, char name[XG_CACHE_NAME_MAX]);
/* Make room for @size bytes.  Returns 0, or -1 when they are not to be had. */
int xg_cache_make_room(const struct xg_cache *cache, uint64_t size);

#endif
