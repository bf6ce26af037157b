/* SPDX-License-Identifier: MIT */
/* Put a kernel into a new PV or PVH domain. */
#include <stdlib.h>
#include <unistd.h>
#include <xenguest.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>
#include "internal.h"

/* ---- resources and limits that a domain has before it has memory ---- */

static int set_affinities(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    for (int i = 0; i < b->max_vcpus; i++) {
        const libxl_bitmap *hard = i < b->num_vcpu_hard_affinity && b->vcpu_hard_affinity[i].size
                                       ? &b->vcpu_hard_affinity[i]
                                   : b->cpumap.size ? &b->cpumap
                                                    : NULL;
        const libxl_bitmap *soft = i < b->num_vcpu_soft_affinity && b->vcpu_soft_affinity[i].size
                                       ? &b->vcpu_soft_affinity[i]
                                       : NULL;
        int rc = hard || soft ? libxl_set_vcpuaffinity(ctx, domid, i, hard, soft) : 0;

        if (rc)
            return rc;
    }
    return 0;
}

static int set_permissions(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    for (int i = 0; i < b->num_ioports; i++)
        if (xc_domain_ioport_permission(ctx->xch, domid, b->ioports[i].first, b->ioports[i].number,
                                        1))
            return BECAUSE(ctx, ERROR_FAIL, "cannot give I/O ports 0x%x+%u to domain %" PRIu32,
                           b->ioports[i].first, b->ioports[i].number, domid);
    for (int i = 0; i < b->num_iomem; i++)
        if (xc_domain_iomem_permission(ctx->xch, domid, b->iomem[i].start, b->iomem[i].number, 1))
            return BECAUSE(ctx, ERROR_FAIL,
                           "cannot give memory pages 0x%" PRIx64 "+%" PRIu64 " to domain %" PRIu32,
                           b->iomem[i].start, b->iomem[i].number, domid);
    if (b->num_irqs)
        return libxl__unsupported(ctx, __func__, "give interrupts to a domain");
    return 0;
}

static int set_time(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    if (b->rtc_timeoffset && xc_domain_set_time_offset(ctx->xch, domid, (int)b->rtc_timeoffset))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the clock of domain %" PRIu32, domid);
    if (b->tsc_mode != LIBXL_TSC_MODE_DEFAULT &&
        xc_domain_set_tsc_info(ctx->xch, domid, b->tsc_mode, 0, 0, 0))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the TSC mode of domain %" PRIu32, domid);
    return 0;
}

/* Memory for the tables of nested paging; older hypervisors take it in MiB. */
static int set_paging_memory(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    unsigned int mib = (unsigned int)((b->shadow_memkb + 1023) / 1024);
    int rc = xc_set_paging_mempool_size(ctx->xch, domid, b->shadow_memkb << 10);

    if (rc && (errno == ENOSYS || errno == EOPNOTSUPP))
        rc = xc_shadow_control(ctx->xch, domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mib, 0);
    if (rc < 0)
        return BECAUSE(ctx, errno == ENOMEM ? ERROR_NOMEM : ERROR_FAIL,
                       "cannot give domain %" PRIu32 " %" PRIu64 " KiB for its paging", domid,
                       b->shadow_memkb);
    return 0;
}

static int set_container(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    if (b->type != LIBXL_DOMAIN_TYPE_PVH)
        return 0;
    if (xc_hvm_param_set(ctx->xch, domid, HVM_PARAM_TIMER_MODE, (uint64_t)b->timer_mode))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set the timer mode of domain %" PRIu32, domid);
    if (b->altp2m != LIBXL_ALTP2M_MODE_DISABLED &&
        xc_hvm_param_set(ctx->xch, domid, HVM_PARAM_ALTP2M, (uint64_t)b->altp2m))
        return BECAUSE(ctx, ERROR_FAIL, "cannot set altp2m for domain %" PRIu32, domid);
    return set_paging_memory(ctx, domid, b);
}

static int prepare(libxl_ctx *ctx, uint32_t domid, const libxl_domain_build_info *b)
{
    int rc;

    if (xc_domain_max_vcpus(ctx->xch, domid, (unsigned int)b->max_vcpus))
        return BECAUSE(ctx, ERROR_FAIL, "cannot make %d vCPUs for domain %" PRIu32, b->max_vcpus,
                       domid);
    if (b->nodemap.size && !libxl_bitmap_is_empty(&b->nodemap) &&
        !libxl_bitmap_is_full(&b->nodemap)) {
        libxl_bitmap nodes = b->nodemap; /* the function's argument is not const */

        rc = libxl_domain_set_nodeaffinity(ctx, domid, &nodes);
        if (rc)
            return rc;
    }
    rc = set_affinities(ctx, domid, b);
    if (rc)
        return rc;
    if (xc_domain_setmaxmem(ctx->xch, domid, b->target_memkb + libxl__maxmem_slack(b)))
        return BECAUSE(ctx, ERROR_FAIL, "cannot limit the memory of domain %" PRIu32, domid);
    rc = set_permissions(ctx, domid, b);
    if (!rc)
        rc = set_time(ctx, domid, b);
    if (!rc)
        rc = set_container(ctx, domid, b);
    return rc ? rc : libxl__cpuid_apply(ctx, domid, b);
}

static int alloc_ports(libxl_ctx *ctx, uint32_t domid, struct build_result *result)
{
    xc_evtchn_port_or_error_t store = xc_evtchn_alloc_unbound(ctx->xch, domid, 0);
    xc_evtchn_port_or_error_t console =
        store < 0 ? store : xc_evtchn_alloc_unbound(ctx->xch, domid, 0);

    if (console < 0)
        return BECAUSE(ctx, ERROR_FAIL, "cannot make event channels for domain %" PRIu32, domid);
    result->store_port = (uint32_t)store;
    result->console_port = (uint32_t)console;
    return 0;
}

/* ---- the image ---- */

/* A file that cannot be read is told by its name, before anything is parsed. */
static int check_file(libxl_ctx *ctx, const char *what, const char *path)
{
    if (access(path, R_OK)) {
        FAIL(ctx, ERROR_FAIL, errno, "cannot read the %s %s", what, path);
        xenerr_field(XENERR_FILE, "%s", path);
        xenerr_field(XENERR_STAGE, "load %s", what);
        return ERROR_FAIL;
    }
    return 0;
}

static int stage_failed(libxl_ctx *ctx, const char *stage, const char *file, const char *fmt)
{
    int rc = errno == ENOMEM ? ERROR_NOMEM : ERROR_FAIL;

    libxl__because(ctx, rc, libxl__op(ctx, __func__), fmt, file ? file : "");
    xenerr_field(XENERR_STAGE, "%s", stage);
    if (file)
        xenerr_field(XENERR_FILE, "%s", file);
    return rc;
}

static int memory_failed(libxl_ctx *ctx, const libxl_domain_build_info *b)
{
    uint64_t free_kb = 0;
    int saved = errno;

    libxl_get_free_memory(ctx, &free_kb);
    errno = saved;
    BECAUSE(ctx, ERROR_NOMEM, "not enough memory: wanted %" PRIu64 " MiB, free %" PRIu64 " MiB",
            b->target_memkb / 1024, free_kb / 1024);
    xenerr_field(XENERR_STAGE, "allocate memory");
    xenerr_field(XENERR_LIMIT, "memory: wanted %" PRIu64 " MiB, free %" PRIu64 " MiB",
                 b->target_memkb / 1024, free_kb / 1024);
    return ERROR_NOMEM;
}

static int load(libxl_ctx *ctx, struct xc_dom_image *dom, const libxl_domain_build_info *b)
{
    const char *ramdisk = b->ramdisk && *b->ramdisk ? b->ramdisk : NULL;

    if (check_file(ctx, "kernel", b->kernel) || (ramdisk && check_file(ctx, "ramdisk", ramdisk)))
        return ERROR_FAIL;
    if (xc_dom_kernel_file(dom, b->kernel))
        return stage_failed(ctx, "load kernel", b->kernel, "cannot load the kernel %s");
    if (ramdisk && xc_dom_module_file(dom, ramdisk, NULL))
        return stage_failed(ctx, "load ramdisk", ramdisk, "cannot load the ramdisk %s");
    return 0;
}

/*
 * A PVH guest is told of all memory and all vCPUs that it may ever have; what it has not now comes
 * by ballooning and hotplug.
 */
static int describe_pvh(libxl_ctx *ctx, struct xc_dom_image *dom, const libxl_domain_build_info *b)
{
    uint8_t online[HVM_MAX_VCPUS / 8] = {0};

    if (b->type != LIBXL_DOMAIN_TYPE_PVH)
        return 0;
    dom->target_pages = (b->target_memkb - b->video_memkb) >> 2;
    if (!libxl_defbool_val(b->acpi))
        return 0;
    for (int i = 0; i < b->max_vcpus && i < HVM_MAX_VCPUS; i++)
        if (libxl_bitmap_test(&b->avail_vcpus, i))
            online[i / 8] |= (uint8_t)(1u << i % 8);
    return xc_dom_acpi_tables(dom, online)
               ? stage_failed(ctx, "make tables", NULL, "cannot make the domain's ACPI tables%s")
               : 0;
}

static int build_image(libxl_ctx *ctx, struct xc_dom_image *dom, uint32_t domid,
                       const libxl_domain_build_info *b)
{
    bool pvh = b->type == LIBXL_DOMAIN_TYPE_PVH;
    uint64_t memkb = pvh ? b->max_memkb : b->target_memkb;
    int rc;

    if (xc_dom_boot_xen_init(dom, ctx->xch, domid))
        return stage_failed(ctx, "ask hypervisor", NULL, "cannot prepare the domain's image%s");
    if (xc_dom_parse_image(dom))
        return stage_failed(ctx, "parse kernel", b->kernel,
                            pvh ? "%s is not a kernel that can run as a PVH guest"
                                : "%s is not a kernel that can run as a PV guest");
    if (xc_dom_mem_init(dom, (unsigned int)(memkb / 1024)))
        return stage_failed(ctx, "lay out memory", NULL, "cannot lay out the domain's memory%s");
    rc = describe_pvh(ctx, dom, b);
    if (rc)
        return rc;
    if (xc_dom_boot_mem_init(dom))
        return errno == ENOMEM ? memory_failed(ctx, b)
                               : stage_failed(ctx, "allocate memory", NULL,
                                              "cannot give the domain its memory%s");
    if (xc_dom_build_image(dom))
        return stage_failed(ctx, "place kernel", b->kernel,
                            "cannot put the kernel %s into the domain's memory");
    if (xc_dom_boot_image(dom))
        return stage_failed(ctx, "boot", NULL, "cannot set up the domain's start%s");
    if (xc_dom_gnttab_init(dom))
        return stage_failed(ctx, "grant table", NULL, "cannot set up the domain's grant table%s");
    return 0;
}

int libxl__build(libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config,
                 struct build_result *result)
{
    const libxl_domain_build_info *b = &config->b_info;
    struct xc_dom_image *dom = NULL;
    int rc;

    if (b->bootloader)
        return libxl__unsupported(ctx, __func__, "run a bootloader");
    if (!b->kernel)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "no kernel is given");
    rc = prepare(ctx, domid, b);
    if (!rc)
        rc = alloc_ports(ctx, domid, result);
    if (rc)
        return rc;
    errno = 0;
    dom = xc_dom_allocate(ctx->xch, b->cmdline,
                          b->type == LIBXL_DOMAIN_TYPE_PV ? b->u.pv.features : NULL);
    if (!dom)
        return BECAUSE(ctx, ERROR_NOMEM, "cannot start to build");
    dom->container_type =
        b->type == LIBXL_DOMAIN_TYPE_PV ? XC_DOM_PV_CONTAINER : XC_DOM_HVM_CONTAINER;
    dom->flags = 0;
    dom->console_evtchn = result->console_port;
    dom->console_domid = 0;
    dom->xenstore_evtchn = result->store_port;
    dom->xenstore_domid = 0;
    dom->claim_enabled = libxl_defbool_val(b->claim_mode);
    dom->max_vcpus = (unsigned int)b->max_vcpus;
    rc = load(ctx, dom, b);
    if (!rc)
        rc = build_image(ctx, dom, domid, b);
    if (!rc) {
        result->console_mfn = xc_dom_p2m(dom, dom->console_pfn);
        result->store_mfn = xc_dom_p2m(dom, dom->xenstore_pfn);
    }
    xc_dom_release(dom);
    return rc;
}
