/* SPDX-License-Identifier: MIT */
/*
 * The state image: all that a daemon knows, for the one that takes over (live update) or that
 * starts after it was killed (journal.h).  It follows the format that xen-doc describes in
 * designs/xenstore-migration (version 2, little endian), with records of our own for what that
 * format has no words for; a reader that does not know these may skip them.
 *
 *   header    8 bytes "xenstore", be32 version 2, be32 flags 0
 *   record    u32 type, u32 length of the body, the body, zeros up to a multiple of 8
 *
 * Records, in this order; those from 0x80000001 on are ours:
 *
 *   GLOBAL_DATA          i32 listening socket, i32 event channel device; -1: none
 *   DAEMON_STATE         u64 last generation, u64 requests served, i32 pid file, i32 VIRQ port,
 *                        u32 last connection's id, u32 soft limit of memory, u16 flags
 *                        (1: keep orphans, 2: tracing), u16 entries and the entries of each
 *                        special watch's permissions, the trace file's name with its nul
 *   GLOBAL_QUOTA_DATA    u16 number, u16 0, u32 each, names with their nuls
 *   NODE_DATA            u32 0, u32 0, u16 path length, u16 value length, u16 0, u16 entries,
 *                        entries {letter, u8 0, u16 domid}, path with its nul, value.
 *                        Parents come before their children, children in their order
 *   GENERATIONS          u64 value's, u64 list's: for each NODE_DATA, in their order
 *   DOMAIN_DATA          u16 domid, u16 own quotas, u32 features, u32 each, names
 *   DOMAIN_STATE         u16 domid, u16 target or 0x7fff, u32 its port, u64 its ring's frame,
 *                        u16 flags (1: introduced, 2: shut down)
 *   CONNECTION_DATA      u32 id, u16 type (0: ring, 1: socket), u16 0, {u16 domid, u16 target,
 *                        u32 local port} or {i32 socket, u32 0}, u16 bytes read of a message,
 *                        u16 rest of a partly sent message, u32 bytes to be sent with that, data
 *   CONNECTION_STATE     u32 id, u32 last transaction's id, u16 flags (1: broken), u16 0
 *   WATCH_DATA_EXTENDED  u32 connection, u16 path length, u16 token length, u16 depth (0xffff:
 *                        any), u16 0, path and token with their nuls
 *   TRANSACTION_DATA     u32 connection, u32 id
 *   TRANSACTION_STATE    of the transaction before: u64 generation at its start, u8 spoilt, the
 *                        tree as it began and as it is, then
 *                        u32 accesses {u16 length, u16 kinds, path},
 *                        u32 changes {u16 length, u16 type, u32 bytes, path, data}
 *   END
 *
 * A tree in TRANSACTION_STATE is told as what differs, the first from the store's, the second
 * from the first: u8 0: the same; or u8 1, u64 value's and u64 list's generation, u16 name
 * length, u16 value length, u16 entries, name, value, entries, u32 children, and each child.
 * In that form a child that is the same is u8 0, u16 name length, name.
 *
 * Whoever reads an image trusts nothing in it.
 */
#ifndef XSD_IMAGE_H
#define XSD_IMAGE_H

#include "server.h"

#define IMAGE_VERSION 2

enum image_record {
    IMAGE_END,
    IMAGE_GLOBAL_DATA,
    IMAGE_CONNECTION_DATA,
    IMAGE_WATCH_DATA,
    IMAGE_TRANSACTION_DATA,
    IMAGE_NODE_DATA,
    IMAGE_GLOBAL_QUOTA_DATA,
    IMAGE_DOMAIN_DATA,
    IMAGE_WATCH_DATA_EXTENDED,
    IMAGE_DAEMON_STATE = 0x80000001u,
    IMAGE_GENERATIONS,
    IMAGE_DOMAIN_STATE,
    IMAGE_CONNECTION_STATE,
    IMAGE_TRANSACTION_STATE,
};

/* Bytes that grow.  After a failure (no memory) nothing more is added. */
struct image {
    char *data;
    size_t len, cap;
    bool failed;
};

void image_free(struct image *image);
void image_add(struct image *image, const void *data, size_t len);
void image_add_u16(struct image *image, uint16_t value);
void image_add_u32(struct image *image, uint32_t value);
void image_add_u64(struct image *image, uint64_t value);
/* A record: returns where it starts, for image_end_record() after its body. */
size_t image_begin_record(struct image *image, uint32_t type);
void image_end_record(struct image *image, size_t start);
void image_add_perms(struct image *image, const struct perm *entries, uint32_t nr);

/* Bytes being read.  After the first that is missing all are zero and failed is set. */
struct image_reader {
    const char *data;
    size_t left;
    bool failed;
};

const void *image_take(struct image_reader *reader, size_t len);
uint16_t image_take_u16(struct image_reader *reader);
uint32_t image_take_u32(struct image_reader *reader);
uint64_t image_take_u64(struct image_reader *reader);
/* Entries, which must be sane; NULL or to be freed. */
struct perm *image_take_perms(struct image_reader *reader, uint32_t nr);

/* What the process has beside the server. */
struct image_globals {
    int socket_fd, evtchn_fd, pid_fd;
    int virq_port;
};

enum image_what {
    IMAGE_LIVE, /* everything */
    IMAGE_TREE, /* what survives the process: no sockets, nothing under way */
};

/* The server's state.  False: no memory. */
bool image_write(struct image *image, struct server *server, const struct image_globals *globals,
                 enum image_what what);

/* Who reads brings back what the image only names; each may be NULL. */
struct image_loader {
    void *ctx;
    void (*globals)(void *ctx, const struct image_globals *globals);
    /* A connection for the description, or NULL when it cannot be had: then it is lost. */
    struct conn *(*connect)(void *ctx, const struct conn_desc *desc);
};

/*
 * Fill a new server.  -EINVAL: no image, or a broken one; -ENOMEM.  *why, in words, lives as long
 * as the program.  After a failure the server is only good to be freed.
 */
int image_read(const void *data, size_t len, struct server *server,
               const struct image_loader *loader, const char **why);

/* image_tx.c */
struct transaction;
void image_write_transaction(struct image *image, const struct transaction *tx);
struct transaction *image_read_transaction(struct image_reader *reader, struct store *store,
                                           const struct actor *actor, uint32_t id);

#endif
