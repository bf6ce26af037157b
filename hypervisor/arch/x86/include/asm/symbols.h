/* SPDX-License-Identifier: MIT */
/* Names of the image's functions, for dumps. */
#ifndef ASM_SYMBOLS_H
#define ASM_SYMBOLS_H

#include <hv/types.h>

/* The function that addr is in, and how far; NULL: not in the image's code. */
const char *symbol_lookup(unsigned long addr, unsigned long *offset);
size_t symbol_count(void);
const char *symbol_by_number(size_t nr, unsigned long *addr); /* NULL: no such */
/* " [<address>] name+0x12", then a newline. */
void print_symbol(const char *prefix, unsigned long addr);

/* Registers, and what looks like return addresses on the stack. */
void show_regs(const struct cpu_user_regs *regs);
void show_stack(const unsigned long *sp);

#endif
