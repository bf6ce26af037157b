/* SPDX-License-Identifier: MIT */
/* Faults that the hypervisor expects of itself. */
#include <asm/processor.h>

unsigned long ex_table_search(unsigned long rip)
{
    extern const struct ex_entry __ex_table_start[], __ex_table_end[];

    for (const struct ex_entry *e = __ex_table_start; e < __ex_table_end; e++)
        if (e->from == rip)
            return e->to;
    return 0;
}
