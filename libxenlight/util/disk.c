/* SPDX-License-Identifier: MIT */
/* xl-disk-configuration(5). */
#include "spec.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum position { TARGET, FORMAT, VDEV, ACCESS, POSITIONS };

/* A disk on its way; a parameter may be given once, an empty one counts as not given. */
struct disk_parser {
    struct spec spec;
    libxl_device_disk *disk;
    bool given[POSITIONS];
    bool had_access;     /* an access that is not empty */
    unsigned long flags; /* other parameters, a bit each */
};

/* ---- values ---- */

static int set_target(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->pdev_path);
}

static int set_format(struct disk_parser *dp, struct piece value)
{
    static const struct {
        const char *name;
        libxl_disk_format format;
    } formats[] = {
        {"raw", LIBXL_DISK_FORMAT_RAW},     {"qcow", LIBXL_DISK_FORMAT_QCOW},
        {"qcow2", LIBXL_DISK_FORMAT_QCOW2}, {"vhd", LIBXL_DISK_FORMAT_VHD},
        {"qed", LIBXL_DISK_FORMAT_QED},     {"empty", LIBXL_DISK_FORMAT_EMPTY},
    };

    if (!value.length)
        return 0;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!piece_is(value, formats[i].name))
            continue;
        dp->disk->format = formats[i].format;
        return 0;
    }
    return spec_bad(&dp->spec, value, "unknown format: raw, qcow, qcow2, vhd and qed are known");
}

static int set_devtype(struct disk_parser *dp, struct piece value)
{
    if (piece_is(value, "cdrom"))
        dp->disk->is_cdrom = dp->disk->removable = 1;
    else if (!piece_is(value, "disk"))
        return spec_bad(&dp->spec, value, "unknown devtype: cdrom and disk are known");
    return 0;
}

/* "hda", or "hda:cdrom" as it was once. */
static int set_vdev(struct disk_parser *dp, struct piece value)
{
    struct piece name;

    int rc = 0;

    if (piece_split(&value, ':', &name))
        rc = set_devtype(dp, value);
    if (rc || !name.length)
        return rc;
    return piece_store(name, &dp->disk->vdev);
}

static int set_access(struct disk_parser *dp, struct piece value)
{
    if (!value.length)
        return 0;
    if (piece_is(value, "ro") || piece_is(value, "r"))
        dp->disk->readwrite = 0;
    else if (piece_is(value, "rw") || piece_is(value, "w"))
        dp->disk->readwrite = 1;
    else
        return spec_bad(&dp->spec, value, "unknown access: ro, r, rw and w are known");
    dp->had_access = true;
    return 0;
}

static int set_backendtype(struct disk_parser *dp, struct piece value)
{
    static const struct {
        const char *name;
        libxl_disk_backend backend;
    } backends[] = {
        {"phy", LIBXL_DISK_BACKEND_PHY},
        {"tap", LIBXL_DISK_BACKEND_TAP},
        {"qdisk", LIBXL_DISK_BACKEND_QDISK},
        {"standalone", LIBXL_DISK_BACKEND_STANDALONE},
    };

    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        if (!piece_is(value, backends[i].name))
            continue;
        dp->disk->backend = backends[i].backend;
        return 0;
    }
    return spec_bad(&dp->spec, value, "unknown backendtype: phy, qdisk and standalone are known");
}

static int set_specification(struct disk_parser *dp, struct piece value)
{
    if (piece_is(value, "xen"))
        dp->disk->specification = LIBXL_DISK_SPECIFICATION_XEN;
    else if (piece_is(value, "virtio"))
        dp->disk->specification = LIBXL_DISK_SPECIFICATION_VIRTIO;
    else
        return spec_bad(&dp->spec, value, "unknown specification: xen and virtio are known");
    return 0;
}

static int set_backend(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->backend_domname);
}

static int set_script(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->script);
}

static int set_colo_host(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->colo_host);
}

static int set_colo_port(struct disk_parser *dp, struct piece value)
{
    unsigned long port;

    if (piece_number(value, 10, 65535, &port))
        return spec_bad(&dp->spec, value, "a port number is wanted");
    dp->disk->colo_port = (int)port;
    return 0;
}

static int set_colo_export(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->colo_export);
}

static int set_active_disk(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->active_disk);
}

static int set_hidden_disk(struct disk_parser *dp, struct piece value)
{
    return piece_store(value, &dp->disk->hidden_disk);
}

/* ---- parameters ---- */

/* The positional ones come first, in their order. */
static const struct parameter {
    const char *key;
    int (*set)(struct disk_parser *dp, struct piece value);
} parameters[] = {
    [TARGET] = {"target", set_target},
    [FORMAT] = {"format", set_format},
    [VDEV] = {"vdev", set_vdev},
    [ACCESS] = {"access", set_access},
    {"devtype", set_devtype},
    {"backendtype", set_backendtype},
    {"backend", set_backend},
    {"script", set_script},
    {"specification", set_specification},
    {"colo-host", set_colo_host},
    {"colo-port", set_colo_port},
    {"colo-export", set_colo_export},
    {"active-disk", set_active_disk},
    {"hidden-disk", set_hidden_disk},
};

#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int set_flag(struct disk_parser *dp, struct piece flag)
{
    libxl_device_disk *disk = dp->disk;

    if (piece_is(flag, "cdrom"))
        disk->is_cdrom = disk->removable = 1;
    else if (piece_is(flag, "direct-io-safe"))
        disk->direct_io_safe = true;
    else if (piece_is(flag, "discard"))
        libxl_defbool_set(&disk->discard_enable, true);
    else if (piece_is(flag, "no-discard"))
        libxl_defbool_set(&disk->discard_enable, false);
    else if (piece_is(flag, "trusted"))
        libxl_defbool_set(&disk->trusted, true);
    else if (piece_is(flag, "untrusted"))
        libxl_defbool_set(&disk->trusted, false);
    else if (piece_is(flag, "colo"))
        libxl_defbool_set(&disk->colo_enable, true);
    else
        return ESRCH;
    return 0;
}

static int set_parameter(struct disk_parser *dp, size_t index, struct piece value)
{
    const libxl_device_disk *disk = dp->disk;
    unsigned long bit = 1ul << index;
    bool again = index < POSITIONS ? dp->given[index] : (dp->flags & bit) != 0;

    /* A target may follow an empty one; the format of "raw:/x" may be said again. */
    if (index == TARGET && !(disk->pdev_path && *disk->pdev_path))
        again = false;
    if (again && index != FORMAT)
        return spec_bad(&dp->spec, value, "%s is given more than once", parameters[index].key);
    if (index < POSITIONS)
        dp->given[index] = true;
    dp->flags |= bit;
    if (!value.length && index >= POSITIONS)
        return 0;
    return parameters[index].set(dp, value);
}

static int named(struct disk_parser *dp, struct piece key, struct piece value)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        if (piece_is(key, parameters[i].key))
            return set_parameter(dp, i, value);
    return spec_bad(&dp->spec, key, "unknown parameter '%.*s'", (int)key.length, key.at);
}

/* ---- what was once: prefixes, ":", and no format ---- */

static bool is_word(struct piece piece)
{
    for (size_t i = 0; i < piece.length; i++)
        if (!isalnum((unsigned char)piece.at[i]))
            return false;
    return piece.length > 0;
}

/* Take a deprecated prefix off a target; false: there is none, or none that is known. */
static bool take_prefix(struct disk_parser *dp, struct piece *target, int *rc)
{
    static const char *const formats[] = {"raw", "qcow", "qcow2", "vhd"};
    static const char *const scripts[] = {"iscsi", "nbd", "enbd", "drbd"};
    static const char *const ignored[] = {"tapdisk", "tap2", "tap", "aio", "ioemu", "file", "phy"};
    struct piece rest = *target, prefix;

    if (!piece_split(&rest, ':', &prefix))
        return false;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
        if (piece_is(prefix, ignored[i]))
            goto taken;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!piece_is(prefix, formats[i]))
            continue;
        *rc = set_parameter(dp, FORMAT, prefix);
        goto taken;
    }
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        if (!piece_is(prefix, scripts[i]))
            continue;
        free(dp->disk->script);
        dp->disk->script = NULL;
        if (asprintf(&dp->disk->script, "block-%s", scripts[i]) < 0) {
            dp->disk->script = NULL;
            *rc = ENOMEM;
        }
        goto taken;
    }
    if (is_word(prefix))
        *rc = spec_bad(&dp->spec, prefix,
                       "unknown prefix; a target with a colon is written target=%.*s",
                       (int)target->length, target->at);
    return false;
taken:
    *target = rest;
    return true;
}

/* Would this be a format that nobody knows, but a device in the guest? */
static bool looks_like_vdev(struct piece item)
{
    static const char *const prefixes[] = {"hd", "sd", "xvd", "d"};
    struct piece name, rest = item;

    if (piece_split(&rest, ':', &name) && (piece_is(rest, "cdrom") || piece_is(rest, "disk")))
        return true;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (name.length > strlen(prefixes[i]) && name.length < 8 &&
            !memcmp(name.at, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

static int positional(struct disk_parser *dp, struct piece item)
{
    int rc = 0;
    size_t index = 0;

    while (index < POSITIONS && dp->given[index])
        index++;
    if (index == TARGET) {
        while (!rc && take_prefix(dp, &item, &rc))
            continue;
        return rc ? rc : set_parameter(dp, TARGET, item);
    }
    /* "raw:/dev/x,hda,w" and ",hdc:cdrom,r": no format at its place. */
    if (index == FORMAT && looks_like_vdev(item)) {
        dp->given[FORMAT] = true;
        index = VDEV;
    }
    if (index == POSITIONS)
        return item.length ? spec_bad(&dp->spec, item, "unknown parameter '%.*s'", (int)item.length,
                                      item.at)
                           : 0;
    return set_parameter(dp, index, item);
}

/* ---- the whole ---- */

static struct piece skip_blanks(struct piece piece)
{
    while (piece.length && strchr(" \t\n\r", *piece.at)) {
        piece.at++;
        piece.length--;
    }
    return piece;
}

static int parse_one(struct disk_parser *dp, const char *text)
{
    static const char target[] = "target=";
    struct piece rest = {text, strlen(text)}, item, key;
    bool more = true;
    int rc = 0;

    dp->spec.text = text;
    while (more && !rc) {
        rest = skip_blanks(rest);
        if (rest.length >= strlen(target) && !memcmp(rest.at, target, strlen(target))) {
            struct piece value = {rest.at + strlen(target), rest.length - strlen(target)};

            return set_parameter(dp, TARGET, value); /* all that follows, as it is */
        }
        more = piece_split(&rest, ',', &item);
        if (!more && !item.length)
            break;
        item = piece_trim(item);
        if (memchr(item.at, '=', item.length)) {
            struct piece value = item;

            piece_split(&value, '=', &key);
            rc = named(dp, piece_trim(key), piece_trim(value));
            continue;
        }
        rc = set_flag(dp, item);
        if (rc == ESRCH)
            rc = positional(dp, item);
    }
    return rc;
}

static int finish(struct disk_parser *dp)
{
    struct piece whole = {dp->spec.text, strlen(dp->spec.text)};
    libxl_device_disk *disk = dp->disk;
    bool empty;

    if (!disk->vdev)
        return spec_bad(&dp->spec, whole, "no vdev is given");
    if (!dp->had_access)
        disk->readwrite = !disk->is_cdrom;
    if (disk->is_cdrom)
        disk->readwrite = 0; /* whatever the access */
    empty = !disk->pdev_path || !*disk->pdev_path;
    if (empty && !disk->is_cdrom)
        return spec_bad(&dp->spec, whole, "no target is given, and it is no cdrom");
    if (empty && disk->format == LIBXL_DISK_FORMAT_UNKNOWN)
        disk->format = LIBXL_DISK_FORMAT_EMPTY;
    if (disk->format == LIBXL_DISK_FORMAT_UNKNOWN)
        disk->format = LIBXL_DISK_FORMAT_RAW;
    return 0;
}

int xlu_disk_parse(XLU_Config *cfg, int nspecs, const char *const *specs, libxl_device_disk *disk)
{
    struct disk_parser dp = {.spec = {cfg, ""}, .disk = disk};
    int rc = 0;

    for (int i = 0; i < nspecs && !rc; i++)
        rc = parse_one(&dp, specs[i]);
    return rc ? rc : finish(&dp);
}
