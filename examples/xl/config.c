/* SPDX-License-Identifier: MIT */
/* xl.cfg(5) as a libxl_domain_config: the sources, what the domain is, and its event actions. */
#include "xl.h"

#include <errno.h>
#include <stddef.h>

static char *read_all(const char *file)
{
    char *text = NULL;
    size_t size = 0, got;
    char buffer[4096];
    FILE *in = fopen(file, "re"), *out;

    if (!in)
        return NULL;
    out = xl_must(open_memstream(&text, &size));
    while ((got = fread(buffer, 1, sizeof(buffer), in)))
        fwrite(buffer, 1, got, out);
    if (fclose(out) || ferror(in)) {
        free(text);
        text = NULL;
    }
    fclose(in);
    return text;
}

int source_read(struct source *source, const char *file, char **settings, int count)
{
    source->name = xl_must(strdup(file ? file : "command line"));
    source->text = file ? read_all(file) : xl_must(strdup(""));
    if (!source->text) {
        fprintf(stderr, "Failed to read config file: %s: %s\n", file, strerror(errno));
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char *longer = xl_printf("%s\n%s\n", source->text, settings[i]);

        free(source->text);
        source->text = longer;
    }
    return 0;
}

void source_free(struct source *source)
{
    free(source->name);
    free(source->text);
    memset(source, 0, sizeof(*source));
}

/* What was written before there was "type": "builder", and "pvh" for PV guests. */
static int parse_old_type(XLU_Config *cfg, libxl_domain_type *type)
{
    const char *builder = NULL;
    long pvh = 0;

    *type = LIBXL_DOMAIN_TYPE_INVALID;
    if (!xlu_cfg_get_string(cfg, "builder", &builder, 0)) {
        if (strcmp(builder, "hvm") && strcmp(builder, "generic")) {
            fprintf(stderr, "Invalid builder %s.\n", builder);
            return 1;
        }
        *type = strcmp(builder, "hvm") ? LIBXL_DOMAIN_TYPE_PV : LIBXL_DOMAIN_TYPE_HVM;
    }
    if (!xlu_cfg_get_long(cfg, "pvh", &pvh, 0) && pvh && *type != LIBXL_DOMAIN_TYPE_HVM)
        *type = LIBXL_DOMAIN_TYPE_PVH;
    return 0;
}

static int parse_type(XLU_Config *cfg, libxl_domain_config *config)
{
    libxl_domain_create_info *c = &config->c_info;
    libxl_domain_type old;
    const char *type = NULL;

    if (parse_old_type(cfg, &old))
        return 1;
    c->type = old == LIBXL_DOMAIN_TYPE_INVALID ? LIBXL_DOMAIN_TYPE_PV : old;
    if (xlu_cfg_get_string(cfg, "type", &type, 0))
        return 0;
    if (libxl_domain_type_from_string(type, &c->type) || c->type == LIBXL_DOMAIN_TYPE_INVALID) {
        fprintf(stderr, "Invalid domain type %s.\n", type);
        return 1;
    }
    if (old != LIBXL_DOMAIN_TYPE_INVALID &&
        (old == LIBXL_DOMAIN_TYPE_HVM) != (c->type == LIBXL_DOMAIN_TYPE_HVM)) {
        fprintf(stderr, "xl: \"builder\" or \"pvh\" says %s, \"type\" says %s\n",
                libxl_domain_type_to_string(old), type);
        return 1;
    }
    return 0;
}

static int parse_identity(XLU_Config *cfg, libxl_domain_create_info *c)
{
    static const struct field fields[] = {
        {"name", FIELD_STRING, offsetof(libxl_domain_create_info, name), NULL},
        {"pool", FIELD_STRING, offsetof(libxl_domain_create_info, pool_name), NULL},
        {"hap", FIELD_DEFBOOL, offsetof(libxl_domain_create_info, hap), NULL},
        {"oos", FIELD_DEFBOOL, offsetof(libxl_domain_create_info, oos), NULL},
        {"driver_domain", FIELD_DEFBOOL, offsetof(libxl_domain_create_info, driver_domain), NULL},
        {"xend_suspend_evtchn_compat", FIELD_DEFBOOL,
         offsetof(libxl_domain_create_info, xend_suspend_evtchn_compat), NULL},
        {"passthrough", FIELD_ENUM, offsetof(libxl_domain_create_info, passthrough),
         libxl_passthrough_string_table},
        {NULL, 0, 0, NULL},
    };
    const char *uuid;

    libxl_defbool_set(&c->run_hotplug_scripts, true);
    if (fields_from_config(cfg, fields, c))
        return 1;
    if (!c->name || !*c->name) {
        fprintf(stderr, "Domain name must be specified.\n");
        return 1;
    }
    if (xlu_cfg_get_string(cfg, "uuid", &uuid, 0)) {
        libxl_uuid_generate(&c->uuid);
    } else if (libxl_uuid_from_string(&c->uuid, uuid)) {
        fprintf(stderr, "Failed to parse UUID: %s\n", uuid);
        return 1;
    }
    return 0;
}

static int parse_labels(XLU_Config *cfg, libxl_domain_config *config)
{
    const char *label;

    if (!xlu_cfg_replace_string(cfg, "init_seclabel", &config->c_info.ssid_label, 0)) {
        if (!xlu_cfg_get_string(cfg, "seclabel", &label, 0))
            config->b_info.exec_ssid_label = xl_must(strdup(label));
    } else {
        xlu_cfg_replace_string(cfg, "seclabel", &config->c_info.ssid_label, 0);
    }
    return 0;
}

static bool action_from_name(const char *name, libxl_action_on_shutdown *action)
{
    static const struct {
        const char *name;
        libxl_action_on_shutdown action;
    } names[] = {
        {"destroy", LIBXL_ACTION_ON_SHUTDOWN_DESTROY},
        {"restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART},
        {"rename-restart", LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME},
        {"preserve", LIBXL_ACTION_ON_SHUTDOWN_PRESERVE},
        {"coredump-destroy", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY},
        {"coredump-restart", LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART},
        {"soft-reset", LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i].name, name))
            continue;
        *action = names[i].action;
        return true;
    }
    return false;
}

static int parse_actions(XLU_Config *cfg, libxl_domain_config *config)
{
    const struct {
        const char *key, *fallback;
        libxl_action_on_shutdown *action;
    } actions[] = {
        {"on_poweroff", "destroy", &config->on_poweroff},
        {"on_reboot", "restart", &config->on_reboot},
        {"on_watchdog", "destroy", &config->on_watchdog},
        {"on_crash", "destroy", &config->on_crash},
        {"on_soft_reset", "soft-reset", &config->on_soft_reset},
    };

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        const char *name = actions[i].fallback;
        int rc = xlu_cfg_get_string(cfg, actions[i].key, &name, 0);

        if (rc && rc != ESRCH)
            return 1;
        if (!action_from_name(name, actions[i].action)) {
            fprintf(stderr, "Unknown %s action \"%s\" specified\n", actions[i].key, name);
            return 1;
        }
    }
    return 0;
}

int config_parse(const struct source *source, libxl_domain_config *config)
{
    XLU_Config *cfg = xl_must(xlu_cfg_init(stderr, source->name));
    int rc = xlu_cfg_readdata(cfg, source->text, (int)strlen(source->text));

    if (rc) {
        fprintf(stderr, "Failed to parse config: %s\n", strerror(rc));
    } else {
        rc = parse_type(cfg, config);
        if (!rc)
            libxl_domain_build_info_init_type(&config->b_info, config->c_info.type);
        rc = rc || parse_identity(cfg, &config->c_info) || parse_labels(cfg, config) ||
             parse_actions(cfg, config) || config_build(cfg, config) || config_devices(cfg, config);
    }
    xlu_cfg_destroy(cfg);
    return rc ? 1 : 0;
}
