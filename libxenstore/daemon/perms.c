/* SPDX-License-Identifier: MIT */
#include "perms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct perms **bucket_of(const struct perms_table *table, const struct perm *entries,
                                uint32_t nr)
{
    uint32_t hash = nr;

    for (uint32_t i = 0; i < nr; i++)
        hash = (hash ^ entries[i].domid ^ ((uint32_t)entries[i].bits << 16)) * 0x9e3779b1u;
    return &table->bucket[(hash ^ hash >> 15) & (table->size - 1)];
}

/* Fails only when there is no table at all: longer chains are slower, no worse. */
static bool make_room(struct perms_table *table)
{
    struct perms_table grown = {.size = table->size ? table->size * 2 : 64};

    if (table->count < table->size)
        return true;
    grown.bucket = calloc(grown.size, sizeof(*grown.bucket));
    if (!grown.bucket)
        return table->size;
    for (uint32_t i = 0; i < table->size; i++) {
        while (table->bucket[i]) {
            struct perms *perms = table->bucket[i];
            struct perms **to = bucket_of(&grown, perms->entry, perms->nr);

            table->bucket[i] = perms->next;
            perms->next = *to;
            *to = perms;
        }
    }
    free(table->bucket);
    table->bucket = grown.bucket;
    table->size = grown.size;
    return true;
}

struct perms *perms_get(struct perms_table *table, const struct perm *entries, uint32_t nr)
{
    struct perms **bucket = NULL, *perms = NULL;

    if (!make_room(table))
        return NULL;
    bucket = bucket_of(table, entries, nr);
    perms = *bucket;
    while (perms && (perms->nr != nr || memcmp(perms->entry, entries, nr * sizeof(*entries)) != 0))
        perms = perms->next;
    if (perms)
        return perms_ref(perms);
    perms = malloc(sizeof(*perms) + nr * sizeof(*entries));
    if (!perms)
        return NULL;
    perms->refs = 1;
    perms->nr = nr;
    memcpy(perms->entry, entries, nr * sizeof(*entries));
    perms->next = *bucket;
    *bucket = perms;
    table->count++;
    return perms;
}

struct perms *perms_ref(struct perms *perms)
{
    perms->refs++;
    return perms;
}

void perms_put(struct perms_table *table, struct perms *perms)
{
    struct perms **link = NULL;

    if (!perms || --perms->refs)
        return;
    link = bucket_of(table, perms->entry, perms->nr);
    while (*link != perms)
        link = &(*link)->next;
    *link = perms->next;
    free(perms);
    if (--table->count == 0) {
        free(table->bucket);
        *table = (struct perms_table){0};
    }
}

bool perms_owned_by(const struct perms *perms, const struct actor *actor)
{
    return actor_privileged(actor) || perms->entry[0].domid == actor->domid ||
           perms->entry[0].domid == actor->target;
}

unsigned int perms_of(const struct perms *perms, const struct actor *actor)
{
    if (perms_owned_by(perms, actor))
        return PERM_READ | PERM_WRITE;
    for (uint32_t i = 1; i < perms->nr; i++) {
        if (perms->entry[i].domid == actor->domid || perms->entry[i].domid == actor->target)
            return perms->entry[i].bits;
    }
    return perms->entry[0].bits;
}

bool perms_mention(const struct perms *perms, uint32_t domid)
{
    for (uint32_t i = 0; i < perms->nr; i++) {
        if (perms->entry[i].domid == domid)
            return true;
    }
    return false;
}

bool perms_table_mentions(const struct perms_table *table, uint32_t domid)
{
    for (uint32_t i = 0; i < table->size; i++) {
        for (const struct perms *p = table->bucket[i]; p; p = p->next) {
            if (perms_mention(p, domid))
                return true;
        }
    }
    return false;
}

static int bits_of_letter(char letter)
{
    switch (letter) {
    case 'n':
        return 0;
    case 'r':
        return PERM_READ;
    case 'w':
        return PERM_WRITE;
    case 'b':
        return PERM_READ | PERM_WRITE;
    default:
        return -1;
    }
}

int perms_parse(const char *text, size_t len, struct perm *entries, uint32_t max)
{
    const char *end = text + len;
    uint32_t nr = 0;

    if (!len || end[-1])
        return -EINVAL;
    while (text < end) {
        int bits = bits_of_letter(*text);
        char *rest = NULL;
        unsigned long domid = 0;

        if (bits < 0 || text[1] < '0' || text[1] > '9' || nr == max)
            return -EINVAL;
        domid = strtoul(text + 1, &rest, 10);
        if (*rest)
            return -EINVAL;
        if (domid >= DOMAIN_IDS)
            return -ENOENT;
        entries[nr++] = (struct perm){.domid = domid, .bits = bits};
        text = rest + 1;
    }
    return nr;
}

size_t perms_format(const struct perms *perms, char *text, size_t size)
{
    size_t len = 0;

    for (uint32_t i = 0; i < perms->nr; i++) {
        char one[16];
        int n = snprintf(one, sizeof(one), "%c%u", "nrwb"[perms->entry[i].bits],
                         perms -> entry[i].domid);

        if (len + n + 1 <= size)
            memcpy(text + len, one, n + 1);
        len += n + 1;
    }
    return len;
}
