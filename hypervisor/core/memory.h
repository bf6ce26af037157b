/* SPDX-License-Identifier: MIT */
/* Between the files of memory_op. */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <hv/types.h>

/* memory.c: what a domain has, what is kept for it (populate on demand) included. */
uint64_t domain_pages(struct domain *d);

/* physmap.c.  *start: how many of the list are done; -EPREEMPTED: call again with it. */
long memory_add_to_physmap(vaddr_t arg, unsigned long *start);
long memory_add_to_physmap_batch(vaddr_t arg, unsigned long *start);
long memory_remove_from_physmap(vaddr_t arg);

#endif
