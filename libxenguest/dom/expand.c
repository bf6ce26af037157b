/* SPDX-License-Identifier: MIT */
/* The image reader's surroundings: memory, messages, and kernels that were expanded before. */
#include <stdio.h>
#include <sys/mman.h>
#include "dom/private.h"

#define LARGE (UINT64_C(1) << 20)

/*
 * The decompressors' large blocks get touched as a whole, and in a PV domain each fault goes
 * through the hypervisor.  What cannot be populated at once will be touched as ever.
 */
static void *env_alloc(void *opaque, size_t size)
{
    void *ptr = malloc(size);
    uintptr_t start = ((uintptr_t)ptr + XG_PAGE_SIZE - 1) & XG_PAGE_MASK;
    uintptr_t end = ((uintptr_t)ptr + size) & XG_PAGE_MASK;
    int saved = errno;

    if (ptr && size >= LARGE)
        madvise((void *)start, end - start, MADV_POPULATE_WRITE);
    errno = saved;
    return ptr;
}

/* Nothing is left that could be kept. */
static void forget(struct xg_expanded *expanded)
{
    free(expanded->payload);
    memset(expanded, 0, sizeof(*expanded));
}

static void env_free(void *opaque, void *ptr, size_t size)
{
    struct xg_expanded *expanded = &((struct xg_dom *)opaque)->expanded;
    bool mapped = expanded->mapped && ptr == expanded->data;

    if (ptr == expanded->data)
        forget(expanded);
    if (mapped)
        munmap(ptr, size);
    else
        free(ptr);
}

static void env_report(void *opaque, const char *msg)
{
    struct xg_dom *dom = opaque;

    snprintf(dom->message, sizeof(dom->message), "%s", msg);
}

/* Does the file come from the cache?  Sets *expanded. */
static bool find_kept(const struct image_env *env, struct xg_cache *cache, const void *in,
                      size_t len, struct xg_expanded *expanded)
{
    if (cache->fd < 0)
        return false;
    xg_cache_make_key(&expanded->key, in, len);
    expanded->data = xg_cache_find(cache, &expanded->key, &expanded->len);
    if (expanded->data && expanded->len > env->max_output) {
        munmap(expanded->data, expanded->len);
        expanded->data = NULL;
    }
    expanded->mapped = expanded->data != NULL;
    return expanded->mapped;
}

/*
 * Expand a payload that is to be kept.  Whoever can write to the kernel's file might change it
 * between the expansion and the keeping, and what one payload expands to would be kept as
 * another's.  So both work on a copy; if there is none to be had, nothing is kept.
 */
static int expand_afresh(const struct image_env *env, const struct xg_cache *cache, const void *in,
                         size_t len, struct xg_expanded *expanded)
{
    int rc = 0;

    if (cache->fd >= 0)
        expanded->payload = malloc(len);
    if (expanded->payload) {
        in = memcpy(expanded->payload, in, len);
        /* If the sum is not the copy's, since the file changed before it, nobody finds what is kept. */
        expanded->key.payload = in;
        expanded->fresh = true;
    }
    rc = image_decompress(env, in, len, &expanded->data, &expanded->len);
    if (rc)
        free(expanded->payload);
    return rc;
}

/* Like image_decompress(), but what was expanded before is not expanded again. */
static int env_expand(const struct image_env *env, const void *in, size_t len, void **out,
                      size_t *out_len)
{
    struct xg_dom *dom = env->opaque;
    struct xg_expanded expanded = {0};
    struct xg_cache cache;
    int rc = 0;

    xg_cache_open(&cache);
    if (!find_kept(env, &cache, in, len, &expanded))
        rc = expand_afresh(env, &cache, in, len, &expanded);
    xg_cache_close(&cache);
    if (rc)
        return rc;
    /* Only ELF files are kept, and nothing is inside these: a layer above was no mapping. */
    xc_dom_printf(dom->pub.xch, "kernel: %zu bytes %s to %zu bytes", len,
                  expanded.mapped ? "were expanded before" : "expanded", expanded.len);
    forget(&dom->expanded);
    dom->expanded = expanded;
    *out = expanded.data;
    *out_len = expanded.len;
    return 0;
}

void xg_keep_expanded(struct xc_dom_image *dom)
{
    struct xg_dom *whole = xg_dom(dom);
    struct xg_expanded *expanded = &whole->expanded;
    struct xg_cache cache;

    /* What turned out to be no kernel is not worth its room. */
    if (!expanded->fresh || !whole->parsed || expanded->data != whole->kernel.owned)
        return;
    xg_cache_open(&cache);
    xg_cache_keep(&cache, &expanded->key, expanded->data, expanded->len);
    xg_cache_close(&cache);
    expanded->fresh = false;
}

struct image_env xg_image_env(struct xc_dom_image *dom)
{
    return (struct image_env){.alloc = env_alloc,
                              .free = env_free,
                              .report = env_report,
                              .opaque = dom,
                              .max_output = dom->max_kernel_size,
                              .expand = env_expand};
}
