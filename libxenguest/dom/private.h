/* SPDX-License-Identifier: MIT */
/* What libxenguest's files share. */
#ifndef XENGUEST_PRIVATE_H
#define XENGUEST_PRIVATE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>
#include <xenctrl_internal.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xenerror.h>
#include <xen/elfnote.h>
#include <xen/features.h>
#include "cache/cache.h"
#include "image/image.h"

#define PUBLIC __attribute__((visibility("default")))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

#define XG_PAGE_SHIFT 12
#define XG_PAGE_SIZE  (UINT64_C(1) << XG_PAGE_SHIFT)
#define XG_PAGE_MASK  (~(XG_PAGE_SIZE - 1))
#define XG_NO_PFN     ((xen_pfn_t)-1)

static inline uint64_t xg_pages(uint64_t bytes)
{
    return (bytes >> XG_PAGE_SHIFT) + ((bytes & (XG_PAGE_SIZE - 1)) != 0);
}

/* The tables of one level of a mapping; they lie in consecutive pages. */
struct xg_tables {
    xen_pfn_t pfn;
    uint64_t first; /* virtual address of the first table's first byte, shifted */
    uint64_t count;
};

#define XG_LEVELS 4

/* A range of virtual addresses that the boot page tables map to consecutive pages. */
struct xg_mapping {
    xen_vaddr_t vstart, vend;
    xen_pfn_t pfn;
    struct xg_tables level[XG_LEVELS]; /* [0] is L1; the top level is the first mapping's */
    xen_pfn_t tables_pfn;
    uint64_t nr_tables;
};

/* An expanded kernel on its way from or to the cache. */
struct xg_expanded {
    void *data;
    size_t len;
    bool mapped; /* came out of the cache */
    bool fresh;  /* is to be kept there under... */
    struct xg_cache_key key;
    void *payload; /* the key's, if it is a copy that is ours to free */
};

/* An image with what is not public. */
struct xg_dom {
    struct xc_dom_image pub; /* first: callers hold a pointer to it */
    struct image_kernel kernel;
    struct xg_expanded expanded;
    bool parsed;
    bool populated;      /* has its memory */
    struct timespec lap; /* end of the last stage that was logged */
    char message[192];   /* the image reader's last complaint */
    const char *kernel_path;
    const char *kernel_map;    /* the kernel's file, while kernel_fd is open */
    int kernel_fd;             /* -1: it is not */
    struct xg_mapping maps[2]; /* [0] what the guest starts in; [1] a P2M list elsewhere */
    unsigned int nr_maps;
};

static inline struct xg_dom *xg_dom(struct xc_dom_image *dom)
{
    return (struct xg_dom *)dom;
}

/* Map a file; its descriptor goes to *kept, unless that is NULL. */
void *xg_map_file(struct xc_dom_image *dom, const char *filename, size_t *size, size_t max_size,
                  int *kept);
/* Free what the image owns. */
void xg_free_pool(struct xc_dom_image *dom);

/* Start an error chain and log the message.  Returns -1, with errno. */
int xg__fail(xc_interface *xch, int errnum, const char *operation, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Add to the chain that a lower library left, keeping errno.  Returns -1. */
int xg__wrap(xc_interface *xch, const char *operation, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define fail(xch, errnum, ...) xg__fail(xch, errnum, __func__, __VA_ARGS__)
#define wrap(xch, ...)         xg__wrap(xch, __func__, __VA_ARGS__)

/* The image reader's surroundings; messages go to dom->message. */
struct image_env xg_image_env(struct xc_dom_image *dom);
/* Put a kernel that had to be expanded into the cache; nothing waits for it any more then. */
void xg_keep_expanded(struct xc_dom_image *dom);

/* Take @pages pages that the boot page tables need not map. */
int xg_alloc_unmapped(struct xc_dom_image *dom, uint64_t pages, const char *name, xen_pfn_t *pfn);
/* Go on with virtual addresses at @vaddr, which is page 0's, before anything is taken. */
void xg_alloc_start(struct xc_dom_image *dom, xen_vaddr_t vaddr);
/* Fails, with a message for people, if the guest has fewer than @pages pages. */
int xg_check_room(struct xc_dom_image *dom, uint64_t pages, const char *name);

/* Is the module's data to be put where no page table maps it? */
bool xg_module_unmapped(struct xc_dom_image *dom);
int xg_load_modules(struct xc_dom_image *dom);

/* The kinds of guests that there are. */
extern struct xc_dom_arch xg_arch_pv64;
extern struct xc_dom_arch xg_arch_pvh;

/* PV's parts. */
int xg_pv_meminit(struct xc_dom_image *dom);
int xg_pv_alloc_p2m_list(struct xc_dom_image *dom);
int xg_pv_alloc_pgtables(struct xc_dom_image *dom);
int xg_pv_setup_pgtables(struct xc_dom_image *dom);

/* Log how long the stage that ends here took. */
void xg_log_lap(struct xc_dom_image *dom, const char *stage);

/* Pages that the guest gets from the host at once; its map may tell of more. */
uint64_t xg_wanted_pages(const struct xc_dom_image *dom);
/* Explain why they could not be had, as an error of @operation. Returns -1. */
int xg_out_of_memory(struct xc_dom_image *dom, const char *operation);
/* Fails if the host surely has fewer. */
int xg_check_host(struct xc_dom_image *dom);
/* Claim them if the caller wants that; what is left of it must not stay behind. */
int xg_claim(struct xc_dom_image *dom);
void xg_end_claim(struct xc_dom_image *dom);

#endif
