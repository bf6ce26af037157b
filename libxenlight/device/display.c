/* SPDX-License-Identifier: MIT */
/* PV framebuffers, keyboards and pointers; QEMU serves them. */
#include <stddef.h>
#include <stdlib.h>
#include "dev.h"
#include "qemu.h"

/* ---- framebuffers ---- */

int libxl__vfb_defaults(libxl_ctx *ctx, libxl_device_vfb *vfb)
{
    libxl_defbool_setdefault(&vfb->vnc.enable, true);
    libxl_defbool_setdefault(&vfb->vnc.findunused, true);
    libxl_defbool_setdefault(&vfb->sdl.enable, false);
    libxl_defbool_setdefault(&vfb->sdl.opengl, false);
    if (libxl_defbool_val(vfb->vnc.enable) && !vfb->vnc.listen &&
        !(vfb->vnc.listen = strdup("127.0.0.1")))
        return NO_MEMORY(ctx);
    return 0;
}

static int choose_vfb(struct dev *d, void *config)
{
    libxl_device_vfb *vfb = config;

    libxl__choose_devid(d, &vfb->devid, 0);
    return libxl__vfb_defaults(d->p.ctx, vfb);
}

static const char *yes(libxl_defbool value)
{
    return libxl_defbool_val(value) ? "1" : "0";
}

static int describe_vfb(struct dev *d)
{
    const libxl_device_vfb *vfb = d->config;
    struct store_nodes *back = &d->back_nodes;

    libxl__node(back, "vnc", yes(vfb->vnc.enable));
    libxl__node(back, "vnclisten", vfb->vnc.listen);
    libxl__node(back, "vncpasswd", vfb->vnc.passwd);
    libxl__node_f(back, "vncdisplay", "%d", vfb->vnc.display);
    libxl__node(back, "vncunused", yes(vfb->vnc.findunused));
    libxl__node(back, "sdl", yes(vfb->sdl.enable));
    libxl__node(back, "opengl", yes(vfb->sdl.opengl));
    libxl__node(back, "xauthority", vfb->sdl.xauthority);
    libxl__node(back, "display", vfb->sdl.display);
    libxl__node(back, "keymap", vfb->keymap);
    return 0;
}

static int read_vfb(struct place *p, void *config)
{
    libxl_device_vfb *vfb = config;

    vfb->backend_domid = p->backend_domid;
    vfb->devid = p->devid;
    libxl_defbool_set(&vfb->vnc.enable, libxl__number(libxl__back_node(p, "vnc"), 0));
    libxl_defbool_set(&vfb->vnc.findunused, libxl__number(libxl__back_node(p, "vncunused"), 0));
    libxl_defbool_set(&vfb->sdl.enable, libxl__number(libxl__back_node(p, "sdl"), 0));
    vfb->vnc.display = libxl__number(libxl__back_node(p, "vncdisplay"), 0);
    return libxl__take(p, "vnclisten", &vfb->vnc.listen) || libxl__take(p, "keymap", &vfb->keymap)
               ? -1
               : 0;
}

static const char *const vfb_kinds[] = {"vfb", NULL};

const struct device_class libxl__vfbs = {
    .name = "framebuffer",
    .front = "vfb",
    .kinds = vfb_kinds,
    .type = &libxl__type_device_vfb,
    .list = offsetof(libxl_domain_config, vfbs),
    .count = offsetof(libxl_domain_config, num_vfbs),
    .devid = offsetof(libxl_device_vfb, devid),
    .choose = choose_vfb,
    .open = libxl__qemu_wanted,
    .describe = describe_vfb,
    .read = read_vfb,
};

/* ---- keyboards and pointers ---- */

static int choose_vkb(struct dev *d, void *config)
{
    libxl_device_vkb *vkb = config;

    libxl__choose_devid(d, &vkb->devid, 0);
    if (vkb->backend_type == LIBXL_VKB_BACKEND_UNKNOWN)
        vkb->backend_type = LIBXL_VKB_BACKEND_QEMU;
    if (vkb->backend_type == LIBXL_VKB_BACKEND_LINUX && !vkb->unique_id)
        return FAIL(d->p.ctx, ERROR_INVAL, EINVAL, "a keyboard of this kind needs a unique-id");
    return 0;
}

static int open_vkb(struct dev *d)
{
    const libxl_device_vkb *vkb = d->config;

    return vkb->backend_type == LIBXL_VKB_BACKEND_QEMU ? libxl__qemu_wanted(d) : 0;
}

static void describe_touch(struct store_nodes *front, struct store_nodes *back,
                           const libxl_device_vkb *vkb)
{
    libxl__node(back, "feature-multi-touch", vkb->feature_multi_touch ? "1" : "0");
    if (!vkb->feature_multi_touch)
        return;
    libxl__node_f(front, "multi-touch-width", "%u", vkb->multi_touch_width);
    libxl__node_f(front, "multi-touch-height", "%u", vkb->multi_touch_height);
    libxl__node_f(front, "multi-touch-num-contacts", "%u", vkb->multi_touch_num_contacts);
}

static int describe_vkb(struct dev *d)
{
    const libxl_device_vkb *vkb = d->config;
    struct store_nodes *back = &d->back_nodes;

    libxl__node(back, "backend-type", libxl_vkb_backend_to_string(vkb->backend_type));
    libxl__node(back, "unique-id", vkb->unique_id);
    libxl__node(&d->front_nodes, "unique-id", vkb->unique_id);
    if (vkb->unique_id) {
        libxl__node(back, "feature-disable-keyboard", vkb->feature_disable_keyboard ? "1" : "0");
        libxl__node(back, "feature-disable-pointer", vkb->feature_disable_pointer ? "1" : "0");
        libxl__node(back, "feature-abs-pointer", vkb->feature_abs_pointer ? "1" : "0");
        libxl__node(back, "feature-raw-pointer", vkb->feature_raw_pointer ? "1" : "0");
        describe_touch(&d->front_nodes, back, vkb);
    }
    if (vkb->width)
        libxl__node_f(back, "width", "%u", vkb->width);
    if (vkb->height)
        libxl__node_f(back, "height", "%u", vkb->height);
    return 0;
}

static int read_vkb(struct place *p, void *config)
{
    libxl_device_vkb *vkb = config;
    const char *type = libxl__back_node(p, "backend-type");

    vkb->backend_domid = p->backend_domid;
    vkb->devid = p->devid;
    if (type)
        libxl_vkb_backend_from_string(type, &vkb->backend_type);
    vkb->feature_disable_keyboard =
        libxl__number(libxl__back_node(p, "feature-disable-keyboard"), 0);
    vkb->feature_disable_pointer = libxl__number(libxl__back_node(p, "feature-disable-pointer"), 0);
    vkb->feature_abs_pointer = libxl__number(libxl__back_node(p, "feature-abs-pointer"), 0);
    vkb->feature_raw_pointer = libxl__number(libxl__back_node(p, "feature-raw-pointer"), 0);
    vkb->feature_multi_touch = libxl__number(libxl__back_node(p, "feature-multi-touch"), 0);
    vkb->width = (uint32_t)libxl__number(libxl__back_node(p, "width"), 0);
    vkb->height = (uint32_t)libxl__number(libxl__back_node(p, "height"), 0);
    return libxl__take(p, "unique-id", &vkb->unique_id);
}

static const char *const vkb_kinds[] = {"vkbd", NULL};

const struct device_class libxl__vkbs = {
    .name = "keyboard",
    .front = "vkbd",
    .kinds = vkb_kinds,
    .type = &libxl__type_device_vkb,
    .list = offsetof(libxl_domain_config, vkbs),
    .count = offsetof(libxl_domain_config, num_vkbs),
    .devid = offsetof(libxl_device_vkb, devid),
    .choose = choose_vkb,
    .open = open_vkb,
    .describe = describe_vkb,
    .read = read_vkb,
};
