/* SPDX-License-Identifier: MIT */
/* xl vcpu-list, vcpu-pin, vcpu-set. */
#include "xl.h"

#include <limits.h>

static void print_vcpu(const char *name, uint32_t domid, const libxl_vcpuinfo *v, int cpus)
{
    char *hard = xl_cpu_text(&v->cpumap, cpus), *soft = xl_cpu_text(&v->cpumap_soft, cpus);

    printf("%-32s %5u %5u", name, domid, v->vcpuid);
    if (v->online)
        printf("%5u   %c%c-", v->cpu, v->running ? 'r' : '-', v->blocked ? 'b' : '-');
    else
        printf("%5s   --p", "-");
    printf(" %9.1f  %s / %s\n", (double)v->vcpu_time / 1e9, hard, soft);
    free(hard);
    free(soft);
}

static int list_domain(uint32_t domid)
{
    int count = 0, cpus = 0;
    libxl_vcpuinfo *vcpus = libxl_list_vcpu(xl.ctx, domid, &count, &cpus);
    char *name;

    if (!vcpus) {
        fprintf(stderr, "libxl_list_vcpu failed.\n");
        return EXIT_FAILURE;
    }
    name = libxl_domid_to_name(xl.ctx, domid);
    for (int i = 0; i < count; i++)
        print_vcpu(name ? name : "", domid, &vcpus[i], cpus);
    free(name);
    libxl_vcpuinfo_list_free(vcpus, count);
    return EXIT_SUCCESS;
}

int cmd_vcpu_list(int argc, char **argv)
{
    libxl_dominfo *domains;
    int count = 0, rc = EXIT_SUCCESS;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU", "State", "Time(s)",
           "Affinity (Hard / Soft)");
    for (int i = optind; i < argc && !rc; i++)
        rc = list_domain(xl_domain(argv[i]));
    if (optind < argc)
        return rc;
    domains = libxl_list_domain(xl.ctx, &count);
    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < count; i++)
        rc |= list_domain(domains[i].domid);
    libxl_dominfo_list_free(domains, count);
    return rc;
}

/* A map from the command line; "-" leaves it empty of storage: nothing is to change. */
static int parse_map(const char *text, const char *kind, libxl_bitmap *map)
{
    libxl_bitmap_init(map);
    if (!text || !strcmp(text, "-"))
        return 0;
    if (xl_cpu_list(text, 0, map))
        return 1;
    if (!libxl_bitmap_is_empty(map))
        return 0;
    fprintf(stderr, "vcpu %s affinity map is empty\n", kind);
    return 1;
}

static int pin_all(uint32_t domid, const libxl_bitmap *hard, const libxl_bitmap *soft, bool force)
{
    int count = 0, cpus = 0, rc = EXIT_SUCCESS;
    libxl_vcpuinfo *vcpus = libxl_list_vcpu(xl.ctx, domid, &count, &cpus);

    if (!vcpus) {
        fprintf(stderr, "libxl_list_vcpu failed.\n");
        return EXIT_FAILURE;
    }
    libxl_vcpuinfo_list_free(vcpus, count);
    if (!force)
        rc = libxl_set_vcpuaffinity_all(xl.ctx, domid, (unsigned)count, hard, soft);
    for (int i = 0; force && i < count && !rc; i++)
        rc = libxl_set_vcpuaffinity_force(xl.ctx, domid, (uint32_t)i, hard, soft);
    if (rc)
        fprintf(stderr, "Could not set affinity.\n");
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int pin_one(uint32_t domid, long vcpu, const libxl_bitmap *hard, const libxl_bitmap *soft,
                   bool force)
{
    int rc = force ? libxl_set_vcpuaffinity_force(xl.ctx, domid, (uint32_t)vcpu, hard, soft)
                   : libxl_set_vcpuaffinity(xl.ctx, domid, (uint32_t)vcpu, hard, soft);

    if (rc)
        fprintf(stderr, "Could not set affinity for vcpu `%ld'.\n", vcpu);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int pin(char **arguments, const char *soft_text, bool force)
{
    uint32_t domid = xl_domain(arguments[0]);
    libxl_bitmap hard, soft;
    const libxl_bitmap *new_hard, *new_soft;
    long vcpu = -1;
    int rc;

    if (strcmp(arguments[1], "all") && !xl_number(arguments[1], 0, INT_MAX, &vcpu)) {
        fprintf(stderr, "Error: Invalid argument %s as VCPU.\n", arguments[1]);
        return EXIT_FAILURE;
    }
    libxl_bitmap_init(&soft);
    rc = parse_map(arguments[2], "hard", &hard) || parse_map(soft_text, "soft", &soft);
    new_hard = hard.size ? &hard : NULL;
    new_soft = soft.size ? &soft : NULL;
    if (!rc && (new_hard || new_soft))
        rc = vcpu < 0 ? pin_all(domid, new_hard, new_soft, force)
                      : pin_one(domid, vcpu, new_hard, new_soft, force);
    libxl_bitmap_dispose(&hard);
    libxl_bitmap_dispose(&soft);
    return rc;
}

int cmd_vcpu_pin(int argc, char **argv)
{
    static const struct option names[] = {
        {"force", no_argument, NULL, 'f'},
        {"ignore-global-affinity-masks", no_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool force = false;
    int c;

    while ((c = xl_option(argc, argv, "fh", names)) != -1)
        force |= c == 'f';
    xl_want(argc, 3);
    return pin(argv + optind, argc > optind + 3 ? argv[optind + 3] : NULL, force);
}

/* More vCPUs than CPUs is most often a mistake; a domain that had as many before may keep them. */
static bool overcommits(uint32_t domid, long count)
{
    int online = libxl_get_online_cpus(xl.ctx);
    libxl_dominfo info;
    bool more = true;

    if (online <= 0 || count <= online)
        return false;
    libxl_dominfo_init(&info);
    if (!libxl_domain_info(xl.ctx, &info, domid))
        more = (uint32_t)count > info.vcpu_online;
    libxl_dominfo_dispose(&info);
    if (more)
        fprintf(stderr,
                "You are overcommmitting! You have %d physical CPUs and want %ld vCPUs! Aborting, "
                "use --ignore-host to continue\n",
                online, count);
    return more;
}

int cmd_vcpu_set(int argc, char **argv)
{
    static const struct option names[] = {
        {"ignore-host", no_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool ignore_host = false;
    libxl_bitmap map;
    uint32_t domid;
    long count;
    int c, rc;

    while ((c = xl_option(argc, argv, "ih", names)) != -1)
        ignore_host |= c == 'i';
    xl_want(argc, 2);
    domid = xl_domain(argv[optind]);
    if (!xl_number(argv[optind + 1], 1, 4096, &count)) {
        fprintf(stderr, "Error: Invalid argument %s as number of vCPUs.\n", argv[optind + 1]);
        return EXIT_FAILURE;
    }
    if (!ignore_host && overcommits(domid, count))
        return EXIT_FAILURE;
    libxl_bitmap_init(&map);
    rc = libxl_cpu_bitmap_alloc(xl.ctx, &map, (int)count);
    for (int i = 0; !rc && i < count; i++)
        libxl_bitmap_set(&map, i);
    if (!rc)
        rc = libxl_set_vcpuonline(xl.ctx, domid, &map, NULL);
    if (rc)
        fprintf(stderr, "libxl_set_vcpuonline failed domid=%u max_vcpus=%ld, rc: %d\n", domid,
                count, rc);
    libxl_bitmap_dispose(&map);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
