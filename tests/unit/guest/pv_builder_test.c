/* SPDX-License-Identifier: MIT */
/* The 64-bit PV builder against a fake hypervisor: what a guest finds when it starts. */
#include <elf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>
#include <xenerror.h>
#include <xenguest.h>
#include <xen/grant_table.h>
#include "fake_xen.h"
#include "make_kernel.h"

#define P2M_BASE UINT64_C(0x8000000000)
#define HOST     (1u << 15) /* frames: 128 MiB */
#define MEM_MB   64
#define PTE_P    1u
#define PTE_RW   2u
#define FRAME(e) (((e)&UINT64_C(0x000ffffffffff000)) >> 12)

static const struct kernel_spec linux_like = {
    .bss_len = 100000,
    .features = "!writable_page_tables|pae_pgdir_above_4gb",
    .init_p2m = P2M_BASE,
    .mod_start_pfn = true,
};
static const struct kernel_spec classic = {.hypercall_page = true};

static struct bytes image;
static uint8_t initrd[70000];

static struct xc_dom_image *begin(const struct kernel_spec *spec, const char *cmdline)
{
    struct xc_dom_image *dom = xc_dom_allocate(FAKE_XCH, cmdline, NULL);

    free_bytes(&image);
    image = make_kernel(spec, "none");
    for (size_t i = 0; i < sizeof(initrd); i++)
        initrd[i] = (uint8_t)(i * 13 + 1);
    assert_non_null(dom);
    dom->console_evtchn = 11;
    dom->xenstore_evtchn = 12;
    dom->console_domid = 0;
    dom->xenstore_domid = 5;
    assert_int_equal(xc_dom_kernel_mem(dom, image.data, image.len), 0);
    return dom;
}

static int steps(struct xc_dom_image *dom, unsigned int mem_mb)
{
    if (xc_dom_boot_xen_init(dom, FAKE_XCH, FAKE_DOMID) || xc_dom_parse_image(dom) ||
        xc_dom_mem_init(dom, mem_mb) || xc_dom_boot_mem_init(dom) || xc_dom_build_image(dom) ||
        xc_dom_boot_image(dom))
        return -1;
    return xc_dom_gnttab_init(dom);
}

/* The entry that maps @va, found as the CPU would from the vCPU's CR3; 0 if there is none. */
static uint64_t walk(uint64_t va)
{
    uint64_t mfn = fake.context.x64.ctrlreg[3] >> 12;

    for (int shift = 39; shift >= 12; shift -= 9) {
        uint64_t entry = ((uint64_t *)frame(mfn))[(va >> shift) & 511];

        if (!(entry & PTE_P) || shift == 12)
            return entry & PTE_P ? entry : 0;
        mfn = FRAME(entry);
    }
    return 0;
}

static void *at(uint64_t va)
{
    uint64_t entry = walk(va);

    assert_int_not_equal(entry, 0);
    return (uint8_t *)frame(FRAME(entry)) + (va & 4095);
}

/* Collect the frames of all page tables below @mfn. */
static void mark_tables(uint64_t mfn, int level, uint8_t *is_table)
{
    is_table[mfn] = 1;
    for (int i = 0; level > 1 && i < 512; i++) {
        uint64_t entry = ((uint64_t *)frame(mfn))[i];

        if (entry & PTE_P)
            mark_tables(FRAME(entry), level - 1, is_table);
    }
}

/* No page table is mapped writable, and everything else is. */
static void check_protection(uint64_t mfn, int level, const uint8_t *is_table)
{
    for (int i = 0; i < 512; i++) {
        uint64_t entry = ((uint64_t *)frame(mfn))[i];

        if (!(entry & PTE_P))
            continue;
        if (level > 1)
            check_protection(FRAME(entry), level - 1, is_table);
        else
            assert_int_equal((entry & PTE_RW) != 0, !is_table[FRAME(entry)]);
    }
}

static void check_tables(void)
{
    uint8_t *is_table = calloc(fake.nr_frames, 1);
    uint64_t top = fake.context.x64.ctrlreg[3] >> 12;

    assert_non_null(is_table);
    assert_int_equal(fake.pinned, top);
    assert_false(fake.mapped_at_pin);
    mark_tables(top, 4, is_table);
    check_protection(top, 4, is_table);
    free(is_table);
}

/* The region from the kernel's base on maps page n to page n, up to a 4 MiB boundary. */
static void check_region(struct xc_dom_image *dom)
{
    uint64_t base = xc_dom_virt_base(dom);
    uint64_t end = dom->virt_pgtab_end;
    uint64_t last = dom->bootstack_pfn + 1;

    assert_int_equal(end % (4u << 20), 0);
    assert_true(end - base >= (last << 12) + (512u << 10));
    assert_true(end - base < (last << 12) + (512u << 10) + (4u << 20));
    for (uint64_t va = base; va < end; va += 4096)
        assert_int_equal(fake.m2p[FRAME(walk(va))], (va - base) >> 12);
    assert_int_equal(walk(end), 0);
    assert_int_equal(walk(base - 4096), 0);
}

static void check_kernel(struct xc_dom_image *dom, const struct kernel_spec *spec)
{
    uint64_t va = xc_dom_virt_base(dom) + LINUX_PHYS;

    for (size_t i = 0; i < TEXT_LEN; i++)
        assert_int_equal(*(uint8_t *)at(va + i), text_byte(i));
    for (size_t i = TEXT_LEN; i < TEXT_LEN + spec->bss_len; i++)
        assert_int_equal(*(uint8_t *)at(va + i), 0);
}

static void check_vcpu(struct xc_dom_image *dom)
{
    vcpu_guest_context_x86_64_t *c = &fake.context.x64;

    assert_true(fake.context_set);
    assert_int_equal(c->user_regs.rip, LINUX_BASE + LINUX_PHYS + 64);
    assert_int_equal(c->user_regs.rsi, LINUX_BASE + (dom->start_info_pfn << 12));
    assert_int_equal(c->user_regs.rsp, LINUX_BASE + ((dom->bootstack_pfn + 1) << 12));
    assert_int_equal(c->user_regs.cs, FLAT_KERNEL_CS64);
    assert_int_equal(c->user_regs.ss, FLAT_KERNEL_SS64);
    assert_int_equal(c->kernel_sp, c->user_regs.rsp);
    assert_true(c->flags & VGCF_in_kernel && c->flags & VGCF_online);
    assert_true(c->user_regs.rflags & 0x200);
}

static start_info_t *check_start_info(struct xc_dom_image *dom, uint64_t pages)
{
    start_info_t *si = at(fake.context.x64.user_regs.rsi);

    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, pages);
    assert_int_equal(si->shared_info, FAKE_SHARED_INFO << 12);
    assert_int_equal(si->store_evtchn, 12);
    assert_int_equal(si->console.domU.evtchn, 11);
    assert_int_equal(si->store_mfn, xc_dom_p2m(dom, dom->xenstore_pfn));
    assert_int_equal(si->console.domU.mfn, xc_dom_p2m(dom, dom->console_pfn));
    assert_int_equal(FRAME(walk(si->pt_base)), fake.pinned);
    assert_true(si->nr_pt_frames >= 4);
    for (uint64_t i = 0; i < pages; i++)
        assert_int_equal(*(uint64_t *)at(si->mfn_list + i * 8), dom->pv_p2m[i]);
    return si;
}

static void check_grants(struct xc_dom_image *dom)
{
    grant_entry_v1_t *g = frame(FAKE_GRANTS);

    assert_int_equal(g[GNTTAB_RESERVED_CONSOLE].flags, GTF_permit_access);
    assert_int_equal(g[GNTTAB_RESERVED_CONSOLE].domid, 0);
    assert_int_equal(g[GNTTAB_RESERVED_CONSOLE].frame, xc_dom_p2m(dom, dom->console_pfn));
    assert_int_equal(g[GNTTAB_RESERVED_XENSTORE].flags, GTF_permit_access);
    assert_int_equal(g[GNTTAB_RESERVED_XENSTORE].domid, 5);
    assert_int_equal(g[GNTTAB_RESERVED_XENSTORE].frame, xc_dom_p2m(dom, dom->xenstore_pfn));
}

static void linux_guest_finds_its_start(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, "console=hvc0 quiet");
    start_info_t *si = NULL;

    memset(fake.memory, 0xee, fake.nr_frames << 12);
    memset(frame(FAKE_SHARED_INFO), 0, 4096);
    memset(frame(FAKE_GRANTS), 0, 4096);
    assert_int_equal(xc_dom_module_mem(dom, initrd, sizeof(initrd), NULL), 0);
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_tables();
    check_region(dom);
    check_kernel(dom, &linux_like);
    check_vcpu(dom);
    check_grants(dom);
    si = check_start_info(dom, MEM_MB * 256);
    assert_string_equal((char *)si->cmd_line, "console=hvc0 quiet");
    /* The P2M list is where INIT_P2M says, directly behind what is mapped, tables included. */
    assert_int_equal(si->mfn_list, P2M_BASE);
    assert_int_equal(si->first_p2m_pfn, dom->bootstack_pfn + 1);
    assert_int_equal(fake.m2p[FRAME(walk(P2M_BASE))], si->first_p2m_pfn);
    assert_int_equal(si->nr_p2m_frames, MEM_MB * 256 * 8 / 4096 + 3);
    assert_int_equal(walk(P2M_BASE + MEM_MB * 256 * 8), 0);
    /* The initrd is told by its page. */
    assert_true(si->flags & SIF_MOD_START_PFN);
    assert_int_equal(si->mod_start, si->first_p2m_pfn + si->nr_p2m_frames);
    assert_int_equal(si->mod_len, sizeof(initrd));
    for (size_t i = 0; i < sizeof(initrd); i += 4096)
        assert_memory_equal(frame(dom->pv_p2m[si->mod_start + i / 4096]), initrd + i,
                            sizeof(initrd) - i < 4096 ? sizeof(initrd) - i : 4096);
    for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        assert_int_equal(
            ((shared_info_t *)frame(FAKE_SHARED_INFO))->vcpu_info[i].evtchn_upcall_mask, 1);
    assert_int_equal(fake.supers, MEM_MB / 2);
    assert_int_equal(fake.singles, 0);
    xc_dom_release(dom);
}

static void classic_guest_finds_its_start(void **state)
{
    struct xc_dom_image *dom = begin(&classic, NULL);
    start_info_t *si = NULL;

    assert_int_equal(xc_dom_module_mem(dom, initrd, sizeof(initrd), NULL), 0);
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_tables();
    check_region(dom);
    check_kernel(dom, &classic);
    check_vcpu(dom);
    si = check_start_info(dom, MEM_MB * 256);
    /* Order and places as xen.h has them: kernel, initrd, list, start_info. */
    assert_int_equal(si->flags, 0);
    assert_int_equal(si->mod_start, dom->kernel_seg.vend);
    for (size_t i = 0; i < sizeof(initrd); i++)
        assert_int_equal(*(uint8_t *)at(si->mod_start + i), initrd[i]);
    assert_int_equal(si->mfn_list, dom->modules[0].seg.vend);
    assert_int_equal(si->first_p2m_pfn, 0);
    assert_int_equal(fake.m2p[fake.hypercall_page], (LINUX_PHYS >> 12) + 1);
    xc_dom_release(dom);
}

static void scattered_memory_will_do(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    fake.no_super = true;
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_int_equal(fake.singles, MEM_MB * 256);
    check_tables();
    check_region(dom);
    xc_dom_release(dom);
}

static void claim_is_dropped_at_the_end(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->claim_enabled = 1;
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_int_equal(fake.claims, 2);
    assert_int_equal(fake.claimed, 0);
    xc_dom_release(dom);
}

static void virtual_nodes_get_their_memory(void **state)
{
    xen_vmemrange_t ranges[2] = {{.start = 0, .end = 32u << 20, .nid = 1},
                                 {.start = 32u << 20, .end = 64u << 20, .nid = 0}};
    unsigned int nodes[2] = {0, XC_NUMA_NO_NODE};
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->vmemranges = ranges;
    dom->nr_vmemranges = 2;
    dom->vnode_to_pnode = nodes;
    dom->nr_vnodes = 2;
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_region(dom);
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    dom->vmemranges = ranges;
    dom->nr_vmemranges = 1; /* half of it is missing */
    dom->nr_vnodes = 2;
    fake.tot_pages = 0;
    fake.free_frames = HOST - 16;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EINVAL);
    xc_dom_release(dom);
}

/* Does the error chain, as a person reads it, have these words? */
static void expect_text(const char *words)
{
    char *text = xenerr_text();

    assert_non_null(text);
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in:\n%s", words, text);
    free(text);
}

static void too_much_memory_is_refused_with_figures(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    fake.max_pages = 1u << 30;
    assert_int_equal(steps(dom, 1000), -1);
    assert_int_equal(errno, ENOMEM);
    expect_text("wanted 1000 MiB, the host has 127 MiB free");
    expect_text("limit: memory: wanted 1000 MiB, free 127 MiB");
    assert_int_equal(fake.tot_pages, 0); /* nothing was taken for nothing */
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    dom->claim_enabled = 1;
    fake.no_physinfo = true;
    assert_int_equal(steps(dom, 1000), -1);
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(fake.tot_pages, 0);
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    fake.no_physinfo = false;
    fake.max_pages = 32 * 256;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, ENOMEM);
    expect_text("domain 7 may have 32 MiB at most, 64 MiB are wanted");
    xc_dom_release(dom);
}

static void too_little_memory_is_refused_with_figures(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    assert_int_equal(steps(dom, 16), -1);
    assert_int_equal(errno, ENOMEM);
    expect_text("the guest's memory of 16 MiB is too small for its kernel");
    expect_text("at least 17 MiB are needed");
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL); /* room for everything but the free space */
    fake.tot_pages = 0;
    assert_int_equal(steps(dom, 17), -1);
    expect_text("512 KiB of free space");
    xc_dom_release(dom);
}

static void refusals_of_the_hypervisor_are_passed_on(void **state)
{
    static const struct {
        int *which;
        int error;
        const char *words;
    } cases[] = {
        {&fake.fail_mmuext, EINVAL, "refuses the page tables of domain 7"},
        {&fake.fail_setcontext, EPERM, "registers of domain 7's first vCPU"},
        {&fake.fail_map, EFAULT, "cannot map"},
        {&fake.fail_domctl, EACCES, "hypercall page"},
    };

    for (size_t i = 0; i < 4; i++) {
        struct xc_dom_image *dom = begin(&classic, NULL);

        *cases[i].which = cases[i].error;
        fake.tot_pages = 0;
        fake.free_frames = HOST - 16;
        assert_int_equal(steps(dom, MEM_MB), -1);
        assert_int_equal(errno, cases[i].error);
        expect_text(cases[i].words);
        *cases[i].which = 0;
        xc_dom_release(dom);
        assert_int_equal(fake.mappings, 0);
    }
}

static void expect_refusal(const struct kernel_spec *spec, int error, const char *words)
{
    struct xc_dom_image *dom = begin(spec, NULL);

    fake.tot_pages = 0;
    fake.free_frames = HOST - 16;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, error);
    expect_text(words);
    xc_dom_release(dom);
}

static void kernels_that_cannot_run_are_refused(void **state)
{
    expect_refusal(&(struct kernel_spec){.no_notes = true}, EOPNOTSUPP, "no Xen ELF notes");
    expect_refusal(&(struct kernel_spec){.features = "!supervisor_mode_kernel"}, EOPNOTSUPP,
                   "feature supervisor_mode_kernel required");
    expect_refusal(&(struct kernel_spec){.init_p2m = LINUX_BASE + 0x10000000}, EINVAL, "INIT_P2M");
    expect_refusal(&(struct kernel_spec){.virt_base = UINT64_C(0xfffffffffec00000)}, EINVAL,
                   "do not fit above address");
    expect_refusal(&(struct kernel_spec){.init_p2m = UINT64_MAX - 0xfff}, EINVAL,
                   "does not fit at address");
}

static void steps_out_of_order_are_refused(void **state)
{
    struct xc_dom_image *dom = xc_dom_allocate(FAKE_XCH, NULL, NULL);

    assert_int_equal(xc_dom_parse_image(dom), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xc_dom_boot_mem_init(dom), -1);
    assert_int_equal(xc_dom_build_image(dom), -1);
    assert_int_equal(xc_dom_boot_image(dom), -1);
    assert_int_equal(xc_dom_gnttab_init(dom), -1);
    assert_int_equal(xc_dom_compat_check(dom), -1);
    assert_int_equal(xc_dom_mem_init(dom, 0), -1);
    assert_null(xc_dom_guest_os(dom));
    xc_dom_release(dom);
    xc_dom_release(NULL);
}

static void arguments_have_limits(void **state)
{
    char cmdline[1100];
    struct xc_dom_image *dom = NULL;

    assert_null(xc_dom_allocate(FAKE_XCH, NULL, "writable_page_tables|no_such_feature"));
    assert_int_equal(errno, EINVAL);

    memset(cmdline, 'x', sizeof(cmdline));
    cmdline[sizeof(cmdline) - 1] = '\0';
    dom = begin(&linux_like, cmdline);
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, E2BIG);
    expect_text("command line has 1099 characters");
    for (int i = 0; i < XG_MAX_MODULES; i++)
        assert_int_equal(xc_dom_module_mem(dom, initrd, 10, "x"), 0);
    assert_int_equal(xc_dom_module_mem(dom, initrd, 10, "x"), -1);
    assert_int_equal(xc_dom_kernel_file(dom, "/no/such/kernel"), -1);
    assert_int_equal(errno, ENOENT);
    expect_text("/no/such/kernel");
    assert_int_equal(xc_dom_kernel_file(dom, "/"), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(xc_dom_kernel_file(dom, "/dev/null"), -1);
    xc_dom_release(dom);
}

static void requested_features_must_be_there(void **state)
{
    struct xc_dom_image *dom = xc_dom_allocate(FAKE_XCH, NULL, "writable_page_tables");
    struct bytes kernel = make_kernel(&classic, "gzip");

    assert_int_equal(xc_dom_kernel_mem(dom, kernel.data, kernel.len), 0);
    assert_int_equal(xc_dom_parse_image(dom), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    expect_text("feature writable_page_tables requested but the kernel lacks it");
    xc_dom_release(dom);
    free_bytes(&kernel);
}

/* In the C library's place: some file systems cannot read straight to a guest's pages. */
static bool no_pread;

ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
    if (no_pread && len > SELFMAG) {
        errno = EFAULT;
        return -1;
    }
    return syscall(SYS_pread64, fd, buf, len, offset);
}

static void build_from_file(const char *path)
{
    struct xc_dom_image *dom = begin(&linux_like, "quiet");

    assert_int_equal(xc_dom_kernel_file(dom, path), 0);
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_kernel(dom, &linux_like);
    xc_dom_release(dom);
    fake_teardown();
    fake_setup(HOST);
}

/* What a file has as it goes to the guest is read from there. */
static void kernel_is_read_from_its_file(void **state)
{
    char path[] = "/tmp/guest-test-XXXXXX";
    int fd = mkstemp(path);
    struct xc_dom_image *dom = begin(&linux_like, "quiet");

    assert_int_equal(write(fd, image.data, image.len), (ssize_t)image.len);
    xc_dom_release(dom);
    build_from_file(path);
    no_pread = true;
    build_from_file(path);
    no_pread = false;

    dom = begin(&linux_like, "quiet");
    assert_int_equal(xc_dom_kernel_file(dom, path), 0);
    assert_int_equal(xc_dom_boot_xen_init(dom, FAKE_XCH, FAKE_DOMID), 0);
    assert_int_equal(xc_dom_parse_image(dom), 0);
    assert_int_equal(xc_dom_mem_init(dom, MEM_MB), 0);
    assert_int_equal(xc_dom_boot_mem_init(dom), 0);
    assert_int_equal(ftruncate(fd, (off_t)image.len / 2), 0);
    assert_int_equal(xc_dom_build_image(dom), -1);
    assert_int_equal(errno, EIO);
    expect_text("it has become shorter");
    xc_dom_release(dom);

    /* Another kernel in its place comes from memory. */
    fake_teardown();
    fake_setup(HOST);
    dom = begin(&linux_like, "quiet");
    assert_int_equal(xc_dom_kernel_file(dom, path), 0);
    assert_int_equal(xc_dom_kernel_mem(dom, image.data, image.len), 0);
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_kernel(dom, &linux_like);
    xc_dom_release(dom);
    unlink(path);
    close(fd);
}

static void files_can_be_used(void **state)
{
    char path[] = "/tmp/guest-test-XXXXXX";
    int fd = mkstemp(path);
    struct bytes kernel = make_kernel(&linux_like, "zstd");
    unsigned long store = 0;
    unsigned long console = 0;

    assert_int_equal(write(fd, kernel.data, kernel.len), (ssize_t)kernel.len);
    assert_int_equal(xc_linux_build(FAKE_XCH, FAKE_DOMID, MEM_MB, path, path, "quiet", NULL, 0, 1,
                                    &store, 2, &console),
                     0);
    assert_int_not_equal(store, console);
    assert_int_equal(xc_linux_build(FAKE_XCH, FAKE_DOMID, MEM_MB, "/no/kernel", NULL, NULL, NULL, 0,
                                    1, &store, 2, &console),
                     -1);
    unlink(path);
    close(fd);
    free_bytes(&kernel);
}

static void gzip_helpers_work(void **state)
{
    struct bytes plain = {initrd, sizeof(initrd)};
    struct bytes zipped = {0};
    struct xc_dom_image *dom = begin(&classic, NULL);
    void *blob = NULL;
    size_t size = 0;

    zipped = compress_bytes("gzip", plain);
    blob = zipped.data;
    size = zipped.len;
    assert_int_equal(xc_dom_check_gzip(FAKE_XCH, blob, size), sizeof(initrd));
    assert_int_equal(xc_dom_try_gunzip(dom, &blob, &size), 0);
    assert_int_equal(size, sizeof(initrd));
    assert_memory_equal(blob, initrd, size);
    assert_int_equal(xc_dom_try_gunzip(dom, &blob, &size), 0); /* is none any more */
    blob = zipped.data;
    size = zipped.len;
    zipped.data[size / 2] ^= 1;
    assert_int_equal(xc_dom_try_gunzip(dom, &blob, &size), -1);
    assert_ptr_equal(blob, zipped.data);
    xc_dom_release(dom);
    free_bytes(&zipped);
}

/* Mapping guest pages: found again, counted, refused when only part is mapped. */
static void mappings_are_kept(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);
    xen_pfn_t count = 0;
    size_t room = 0;
    char *p = NULL;

    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_null(xc_dom_pfn_to_ptr(dom, 100, 0));
    p = xc_dom_pfn_to_ptr(dom, 100, 10);
    assert_non_null(p);
    assert_ptr_equal(xc_dom_pfn_to_ptr_retcount(dom, 104, 0, &count), p + 4 * 4096);
    assert_int_equal(count, 6);
    assert_null(xc_dom_pfn_to_ptr(dom, 104, 7));
    assert_ptr_equal(xc_dom_vaddr_to_ptr(dom, LINUX_BASE + 102 * 4096 + 5, &room),
                     p + 2 * 4096 + 5);
    assert_int_equal(room, 8 * 4096 - 5);
    assert_null(xc_dom_vaddr_to_ptr(dom, LINUX_BASE + 4096, &room));
    assert_null(xc_dom_pfn_to_ptr(dom, MEM_MB * 256 - 1, 2));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(dom->alloc_domU_map, 10 * 4096);
    xc_dom_unmap_one(dom, 105);
    assert_int_equal(fake.mappings, 0);
    assert_int_equal(dom->alloc_domU_map, 0);
    xc_dom_release(dom);
}

/* Whichever allocation fails: an error, and nothing is left behind (the sanitizer watches). */
static void allocation_failures_are_survived(void **state)
{
    int rc = -1;

    for (int n = 1; rc; n++) {
        struct bytes kernel = make_kernel(&linux_like, "xz");
        struct xc_dom_image *dom = NULL;

        assert_true(n < 200);
        fake.tot_pages = 0;
        fake.free_frames = HOST - 16;
        fake_count_allocations(n);
        dom = xc_dom_allocate(FAKE_XCH, "x", NULL);
        rc = !dom || xc_dom_kernel_mem(dom, kernel.data, kernel.len) ||
                     xc_dom_module_mem(dom, initrd, sizeof(initrd), "m") || steps(dom, MEM_MB)
                 ? -1
                 : 0;
        if (rc)
            assert_int_equal(errno, ENOMEM);
        fake_count_allocations(0);
        xc_dom_release(dom);
        assert_int_equal(fake.mappings, 0);
        free_bytes(&kernel);
    }
}

static void grants_beyond_their_width_are_refused(void **state)
{
    assert_int_equal(xc_dom_gnttab_seed(FAKE_XCH, FAKE_DOMID, false, UINT64_C(1) << 32, 5, 0, 0),
                     -1);
    assert_int_equal(errno, EOVERFLOW);
    memset(frame(FAKE_GRANTS), 0, 4096);
    assert_int_equal(xc_dom_gnttab_seed(FAKE_XCH, FAKE_DOMID, false, (xen_pfn_t)-1, 5, 0, 0), 0);
    assert_int_equal(((grant_entry_v1_t *)frame(FAKE_GRANTS))[0].flags, 0);
    assert_int_equal(((grant_entry_v1_t *)frame(FAKE_GRANTS))[1].frame, 5);
}

static int setup(void **state)
{
    fake_setup(HOST);
    return 0;
}

static int teardown(void **state)
{
    fake_teardown();
    free_bytes(&image);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(linux_guest_finds_its_start),
        TEST(classic_guest_finds_its_start),
        TEST(scattered_memory_will_do),
        TEST(claim_is_dropped_at_the_end),
        TEST(virtual_nodes_get_their_memory),
        TEST(too_much_memory_is_refused_with_figures),
        TEST(too_little_memory_is_refused_with_figures),
        TEST(refusals_of_the_hypervisor_are_passed_on),
        TEST(kernels_that_cannot_run_are_refused),
        TEST(steps_out_of_order_are_refused),
        TEST(arguments_have_limits),
        TEST(requested_features_must_be_there),
        TEST(kernel_is_read_from_its_file),
        TEST(files_can_be_used),
        TEST(gzip_helpers_work),
        TEST(mappings_are_kept),
        TEST(allocation_failures_are_survived),
        TEST(grants_beyond_their_width_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
