/* SPDX-License-Identifier: MIT */
/* Options and arguments that many commands share. */
#include "xl.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>

int xl_option(int argc, char **argv, const char *letters, const struct option *names)
{
    static const struct option help_only[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    int c;

    opterr = 0;
    c = getopt_long(argc, argv, letters, names ? names : help_only, NULL);
    if (c == 'h') {
        print_usage(xl.command);
        exit(EXIT_SUCCESS);
    }
    if (c == '?' && optopt && strchr(letters, optopt)) {
        fprintf(stderr, "option `%c' wants a value.\n", optopt);
        exit(BAD_USAGE);
    }
    if (c == '?') {
        if (optopt && isprint(optopt))
            fprintf(stderr, "option `%c' not supported.\n", optopt);
        else
            fprintf(stderr, "option `%s' not supported.\n", argv[optind - 1]);
        exit(BAD_USAGE);
    }
    return c;
}

void xl_want(int argc, int count)
{
    if (argc - optind >= count)
        return;
    fprintf(stderr, "'xl %s' requires at least %d argument%s.\n\n", xl.command->name, count,
            count > 1 ? "s" : "");
    fflush(stderr);
    print_usage(xl.command);
    exit(BAD_USAGE);
}

uint32_t xl_domain(const char *name)
{
    uint32_t domid = 0;
    int rc = libxl_domain_qualifier_to_domid(xl.ctx, name, &domid);

    if (rc) {
        fflush(stdout);
        fprintf(stderr, "%s is an invalid domain identifier (rc=%d)\n", name, rc);
        exit(EXIT_FAILURE);
    }
    return domid;
}

uint32_t xl_pool(const char *name)
{
    uint32_t id = 0;

    if (libxl_cpupool_qualifier_to_cpupoolid(xl.ctx, name, &id, NULL) ||
        !libxl_cpupoolid_is_valid(xl.ctx, id)) {
        fprintf(stderr, "unknown cpupool '%s'\n", name);
        exit(EXIT_FAILURE);
    }
    return id;
}

bool xl_number(const char *text, long min, long max, long *value)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 0);
    if (errno || end == text || *end || number < min || number > max)
        return false;
    *value = number;
    return true;
}

/* Bytes of a unit of memory, 0: unknown. */
static uint64_t suffix_bytes(const char *suffix)
{
    if (!*suffix || suffix[1])
        return 0;
    switch (tolower((unsigned char)*suffix)) {
    case 'b':
        return 1;
    case 'k':
        return 1ull << 10;
    case 'm':
        return 1ull << 20;
    case 'g':
        return 1ull << 30;
    case 't':
        return 1ull << 40;
    default:
        return 0;
    }
}

bool xl_memory(const char *text, uint64_t unit, uint64_t *kib)
{
    unsigned long long number;
    uint64_t scale, bytes;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    number = strtoull(text, &end, 0);
    scale = *end ? suffix_bytes(end) : unit * 1024;
    if (errno || end == text || !scale || __builtin_mul_overflow(number, scale, &bytes))
        return false;
    *kib = bytes / 1024;
    return true;
}
