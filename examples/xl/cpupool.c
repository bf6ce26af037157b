/* SPDX-License-Identifier: MIT */
/* xl cpupool-*. */
#include "xl.h"

static void print_cpus(const libxl_bitmap *map)
{
    unsigned cpu;
    int some = 0;

    libxl_for_each_set_bit (cpu, *map)
        printf("%s%u", some++ ? "," : "", cpu);
    putchar('\n');
}

static void print_pool(const libxl_cpupoolinfo *pool, bool cpus)
{
    printf("%-19s", pool->pool_name ? pool->pool_name : "");
    if (cpus)
        print_cpus(&pool->cpumap);
    else
        printf("%3d %9s       y       %4u\n", libxl_bitmap_count_set(&pool->cpumap),
               libxl_scheduler_to_string(pool->sched), pool->n_dom);
}

int cmd_cpupool_list(int argc, char **argv)
{
    static const struct option names[] = {
        {"cpus", no_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    libxl_cpupoolinfo *pools;
    uint32_t only = LIBXL_CPUPOOL_POOLID_ANY;
    bool cpus = false;
    int c, count = 0;

    while ((c = xl_option(argc, argv, "hc", names)) != -1)
        cpus |= c == 'c';
    if (optind < argc) {
        if (libxl_cpupool_qualifier_to_cpupoolid(xl.ctx, argv[optind], &only, NULL)) {
            fprintf(stderr, "Pool '%s' does not exist\n", argv[optind]);
            return EXIT_FAILURE;
        }
    }
    pools = libxl_list_cpupool(xl.ctx, &count);
    if (!pools) {
        fprintf(stderr, "error on getting cpupool list\n");
        return EXIT_FAILURE;
    }
    printf("%-19s%s\n", "Name", cpus ? "CPU list" : "CPUs   Sched     Active   Domain count");
    for (int i = 0; i < count; i++)
        if (only == LIBXL_CPUPOOL_POOLID_ANY || only == pools[i].poolid)
            print_pool(&pools[i], cpus);
    libxl_cpupoolinfo_list_free(pools, count);
    return EXIT_SUCCESS;
}

/* ---- creation ---- */

struct pool_config {
    char *name;
    libxl_scheduler scheduler;
    libxl_bitmap cpus;
    libxl_uuid uuid;
};

/* "cpus", "nodes": a CPU list, or a list of them. */
static int add_cpus(XLU_Config *cfg, const char *key, const char *prefix, libxl_bitmap *cpus)
{
    XLU_ConfigList *list = NULL;
    const char *text = NULL;
    int count = 1, rc = 0;
    unsigned cpu;

    if (xlu_cfg_get_list(cfg, key, &list, &count, 1) && xlu_cfg_get_string(cfg, key, &text, 1))
        return 0;
    for (int i = 0; i < count && !rc; i++) {
        const char *item = list ? xlu_cfg_get_listitem(list, i) : text;
        char *term;
        libxl_bitmap some;

        if (!item)
            return 1;
        libxl_bitmap_init(&some);
        term = xl_printf("%s%s", prefix, item);
        rc = xl_cpu_list(term, 0, &some);
        free(term);
        libxl_for_each_set_bit (cpu, some)
            libxl_bitmap_set(cpus, (int)cpu);
        libxl_bitmap_dispose(&some);
    }
    return rc;
}

/* All CPUs of the pool are to be free; no wish means any free one. */
static int choose_cpus(XLU_Config *cfg, libxl_bitmap *cpus)
{
    libxl_bitmap free_cpus;
    unsigned cpu;
    int rc;

    libxl_bitmap_init(&free_cpus);
    rc = libxl_cpu_bitmap_alloc(xl.ctx, cpus, 0) || libxl_get_freecpus(xl.ctx, &free_cpus) ||
         add_cpus(cfg, "cpus", "", cpus) || add_cpus(cfg, "nodes", "node:", cpus);
    if (!rc && libxl_bitmap_is_empty(cpus)) {
        libxl_for_each_set_bit (cpu, free_cpus) {
            libxl_bitmap_set(cpus, (int)cpu);
            break;
        }
        if (libxl_bitmap_is_empty(cpus)) {
            fprintf(stderr, "no free cpu found\n");
            rc = 1;
        }
    }
    if (!rc)
        libxl_for_each_set_bit (cpu, *cpus) {
            if (libxl_bitmap_test(&free_cpus, (int)cpu))
                continue;
            fprintf(stderr, "cpu %u illegal or not free\n", cpu);
            rc = 1;
            break;
        }
    libxl_bitmap_dispose(&free_cpus);
    return rc;
}

static int parse_pool(XLU_Config *cfg, struct pool_config *pool)
{
    const char *scheduler, *uuid;
    uint32_t id;
    int current = libxl_get_scheduler(xl.ctx);

    if (xlu_cfg_replace_string(cfg, "name", &pool->name, 0) || !*pool->name) {
        fprintf(stderr, "Missing cpupool name!\n");
        return 1;
    }
    if (!libxl_name_to_cpupoolid(xl.ctx, pool->name, &id)) {
        fprintf(stderr, "Pool name \"%s\" already exists\n", pool->name);
        return 1;
    }
    pool->scheduler = current < 0 ? LIBXL_SCHEDULER_UNKNOWN : (libxl_scheduler)current;
    if (!xlu_cfg_get_string(cfg, "sched", &scheduler, 0) &&
        libxl_scheduler_from_string(scheduler, &pool->scheduler)) {
        fprintf(stderr, "Unknown scheduler\n");
        return 1;
    }
    libxl_uuid_generate(&pool->uuid);
    if (!xlu_cfg_get_string(cfg, "uuid", &uuid, 1) && libxl_uuid_from_string(&pool->uuid, uuid)) {
        fprintf(stderr, "Failed to parse UUID: %s\n", uuid);
        return 1;
    }
    return choose_cpus(cfg, &pool->cpus);
}

static int create_pool(const struct pool_config *pool, const char *source)
{
    uint32_t id = LIBXL_CPUPOOL_POOLID_ANY;
    libxl_uuid uuid = pool->uuid;

    printf("Using config file \"%s\"\n", source);
    printf("cpupool name:   %s\n", pool->name);
    printf("scheduler:      %s\n", libxl_scheduler_to_string(pool->scheduler));
    printf("number of cpus: %d\n", libxl_bitmap_count_set(&pool->cpus));
    if (xl.dry_run)
        return EXIT_SUCCESS;
    if (!libxl_cpupool_create(xl.ctx, pool->name, pool->scheduler, pool->cpus, &uuid, &id))
        return EXIT_SUCCESS;
    fprintf(stderr, "error on creating cpupool\n");
    return EXIT_FAILURE;
}

static int create_from(const struct source *source)
{
    struct pool_config pool = {.name = NULL};
    XLU_Config *cfg = xl_must(xlu_cfg_init(stderr, source->name));
    int rc = xlu_cfg_readdata(cfg, source->text, (int)strlen(source->text));

    libxl_bitmap_init(&pool.cpus);
    if (rc)
        fprintf(stderr, "Failed to parse config file: %s\n", strerror(rc));
    else
        rc = parse_pool(cfg, &pool) || create_pool(&pool, source->name);
    libxl_bitmap_dispose(&pool.cpus);
    free(pool.name);
    xlu_cfg_destroy(cfg);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_cpupool_create(int argc, char **argv)
{
    static const struct option names[] = {
        {"defconfig", required_argument, NULL, 'f'},
        {"dryrun", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *file = NULL;
    struct source source = {NULL, NULL};
    int c, rc;

    while ((c = xl_option(argc, argv, "hnf:", names)) != -1) {
        if (c == 'f')
            file = optarg;
        xl.dry_run |= c == 'n';
    }
    if (!file && optind < argc && !strchr(argv[optind], '='))
        file = argv[optind++];
    rc = source_read(&source, file, argv + optind, argc - optind);
    if (!rc)
        rc = create_from(&source);
    source_free(&source);
    return rc;
}

/* ---- changes ---- */

int cmd_cpupool_destroy(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    if (!libxl_cpupool_destroy(xl.ctx, xl_pool(argv[optind])))
        return EXIT_SUCCESS;
    fprintf(stderr, "Can't destroy cpupool '%s'\n", argv[optind]);
    return EXIT_FAILURE;
}

int cmd_cpupool_rename(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    if (!libxl_cpupool_rename(xl.ctx, argv[optind + 1], xl_pool(argv[optind])))
        return EXIT_SUCCESS;
    fprintf(stderr, "Can't rename cpupool '%s'\n", argv[optind]);
    return EXIT_FAILURE;
}

static int change_cpus(int argc, char **argv, bool add)
{
    libxl_bitmap cpus;
    uint32_t id;
    int rc;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    id = xl_pool(argv[optind]);
    libxl_bitmap_init(&cpus);
    rc = xl_cpu_list(argv[optind + 1], 0, &cpus);
    if (!rc)
        rc = add ? libxl_cpupool_cpuadd_cpumap(xl.ctx, id, &cpus)
                 : libxl_cpupool_cpuremove_cpumap(xl.ctx, id, &cpus);
    libxl_bitmap_dispose(&cpus);
    if (rc)
        fprintf(stderr, "some cpus may not have been %s %s\n", add ? "added to" : "removed from",
                argv[optind]);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_cpupool_cpu_add(int argc, char **argv)
{
    return change_cpus(argc, argv, true);
}

int cmd_cpupool_cpu_remove(int argc, char **argv)
{
    return change_cpus(argc, argv, false);
}

int cmd_cpupool_migrate(int argc, char **argv)
{
    uint32_t domid, id;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    if (libxl_domain_qualifier_to_domid(xl.ctx, argv[optind], &domid)) {
        fprintf(stderr, "unknown domain '%s'\n", argv[optind]);
        return EXIT_FAILURE;
    }
    id = xl_pool(argv[optind + 1]);
    return libxl_cpupool_movedomain(xl.ctx, id, domid) ? EXIT_FAILURE : EXIT_SUCCESS;
}
