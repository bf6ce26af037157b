/* SPDX-License-Identifier: MIT */
#ifndef ASM_COMPILER_H
#define ASM_COMPILER_H

int __popcountdi2(unsigned long v);

#endif
