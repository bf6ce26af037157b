/* SPDX-License-Identifier: MIT */
/* ACPI tables of a PVH guest: hardware-reduced, with processors and nothing else. */
#ifndef XENGUEST_ACPI_H
#define XENGUEST_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough for XG_ACPI_MAX_VCPUS. */
#define XG_ACPI_MAX_SIZE  16384u
#define XG_ACPI_MAX_VCPUS 128u

struct xg_acpi_spec {
    uint64_t base; /* guest-physical address of the first byte */
    unsigned int nr_vcpus;
    const uint8_t *online; /* bit n: vCPU n is there from the start; NULL: all are */
};

/*
 * Write the tables, the root pointer (RSDP) first, to @buf of XG_ACPI_MAX_SIZE bytes.  Returns how
 * many bytes they take; 0 if there are more vCPUs than tables can tell.
 */
size_t xg_acpi_build(const struct xg_acpi_spec *spec, uint8_t *buf);

/* A byte that makes the sum of @len bytes zero, its own place being zero so far. */
uint8_t xg_acpi_checksum(const uint8_t *data, size_t len);

#endif
