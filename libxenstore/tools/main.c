/* SPDX-License-Identifier: MIT */
/* Which command it is, its options, its transaction. */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools.h"

#define ALL_OPTIONS "hfpstun:rR"

static const struct command command_table[] = {
    {"ls", "fps", "[-h] [-f] [-p] [-s] [path]", 0, false, run_ls},
    {"list", "ps", "[-h] [-p] [-s] key [...]", 1, false, run_list},
    {"read", "psR", "[-h] [-p] [-s] [-R] key [...]", 1, false, run_read},
    {"write", "sR", "[-h] [-s] [-R] key value [...]", -1, true, run_write},
    {"rm", "st", "[-h] [-s] [-t] key [...]", 1, true, run_rm},
    {"exists", "s", "[-h] [-p] [-s] key [...]", 1, false, run_exists},
    {"chmod", "urs", "[-h] [-u] [-r] [-s] key <mode [modes...]>", 1, true, run_chmod},
    {"watch", "ns", "[-h] [-n NR] key", 1, false, run_watch},
};

char *path_below(const char *path, const char *name)
{
    char *below = NULL;

    if (asprintf(&below, "%s/%s", strcmp(path, "/") ? path : "", name) < 0)
        err(1, NULL);
    return below;
}

static void __attribute__((noreturn))
usage(const struct command *command, const struct command_line *line)
{
    errx(1, "Usage: %s %s%s", line->program, line->mode, command->usage);
}

static void parse_options(const struct command *command, struct command_line *line, int argc,
                          char **argv)
{
    static const struct option long_options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int option = 0;

    line->events = -1;
    /*
     * Scripts rely on it: an option that no command knows earns a message and is passed over; one
     * that belongs to another command is an error.
     */
    while ((option = getopt_long(argc, argv, ALL_OPTIONS, long_options, NULL)) != -1) {
        if (option == '?')
            continue;
        if (!strchr(command->options, option))
            usage(command, line);
        switch (option) {
        case 'f':
            line->full_path = true;
            break;
        case 'p':
            line->prefix = line->permissions = true;
            break;
        case 'R':
            line->raw = true;
            break;
        case 't':
            line->tidy = true;
            break;
        case 'u':
            line->upwards = true;
            break;
        case 'r':
            line->recursive = true;
            break;
        case 'n':
            line->events = atoi(optarg);
            break;
        case 's':
            break; /* once chose the socket; accepted as ever */
        default:
            usage(command, line);
        }
    }
    line->nr_args = argc - optind;
    line->args = argv + optind;
    if (line->nr_args < command->min_args ||
        (command->min_args < 0 && (line->nr_args < 2 || line->nr_args % 2)))
        usage(command, line);
}

/* Others may change what the transaction used: then it starts again. */
static int run_command(struct xs_handle *h, const struct command *command,
                       const struct command_line *line)
{
    xs_transaction_t t = XBT_NULL;
    int rc = 0;

    if (!command->atomic)
        return command->run(h, XBT_NULL, line);
    do {
        t = xs_transaction_start(h);
        if (t == XBT_NULL)
            errx(1, "couldn't start transaction");
        rc = command->run(h, t, line);
        if (xs_transaction_end(h, t, rc != 0))
            return rc;
    } while (errno == EAGAIN);
    errx(1, "couldn't end transaction");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof(command_table) / sizeof(command_table[0]); i++) {
        if (strcmp(command_table[i].name, name) == 0)
            return &command_table[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    struct command_line line = {.program = argv[0], .mode = ""};
    const char *name = strchr(program_invocation_short_name, '-');
    const struct command *command = NULL;
    char mode[16];
    struct xs_handle *h = NULL;
    int rc = 0;

    if (!name) {
        if (argc < 2)
            errx(1, "Usage: %s <mode> [-h] [...]", argv[0]);
        name = argv[1];
        snprintf(mode, sizeof(mode), "%s ", name);
        line.mode = mode;
        argc--;
        argv++;
    } else {
        name++;
    }
    if (strcmp(name, "control") == 0)
        return control_main(argc, argv);
    command = find_command(name);
    if (!command)
        errx(1, "unknown mode %s\n", name);
    parse_options(command, &line, argc, argv);
    h = xs_open(0);
    if (!h)
        err(1, "xs_open");
    rc = run_command(h, command, &line);
    xs_close(h);
    return rc;
}
