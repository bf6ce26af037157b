/* SPDX-License-Identifier: MIT */
/* Preparations for the decompression libraries: see lib/libc.c. */
#ifndef ASM_LIBC_H
#define ASM_LIBC_H

void libc_init(void); /* the thread block of this CPU, vector registers usable */
void libc_run_constructors(void);
void __stack_chk_fail(void) __attribute__((__noreturn__));
unsigned long long ZSTD_trace_decompress_begin(const void *dctx);
void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace);

#endif
