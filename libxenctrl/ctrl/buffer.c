/* SPDX-License-Identifier: MIT */
/* Buffers for callers who make hypercalls of their own. */
#include <limits.h>
#include "private.h"

/* kexec takes a copy of this object into its own image: its size is ABI. */
PUBLIC xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(HYPERCALL_BUFFER_NULL) = {
    .hbuf = NULL,
    .param_shadow = NULL,
    HYPERCALL_BUFFER_INIT_NO_BOUNCE,
};
_Static_assert(sizeof(xc_hypercall_buffer_t) == 40, "ABI, kexec's COPY relocation");

struct xc_hypercall_buffer_array {
    unsigned int count;
    xc_hypercall_buffer_t buffers[];
};

PUBLIC void *xc__hypercall_buffer_alloc(xc_interface *xch, xc_hypercall_buffer_t *b, size_t size)
{
    void *p = xencall_alloc_buffer(xch->xcall, size);

    if (!p) {
        fail(xch, errno, "no memory for a hypercall's %zu bytes", size);
        return NULL;
    }
    b->hbuf = p;
    memset(p, 0, size);
    return p;
}

PUBLIC void xc__hypercall_buffer_free(xc_interface *xch, xc_hypercall_buffer_t *b)
{
    if (b->hbuf == (void *)-1) /* a stand-in for another buffer owns nothing */
        return;
    xencall_free_buffer(xch->xcall, b->hbuf);
    b->hbuf = NULL;
}

PUBLIC void *xc__hypercall_buffer_alloc_pages(xc_interface *xch, xc_hypercall_buffer_t *b,
                                              int nr_pages)
{
    void *p = NULL;

    if (nr_pages > 0)
        p = xencall_alloc_buffer_pages(xch->xcall, nr_pages);
    if (!p) {
        fail(xch, nr_pages > 0 ? errno : EINVAL, "cannot allocate %d pages", nr_pages);
        return NULL;
    }
    b->hbuf = p;
    memset(p, 0, (size_t)nr_pages << XC_PAGE_SHIFT);
    return p;
}

PUBLIC void xc__hypercall_buffer_free_pages(xc_interface *xch, xc_hypercall_buffer_t *b,
                                            int nr_pages)
{
    if (b->hbuf == (void *)-1)
        return;
    xencall_free_buffer_pages(xch->xcall, b->hbuf, nr_pages);
    b->hbuf = NULL;
}

PUBLIC xc_hypercall_buffer_array_t *xc_hypercall_buffer_array_create(xc_interface *xch, unsigned n)
{
    xc_hypercall_buffer_array_t *array = calloc(1, sizeof(*array) + n * sizeof(array->buffers[0]));

    if (!array) {
        fail(xch, ENOMEM, "no memory for %u buffers", n);
        return NULL;
    }
    array->count = n;
    return array;
}

PUBLIC void *xc__hypercall_buffer_array_alloc(xc_interface *xch, xc_hypercall_buffer_array_t *array,
                                              unsigned index, xc_hypercall_buffer_t *hbuf,
                                              size_t size)
{
    void *p;

    if (index >= array->count || array->buffers[index].hbuf) {
        fail(xch, EINVAL, "element %u of %u cannot be allocated", index, array->count);
        return NULL;
    }
    p = xc__hypercall_buffer_alloc(xch, hbuf, size);
    if (p)
        array->buffers[index] = *hbuf;
    return p;
}

PUBLIC void *xc__hypercall_buffer_array_get(xc_interface *xch, xc_hypercall_buffer_array_t *array,
                                            unsigned index, xc_hypercall_buffer_t *hbuf)
{
    if (index >= array->count || !array->buffers[index].hbuf) {
        fail(xch, EINVAL, "element %u of %u has no buffer", index, array->count);
        return NULL;
    }
    *hbuf = array->buffers[index];
    return hbuf->hbuf;
}

PUBLIC void xc_hypercall_buffer_array_destroy(xc_interface *xch, xc_hypercall_buffer_array_t *array)
{
    unsigned int i;

    if (!array)
        return;
    for (i = 0; i < array->count; i++)
        xc__hypercall_buffer_free(xch, &array->buffers[i]);
    free(array);
}
