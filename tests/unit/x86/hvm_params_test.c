/* SPDX-License-Identifier: MIT */
/* HVM parameters: what each index answers to the tools and to the guest itself.  The table is what a PVH
 * guest and dom0 were answered by Debian's Xen 4.17; the last column tells where this hypervisor says
 * something else, as it does not provide the thing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <asm/hvm.h>
#include <asm/p2m.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>

static struct hvm_domain hdom;
static struct domain dom;

/* --- the rest of the hypervisor ---------------------------------------------------------------------- */
int hvm_set_upcall_vector(struct vcpu *v, uint8_t vector)
{
    return 0;
}
void hvm_flush_domain(struct domain *d)
{
}
mfn_t p2m_lookup(struct domain *d, gfn_t gfn, enum p2m_type *t, unsigned int *order)
{
    *t = p2m_invalid;
    return _mfn(0);
}

static int setup(void **unused)
{
    memset(&hdom, 0, sizeof(hdom));
    memset(&dom, 0, sizeof(dom));
    dom.arch.hvm = &hdom;
    hvm_params_init(&hdom);
    return 0;
}

/* --- the table -------------------------------------------------------------------------------------------- */
static const uint64_t values[] = {
    0, 1, 2, 5, 0x12345000, 1UL << 56 | 5, 2UL << 56 | 0x93, 0x68UL << 32 | 0x1000, ~0UL};
#define NR_VALUES ARRAY_SIZE(values)

/* To the tools, a letter for each of values[], set one after the other. */
#define ANY     "000000000"
#define UNKNOWN "IIIIIIIII"
enum guest { NONE, GET, GET_SET };
static const struct {
    uint8_t index;
    const char *tools; /* 0, I: EINVAL, E: EEXIST, D: ENODEV */
    enum guest guest;
    const char *ours; /* NULL: the same */
} table[] = {
    {HVM_PARAM_CALLBACK_IRQ, ANY, GET_SET},
    {HVM_PARAM_STORE_PFN, ANY, GET},
    {HVM_PARAM_STORE_EVTCHN, ANY, GET_SET},
    {3, ANY, NONE},
    {HVM_PARAM_PAE_ENABLED, UNKNOWN, NONE},
    {HVM_PARAM_IOREQ_PFN, "00EEEEEEE", NONE},
    {HVM_PARAM_BUFIOREQ_PFN, "00EEEEEEE", NONE},
    {7, ANY, NONE},
    {8, ANY, NONE},
    {HVM_PARAM_VIRIDIAN, "I0EEEEEEE", NONE, UNKNOWN},
    {HVM_PARAM_TIMER_MODE, "000IIIIII", NONE},
    {HVM_PARAM_HPET_ENABLED, ANY, NONE},
    {HVM_PARAM_IDENT_PT, ANY, NONE},
    {HVM_PARAM_DM_DOMAIN, UNKNOWN, NONE},
    {HVM_PARAM_ACPI_S_STATE, "0IIIIIIII", NONE},
    {HVM_PARAM_VM86_TSS, "00000IIII", GET_SET},
    {HVM_PARAM_VPT_ALIGN, ANY, NONE},
    {HVM_PARAM_CONSOLE_PFN, ANY, GET},
    {HVM_PARAM_CONSOLE_EVTCHN, ANY, GET_SET},
    {HVM_PARAM_ACPI_IOPORTS_LOCATION, "DDDDDDDDD", GET_SET},
    {HVM_PARAM_MEMORY_EVENT_CR0, UNKNOWN, NONE},
    {HVM_PARAM_MEMORY_EVENT_CR3, UNKNOWN, NONE},
    {HVM_PARAM_MEMORY_EVENT_CR4, UNKNOWN, NONE},
    {HVM_PARAM_MEMORY_EVENT_INT3, UNKNOWN, NONE},
    {HVM_PARAM_NESTEDHVM, UNKNOWN, NONE},
    {HVM_PARAM_MEMORY_EVENT_SINGLE_STEP, UNKNOWN, NONE},
    {HVM_PARAM_BUFIOREQ_EVTCHN, UNKNOWN, NONE},
    {HVM_PARAM_PAGING_RING_PFN, ANY, NONE},
    {HVM_PARAM_MONITOR_RING_PFN, ANY, NONE},
    {HVM_PARAM_SHARING_RING_PFN, ANY, NONE},
    {HVM_PARAM_MEMORY_EVENT_MSR, UNKNOWN, NONE},
    {HVM_PARAM_TRIPLE_FAULT_REASON, "0000IIIII", NONE},
    {HVM_PARAM_IOREQ_SERVER_PFN, "00EEEEEEE", NONE},
    {HVM_PARAM_NR_IOREQ_SERVER_PAGES, "I0EEEEEEE", NONE},
    {HVM_PARAM_VM_GENERATION_ID_ADDR, ANY, GET_SET},
    {HVM_PARAM_ALTP2M, "00EEEEEEE", GET, "0IIIIIIII"},
    {HVM_PARAM_X87_FIP_WIDTH, "0IIIIIIII", GET_SET},
    {HVM_PARAM_VM86_TSS_SIZED, "IIIII0000", GET_SET},
    {HVM_PARAM_MCA_CAP, "0IIIIIIII", NONE},
    {HVM_NR_PARAMS, UNKNOWN, NONE},
    {0xff, UNKNOWN, NONE},
};

static int error_of(char letter)
{
    return letter == 'I' ? -EINVAL : letter == 'E' ? -EEXIST : letter == 'D' ? -ENODEV : 0;
}

static void as_the_tools_expect(void **unused)
{
    uint64_t before, after;

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const char *answers = table[i].ours ?: table[i].tools;
        bool known = strcmp(table[i].tools, UNKNOWN);

        setup(NULL);
        assert_int_equal(arch_get_hvm_param(&dom, table[i].index, &before, false),
                         known ? 0 : -EINVAL);
        for (unsigned int j = 0; j < NR_VALUES; j++) {
            before = after = 0;
            arch_get_hvm_param(&dom, table[i].index, &before, false);
            assert_int_equal(arch_set_hvm_param(&dom, table[i].index, values[j], false),
                             error_of(answers[j]));
            arch_get_hvm_param(&dom, table[i].index, &after, false);
            if (answers[j] != '0')
                assert_int_equal(after, before);
            else if (table[i].index != HVM_PARAM_VM86_TSS_SIZED)
                assert_int_equal(after, values[j]);
        }
    }
}

static void as_the_guest_expects(void **unused)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const char *answers = table[i].ours ?: table[i].tools;
        bool known = strcmp(table[i].tools, UNKNOWN);
        uint64_t value = 0xabc;
        int forbidden = known ? -EPERM : -EINVAL;

        setup(NULL);
        assert_int_equal(arch_get_hvm_param(&dom, table[i].index, &value, true),
                         table[i].guest == NONE ? forbidden : 0);
        assert_true((value == 0xabc) == (table[i].guest == NONE));
        for (unsigned int j = 0; j < NR_VALUES; j++)
            assert_int_equal(arch_set_hvm_param(&dom, table[i].index, values[j], true),
                             table[i].guest == GET_SET ? error_of(answers[j]) : forbidden);
    }
}

/* One is a part of the other, which has a size in its upper half. */
static void the_segment_for_virtual_8086_mode(void **unused)
{
    uint64_t value;

    assert_int_equal(arch_set_hvm_param(&dom, HVM_PARAM_VM86_TSS, 0x12345000, false), 0);
    arch_get_hvm_param(&dom, HVM_PARAM_VM86_TSS_SIZED, &value, false);
    assert_int_equal(value, 0x8012345000);
    assert_int_equal(arch_set_hvm_param(&dom, HVM_PARAM_VM86_TSS_SIZED, ~0UL, false), 0);
    arch_get_hvm_param(&dom, HVM_PARAM_VM86_TSS_SIZED, &value, false);
    assert_int_equal(value, 0x2089ffffffff);
    arch_get_hvm_param(&dom, HVM_PARAM_VM86_TSS, &value, false);
    assert_int_equal(value, 0xffffffff);
}

static void callbacks_by_vector_alone(void **unused)
{
    arch_set_hvm_param(&dom, HVM_PARAM_CALLBACK_IRQ, 2UL << 56 | 0x93, true);
    assert_int_equal(hdom.callback_vector, 0x93);
    arch_set_hvm_param(&dom, HVM_PARAM_CALLBACK_IRQ, 5, true); /* a GSI: there are none */
    assert_int_equal(hdom.callback_vector, 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup(test, setup)
    const struct CMUnitTest tests[] = {
        T(as_the_tools_expect),
        T(as_the_guest_expects),
        T(the_segment_for_virtual_8086_mode),
        T(callbacks_by_vector_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
