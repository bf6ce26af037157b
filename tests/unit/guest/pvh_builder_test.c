/* SPDX-License-Identifier: MIT */
/* The PVH builder against a fake hypervisor: what a guest finds when it starts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xenerror.h>
#include <xenguest.h>
#include <xen/arch-x86/hvm/start_info.h>
#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/memory.h>
#include "fake_hvm.h"
#include "make_kernel.h"

#define FRAMES   (UINT64_C(0x180000)) /* of 6 GiB, the holes among them */
#define MEM_MB   64
#define GIB      (UINT64_C(1) << 30)
#define ACPI     UINT64_C(0xfc000000)
#define SPECIAL  UINT64_C(0xfeff8000)
#define KERNEL   LINUX_PHYS
#define IDENT_PT UINT64_C(0xfeffe000)

static const struct kernel_spec linux_like = {
    .bss_len = 100000,
    .phys32 = true,
    .features = "!writable_page_tables|pae_pgdir_above_4gb",
    .mod_start_pfn = true,
};
static const struct kernel_spec pvh_only = {.phys32_only = true};

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
    dom->container_type = XC_DOM_HVM_CONTAINER;
    dom->console_evtchn = 11;
    dom->xenstore_evtchn = 12;
    dom->max_vcpus = FAKE_VCPUS;
    assert_int_equal(xc_dom_kernel_mem(dom, image.data, image.len), 0);
    return dom;
}

static int steps(struct xc_dom_image *dom, unsigned int mem_mb)
{
    if (xc_dom_boot_xen_init(dom, FAKE_XCH, FAKE_DOMID) || xc_dom_parse_image(dom) ||
        xc_dom_mem_init(dom, mem_mb) || xc_dom_acpi_tables(dom, NULL) ||
        xc_dom_boot_mem_init(dom) || xc_dom_build_image(dom) || xc_dom_boot_image(dom))
        return -1;
    return xc_dom_gnttab_init(dom);
}

static void forget_memory(void)
{
    memset(fake.m2p, 0, FRAMES * sizeof(*fake.m2p));
    fake.tot_pages = 0;
    fake.free_frames = FRAMES - 16;
}

static void *at(uint64_t address)
{
    assert_true(fake_hvm_has(address >> 12));
    return fake.memory + address;
}

static void expect_text(const char *words)
{
    char *text = xenerr_text();

    assert_non_null(text);
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in:\n%s", words, text);
    free(text);
}

static void check_params(void)
{
    assert_int_equal(fake_hvm.params[HVM_PARAM_STORE_PFN], 0xfeffc);
    assert_int_equal(fake_hvm.params[HVM_PARAM_CONSOLE_PFN], 0xfefff);
    assert_int_equal(fake_hvm.params[HVM_PARAM_STORE_EVTCHN], 12);
    assert_int_equal(fake_hvm.params[HVM_PARAM_CONSOLE_EVTCHN], 11);
    assert_int_equal(fake_hvm.params[HVM_PARAM_PAGING_RING_PFN], 0xfeff8);
    assert_int_equal(fake_hvm.params[HVM_PARAM_MONITOR_RING_PFN], 0xfeff9);
    assert_int_equal(fake_hvm.params[HVM_PARAM_SHARING_RING_PFN], 0xfeffa);
    assert_int_equal(fake_hvm.params[HVM_PARAM_IDENT_PT], IDENT_PT);
    for (uint32_t i = 0; i < 1024; i++)
        assert_int_equal(((uint32_t *)at(IDENT_PT))[i], (i << 22) + 0xe7);
}

static void check_vcpus(void)
{
    const struct hvm_hw_cpu *c = &fake_hvm.cpu;

    assert_true(fake_hvm.header_set && fake_hvm.cpu_set);
    assert_int_equal(c->rip, KERNEL);
    assert_int_equal(c->cr0, 0x11);
    assert_int_equal(c->cr3, 0);
    assert_int_equal(c->cr4, 0);
    assert_int_equal(c->msr_efer, 0);
    assert_int_equal(c->rflags, 2);
    assert_int_equal(c->cs_limit, 0xffffffff);
    assert_int_equal(c->cs_arbytes, 0xc9b);
    assert_int_equal(c->ds_arbytes, 0xc93);
    assert_int_equal(c->es_arbytes, 0xc93);
    assert_int_equal(c->ss_arbytes, 0xc93);
    assert_int_equal(c->ss_limit, 0xffffffff);
    assert_int_equal(c->tr_arbytes, 0x8b);
    assert_int_equal(c->tr_limit, 0x67);
    for (int i = 0; i < FAKE_VCPUS; i++) {
        assert_int_equal(fake_hvm.mtrr[i].msr_mtrr_def_type, 0x806);
        assert_int_equal(fake_hvm.mtrr[i].msr_mtrr_cap, 0x508);
        assert_int_equal(fake_hvm.mtrr[i].msr_pat_cr, 0x70406);
    }
}

/* The map in memory is the one that was set, sorted, without overlaps. */
static void check_map(const struct hvm_start_info *info)
{
    const struct hvm_memmap_table_entry *map = at(info->memmap_paddr);

    assert_int_equal(info->memmap_entries, fake_hvm.map_entries);
    for (unsigned int i = 0; i < info->memmap_entries; i++) {
        assert_int_equal(map[i].addr, fake_hvm.map[i].addr);
        assert_int_equal(map[i].size, fake_hvm.map[i].size);
        assert_int_equal(map[i].type, fake_hvm.map[i].type);
        if (i)
            assert_true(map[i].addr >= map[i - 1].addr + map[i - 1].size);
    }
}

/* Each page of RAM in the map is there, and no other but the tables' and the special ones. */
static void check_ram(uint64_t pages)
{
    uint64_t in_map = 0;
    uint64_t others = 0;

    for (unsigned int i = 0; i < fake_hvm.map_entries; i++) {
        const struct e820entry *e = &fake_hvm.map[i];

        assert_int_equal(e->addr % 4096 + e->size % 4096, 0);
        for (uint64_t gfn = e->addr >> 12; gfn < (e->addr + e->size) >> 12; gfn++)
            assert_true(fake_hvm_has(gfn));
        in_map += e->type == E820_RAM ? e->size >> 12 : 0;
        others += e->type != E820_RAM ? e->size >> 12 : 0;
    }
    assert_int_equal(in_map, pages);
    assert_int_equal(fake.tot_pages, pages + others);
}

static const struct hvm_start_info *check_start_info(void)
{
    const struct hvm_start_info *info = at(fake_hvm.cpu.rbx);

    assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->flags, 0);
    assert_int_equal(info->rsdp_paddr, ACPI);
    assert_memory_equal(at(info->rsdp_paddr), "RSD PTR ", 8);
    check_map(info);
    return info;
}

static void check_kernel(const struct kernel_spec *spec)
{
    for (size_t i = 0; i < TEXT_LEN; i++)
        assert_int_equal(*(uint8_t *)at(KERNEL + i), text_byte(i));
    for (size_t i = TEXT_LEN; i < TEXT_LEN + spec->bss_len; i++)
        assert_int_equal(*(uint8_t *)at(KERNEL + i), 0);
}

static void guest_finds_its_start(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, "console=hvc0 quiet");
    const struct hvm_start_info *info = NULL;
    const struct hvm_modlist_entry *modules = NULL;
    grant_entry_v1_t *grants = frame(FAKE_GRANTS);

    memset(fake.memory + KERNEL, 0xee, 1u << 20);
    assert_int_equal(xc_dom_module_mem(dom, initrd, sizeof(initrd), NULL), 0);
    assert_int_equal(xc_dom_module_mem(dom, initrd, 5, "second one"), 0);
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_string_equal(dom->guest_type, "hvm-3.0-x86_32");
    check_params();
    check_vcpus();
    check_kernel(&linux_like);
    check_ram(MEM_MB * 256);
    info = check_start_info();
    assert_string_equal((char *)at(info->cmdline_paddr), "console=hvc0 quiet");
    assert_int_equal(info->nr_modules, 2);
    modules = at(info->modlist_paddr);
    assert_int_equal(modules[0].size, sizeof(initrd));
    assert_memory_equal(at(modules[0].paddr), initrd, sizeof(initrd));
    assert_int_equal(modules[0].cmdline_paddr, 0);
    assert_int_equal(modules[1].size, 5);
    assert_memory_equal(at(modules[1].paddr), initrd, 5);
    assert_string_equal((char *)at(modules[1].cmdline_paddr), "second one");
    assert_int_equal(fake_hvm.map_entries, 3);
    assert_int_equal(fake_hvm.map[0].size, MEM_MB << 20);
    assert_int_equal(fake_hvm.map[1].addr, ACPI);
    assert_int_equal(fake_hvm.map[1].type, E820_ACPI);
    assert_int_equal(fake_hvm.map[2].addr, SPECIAL);
    assert_int_equal(fake_hvm.map[2].type, E820_RESERVED);
    assert_int_equal(grants[GNTTAB_RESERVED_CONSOLE].frame, 0xfefff);
    assert_int_equal(grants[GNTTAB_RESERVED_XENSTORE].frame, 0xfeffc);
    assert_int_equal(fake.supers, MEM_MB / 2);
    xc_dom_release(dom);
    assert_int_equal(fake.mappings, 0);
}

static void bare_guest_finds_its_start(void **state)
{
    struct xc_dom_image *dom = begin(&pvh_only, NULL);
    const struct hvm_start_info *info = NULL;

    assert_int_equal(steps(dom, MEM_MB), 0);
    info = check_start_info();
    assert_int_equal(info->nr_modules, 0);
    assert_int_equal(info->modlist_paddr, 0);
    assert_int_equal(info->cmdline_paddr, 0);
    check_kernel(&pvh_only);
    assert_int_equal(xc_dom_virt_base(dom), 0);
    xc_dom_release(dom);
}

static void memory_goes_around_the_hole(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    assert_int_equal(steps(dom, 5 * 1024), 0);
    check_start_info();
    check_ram(5 * GIB >> 12);
    assert_int_equal(fake_hvm.map_entries, 4);
    assert_int_equal(fake_hvm.map[0].addr, 0);
    assert_int_equal(fake_hvm.map[0].size, ACPI);
    assert_int_equal(fake_hvm.map[3].addr, 4 * GIB);
    assert_int_equal(fake_hvm.map[3].size, 5 * GIB - ACPI);
    assert_int_equal(dom->lowmem_end, ACPI);
    assert_int_equal(dom->highmem_end, 9 * GIB - ACPI);
    assert_int_equal(fake.giants, 4);
    assert_int_equal(fake.singles, 8 + 1); /* special pages, tables */
    for (uint64_t gfn = ACPI >> 12; gfn < 4 * GIB >> 12; gfn++)
        assert_int_equal(fake_hvm_has(gfn), gfn == ACPI >> 12 || (gfn >= 0xfeff8 && gfn < 0xff000));
    xc_dom_release(dom);
}

static void scattered_memory_will_do(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    fake.no_super = true;
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_int_equal(fake.singles, MEM_MB * 256 + 9);
    check_ram(MEM_MB * 256);
    xc_dom_release(dom);
}

/* A region that the caller laid out begins and ends anywhere. */
static void unaligned_ranges_get_their_pages(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->mmio_start = 3 * GIB;
    dom->lowmem_end = 40u << 20 | 3u << 12;
    dom->highmem_end = 4 * GIB + (24u << 20) - (3u << 12);
    assert_int_equal(steps(dom, MEM_MB), 0);
    check_ram(MEM_MB * 256);
    assert_int_equal(fake_hvm.map[0].size, 40u << 20 | 3u << 12);
    assert_int_equal(fake_hvm.map[3].size, (24u << 20) - (3u << 12));
    xc_dom_release(dom);
}

static void odd_layouts_are_refused(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->lowmem_end = 40u << 20;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EINVAL);
    expect_text("do not add up");
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    dom->mmio_start = 0xff000000;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EINVAL);
    expect_text("leaves no hole below 4 GiB");
    xc_dom_release(dom);
    assert_int_equal(fake.tot_pages, 0);
}

static void less_than_the_maximum_is_given_on_demand(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->target_pages = 48 * 256;
    dom->claim_enabled = 1;
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_int_equal(fake_hvm.pod_target, 48 * 256);
    assert_int_equal(fake_hvm.pages_at_pod, 0); /* set before anything is populated */
    assert_int_equal(fake.claims, 2);
    assert_int_equal(fake_hvm.map[0].size, MEM_MB << 20);
    assert_int_equal(fake.memflags, 0); /* tables and rings are there at once */
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    forget_memory();
    dom->target_pages = 48 * 256;
    fake_hvm.fail_pod = ENOSYS;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, ENOSYS);
    expect_text("less memory than its maximum");
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    forget_memory();
    dom->target_pages = 48 * 256;
    fake_hvm.fail_pod = 0;
    fake.no_demand = true;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    expect_text("hint: give it its maximum at once");
    xc_dom_release(dom);
}

static void callers_may_bring_tables_and_map(void **state)
{
    static uint8_t tables[5000] = "RSD PTR mine";
    struct e820entry map[] = {{0, 64u << 20, E820_RAM}};
    struct xc_dom_image *dom = begin(&linux_like, NULL);

    dom->acpi_modules[0].data = tables;
    dom->acpi_modules[0].length = sizeof(tables);
    dom->acpi_modules[0].guest_addr_out = ACPI + 0x3000;
    dom->e820 = map;
    dom->e820_entries = 1;
    assert_int_equal(steps(dom, MEM_MB), -1); /* makes tables of its own */
    assert_int_equal(errno, EEXIST);
    assert_int_equal(xc_dom_boot_mem_init(dom), 0);
    assert_int_equal(xc_dom_build_image(dom), 0);
    assert_int_equal(xc_dom_boot_image(dom), 0);
    assert_int_equal(((struct hvm_start_info *)at(fake_hvm.cpu.rbx))->rsdp_paddr, ACPI + 0x3000);
    assert_memory_equal(at(ACPI + 0x3000), tables, sizeof(tables));
    assert_false(fake_hvm_has(ACPI >> 12));
    assert_int_equal(fake_hvm.map_entries, 1);
    xc_dom_release(dom);

    dom = begin(&linux_like, NULL);
    forget_memory();
    assert_int_equal(xc_dom_acpi_tables(dom, NULL), 0);
    dom->acpi_modules[0].guest_addr_out = 0x1000;
    assert_int_equal(xc_dom_boot_xen_init(dom, FAKE_XCH, FAKE_DOMID), 0);
    assert_int_equal(xc_dom_parse_image(dom), 0);
    assert_int_equal(xc_dom_mem_init(dom, MEM_MB), 0);
    assert_int_equal(xc_dom_boot_mem_init(dom), 0);
    assert_int_equal(xc_dom_build_image(dom), -1);
    assert_int_equal(errno, EINVAL);
    expect_text("cannot go to address 0x1000");
    xc_dom_release(dom);
}

static void expect_refusal(const struct kernel_spec *spec, unsigned int mem_mb, int error,
                           const char *words)
{
    struct xc_dom_image *dom = begin(spec, NULL);

    forget_memory();
    assert_int_equal(steps(dom, mem_mb), -1);
    assert_int_equal(errno, error);
    expect_text(words);
    xc_dom_release(dom);
    assert_int_equal(fake.mappings, 0);
}

static void kernels_that_cannot_run_are_refused(void **state)
{
    const struct kernel_spec none = {.no_notes = true};
    const struct kernel_spec pv = {.hypercall_page = true};
    const struct kernel_spec other = {.phys32 = true, .machine = 183};
    const struct kernel_spec outside = {.phys32 = true, .phys32_entry = 0x1000};
    const struct kernel_spec high = {.phys32 = true, .phys = UINT64_C(0x200000000)};

    expect_refusal(&none, MEM_MB, EOPNOTSUPP, "no Xen ELF notes: kernel was not built for Xen PVH");
    expect_refusal(&pv, MEM_MB, EOPNOTSUPP,
                   "no PHYS32_ENTRY note: kernel was not built for Xen PVH");
    expect_refusal(&other, MEM_MB, EOPNOTSUPP, "kernel is not for x86");
    expect_refusal(&outside, MEM_MB, EINVAL, "entry point lies outside the kernel");
    expect_refusal(&high, MEM_MB, EINVAL, "kernel lies above 4 GiB");
    assert_int_equal(fake.tot_pages, 0);
}

static void addresses_are_the_program_headers_own(void **state)
{
    const struct kernel_spec spec = {.phys32 = true, .paddr_offset = 0x1000000};
    const struct kernel_spec moved = {
        .phys32 = true, .paddr_offset = 0x1000000, .phys32_entry = 2 * KERNEL};
    struct xc_dom_image *dom = NULL;

    expect_refusal(&spec, MEM_MB, EINVAL, "entry point lies outside the kernel");
    dom = begin(&moved, NULL);
    forget_memory();
    assert_int_equal(steps(dom, MEM_MB), 0);
    assert_int_equal(fake_hvm.cpu.rip, 2 * KERNEL);
    assert_int_equal(*(uint8_t *)at(2 * KERNEL + 5), text_byte(5));
    xc_dom_release(dom);
}

static void memory_must_suffice(void **state)
{
    struct xc_dom_image *dom = NULL;

    expect_refusal(&linux_like, 16, ENOMEM,
                   "the guest's memory of 16 MiB is too small for its kernel");
    expect_text("at least 17 MiB are needed");
    fake.max_pages = 2 * FRAMES;
    expect_refusal(&linux_like, 7000, ENOMEM, "wanted 7000 MiB, the host has 6143 MiB free");
    assert_int_equal(fake.tot_pages, 0);

    dom = begin(&linux_like, NULL); /* enough for RAM, not for the special pages */
    forget_memory();
    fake.max_pages = MEM_MB * 256 + 4;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, ENOMEM);
    expect_text("no memory for the special pages of domain 7");
    xc_dom_release(dom);
}

static void refusals_of_the_hypervisor_are_passed_on(void **state)
{
    static const struct {
        int *which;
        int error;
        const char *words;
    } cases[] = {
        {&fake_hvm.fail_param, EPERM, "cannot set HVM parameter 1 of domain 7"},
        {&fake_hvm.fail_map, EFAULT, "cannot set the memory map of domain 7"},
        {&fake_hvm.fail_get, EACCES, "cannot get the HVM context of domain 7"},
        {&fake_hvm.fail_set, EINVAL, "registers of domain 7's first vCPU"},
        {&fake.fail_map, EFAULT, "cannot map"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        *cases[i].which = cases[i].error;
        expect_refusal(&linux_like, MEM_MB, cases[i].error, cases[i].words);
        *cases[i].which = 0;
    }
    fake_hvm.bad_context = true;
    expect_refusal(&linux_like, MEM_MB, EPROTO, "the HVM context of domain 7 has no header");
    fake_hvm.bad_context = false;
    fake.caps = "xen-3.0-x86_64 ";
    expect_refusal(&linux_like, MEM_MB, EOPNOTSUPP, "runs no guests of type hvm-3.0-x86_32");
}

static void requests_must_make_sense(void **state)
{
    struct xc_dom_image *dom = begin(&linux_like, NULL);
    xen_vmemrange_t range = {.end = 64u << 20};

    dom->device_model = true;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    dom->device_model = false;
    dom->max_vcpus = 0;
    assert_int_equal(xc_dom_acpi_tables(dom, NULL), -1);
    dom->max_vcpus = 129;
    assert_int_equal(xc_dom_acpi_tables(dom, NULL), -1);
    assert_int_equal(errno, EINVAL);
    dom->max_vcpus = 1;
    dom->vmemranges = &range;
    dom->nr_vmemranges = 1;
    assert_int_equal(steps(dom, MEM_MB), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    dom->nr_vmemranges = 0;
    assert_int_equal(xc_dom_build_image(dom), -1); /* has no memory yet */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(xc_dom_boot_mem_init(dom), 0);
    assert_int_equal(xc_dom_boot_mem_init(dom), -1); /* has it already */
    assert_int_equal(errno, EINVAL);
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
        forget_memory();
        fake_count_allocations(n);
        dom = xc_dom_allocate(FAKE_XCH, "x", NULL);
        if (dom) {
            dom->container_type = XC_DOM_HVM_CONTAINER;
            dom->max_vcpus = 1;
        }
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

static int setup(void **state)
{
    fake_setup(FRAMES);
    memset(&fake_hvm, 0, sizeof(fake_hvm));
    fake.hvm = true;
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
        TEST(guest_finds_its_start),
        TEST(bare_guest_finds_its_start),
        TEST(memory_goes_around_the_hole),
        TEST(scattered_memory_will_do),
        TEST(unaligned_ranges_get_their_pages),
        TEST(odd_layouts_are_refused),
        TEST(less_than_the_maximum_is_given_on_demand),
        TEST(callers_may_bring_tables_and_map),
        TEST(kernels_that_cannot_run_are_refused),
        TEST(addresses_are_the_program_headers_own),
        TEST(memory_must_suffice),
        TEST(refusals_of_the_hypervisor_are_passed_on),
        TEST(requests_must_make_sense),
        TEST(allocation_failures_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
