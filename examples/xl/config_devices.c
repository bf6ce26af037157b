/* SPDX-License-Identifier: MIT */
/* xl.cfg(5): the devices. */
#include "xl.h"

#include <errno.h>
#include <stddef.h>

#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }

/* For each string of the list under key: 0 or 1, reported. */
typedef int device_parser(XLU_Config *cfg, const char *spec, libxl_domain_config *config);

static int each(XLU_Config *cfg, const char *key, device_parser *parse, libxl_domain_config *config)
{
    XLU_ConfigList *list;
    int count, rc = xlu_cfg_get_list(cfg, key, &list, &count, 0);

    if (rc)
        return rc != ESRCH;
    for (int i = 0; i < count; i++) {
        const char *spec = xlu_cfg_get_listitem(list, i);

        if (!spec) {
            fprintf(stderr, "xl: \"%s\" is to be a list of strings\n", key);
            return 1;
        }
        if (parse(cfg, spec, config))
            return 1;
    }
    return 0;
}

/* ---- disks ---- */

static int parse_disk(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    libxl_device_disk *disk = GROW(config->disks, config->num_disks);

    libxl_device_disk_init(disk);
    return xlu_disk_parse(cfg, 1, &spec, disk) ? 1 : 0;
}

/* ---- network ---- */

/*
 * "mac=stable": an address that the same domain's same interface always has, on every host.  From the
 * locally administered ones, so that no vendor's can be met.
 */
static char *stable_mac(const char *domain, int index)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    char *seed = xl_printf("%s/%d", domain ? domain : "", index);

    for (const char *c = seed; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 1099511628211u;
    free(seed);
    return xl_printf("mac=%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)((hash >> 40 & 0xfc) | 2),
                     (unsigned)(hash >> 32 & 255), (unsigned)(hash >> 24 & 255),
                     (unsigned)(hash >> 16 & 255), (unsigned)(hash >> 8 & 255),
                     (unsigned)(hash & 255));
}

static char *with_stable_mac(const char *spec, const char *domain, int index)
{
    static const char word[] = "mac=stable";
    const char *at = strstr(spec, word);
    char *mac, *whole;

    if (!at || (at[strlen(word)] && at[strlen(word)] != ','))
        return xl_must(strdup(spec));
    mac = stable_mac(domain, index);
    whole = xl_printf("%.*s%s%s", (int)(at - spec), spec, mac, at + strlen(word));
    free(mac);
    return whole;
}

static int parse_vif(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    libxl_device_nic *nic = GROW(config->nics, config->num_nics);
    char *whole = with_stable_mac(spec, config->c_info.name, config->num_nics - 1);
    int rc;

    libxl_device_nic_init(nic);
    nic->devid = config->num_nics - 1;
    rc = parse_nic(cfg, whole, nic);
    free(whole);
    return rc;
}

/* ---- framebuffers ---- */

#define F(member) offsetof(libxl_device_vfb, member)

const struct field vfb_fields[] = {
    {"vnc", FIELD_DEFBOOL, F(vnc.enable), NULL},
    {"vnclisten", FIELD_STRING, F(vnc.listen), NULL},
    {"vncpasswd", FIELD_STRING, F(vnc.passwd), NULL},
    {"vncdisplay", FIELD_INT, F(vnc.display), NULL},
    {"vncunused", FIELD_DEFBOOL, F(vnc.findunused), NULL},
    {"keymap", FIELD_STRING, F(keymap), NULL},
    {"sdl", FIELD_DEFBOOL, F(sdl.enable), NULL},
    {"opengl", FIELD_DEFBOOL, F(sdl.opengl), NULL},
    {"display", FIELD_STRING, F(sdl.display), NULL},
    {"xauthority", FIELD_STRING, F(sdl.xauthority), NULL},
    {"backend", FIELD_STRING, F(backend_domname), NULL},
    {"type", FIELD_IGNORED, 0, NULL},
    END,
};

static libxl_device_vfb *new_vfb(libxl_domain_config *config)
{
    libxl_device_vfb *vfb = GROW(config->vfbs, config->num_vfbs);
    libxl_device_vkb *vkb = GROW(config->vkbs, config->num_vkbs);

    libxl_device_vfb_init(vfb);
    vfb->devid = config->num_vfbs - 1;
    libxl_device_vkb_init(vkb);
    vkb->devid = config->num_vkbs - 1;
    return vfb;
}

static int parse_vfb(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    return fields_from_text("vfb", spec, vfb_fields, new_vfb(config));
}

/* A PV guest whose display is described as an HVM guest's. */
static int parse_implied_vfb(XLU_Config *cfg, libxl_domain_config *config)
{
    long vnc = 0, sdl = 0;

    if (config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
        return 0;
    xlu_cfg_get_long(cfg, "vnc", &vnc, 0);
    xlu_cfg_get_long(cfg, "sdl", &sdl, 0);
    if (!vnc && !sdl)
        return 0;
    return fields_from_config(cfg, vfb_fields, new_vfb(config));
}

#define K(member) offsetof(libxl_device_vkb, member)

static int parse_vkb(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"unique-id", FIELD_STRING, K(unique_id), NULL},
        {"backend", FIELD_STRING, K(backend_domname), NULL},
        {"backend-type", FIELD_ENUM, K(backend_type), libxl_vkb_backend_string_table},
        {"feature-disable-keyboard", FIELD_BOOL, K(feature_disable_keyboard), NULL},
        {"feature-disable-pointer", FIELD_BOOL, K(feature_disable_pointer), NULL},
        {"feature-abs-pointer", FIELD_BOOL, K(feature_abs_pointer), NULL},
        {"feature-raw-pointer", FIELD_BOOL, K(feature_raw_pointer), NULL},
        {"feature-multi-touch", FIELD_BOOL, K(feature_multi_touch), NULL},
        {"multi-touch-width", FIELD_INT, K(multi_touch_width), NULL},
        {"multi-touch-height", FIELD_INT, K(multi_touch_height), NULL},
        {"multi-touch-num-contacts", FIELD_INT, K(multi_touch_num_contacts), NULL},
        {"width", FIELD_INT, K(width), NULL},
        {"height", FIELD_INT, K(height), NULL},
        END,
    };
    libxl_device_vkb *vkb = GROW(config->vkbs, config->num_vkbs);

    libxl_device_vkb_init(vkb);
    vkb->devid = config->num_vkbs - 1;
    return fields_from_text("vkb", spec, fields, vkb);
}

/* ---- channels ---- */

struct channel_spec {
    char *name, *connection, *path, *backend;
};

static int fill_channel(const struct channel_spec *spec, libxl_device_channel *channel)
{
    libxl_channel_connection connection;

    if (!spec->name || !spec->connection) {
        fprintf(stderr, "channel: name= and connection= are wanted\n");
        return 1;
    }
    if (libxl_channel_connection_from_string(spec->connection, &connection)) {
        fprintf(stderr, "unknown channel connection '%s'\n", spec->connection);
        return 1;
    }
    if (connection == LIBXL_CHANNEL_CONNECTION_SOCKET && !spec->path) {
        fprintf(stderr, "channel: a socket wants path=\n");
        return 1;
    }
    libxl_device_channel_init_connection(channel, connection);
    channel->name = xl_must(strdup(spec->name));
    if (spec->backend)
        channel->backend_domname = xl_must(strdup(spec->backend));
    if (connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
        channel->u.socket.path = xl_must(strdup(spec->path));
    return 0;
}

static int parse_channel(XLU_Config *cfg, const char *text, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"name", FIELD_STRING, offsetof(struct channel_spec, name), NULL},
        {"connection", FIELD_STRING, offsetof(struct channel_spec, connection), NULL},
        {"path", FIELD_STRING, offsetof(struct channel_spec, path), NULL},
        {"backend", FIELD_STRING, offsetof(struct channel_spec, backend), NULL},
        END,
    };
    libxl_device_channel *channel = GROW(config->channels, config->num_channels);
    struct channel_spec spec = {NULL};
    int rc;

    libxl_device_channel_init(channel);
    channel->devid = config->num_channels - 1;
    rc = fields_from_text("channel", text, fields, &spec) || fill_channel(&spec, channel);
    free(spec.name);
    free(spec.connection);
    free(spec.path);
    free(spec.backend);
    return rc;
}

/* ---- PCI ---- */

struct pci_defaults {
    bool msitranslate, power_mgmt, permissive, seize;
};

static int parse_pci(XLU_Config *cfg, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"pci_msitranslate", FIELD_BOOL, offsetof(struct pci_defaults, msitranslate), NULL},
        {"pci_power_mgmt", FIELD_BOOL, offsetof(struct pci_defaults, power_mgmt), NULL},
        {"pci_permissive", FIELD_BOOL, offsetof(struct pci_defaults, permissive), NULL},
        {"pci_seize", FIELD_BOOL, offsetof(struct pci_defaults, seize), NULL},
        END,
    };
    struct pci_defaults defaults = {false, false, false, false};
    XLU_ConfigList *list;
    int count;

    if (xlu_cfg_get_list(cfg, "pci", &list, &count, 0))
        return 0;
    if (fields_from_config(cfg, fields, &defaults))
        return 1;
    for (int i = 0; i < count; i++) {
        const char *spec = xlu_cfg_get_listitem(list, i);
        libxl_device_pci *pci = GROW(config->pcidevs, config->num_pcidevs);

        libxl_device_pci_init(pci);
        pci->msitranslate = defaults.msitranslate;
        pci->power_mgmt = defaults.power_mgmt;
        pci->permissive = defaults.permissive;
        pci->seize = defaults.seize;
        if (config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
            pci->rdm_policy = config->b_info.u.hvm.rdm.policy;
        if (!spec || xlu_pci_parse_spec_string(cfg, pci, spec)) {
            fprintf(stderr, "unable to parse PCI_SPEC_STRING `%s' for passthrough\n",
                    spec ? spec : "");
            return 1;
        }
    }
    if (count && config->c_info.type == LIBXL_DOMAIN_TYPE_PV)
        libxl_defbool_set(&config->b_info.u.pv.e820_host, true);
    return 0;
}

/* ---- the rest ---- */

static int parse_vtpm(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"backend", FIELD_STRING, offsetof(libxl_device_vtpm, backend_domname), NULL},
        {"uuid", FIELD_UUID, offsetof(libxl_device_vtpm, uuid), NULL},
        END,
    };
    libxl_device_vtpm *vtpm = GROW(config->vtpms, config->num_vtpms);

    libxl_device_vtpm_init(vtpm);
    vtpm->devid = config->num_vtpms - 1;
    libxl_uuid_generate(&vtpm->uuid);
    return fields_from_text("vtpm", spec, fields, vtpm);
}

static int parse_p9(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"tag", FIELD_STRING, offsetof(libxl_device_p9, tag), NULL},
        {"path", FIELD_STRING, offsetof(libxl_device_p9, path), NULL},
        {"security_model", FIELD_STRING, offsetof(libxl_device_p9, security_model), NULL},
        {"backend", FIELD_STRING, offsetof(libxl_device_p9, backend_domname), NULL},
        END,
    };
    libxl_device_p9 *p9 = GROW(config->p9s, config->num_p9s);

    libxl_device_p9_init(p9);
    p9->devid = config->num_p9s - 1;
    return fields_from_text("p9", spec, fields, p9);
}

static int parse_pvcalls(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"backend", FIELD_STRING, offsetof(libxl_device_pvcallsif, backend_domname), NULL},
        END,
    };
    libxl_device_pvcallsif *pvcalls = GROW(config->pvcallsifs, config->num_pvcallsifs);

    libxl_device_pvcallsif_init(pvcalls);
    pvcalls->devid = config->num_pvcallsifs - 1;
    return fields_from_text("pvcalls", spec, fields, pvcalls);
}

static int parse_usbctrl(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"type", FIELD_ENUM, offsetof(libxl_device_usbctrl, type), libxl_usbctrl_type_string_table},
        {"version", FIELD_INT, offsetof(libxl_device_usbctrl, version), NULL},
        {"ports", FIELD_INT, offsetof(libxl_device_usbctrl, ports), NULL},
        {"backend", FIELD_STRING, offsetof(libxl_device_usbctrl, backend_domname), NULL},
        END,
    };
    libxl_device_usbctrl *usbctrl = GROW(config->usbctrls, config->num_usbctrls);

    libxl_device_usbctrl_init(usbctrl);
    usbctrl->devid = config->num_usbctrls - 1;
    return fields_from_text("usbctrl", spec, fields, usbctrl);
}

static int parse_usbdev(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    static const struct field fields[] = {
        {"type", FIELD_ENUM, offsetof(libxl_device_usbdev, type), libxl_usbdev_type_string_table},
        {"hostbus", FIELD_UINT8, offsetof(libxl_device_usbdev, u.hostdev.hostbus), NULL},
        {"hostaddr", FIELD_UINT8, offsetof(libxl_device_usbdev, u.hostdev.hostaddr), NULL},
        {"controller", FIELD_INT, offsetof(libxl_device_usbdev, ctrl), NULL},
        {"port", FIELD_INT, offsetof(libxl_device_usbdev, port), NULL},
        END,
    };
    libxl_device_usbdev *usbdev = GROW(config->usbdevs, config->num_usbdevs);

    libxl_device_usbdev_init(usbdev);
    libxl_device_usbdev_init_type(usbdev, LIBXL_USBDEV_TYPE_HOSTDEV);
    return fields_from_text("usbdev", spec, fields, usbdev);
}

static int parse_dtdev(XLU_Config *cfg, const char *spec, libxl_domain_config *config)
{
    libxl_device_dtdev *dtdev = GROW(config->dtdevs, config->num_dtdevs);

    libxl_device_dtdev_init(dtdev);
    dtdev->path = xl_must(strdup(spec));
    return 0;
}

int config_devices(XLU_Config *cfg, libxl_domain_config *config)
{
    static const char *const later[] = {"vdispl", "vsnd"};
    int count;

    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        if (xlu_cfg_get_list(cfg, later[i], NULL, &count, 1) || !count)
            continue;
        fprintf(stderr, "xl: \"%s\" is not supported by this xl\n", later[i]);
        return 1;
    }
    return each(cfg, "disk", parse_disk, config) || each(cfg, "vif", parse_vif, config) ||
           each(cfg, "vfb", parse_vfb, config) || parse_implied_vfb(cfg, config) ||
           each(cfg, "vkb", parse_vkb, config) || each(cfg, "channel", parse_channel, config) ||
           each(cfg, "vtpm", parse_vtpm, config) || each(cfg, "p9", parse_p9, config) ||
           each(cfg, "pvcalls", parse_pvcalls, config) ||
           each(cfg, "usbctrl", parse_usbctrl, config) ||
           each(cfg, "usbdev", parse_usbdev, config) || each(cfg, "dtdev", parse_dtdev, config) ||
           parse_pci(cfg, config);
}
