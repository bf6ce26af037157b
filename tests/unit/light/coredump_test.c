/* SPDX-License-Identifier: MIT */
/* Core files of a guest of a few frames, as readelf and, where it is installed, gdb see them. */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <xenctrl.h>
#include <xenctrl_compat.h>
#include <xenerror.h>
#include "fake_host.h"

#define PAGE 4096

/* Machine frames: what the guest shares, the tree that says where its memory is, its memory. */
enum { SHARED = 0, LISTS = 10, LIST, TABLE, FIRST = 100, FRAMES = 108, PFNS = 8, HOLE = 3 };

static char files[] = "/tmp/light-core-XXXXXX";
static char kernel[64], core[64];
static libxl_ctx *ctx;
static int memory = -1; /* FRAMES pages */
static char *frames;

/* ---- the hypervisor, beside fake_host.c ---- */

void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size, int prot, unsigned long mfn)
{
    void *page;

    if (mfn >= FRAMES) {
        errno = EINVAL;
        return NULL;
    }
    page = mmap(NULL, (size_t)size, prot, MAP_SHARED, memory, (off_t)mfn * PAGE);
    return page == MAP_FAILED ? NULL : page;
}

void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *arr, int *err,
                          unsigned int num)
{
    char *all = mmap(NULL, (size_t)num * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (unsigned int i = 0; all != MAP_FAILED && i < num; i++) {
        err[i] = arr[i] < FRAMES ? 0 : -EINVAL;
        if (!err[i] && mmap(all + (size_t)i * PAGE, PAGE, prot, MAP_SHARED | MAP_FIXED, memory,
                            (off_t)arr[i] * PAGE) == MAP_FAILED)
            err[i] = -ENOMEM;
    }
    return all == MAP_FAILED ? NULL : all;
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_any_t *ctxt)
{
    memset(ctxt, 0, sizeof(*ctxt));
    ctxt->x64.user_regs.rip = 0xffffffff81000000UL + vcpu;
    ctxt->x64.user_regs.rax = 0x1234;
    ctxt->x64.user_regs.cs = 0xe033;
    return 0;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    return cmd == XENVER_version ? 4 << 16 | 17 : cmd == XENVER_pagesize ? PAGE : 0;
}

/* ---- the guest ---- */

static void make_memory(void)
{
    shared_info_any_t *shared;
    xen_pfn_t *table;

    memory = memfd_create("frames", MFD_CLOEXEC);
    assert_int_equal(ftruncate(memory, FRAMES * PAGE), 0);
    frames = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    assert_ptr_not_equal(frames, MAP_FAILED);
    shared = (void *)(frames + SHARED * PAGE);
    shared->x64.arch.max_pfn = PFNS;
    shared->x64.arch.pfn_to_mfn_frame_list_list = LISTS;
    *(xen_pfn_t *)(frames + LISTS * PAGE) = LIST;
    *(xen_pfn_t *)(frames + LIST * PAGE) = TABLE;
    table = (void *)(frames + TABLE * PAGE);
    for (unsigned int i = 0; i < PFNS; i++) {
        table[i] = i == HOLE ? INVALID_MFN : FIRST + i;
        sprintf(frames + (FIRST + i) * PAGE, "this is page %u", i);
    }
}

static uint32_t created(void)
{
    libxl_domain_config c;
    uint32_t domid;

    libxl_domain_config_init(&c);
    c.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info_init_type(&c.b_info, LIBXL_DOMAIN_TYPE_PV);
    c.c_info.name = strdup("g1");
    libxl_uuid_generate(&c.c_info.uuid);
    c.b_info.kernel = strdup(kernel);
    c.b_info.max_vcpus = 2;
    c.b_info.target_memkb = c.b_info.max_memkb = 128 * 1024;
    assert_int_equal(libxl_domain_create_new(ctx, &c, &domid, NULL, NULL), 0);
    libxl_domain_config_dispose(&c);
    return domid;
}

static int up(void **state)
{
    host_reset();
    make_memory();
    return libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL);
}

static int down(void **state)
{
    libxl_ctx_free(ctx);
    munmap(frames, FRAMES * PAGE);
    close(memory);
    return host_handles();
}

/* What the program prints about the core file. */
static void prints(const char *program, const char *const texts[])
{
    static char out[65536];
    char command[256];
    size_t n;
    FILE *f;

    snprintf(command, sizeof(command), "LC_ALL=C %s 2>&1", program);
    f = popen(command, "r");
    assert_non_null(f);
    n = fread(out, 1, sizeof(out) - 1, f);
    out[n] = '\0';
    pclose(f);
    for (; *texts; texts++)
        if (!strstr(out, *texts))
            fail_msg("%s does not print \"%s\":\n%s", command, *texts, out);
}

static void dump_one(void)
{
    assert_int_equal(libxl_domain_core_dump(ctx, created(), core, NULL), 0);
}

static void readelf_reads_sections_segments_and_notes(void **state)
{
    const char *const headers[] = {"CORE (Core file)", "X86-64",     ".note.Xen", ".xen_prstatus",
                                   ".xen_p2m",         ".xen_pages", "LOAD",      NULL};
    const char *const notes[] = {"NT_PRSTATUS", "length 0x000002c8" /* of two vCPUs */, NULL};
    const char *const of_xen[] = {"Xen", NULL};
    char command[128];

    dump_one();
    snprintf(command, sizeof(command), "readelf -hlSW %s", core);
    prints(command, headers);
    snprintf(command, sizeof(command), "readelf -nW %s", core);
    prints(command, notes);
    snprintf(command, sizeof(command), "readelf -p .note.Xen %s", core);
    prints(command, of_xen);
}

static void gdb_reads_registers_and_memory(void **state)
{
    const char *const wanted[] = {"rip            0xffffffff81000000",
                                  "rax            0x1234",
                                  "\"this is page 2\"",
                                  "\"this is page 4\"",
                                  "LWP 2",
                                  "Cannot access memory at address 0x3000",
                                  NULL};
    char command[256];

    if (system("gdb --version >/dev/null 2>&1"))
        skip();
    dump_one();
    snprintf(command, sizeof(command),
             "gdb -batch -nx -core %s -ex 'info threads' -ex 'thread 1' -ex 'info registers' "
             "-ex 'x/s 0x2000' -ex 'x/s 0x4000' -ex 'x/s 0x3000'",
             core);
    prints(command, wanted);
}

static void a_guest_that_does_not_say_is_told(void **state)
{
    ((shared_info_any_t *)frames)->x64.arch.max_pfn = 0;
    assert_int_equal(libxl_domain_core_dump(ctx, created(), core, NULL), ERROR_FAIL);
    assert_int_equal(access(core, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_guest_that_does_not_say_is_told, up, down),
        cmocka_unit_test_setup_teardown(readelf_reads_sections_segments_and_notes, up, down),
        cmocka_unit_test_setup_teardown(gdb_reads_registers_and_memory, up, down),
    };
    char command[64];
    int rc, fd;

    if (!mkdtemp(files))
        return EXIT_FAILURE;
    setenv("XEN_LIB_DIR", files, 1);
    snprintf(kernel, sizeof(kernel), "%s/kernel", files);
    snprintf(core, sizeof(core), "%s/core", files);
    fd = open(kernel, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || close(fd))
        return EXIT_FAILURE;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -rf %s", files);
    return system(command) ? EXIT_FAILURE : rc;
}
