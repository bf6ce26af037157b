/* SPDX-License-Identifier: MIT */
/* Large tables of which little is used: zeroed, and costing only the pages that are touched. */
#ifndef XSD_SPARSE_H
#define XSD_SPARSE_H

#include <stddef.h>
#include <sys/mman.h>

static inline void *sparse_alloc(size_t size)
{
    void *table = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return table == MAP_FAILED ? NULL : table;
}

static inline void sparse_free(void *table, size_t size)
{
    if (table)
        munmap(table, size);
}

#endif
