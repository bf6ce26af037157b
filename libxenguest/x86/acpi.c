/* SPDX-License-Identifier: MIT */
/*
 * The tables follow the ACPI specification, 5.0: chapter 5.2 for their layouts, 20.2 for the byte
 * code (AML) of the one definition block.  A PVH guest has no ACPI hardware, so the fixed table
 * says "hardware-reduced", and a guest does not look for registers that are not there.
 */
#include <string.h>
#include "x86/acpi.h"

#define LOCAL_APIC_BASE 0xfee00000u
#define APIC_ID(vcpu)   ((vcpu)*2)

#define RSDP_V1_SIZE 20 /* what its first checksum is over */
#define RSDP_SIZE    36
#define HEADER_SIZE  36
#define FADT_SIZE    268
#define ALIGNMENT    16

#define FADT_DSDT        40
#define FADT_BOOT_ARCH   109
#define FADT_FLAGS       112
#define FADT_X_DSDT      140
#define BOOT_NO_VGA      (1u << 2)
#define BOOT_NO_CMOS_RTC (1u << 5)
#define FADT_WBINVD      (1u << 0)
#define FADT_PROC_C1     (1u << 2)
#define FADT_PWR_BUTTON  (1u << 4) /* set: no fixed one */
#define FADT_SLP_BUTTON  (1u << 5)
#define FADT_FIX_RTC     (1u << 6)
#define FADT_HW_REDUCED  (1u << 20)

#define MADT_LOCAL_APIC      0
#define MADT_LOCAL_APIC_SIZE 8
#define MADT_ENABLED         (1u << 0)

#define AML_NAME    0x08
#define AML_BYTE    0x0a
#define AML_STRING  0x0d
#define AML_SCOPE   0x10
#define AML_BUFFER  0x11
#define AML_EXT     0x5b
#define AML_DEVICE  0x82
#define STA_PRESENT 0x0f /* present, enabled, shown, working */

/* XG_ACPI_MAX_SIZE bounds what is written by construction; the check is for later changes. */
struct out {
    uint8_t *buf;
    size_t len;
    bool full;
    uint64_t base;
};

static void put(struct out *o, const void *data, size_t len)
{
    o->full |= len > XG_ACPI_MAX_SIZE - o->len;
    if (o->full)
        return;
    memcpy(o->buf + o->len, data, len);
    o->len += len;
}

static void put8(struct out *o, unsigned int value)
{
    uint8_t byte = (uint8_t)value;

    put(o, &byte, 1);
}

static void put32(struct out *o, uint32_t value)
{
    put(o, &value, sizeof(value)); /* x86 and ACPI are both little-endian */
}

static void put64(struct out *o, uint64_t value)
{
    put(o, &value, sizeof(value));
}

static void put_zeroes(struct out *o, size_t len)
{
    while (len--)
        put8(o, 0);
}

static void align(struct out *o)
{
    put_zeroes(o, -o->len % ALIGNMENT);
}

uint8_t xg_acpi_checksum(const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + data[i]);
    return (uint8_t)-sum;
}

/* ---- tables in general ---- */

/* Begin a table; returns where it is.  end_table() fills in length and checksum. */
static size_t begin_table(struct out *o, const char *signature, uint8_t revision)
{
    size_t at = 0;

    align(o);
    at = o->len;
    put(o, signature, 4);
    put32(o, 0);
    put8(o, revision);
    put8(o, 0);
    put(o, "Xen\0\0\0", 6);
    put(o, "PVH\0\0\0\0", 8);
    put32(o, 0);
    put(o, "XSDK", 4);
    put32(o, 1);
    return at;
}

static void end_table(struct out *o, size_t at)
{
    uint32_t len = (uint32_t)(o->len - at);

    if (o->full)
        return;
    memcpy(o->buf + at + 4, &len, sizeof(len));
    o->buf[at + 9] = xg_acpi_checksum(o->buf + at, len);
}

/* ---- AML ---- */

/*
 * A package's length comes before its content and counts itself.  Always in three bytes, though
 * shorter ones would do for some: so its place can be kept before the length is known.
 */
static size_t begin_package(struct out *o)
{
    put_zeroes(o, 3);
    return o->len;
}

static void end_package(struct out *o, size_t content)
{
    size_t len = o->len - content + 3;

    if (o->full)
        return;
    o->buf[content - 3] = (uint8_t)(2u << 6 | (len & 0xf));
    o->buf[content - 2] = (uint8_t)(len >> 4);
    o->buf[content - 1] = (uint8_t)(len >> 12);
}

static void put_name(struct out *o, const char *name)
{
    put8(o, AML_NAME);
    put(o, name, 4);
}

static void put_byte_name(struct out *o, const char *name, unsigned int value)
{
    put_name(o, name);
    put8(o, AML_BYTE);
    put8(o, value);
}

static void put_local_apic(struct out *o, unsigned int vcpu, bool enabled)
{
    put8(o, MADT_LOCAL_APIC);
    put8(o, MADT_LOCAL_APIC_SIZE);
    put8(o, vcpu);
    put8(o, APIC_ID(vcpu));
    put32(o, enabled ? MADT_ENABLED : 0);
}

/*
 * A processor that the guest may bring up later needs an object of its own, whose _MAT says it is
 * enabled: Linux learns its APIC id from there, and starts it when the store says "online".
 */
static void put_processor(struct out *o, unsigned int vcpu)
{
    static const char digits[] = "0123456789ABCDEF";
    const char name[] = {'C', 'P', digits[vcpu >> 4 & 0xf], digits[vcpu & 0xf]};
    size_t device = 0;
    size_t buffer = 0;

    put8(o, AML_EXT);
    put8(o, AML_DEVICE);
    device = begin_package(o);
    put(o, name, sizeof(name));
    put_name(o, "_HID");
    put8(o, AML_STRING);
    put(o, "ACPI0007", 9);
    put_byte_name(o, "_UID", vcpu);
    put_byte_name(o, "_STA", STA_PRESENT);
    put_name(o, "_MAT");
    put8(o, AML_BUFFER);
    buffer = begin_package(o);
    put8(o, AML_BYTE);
    put8(o, MADT_LOCAL_APIC_SIZE);
    put_local_apic(o, vcpu, true);
    end_package(o, buffer);
    end_package(o, device);
}

/* ---- each table; all return where they are ---- */

static size_t put_dsdt(struct out *o, const struct xg_acpi_spec *spec)
{
    size_t at = begin_table(o, "DSDT", 2);
    size_t scope = 0;

    put8(o, AML_SCOPE);
    scope = begin_package(o);
    put(o, "\\_SB_", 5);
    for (unsigned int i = 0; i < spec->nr_vcpus; i++)
        put_processor(o, i);
    end_package(o, scope);
    end_table(o, at);
    return at;
}

static size_t put_fadt(struct out *o, size_t dsdt)
{
    size_t at = begin_table(o, "FACP", 5);
    uint16_t boot = BOOT_NO_VGA | BOOT_NO_CMOS_RTC;
    uint32_t flags = FADT_WBINVD | FADT_PROC_C1 | FADT_PWR_BUTTON | FADT_SLP_BUTTON | FADT_FIX_RTC |
                     FADT_HW_REDUCED;
    uint64_t address = o->base + dsdt;
    uint32_t low = (uint32_t)address;

    put_zeroes(o, FADT_SIZE - HEADER_SIZE);
    if (!o->full) {
        uint8_t *fadt = o->buf + at;

        memcpy(fadt + FADT_DSDT, &low, sizeof(low));
        memcpy(fadt + FADT_BOOT_ARCH, &boot, sizeof(boot));
        memcpy(fadt + FADT_FLAGS, &flags, sizeof(flags));
        memcpy(fadt + FADT_X_DSDT, &address, sizeof(address));
    }
    end_table(o, at);
    return at;
}

static bool is_online(const struct xg_acpi_spec *spec, unsigned int vcpu)
{
    return !spec->online || (spec->online[vcpu / 8] >> (vcpu % 8) & 1);
}

static size_t put_madt(struct out *o, const struct xg_acpi_spec *spec)
{
    size_t at = begin_table(o, "APIC", 3);

    put32(o, LOCAL_APIC_BASE);
    put32(o, 0); /* no 8259s */
    for (unsigned int i = 0; i < spec->nr_vcpus; i++)
        put_local_apic(o, i, is_online(spec, i));
    end_table(o, at);
    return at;
}

static size_t put_xsdt(struct out *o, size_t fadt, size_t madt)
{
    size_t at = begin_table(o, "XSDT", 1);

    put64(o, o->base + fadt);
    put64(o, o->base + madt);
    end_table(o, at);
    return at;
}

/* Its place is kept from the beginning. */
static void write_rsdp(uint8_t *rsdp, uint64_t xsdt)
{
    uint32_t len = RSDP_SIZE;

    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, "Xen\0\0\0", 6);
    rsdp[15] = 2;
    memcpy(rsdp + 20, &len, sizeof(len));
    memcpy(rsdp + 24, &xsdt, sizeof(xsdt));
    rsdp[8] = xg_acpi_checksum(rsdp, RSDP_V1_SIZE);
    rsdp[32] = xg_acpi_checksum(rsdp, RSDP_SIZE);
}

size_t xg_acpi_build(const struct xg_acpi_spec *spec, uint8_t *buf)
{
    struct out o = {.buf = buf, .base = spec->base};
    size_t dsdt = 0;
    size_t xsdt = 0;
    size_t fadt = 0;

    if (spec->nr_vcpus > XG_ACPI_MAX_VCPUS)
        return 0;
    put_zeroes(&o, RSDP_SIZE);
    dsdt = put_dsdt(&o, spec);
    fadt = put_fadt(&o, dsdt);
    xsdt = put_xsdt(&o, fadt, put_madt(&o, spec));
    if (o.full)
        return 0;
    write_rsdp(buf, spec->base + xsdt);
    return o.len;
}
