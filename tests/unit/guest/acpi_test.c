/* SPDX-License-Identifier: MIT */
/* The ACPI tables of a PVH guest, read as a guest would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "x86/acpi.h"

#define BASE UINT64_C(0xfc000000)

static uint8_t tables[XG_ACPI_MAX_SIZE];
static size_t size;

static uint32_t get32(const uint8_t *p)
{
    uint32_t v = 0;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v = 0;

    memcpy(&v, p, sizeof(v));
    return v;
}

static void build(unsigned int vcpus, const uint8_t *online)
{
    struct xg_acpi_spec spec = {.base = BASE, .nr_vcpus = vcpus, .online = online};

    memset(tables, 0xee, sizeof(tables));
    size = xg_acpi_build(&spec, tables);
    assert_int_not_equal(size, 0);
}

static const uint8_t *sum_is_zero(const uint8_t *p, size_t len)
{
    assert_true(p >= tables && len <= size && p + len <= tables + size);
    assert_int_equal(xg_acpi_checksum(p, len), 0);
    return p;
}

/* The table at a guest-physical address: inside, of that kind, its sum zero. */
static const uint8_t *table(uint64_t address, const char *signature)
{
    const uint8_t *p = tables + (address - BASE);

    assert_true(address >= BASE && address - BASE + 36 <= size);
    assert_memory_equal(p, signature, 4);
    return sum_is_zero(p, get32(p + 4));
}

static const uint8_t *find(const char *signature)
{
    const uint8_t *xsdt = NULL;

    assert_memory_equal(tables, "RSD PTR ", 8);
    assert_int_equal(tables[15], 2);
    sum_is_zero(tables, 20);
    sum_is_zero(tables, get32(tables + 20));
    xsdt = table(get64(tables + 24), "XSDT");
    for (size_t at = 36; at < get32(xsdt + 4); at += 8) {
        const uint8_t *t = tables + (get64(xsdt + at) - BASE);

        if (!memcmp(t, signature, 4))
            return table(get64(xsdt + at), signature);
    }
    fail_msg("no table %s", signature);
    return NULL;
}

/* A package's length, and how many bytes it takes. */
static size_t package_length(const uint8_t *p, size_t *bytes)
{
    size_t len = p[0] & 0x3f;

    *bytes = 1u + (p[0] >> 6);
    if (*bytes > 1)
        len &= 0xf;
    for (size_t i = 1; i < *bytes; i++)
        len |= (size_t)p[i] << (8 * i - 4);
    return len;
}

/* Name (NAME, Byte): its value. */
static unsigned int byte_name(const uint8_t *p, const char *name)
{
    assert_int_equal(p[0], 0x08);
    assert_memory_equal(p + 1, name, 4);
    assert_int_equal(p[5], 0x0a);
    return p[6];
}

/* Device (CPxx) {_HID, _UID, _STA, _MAT}; returns what follows. */
static const uint8_t *processor(const uint8_t *p, unsigned int vcpu)
{
    size_t bytes = 0;
    const uint8_t *end = NULL;

    assert_int_equal(p[0], 0x5b);
    assert_int_equal(p[1], 0x82);
    end = p + 2 + package_length(p + 2, &bytes);
    p += 2 + bytes;
    assert_memory_equal(p, "CP", 2);
    p += 4;
    assert_memory_equal(p,
                        "\x08_HID\x0d"
                        "ACPI0007",
                        15);
    p += 15;
    assert_int_equal(byte_name(p, "_UID"), vcpu);
    p += 7;
    assert_int_equal(byte_name(p, "_STA"), 0xf);
    p += 7;
    assert_memory_equal(p, "\x08_MAT\x11", 6);
    p += 6;
    assert_ptr_equal(p + package_length(p, &bytes), end);
    p += bytes;
    assert_memory_equal(p, "\x0a\x08\x00\x08", 4);
    assert_int_equal(p[4], vcpu);
    assert_int_equal(p[5], vcpu * 2);
    assert_int_equal(get32(p + 6), 1);
    assert_ptr_equal(p + 10, end);
    return end;
}

static void check_dsdt(const uint8_t *dsdt, unsigned int vcpus)
{
    const uint8_t *end = dsdt + get32(dsdt + 4);
    const uint8_t *p = dsdt + 36;
    size_t bytes = 0;

    assert_int_equal(*p++, 0x10);
    assert_ptr_equal(p + package_length(p, &bytes), end);
    p += bytes;
    assert_memory_equal(p, "\\_SB_", 5);
    p += 5;
    for (unsigned int i = 0; i < vcpus; i++)
        p = processor(p, i);
    assert_ptr_equal(p, end);
}

static void every_processor_has_its_entries(void **state)
{
    static const unsigned int counts[] = {1, 2, 4, 17, XG_ACPI_MAX_VCPUS};

    for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
        const uint8_t *madt = NULL;

        build(counts[n], NULL);
        madt = find("APIC");
        assert_int_equal(get32(madt + 36), 0xfee00000);
        assert_int_equal(get32(madt + 4), 44 + 8 * counts[n]);
        for (unsigned int i = 0; i < counts[n]; i++) {
            const uint8_t entry[8] = {0, 8, (uint8_t)i, (uint8_t)(i * 2), 1};

            assert_memory_equal(madt + 44 + i * 8, entry, 8);
        }
        check_dsdt(table(get64(find("FACP") + 140), "DSDT"), counts[n]);
    }
}

static void offline_processors_are_marked(void **state)
{
    const uint8_t online[] = {0x05, 0x01};
    const uint8_t *madt = NULL;

    build(10, online);
    madt = find("APIC");
    for (unsigned int i = 0; i < 10; i++)
        assert_int_equal(get32(madt + 44 + i * 8 + 4), i == 0 || i == 2 || i == 8);
}

static void guest_is_told_that_there_is_no_acpi_hardware(void **state)
{
    const uint8_t *fadt = NULL;

    build(1, NULL);
    fadt = find("FACP");
    assert_int_equal(get32(fadt + 4), 268);
    assert_true(fadt[8] >= 5);
    assert_true(get32(fadt + 112) & 1u << 20);
    assert_int_equal(get32(fadt + 40), get64(fadt + 140));
    assert_int_equal(fadt[109] & 0x24, 0x24); /* no VGA, no CMOS clock */
    for (size_t i = 44; i < 109; i++)
        assert_int_equal(fadt[i], 0); /* no register blocks */
}

static void too_many_processors_are_refused(void **state)
{
    struct xg_acpi_spec spec = {.base = BASE, .nr_vcpus = XG_ACPI_MAX_VCPUS + 1};

    assert_int_equal(xg_acpi_build(&spec, tables), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_processor_has_its_entries),
        cmocka_unit_test(offline_processors_are_marked),
        cmocka_unit_test(guest_is_told_that_there_is_no_acpi_hardware),
        cmocka_unit_test(too_many_processors_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
