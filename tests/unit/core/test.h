/* SPDX-License-Identifier: MIT */
/* What every test of the core begins with: a machine, dom0 and a guest, gone again without a
 * trace. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <hosted.h>
#include <hv/errno.h>
#include <xen/memory.h>

#define MACHINE   (64UL << 20)
#define TEST_CPUS 2

struct world {
    uint64_t free_before;
    struct domain *dom0, *guest;
    struct vcpu *v0, *v1; /* their first vCPUs */
    char *page0, *page1;  /* a frame of each for arguments */
};
static struct world w __attribute__((unused));

static inline void boot_once(void)
{
    static bool booted;

    if (!booted)
        hosted_boot(MACHINE, TEST_CPUS);
    booted = true;
}

static inline int world_up(void **state)
{
    boot_once();
    hosted_settle();
    w.free_before = heap_free_pages(NODE_ANY);
    w.dom0 = hosted_domain(0, true, 2, 32);
    w.guest = hosted_domain(1, false, 2, 32);
    w.v0 = w.dom0->vcpu[0];
    w.v1 = w.guest->vcpu[0];
    w.page0 = hosted_frame(w.dom0, 0);
    w.page1 = hosted_frame(w.guest, 0);
    return 0;
}

/* Everything is given back, to the page. */
static inline int world_down(void **state)
{
    if (w.guest)
        hosted_destroy(w.guest);
    if (w.dom0)
        hosted_destroy(w.dom0);
    hosted_settle();
    assert_int_equal(heap_free_pages(NODE_ANY), w.free_before);
    return 0;
}

/* A hypercall with one struct as its argument, through the caller's page. */
static inline long call_struct(struct vcpu *v, unsigned long nr, unsigned long cmd, void *arg,
                               size_t size, unsigned long count)
{
    char *page = v->domain->is_privileged ? w.page0 : w.page1;
    long rc;

    memcpy(page, arg, size);
    rc = hosted_call(v, nr, cmd, (unsigned long)page, count, 0);
    memcpy(arg, page, size);
    return rc;
}
#define CALL(v, nr, cmd, arg) call_struct(v, __HYPERVISOR_##nr, cmd, arg, sizeof(*(arg)), 1)

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_up, world_down)

#endif
