/* SPDX-License-Identifier: MIT */
/* The commands on single nodes. */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools.h"

#define MAX_PERMS 256

int run_read(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    for (int i = 0; i < line->nr_args; i++) {
        unsigned int len = 0;
        char *value = xs_read(h, t, line->args[i], &len);

        if (!value) {
            warnx("couldn't read path %s", line->args[i]);
            return 1;
        }
        if (line->prefix)
            printf("%s: ", line->args[i]);
        if (line->raw) {
            fwrite(value, 1, len, stdout);
        } else {
            char *text = escape(value, len);

            puts(text);
            free(text);
        }
        free(value);
    }
    return 0;
}

int run_write(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    for (int i = 0; i < line->nr_args; i += 2) {
        char *value = strdup(line->args[i + 1]);
        size_t len = 0;
        bool ok = false;

        if (!value)
            err(1, NULL);
        len = line->raw ? strlen(value) : unescape(value);
        ok = xs_write(h, t, line->args[i], value, len);
        free(value);
        if (!ok) {
            warnx("could not write path %s", line->args[i]);
            return 1;
        }
    }
    return 0;
}

/* Remove the parents that have become empty: no value, no other child. */
static void tidy_up(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    char *parent = strdup(path), *slash = NULL;
    bool empty = true;

    if (!parent)
        err(1, NULL);
    while (empty && (slash = strrchr(parent, '/')) && slash != parent) {
        unsigned int len = 0, num = 0;
        char *value = NULL, **names = NULL;

        *slash = '\0';
        value = xs_read(h, t, parent, &len);
        names = xs_directory(h, t, parent, &num);
        empty = value && names && len == 0 && num == 0 && xs_rm(h, t, parent);
        free(value);
        free(names);
    }
    free(parent);
}

int run_rm(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    for (int i = 0; i < line->nr_args; i++) {
        if (!xs_rm(h, t, line->args[i])) {
            warnx("could not remove path %s", line->args[i]);
            return 1;
        }
        if (line->tidy)
            tidy_up(h, t, line->args[i]);
    }
    return 0;
}

int run_exists(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    for (int i = 0; i < line->nr_args; i++) {
        char *value = xs_read(h, t, line->args[i], NULL);

        if (!value)
            return 1;
        free(value);
    }
    return 0;
}

struct chmod {
    struct xs_handle *h;
    xs_transaction_t t;
    struct xs_permissions perms[MAX_PERMS];
    unsigned int num;
};

static int set_one(struct chmod *c, const char *path)
{
    if (xs_set_permissions(c->h, c->t, path, c->perms, c->num))
        return 0;
    warn("Error occurred setting permissions on '%s'", path);
    return 1;
}

static int set_below(struct chmod *c, const char *path)
{
    unsigned int num = 0;
    char **names = xs_directory(c->h, c->t, path, &num);
    int rc = 0;

    for (unsigned int i = 0; names && i < num && !rc; i++) {
        char *below = path_below(path, names[i]);

        rc = set_one(c, below);
        if (!rc)
            rc = set_below(c, below);
        free(below);
    }
    free(names);
    return rc;
}

static int set_above(struct chmod *c, const char *path)
{
    char *parent = strdup(path), *slash = NULL;
    int rc = 0;

    if (!parent)
        err(1, NULL);
    while (!rc && (slash = strrchr(parent, '/')) && slash != parent) {
        *slash = '\0';
        rc = set_one(c, parent);
    }
    free(parent);
    return rc;
}

static void parse_perms(struct chmod *c, const struct command_line *line)
{
    static const char letters[] = "nrwb";

    for (int i = 1; i < line->nr_args; i++) {
        const char *text = line->args[i], *letter = strchr(letters, *text);

        if (!*text || !letter)
            errx(1, "Invalid permission specification: '%c'", *text);
        if (c->num == MAX_PERMS)
            errx(1, "too many permissions");
        c->perms[c->num].perms = letter - letters;
        c->perms[c->num].id = atoi(text + 1);
        c->num++;
    }
}

int run_chmod(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    struct chmod c = {.h = h, .t = t};
    const char *path = line->args[0];
    int rc = 0;

    parse_perms(&c, line);
    rc = set_one(&c, path);
    if (!rc && line->upwards)
        rc = set_above(&c, path);
    if (!rc && line->recursive)
        rc = set_below(&c, path);
    return rc;
}

int run_watch(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    int left = line->events;

    for (int i = 0; i < line->nr_args; i++) {
        if (!xs_watch(h, line->args[i], line->args[i]))
            errx(1, "Unable to add watch on %s\n", line->args[i]);
    }
    while (left) {
        unsigned int num = 0;
        char **event = xs_read_watch(h, &num);

        if (!event)
            err(1, "xs_read_watch");
        puts(event[XS_WATCH_PATH]);
        fflush(stdout);
        free(event);
        if (left > 0)
            left--;
    }
    return 0;
}
