/* SPDX-License-Identifier: MIT */
/* What there is: domains and the host. */
#include <stdlib.h>
#include "internal.h"

#define PAGE_KB (XC_PAGE_SIZE / 1024)

/* ---- domains ---- */

int libxl__domain_probe(libxl_ctx *ctx, uint32_t domid, xc_domaininfo_t *info)
{
    int n;

    if (domid >= DOMID_FIRST_RESERVED)
        return ERROR_DOMAIN_NOTFOUND;
    n = xc_domain_getinfolist(ctx->xch, domid, 1, info);
    if (n < 0)
        return ERROR_FAIL;
    return n == 1 && info->domain == domid ? 0 : ERROR_DOMAIN_NOTFOUND;
}

int libxl__domain_get(libxl_ctx *ctx, uint32_t domid, xc_domaininfo_t *info)
{
    int rc = libxl__domain_probe(ctx, domid, info);

    if (rc == ERROR_DOMAIN_NOTFOUND)
        FAIL(ctx, rc, ESRCH, "there is no domain %" PRIu32, domid);
    else if (rc)
        BECAUSE(ctx, rc, "cannot ask for the state of domain %" PRIu32, domid);
    return rc;
}

static libxl_domain_type type_of(libxl_ctx *ctx, const xc_domaininfo_t *info)
{
    libxl_domain_type type = LIBXL_DOMAIN_TYPE_INVALID;
    POOL(pool);
    char *text;

    if (!(info->flags & XEN_DOMINF_hvm_guest))
        return LIBXL_DOMAIN_TYPE_PV;
    text = libxl__store_read(ctx, &pool, XBT_NULL,
                             STR(&pool, "/libxl/%u/type", (unsigned int)info->domain));
    if (!text || libxl_domain_type_from_string(text, &type))
        return LIBXL_DOMAIN_TYPE_HVM; /* made by another toolstack, or being made */
    return type;
}

libxl_domain_type libxl__domain_type(libxl_ctx *ctx, uint32_t domid)
{
    xc_domaininfo_t info;

    return libxl__domain_get(ctx, domid, &info) ? LIBXL_DOMAIN_TYPE_INVALID : type_of(ctx, &info);
}

static void fill_dominfo(libxl_ctx *ctx, libxl_dominfo *out, const xc_domaininfo_t *in)
{
    libxl_dominfo_init(out);
    memcpy(out->uuid.uuid, in->handle, sizeof(in->handle));
    out->domid = in->domain;
    out->ssidref = in->ssidref;
    out->running = in->flags & XEN_DOMINF_running;
    out->blocked = in->flags & XEN_DOMINF_blocked;
    out->paused = in->flags & XEN_DOMINF_paused;
    out->shutdown = in->flags & XEN_DOMINF_shutdown;
    out->dying = in->flags & XEN_DOMINF_dying;
    if (out->shutdown || out->dying)
        out->shutdown_reason = (in->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    out->outstanding_memkb = in->outstanding_pages * PAGE_KB;
    out->current_memkb = in->tot_pages * PAGE_KB;
    out->shared_memkb = in->shr_pages * PAGE_KB;
    out->paged_memkb = in->paged_pages * PAGE_KB;
    out->max_memkb = in->max_pages * PAGE_KB;
    out->cpu_time = in->cpu_time;
    out->vcpu_max_id = in->max_vcpu_id;
    out->vcpu_online = in->nr_online_vcpus;
    out->cpupool = in->cpupool;
    out->gpaddr_bits = in->gpaddr_bits;
    out->domain_type = type_of(ctx, in);
}

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info_r, uint32_t domid)
{
    xc_domaininfo_t info;
    int rc;

    libxl__enter(ctx);
    rc = libxl__domain_probe(ctx, domid, &info);
    if (rc == ERROR_DOMAIN_NOTFOUND) /* a question, not a failure: nothing is logged */
        xenerr_set(ESRCH, "libxenlight", __func__, "there is no domain %" PRIu32, domid);
    else if (rc)
        BECAUSE(ctx, rc, "cannot ask for the state of domain %" PRIu32, domid);
    else if (info_r)
        fill_dominfo(ctx, info_r, &info);
    libxl__leave(ctx);
    return rc;
}

/* Every domain; freed by the caller.  NULL on failure. */
static xc_domaininfo_t *all_domains(libxl_ctx *ctx, int *nr)
{
    enum { CHUNK = 128 };
    xc_domaininfo_t *list = NULL;
    uint32_t first = 0;
    int got;

    *nr = 0;
    do {
        xc_domaininfo_t *bigger = realloc(list, ((size_t)*nr + CHUNK) * sizeof(*list));

        if (!bigger) {
            NO_MEMORY(ctx);
            goto fail;
        }
        list = bigger;
        got = xc_domain_getinfolist(ctx->xch, first, CHUNK, list + *nr);
        if (got < 0) {
            BECAUSE(ctx, ERROR_FAIL, "cannot list the domains");
            goto fail;
        }
        *nr += got;
        if (got)
            first = list[*nr - 1].domain + 1u;
    } while (got == CHUNK && first < DOMID_FIRST_RESERVED);
    return list;
fail:
    free(list);
    return NULL;
}

libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nb_domain_out)
{
    libxl_dominfo *result = NULL;
    xc_domaininfo_t *list;
    int n;

    *nb_domain_out = 0;
    libxl__enter(ctx);
    list = all_domains(ctx, &n);
    if (list)
        result = calloc((size_t)n + 1, sizeof(*result));
    if (list && !result)
        NO_MEMORY(ctx);
    for (int i = 0; result && i < n; i++)
        fill_dominfo(ctx, &result[i], &list[i]);
    if (result)
        *nb_domain_out = n;
    free(list);
    libxl__leave(ctx);
    return result;
}

void libxl_dominfo_list_free(libxl_dominfo *list, int nb_domain)
{
    for (int i = 0; list && i < nb_domain; i++)
        libxl_dominfo_dispose(&list[i]);
    free(list);
}

libxl_vminfo *libxl_list_vm(libxl_ctx *ctx, int *nb_vm_out)
{
    libxl_vminfo *result = NULL;
    xc_domaininfo_t *list;
    int n, used = 0;

    *nb_vm_out = 0;
    libxl__enter(ctx);
    list = all_domains(ctx, &n);
    if (list)
        result = calloc((size_t)n + 1, sizeof(*result));
    for (int i = 0; result && i < n; i++) {
        if (!libxl_domid_valid_guest(list[i].domain))
            continue;
        libxl_vminfo_init(&result[used]);
        result[used].domid = list[i].domain;
        memcpy(result[used++].uuid.uuid, list[i].handle, sizeof(list[i].handle));
    }
    if (list && !result)
        NO_MEMORY(ctx);
    *nb_vm_out = used;
    free(list);
    libxl__leave(ctx);
    return result;
}

void libxl_vminfo_list_free(libxl_vminfo *list, int nb_vm)
{
    for (int i = 0; list && i < nb_vm; i++)
        libxl_vminfo_dispose(&list[i]);
    free(list);
}

uint32_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    char *vm, *start = NULL;
    uint32_t result;

    libxl__enter(ctx);
    vm = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "/local/domain/%" PRIu32 "/vm", domid));
    if (vm)
        start = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/start_time", vm));
    result = start ? (uint32_t)strtoul(start, NULL, 10) : 0;
    libxl__leave(ctx);
    return result;
}

/* ---- the hypervisor ---- */

static int get_string(libxl_ctx *ctx, int cmd, void *buffer, const char *text, char **out)
{
    if (xc_version(ctx->xch, cmd, buffer) < 0)
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor for its version");
    *out = strdup(text);
    return *out ? 0 : NO_MEMORY(ctx);
}

static int get_compile_info(libxl_ctx *ctx, libxl_version_info *v)
{
    xen_compile_info_t info = {.compiler = ""};

    if (get_string(ctx, XENVER_compile_info, &info, info.compiler, &v->compiler))
        return ERROR_FAIL;
    v->compile_by = strdup(info.compile_by);
    v->compile_domain = strdup(info.compile_domain);
    v->compile_date = strdup(info.compile_date);
    return v->compile_by && v->compile_domain && v->compile_date ? 0 : NO_MEMORY(ctx);
}

/* A hypervisor without a build ID has an empty one. */
static int get_build_id(libxl_ctx *ctx, libxl_version_info *v)
{
    union {
        xen_build_id_t id;
        unsigned char room[sizeof(xen_build_id_t) + 64];
    } u = {.id.len = 64};
    int n = xc_version(ctx->xch, XENVER_build_id, &u.id);

    v->build_id = calloc(1, n > 0 ? 2 * (size_t)n + 1 : 1);
    for (int i = 0; v->build_id && i < n; i++)
        snprintf(v->build_id + 2 * i, 3, "%02x", u.id.buf[i]);
    return v->build_id ? 0 : NO_MEMORY(ctx);
}

static int get_version(libxl_ctx *ctx, libxl_version_info *v)
{
    union {
        xen_extraversion_t extra;
        xen_capabilities_info_t caps;
        xen_changeset_info_t changeset;
        xen_commandline_t commandline;
        xen_platform_parameters_t platform;
    } u = {.extra = ""};
    int version = xc_version(ctx->xch, XENVER_version, NULL);

    if (version < 0)
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor for its version");
    v->xen_version_major = version >> 16;
    v->xen_version_minor = version & 0xffff;
    if (get_string(ctx, XENVER_extraversion, &u.extra, u.extra, &v->xen_version_extra) ||
        get_string(ctx, XENVER_capabilities, &u.caps, u.caps, &v->capabilities) ||
        get_string(ctx, XENVER_changeset, &u.changeset, u.changeset, &v->changeset) ||
        get_string(ctx, XENVER_commandline, &u.commandline, u.commandline, &v->commandline) ||
        get_compile_info(ctx, v) || get_build_id(ctx, v))
        return ERROR_FAIL;
    if (xc_version(ctx->xch, XENVER_platform_parameters, &u.platform) < 0)
        return BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor for its address space");
    v->virt_start = u.platform.virt_start;
    v->pagesize = xc_version(ctx->xch, XENVER_pagesize, NULL);
    return 0;
}

const libxl_version_info *libxl_get_version_info(libxl_ctx *ctx)
{
    const libxl_version_info *result = NULL;

    libxl__enter(ctx);
    if (!ctx->version_known) {
        libxl_version_info_init(&ctx->version);
        if (get_version(ctx, &ctx->version))
            libxl_version_info_dispose(&ctx->version);
        else
            ctx->version_known = true;
    }
    if (ctx->version_known)
        result = &ctx->version;
    libxl__leave(ctx);
    return result;
}

/* ---- the host ---- */

/* A hypervisor that cannot share pages has no such counter, and shares none. */
static uint64_t sharing_counter(libxl_ctx *ctx, unsigned int cmd)
{
    long value = xc_memory_op(ctx->xch, cmd, NULL, 0);

    return value > 0 ? (uint64_t)value : 0;
}

static void fill_physinfo(libxl_ctx *ctx, libxl_physinfo *out, const xc_physinfo_t *in)
{
    out->threads_per_core = in->threads_per_core;
    out->cores_per_socket = in->cores_per_socket;
    out->max_cpu_id = in->max_cpu_id;
    out->nr_cpus = in->nr_cpus;
    out->cpu_khz = in->cpu_khz;
    out->total_pages = in->total_pages;
    out->free_pages = in->free_pages;
    out->scrub_pages = in->scrub_pages;
    out->outstanding_pages = in->outstanding_pages;
    out->sharing_freed_pages = sharing_counter(ctx, XENMEM_get_sharing_freed_pages);
    out->sharing_used_frames = sharing_counter(ctx, XENMEM_get_sharing_shared_pages);
    out->max_possible_mfn = in->max_mfn;
    out->nr_nodes = in->nr_nodes;
    memcpy(out->hw_cap, in->hw_cap, sizeof(in->hw_cap));
    out->cap_hvm = in->capabilities & XEN_SYSCTL_PHYSCAP_hvm;
    out->cap_pv = in->capabilities & XEN_SYSCTL_PHYSCAP_pv;
    out->cap_hvm_directio = in->capabilities & XEN_SYSCTL_PHYSCAP_directio;
    out->cap_hap = in->capabilities & XEN_SYSCTL_PHYSCAP_hap;
    out->cap_shadow = in->capabilities & XEN_SYSCTL_PHYSCAP_shadow;
    out->cap_iommu_hap_pt_share = in->capabilities & XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share;
    out->cap_vmtrace = in->capabilities & XEN_SYSCTL_PHYSCAP_vmtrace;
    out->cap_vpmu = in->capabilities & XEN_SYSCTL_PHYSCAP_vpmu;
    out->cap_gnttab_v1 = in->capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v1;
    out->cap_gnttab_v2 = in->capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2;
}

int libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *physinfo)
{
    xc_physinfo_t info = {.nr_cpus = 0};
    int rc = 0;

    libxl__enter(ctx);
    libxl_physinfo_init(physinfo);
    if (xc_physinfo(ctx->xch, &info))
        rc = BECAUSE(ctx, ERROR_FAIL, "cannot ask the hypervisor about the host");
    else
        fill_physinfo(ctx, physinfo, &info);
    libxl__leave(ctx);
    return rc;
}

static int ask_number(libxl_ctx *ctx, int (*ask)(xc_interface *xch), const char *what)
{
    int n;

    libxl__enter(ctx);
    n = ask(ctx->xch);
    if (n < 0)
        n = BECAUSE(ctx, ERROR_FAIL, "cannot learn how many %s there are", what);
    libxl__leave(ctx);
    return n;
}

int libxl_get_max_cpus(libxl_ctx *ctx)
{
    return ask_number(ctx, xc_get_max_cpus, "CPUs");
}

int libxl_get_online_cpus(libxl_ctx *ctx)
{
    return ask_number(ctx, xc_get_online_cpus, "online CPUs");
}

int libxl_get_max_nodes(libxl_ctx *ctx)
{
    return ask_number(ctx, xc_get_max_nodes, "NUMA nodes");
}
