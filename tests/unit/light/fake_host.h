/* SPDX-License-Identifier: MIT */
/*
 * A host in memory: a store, a hypervisor and a domain builder that do what libxenlight asks, in
 * place of the libraries'.  Any one call can be made to fail.
 */
#ifndef TEST_LIGHT_FAKE_HOST_H
#define TEST_LIGHT_FAKE_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* Forget everything; dom0 is there, with its name. */
void host_reset(void);
/* The n-th call from now on fails with EIO; 0: none does. */
void host_fail_at(int n);
/* Whether that call came. */
bool host_failed(void);
/* "path = value (permissions)" lines of everything in the store; the caller frees it. */
char *host_store(void);
const char *host_read(const char *path);
void host_write(const char *path, const char *value);
/* Guests other than dom0. */
int host_domains(void);
/* Event channels allocated in guests that are still there. */
int host_ports(void);
bool host_paused(uint32_t domid);
/* A guest shut itself down, for a reason; the store tells. */
void host_guest_shuts_down(uint32_t domid, unsigned int reason);
/* The hypervisor has the guest no more; nothing else knows. */
void host_domain_vanishes(uint32_t domid);
/* The guest acknowledges requests for shutdown as soon as they are made. */
void host_guest_acknowledges(bool on);
/* xenconsoled gives terminals to consoles as soon as they are described. */
void host_has_consoled(bool on);
/* Drivers serve vbd and vif devices as soon as they are described, and close when asked to. */
void host_has_backends(bool on);
/* The guest connects to its devices, and lets go of those that it is asked for. */
void host_guest_has_drivers(bool on);
/* Watches that the store has been asked for. */
int host_watches(void);
/* Handles that are open. */
int host_handles(void);
uint64_t host_max_kb(uint32_t domid);
/* What the last domain in a hardware container was made with. */
struct host_container {
    uint32_t flags, emulation;
    uint64_t params[64];
    uint64_t pool;      /* bytes for its paging */
    uint64_t on_demand; /* pages */
    uint64_t target_pages;
    unsigned int mem_mb, max_vcpus;
    uint8_t online; /* bitmap */
    bool is_hvm;    /* as the builder was told */
};
const struct host_container *host_container(void);
/* Whether the CPUs can do that. */
void host_has_containers(bool on);

#endif
