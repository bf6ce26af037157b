/* SPDX-License-Identifier: MIT */
/* Paths as clients write them, and the names they are made of. */
#ifndef XSD_PATH_H
#define XSD_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xenstore_lib.h"

/* An absolute path that follows the rules, or a special watch's name ("@..."). */
struct path {
    uint32_t len;
    uint32_t prefix; /* bytes that were put in front of a relative path */
    char text[XENSTORE_ABS_PATH_MAX + 32];
};

/* Make an absolute path of a domain's text.  -EINVAL when it breaks the rules. */
int path_make(struct path *path, uint32_t domid, const char *text);
/* The same for a watch, which may name a special event too. */
int path_make_watch(struct path *path, uint32_t domid, const char *text);

/* Make a path of bytes that must be an absolute one already.  -EINVAL. */
int path_from_bytes(struct path *path, const char *text, size_t len);
/* True for what may stand between two slashes. */
bool path_is_name(const char *text, size_t len);

static inline bool path_is_special(const struct path *path)
{
    return path->text[0] == '@';
}

/*
 * Visits the names of the first len bytes: start with at = 0; false at the end.  The root has
 * none.
 */
bool path_next(const char *text, size_t len, size_t *at, const char **name, size_t *name_len);
/* How many names there are. */
uint32_t path_depth(const char *text, size_t len);
/* The length of the parent's path; 1 for the root's children. */
size_t path_parent_len(const char *text, size_t len);

#endif
