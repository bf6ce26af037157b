/* SPDX-License-Identifier: MIT */
/* xl.cfg(5): CPUs, memory, scheduling, kernel, platform. */
#include "xl.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>

#define B(member) offsetof(libxl_domain_build_info, member)
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }
#define MAX_VCPUS    4096
#define LAST_IO_PORT 0xffff

/* ---- CPUs ---- */

static int parse_vcpus(XLU_Config *cfg, libxl_domain_build_info *b)
{
    long vcpus = 1, most;
    int rc = xlu_cfg_get_bounded_long(cfg, "vcpus", 1, MAX_VCPUS, &vcpus, 0);

    if (rc && rc != ESRCH)
        return 1;
    most = vcpus;
    rc = xlu_cfg_get_bounded_long(cfg, "maxvcpus", 1, MAX_VCPUS, &most, 0);
    if (rc && rc != ESRCH)
        return 1;
    if (most < vcpus) {
        fprintf(stderr, "xl: maxvcpus < vcpus\n");
        return 1;
    }
    b->max_vcpus = (int)most;
    if (libxl_cpu_bitmap_alloc(xl.ctx, &b->avail_vcpus, (int)vcpus)) {
        fprintf(stderr, "Unable to allocate cpumap\n");
        return 1;
    }
    for (int i = 0; i < vcpus; i++)
        libxl_bitmap_set(&b->avail_vcpus, i);
    return 0;
}

static int one_affinity(const char *key, const char *text, libxl_bitmap *map)
{
    if (xl_cpu_list(text, 0, map))
        return 1;
    if (!libxl_bitmap_is_empty(map))
        return 0;
    fprintf(stderr, "vcpu %s affinity map is empty\n", strcmp(key, "cpus") ? "soft" : "hard");
    return 1;
}

/* A string for all vCPUs, or a list with an entry a vCPU; a vCPU without one may run anywhere. */
static int parse_affinity(XLU_Config *cfg, const char *key, int vcpus, libxl_bitmap **maps,
                          int *num, libxl_domain_build_info *b)
{
    XLU_ConfigList *list = NULL;
    const char *text = NULL;
    int entries = vcpus;

    if (xlu_cfg_get_list(cfg, key, &list, &entries, 1) && xlu_cfg_get_string(cfg, key, &text, 0))
        return 0;
    *maps = xl_must(calloc((size_t)vcpus, sizeof(**maps)));
    for (int i = 0; i < vcpus; i++)
        libxl_bitmap_init(&(*maps)[i]);
    *num = vcpus;
    for (int i = 0; i < vcpus; i++) {
        const char *item = list && i < entries ? xlu_cfg_get_listitem(list, i) : text;

        if (list && i < entries && !item) {
            fprintf(stderr, "xl: \"%s\" is to be a list of strings\n", key);
            return 1;
        }
        if (one_affinity(key, item ? item : "all", &(*maps)[i]))
            return 1;
    }
    libxl_defbool_set(&b->numa_placement, false);
    return 0;
}

static int parse_cpus(XLU_Config *cfg, libxl_domain_build_info *b)
{
    static const struct field scheduling[] = {
        {"cpu_weight", FIELD_INT, offsetof(libxl_domain_sched_params, weight), NULL},
        {"cap", FIELD_INT, offsetof(libxl_domain_sched_params, cap), NULL},
        {"period", FIELD_INT, offsetof(libxl_domain_sched_params, period), NULL},
        {"budget", FIELD_INT, offsetof(libxl_domain_sched_params, budget), NULL},
        {"extratime", FIELD_INT, offsetof(libxl_domain_sched_params, extratime), NULL},
        END,
    };

    return parse_vcpus(cfg, b) || fields_from_config(cfg, scheduling, &b->sched_params) ||
           parse_affinity(cfg, "cpus", b->max_vcpus, &b->vcpu_hard_affinity,
                          &b->num_vcpu_hard_affinity, b) ||
           parse_affinity(cfg, "cpus_soft", b->max_vcpus, &b->vcpu_soft_affinity,
                          &b->num_vcpu_soft_affinity, b);
}

/* ---- memory ---- */

static int parse_memory(XLU_Config *cfg, libxl_domain_build_info *b)
{
    static const struct field fields[] = {
        {"memory", FIELD_MIB, B(target_memkb), NULL},
        {"maxmem", FIELD_MIB, B(max_memkb), NULL},
        {"shadow_memory", FIELD_MIB, B(shadow_memkb), NULL},
        {"videoram", FIELD_MIB, B(video_memkb), NULL},
        END,
    };

    libxl_defbool_set(&b->claim_mode, true);
    if (fields_from_config(cfg, fields, b))
        return 1;
    if (b->max_memkb == LIBXL_MEMKB_DEFAULT)
        b->max_memkb = b->target_memkb;
    if (b->target_memkb == LIBXL_MEMKB_DEFAULT || b->max_memkb >= b->target_memkb)
        return 0;
    fprintf(stderr, "xl: maxmem (%lu MiB) < memory (%lu MiB)\n", MIB(b->max_memkb),
            MIB(b->target_memkb));
    return 1;
}

/* One virtual node's "key=value" items; vdistances brings commas of its own. */
static int parse_vnode_item(const char *item, libxl_vnode_info *node, int max_vcpus)
{
    const char *value = strchr(item, '=');
    size_t length = value ? (size_t)(value - item) : 0;
    uint64_t memkb;
    long number;

    if (!value++)
        return 1;
    if (!strncmp(item, "pnode", length) && length == 5) {
        if (!xl_number(value, 0, INT_MAX, &number))
            return 1;
        node->pnode = (uint32_t)number;
    } else if (!strncmp(item, "size", length) && length == 4) {
        if (!xl_memory(value, 1024, &memkb))
            return 1;
        node->memkb = memkb;
    } else if (!strncmp(item, "vcpus", length) && length == 5) {
        return xl_cpu_list(value, max_vcpus, &node->vcpus);
    } else if (!strncmp(item, "vdistances", length) && length == 10) {
        while (*value) {
            char *end;

            number = strtol(value, &end, 0);
            if (end == value || (*end && *end != ',') || number < 0)
                return 1;
            *GROW(node->distances, node->num_distances) = (uint32_t)number;
            value = *end ? end + 1 : end;
        }
    } else {
        return 1;
    }
    return 0;
}

static int parse_vnuma(XLU_Config *cfg, libxl_domain_build_info *b)
{
    XLU_ConfigList *list, *items;
    uint64_t total = 0;
    int count;

    if (xlu_cfg_get_list(cfg, "vnuma", &list, &count, 1))
        return 0;
    for (int i = 0; i < count; i++) {
        libxl_vnode_info *node = GROW(b->vnuma_nodes, b->num_vnuma_nodes);

        libxl_vnode_info_init(node);
        if (xlu_cfg_value_get_list(cfg, xlu_cfg_get_listitem2(list, i), &items, 0))
            return 1;
        for (int j = 0; xlu_cfg_get_listitem2(items, j); j++) {
            const char *item = xlu_cfg_get_listitem(items, j);

            if (!item || parse_vnode_item(item, node, b->max_vcpus)) {
                fprintf(stderr, "xl: vnuma: vnode %d: bad item \"%s\"\n", i, item ? item : "");
                return 1;
            }
        }
        total += node->memkb == LIBXL_MEMKB_DEFAULT ? 0 : node->memkb;
    }
    if (b->max_memkb == LIBXL_MEMKB_DEFAULT || b->max_memkb == total) {
        b->max_memkb = total;
        return 0;
    }
    fprintf(stderr, "xl: vnuma: the nodes have %lu MiB, maxmem is %lu MiB\n", MIB(total),
            MIB(b->max_memkb));
    return 1;
}

/* ---- kernel ---- */

static int parse_cmdline(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *cmdline = NULL, *root = NULL, *extra = NULL;

    xlu_cfg_get_string(cfg, "cmdline", &cmdline, 0);
    xlu_cfg_get_string(cfg, "root", &root, 0);
    xlu_cfg_get_string(cfg, "extra", &extra, 0);
    if (cmdline) {
        if (root || extra)
            fprintf(stderr, "Warning: ignoring root= and extra= since cmdline= is there\n");
        b->cmdline = xl_must(strdup(cmdline));
    } else if (root) {
        b->cmdline = xl_printf("root=%s%s%s", root, extra ? " " : "", extra ? extra : "");
    } else if (extra) {
        b->cmdline = xl_must(strdup(extra));
    }
    return 0;
}

static int parse_bootloader(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *text;
    char *copy, *rest, *word;
    int count = 0;

    if (!xlu_cfg_get_list_as_string_list(cfg, "bootloader_args", &b->bootloader_args, 1) ||
        xlu_cfg_get_string(cfg, "bootloader_args", &text, 0))
        return 0;
    rest = copy = xl_must(strdup(text));
    while ((word = strsep(&rest, " \t")))
        if (*word)
            *GROW(b->bootloader_args, count) = xl_must(strdup(word));
    if (count)
        (void)GROW(b->bootloader_args, count);
    free(copy);
    return 0;
}

/* ---- hardware access ---- */

static int parse_ioport(const char *text, libxl_ioport_range *range)
{
    unsigned long first, last;
    char *end;

    errno = 0;
    last = first = strtoul(text, &end, 16);
    if (end != text && *end == '-')
        last = strtoul(end + 1, &end, 16);
    if (errno || end == text || *end || first > last || last > LAST_IO_PORT) {
        fprintf(stderr, "xl: Invalid argument parsing ioport: %s\n", text);
        return 1;
    }
    range->first = (uint32_t)first;
    range->number = (uint32_t)(last - first + 1);
    return 0;
}

static int parse_iomem(const char *text, libxl_iomem_range *range)
{
    unsigned long long start, number, gfn;
    char *end;

    libxl_iomem_range_init(range);
    errno = 0;
    start = strtoull(text, &end, 16);
    if (end == text || *end != ',')
        goto bad;
    text = end + 1;
    number = strtoull(text, &end, 16);
    if (end == text || !number)
        goto bad;
    if (*end == '@') {
        text = end + 1;
        gfn = strtoull(text, &end, 16);
        if (end == text)
            goto bad;
        range->gfn = gfn;
    }
    if (errno || *end)
        goto bad;
    range->start = start;
    range->number = number;
    return 0;
bad:
    fprintf(stderr, "xl: Invalid argument parsing iomem: %s\n", text);
    return 1;
}

static int parse_hardware(XLU_Config *cfg, libxl_domain_build_info *b)
{
    XLU_ConfigList *list;
    const char *item;
    long number;
    int n;

    if (!xlu_cfg_get_list(cfg, "ioports", &list, &n, 0))
        for (int i = 0; i < n; i++)
            if (!(item = xlu_cfg_get_listitem(list, i)) ||
                parse_ioport(item, GROW(b->ioports, b->num_ioports)))
                return 1;
    if (!xlu_cfg_get_list(cfg, "iomem", &list, &n, 0))
        for (int i = 0; i < n; i++)
            if (!(item = xlu_cfg_get_listitem(list, i)) ||
                parse_iomem(item, GROW(b->iomem, b->num_iomem)))
                return 1;
    if (xlu_cfg_get_list(cfg, "irqs", &list, &n, 0))
        return 0;
    for (int i = 0; i < n; i++) {
        item = xlu_cfg_get_listitem(list, i);
        if (!item || !xl_number(item, 0, INT_MAX, &number)) {
            fprintf(stderr, "xl: Invalid argument parsing irq: %s\n", item ? item : "");
            return 1;
        }
        *GROW(b->irqs, b->num_irqs) = (uint32_t)number;
    }
    return 0;
}

static int parse_cpuid(XLU_Config *cfg, libxl_domain_build_info *b)
{
    XLU_ConfigList *list;
    const char *text;
    char *copy, *rest, *item;
    int n, rc = 0;

    if (!xlu_cfg_get_list(cfg, "cpuid", &list, &n, 1)) {
        for (int i = 0; i < n && !rc; i++) {
            text = xlu_cfg_get_listitem(list, i);
            rc = text ? libxl_cpuid_parse_config_xend(&b->cpuid, text) : 1;
            if (rc)
                fprintf(stderr, "while parsing CPUID line: \"%s\": error %d\n", text ? text : "",
                        rc);
        }
        return rc ? 1 : 0;
    }
    if (xlu_cfg_get_string(cfg, "cpuid", &text, 0))
        return 0;
    rest = copy = xl_must(strdup(text));
    item = strsep(&rest, ",");
    if (strcmp(item, "host")) {
        fprintf(stderr, "while parsing CPUID string: \"%s\": it is to begin with \"host\"\n", text);
        rc = 1;
    }
    while (!rc && (item = strsep(&rest, ","))) {
        rc = libxl_cpuid_parse_config(&b->cpuid, item);
        if (rc)
            fprintf(stderr, "while parsing CPUID flag: \"%s\": error %d\n", item, rc);
    }
    free(copy);
    return rc ? 1 : 0;
}

static int parse_type_specific(XLU_Config *cfg, libxl_domain_build_info *b)
{
    static const struct field pv[] = {
        {"e820_host", FIELD_DEFBOOL, B(u.pv.e820_host), NULL},
        END,
    };
    static const struct field pvh[] = {
        {"pvshim", FIELD_DEFBOOL, B(u.pvh.pvshim), NULL},
        {"pvshim_path", FIELD_STRING, B(u.pvh.pvshim_path), NULL},
        {"pvshim_cmdline", FIELD_STRING, B(u.pvh.pvshim_cmdline), NULL},
        {"pvshim_extra", FIELD_STRING, B(u.pvh.pvshim_extra), NULL},
        END,
    };

    switch (b->type) {
    case LIBXL_DOMAIN_TYPE_PV:
        return fields_from_config(cfg, pv, b);
    case LIBXL_DOMAIN_TYPE_PVH:
        return fields_from_config(cfg, pvh, b);
    default:
        return config_hvm(cfg, b);
    }
}

int config_platform(XLU_Config *cfg, libxl_domain_build_info *b)
{
    static const struct field fields[] = {
        {"kernel", FIELD_STRING, B(kernel), NULL},
        {"ramdisk", FIELD_STRING, B(ramdisk), NULL},
        {"device_tree", FIELD_STRING, B(device_tree), NULL},
        {"bootloader", FIELD_STRING, B(bootloader), NULL},
        {"nomigrate", FIELD_DEFBOOL, B(disable_migrate), NULL},
        {"localtime", FIELD_DEFBOOL, B(localtime), NULL},
        {"rtc_timeoffset", FIELD_INT, B(rtc_timeoffset), NULL},
        {"blkdev_start", FIELD_STRING, B(blkdev_start), NULL},
        {"max_grant_frames", FIELD_INT, B(max_grant_frames), NULL},
        {"max_maptrack_frames", FIELD_INT, B(max_maptrack_frames), NULL},
        {"max_grant_version", FIELD_INT, B(max_grant_version), NULL},
        {"max_event_channels", FIELD_INT, B(event_channels), NULL},
        {"tsc_mode", FIELD_ENUM, B(tsc_mode), libxl_tsc_mode_string_table},
        {"timer_mode", FIELD_ENUM, B(timer_mode), libxl_timer_mode_string_table},
        {"acpi", FIELD_DEFBOOL, B(acpi), NULL},
        {"apic", FIELD_DEFBOOL, B(apic), NULL},
        {"nestedhvm", FIELD_DEFBOOL, B(nested_hvm), NULL},
        {"tee", FIELD_ENUM, B(tee), libxl_tee_type_string_table},
        {"altp2m", FIELD_ENUM, B(altp2m), libxl_altp2m_mode_string_table},
        {"vmtrace_buf_kb", FIELD_INT, B(vmtrace_buf_kb), NULL},
        {"vpmu", FIELD_DEFBOOL, B(vpmu), NULL},
        {"msr_relaxed", FIELD_DEFBOOL, B(arch_x86.msr_relaxed), NULL},
        {"gic_version", FIELD_ENUM, B(arch_arm.gic_version), libxl_gic_version_string_table},
        {"vuart", FIELD_ENUM, B(arch_arm.vuart), libxl_vuart_type_string_table},
        {"dm_restrict", FIELD_DEFBOOL, B(dm_restrict), NULL},
        {"device_model_version", FIELD_IGNORED, 0, NULL},
        {"device_model_override", FIELD_STRING, B(device_model), NULL},
        {"device_model_user", FIELD_STRING, B(device_model_user), NULL},
        {"device_model_stubdomain_override", FIELD_DEFBOOL, B(device_model_stubdomain), NULL},
        {"device_model_stubdomain_seclabel", FIELD_STRING, B(device_model_ssid_label), NULL},
        {"stubdomain_kernel", FIELD_STRING, B(stubdomain_kernel), NULL},
        {"stubdomain_cmdline", FIELD_STRING, B(stubdomain_cmdline), NULL},
        {"stubdomain_ramdisk", FIELD_STRING, B(stubdomain_ramdisk), NULL},
        {"stubdomain_memory", FIELD_MIB, B(stubdomain_memkb), NULL},
        {"device_model_args", FIELD_STRINGS, B(extra), NULL},
        {"device_model_args_pv", FIELD_STRINGS, B(extra_pv), NULL},
        {"device_model_args_hvm", FIELD_STRINGS, B(extra_hvm), NULL},
        END,
    };
    const char *version;

    if (fields_from_config(cfg, fields, b))
        return 1;
    if (!xlu_cfg_get_string(cfg, "device_model_version", &version, 0)) {
        if (!strcmp(version, "qemu-xen")) {
            b->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
        } else if (!strcmp(version, "qemu-xen-traditional")) {
            b->device_model_version = LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL;
        } else {
            fprintf(stderr, "Unknown device_model_version \"%s\" specified\n", version);
            return 1;
        }
    }
    return parse_type_specific(cfg, b);
}

int config_build(XLU_Config *cfg, libxl_domain_config *config)
{
    libxl_domain_build_info *b = &config->b_info;

    return parse_cpus(cfg, b) || parse_memory(cfg, b) || parse_vnuma(cfg, b) ||
           parse_cmdline(cfg, b) || parse_bootloader(cfg, b) || parse_hardware(cfg, b) ||
           parse_cpuid(cfg, b) || config_platform(cfg, b);
}
