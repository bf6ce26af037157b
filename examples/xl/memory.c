/* SPDX-License-Identifier: MIT */
/* xl mem-set, mem-max. */
#include "xl.h"

/* Domain and amount from the arguments; the amount counts MiB unless it says otherwise. */
static bool arguments(int argc, char **argv, uint32_t *domid, uint64_t *kib)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    *domid = xl_domain(argv[optind]);
    if (xl_memory(argv[optind + 1], 1024, kib) && *kib <= INT64_MAX)
        return true;
    fprintf(stderr, "invalid memory size: %s\n", argv[optind + 1]);
    return false;
}

int cmd_mem_set(int argc, char **argv)
{
    uint32_t domid;
    uint64_t kib;

    if (!arguments(argc, argv, &domid, &kib))
        return EXIT_FAILURE;
    if (!libxl_set_memory_target(xl.ctx, domid, (int64_t)kib, 0, 1))
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot set domid %u dynamic max memory to : %s\n", domid, argv[optind + 1]);
    return EXIT_FAILURE;
}

int cmd_mem_max(int argc, char **argv)
{
    uint32_t domid;
    uint64_t kib;

    if (!arguments(argc, argv, &domid, &kib))
        return EXIT_FAILURE;
    if (!libxl_domain_setmaxmem(xl.ctx, domid, kib))
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot set domid %u static max memory to : %s\n", domid, argv[optind + 1]);
    return EXIT_FAILURE;
}
