/* SPDX-License-Identifier: MIT */
/* xenstore-control live-update: give the daemon a new binary, and let it take over. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tools.h"

#define DEFAULT_TIMEOUT 60 /* seconds for open transactions to come to their end */
#define COMMAND         "live-update"
#define MAX_WORDS       5

struct live_update {
    const char *binary;
    const char *command_line; /* NULL: as before */
    int timeout;
    bool force; /* even with open transactions, once the time is over */
};

/* @return NULL, or what is missing */
static const char *parse_args(struct live_update *update, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0) {
            if (++i == argc)
                return "command line value";
            update->command_line = argv[i];
        } else if (strcmp(argv[i], "-t") == 0) {
            if (++i == argc)
                return "timeout value";
            update->timeout = atoi(argv[i]);
        } else if (strcmp(argv[i], "-F") == 0) {
            update->force = true;
        } else {
            update->binary = argv[i];
        }
    }
    return update->binary ? NULL : "binary specification";
}

/* One step; the answer for free(), or NULL with errno. */
static char *step(struct xs_handle *h, const char *const words[MAX_WORDS])
{
    char args[XENSTORE_PAYLOAD_MAX];
    int len = 0, count = 0;

    while (count < MAX_WORDS && words[count])
        count++;
    len = join_args(args, sizeof(args), count, (char **)words);
    if (len < 0) {
        errno = E2BIG;
        return NULL;
    }
    return xs_control_command(h, COMMAND, args, len);
}

/* Takes the answer. */
static bool is_ok(char *answer, const char *what)
{
    bool ok = answer && strcmp(answer, "OK") == 0;

    if (!ok)
        fprintf(stderr, "%s failed:\n%s\n", what, answer ? answer : strerror(errno));
    free(answer);
    return ok;
}

static bool busy(const char *answer)
{
    return answer && strcmp(answer, "BUSY") == 0;
}

/* While transactions are open the daemon says BUSY. */
static char *start(struct xs_handle *h, const struct live_update *update)
{
    char timeout[16];
    const char *const words[MAX_WORDS] = {"-s", "-t", timeout, update->force ? "-F" : NULL};
    time_t begin = time(NULL);
    char *answer = strdup("BUSY");

    snprintf(timeout, sizeof(timeout), "%d", update->timeout);
    while (busy(answer) && time(NULL) - begin < update->timeout) {
        free(answer);
        answer = step(h, words);
        if (busy(answer))
            sleep(1);
    }
    return answer;
}

static bool run(struct xs_handle *h, const struct live_update *update)
{
    static const char *const abort_words[MAX_WORDS] = {"-a"};
    const char *const binary[MAX_WORDS] = {"-f", update->binary};
    const char *const command_line[MAX_WORDS] = {"-c", update->command_line};

    if (!is_ok(step(h, binary), "Setting update binary"))
        return false;
    if ((!update->command_line || is_ok(step(h, command_line), "Setting update binary")) &&
        is_ok(start(h, update), "Starting live update"))
        return true;
    free(step(h, abort_words));
    return false;
}

int live_update_main(struct xs_handle *h, int argc, char **argv)
{
    struct live_update update = {.timeout = DEFAULT_TIMEOUT};
    const char *missing = parse_args(&update, argc, argv);
    char *domid = NULL;

    if (missing) {
        fprintf(stderr, "Missing %s\n", missing);
        return 2;
    }
    domid = xs_read(h, XBT_NULL, "/tool/xenstored/domid", NULL);
    if (domid) {
        free(domid);
        fprintf(stderr, "A store that runs in a domain of its own cannot be updated from here.\n");
        return 1;
    }
    return run(h, &update) ? 0 : 3;
}
