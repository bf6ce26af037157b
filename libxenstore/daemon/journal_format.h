/* SPDX-License-Identifier: MIT */
/* What the journal's writer and its reader share; journal.h describes it. */
#ifndef XSD_JOURNAL_FORMAT_H
#define XSD_JOURNAL_FORMAT_H

#include <stdint.h>

#define JOURNAL_PAGE 4096
#define JOURNAL_MAGIC                                                                              \
    {                                                                                              \
        'x', 's', 'j', 'o', 'u', 'r', 'n', 'l'                                                     \
    }
#define JOURNAL_VERSION   1
#define JOURNAL_NO_DOMAIN 0x7fff

struct journal_header {
    char magic[8];
    uint32_t version, zero;
    char boot[40];
    uint64_t image_len;
    uint64_t used;
};

enum journal_entry {
    JOURNAL_CHANGE = 1,
    JOURNAL_FORGET,
    JOURNAL_DOMAIN,
    JOURNAL_WATCH,
    JOURNAL_UNWATCH,
    JOURNAL_RESET,
};

/* The id of this boot of the machine. */
void journal_boot_id(char boot[40]);

#endif
