/* SPDX-License-Identifier: MIT */
/* Names of domains and CPU pools. */
#include <ctype.h>
#include <stdlib.h>
#include "internal.h"

static int not_found(int rc, const char *op, const char *what, const char *name)
{
    xenerr_set(ENOENT, "libxenlight", op, "there is no %s \"%s\"", what, name);
    return rc;
}

int libxl_domid_valid_guest(uint32_t domid)
{
    return domid > 0 && domid < DOMID_FIRST_RESERVED;
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    char *name, *result = NULL;

    libxl__enter(ctx);
    name = libxl__store_read(ctx, &pool, XBT_NULL,
                             STR(&pool, "/local/domain/%" PRIu32 "/name", domid));
    if (name)
        result = strdup(name);
    libxl__leave(ctx);
    return result;
}

bool libxl__name_in_use(libxl_ctx *ctx, xs_transaction_t t, const char *name, uint32_t except,
                        uint32_t *domid)
{
    POOL(pool);
    unsigned int nr;
    char **ids = libxl__store_list(ctx, &pool, t, "/local/domain", &nr);

    for (unsigned int i = 0; ids && i < nr; i++) {
        uint32_t id = (uint32_t)strtoul(ids[i], NULL, 10);
        char *other = libxl__store_read(ctx, &pool, t, STR(&pool, "/local/domain/%s/name", ids[i]));

        if (id == except || !other || strcmp(other, name))
            continue;
        if (domid)
            *domid = id;
        return true;
    }
    return false;
}

int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
    int rc = 0;

    libxl__enter(ctx);
    if (!libxl__name_in_use(ctx, XBT_NULL, name, INVALID_DOMID, domid))
        rc = not_found(ERROR_INVAL, __func__, "domain", name);
    libxl__leave(ctx);
    return rc;
}

/* A number in decimal and nothing else. */
static bool parse_number(const char *s, uint32_t *number)
{
    char *end;
    unsigned long value;

    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    value = strtoul(s, &end, 10);
    if (*end || errno || value > UINT32_MAX)
        return false;
    *number = (uint32_t)value;
    return true;
}

int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
    uint32_t number;

    if (!parse_number(name, &number))
        return libxl_name_to_domid(ctx, name, domid);
    if (number >= DOMID_FIRST_RESERVED)
        return not_found(ERROR_INVAL, __func__, "domain", name);
    *domid = number;
    return 0;
}

char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid)
{
    POOL(pool);
    char *name, *result;

    libxl__enter(ctx);
    name =
        libxl__store_read(ctx, &pool, XBT_NULL, STR(&pool, "/local/pool/%" PRIu32 "/name", poolid));
    if (!name && poolid == 0)
        name = STR(&pool, "Pool-0"); /* the hypervisor makes this one */
    result = name ? strdup(name) : NULL;
    libxl__leave(ctx);
    return result;
}

int libxl_cpupoolid_is_valid(libxl_ctx *ctx, uint32_t poolid)
{
    libxl_cpupoolinfo info;
    int rc;

    libxl_cpupoolinfo_init(&info);
    libxl__enter(ctx);
    rc = libxl_cpupool_info(ctx, &info, poolid);
    libxl__leave(ctx);
    libxl_cpupoolinfo_dispose(&info);
    return rc == 0;
}

int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *poolid)
{
    libxl_cpupoolinfo *pools;
    int n = 0, rc = -1;

    libxl__enter(ctx);
    pools = libxl_list_cpupool(ctx, &n);
    for (int i = 0; i < n && rc; i++) {
        if (!pools[i].pool_name || strcmp(pools[i].pool_name, name))
            continue;
        *poolid = pools[i].poolid;
        rc = 0;
    }
    libxl_cpupoolinfo_list_free(pools, n);
    if (rc)
        rc = not_found(ERROR_FAIL, __func__, "CPU pool", name);
    libxl__leave(ctx);
    return rc;
}

int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *p, uint32_t *poolid_r,
                                         int *was_name_r)
{
    bool number = parse_number(p, poolid_r);

    if (was_name_r)
        *was_name_r = !number;
    if (!number)
        return libxl_name_to_cpupoolid(ctx, p, poolid_r);
    return libxl_cpupoolid_is_valid(ctx, *poolid_r)
               ? 0
               : not_found(ERROR_INVAL, __func__, "CPU pool", p);
}

/* ---- device model domains ---- */

int libxl_get_stubdom_id(libxl_ctx *ctx, int guest_domid)
{
    POOL(pool);
    char *id;
    int result;

    libxl__enter(ctx);
    id = libxl__store_read(ctx, &pool, XBT_NULL,
                           STR(&pool, "/local/domain/%d/image/device-model-domid", guest_domid));
    result = id ? (int)strtol(id, NULL, 10) : 0;
    libxl__leave(ctx);
    return result;
}

int libxl_is_stubdom(libxl_ctx *ctx, uint32_t domid, uint32_t *target_domid)
{
    POOL(pool);
    char *target;
    uint32_t id;
    int result = 0;

    libxl__enter(ctx);
    target = libxl__store_read(ctx, &pool, XBT_NULL,
                               STR(&pool, "/local/domain/%" PRIu32 "/target", domid));
    if (target && parse_number(target, &id)) {
        result = 1;
        if (target_domid)
            *target_domid = id;
    }
    libxl__leave(ctx);
    return result;
}

/* ---- renaming ---- */

struct rename {
    uint32_t domid;
    const char *old_name, *new_name;
};

static int rename_body(libxl_ctx *ctx, xs_transaction_t t, void *data)
{
    const struct rename *r = data;
    POOL(pool);
    char *dom = libxl__dom_path(&pool, r->domid);
    char *name = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/name", dom));
    char *vm = libxl__store_read(ctx, &pool, t, STR(&pool, "%s/vm", dom));
    uint32_t other;

    if (r->old_name && (!name || strcmp(name, r->old_name)))
        return FAIL(ctx, ERROR_FAIL, EINVAL, "domain %" PRIu32 " has the name \"%s\", not \"%s\"",
                    r->domid, name ? name : "", r->old_name);
    if (libxl__name_in_use(ctx, t, r->new_name, r->domid, &other))
        return FAIL(ctx, ERROR_INVAL, EEXIST, "the name \"%s\" is in use, by domain %" PRIu32,
                    r->new_name, other);
    if (libxl__store_write(ctx, t, STR(&pool, "%s/name", dom), r->new_name, NULL, 0) ||
        (vm && libxl__store_write(ctx, t, STR(&pool, "%s/name", vm), r->new_name, NULL, 0)))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot write the name of domain %" PRIu32, r->domid);
    return 0;
}

/* The stored configuration has the name too. */
static int rename_config(libxl_ctx *ctx, uint32_t domid, const char *new_name)
{
    libxl_domain_config config;
    int rc;

    libxl_domain_config_init(&config);
    rc = libxl__config_load(ctx, domid, &config);
    if (!rc) {
        free(config.c_info.name);
        config.c_info.name = strdup(new_name);
        rc = config.c_info.name ? libxl__config_store(ctx, domid, &config) : NO_MEMORY(ctx);
    }
    libxl_domain_config_dispose(&config);
    return rc == ERROR_JSON_CONFIG_EMPTY ? 0 : rc; /* made by another toolstack */
}

int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name)
{
    struct rename r = {domid, old_name, new_name};
    xc_domaininfo_t info;
    int lock = -1, rc;

    libxl__enter(ctx);
    if (!new_name || !*new_name || strchr(new_name, '/')) {
        rc = FAIL(ctx, ERROR_INVAL, EINVAL, "\"%s\" cannot be a name", new_name ? new_name : "");
        goto out;
    }
    rc = libxl__domain_get(ctx, domid, &info);
    if (rc)
        goto out;
    lock = rc = libxl__userdata_lock(ctx, domid);
    if (rc < 0)
        goto out;
    rc = libxl__store_transaction(ctx, rename_body, &r);
    if (!rc)
        rc = rename_config(ctx, domid, new_name);
out:
    if (lock >= 0)
        libxl__userdata_unlock(ctx, domid, lock);
    if (rc)
        BECAUSE(ctx, rc, "cannot rename domain %" PRIu32, domid);
    libxl__leave(ctx);
    return rc;
}
