/* SPDX-License-Identifier: MIT */
/* Doubly linked intrusive lists. */
#ifndef HV_LIST_H
#define HV_LIST_H

#include <hv/types.h>

struct list_head {
    struct list_head *next, *prev;
};

#define LIST_HEAD(name) struct list_head name = {&(name), &(name)}

static inline void list_init(struct list_head *h)
{
    h->next = h->prev = h;
}
/* Add at the front of the list. */
static inline void list_add(struct list_head *e, struct list_head *h)
{
    e->prev = h;
    e->next = h->next;
    h->next->prev = e;
    h->next = e;
}
/* Remove; the entry is left initialised, so that list_empty(entry) says "not on a list". */
static inline void list_del(struct list_head *e)
{
    e->next->prev = e->prev;
    e->prev->next = e->next;
    list_init(e);
}
static inline bool list_empty(const struct list_head *h)
{
    return h->next == h;
}

#define list_entry(p, type, member)       container_of(p, type, member)
#define list_first_entry(h, type, member) list_entry((h)->next, type, member)
#define list_for_each_entry(pos, h, member)                                                        \
    for (pos = list_entry((h)->next, __typeof__(*pos), member); &pos->member != (h);               \
         pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, h, member)                                                \
    for (pos = list_entry((h)->next, __typeof__(*pos), member),                                    \
        n = list_entry(pos->member.next, __typeof__(*pos), member);                                \
         &pos->member != (h); pos = n, n = list_entry(n->member.next, __typeof__(*pos), member))

#endif
