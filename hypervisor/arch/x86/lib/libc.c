/* SPDX-License-Identifier: MIT */
/* What the static zlib, liblzma and libzstd want of a C library.  They are built for user space:
 * they use SSE, the red zone and the stack protector.  So they run on the BSP only, before the first
 * guest exists (nobody's vector registers are at stake), with interrupts off (an interrupt on the
 * same stack would overwrite the red zone) and with FS pointing to libc_thread_block. */
#include <asm/msr.h>
#include <asm/processor.h>
#include <hv/mm.h>
#include <hv/printk.h>
#include <stdlib.h>
#include <asm/libc.h>

/* The stack protector's canary is at %fs:0x28. */
static unsigned long libc_thread_block[16] = {[5] = 0x9e3779b97f4a7c00};

void libc_init(void)
{
    wrmsr(MSR_FS_BASE, (unsigned long)libc_thread_block);
    clts();
}

void libc_run_constructors(void)
{
    extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

    for (void (*const *fn)(void) = __init_array_start; fn < __init_array_end; fn++)
        (*fn)();
}

void *malloc(size_t size)
{
    return hv_alloc_dirty(size);
}

void *calloc(size_t n, size_t size)
{
    size_t total;

    return __builtin_mul_overflow(n, size, &total) ? NULL : hv_alloc(total);
}

void free(void *p)
{
    hv_free(p);
}

void __stack_chk_fail(void)
{
    panic("stack overwritten in a library");
}

/* libzstd calls these two if they exist; as weak symbols that do not they are at address 0, which is too
 * far from the image for a call instruction.  0 says "no trace". */
unsigned long long ZSTD_trace_decompress_begin(const void *dctx)
{
    return 0;
}

void ZSTD_trace_decompress_end(unsigned long long ctx, const void *trace)
{
}
