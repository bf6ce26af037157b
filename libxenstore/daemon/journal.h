/* SPDX-License-Identifier: MIT */
/*
 * The journal: what a daemon that was killed leaves for the next one.  A file in the run directory
 * (tmpfs: it costs no disk and ends with the boot) holds a state image of the tree, the domains and
 * the watches of their rings (image.h, IMAGE_TREE), then what has changed since.  Entries are
 * written through a mapping, so that they cost no system call and outlive the process; they count
 * from the moment when the file's "used" includes them, a commit's all at once.
 *
 * Not in it, for they end with the process: connections of sockets and their watches, open
 * transactions, requests not answered yet.
 *
 *   header   8 bytes "xsjournl", u32 version 1, u32 0, 40 bytes the boot's id,
 *            u64 length of the image, u64 used, zeros up to 4096
 *   image    and zeros up to a multiple of 4096
 *   entries  u32 type, u32 length of the body, the body, zeros up to a multiple of 8
 *
 *   CHANGE     u16 its type, u16 domid and u16 target of who made it, u16 path length, u32 number
 *              of bytes or permissions, path, these
 *   FORGET     u16 domid: the domain is gone, its nodes too
 *   DOMAIN     u16 domid, u16 target, u32 port, u64 frame, u32 features: introduced, or changed
 *   WATCH, UNWATCH  u16 domid, u16 depth, u16 path length, u16 token length, path, token with
 *              their nuls: of the domain's ring
 *   RESET      u16 domid: its ring has no watches any more
 */
#ifndef XSD_JOURNAL_H
#define XSD_JOURNAL_H

#include "server.h"
#include "transaction.h"

struct journal;

/* Begin with what the server knows now.  NULL with errno. */
struct journal *journal_open(const char *path, struct server *server);
void journal_close(struct journal *journal);

/* Each does nothing without a journal.  When one cannot be kept it is removed, and that is logged. */
void journal_change(struct journal *journal, const struct actor *actor, const struct path *path,
                    enum change_type type, const void *data, uint32_t len);
void journal_commit(struct journal *journal, const struct transaction *tx);
void journal_forget(struct journal *journal, uint32_t domid);
void journal_domain(struct journal *journal, const struct domain *domain);
void journal_watch(struct journal *journal, const struct conn *conn, const struct watch *watch,
                   bool set);
void journal_reset(struct journal *journal, const struct conn *conn);
/* Something changed that entries do not tell: the journal has to begin anew. */
void journal_renew(struct journal *journal);
/* Between two turns: begin anew if it must, or has grown too long. */
void journal_settle(struct journal *journal);

/*
 * Fill a new server from the journal of a daemon that is gone.  -ENOENT: there is none of this
 * boot; -EINVAL: it is broken, *why in words; -ENOMEM.  Domains' connections are parked: they have
 * their watches and lead nowhere.
 */
int journal_load(const char *path, struct server *server, const char **why);
/* The same from a file's bytes. */
int journal_read(const char *data, size_t size, struct server *server, const char **why);

/* A connection that leads nowhere and keeps what belongs to one.  NULL: no memory. */
struct conn *conn_park(struct server *server, uint32_t domid);

#endif
