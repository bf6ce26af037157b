/* SPDX-License-Identifier: MIT */
/* The CPU policy that a new domain gets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xenerror.h>
#include <xenguest.h>
#include "fake_xen.h"

#define ITSC (1u << 8)
#define PAE  (1u << 6)
#define HTT  (1u << 28)
#define VMX  (1u << 5)

static int apply(bool itsc, const struct xc_xend_cpuid *xend, const struct xc_msr *msr)
{
    return xc_cpuid_apply_policy(FAKE_XCH, FAKE_DOMID, false, NULL, 0, true, itsc, true, xend, msr);
}

static const xen_cpuid_leaf_t *leaf(uint32_t number, uint32_t subleaf)
{
    for (uint32_t i = 0; i < fake.policy.nr_leaves; i++)
        if (fake.leaves[i].leaf == number && fake.leaves[i].subleaf == subleaf)
            return &fake.leaves[i];
    fail_msg("leaf %#x is not set", number);
    return NULL;
}

static void pv_gets_its_default(void **state)
{
    assert_int_equal(apply(false, NULL, NULL), 0);
    assert_int_equal(fake.policy.nr_leaves, 8);
    assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->d, 0x55555555);
    assert_int_equal(leaf(0x80000007, XEN_CPUID_NO_SUBLEAF)->d, 0x55555555 & ~ITSC);
    assert_int_equal(apply(true, NULL, NULL), 0);
    assert_int_equal(leaf(0x80000007, XEN_CPUID_NO_SUBLEAF)->d, 0x55555555 | ITSC);
}

static void hvm_gets_its_switches(void **state)
{
    fake.hvm = true;
    assert_int_equal(apply(false, NULL, NULL), 0);
    assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->d, PAE | HTT);
    assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->c, VMX);
}

/* APIC ids are twice the vCPUs' numbers, so counts of threads are doubled while they fit. */
static void hvm_has_room_for_its_apic_ids(void **state)
{
    static const struct {
        uint32_t host, threads, amd;
    } cases[] = {
        {0x00021001, 0x00041001, 0x00022003},
        {0x00010000, 0x00020000, 0x00010000},
        {0x00ff1007, 0x00ff1007, 0x00ff200f},
        {0x0000f0ff, 0x0000f0ff, 0x0000f0ff},
    };

    fake.hvm = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake.hvm_bits = cases[i].host;
        assert_int_equal(apply(false, NULL, NULL), 0);
        assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->b, cases[i].threads);
        assert_int_equal(leaf(0x80000001, XEN_CPUID_NO_SUBLEAF)->c & 2, 0);
        assert_int_equal(leaf(0x80000008, XEN_CPUID_NO_SUBLEAF)->c, cases[i].amd);
    }
}

static void strings_change_registers(void **state)
{
    struct xc_xend_cpuid xend[] = {
        {.leaf = 7, .subleaf = 1, .policy = {"1111kkkkssssxxxx0000xxxxxxxxxxxx"}},
        {.leaf = XEN_CPUID_INPUT_UNUSED},
    };
    struct xc_msr msr[] = {
        {.index = 0x10a,
         .policy = "1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx00"},
        {.index = XC_MSR_INPUT_UNUSED},
    };

    assert_int_equal(apply(false, xend, msr), 0);
    assert_int_equal(leaf(7, 1)->a, 0xfff50555);
    assert_int_equal(leaf(7, 1)->b, 0x55555555);
    assert_int_equal(fake.msrs[0].val, UINT64_C(0x8000000055555554));
}

static void bad_strings_are_refused(void **state)
{
    struct xc_xend_cpuid xend[] = {
        {.leaf = 7, .subleaf = 0, .policy = {"11"}},
        {.leaf = XEN_CPUID_INPUT_UNUSED},
    };

    assert_int_equal(apply(false, xend, NULL), -1);
    assert_int_equal(errno, EINVAL);
    xend[0].policy[0] = (char *)"1111kkkkssssxxxx0000xxxxxxxxxxxx";
    xend[0].leaf = 0x999;
    assert_int_equal(apply(false, xend, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(fake.policy.nr_leaves, 0); /* nothing was set */
}

static void feature_sets_replace_words(void **state)
{
    uint32_t words[20] = {1, 2, [5] = 0xabc, [16] = 7};

    assert_int_equal(xc_cpuid_apply_policy(FAKE_XCH, FAKE_DOMID, false, words, 20, false, false,
                                           false, NULL, NULL),
                     0);
    assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->d, 1);
    assert_int_equal(leaf(1, XEN_CPUID_NO_SUBLEAF)->c, 2);
    assert_int_equal(leaf(7, 0)->b, 0xabc);
    assert_int_equal(leaf(7, 0)->c, 0);
    assert_int_equal(leaf(7, 0)->a, 0x55555555); /* no feature word */
    assert_int_equal(fake.msrs[0].val, 7);
    words[19] = 1;
    assert_int_equal(xc_cpuid_apply_policy(FAKE_XCH, FAKE_DOMID, false, words, 20, false, false,
                                           false, NULL, NULL),
                     -1);
    assert_int_equal(errno, EOPNOTSUPP);
}

static void refusals_are_named(void **state)
{
    char *text = NULL;

    fake.fail_domctl = EINVAL;
    assert_int_equal(apply(false, NULL, NULL), -1);
    assert_int_equal(errno, EINVAL);
    text = xenerr_text();
    assert_non_null(strstr(text, "CPUID leaf 0x1234"));
    free(text);
    assert_int_equal(xc_cpuid_apply_policy(FAKE_XCH, 99, false, NULL, 0, 0, 0, 0, NULL, NULL), -1);
    assert_int_equal(errno, ESRCH);
}

static void policies_can_be_edited(void **state)
{
    xc_cpu_policy_t *p = xc_cpu_policy_init();
    xen_cpuid_leaf_t in[2] = {{1, XEN_CPUID_NO_SUBLEAF, 9, 9, 9, 9}, {0x20, 3, 1, 2, 3, 4}};
    xen_cpuid_leaf_t leaves[9];
    xen_msr_entry_t msrs[1];
    uint32_t nr_leaves = 3;
    uint32_t nr_msrs = 1;

    assert_int_equal(xc_cpu_policy_get_system(FAKE_XCH, XEN_SYSCTL_cpu_policy_host, p), 0);
    assert_int_equal(xc_cpu_policy_update_cpuid(FAKE_XCH, p, in, 2), 0);
    assert_int_equal(xc_cpu_policy_serialise(FAKE_XCH, p, leaves, &nr_leaves, msrs, &nr_msrs), -1);
    assert_int_equal(errno, ENOBUFS);
    nr_leaves = 9;
    assert_int_equal(xc_cpu_policy_serialise(FAKE_XCH, p, leaves, &nr_leaves, msrs, &nr_msrs), 0);
    assert_int_equal(nr_leaves, 9);
    assert_int_equal(leaves[1].a, 9);
    assert_int_equal(leaves[8].d, 4);
    xc_cpu_policy_destroy(p);
    xc_cpu_policy_destroy(NULL);
}

static void allocation_failures_are_survived(void **state)
{
    int rc = -1;

    for (int n = 1; rc; n++) {
        assert_true(n < 100);
        fake_count_allocations(n);
        rc = apply(true, NULL, NULL);
        if (rc)
            assert_int_equal(errno, ENOMEM);
        fake_count_allocations(0);
    }
}

static int setup(void **state)
{
    fake_setup(32);
    return 0;
}

static int teardown(void **state)
{
    fake_teardown();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pv_gets_its_default),
        TEST(hvm_gets_its_switches),
        TEST(hvm_has_room_for_its_apic_ids),
        TEST(strings_change_registers),
        TEST(bad_strings_are_refused),
        TEST(feature_sets_replace_words),
        TEST(refusals_are_named),
        TEST(policies_can_be_edited),
        TEST(allocation_failures_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
