/* SPDX-License-Identifier: MIT */
/* xl sched-credit, sched-credit2. */
#include "xl.h"

#include <limits.h>

/* What the command line asks for; -1: not given. */
struct request {
    libxl_scheduler scheduler;
    const char *domain, *pool;
    bool of_pool; /* -s: the pool's parameters */
    int weight, cap, tslice, ratelimit, delay;
};

static int print_pool_parameters(const struct request *r, uint32_t poolid)
{
    char *name = libxl_cpupoolid_to_name(xl.ctx, poolid);
    libxl_sched_credit2_params credit2;
    libxl_sched_credit_params credit;
    int rc;

    if (r->scheduler == LIBXL_SCHEDULER_CREDIT2) {
        rc = libxl_sched_credit2_params_get(xl.ctx, poolid, &credit2);
        if (!rc)
            printf("Cpupool %s: ratelimit=%dus\n", name ? name : "", credit2.ratelimit_us);
    } else {
        rc = libxl_sched_credit_params_get(xl.ctx, poolid, &credit);
        if (!rc)
            printf("Cpupool %s: tslice=%dms ratelimit=%dus migration-delay=%dus\n",
                   name ? name : "", credit.tslice_ms, credit.ratelimit_us,
                   credit.vcpu_migr_delay_us);
    }
    free(name);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int set_pool_parameters(const struct request *r, uint32_t poolid)
{
    libxl_sched_credit2_params credit2;
    libxl_sched_credit_params credit;
    int rc;

    if (r->scheduler == LIBXL_SCHEDULER_CREDIT2) {
        rc = libxl_sched_credit2_params_get(xl.ctx, poolid, &credit2);
        if (rc)
            return EXIT_FAILURE;
        if (r->ratelimit >= 0)
            credit2.ratelimit_us = r->ratelimit;
        return libxl_sched_credit2_params_set(xl.ctx, poolid, &credit2) ? EXIT_FAILURE
                                                                        : EXIT_SUCCESS;
    }
    rc = libxl_sched_credit_params_get(xl.ctx, poolid, &credit);
    if (rc)
        return EXIT_FAILURE;
    if (r->tslice >= 0)
        credit.tslice_ms = r->tslice;
    if (r->ratelimit >= 0)
        credit.ratelimit_us = r->ratelimit;
    if (r->delay >= 0)
        credit.vcpu_migr_delay_us = r->delay;
    return libxl_sched_credit_params_set(xl.ctx, poolid, &credit) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int get_domain(const struct request *r, uint32_t domid, libxl_domain_sched_params *params)
{
    int rc = libxl_domain_sched_params_get(xl.ctx, domid, params);

    if (rc) {
        fprintf(stderr, "libxl_domain_sched_params_get failed.\n");
        return EXIT_FAILURE;
    }
    if (params->sched == r->scheduler)
        return EXIT_SUCCESS;
    fflush(stdout);
    fprintf(stderr, "libxl_domain_sched_params_get returned %s not %s.\n",
            libxl_scheduler_to_string(params->sched), libxl_scheduler_to_string(r->scheduler));
    return EXIT_FAILURE;
}

static void print_header(void)
{
    printf("%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
}

static int print_domain(const struct request *r, uint32_t domid)
{
    libxl_domain_sched_params params;
    char *name;
    int rc;

    libxl_domain_sched_params_init(&params);
    rc = get_domain(r, domid, &params);
    if (!rc) {
        name = libxl_domid_to_name(xl.ctx, domid);
        printf("%-33s %4u %6d %4d\n", name ? name : "", domid, params.weight, params.cap);
        free(name);
    }
    libxl_domain_sched_params_dispose(&params);
    return rc;
}

static int set_domain(const struct request *r, uint32_t domid)
{
    libxl_domain_sched_params params;
    int rc;

    libxl_domain_sched_params_init(&params);
    rc = get_domain(r, domid, &params);
    if (!rc) {
        if (r->weight >= 0)
            params.weight = r->weight;
        if (r->cap >= 0)
            params.cap = r->cap;
        rc = libxl_domain_sched_params_set(xl.ctx, domid, &params);
        if (rc)
            fprintf(stderr, "libxl_domain_sched_params_set failed.\n");
    }
    libxl_domain_sched_params_dispose(&params);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_pool(const struct request *r, const libxl_cpupoolinfo *pool)
{
    int count = 0, rc = print_pool_parameters(r, pool->poolid);
    libxl_dominfo *domains = libxl_list_domain(xl.ctx, &count);

    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    print_header();
    for (int i = 0; i < count; i++)
        if (domains[i].cpupool == pool->poolid)
            rc |= print_domain(r, domains[i].domid);
    libxl_dominfo_list_free(domains, count);
    return rc;
}

static int print_pools(const struct request *r)
{
    int count = 0, rc = EXIT_SUCCESS;
    uint32_t only = r->pool ? xl_pool(r->pool) : LIBXL_CPUPOOL_POOLID_ANY;
    libxl_cpupoolinfo *pools = libxl_list_cpupool(xl.ctx, &count);

    if (!pools) {
        fprintf(stderr, "error on getting cpupool list\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < count; i++)
        if (pools[i].sched == r->scheduler &&
            (only == LIBXL_CPUPOOL_POOLID_ANY || only == pools[i].poolid))
            rc |= print_pool(r, &pools[i]);
    libxl_cpupoolinfo_list_free(pools, count);
    return rc;
}

static int serve(const struct request *r)
{
    bool domain_values = r->weight >= 0 || r->cap >= 0;
    bool pool_values = r->tslice >= 0 || r->ratelimit >= 0 || r->delay >= 0;
    uint32_t poolid;

    if (r->domain && r->pool) {
        fprintf(stderr, "Specifying a cpupool is not allowed with other options.\n");
        return EXIT_FAILURE;
    }
    if (r->domain && (r->of_pool || pool_values)) {
        fprintf(stderr, "Cannot combine -d with the parameters of a pool.\n");
        return EXIT_FAILURE;
    }
    if (!r->domain && domain_values) {
        fprintf(stderr, "Must specify a domain.\n");
        return EXIT_FAILURE;
    }
    if (!r->of_pool && pool_values) {
        fprintf(stderr, "Must specify schedparam to set schedule parameter values.\n");
        return EXIT_FAILURE;
    }
    if (r->of_pool) {
        poolid = r->pool ? xl_pool(r->pool) : 0;
        return pool_values ? set_pool_parameters(r, poolid) : print_pool_parameters(r, poolid);
    }
    if (!r->domain)
        return print_pools(r);
    if (domain_values)
        return set_domain(r, xl_domain(r->domain));
    poolid = xl_domain(r->domain);
    print_header();
    return print_domain(r, poolid);
}

static int value(int letter, const char *text)
{
    long number;

    if (!xl_number(text, 0, INT_MAX, &number)) {
        fprintf(stderr, "option `%c' wants a number, not \"%s\".\n", letter, text);
        exit(BAD_USAGE);
    }
    return (int)number;
}

static int sched_command(int argc, char **argv, libxl_scheduler scheduler, const char *letters)
{
    static const struct option names[] = {
        {"domain", required_argument, NULL, 'd'},
        {"weight", required_argument, NULL, 'w'},
        {"cap", required_argument, NULL, 'c'},
        {"schedparam", no_argument, NULL, 's'},
        {"tslice_ms", required_argument, NULL, 't'},
        {"ratelimit_us", required_argument, NULL, 'r'},
        {"migration_delay_us", required_argument, NULL, 'm'},
        {"cpupool", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request r = {.scheduler = scheduler,
                        .weight = -1,
                        .cap = -1,
                        .tslice = -1,
                        .ratelimit = -1,
                        .delay = -1};
    int c;

    while ((c = xl_option(argc, argv, letters, names)) != -1) {
        switch (c) {
        case 'd':
            r.domain = optarg;
            break;
        case 'p':
            r.pool = optarg;
            break;
        case 's':
            r.of_pool = true;
            break;
        case 'w':
            r.weight = value(c, optarg);
            break;
        case 'c':
            r.cap = value(c, optarg);
            break;
        case 't':
            r.tslice = value(c, optarg);
            break;
        case 'r':
            r.ratelimit = value(c, optarg);
            break;
        case 'm':
            r.delay = value(c, optarg);
            break;
        }
    }
    return serve(&r);
}

int cmd_sched_credit(int argc, char **argv)
{
    return sched_command(argc, argv, LIBXL_SCHEDULER_CREDIT, "d:w:c:p:t:r:m:sh");
}

int cmd_sched_credit2(int argc, char **argv)
{
    return sched_command(argc, argv, LIBXL_SCHEDULER_CREDIT2, "d:w:c:p:r:sh");
}
