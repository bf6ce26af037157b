/* SPDX-License-Identifier: MIT */
/* xenstore-ls and xenstore-list. */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "tools.h"

/* The columns that names and values may fill when output goes elsewhere than to a terminal. */
#define FILE_WIDTH 72
/* Where permissions begin, if there is room. */
#define PERMISSIONS_AT 60

struct listing {
    const struct command_line *line;
    int width;     /* for names and values; INT_MAX: any */
    int dots_till; /* column up to which dots lead to the permissions */
};

static void measure(struct listing *listing)
{
    struct winsize size = {0};
    bool full = listing->line->full_path;

    listing->dots_till = full ? 0 : PERMISSIONS_AT;
    listing->width = full ? INT_MAX : FILE_WIDTH;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return;
    /* Ten columns are left for a short list of permissions. */
    listing->width = size.ws_col > 10 ? size.ws_col - 10 : size.ws_col ? 0 : INT_MAX;
    if (size.ws_col - 2 < listing->dots_till)
        listing->dots_till = size.ws_col - 2;
}

static int print_name(const struct listing *listing, const char *path, const char *name, int indent)
{
    int room = listing->width - indent, len = strlen(name);

    if (listing->line->full_path)
        return printf("%s", path);
    if (listing->width == INT_MAX || len < room)
        room = len;
    return printf("%*s%.*s", indent, "", room > 0 ? room : 0, name);
}

/*
 * Returns the columns used, or -1 when the value had to be cut.  A value is cut when its bytes are
 * more than the columns; where it is shown in part, so many columns of it are.
 */
static int print_value(const struct listing *listing, const char *value, unsigned int len, int used)
{
    int room = listing->width;
    char *text = NULL;

    if (!value)
        return printf(":");
    if (!listing->line->full_path && room != INT_MAX)
        room = room > used ? room - used : 0;
    text = escape(value, len);
    if (len > (unsigned int)room) {
        printf(" = \"%.*s\\...\"", room, text);
        used = -1;
    } else {
        used = printf(" = \"%s\"", text);
    }
    free(text);
    return used;
}

static void print_permissions(const struct listing *listing, const struct xs_walk_node *node,
                              int column)
{
    if (!node->perms) {
        errno = node->error;
        warn("\ncould not access permissions for %s", node->path);
        return;
    }
    if (column >= 0) {
        putchar(' ');
        for (column++; column < listing->dots_till; column++)
            putchar(column % 2 ? '.' : ' ');
    }
    fputs("  (", stdout);
    for (unsigned int i = 0; i < node->num_perms; i++) {
        const struct xs_permissions *p = &node->perms[i];

        printf("%s%c%u", i ? "," : "", "nrwb"[p->perms & 3], p -> id);
    }
    putchar(')');
}

static bool list_node(void *ctx, const struct xs_walk_node *node)
{
    const struct listing *listing = ctx;
    int used = print_name(listing, node->path, node->name, node->depth);
    int more = print_value(listing, node->value, node->len, used);

    if (listing->line->permissions)
        print_permissions(listing, node, more < 0 ? -1 : used + more);
    putchar('\n');
    return true;
}

int run_ls(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    struct listing listing = {.line = line};
    const char *path = line->nr_args ? line->args[0] : "/";

    measure(&listing);
    if (!xs_walk(h, t, path, line->permissions ? XS_WALK_PERMISSIONS : 0, list_node, &listing))
        err(1, "xs_directory (%s)", path);
    return 0;
}

int run_list(struct xs_handle *h, xs_transaction_t t, const struct command_line *line)
{
    for (int i = 0; i < line->nr_args; i++) {
        unsigned int num = 0;
        char **names = xs_directory(h, t, line->args[i], &num);

        if (!names) {
            warnx("could not list path %s", line->args[i]);
            return 1;
        }
        for (unsigned int n = 0; n < num; n++) {
            if (line->prefix)
                printf("%s/", line->args[i]);
            puts(names[n]);
        }
        free(names);
    }
    return 0;
}
