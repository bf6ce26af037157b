/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <xencall.h>
#include <xenctrl_internal.h>
#include <xenforeignmemory.h>
#include <xen/memory.h>
#include "fake_xen.h"

/* The linker wants what it wraps, and what shared libraries call too, to be visible. */
#pragma GCC visibility push(default)

struct fake_xen fake = {.memfd = -1};
static int allocations;

#define MAX_MAPPINGS 64
static void *mapped[MAX_MAPPINGS];

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
int __wrap_munmap(void *addr, size_t len);
int __real_munmap(void *addr, size_t len);

static bool allocation_fails(void)
{
    return fake.alloc_fail_at && ++allocations == fake.alloc_fail_at;
}

void *__wrap_malloc(size_t size)
{
    return allocation_fails() ? (errno = ENOMEM, NULL) : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return allocation_fails() ? (errno = ENOMEM, NULL) : __real_calloc(n, size);
}

void fake_count_allocations(int fail_at)
{
    allocations = 0;
    fake.alloc_fail_at = fail_at;
}

void fake_setup(uint64_t nr_frames)
{
    memset(&fake, 0, sizeof(fake));
    fake.nr_frames = nr_frames;
    fake.free_frames = nr_frames - 16;
    fake.max_pages = nr_frames;
    fake.memfd = memfd_create("machine", 0);
    assert_true(fake.memfd >= 0);
    assert_int_equal(ftruncate(fake.memfd, (off_t)(nr_frames << 12)), 0);
    fake.memory = mmap(NULL, nr_frames << 12, PROT_READ | PROT_WRITE, MAP_SHARED, fake.memfd, 0);
    assert_ptr_not_equal(fake.memory, MAP_FAILED);
    fake.m2p = calloc(nr_frames, sizeof(*fake.m2p));
    assert_non_null(fake.m2p);
}

void fake_teardown(void)
{
    fake.alloc_fail_at = 0;
    assert_int_equal(fake.mappings, 0);
    assert_int_equal(fake.claimed, 0);
    munmap(fake.memory, fake.nr_frames << 12);
    close(fake.memfd);
    free(fake.m2p);
    fake.m2p = NULL;
}

struct xentoollog_logger *xc__dombuild_logger(xc_interface *xch)
{
    return NULL;
}

struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
    return (struct xenforeignmemory_handle *)xch;
}

struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
    return (struct xencall_handle *)xch;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
    return calloc(1, size);
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
    free(p);
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    if (cmd == XENVER_version)
        return 4 << 16 | 17;
    if (cmd == XENVER_capabilities)
        strcpy(arg, fake.caps ? fake.caps : "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_64 ");
    return 0;
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    if (fake.no_physinfo)
        return errno = EPERM, -1;
    info->free_pages = fake.free_frames;
    return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
                          xc_domaininfo_t *info)
{
    if (first > FAKE_DOMID)
        return 0;
    memset(info, 0, sizeof(*info));
    info->domain = FAKE_DOMID;
    info->flags = fake.hvm ? XEN_DOMINF_hvm_guest : 0;
    info->max_pages = fake.max_pages;
    info->tot_pages = fake.tot_pages;
    info->shared_info_frame = FAKE_SHARED_INFO;
    return 1;
}

int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid, unsigned int *width)
{
    *width = 8;
    return 0;
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid, unsigned long nr)
{
    if (nr > fake.free_frames)
        return errno = ENOMEM, -1;
    fake.claims++;
    fake.claimed = nr;
    return 0;
}

bool fake_hvm_has(uint64_t gfn)
{
    return gfn < fake.nr_frames && fake.m2p[gfn];
}

/* A guest frame is populated once, at an address that fits the extent's size. */
static void populate_gfns(uint64_t gfn, uint64_t pages)
{
    assert_int_equal(gfn % pages, 0);
    for (uint64_t i = 0; i < pages; i++) {
        assert_true(gfn + i < fake.nr_frames);
        assert_false(fake_hvm_has(gfn + i));
        fake.m2p[gfn + i] = 1;
    }
}

/* As many of the extents as there is memory for. */
static int populate(unsigned long nr, unsigned int order, xen_pfn_t *extents)
{
    uint64_t pages = UINT64_C(1) << order;
    unsigned long done = 0;

    for (; done < nr; done++) {
        if (fake.free_frames < pages || fake.tot_pages + pages > fake.max_pages ||
            (order && fake.no_super))
            break;
        fake.free_frames -= pages;
        fake.tot_pages += pages;
        if (fake.hvm)
            populate_gfns(extents[done], pages);
        for (uint64_t i = 0; i < pages && !fake.hvm; i++)
            fake.m2p[16 + fake.free_frames + i] = extents[done] + i;
        extents[done] = 16 + fake.free_frames;
        if (order == 18)
            fake.giants++;
        else if (order)
            fake.supers++;
        else
            fake.singles++;
    }
    return (int)done;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid, unsigned long nr,
                               unsigned int order, unsigned int memflags, xen_pfn_t *extents)
{
    fake.memflags = memflags;
    if (fake.no_demand && memflags & XENMEMF_populate_on_demand)
        return errno = EOPNOTSUPP, -1;
    return populate(nr, order, extents);
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid, unsigned long nr,
                                     unsigned int order, unsigned int memflags, xen_pfn_t *extents)
{
    return populate(nr, order, extents) == (int)nr ? 0 : (errno = ENOMEM, -1);
}

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr, uint32_t dom)
{
    if (fake.fail_mmuext)
        return errno = fake.fail_mmuext, -1;
    assert_int_equal(op->cmd, MMUEXT_PIN_L4_TABLE);
    fake.pinned = op->arg1.mfn;
    fake.mapped_at_pin = fake.mappings != 0;
    return 0;
}

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_any_t *ctx)
{
    if (fake.fail_setcontext)
        return errno = fake.fail_setcontext, -1;
    assert_int_equal(vcpu, 0);
    fake.context = *ctx;
    fake.context_set = true;
    return 0;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *op)
{
    if (fake.fail_domctl) {
        if (op->cmd == XEN_DOMCTL_set_cpu_policy)
            op->u.cpu_policy.err_leaf = 0x1234;
        return errno = fake.fail_domctl, -1;
    }
    switch (op->cmd) {
    case XEN_DOMCTL_hypercall_init:
        fake.hypercall_page = op->u.hypercall_init.gmfn;
        return 0;
    case XEN_DOMCTL_set_cpu_policy:
        fake.policy = op->u.cpu_policy;
        memcpy(fake.leaves, op->u.cpu_policy.leaves.p,
               op->u.cpu_policy.nr_leaves * sizeof(fake.leaves[0]));
        memcpy(fake.msrs, op->u.cpu_policy.msrs.p, op->u.cpu_policy.nr_msrs * sizeof(fake.msrs[0]));
        return 0;
    default:
        return errno = ENOSYS, -1;
    }
}

/* The host has all bits set, its default for PV every other one. */
int xc_sysctl(xc_interface *xch, struct xen_sysctl *op)
{
    static const uint32_t leaves[][2] = {{0, XEN_CPUID_NO_SUBLEAF},
                                         {1, XEN_CPUID_NO_SUBLEAF},
                                         {7, 0},
                                         {7, 1},
                                         {0xd, 1},
                                         {0x80000001, XEN_CPUID_NO_SUBLEAF},
                                         {0x80000007, XEN_CPUID_NO_SUBLEAF},
                                         {0x80000008, XEN_CPUID_NO_SUBLEAF}};
    struct xen_sysctl_cpu_policy *p = &op->u.cpu_policy;
    uint32_t bits = p->index == XEN_SYSCTL_cpu_policy_host         ? 0xffffffff
                    : p->index == XEN_SYSCTL_cpu_policy_pv_default ? 0x55555555
                                                                   : fake.hvm_bits;

    if (op->cmd != XEN_SYSCTL_get_cpu_policy)
        return errno = ENOSYS, -1;
    for (uint32_t i = 0; p->leaves.p && i < 8; i++)
        p->leaves.p[i] = (xen_cpuid_leaf_t){leaves[i][0], leaves[i][1], bits, bits, bits, bits};
    if (p->msrs.p)
        p->msrs.p[0] = (xen_msr_entry_t){.idx = 0x10a, .val = bits};
    p->nr_leaves = 8 + (p->leaves.p ? 0 : 3); /* the most there can be is more */
    p->nr_msrs = 1;
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
                           const xen_pfn_t *arr, int *err)
{
    uint8_t *at = NULL;

    if (fake.fail_map)
        return errno = fake.fail_map, NULL;
    assert_int_equal(dom, FAKE_DOMID);
    at = mmap(NULL, pages << 12, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(at, MAP_FAILED);
    for (size_t i = 0; i < pages; i++) {
        assert_true(fake.hvm ? fake_hvm_has(arr[i]) : arr[i] < fake.nr_frames);
        assert_ptr_equal(mmap(at + (i << 12), 4096, prot, MAP_SHARED | MAP_FIXED, fake.memfd,
                              (off_t)(arr[i] << 12)),
                         at + (i << 12));
    }
    for (size_t i = 0; i < MAX_MAPPINGS; i++) {
        if (!mapped[i]) {
            mapped[i] = at;
            fake.mappings++;
            return at;
        }
    }
    fail_msg("too many mappings");
    return NULL;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
    return munmap(addr, pages << 12);
}

/* The library undoes its own mappings with munmap(). */
int __wrap_munmap(void *addr, size_t len)
{
    for (size_t i = 0; i < MAX_MAPPINGS; i++) {
        if (mapped[i] == addr) {
            mapped[i] = NULL;
            fake.mappings--;
        }
    }
    return __real_munmap(addr, len);
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
                              unsigned int id, unsigned long first, unsigned long nr, void **paddr,
                              int prot, int flags)
{
    assert_int_equal(type, XENMEM_resource_grant_table);
    *paddr = frame(FAKE_GRANTS);
    return (xenforeignmemory_resource_handle *)paddr;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *res)
{
    return 0;
}
