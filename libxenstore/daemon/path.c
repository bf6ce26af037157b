/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool permitted(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '/' || c == '_' || c == '@';
}

static bool follows_rules(const char *text, size_t len)
{
    if (len == 1)
        return text[0] == '/';
    if (len == 0 || text[len - 1] == '/')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!permitted(text[i]) || (text[i] == '/' && text[i + 1] == '/'))
            return false;
    }
    return true;
}

int path_make(struct path *path, uint32_t domid, const char *text)
{
    size_t len = strlen(text);
    size_t max = text[0] == '/' ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX;

    path->prefix = 0;
    if (len == 0 || len > max || text[0] == '@')
        return -EINVAL;
    if (text[0] != '/')
        path->prefix = sprintf(path->text, "/local/domain/%u/", domid);
    memcpy(path->text + path->prefix, text, len + 1);
    path->len = path->prefix + len;
    return follows_rules(path->text, path->len) ? 0 : -EINVAL;
}

int path_from_bytes(struct path *path, const char *text, size_t len)
{
    if (len == 0 || len > XENSTORE_ABS_PATH_MAX || text[0] != '/')
        return -EINVAL;
    memcpy(path->text, text, len);
    path->text[len] = '\0';
    path->len = len;
    path->prefix = 0;
    return follows_rules(path->text, len) ? 0 : -EINVAL;
}

bool path_is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!permitted(text[i]) || text[i] == '/')
            return false;
    }
    return len;
}

int path_make_watch(struct path *path, uint32_t domid, const char *text)
{
    size_t len = strlen(text);

    if (text[0] != '@')
        return path_make(path, domid, text);
    if (len > XENSTORE_REL_PATH_MAX)
        return -EINVAL;
    path->prefix = 0;
    path->len = len;
    memcpy(path->text, text, len + 1);
    return 0;
}

bool path_next(const char *text, size_t len, size_t *at, const char **name, size_t *name_len)
{
    const char *end = NULL;

    if (*at < len && text[*at] == '/')
        (*at)++;
    if (*at >= len)
        return false;
    *name = text + *at;
    end = memchr(*name, '/', len - *at);
    *name_len = end ? (size_t)(end - *name) : len - *at;
    *at += *name_len;
    return true;
}

uint32_t path_depth(const char *text, size_t len)
{
    uint32_t depth = 0;
    size_t at = 0, name_len = 0;
    const char *name = NULL;

    while (path_next(text, len, &at, &name, &name_len))
        depth++;
    return depth;
}

size_t path_parent_len(const char *text, size_t len)
{
    while (len > 1 && text[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 1;
}
