/* SPDX-License-Identifier: MIT */
/* What xl makes of a configuration: the fields, and the JSON that Debian's xl prints for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "xl.h"

#define HOST_CPUS 8

/* ---- what xl's other files would bring ---- */

struct xl xl;

void print_usage(const struct command *command)
{
}

void *xl_must(void *memory)
{
    assert_non_null(memory);
    return memory;
}

char *xl_printf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    assert_true(vasprintf(&text, fmt, ap) >= 0);
    va_end(ap);
    return text;
}

/* A host of 8 CPUs on two nodes. */
int __wrap_libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int bits);
int __wrap_libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int bits);
int __wrap_libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodes, libxl_bitmap *cpus);

int __wrap_libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int bits)
{
    return libxl_bitmap_alloc(ctx, map, bits ? bits : HOST_CPUS);
}

int __wrap_libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *map, int bits)
{
    return libxl_bitmap_alloc(ctx, map, 2);
}

int __wrap_libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodes, libxl_bitmap *cpus)
{
    for (int i = 0; i < HOST_CPUS; i++)
        if (libxl_bitmap_test(nodes, i / 4))
            libxl_bitmap_set(cpus, i);
    return 0;
}

/* ---- the tests ---- */

static int parse(const char *text, libxl_domain_config *config)
{
    struct source source = {(char *)"test.cfg", (char *)text};

    libxl_domain_config_init(config);
    return config_parse(&source, config);
}

static void cpu_lists(void **state)
{
    static const struct {
        const char *text, *cpus;
    } lists[] = {
        {"all", "all"},
        {"0-3,5,^1", "0,2-3,5"},
        {"all,^7", "0-6"},
        {"3", "3"},
        {"node:1", "4-7"},
        {"nodes:0-1,^node:1", "0-3"},
        {"1,node:1,^6", "1,4-5,7"},
        {"0-2, 4", "0-2,4"},
        {"77", "none"},
        {"all,^node:0,^node:1", "none"},
    };
    static const char *const bad[] = {"",  "abc",   "1,",  "1-", "3-1",
                                      "^", "node:", "1;2", "-1", "1x"};
    libxl_bitmap map;
    char *text;

    libxl_bitmap_init(&map);
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_int_equal(xl_cpu_list(lists[i].text, 0, &map), 0);
        text = xl_cpu_text(&map, HOST_CPUS);
        assert_string_equal(text, lists[i].cpus);
        free(text);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_not_equal(xl_cpu_list(bad[i], 0, &map), 0);
    libxl_bitmap_dispose(&map);
}

static void amounts_of_memory(void **state)
{
    uint64_t kib = 0;

    assert_true(xl_memory("100", 1024, &kib) && kib == 102400);
    assert_true(xl_memory("100m", 1024, &kib) && kib == 102400);
    assert_true(xl_memory("1G", 1024, &kib) && kib == 1048576);
    assert_true(xl_memory("2048k", 1024, &kib) && kib == 2048);
    assert_true(xl_memory("1048576b", 1024, &kib) && kib == 1024);
    assert_true(xl_memory("1t", 1024, &kib) && kib == 1u << 30);
    assert_false(xl_memory("", 1024, &kib));
    assert_false(xl_memory("-1", 1024, &kib));
    assert_false(xl_memory("1x", 1024, &kib));
    assert_false(xl_memory("1mb", 1024, &kib));
    assert_false(xl_memory("99999999t", 1024, &kib));
}

/* As Debian's xl 4.17 prints it for the same text. */
static void a_pv_guest_is_what_debians_xl_makes_of_it(void **state)
{
    static const char text[] =
        "name='g1'\nuuid='fd542d94-4cbe-450f-afd0-73f8bc6a09fd'\nkernel='/boot/vmlinuz'\n"
        "ramdisk='/boot/guest.img'\nroot='/dev/xvda1'\nextra='console=hvc0 quiet'\nmemory=128\n"
        "vcpus=2\nmaxvcpus=3\nchannel=['name=org.x.y,connection=pty']\n"
        "vif=['bridge=br0,rate=10Mb/s']\ndisk=['/dev/loop0,raw,xvda,rw']\nvfb=['vnc=1']\n"
        "cpu_weight=512\ncap=50\npool='Pool-0'\non_crash='preserve'\n";
    static const char wanted[] =
        "{\"c_info\":{\"type\":\"pv\",\"name\":\"g1\","
        "\"uuid\":\"fd542d94-4cbe-450f-afd0-73f8bc6a09fd\",\"pool_name\":\"Pool-0\","
        "\"run_hotplug_scripts\":\"True\"},"
        "\"b_info\":{\"max_vcpus\":3,\"avail_vcpus\":[0,1],\"max_memkb\":131072,"
        "\"target_memkb\":131072,\"sched_params\":{\"weight\":512,\"cap\":50},"
        "\"claim_mode\":\"True\",\"kernel\":\"/boot/vmlinuz\","
        "\"cmdline\":\"root=/dev/xvda1console=hvc0quiet\",\"ramdisk\":\"/boot/guest.img\","
        "\"type.pv\":{},\"arch_arm\":{},\"arch_x86\":{}},"
        "\"disks\":[{\"pdev_path\":\"/dev/loop0\",\"vdev\":\"xvda\",\"format\":\"raw\","
        "\"readwrite\":1}],"
        "\"nics\":[{\"devid\":0,\"bridge\":\"br0\",\"rate_bytes_per_interval\":62500,"
        "\"rate_interval_usecs\":50000}],"
        "\"vfbs\":[{\"devid\":0,\"vnc\":{\"enable\":\"True\"},\"sdl\":{}}],"
        "\"vkbs\":[{\"devid\":0}],"
        "\"channels\":[{\"devid\":0,\"name\":\"org.x.y\",\"connection.pty\":{}}],"
        "\"on_reboot\":\"restart\",\"on_crash\":\"preserve\",\"on_soft_reset\":\"soft_reset\"}";
    libxl_domain_config config;
    char *json, *to;

    assert_int_equal(parse(text, &config), 0);
    json = libxl_domain_config_to_json(NULL, &config);
    assert_non_null(json);
    to = json;
    for (const char *from = json; *from; from++)
        if (!strchr(" \n", *from))
            *to++ = *from;
    *to = 0;
    assert_string_equal(json, wanted);
    free(json);
    libxl_domain_config_dispose(&config);
}

static void affinities(void **state)
{
    libxl_domain_config config;
    char *text;

    assert_int_equal(parse("name='x'\nvcpus=3\ncpus=['2','3-5,^4']\ncpus_soft='node:0'", &config),
                     0);
    assert_int_equal(config.b_info.num_vcpu_hard_affinity, 3);
    text = xl_cpu_text(&config.b_info.vcpu_hard_affinity[1], HOST_CPUS);
    assert_string_equal(text, "3,5");
    free(text);
    text = xl_cpu_text(&config.b_info.vcpu_hard_affinity[2], HOST_CPUS);
    assert_string_equal(text, "all");
    free(text);
    text = xl_cpu_text(&config.b_info.vcpu_soft_affinity[0], HOST_CPUS);
    assert_string_equal(text, "0-3");
    free(text);
    assert_false(libxl_defbool_val(config.b_info.numa_placement));
    libxl_domain_config_dispose(&config);
}

static void hardware(void **state)
{
    libxl_domain_config config;

    assert_int_equal(parse("name='x'\nioports=['2f8-2ff','3f8']\nirqs=[5,7]\n"
                           "iomem=['a0,20@b0','c0,1']\npci=['0000:01:02.3,msitranslate=1']\n"
                           "pci_seize=1\ncpuid='host,sse3=0'\ntsc_mode='native'\n"
                           "bootloader_args='a  b'\nvif=['',"
                           "'mac=00:16:3e:00:00:01,mtu=9000,untrusted,type=vif']",
                           &config),
                     0);
    assert_int_equal(config.b_info.num_ioports, 2);
    assert_int_equal(config.b_info.ioports[0].first, 0x2f8);
    assert_int_equal(config.b_info.ioports[0].number, 8);
    assert_int_equal(config.b_info.irqs[1], 7);
    assert_int_equal(config.b_info.iomem[0].gfn, 0xb0);
    assert_int_equal(config.b_info.iomem[1].number, 1);
    assert_int_equal(config.pcidevs[0].func, 3);
    assert_true(config.pcidevs[0].seize && config.pcidevs[0].msitranslate);
    assert_int_equal(config.b_info.tsc_mode, LIBXL_TSC_MODE_NATIVE);
    assert_string_equal(config.b_info.bootloader_args[1], "b");
    assert_null(config.b_info.bootloader_args[2]);
    assert_int_equal(config.num_nics, 2);
    assert_int_equal(config.nics[1].mac[5], 1);
    assert_int_equal(config.nics[1].mtu, 9000);
    assert_false(libxl_defbool_val(config.nics[1].trusted));
    libxl_domain_config_dispose(&config);
}

static void hvm_guests(void **state)
{
    libxl_domain_config config;

    assert_int_equal(parse("name='x'\ntype='hvm'\nvnc=1\nserial='pty'\nviridian=['base','!freq']\n"
                           "vga='stdvga'\nbios='ovmf'\nusbdevice=['tablet']\nboot='cd'\n"
                           "rdm='strategy=host,policy=relaxed'\ngfx_passthru='igd'",
                           &config),
                     0);
    assert_int_equal(config.c_info.type, LIBXL_DOMAIN_TYPE_HVM);
    assert_string_equal(config.b_info.u.hvm.serial, "pty");
    assert_int_equal(config.b_info.u.hvm.vga.kind, LIBXL_VGA_INTERFACE_TYPE_STD);
    assert_int_equal(config.b_info.u.hvm.bios, LIBXL_BIOS_TYPE_OVMF);
    assert_true(libxl_bitmap_test(&config.b_info.u.hvm.viridian_enable, 0));
    assert_true(libxl_bitmap_test(&config.b_info.u.hvm.viridian_disable, 1));
    assert_string_equal(config.b_info.u.hvm.usbdevice_list[0], "tablet");
    assert_int_equal(config.b_info.u.hvm.rdm.policy, LIBXL_RDM_RESERVE_POLICY_RELAXED);
    assert_int_equal(config.b_info.u.hvm.gfx_passthru_kind, LIBXL_GFX_PASSTHRU_KIND_IGD);
    assert_true(libxl_defbool_val(config.b_info.u.hvm.vnc.enable));
    assert_int_equal(config.num_vfbs, 0);
    libxl_domain_config_dispose(&config);
}

static void expect_type(const char *text, libxl_domain_type type)
{
    libxl_domain_config config;

    assert_int_equal(parse(text, &config), 0);
    assert_int_equal(config.c_info.type, type);
    assert_int_equal(config.b_info.type, type);
    libxl_domain_config_dispose(&config);
}

static void types_are_said_in_several_ways(void **state)
{
    expect_type("name='x'", LIBXL_DOMAIN_TYPE_PV);
    expect_type("name='x'\nbuilder='generic'", LIBXL_DOMAIN_TYPE_PV);
    expect_type("name='x'\nbuilder='hvm'", LIBXL_DOMAIN_TYPE_HVM);
    expect_type("name='x'\npvh=1", LIBXL_DOMAIN_TYPE_PVH);
    expect_type("name='x'\npvh=0", LIBXL_DOMAIN_TYPE_PV);
    expect_type("name='x'\nbuilder='generic'\npvh=1", LIBXL_DOMAIN_TYPE_PVH);
    expect_type("name='x'\nbuilder='generic'\ntype='pvh'", LIBXL_DOMAIN_TYPE_PVH);
    expect_type("name='x'\nbuilder='hvm'\ntype='hvm'", LIBXL_DOMAIN_TYPE_HVM);
}

static void pvh_guests(void **state)
{
    libxl_domain_config config;

    assert_int_equal(parse("name='x'\ntype='pvh'\nkernel='/k'\nvcpus=2\nmaxvcpus=4\nmemory=256\n"
                           "maxmem=512\nhap=1\nnestedhvm=0\ntimer_mode='delay_for_missed_ticks'\n"
                           "pvshim=1\npvshim_path='/shim'\ncpuid='host,avx=0'",
                           &config),
                     0);
    assert_int_equal(config.b_info.max_vcpus, 4);
    assert_int_equal(config.b_info.max_memkb, 512 * 1024);
    assert_int_equal(config.b_info.target_memkb, 256 * 1024);
    assert_int_equal(config.b_info.timer_mode, LIBXL_TIMER_MODE_DELAY_FOR_MISSED_TICKS);
    assert_true(libxl_defbool_val(config.b_info.u.pvh.pvshim));
    assert_string_equal(config.b_info.u.pvh.pvshim_path, "/shim");
    assert_int_equal(libxl_cpuid_policy_list_length(&config.b_info.cpuid), 1);
    libxl_domain_config_dispose(&config);
}

static void what_is_wrong_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "name=''",
        "name=[1]",
        "name='x'\nmemory=[",
        "name='x'\ntype='foo'",
        "name='x'\ntype='invalid'",
        "name='x'\nbuilder='foo'",
        "name='x'\nbuilder='hvm'\ntype='pvh'",
        "name='x'\nbuilder='generic'\ntype='hvm'",
        "name='x'\npvh=1\ntype='hvm'",
        "name='x'\nuuid='foo'",
        "name='x'\nvcpus=0",
        "name='x'\nvcpus='two'",
        "name='x'\nvcpus=4\nmaxvcpus=2",
        "name='x'\nmemory=-1",
        "name='x'\nmemory='1x'",
        "name='x'\nmemory=200\nmaxmem=100",
        "name='x'\ncpus='77'",
        "name='x'\ncpus='abc'",
        "name='x'\ncpus=[[1]]",
        "name='x'\non_crash='foo'",
        "name='x'\ndisk=['x']",
        "name='x'\ndisk=[['x']]",
        "name='x'\ndisk='x'",
        "name='x'\nvif=['foo=1']",
        "name='x'\nvif=['mac=00:16']",
        "name='x'\nvif=['rate=1']",
        "name='x'\nvfb=['foo=1']",
        "name='x'\nchannel=['name=a']",
        "name='x'\nchannel=['name=a,connection=foo']",
        "name='x'\nchannel=['name=a,connection=socket']",
        "name='x'\nioports=['10000']",
        "name='x'\nirqs=['x']",
        "name='x'\niomem=['a0']",
        "name='x'\npci=['foo']",
        "name='x'\ncpuid='foo'",
        "name='x'\ntsc_mode='foo'",
        "name='x'\npassthrough='foo'",
        "name='x'\ndevice_model_version='foo'",
        "name='x'\nvsnd=[['CARD']]",
        "name='x'\ntype='hvm'\nbios='foo'",
        "name='x'\ntype='hvm'\nvga='foo'",
        "name='x'\ntype='hvm'\nviridian=['foo']",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        libxl_domain_config config;

        if (!parse(bad[i], &config))
            fail_msg("taken: %s", bad[i]);
        libxl_domain_config_dispose(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_lists),
        cmocka_unit_test(amounts_of_memory),
        cmocka_unit_test(a_pv_guest_is_what_debians_xl_makes_of_it),
        cmocka_unit_test(affinities),
        cmocka_unit_test(hardware),
        cmocka_unit_test(hvm_guests),
        cmocka_unit_test(types_are_said_in_several_ways),
        cmocka_unit_test(pvh_guests),
        cmocka_unit_test(what_is_wrong_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
