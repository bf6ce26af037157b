/* SPDX-License-Identifier: MIT */
/* The xenstore commands: one program, its name says which it is. */
#ifndef XENSTORE_TOOLS_H
#define XENSTORE_TOOLS_H

#include <stdbool.h>
#include <stddef.h>
#include "xenstore.h"

/* What the options said, for all commands. */
struct command_line {
    const char *program, *mode; /* as called: "xenstore-ls" and "", or "xenstore" and "ls " */
    bool prefix;                /* -p */
    bool full_path;             /* -f */
    bool permissions;           /* ls -p */
    bool raw;                   /* -R */
    bool tidy;                  /* -t */
    bool upwards;               /* -u */
    bool recursive;             /* -r */
    int events;                 /* -n; -1: without end */
    int nr_args;
    char **args;
};

struct command {
    const char *name;
    const char *options; /* the letters that it takes, but for -h */
    const char *usage;
    int min_args; /* -1: pairs, one at least */
    bool atomic;  /* runs in a transaction */
    int (*run)(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
};

/* list.c */
int run_ls(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_list(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
/* nodes.c */
int run_read(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_write(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_rm(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_exists(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_chmod(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
int run_watch(struct xs_handle *h, xs_transaction_t t, const struct command_line *line);
/* control.c: has a command line of its own */
int control_main(int argc, char **argv);
/* The arguments, each with its nul; -1 when they do not fit. */
int join_args(char *buf, size_t size, int argc, char **argv);
/* live_update.c: the arguments after "live-update"; the exit status. */
int live_update_main(struct xs_handle *h, int argc, char **argv);

/* escape.c: bytes as text, for free(); ends the program without memory. */
char *escape(const char *data, size_t len);
/* And back, in place; returns the length. */
size_t unescape(char *text);

/* A path below another, for free(); ends the program without memory. */
char *path_below(const char *path, const char *name);

#endif
