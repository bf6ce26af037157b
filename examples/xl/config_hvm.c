/* SPDX-License-Identifier: MIT */
/* xl.cfg(5): what only an HVM guest has. */
#include "xl.h"

#include <errno.h>
#include <stddef.h>

#define H(member) offsetof(libxl_domain_build_info, u.hvm.member)
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, 0, NULL                                                                           \
    }

static const struct field platform_fields[] = {
    {"firmware_override", FIELD_STRING, H(firmware), NULL},
    {"bios_path_override", FIELD_STRING, H(system_firmware), NULL},
    {"pae", FIELD_DEFBOOL, H(pae), NULL},
    {"acpi_s3", FIELD_DEFBOOL, H(acpi_s3), NULL},
    {"acpi_s4", FIELD_DEFBOOL, H(acpi_s4), NULL},
    {"acpi_laptop_slate", FIELD_DEFBOOL, H(acpi_laptop_slate), NULL},
    {"nx", FIELD_DEFBOOL, H(nx), NULL},
    {"hpet", FIELD_DEFBOOL, H(hpet), NULL},
    {"vpt_align", FIELD_DEFBOOL, H(vpt_align), NULL},
    {"mmio_hole", FIELD_MIB, H(mmio_hole_memkb), NULL},
    {"altp2mhvm", FIELD_DEFBOOL, H(altp2m), NULL},
    {"smbios_firmware", FIELD_STRING, H(smbios_firmware), NULL},
    {"acpi_firmware", FIELD_STRING, H(acpi_firmware), NULL},
    {"hdtype", FIELD_ENUM, H(hdtype), libxl_hdtype_string_table},
    {"boot", FIELD_STRING, H(boot), NULL},
    {"usb", FIELD_DEFBOOL, H(usb), NULL},
    {"usbversion", FIELD_INT, H(usbversion), NULL},
    {"vkb_device", FIELD_DEFBOOL, H(vkb_device), NULL},
    {"soundhw", FIELD_STRING, H(soundhw), NULL},
    {"xen_platform_pci", FIELD_DEFBOOL, H(xen_platform_pci), NULL},
    {"vendor_device", FIELD_ENUM, H(vendor_device), libxl_vendor_device_string_table},
    {"rdm_mem_boundary", FIELD_MIB, H(rdm_mem_boundary_memkb), NULL},
    END,
};

static const struct field display_fields[] = {
    {"nographic", FIELD_DEFBOOL, H(nographic), NULL},
    {"vnc", FIELD_DEFBOOL, H(vnc.enable), NULL},
    {"vnclisten", FIELD_STRING, H(vnc.listen), NULL},
    {"vncpasswd", FIELD_STRING, H(vnc.passwd), NULL},
    {"vncdisplay", FIELD_INT, H(vnc.display), NULL},
    {"vncunused", FIELD_DEFBOOL, H(vnc.findunused), NULL},
    {"keymap", FIELD_STRING, H(keymap), NULL},
    {"sdl", FIELD_DEFBOOL, H(sdl.enable), NULL},
    {"opengl", FIELD_DEFBOOL, H(sdl.opengl), NULL},
    {"spice", FIELD_DEFBOOL, H(spice.enable), NULL},
    {"spiceport", FIELD_INT, H(spice.port), NULL},
    {"spicetls_port", FIELD_INT, H(spice.tls_port), NULL},
    {"spicehost", FIELD_STRING, H(spice.host), NULL},
    {"spicedisable_ticketing", FIELD_DEFBOOL, H(spice.disable_ticketing), NULL},
    {"spicepasswd", FIELD_STRING, H(spice.passwd), NULL},
    {"spiceagent_mouse", FIELD_DEFBOOL, H(spice.agent_mouse), NULL},
    {"spicevdagent", FIELD_DEFBOOL, H(spice.vdagent), NULL},
    {"spice_clipboard_sharing", FIELD_DEFBOOL, H(spice.clipboard_sharing), NULL},
    {"spiceusbredirection", FIELD_INT, H(spice.usbredirection), NULL},
    {"spice_image_compression", FIELD_STRING, H(spice.image_compression), NULL},
    {"spice_streaming_video", FIELD_STRING, H(spice.streaming_video), NULL},
    END,
};

static int parse_firmware(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *name;

    if (xlu_cfg_get_string(cfg, "bios", &name, 0) && xlu_cfg_get_string(cfg, "firmware", &name, 0))
        return 0;
    if (!strcmp(name, "bios"))
        return 0;
    if (!strcmp(name, "uefi"))
        name = "ovmf";
    if (!libxl_bios_type_from_string(name, &b->u.hvm.bios))
        return 0;
    if (strchr(name, '/')) {
        b->u.hvm.firmware = xl_must(strdup(name));
        return 0;
    }
    fprintf(stderr, "ERROR: invalid value \"%s\" for \"bios\"\n", name);
    return 1;
}

static int parse_vga(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *name;
    long standard;

    if (!xlu_cfg_get_string(cfg, "vga", &name, 0)) {
        if (!strcmp(name, "stdvga"))
            name = "std";
        if (libxl_vga_interface_type_from_string(name, &b->u.hvm.vga.kind)) {
            fprintf(stderr, "Unknown vga \"%s\" specified\n", name);
            return 1;
        }
    } else if (!xlu_cfg_get_long(cfg, "stdvga", &standard, 0)) {
        b->u.hvm.vga.kind =
            standard ? LIBXL_VGA_INTERFACE_TYPE_STD : LIBXL_VGA_INTERFACE_TYPE_CIRRUS;
    }
    return 0;
}

/* Some keys are a string or a list of them. */
static int string_or_list(XLU_Config *cfg, const char *key, char **one, libxl_string_list *many)
{
    const char *text;

    if (!xlu_cfg_get_list_as_string_list(cfg, key, many, 1))
        return 0;
    if (!xlu_cfg_get_string(cfg, key, &text, 1))
        *one = xl_must(strdup(text));
    return 0;
}

static int viridian_group(const char *name, libxl_domain_build_info *b)
{
    bool off = *name == '!';
    libxl_bitmap *map = off ? &b->u.hvm.viridian_disable : &b->u.hvm.viridian_enable;
    libxl_viridian_enlightenment group;

    name += off;
    if (!strcmp(name, "all") || !strcmp(name, "defaults")) {
        if (strcmp(name, "all"))
            libxl_defbool_set(&b->u.hvm.viridian, true);
        else
            libxl_bitmap_set_any(map);
        return 0;
    }
    if (libxl_viridian_enlightenment_from_string(name, &group)) {
        fprintf(stderr, "xl: unknown viridian enlightenment '%s'\n", name);
        return 1;
    }
    libxl_bitmap_set(map, (int)group);
    return 0;
}

static int parse_viridian(XLU_Config *cfg, libxl_domain_build_info *b)
{
    XLU_ConfigList *list;
    int count, width = LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH;

    if (xlu_cfg_get_list(cfg, "viridian", &list, &count, 1)) {
        int rc = xlu_cfg_get_defbool(cfg, "viridian", &b->u.hvm.viridian, 0);

        return rc && rc != ESRCH;
    }
    xl_must(libxl_bitmap_alloc(xl.ctx, &b->u.hvm.viridian_enable, width) ? NULL : b);
    xl_must(libxl_bitmap_alloc(xl.ctx, &b->u.hvm.viridian_disable, width) ? NULL : b);
    for (int i = 0; i < count; i++) {
        const char *name = xlu_cfg_get_listitem(list, i);

        if (!name || viridian_group(name, b))
            return 1;
    }
    return 0;
}

static int parse_passthrough(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *text;

    if (!xlu_cfg_get_string(cfg, "rdm", &text, 0) && xlu_rdm_parse(cfg, &b->u.hvm.rdm, text))
        return 1;
    if (xlu_cfg_get_string(cfg, "gfx_passthru", &text, 0))
        return 0;
    if (!strcmp(text, "0") || !strcmp(text, "1")) {
        libxl_defbool_set(&b->u.hvm.gfx_passthru, *text == '1');
    } else if (libxl_gfx_passthru_kind_from_string(text, &b->u.hvm.gfx_passthru_kind)) {
        fprintf(stderr, "ERROR: invalid value \"%s\" for \"gfx_passthru\"\n", text);
        return 1;
    } else {
        libxl_defbool_set(&b->u.hvm.gfx_passthru, true);
    }
    return 0;
}

static int parse_genid(XLU_Config *cfg, libxl_domain_build_info *b)
{
    const char *text;

    if (xlu_cfg_get_string(cfg, "ms_vm_genid", &text, 0) || !strcmp(text, "none"))
        return 0;
    if (!strcmp(text, "generate"))
        return libxl_ms_vm_genid_generate(xl.ctx, &b->u.hvm.ms_vm_genid) ? 1 : 0;
    fprintf(stderr, "ERROR: invalid value \"%s\" for \"ms_vm_genid\"\n", text);
    return 1;
}

int config_hvm(XLU_Config *cfg, libxl_domain_build_info *b)
{
    return fields_from_config(cfg, platform_fields, b) ||
           fields_from_config(cfg, display_fields, b) || parse_firmware(cfg, b) ||
           parse_vga(cfg, b) || parse_viridian(cfg, b) || parse_passthrough(cfg, b) ||
           parse_genid(cfg, b) ||
           string_or_list(cfg, "serial", &b->u.hvm.serial, &b->u.hvm.serial_list) ||
           string_or_list(cfg, "usbdevice", &b->u.hvm.usbdevice, &b->u.hvm.usbdevice_list);
}
