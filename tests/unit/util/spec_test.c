/* SPDX-License-Identifier: MIT */
/* Rates, PCI devices, reserved device memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libxlutil.h>

#include "memory.h"

static char *messages;
static size_t messages_size;
static FILE *report;
static XLU_Config *cfg;

static int set_up(void **state)
{
    report = open_memstream(&messages, &messages_size);
    cfg = xlu_cfg_init(report, "test");
    return cfg ? 0 : -1;
}

static int tear_down(void **state)
{
    xlu_cfg_destroy(cfg);
    fclose(report);
    free(messages);
    return 0;
}

static bool said(const char *text)
{
    fflush(report);
    return strstr(messages, text) != NULL;
}

static void rates(void **state)
{
    static const struct {
        const char *rate;
        uint64_t bytes;
        uint32_t us;
    } good[] = {
        {"10Mb/s", 62500, 50000},         {"250KB/s", 12500, 50000},
        {"1MB/s@20ms", 20000, 20000},     {"1GB/s", 50000000, 50000},
        {"1Gb/s@1s", 125000000, 1000000}, {"1MB/s@4294s", 4294000000, 4294000000u},
        {"1MB/s@100us", 100, 100},        {"20B/s", 1, 50000},
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        libxl_device_nic nic;

        libxl_device_nic_init(&nic);
        assert_int_equal(xlu_vif_parse_rate(cfg, good[i].rate, &nic), 0);
        assert_int_equal(nic.rate_bytes_per_interval, good[i].bytes);
        assert_int_equal(nic.rate_interval_usecs, good[i].us);
        libxl_device_nic_dispose(&nic);
    }
}

static void bad_rates(void **state)
{
    static const struct {
        const char *rate;
        int rc;
    } bad[] = {
        {"", EINVAL},
        {"x", EINVAL},
        {"10", EINVAL},
        {"1MB", EINVAL},
        {"1.5MB/s", EINVAL},
        {"-1MB/s", EINVAL},
        {"1MB/s@", EINVAL},
        {"1MB/s@20xs", EINVAL},
        {"1MB/s@1ms@1ms", EINVAL},
        {"0MB/s", ERANGE},
        {"7b/s", ERANGE},
        {"1MB/s@0ms", ERANGE},
        {"1MB/s@4295s", ERANGE},
        {"99999999999GB/s", ERANGE},
        {"18446744073709551615B/s", ERANGE},
        {"100B/s@1us", ERANGE},
    };
    libxl_device_nic nic;

    libxl_device_nic_init(&nic);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        print_message("%s\n", bad[i].rate);
        assert_int_equal(xlu_vif_parse_rate(cfg, bad[i].rate, &nic), bad[i].rc);
        assert_int_equal(nic.rate_bytes_per_interval, 0);
        assert_int_equal(nic.rate_interval_usecs, 0);
    }
    libxl_device_nic_dispose(&nic);
    assert_true(said("1MB/s@20xs\n            ^"));
}

static void interfaces(void **state)
{
    libxl_device_nic nic;

    libxl_device_nic_init(&nic);
    assert_int_equal(xlu_vif_parse(cfg,
                                   " bridge = xenbr1 ,mac=00:16:3E:fF:00:10, vifname=g.0,"
                                   "ip=10.0.0.1 10.0.0.2,rate=10Mb/s@20ms,devid=3,mtu=9000,"
                                   "script=vif-route,netdev=eth0,backend=net,type=vif,"
                                   "model=e1000,untrusted,accel=x",
                                   &nic),
                     0);
    assert_string_equal(nic.bridge, "xenbr1");
    assert_memory_equal(nic.mac, "\x00\x16\x3e\xff\x00\x10", 6);
    assert_string_equal(nic.ifname, "g.0");
    assert_string_equal(nic.ip, "10.0.0.1 10.0.0.2");
    assert_int_equal(nic.rate_bytes_per_interval, 25000);
    assert_int_equal(nic.rate_interval_usecs, 20000);
    assert_int_equal(nic.devid, 3);
    assert_int_equal(nic.mtu, 9000);
    assert_string_equal(nic.script, "vif-route");
    assert_string_equal(nic.gatewaydev, "eth0");
    assert_string_equal(nic.backend_domname, "net");
    assert_string_equal(nic.model, "e1000");
    assert_int_equal(nic.nictype, LIBXL_NIC_TYPE_VIF);
    assert_false(libxl_defbool_val(nic.trusted));
    libxl_device_nic_dispose(&nic);
    libxl_device_nic_init(&nic);
    assert_int_equal(xlu_vif_parse(cfg, "", &nic), 0);
    libxl_device_nic_dispose(&nic);
}

static void bad_interfaces(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"mac=00:16:3e:01:02", "                   ^"},
        {"mac=00:16:3e:01:02:0g", "mac=00:16:3e:01:02:0g\n                       ^"},
        {"mac=00-16-3e-01-02-03", "    ^"},
        {"mac=00:16:3e:01:02:03:04", "                     ^"},
        {"bridge=a,type=fast", "bridge=a,type=fast\n                  ^"},
        {"bridge=a,colour=red", "         ^"},
        {"bridge=a,fast", "         ^"},
        {"mtu=40", "    ^"},
        {"mtu=70000", "    ^"},
        {"devid=-1", "      ^"},
        {"rate=10Mx/s", "       ^"},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        libxl_device_nic nic;

        libxl_device_nic_init(&nic);
        print_message("%s\n", bad[i].text);
        assert_int_equal(xlu_vif_parse(cfg, bad[i].text, &nic), EINVAL);
        assert_true(said(bad[i].says));
        libxl_device_nic_dispose(&nic);
    }
}

static void pci_devices(void **state)
{
    libxl_device_pci pci;

    libxl_device_pci_init(&pci);
    assert_int_equal(xlu_pci_parse_bdf(cfg, &pci, "12ab:36:1f.7"), 0);
    assert_int_equal(pci.domain, 0x12ab);
    assert_int_equal(pci.bus, 0x36);
    assert_int_equal(pci.dev, 0x1f);
    assert_int_equal(pci.func, 7);
    assert_int_equal(pci.vfunc_mask, 1);
    libxl_device_pci_dispose(&pci);

    libxl_device_pci_init(&pci);
    assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci,
                                               "36:02.*@1e,seize=1,msitranslate=1,permissive=1,"
                                               "power_mgmt=1,rdm_policy=relaxed"),
                     0);
    assert_int_equal(pci.domain, 0);
    assert_int_equal(pci.bus, 0x36);
    assert_int_equal(pci.dev, 2);
    assert_int_equal(pci.vfunc_mask, LIBXL_PCI_FUNC_ALL);
    assert_int_equal(pci.vdevfn, 0x1e << 3);
    assert_true(pci.seize && pci.msitranslate && pci.permissive && pci.power_mgmt);
    assert_int_equal(pci.rdm_policy, LIBXL_RDM_RESERVE_POLICY_RELAXED);
    libxl_device_pci_dispose(&pci);

    libxl_device_pci_init(&pci);
    assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, "bdf=1:2.3,vslot=8,seize=0"), 0);
    assert_int_equal(pci.vdevfn, 8 << 3);
    assert_false(pci.seize);
    libxl_device_pci_dispose(&pci);

    libxl_device_pci_init(&pci);
    assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, "name=disk, seize=1"), 0);
    assert_string_equal(pci.name, "disk");
    libxl_device_pci_dispose(&pci);
}

static void bad_pci_devices(void **state)
{
    static const char *const bad[] = {
        "",
        ",",
        "seize=1",
        "01:02",
        "01:02.8",
        "01:20.0",
        "100:02.0",
        "10000:01:02.0",
        ":01:02.0",
        "01:02.0@",
        "01:02.0@20",
        "01:02.0,foo=1",
        "01:02.0,permissive=x",
        "01:02.0,rdm_policy=x",
        "01:02.3,name=foo",
        "01:02.0,vslot=",
        "01:02.0,seize=1,seize=0",
        "0x1:02.0",
        "01:02.0,bdf=1:1.1",
        "1:2:3:4.5",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        libxl_device_pci pci;

        print_message("%s\n", bad[i]);
        libxl_device_pci_init(&pci);
        assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, bad[i]), EINVAL);
        libxl_device_pci_dispose(&pci);
    }
    assert_true(said("01:20.0\n       ^"));
}

static void reserved_memory(void **state)
{
    libxl_rdm_reserve rdm;

    libxl_rdm_reserve_init(&rdm);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "strategy=host,policy=relaxed"), 0);
    assert_int_equal(rdm.strategy, LIBXL_RDM_RESERVE_STRATEGY_HOST);
    assert_int_equal(rdm.policy, LIBXL_RDM_RESERVE_POLICY_RELAXED);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "policy=strict"), 0);
    assert_int_equal(rdm.policy, LIBXL_RDM_RESERVE_POLICY_STRICT);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "strategy=ignore"), EINVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "policy=x"), EINVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, ""), EINVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "foo=1"), EINVAL);
    libxl_rdm_reserve_dispose(&rdm);
}

static void without_memory_a_name_is_not_taken(void **state)
{
    libxl_device_pci pci;
    int rc;

    libxl_device_pci_init(&pci);
    fail_allocation_after(0);
    rc = xlu_pci_parse_spec_string(cfg, &pci, "name=disk");
    assert_true(allocation_failed());
    fail_allocation_after(-1);
    assert_int_equal(rc, ENOMEM);
    assert_null(pci.name);
    libxl_device_pci_dispose(&pci);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rates),           TEST(bad_rates),       TEST(pci_devices),
        TEST(rates),           TEST(interfaces),      TEST(pci_devices),
        TEST(rates),           TEST(bad_interfaces),  TEST(pci_devices),
        TEST(bad_pci_devices), TEST(reserved_memory), TEST(without_memory_a_name_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
