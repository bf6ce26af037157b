/* SPDX-License-Identifier: MIT */
/* Who is told of what. */

#include <stdio.h>
#include <string.h>
#include "server.h"

static const char *const special_names[SPECIAL_COUNT] = {
    [SPECIAL_INTRODUCE] = "@introduceDomain",
    [SPECIAL_RELEASE] = "@releaseDomain",
};

enum special_watch special_named(const char *name)
{
    int which = 0;

    while (which < SPECIAL_COUNT && strcmp(name, special_names[which]) != 0)
        which++;
    return which;
}

/* Events go to those who may read what changed, with its permissions now or, if gone, before. */
static void tell_reader(void *perms, struct watch *watch, const char *path)
{
    if (perms_of(perms, &watch->conn->actor) & PERM_READ)
        conn_send_event(watch->conn, watch, path);
}

void notify_changed(void *server, const struct path *path, struct node *before, struct node *after)
{
    struct watch_table *watches = &((struct server *)server)->watches;
    struct perms *perms = after ? after->perms : before->perms;

    watch_fire(watches, path, tell_reader, perms);
    /* What was below went with it; asking each node for its permissions is not worth it. */
    if (before && node_children(before))
        watch_fire_below(watches, path, before, after, tell_reader, before->perms);
}

void notify_special(struct server *server, enum special_watch which, uint32_t domid)
{
    struct path path = {0};

    path.len = sprintf(path.text, "%s/%u", special_names[which], domid);
    watch_fire(&server->watches, &path, tell_reader, server->special[which]);
}
