/* SPDX-License-Identifier: MIT */
/* xl list, vm-list, domid, domname, uptime, claims, sharing. */
#include "xl.h"

#include <time.h>

struct columns {
    bool verbose, context, pool, numa, claims;
};

static char *name_of(uint32_t domid)
{
    return libxl_domid_to_name(xl.ctx, domid);
}

/* A letter for the state of a domain that shut down. */
static char shutdown_letter(libxl_shutdown_reason reason)
{
    static const char letters[] = "-rscw";

    return reason >= 0 && reason < 5 ? letters[reason] : '?';
}

static int count_nodes(void)
{
    libxl_physinfo info;
    int count = 0;

    libxl_physinfo_init(&info);
    if (!libxl_get_physinfo(xl.ctx, &info))
        count = (int)info.nr_nodes;
    libxl_physinfo_dispose(&info);
    return count;
}

static void print_nodes(uint32_t domid)
{
    libxl_bitmap nodes;
    char *text;

    libxl_bitmap_init(&nodes);
    if (!libxl_node_bitmap_alloc(xl.ctx, &nodes, 0) &&
        !libxl_domain_get_nodeaffinity(xl.ctx, domid, &nodes)) {
        text = xl_cpu_text(&nodes, count_nodes());
        printf(" %s", text);
        free(text);
    }
    libxl_bitmap_dispose(&nodes);
}

static void print_state(const libxl_dominfo *d, const char *name)
{
    printf("%-40s %5u %5lu %5u     %c%c%c%c%c%c  %8.1f", name ? name : "", d->domid,
           MIB(d->current_memkb + d->outstanding_memkb), d->vcpu_online, d->running ? 'r' : '-',
           d->blocked ? 'b' : '-', d->paused ? 'p' : '-', d->shutdown ? 's' : '-',
           d->shutdown ? shutdown_letter(d->shutdown_reason) : '-', d->dying ? 'd' : '-',
           (double)d->cpu_time / 1e9);
}

static void print_label(const libxl_dominfo *d)
{
    const char *label = d->ssid_label ? d->ssid_label : "-";

    printf(" %16s", label);
}

static void print_domain(const libxl_dominfo *d, const struct columns *columns)
{
    char *name = name_of(d->domid);

    print_state(d, name);
    if (columns->verbose) {
        printf(" " LIBXL_UUID_FMT, LIBXL_UUID_BYTES(d->uuid));
        if (d->shutdown)
            printf(" %8x", d->shutdown_reason);
        else
            printf(" %8s", "-");
    }
    if (columns->claims)
        printf(" %5lu", MIB(d->outstanding_memkb));
    if (columns->verbose || columns->context)
        print_label(d);
    if (columns->pool) {
        char *pool = libxl_cpupoolid_to_name(xl.ctx, d->cpupool);

        printf("%16s", pool ? pool : "");
        free(pool);
    }
    if (columns->numa)
        print_nodes(d->domid);
    putchar('\n');
    free(name);
}

static void print_header(const struct columns *columns)
{
    printf("Name                                        ID   Mem VCPUs\tState\tTime(s)");
    if (columns->verbose)
        printf("   UUID                            Reason-Code\tSecurity Label");
    if (columns->context && !columns->verbose)
        printf("   Security Label");
    if (columns->claims)
        printf("  Claimed");
    if (columns->pool)
        printf("         Cpupool");
    if (columns->numa)
        printf(" NODE Affinity");
    putchar('\n');
}

static int list_all(const struct columns *columns, bool as_json)
{
    int count = 0, rc = EXIT_SUCCESS;
    libxl_dominfo *domains = libxl_list_domain(xl.ctx, &count);

    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    if (as_json) {
        rc = print_configs(domains, count);
    } else {
        print_header(columns);
        for (int i = 0; i < count; i++)
            print_domain(&domains[i], columns);
    }
    libxl_dominfo_list_free(domains, count);
    return rc;
}

static int list_one(const char *name, const struct columns *columns, bool as_json, bool first)
{
    uint32_t domid = xl_domain(name);
    libxl_dominfo info;
    int rc;

    libxl_dominfo_init(&info);
    rc = libxl_domain_info(xl.ctx, &info, domid);
    if (rc == ERROR_DOMAIN_NOTFOUND) {
        fprintf(stderr, "Error: Domain '%s' does not exist.\n", name);
    } else if (rc) {
        fprintf(stderr, "libxl_domain_info failed (code %d).\n", rc);
    } else if (as_json) {
        rc = print_configs(&info, 1);
    } else {
        if (first)
            print_header(columns);
        print_domain(&info, columns);
    }
    libxl_dominfo_dispose(&info);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_list(int argc, char **argv)
{
    static const struct option names[] = {
        {"long", no_argument, NULL, 'l'},
        {"verbose", no_argument, NULL, 'v'},
        {"context", no_argument, NULL, 'Z'},
        {"cpupool", no_argument, NULL, 'c'},
        {"numa", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct columns columns = {.verbose = false};
    bool as_json = false;
    int c, rc = EXIT_SUCCESS;

    while ((c = xl_option(argc, argv, "lvhZcn", names)) != -1) {
        as_json |= c == 'l';
        columns.verbose |= c == 'v';
        columns.context |= c == 'Z';
        columns.pool |= c == 'c';
        columns.numa |= c == 'n';
    }
    if (optind == argc)
        return list_all(&columns, as_json);
    for (int i = optind; i < argc && !rc; i++)
        rc = list_one(argv[i], &columns, as_json, i == optind);
    return rc;
}

int cmd_claims(int argc, char **argv)
{
    struct columns columns = {.claims = true};

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    return list_all(&columns, false);
}

int cmd_sharing(int argc, char **argv)
{
    int count = 0;
    libxl_dominfo *domains;
    uint32_t only = INVALID_DOMID;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    if (optind < argc)
        only = xl_domain(argv[optind]);
    domains = libxl_list_domain(xl.ctx, &count);
    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    printf("Name                                        ID   Mem Shared\n");
    for (int i = 0; i < count; i++) {
        char *name;

        if (only != (uint32_t)INVALID_DOMID && only != domains[i].domid)
            continue;
        name = name_of(domains[i].domid);
        printf("%-40s %5u  %5lu  %5lu\n", name ? name : "", domains[i].domid,
               MIB(domains[i].current_memkb + domains[i].outstanding_memkb),
               MIB(domains[i].shared_memkb));
        free(name);
    }
    libxl_dominfo_list_free(domains, count);
    return EXIT_SUCCESS;
}

int cmd_vm_list(int argc, char **argv)
{
    libxl_vminfo *vms;
    int count = 0;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    vms = libxl_list_vm(xl.ctx, &count);
    if (!vms) {
        fprintf(stderr, "libxl_list_vm failed.\n");
        return EXIT_FAILURE;
    }
    printf("UUID                                  ID    name\n");
    for (int i = 0; i < count; i++) {
        char *name = name_of(vms[i].domid);

        printf(LIBXL_UUID_FMT "  %-4u %-30s\n", LIBXL_UUID_BYTES(vms[i].uuid), vms[i].domid,
               name ? name : "");
        free(name);
    }
    libxl_vminfo_list_free(vms, count);
    return EXIT_SUCCESS;
}

int cmd_domid(int argc, char **argv)
{
    uint32_t domid;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    if (libxl_name_to_domid(xl.ctx, argv[optind], &domid)) {
        fprintf(stderr, "Can't get domid of domain name '%s', maybe this domain does not exist.\n",
                argv[optind]);
        return EXIT_FAILURE;
    }
    printf("%u\n", domid);
    return EXIT_SUCCESS;
}

int cmd_domname(int argc, char **argv)
{
    char *name;
    long domid;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    if (!xl_number(argv[optind], 0, UINT32_MAX, &domid)) {
        fprintf(stderr, "Invalid domain id.\n\n");
        return EXIT_FAILURE;
    }
    name = name_of((uint32_t)domid);
    if (!name) {
        fprintf(stderr,
                "Can't get domain name of domain id '%s', maybe this domain does not exist.\n",
                argv[optind]);
        return EXIT_FAILURE;
    }
    printf("%s\n", name);
    free(name);
    return EXIT_SUCCESS;
}

/* "3 days, 4:05:06" or, in short, "3 days,  4:05". */
static void print_duration(unsigned long seconds, bool in_short)
{
    unsigned long days = seconds / 86400, rest = seconds % 86400;

    if (days)
        printf("%lu day%s, ", days, days == 1 ? "" : "s");
    printf("%2lu:%02lu", rest / 3600, rest / 60 % 60);
    if (!in_short)
        printf(":%02lu", rest % 60);
}

/* Seconds since dom0 booted. */
static unsigned long host_uptime(void)
{
    struct timespec up = {0, 0};

    clock_gettime(CLOCK_BOOTTIME, &up);
    return (unsigned long)up.tv_sec;
}

static void print_uptime(uint32_t domid, bool in_short)
{
    time_t now = time(NULL);
    char *name = name_of(domid), clock[16];
    unsigned long up = host_uptime();
    struct tm tm;

    if (domid)
        up = (unsigned long)(now - (time_t)libxl_vm_get_start_time(xl.ctx, domid));
    if (in_short) {
        strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
        printf(" %s up ", clock);
        print_duration(up, true);
        printf(", %s (%u)\n", name ? name : "", domid);
    } else {
        printf("%-33s %4u ", name ? name : "", domid);
        print_duration(up, false);
        putchar('\n');
    }
    free(name);
}

int cmd_uptime(int argc, char **argv)
{
    static const struct option names[] = {
        {"short", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    libxl_dominfo *domains;
    bool in_short = false;
    int c, count = 0;

    while ((c = xl_option(argc, argv, "hs", names)) != -1)
        in_short |= c == 's';
    for (int i = optind; i < argc; i++)
        xl_domain(argv[i]);
    if (!in_short)
        printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
    for (int i = optind; i < argc; i++)
        print_uptime(xl_domain(argv[i]), in_short);
    if (optind < argc)
        return EXIT_SUCCESS;
    domains = libxl_list_domain(xl.ctx, &count);
    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < count; i++)
        print_uptime(domains[i].domid, in_short);
    libxl_dominfo_list_free(domains, count);
    return EXIT_SUCCESS;
}
