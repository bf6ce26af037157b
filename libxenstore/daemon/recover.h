/* SPDX-License-Identifier: MIT */
/* Starting where a killed daemon stopped. */
#ifndef XSD_RECOVER_H
#define XSD_RECOVER_H

#include "xen.h"

/* Where the journal is; NULL: no memory.  To be freed. */
char *recover_journal_path(void);
/*
 * Fill a new server from the journal, or leave it empty: with a word in the log when there was
 * something that cannot be had.  -ENOMEM.
 */
int recover_load(struct server *server, const char *journal);
/* Connect the domains that were loaded.  Without a hypervisor xen is NULL. */
void recover_domains(struct server *server, struct xen *xen);

#endif
