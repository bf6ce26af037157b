/* SPDX-License-Identifier: MIT */
/* A domain's configuration: its defaults, and the copy that is kept while the domain lives. */
#include <stdlib.h>
#include "types.h"
#include "internal.h"

/* What the hypervisor itself may need beyond the guest's target. */
#define MAXMEM_SLACK_KB 1024

uint64_t libxl__maxmem_slack(const libxl_domain_build_info *info)
{
    uint64_t slack = MAXMEM_SLACK_KB;

    if (info->type == LIBXL_DOMAIN_TYPE_PV && info->u.pv.slack_memkb != LIBXL_MEMKB_DEFAULT)
        slack += info->u.pv.slack_memkb;
    return slack;
}

int libxl__config_copy(libxl_ctx *ctx, libxl_domain_config *dst, const libxl_domain_config *src)
{
    return libxl__type_copy(ctx, &libxl__type_domain_config, dst, src);
}

/* ---- defaults ---- */

/* Old programs set the PV fields; they count when the common ones are not set. */
static void take_over(char **common, char **pv)
{
    if (!*common) {
        *common = *pv;
        *pv = NULL;
    }
}

static void take_over_pv(libxl_domain_build_info *b)
{
    if (b->type != LIBXL_DOMAIN_TYPE_PV)
        return;
    take_over(&b->kernel, &b->u.pv.kernel);
    take_over(&b->ramdisk, &b->u.pv.ramdisk);
    take_over(&b->cmdline, &b->u.pv.cmdline);
    take_over(&b->bootloader, &b->u.pv.bootloader);
    if (!b->bootloader_args) {
        b->bootloader_args = b->u.pv.bootloader_args;
        b->u.pv.bootloader_args = NULL;
    }
}

static void default_u64(uint64_t *value, uint64_t preset)
{
    if (*value == LIBXL_MEMKB_DEFAULT)
        *value = preset;
}

static int default_vcpus(libxl_ctx *ctx, libxl_domain_build_info *b)
{
    int rc = 0;

    if (!b->max_vcpus)
        b->max_vcpus = 1;
    if (b->max_vcpus < 0)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "%d vCPUs", b->max_vcpus);
    if (!b->avail_vcpus.size) {
        rc = libxl_bitmap_alloc(ctx, &b->avail_vcpus, b->max_vcpus);
        for (int i = 0; !rc && i < b->max_vcpus; i++)
            libxl_bitmap_set(&b->avail_vcpus, i);
    }
    return rc;
}

static int default_memory(libxl_ctx *ctx, libxl_domain_build_info *b)
{
    default_u64(&b->max_memkb,
                b->target_memkb != LIBXL_MEMKB_DEFAULT ? b->target_memkb : 32 * 1024);
    default_u64(&b->target_memkb, b->max_memkb);
    default_u64(&b->video_memkb, 0);
    if (b->type == LIBXL_DOMAIN_TYPE_PV)
        default_u64(&b->shadow_memkb, 0);
    default_u64(&b->iommu_memkb, 0);
    default_u64(&b->stubdomain_memkb, 0);
    if (b->type == LIBXL_DOMAIN_TYPE_PV)
        default_u64(&b->u.pv.slack_memkb, 0);
    if (b->target_memkb > b->max_memkb)
        return FAIL(ctx, ERROR_INVAL, EINVAL,
                    "memory: the target of %" PRIu64 " KiB is above the maximum of %" PRIu64 " KiB",
                    b->target_memkb, b->max_memkb);
    return 0;
}

/* What hardware nested paging takes beside its tables' pages: as Debian's xl gives it. */
#define HAP_KB_PER_VCPU 1024
#define HAP_KB_PER_MIB  4

static int default_container(libxl_ctx *ctx, libxl_domain_create_info *c,
                             libxl_domain_build_info *b)
{
    libxl_physinfo host;
    int rc;

    if (b->type == LIBXL_DOMAIN_TYPE_PV)
        return 0;
    rc = libxl_get_physinfo(ctx, &host);
    if (!rc && !host.cap_hvm)
        rc = FAIL(ctx, ERROR_INVAL, EOPNOTSUPP,
                  "the hypervisor or the host's CPUs cannot run %s guests",
                  libxl_domain_type_to_string(b->type));
    if (!rc)
        libxl_defbool_setdefault(&c->hap, host.cap_hap);
    libxl_physinfo_dispose(&host);
    if (rc)
        return rc;
    libxl_defbool_setdefault(&c->oos, true);
    libxl_defbool_setdefault(&b->acpi, true);
    libxl_defbool_setdefault(&b->apic, true);
    if (b->timer_mode == LIBXL_TIMER_MODE_DEFAULT)
        b->timer_mode = LIBXL_TIMER_MODE_NO_DELAY_FOR_MISSED_TICKS;
    if (b->type == LIBXL_DOMAIN_TYPE_PVH)
        libxl_defbool_setdefault(&b->u.pvh.pvshim, false);
    if (libxl_defbool_val(c->hap))
        default_u64(&b->shadow_memkb, (uint64_t)b->max_vcpus * HAP_KB_PER_VCPU +
                                          b->max_memkb / 1024 * HAP_KB_PER_MIB);
    else
        default_u64(&b->shadow_memkb,
                    libxl_get_required_shadow_memory(b->max_memkb, (unsigned int)b->max_vcpus));
    return 0;
}

static int default_grant_version(libxl_ctx *ctx, libxl_domain_build_info *b)
{
    libxl_physinfo host;
    int rc;

    if (b->max_grant_version >= 0)
        return 0;
    rc = libxl_get_physinfo(ctx, &host);
    if (!rc)
        b->max_grant_version = host.cap_gnttab_v2 ? 2 : host.cap_gnttab_v1 ? 1 : 0;
    libxl_physinfo_dispose(&host);
    return rc;
}

static int default_create_info(libxl_ctx *ctx, libxl_domain_create_info *c)
{
    if (!c->name || !*c->name || strchr(c->name, '/'))
        return FAIL(ctx, ERROR_INVAL, EINVAL, "the domain needs a name without '/'");
    if (libxl_uuid_is_nil(&c->uuid))
        libxl_uuid_generate(&c->uuid);
    if (c->type == LIBXL_DOMAIN_TYPE_INVALID)
        c->type = LIBXL_DOMAIN_TYPE_PV;
    libxl_defbool_setdefault(&c->run_hotplug_scripts, true);
    libxl_defbool_setdefault(&c->driver_domain, false);
    if (c->passthrough == LIBXL_PASSTHROUGH_DEFAULT)
        c->passthrough = LIBXL_PASSTHROUGH_DISABLED;
    return 0;
}

int libxl__config_defaults(libxl_ctx *ctx, libxl_domain_config *config)
{
    libxl_domain_build_info *b = &config->b_info;
    int rc = default_create_info(ctx, &config->c_info);

    if (rc)
        return rc;
    if (b->type == LIBXL_DOMAIN_TYPE_INVALID)
        libxl_domain_build_info_init_type(b, config->c_info.type);
    if (b->type != config->c_info.type)
        return FAIL(ctx, ERROR_INVAL, EINVAL, "create_info says %s, build_info %s",
                    libxl_domain_type_to_string(config->c_info.type),
                    libxl_domain_type_to_string(b->type));
    take_over_pv(b);
    libxl_defbool_setdefault(&b->claim_mode, false);
    libxl_defbool_setdefault(&b->localtime, false);
    libxl_defbool_setdefault(&b->disable_migrate, false);
    libxl_defbool_setdefault(&b->numa_placement, true);
    libxl_defbool_setdefault(&b->vpmu, false);
    libxl_defbool_setdefault(&b->nested_hvm, false);
    libxl_defbool_setdefault(&b->arch_x86.msr_relaxed, false);
    if (b->type == LIBXL_DOMAIN_TYPE_PV)
        libxl_defbool_setdefault(&b->u.pv.e820_host, false);
    if (!b->event_channels)
        b->event_channels = 1023;
    rc = default_vcpus(ctx, b);
    if (!rc)
        rc = default_memory(ctx, b);
    if (rc)
        return rc;
    rc = default_container(ctx, &config->c_info, b);
    return rc ? rc : default_grant_version(ctx, b);
}

/* ---- the copy that is kept ---- */

int libxl__config_store(libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config)
{
    POOL(pool);
    char *json =
        libxl__pool_own(&pool, libxl__type_to_json(ctx, &libxl__type_domain_config, config));

    if (!json)
        return NO_MEMORY(ctx);
    /* With the final NUL, as every reader of these files expects. */
    return libxl_userdata_store(ctx, domid, "libxl-json", (const uint8_t *)json,
                                (int)strlen(json) + 1);
}

int libxl__config_load(libxl_ctx *ctx, uint32_t domid, libxl_domain_config *config)
{
    uint8_t *data = NULL;
    char *text;
    int length, rc = libxl_userdata_retrieve(ctx, domid, "libxl-json", &data, &length);

    if (rc)
        return rc;
    if (!data || !length)
        return FAIL(ctx, ERROR_JSON_CONFIG_EMPTY, ENOENT,
                    "nothing is kept about the configuration of domain %" PRIu32, domid);
    text = strndup((char *)data, (size_t)length);
    free(data);
    if (!text)
        return NO_MEMORY(ctx);
    libxl_domain_config_dispose(config);
    rc = libxl_domain_config_from_json(ctx, config, text);
    free(text);
    return rc;
}

/* ---- what changed since ---- */

static int refresh_memory(libxl_ctx *ctx, uint32_t domid, libxl_domain_build_info *b)
{
    POOL(pool);
    char *dom = libxl__dom_path(&pool, domid);
    char *max = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/memory/static-max", dom));
    char *target = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/memory/target", dom));
    char *video = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/memory/videoram", dom));
    uint64_t kb;

    /* Dom0 was not built by us: until somebody asks for its target there are no such nodes. */
    if (domid == 0 && (!target || !max)) {
        int rc = libxl_get_memory_target(ctx, 0, &kb);

        if (rc)
            return rc;
        target = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/memory/target", dom));
        max = libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "%s/memory/static-max", dom));
    }
    if (target)
        b->target_memkb = strtoull(target, NULL, 10) + (video ? strtoull(video, NULL, 10) : 0);
    if (max)
        b->max_memkb = strtoull(max, NULL, 10);
    return 0;
}

static void refresh_vcpus(libxl_ctx *ctx, uint32_t domid, libxl_domain_build_info *b)
{
    POOL(pool);
    libxl_bitmap online;
    bool known = false;

    if (b->max_vcpus <= 0 || libxl_bitmap_alloc(ctx, &online, b->max_vcpus))
        return;
    for (int i = 0; i < b->max_vcpus; i++) {
        char *text = libxl__store_read(
            ctx, &pool, XBT_NULL,
            STR(&pool, "/local/domain/%" PRIu32 "/cpu/%d/availability", domid, i));

        known |= text != NULL;
        if (text && !strcmp(text, "online"))
            libxl_bitmap_set(&online, i);
    }
    if (known) {
        libxl_bitmap_dispose(&b->avail_vcpus);
        b->avail_vcpus = online;
    } else {
        libxl_bitmap_dispose(&online);
    }
}

static int refresh_identity(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *c)
{
    xc_domaininfo_t info;
    int rc = libxl__domain_get(ctx, domid, &info);

    if (rc)
        return rc;
    memcpy(c->uuid.uuid, info.handle, sizeof(info.handle));
    free(c->name);
    c->name = libxl_domid_to_name(ctx, domid);
    free(c->pool_name);
    c->pool_name = NULL;
    c->poolid = info.cpupool;
    return 0;
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how)
{
    libxl_domain_sched_params sched;
    int lock = -1, rc;

    libxl__enter(ctx);
    lock = rc = libxl__userdata_lock(ctx, domid);
    if (rc < 0)
        goto out;
    rc = libxl__config_load(ctx, domid, d_config);
    if (!rc)
        rc = refresh_identity(ctx, domid, &d_config->c_info);
    if (!rc)
        rc = refresh_memory(ctx, domid, &d_config->b_info);
    if (rc)
        goto out;
    refresh_vcpus(ctx, domid, &d_config->b_info);
    rc = libxl_domain_sched_params_get(ctx, domid, &sched);
    if (!rc)
        d_config->b_info.sched_params = sched;
out:
    if (lock >= 0)
        libxl__userdata_unlock(ctx, domid, lock);
    if (rc)
        BECAUSE(ctx, rc, "cannot get the configuration of domain %" PRIu32, domid);
    rc = libxl__ao_at_once(ctx, ao_how, rc);
    libxl__leave(ctx);
    return rc;
}
