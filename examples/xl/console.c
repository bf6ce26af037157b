/* SPDX-License-Identifier: MIT */
/* xl console, xl vncviewer: programs that take xl's place. */
#include "xl.h"

#include <limits.h>

int cmd_console(int argc, char **argv)
{
    libxl_console_type type = LIBXL_CONSOLE_TYPE_UNKNOWN;
    long number = 0;
    uint32_t domid;
    int c;

    while ((c = xl_option(argc, argv, "hn:t:", NULL)) != -1) {
        if (c == 't' && strcmp(optarg, "pv") && strcmp(optarg, "serial") &&
            strcmp(optarg, "vuart")) {
            fprintf(stderr, "console type supported are: pv, serial, vuart\n");
            return BAD_USAGE;
        }
        if (c == 't')
            libxl_console_type_from_string(optarg, &type);
        if (c == 'n' && !xl_number(optarg, 0, INT_MAX, &number)) {
            fprintf(stderr, "invalid console number `%s'\n", optarg);
            return BAD_USAGE;
        }
    }
    xl_want(argc, 1);
    domid = xl_domain(argv[optind]);
    fflush(NULL);
    if (type == LIBXL_CONSOLE_TYPE_UNKNOWN && !number)
        libxl_primary_console_exec(xl.ctx, domid, -1);
    else
        libxl_console_exec(xl.ctx, domid, (int)number, type ? type : LIBXL_CONSOLE_TYPE_PV, -1);
    fprintf(stderr, "Unable to attach console\n");
    return EXIT_FAILURE;
}

int cmd_vncviewer(int argc, char **argv)
{
    static const struct option names[] = {
        {"autopass", no_argument, NULL, 'a'},
        {"vncviewer-autopass", no_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c, autopass = 0;

    while ((c = xl_option(argc, argv, "ah", names)) != -1)
        autopass |= c == 'a';
    xl_want(argc, 1);
    fflush(NULL);
    libxl_vncviewer_exec(xl.ctx, xl_domain(argv[optind]), autopass);
    fprintf(stderr, "Unable to start the VNC viewer\n");
    return EXIT_FAILURE;
}
