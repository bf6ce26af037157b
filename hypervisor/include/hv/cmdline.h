/* SPDX-License-Identifier: MIT */
/* The hypervisor's command line (core/cmdline.c).  An option is declared beside its variable:
 *   static bool opt_noreboot; BOOL_OPTION("noreboot", opt_noreboot);
 * Unknown options are named on the console and ignored. */
#ifndef HV_CMDLINE_H
#define HV_CMDLINE_H

#include <hv/types.h>

struct cmdline_option {
    const char *name;
    enum { OPT_BOOL, OPT_UINT, OPT_SIZE, OPT_STRING, OPT_CUSTOM } type;
    void *var;                       /* bool, unsigned int, uint64_t, char[len] */
    size_t len;                      /* of a string */
    int (*parse)(const char *value); /* custom: 0, or -EINVAL (said on the console) */
};
#define CMDLINE_SECTION __attribute__((section(".cmdline_options"), used, aligned(8)))
#define BOOL_OPTION(n, v)                                                                          \
    static const struct cmdline_option opt__##v CMDLINE_SECTION = {n, OPT_BOOL, &v, 0, 0}
#define UINT_OPTION(n, v)                                                                          \
    static const struct cmdline_option opt__##v CMDLINE_SECTION = {n, OPT_UINT, &v, 0, 0}
#define SIZE_OPTION(n, v)                                                                          \
    static const struct cmdline_option opt__##v CMDLINE_SECTION = {n, OPT_SIZE, &v, 0, 0}
#define STRING_OPTION(n, v)                                                                        \
    static const struct cmdline_option opt__##v CMDLINE_SECTION = {n, OPT_STRING, v, sizeof(v), 0}
#define CUSTOM_OPTION(n, f)                                                                        \
    static const struct cmdline_option opt__##f CMDLINE_SECTION = {n, OPT_CUSTOM, 0, 0, f}

void cmdline_parse(const char *cmdline);
extern char saved_cmdline[1024]; /* as given, for XENVER_commandline */
uint64_t parse_size(const char *s,
                    const char **end); /* 512M, 2G, 4096K, plain: KiB as Xen has it */

#endif
