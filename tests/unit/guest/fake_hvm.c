/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <xenctrl.h>
#include "fake_hvm.h"

#pragma GCC visibility push(default)

#define FAKE_MAGIC 0x12345678

struct fake_hvm fake_hvm;

int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t param, uint64_t value)
{
    if (fake_hvm.fail_param)
        return errno = fake_hvm.fail_param, -1;
    assert_true(param < FAKE_PARAMS);
    fake_hvm.params[param] = value;
    return 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid, struct e820entry entries[],
                             uint32_t nr_entries)
{
    if (fake_hvm.fail_map)
        return errno = fake_hvm.fail_map, -1;
    assert_true(nr_entries <= 16);
    memcpy(fake_hvm.map, entries, nr_entries * sizeof(*entries));
    fake_hvm.map_entries = nr_entries;
    return 0;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
                             uint64_t *tot_pages, uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
    if (fake_hvm.fail_pod)
        return errno = fake_hvm.fail_pod, -1;
    fake_hvm.pod_target = target_pages;
    fake_hvm.pages_at_pod = (unsigned int)fake.tot_pages;
    return 0;
}

/* The records come in the hypervisor's order: header, CPU, LAPIC, MTRRs. */
static uint8_t *record(uint8_t *at, uint16_t type, uint16_t instance, const void *body, size_t len)
{
    struct hvm_save_descriptor d = {type, instance, (uint32_t)len};

    memcpy(at, &d, sizeof(d));
    if (len)
        memcpy(at + sizeof(d), body, len);
    return at + sizeof(d) + len;
}

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid, uint8_t *ctxt_buf, uint32_t size)
{
    struct hvm_save_header header = {.magic = FAKE_MAGIC, .gtsc_khz = 99};
    struct hvm_hw_cpu cpu = {.rip = 0xfff0};
    struct hvm_hw_lapic lapic = {.disabled = 2};
    struct hvm_hw_mtrr mtrr = {.msr_pat_cr = 0x70406, .msr_mtrr_cap = 0x508};
    uint8_t *at = ctxt_buf;

    if (fake_hvm.fail_get)
        return errno = fake_hvm.fail_get, -1;
    if (!ctxt_buf)
        return 8192;
    assert_int_equal(size, 8192);
    if (!fake_hvm.bad_context)
        at = record(at, HVM_SAVE_CODE(HEADER), 0, &header, sizeof(header));
    at = record(at, HVM_SAVE_CODE(CPU), 0, &cpu, sizeof(cpu));
    at = record(at, HVM_SAVE_CODE(LAPIC), 0, &lapic, sizeof(lapic));
    for (uint16_t i = 0; i < FAKE_VCPUS; i++)
        at = record(at, HVM_SAVE_CODE(MTRR), i, &mtrr, sizeof(mtrr));
    at = record(at, HVM_SAVE_CODE(END), 0, NULL, 0);
    return (int)(at - ctxt_buf);
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid, uint8_t *hvm_ctxt, uint32_t size)
{
    size_t pos = 0;

    if (fake_hvm.fail_set)
        return errno = fake_hvm.fail_set, -1;
    for (;;) {
        struct hvm_save_descriptor d;
        const uint8_t *body = hvm_ctxt + pos + sizeof(d);

        assert_true(size - pos >= sizeof(d));
        memcpy(&d, hvm_ctxt + pos, sizeof(d));
        assert_true(d.length <= size - pos - sizeof(d));
        pos += sizeof(d) + d.length;
        if (d.typecode == HVM_SAVE_CODE(END))
            break;
        if (d.typecode == HVM_SAVE_CODE(HEADER)) {
            assert_int_equal(((const struct hvm_save_header *)body)->magic, FAKE_MAGIC);
            fake_hvm.header_set = true;
        } else if (d.typecode == HVM_SAVE_CODE(CPU)) {
            assert_int_equal(d.instance, 0);
            memcpy(&fake_hvm.cpu, body, sizeof(fake_hvm.cpu));
            fake_hvm.cpu_set = true;
        } else {
            assert_int_equal(d.typecode, HVM_SAVE_CODE(MTRR));
            assert_true(d.instance < FAKE_VCPUS);
            memcpy(&fake_hvm.mtrr[d.instance], body, sizeof(fake_hvm.mtrr[0]));
        }
    }
    assert_int_equal(pos, size);
    return 0;
}
