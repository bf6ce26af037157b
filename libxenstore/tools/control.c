/* SPDX-License-Identifier: MIT */
/* xenstore-control: commands for the daemon itself. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools.h"

int join_args(char *buf, size_t size, int argc, char **argv)
{
    size_t len = 0;

    for (int i = 0; i < argc; i++) {
        size_t one = strlen(argv[i]) + 1;

        if (len + one > size)
            return -1;
        memcpy(buf + len, argv[i], one);
        len += one;
    }
    return len;
}

static int refused(struct xs_handle *h, int err)
{
    char *help = err == EINVAL ? xs_control_command(h, "help", NULL, 0) : NULL;

    if (help)
        fprintf(stderr, "Command not supported. Valid commands are:\n%s\n", help);
    else
        fprintf(stderr, "Error %d (%s) when trying to execute command.\n", err, strerror(err));
    free(help);
    return 3;
}

static int run_control(struct xs_handle *h, int argc, char **argv, char *args, int len)
{
    char *answer = NULL;
    int rc = 0;

    if (strcmp(argv[1], "live-update") == 0)
        return live_update_main(h, argc - 2, argv + 2);
    answer = xs_control_command(h, argv[1], args, len);
    if (answer)
        printf("%s\n", answer);
    else
        rc = refused(h, errno);
    free(answer);
    return rc;
}

int control_main(int argc, char **argv)
{
    char args[XENSTORE_PAYLOAD_MAX];
    struct xs_handle *h = NULL;
    int len = 0, rc = 0;

    if (argc < 2) {
        fprintf(stderr, "Usage:\n%s <command> [<arg>...]\n", argv[0]);
        return 2;
    }
    len = join_args(args, sizeof(args), argc - 2, argv + 2);
    if (len < 0) {
        fprintf(stderr, "%s: arguments too long\n", argv[0]);
        return 2;
    }
    h = xs_open(0);
    if (!h) {
        fprintf(stderr, "Failed to contact Xenstored.\n");
        return 1;
    }
    rc = run_control(h, argc, argv, args, len);
    xs_close(h);
    return rc;
}
