/* SPDX-License-Identifier: MIT */
/*
 * Permission lists.  Nodes with equal lists share one object, so a list costs a node one pointer;
 * a list never changes while it is shared.
 */
#ifndef XSD_PERMS_H
#define XSD_PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Domain ids from here on name no real domain. */
#define DOMAIN_IDS  0x7ff0u
#define DOMAIN_NONE UINT32_MAX

#define PERM_READ  1
#define PERM_WRITE 2

struct perm {
    uint16_t domid;
    uint16_t bits;
};

/* Entry 0: the owner, and what all domains without an entry may do. */
struct perms {
    struct perms *next; /* in its bucket */
    uint32_t refs;
    uint32_t nr;
    struct perm entry[];
};

/* All zeros: empty.  It takes memory only while it has lists. */
struct perms_table {
    struct perms **bucket;
    uint32_t size, count;
};

/* Who asks: domain 0 may do all; a domain with a target may do what its target may. */
struct actor {
    uint32_t domid;
    uint32_t target; /* DOMAIN_NONE: none */
};

static inline bool actor_privileged(const struct actor *actor)
{
    return actor->domid == 0;
}

/* The shared list of these entries, with a reference for the caller; NULL: no memory. */
struct perms *perms_get(struct perms_table *table, const struct perm *entries, uint32_t nr);
struct perms *perms_ref(struct perms *perms);
void perms_put(struct perms_table *table, struct perms *perms);

/* What the actor may do: PERM_READ, PERM_WRITE. */
unsigned int perms_of(const struct perms *perms, const struct actor *actor);
bool perms_owned_by(const struct perms *perms, const struct actor *actor);
bool perms_mention(const struct perms *perms, uint32_t domid);
/* Whether any list does. */
bool perms_table_mentions(const struct perms_table *table, uint32_t domid);

/*
 * "r5" and the like, each with its nul, to entries and back.  perms_parse returns how many there
 * were, or -EINVAL, or -ENOENT for a domain that cannot be; perms_format writes at most size bytes and returns how many it needs.
 */
int perms_parse(const char *text, size_t len, struct perm *entries, uint32_t max);
size_t perms_format(const struct perms *perms, char *text, size_t size);

#endif
