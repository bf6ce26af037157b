/* SPDX-License-Identifier: MIT */
/* Lists of children, whole and in parts. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "request.h"
#include "transaction.h"

static int list_node(struct request *rq, const char *text, struct node **node)
{
    struct view view = request_view(rq);
    struct path path;
    int rc = path_make(&path, rq->conn->actor.domid, text);

    if (!rc)
        rc = request_note(rq, &path, ACCESS_LIST);
    return rc ? rc : view_get(&view, &rq->conn->actor, &path, node);
}

int request_directory(struct request *rq)
{
    const char *text = request_arg(rq);
    struct node *node = NULL, *child = NULL;
    char list[XENSTORE_PAYLOAD_MAX];
    size_t len = 0;
    int rc = text && request_args_end(rq) ? list_node(rq, text, &node) : -EINVAL;

    if (rc)
        return rc;
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++) {
        if (len + child->name_len + 1 > sizeof(list))
            return -E2BIG;
        memcpy(list + len, child->data, child->name_len);
        len += child->name_len;
        list[len++] = '\0';
    }
    request_reply(rq, list, len);
    return 0;
}

/* The bytes of the whole list from offset on, in whole names; one nul more when that was all. */
int request_directory_part(struct request *rq)
{
    const char *text = request_arg(rq);
    struct node *node = NULL, *child = NULL;
    char part[XENSTORE_PAYLOAD_MAX];
    uint64_t offset = 0, at = 0;
    size_t len = 0;
    int rc = request_number(request_arg(rq), UINT32_MAX, &offset);

    if (!rc)
        rc = request_args_end(rq) ? list_node(rq, text, &node) : -EINVAL;
    if (rc)
        return rc;
    len = snprintf(part, sizeof(part), "%llu", (unsigned long long)node->dir_gen) + 1;
    for (uint32_t i = 0; (child = node_child_at(node, &i)); i++) {
        uint64_t end = at + child->name_len + 1;
        size_t skip = offset > at ? offset - at : 0;

        at = end;
        if (offset >= end)
            continue;
        /* Room for the nul that may have to end the list. */
        if (len + child->name_len + 1 - skip > sizeof(part) - 1)
            break;
        memcpy(part + len, child->data + skip, child->name_len - skip);
        len += child->name_len - skip;
        part[len++] = '\0';
    }
    if (!child)
        part[len++] = '\0';
    request_reply(rq, part, len);
    return 0;
}
