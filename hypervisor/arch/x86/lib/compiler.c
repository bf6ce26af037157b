/* SPDX-License-Identifier: MIT */
/* What the compiler calls for operations that the processor has no instruction for.  (libgcc's are
 * built for user space: with the red zone, which an interrupt in the hypervisor would overwrite.) */
#include <asm/compiler.h>

int __popcountdi2(unsigned long v)
{
    v -= v >> 1 & 0x5555555555555555UL;
    v = (v & 0x3333333333333333UL) + (v >> 2 & 0x3333333333333333UL);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
    return (int)(v * 0x0101010101010101UL >> 56);
}
