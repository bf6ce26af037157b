/* SPDX-License-Identifier: MIT */
/* One function for each request of the protocol but the watches. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "private.h"

#define PART(text)                                                                                 \
    {                                                                                              \
        .iov_base = (char *)(text), .iov_len = strlen(text) + 1                                    \
    }

/* An absent node is an answer; everything else that went wrong belongs into the error chain. */
static void read_failed(const char *operation, const char *path)
{
    if (errno != ENOENT)
        xs__failed(operation, path);
}

static bool done(char *reply, const char *operation, const char *path)
{
    if (!reply)
        xs__failed(operation, path);
    return xs__answered_ok(reply);
}

PUBLIC void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
    char *value = xs__talk_str(h, t, XS_READ, path, len);

    if (!value)
        read_failed("xs_read", path);
    return value;
}

PUBLIC bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
                     unsigned int len)
{
    struct iovec iov[] = {PART(path), {.iov_base = (void *)data, .iov_len = len}};

    return done(xs__talk(h, t, XS_WRITE, iov, 2, NULL), "xs_write", path);
}

PUBLIC bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return done(xs__talk_str(h, t, XS_MKDIR, path, NULL), "xs_mkdir", path);
}

PUBLIC bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    return done(xs__talk_str(h, t, XS_RM, path, NULL), "xs_rm", path);
}

/* Names, each with its nul, become an array and the names in one allocation. */
static char **split_names(const char *names, size_t len, unsigned int *num)
{
    unsigned int count = 0;
    char **array = NULL, *text = NULL;

    for (size_t i = 0; i < len; i++)
        count += names[i] == '\0';
    array = malloc((count + 1) * sizeof(char *) + len + 1);
    if (!array)
        return NULL;
    text = memcpy(array + count + 1, names, len);
    for (unsigned int i = 0; i < count; i++) {
        array[i] = text;
        text += strlen(text) + 1;
    }
    array[count] = NULL;
    *num = count;
    return array;
}

/* A list longer than a message is read part by part; it must not change meanwhile. */
struct long_list {
    char *names;
    size_t len;
    char generation[24];
    bool complete;
    bool changed;
};

static int read_part(struct xs_handle *h, xs_transaction_t t, const char *path,
                     struct long_list *list)
{
    char offset[24], *reply = NULL, *grown = NULL;
    unsigned int len = 0;
    size_t gen_len = 0;
    int rc = -1;

    snprintf(offset, sizeof(offset), "%zu", list->len);
    struct iovec iov[] = {PART(path), PART(offset)};
    reply = xs__talk(h, t, XS_DIRECTORY_PART, iov, 2, &len);
    if (!reply)
        return -1;
    gen_len = strlen(reply) + 1;
    if (gen_len > sizeof(list->generation) || gen_len > len) {
        errno = EIO;
        goto out;
    }
    if (!list->len)
        memcpy(list->generation, reply, gen_len);
    list->changed = strcmp(list->generation, reply) != 0;
    /* An empty name ends the list. */
    list->complete = len < gen_len + 2 || reply[len - 1] != '\0' || reply[len - 2] == '\0';
    len -= gen_len + (list->complete && len > gen_len ? 1 : 0);
    grown = realloc(list->names, list->len + len + 1);
    if (grown) {
        list->names = grown;
        memcpy(list->names + list->len, reply + gen_len, len);
        list->len += len;
        rc = 0;
    }
out:
    free(reply);
    return rc;
}

static char **read_long_list(struct xs_handle *h, xs_transaction_t t, const char *path,
                             unsigned int *num)
{
    struct long_list list = {0};
    char **names = NULL;

    while (!list.complete) {
        if (read_part(h, t, path, &list) != 0)
            goto out;
        if (list.changed) {
            free(list.names);
            list = (struct long_list){0};
        }
    }
    names = split_names(list.names, list.len, num);
out:
    free(list.names);
    return names;
}

PUBLIC char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                           unsigned int *num)
{
    unsigned int len = 0;
    char **names = NULL;
    char *reply = xs__talk_str(h, t, XS_DIRECTORY, path, &len);

    if (reply)
        names = split_names(reply, len, num);
    else if (errno == E2BIG)
        names = read_long_list(h, t, path, num);
    free(reply);
    if (!names)
        read_failed("xs_directory", path);
    return names;
}

struct xs_permissions *xs__permissions(const char *reply, unsigned int len, unsigned int *num)
{
    unsigned int count = 0;
    struct xs_permissions *perms = NULL;

    if (!reply)
        return NULL;
    for (unsigned int i = 0; i < len; i++)
        count += reply[i] == '\0';
    perms = malloc((count + 1) * sizeof(*perms));
    if (perms && !xs_strings_to_perms(perms, count, reply)) {
        free(perms);
        perms = NULL;
        errno = EIO;
    }
    if (perms)
        *num = count;
    return perms;
}

PUBLIC struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t,
                                                 const char *path, unsigned int *num)
{
    unsigned int len = 0;
    char *reply = xs__talk_str(h, t, XS_GET_PERMS, path, &len);
    struct xs_permissions *perms = xs__permissions(reply, len, num);

    if (!reply)
        read_failed("xs_get_permissions", path);
    free(reply);
    return perms;
}

/* One entry as the protocol writes it, with its nul; returns the length, or -1 with errno. */
static int print_perm(char *text, size_t room, const struct xs_permissions *perm)
{
    int len = 0;

    if (perm->perms & ~(XS_PERM_READ | XS_PERM_WRITE)) {
        errno = EINVAL;
        return -1;
    }
    len = snprintf(text, room, "%c%u", "nrwb"[perm->perms], perm -> id) + 1;
    if ((size_t)len <= room)
        return len;
    errno = E2BIG;
    return -1;
}

PUBLIC bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
                               struct xs_permissions *perms, unsigned int num_perms)
{
    char text[XENSTORE_PAYLOAD_MAX];
    struct iovec iov[] = {PART(path), {.iov_base = text}};

    for (unsigned int i = 0; i < num_perms; i++) {
        size_t len = iov[1].iov_len;
        int more = print_perm(text + len, sizeof(text) - len, &perms[i]);

        if (more < 0) {
            xs__failed("xs_set_permissions", path);
            return false;
        }
        iov[1].iov_len += more;
    }
    return done(xs__talk(h, t, XS_SET_PERMS, iov, 2, NULL), "xs_set_permissions", path);
}

PUBLIC xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    xs_transaction_t t = XBT_NULL;
    uint32_t generation = 0;
    char *reply = NULL;
    bool same = false;

    while (!same) {
        generation = xs__generation(h);
        reply = xs__talk_str(h, XBT_NULL, XS_TRANSACTION_START, "", NULL);
        if (!reply) {
            xs__failed("xs_transaction_start", NULL);
            return XBT_NULL;
        }
        same = xs__transaction_began(h, generation, strtoul(reply, NULL, 0), &t);
        free(reply);
    }
    return t;
}

PUBLIC bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    char *reply = xs__talk_str(h, t, XS_TRANSACTION_END, abort ? "F" : "T", NULL);

    if (!reply && errno != EAGAIN)
        xs__failed("xs_transaction_end", NULL);
    return xs__answered_ok(reply);
}

PUBLIC bool xs_introduce_domain(struct xs_handle *h, unsigned int domid, unsigned long mfn,
                                unsigned int eventchn)
{
    char id[16], frame[24], port[16];

    snprintf(id, sizeof(id), "%u", domid);
    snprintf(frame, sizeof(frame), "%ld", (long)mfn); /* signed, says the protocol */
    snprintf(port, sizeof(port), "%u", eventchn);
    struct iovec iov[] = {PART(id), PART(frame), PART(port)};
    return done(xs__talk(h, XBT_NULL, XS_INTRODUCE, iov, 3, NULL), "xs_introduce_domain", NULL);
}

PUBLIC bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
    char id[16], of[16];

    snprintf(id, sizeof(id), "%u", domid);
    snprintf(of, sizeof(of), "%u", target);
    struct iovec iov[] = {PART(id), PART(of)};
    return done(xs__talk(h, XBT_NULL, XS_SET_TARGET, iov, 2, NULL), "xs_set_target", NULL);
}

static char *about_domain(struct xs_handle *h, enum xsd_sockmsg_type type, unsigned int domid,
                          const char *operation)
{
    char id[16], *reply = NULL;

    snprintf(id, sizeof(id), "%u", domid);
    reply = xs__talk_str(h, XBT_NULL, type, id, NULL);
    if (!reply)
        xs__failed(operation, NULL);
    return reply;
}

PUBLIC bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
    return xs__answered_ok(about_domain(h, XS_RESUME, domid, "xs_resume_domain"));
}

PUBLIC bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    return xs__answered_ok(about_domain(h, XS_RELEASE, domid, "xs_release_domain"));
}

PUBLIC char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
    return about_domain(h, XS_GET_DOMAIN_PATH, domid, "xs_get_domain_path");
}

PUBLIC bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
    char *reply = about_domain(h, XS_IS_DOMAIN_INTRODUCED, domid, "xs_is_domain_introduced");
    bool introduced = reply && strcmp(reply, "T") == 0;

    free(reply);
    return introduced;
}

PUBLIC bool xs_restrict(struct xs_handle *h, unsigned domid)
{
    errno = EOPNOTSUPP;
    return false;
}

PUBLIC char *xs_control_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
    struct iovec iov[] = {PART(cmd), {.iov_base = data, .iov_len = data ? len : 0}};
    char *reply = xs__talk(h, XBT_NULL, XS_CONTROL, iov, 2, NULL);

    if (!reply)
        xs__failed("xs_control_command", NULL);
    return reply;
}

PUBLIC char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data, unsigned int len)
{
    return xs_control_command(h, cmd, data, len);
}
