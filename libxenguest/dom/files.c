/* SPDX-License-Identifier: MIT */
/* An image, its kernel and its modules. */
#include <limits.h>
#include <unistd.h>
#include <zlib.h>
#include "dom/private.h"

#define GZIP_MIN_SIZE 18 /* header and trailer of an empty file */

/* Parse the features that a caller asks for; names that are not known are the caller's fault. */
static int request_features(struct xc_dom_image *dom, const char *features)
{
    uint32_t supported = 0;
    uint32_t required = 0;
    const char *start = features;

    for (const char *p = features;; p++) {
        if (*p && *p != '|')
            continue;
        supported = 0;
        image_parse_features(start, (size_t)(p - start), &supported, &required, NULL);
        if (p != start && !supported)
            return fail(dom->xch, EINVAL, "unknown feature in \"%s\"", features);
        dom->f_requested[0] |= supported;
        if (!*p)
            return 0;
        start = p + 1;
    }
}

static int fill(struct xc_dom_image *dom, const char *cmdline, const char *features)
{
    if (cmdline) {
        dom->cmdline = xc_dom_strdup(dom, cmdline);
        if (!dom->cmdline)
            return -1;
        dom->cmdline_size = strlen(cmdline) + 1;
    }
    return features ? request_features(dom, features) : 0;
}

PUBLIC struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline,
                                            const char *features)
{
    struct xg_dom *whole = calloc(1, sizeof(*whole));
    struct xc_dom_image *dom = NULL;

    if (!whole) {
        fail(xch, ENOMEM, "no memory for an image");
        return NULL;
    }
    dom = &whole->pub;
    dom->xch = xch;
    whole->kernel_fd = -1;
    clock_gettime(CLOCK_MONOTONIC, &whole->lap);
    dom->max_kernel_size = XC_DOM_DECOMPRESS_MAX;
    dom->max_module_size = XC_DOM_DECOMPRESS_MAX;
    dom->max_devicetree_size = XC_DOM_DECOMPRESS_MAX;
    dom->start_info_pfn = XG_NO_PFN;
    dom->console_pfn = XG_NO_PFN;
    dom->xenstore_pfn = XG_NO_PFN;
    dom->shared_info_pfn = XG_NO_PFN;
    dom->bootstack_pfn = XG_NO_PFN;
    dom->vuart_gfn = XG_NO_PFN;
    dom->alloc_bootstack = 1;
    if (fill(dom, cmdline, features)) {
        xc_dom_release(dom);
        dom = NULL;
    }
    return dom;
}

static void forget_kernel_file(struct xc_dom_image *dom)
{
    if (xg_dom(dom)->kernel_fd >= 0)
        close(xg_dom(dom)->kernel_fd);
    xg_dom(dom)->kernel_fd = -1;
    xg_dom(dom)->kernel_map = NULL;
    xg_dom(dom)->kernel_path = NULL;
}

PUBLIC void xc_dom_release(struct xc_dom_image *dom)
{
    struct image_env env;
    int saved = errno;

    if (!dom)
        return;
    env = xg_image_env(dom);
    xc_dom_unmap_all(dom);
    xg_keep_expanded(dom);
    xg_log_lap(dom, "keep, unmap");
    image_close_kernel(&env, &xg_dom(dom)->kernel);
    forget_kernel_file(dom);
    xg_free_pool(dom);
    free(xg_dom(dom));
    errno = saved;
}

PUBLIC int xc_dom_kernel_file(struct xc_dom_image *dom, const char *filename)
{
    const char *path = xc_dom_strdup(dom, filename);

    if (!path)
        return -1;
    forget_kernel_file(dom);
    dom->kernel_blob = xg_map_file(dom, filename, &dom->kernel_size, dom->max_kernel_size,
                                   &xg_dom(dom)->kernel_fd);
    if (!dom->kernel_blob)
        return wrap(dom->xch, "cannot use %s as kernel", filename);
    xg_dom(dom)->kernel_map = dom->kernel_blob;
    xg_dom(dom)->kernel_path = path;
    return 0;
}

PUBLIC int xc_dom_kernel_mem(struct xc_dom_image *dom, const void *mem, size_t memsize)
{
    if (!mem || !memsize)
        return fail(dom->xch, EINVAL, "kernel is empty");
    dom->kernel_blob = (void *)mem;
    dom->kernel_size = memsize;
    forget_kernel_file(dom);
    return 0;
}

/* Append a module whose data is known. */
static int add_module(struct xc_dom_image *dom, void *blob, size_t size, const char *cmdline)
{
    struct xc_dom_module *module = &dom->modules[dom->num_modules];

    module->cmdline = NULL;
    if (cmdline) {
        module->cmdline = xc_dom_strdup(dom, cmdline);
        if (!module->cmdline)
            return -1;
    }
    module->blob = blob;
    module->size = size;
    dom->num_modules++;
    return 0;
}

PUBLIC int xc_dom_module_file(struct xc_dom_image *dom, const char *filename, const char *cmdline)
{
    size_t size = 0;
    void *blob = NULL;

    if (dom->num_modules >= XG_MAX_MODULES)
        return fail(dom->xch, E2BIG, "more than %d modules", XG_MAX_MODULES);
    blob = xc_dom_malloc_filemap(dom, filename, &size, dom->max_module_size);
    if (!blob)
        return wrap(dom->xch, "cannot use %s as module", filename);
    return add_module(dom, blob, size, cmdline);
}

PUBLIC int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
                             const char *cmdline)
{
    if (dom->num_modules >= XG_MAX_MODULES)
        return fail(dom->xch, E2BIG, "more than %d modules", XG_MAX_MODULES);
    if (!mem || !memsize)
        return fail(dom->xch, EINVAL, "module is empty");
    return add_module(dom, (void *)mem, memsize, cmdline);
}

PUBLIC int xc_dom_kernel_check_size(struct xc_dom_image *dom, size_t sz)
{
    return sz > dom->max_kernel_size;
}

PUBLIC int xc_dom_kernel_max_size(struct xc_dom_image *dom, size_t sz)
{
    dom->max_kernel_size = sz;
    return 0;
}

PUBLIC int xc_dom_module_max_size(struct xc_dom_image *dom, size_t sz)
{
    dom->max_module_size = sz;
    return 0;
}

PUBLIC size_t xc_dom_check_gzip(xc_interface *xch, void *blob, size_t ziplen)
{
    const uint8_t *p = blob;
    size_t size = 0;

    if (ziplen < GZIP_MIN_SIZE || p[0] != 0x1f || p[1] != 0x8b)
        return 0;
    p += ziplen - 4;
    size = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    if (size > XC_DOM_DECOMPRESS_MAX) {
        fail(xch, E2BIG, "gzip file claims to expand to %zu bytes", size);
        return 0;
    }
    return size;
}

PUBLIC int xc_dom_do_gunzip(xc_interface *xch, void *src, size_t srclen, void *dst, size_t dstlen)
{
    z_stream z = {.next_in = src, .next_out = dst};
    int status = Z_OK;

    if (srclen > UINT_MAX || dstlen > UINT_MAX)
        return fail(xch, E2BIG, "gzip data of 4 GiB or more");
    z.avail_in = (uInt)srclen;
    z.avail_out = (uInt)dstlen;
    if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
        return fail(xch, ENOMEM, "no memory to expand gzip data");
    status = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (status != Z_STREAM_END || z.total_out != dstlen)
        return fail(xch, EBADMSG, "gzip data corrupt");
    return 0;
}

PUBLIC int xc_dom_try_gunzip(struct xc_dom_image *dom, void **blob, size_t *size)
{
    size_t expanded = xc_dom_check_gzip(dom->xch, *blob, *size);
    void *data = NULL;

    if (!expanded)
        return 0;
    if (xc_dom_kernel_check_size(dom, expanded))
        return fail(dom->xch, E2BIG, "gzip file expands to %zu bytes, more than the limit of %zu",
                    expanded, dom->max_kernel_size);
    data = xc_dom_malloc(dom, expanded);
    if (!data || xc_dom_do_gunzip(dom->xch, *blob, *size, data, expanded))
        return -1;
    *blob = data;
    *size = expanded;
    return 0;
}
