/* SPDX-License-Identifier: MIT */
/* The part of <stdlib.h> that the kernel-image reader and the decompressors use (arch/x86/lib/libc.c). */
#ifndef HV_LIBC_STDLIB_H
#define HV_LIBC_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);

#endif
