/* SPDX-License-Identifier: MIT */
/* The hypervisor's command line (core/cmdline.c).  An option is declared beside its variable:
 *   static bool opt_noreboot; BOOL_OPTION("noreboot", opt_noreboot);
 * Unknown options are named on the console and ignored. */
#ifndef HV_CMDLINE_H
#define HV_CMDLINE_H

#include <hv/types.h>

struct cmdline_option {
    const char *name;
    enum { OPT_BOOL, OPT_UINT, OPT_CUSTOM } type;
    void *var;                       /* bool, unsigned int */
    int (*parse)(const char *value); /* custom: 0, or -EINVAL (said on the console) */
};
#define CMDLINE_OPTION(n, id, type, var, parse)                                                    \
    static const struct cmdline_option opt__##id                                                   \
        __attribute__((section(".cmdline_options"), used, aligned(8))) = {n, type, var, parse}
#define BOOL_OPTION(n, v)   CMDLINE_OPTION(n, v, OPT_BOOL, &v, 0)
#define UINT_OPTION(n, v)   CMDLINE_OPTION(n, v, OPT_UINT, &v, 0)
#define CUSTOM_OPTION(n, f) CMDLINE_OPTION(n, f, OPT_CUSTOM, 0, f)

void cmdline_parse(const char *cmdline);
extern char saved_cmdline[1024]; /* as given, for XENVER_commandline */
/* Decimal, or hexadecimal after 0x; *end: where it stops. */
uint64_t parse_uint(const char *s, const char **end);
/* 512M, 2G, 4096K, plain: KiB as Xen has it. */
uint64_t parse_size(const char *s, const char **end);

#endif
