/* SPDX-License-Identifier: MIT */
/*
 * A kernel for tests: its devices are functions of the test, and it counts what is open and
 * mapped, so that a test sees what was not given back.
 */
#ifndef TESTS_CTRL_FAKE_KERNEL_H
#define TESTS_CTRL_FAKE_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

struct fake_kernel {
    /* The answer to an ioctl; a negative one is an errno value, negated. */
    long (*ioctl)(unsigned long request, void *arg);
    const char *missing; /* a device that is not there */
    int open_errno;      /* what opening a missing device gives */
    int fail_mmap;       /* fail this mmap from now, counted from 1; 0: none */
    int mmap_errno;
    bool close_fails;
    int open_fds;      /* descriptors that were not closed */
    long mapped;       /* bytes that were not unmapped */
    int mmaps;         /* mmaps in all */
    uint32_t incoming; /* what a read of 4 bytes gives */
    int read_errno;
    uint32_t written; /* what was written last */
    int ioctls;       /* ioctls in all */
};

extern struct fake_kernel fake;

/* A fresh kernel in place of the real one. */
void fake_kernel_install(void);

/* Fails the test if anything is still open or mapped. */
void fake_kernel_assert_clean(void);

/* Makes the n-th malloc or calloc from now on (counted from 1), and all after it, fail; 0: none. */
void fake_fail_allocation(int n);
/* Did an allocation fail since then? */
bool fake_allocation_failed(void);

#endif
