/* SPDX-License-Identifier: MIT */
/* Network interfaces: by netback, connected to a bridge, a route or a switch of this host. */
#include <fcntl.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dev.h"

#define DEFAULT_BRIDGE   "xenbr0"
#define DEFAULT_MTU      1500
#define LINK_PATIENCE_MS 5000
#define OVS_PROGRAM      "ovs-vsctl"

/* What the library does itself instead of a script; "script" is what other tools are to see. */
static const struct builtin {
    const char *name, *script;
    bool bridge, create, route, ovs;
} builtins[] = {
    {"builtin:bridge", "vif-bridge", .bridge = true},
    {"builtin:bridge-create", "vif-bridge", .bridge = true, .create = true},
    {"builtin:route", "vif-route", .route = true},
    {"builtin:openvswitch", "vif-openvswitch", .ovs = true},
};

struct nic_data {
    const struct builtin *builtin; /* NULL: a script */
    char link[IFNAMSIZ];
};

/* Where Xen's scripts are not installed, their names stand for what is built in. */
static bool stands_for(const char *script, const struct builtin *builtin)
{
    POOL(pool);
    const char *path = libxl__script_path(&pool, script);

    return !strcmp(script, builtin->name) ||
           (!strcmp(script, builtin->script) && path && access(path, F_OK));
}

static const struct builtin *find_builtin(const char *script)
{
    if (!script)
        return &builtins[0];
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        if (stands_for(script, &builtins[i]))
            return &builtins[i];
    return NULL;
}

/* ---- choose ---- */

static int bad_nic(struct dev *d, int errnum, const char *what, const char *value)
{
    FAIL(d->p.ctx, ERROR_INVAL, errnum, "%s: %s", value, what);
    xenerr_field(XENERR_STAGE, "check network interface");
    return ERROR_INVAL;
}

static int default_string(struct dev *d, char **s, const char *value)
{
    if (!*s && !(*s = strdup(value)))
        return NO_MEMORY(d->p.ctx);
    return 0;
}

/* Below the prefix of Xen, 00:16:3e, with the top bit of what follows clear. */
static int default_mac(struct dev *d, libxl_mac *mac)
{
    static const libxl_mac none;
    uint8_t random[3];

    if (memcmp(*mac, none, sizeof(none)))
        return 0;
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return FAIL(d->p.ctx, ERROR_FAIL, errno, "no random numbers for a MAC address");
    memcpy(*mac, "\x00\x16\x3e", 3);
    memcpy(*mac + 3, random, 3);
    (*mac)[3] &= 0x7f;
    return 0;
}

static bool is_link_name(const char *name)
{
    return *name && strlen(name) < IFNAMSIZ && strcmp(name, ".") && strcmp(name, "..") &&
           !strpbrk(name, "/: \t\n");
}

static int check_nic(struct dev *d, const libxl_device_nic *nic)
{
    const struct builtin *builtin = find_builtin(nic->script);

    if (!strncmp(nic->script ? nic->script : "", "builtin:", 8) && !builtin)
        return bad_nic(d, EINVAL, "there is no such thing built in", nic->script);
    if (nic->ifname && !is_link_name(nic->ifname))
        return bad_nic(d, EINVAL, "this is no name of an interface", nic->ifname);
    if (builtin && builtin->bridge && !is_link_name(nic->bridge))
        return bad_nic(d, EINVAL, "this is no name of a bridge", nic->bridge);
    if (nic->nictype == LIBXL_NIC_TYPE_VIF_IOEMU &&
        libxl__domain_type(d->p.ctx, d->p.domid) == LIBXL_DOMAIN_TYPE_PV)
        return bad_nic(d, EINVAL, "only HVM guests have emulated interfaces", "type=ioemu");
    if (nic->mac[0] & 1)
        return bad_nic(d, EINVAL, "the MAC address is one of a group", "mac");
    return 0;
}

static int choose_nic(struct dev *d, void *config)
{
    libxl_device_nic *nic = config;
    int rc;

    libxl__choose_devid(d, &nic->devid, 0);
    if (nic->nictype == LIBXL_NIC_TYPE_UNKNOWN)
        nic->nictype = LIBXL_NIC_TYPE_VIF;
    libxl_defbool_setdefault(&nic->trusted, true);
    rc = default_mac(d, &nic->mac);
    if (!rc)
        rc = default_string(d, &nic->bridge, DEFAULT_BRIDGE);
    if (!rc)
        rc = default_string(d, &nic->model, "rtl8139");
    return rc ? rc : check_nic(d, nic);
}

/* ---- open ---- */

static int no_bridge(struct dev *d, const char *bridge, int errnum)
{
    FAIL(d->p.ctx, ERROR_FAIL, errnum, "there is no bridge %s", bridge);
    xenerr_field(XENERR_STAGE, "find bridge");
    xenerr_field(XENERR_HINT, "make it, or let the library do so by script=builtin:bridge-create");
    return ERROR_FAIL;
}

static int open_bridge(struct dev *d, const struct builtin *builtin, libxl_device_nic *nic)
{
    if (libxl__link_index(nic->bridge) < 0) {
        if (!builtin->create)
            return no_bridge(d, nic->bridge, ENODEV);
        if (libxl__link_new_bridge(nic->bridge) && errno != EEXIST)
            return FAIL(d->p.ctx, ERROR_FAIL, errno, "cannot make the bridge %s", nic->bridge);
    }
    if (nic->mtu <= 0)
        nic->mtu = libxl__link_mtu(nic->bridge);
    return 0;
}

static int open_nic(struct dev *d)
{
    libxl_device_nic *nic = d->config;
    struct nic_data *data = calloc(1, sizeof(*data));
    int rc = 0;

    d->class_data = data;
    if (!data)
        return NO_MEMORY(d->p.ctx);
    data->builtin = find_builtin(nic->script);
    snprintf(data->link, sizeof(data->link), "vif%" PRIu32 ".%d", d->p.domid, d->p.devid);
    if (!data->builtin)
        d->script = libxl__script_path(&d->p.pool, nic->script);
    else if (data->builtin->bridge && d->p.backend_domid == 0)
        rc = open_bridge(d, data->builtin, nic);
    if (nic->mtu <= 0)
        nic->mtu = DEFAULT_MTU;
    return rc;
}

/* ---- describe ---- */

static int describe_nic(struct dev *d)
{
    const libxl_device_nic *nic = d->config;
    const struct nic_data *data = d->class_data;
    struct store_nodes *back = &d->back_nodes, *front = &d->front_nodes;
    struct pool *pool = &d->p.pool;
    const char *mac = STR(pool, LIBXL_MAC_FMT, LIBXL_MAC_BYTES(nic->mac));

    libxl__node_f(front, "handle", "%d", d->p.devid);
    libxl__node(front, "mac", mac);
    libxl__node_f(&d->fixed_nodes, "mtu", "%d", nic->mtu);
    libxl__node(front, "trusted", libxl_defbool_val(nic->trusted) ? "1" : "0");
    libxl__node(back, "script",
                data->builtin ? libxl__script_path(pool, data->builtin->script) : d->script);
    libxl__node(back, "vifname", nic->ifname);
    libxl__node(back, "mac", mac);
    libxl__node(back, "ip", nic->ip);
    if (nic->rate_interval_usecs)
        libxl__node_f(back, "rate", "%" PRIu64 ",%" PRIu32, nic->rate_bytes_per_interval,
                      nic->rate_interval_usecs);
    libxl__node(back, "bridge", nic->bridge);
    libxl__node_f(back, "handle", "%d", d->p.devid);
    libxl__node(back, "type", nic->nictype == LIBXL_NIC_TYPE_VIF ? "vif" : "vif_ioemu");
    libxl__node(back, "gatewaydev", nic->gatewaydev);
    libxl__node(&d->own_nodes, "hotplug", data->builtin ? data->builtin->name : NULL);
    libxl__node(back, "hotplug-status", "");
    return 0;
}

/* ---- plug: the interface in this host appears shortly after its back end ---- */

static int link_failed(struct dev *d, const char *what)
{
    const struct nic_data *data = d->class_data;

    FAIL(d->p.ctx, ERROR_FAIL, errno, "%s %s", what, data->link);
    xenerr_field(XENERR_STAGE, "connect interface");
    return ERROR_FAIL;
}

static int plug_bridge(struct dev *d, const libxl_device_nic *nic)
{
    /* The bridge takes the lowest address of its ports as its own: never one of these. */
    static const uint8_t high_mac[] = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct nic_data *data = d->class_data;

    if (libxl__link_configure(data->link, high_mac, nic->mtu, nic->bridge, true))
        return link_failed(d, STR(&d->p.pool, "cannot put into the bridge %s:", nic->bridge));
    return 0;
}

static int set_proxy_arp(struct dev *d)
{
    const struct nic_data *data = d->class_data;
    char *path = STR(&d->p.pool, "/proc/sys/net/ipv4/conf/%s/proxy_arp", data->link);
    int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1, rc;

    if (fd < 0)
        return -1;
    rc = write(fd, "1", 1) == 1 ? 0 : -1;
    close(fd);
    return rc;
}

static int plug_route(struct dev *d, const libxl_device_nic *nic)
{
    const struct nic_data *data = d->class_data;
    char *rest = STR(&d->p.pool, "%s", nic->ip ? nic->ip : ""), *ip;

    if (libxl__link_configure(data->link, NULL, nic->mtu, NULL, true) || set_proxy_arp(d))
        return link_failed(d, "cannot configure");
    while (rest && (ip = strsep(&rest, " ")))
        if (*ip && libxl__link_route(data->link, ip, nic->gatewaydev, true))
            return link_failed(d, STR(&d->p.pool, "cannot route %s to", ip));
    return 0;
}

static void connected(struct dev *d, int rc)
{
    /* A script writes this itself. */
    if (!rc && !d->script &&
        libxl__store_write(d->p.ctx, XBT_NULL, STR(&d->p.pool, "%s/hotplug-status", d->p.back),
                           "connected", NULL, 0))
        rc = FAIL(d->p.ctx, ERROR_FAIL, errno, "cannot write %s/hotplug-status in the store",
                  d->p.back);
    libxl__dev_plugged(d, rc);
}

static void ovs_done(struct dev *d, int rc)
{
    const struct nic_data *data = d->class_data;

    d->script = NULL;
    if (!rc && libxl__link_configure(data->link, NULL, -1, NULL, true))
        rc = link_failed(d, "cannot start");
    connected(d, rc);
}

static const char *find_ovs(struct pool *pool)
{
    static const char *const dirs[] = {"/usr/bin", "/usr/local/bin", "/bin"};

    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        const char *path = STR(pool, "%s/" OVS_PROGRAM, dirs[i]);

        if (path && !access(path, X_OK))
            return path;
    }
    return STR(pool, "/usr/bin/" OVS_PROGRAM); /* whose absence is then told */
}

/* "BRIDGE", "BRIDGE.TAG" or "BRIDGE:TRUNK:TRUNK", as vif-openvswitch has it. */
static void plug_ovs(struct dev *d, const libxl_device_nic *nic)
{
    struct nic_data *data = d->class_data;
    struct pool *pool = &d->p.pool;
    size_t length = strcspn(nic->bridge, ".:");
    const char *more = nic->bridge + length, *vlan = NULL;
    char *trunks;

    if (*more == '.')
        vlan = STR(pool, "tag=%s", more + 1);
    else if (*more == ':' && (trunks = STR(pool, "trunks=%s", more + 1))) {
        for (char *c = trunks; *c; c++)
            *c = *c == ':' ? ',' : *c;
        vlan = trunks;
    }
    const char *args[] = {
        "--timeout=30", "--may-exist", "add-port", STR(pool, "%.*s", (int)length, nic->bridge),
        data->link,     vlan,          NULL};

    d->script = find_ovs(pool);
    libxl__script_run(d, args, ovs_done);
}

static void add_script_env(struct dev *d, const char *link)
{
    libxl__node(&d->script_env, "type_if", "vif");
    libxl__node(&d->script_env, "vif", link);
    libxl__node(&d->script_env, "netdev", libxl__back_node(&d->p, "gatewaydev") ?: "");
}

static void link_step(struct dev *d)
{
    static const char *const online[] = {"online", "type_if=vif", NULL};
    const libxl_device_nic *nic = d->config;
    struct nic_data *data = d->class_data;
    int rc = 0;

    if (libxl__link_index(data->link) < 0) {
        if (!d->late)
            return;
        errno = ETIMEDOUT;
        libxl__dev_plugged(d, link_failed(d, "the kernel has made no interface"));
        return;
    }
    libxl__dev_wait_end(d);
    if (!data->builtin) {
        add_script_env(d, data->link);
        libxl__script_run(d, online, connected);
        return;
    }
    if (nic->ifname && strcmp(nic->ifname, data->link)) {
        if (libxl__link_rename(data->link, nic->ifname))
            rc = link_failed(d, STR(&d->p.pool, "cannot give the name %s to", nic->ifname));
        else
            snprintf(data->link, sizeof(data->link), "%s", nic->ifname);
    }
    if (!rc && data->builtin->ovs) {
        plug_ovs(d, nic);
        return;
    }
    if (!rc)
        rc = data->builtin->route ? plug_route(d, nic) : plug_bridge(d, nic);
    connected(d, rc);
}

static void plug_nic(struct dev *d)
{
    if (d->p.backend_domid == 0)
        libxl__dev_wait_kernel(d, LINK_PATIENCE_MS, "wait for interface", link_step);
    else
        libxl__dev_plugged(d, 0); /* its domain's own tools do the rest */
}

/* ---- unplug: the kernel took the interface from its bridge and its routes ---- */

static void unplug_nic(struct dev *d)
{
    static const char *const offline[] = {"offline", "type_if=vif", NULL};
    struct pool *pool = &d->p.pool;
    const char *script = libxl__back_node(&d->p, "script"), *name;
    const struct builtin *builtin = find_builtin(libxl__own_node(&d->p, "hotplug") ?: "");
    const char *link = libxl__back_node(&d->p, "vifname");

    if (!link)
        link = STR(pool, "vif%" PRIu32 ".%d", d->p.domid, d->p.devid);
    if (d->p.backend_domid != 0 || (builtin && !builtin->ovs) || !script) {
        libxl__dev_unplugged(d, 0);
        return;
    }
    if (builtin) {
        const char *args[] = {"--timeout=30", "--if-exists", "del-port", link, NULL};

        d->script = find_ovs(pool);
        libxl__script_run(d, args, libxl__dev_unplugged);
        return;
    }
    d->script = libxl__script_path(pool, script);
    name = d->script ? strrchr(d->script, '/') : NULL;
    /* Made by other tools, by a script that only they need. */
    if (name && !strncmp(name, "/vif-", 5) && access(d->script, X_OK)) {
        libxl__dev_unplugged(d, 0);
        return;
    }
    add_script_env(d, link);
    libxl__script_run(d, offline, libxl__dev_unplugged);
}

/* ---- read back ---- */

static int nic_script(struct place *p, libxl_device_nic *nic)
{
    const char *builtin = libxl__own_node(p, "hotplug");

    if (!builtin)
        return libxl__take(p, "script", &nic->script);
    nic->script = strdup(builtin);
    return nic->script ? 0 : -1;
}

static int read_nic(struct place *p, void *device)
{
    libxl_device_nic *nic = device;
    const char *mac = libxl__back_node(p, "mac"), *type = libxl__back_node(p, "type");
    const char *rate = libxl__back_node(p, "rate");

    nic->backend_domid = p->backend_domid;
    nic->devid = p->devid;
    nic->mtu = libxl__number(libxl__front_node(p, "mtu"), DEFAULT_MTU);
    nic->nictype =
        type && !strcmp(type, "vif_ioemu") ? LIBXL_NIC_TYPE_VIF_IOEMU : LIBXL_NIC_TYPE_VIF;
    if (mac)
        libxl__mac_parse(mac, &nic->mac);
    if (rate)
        sscanf(rate, "%" SCNu64 ",%" SCNu32, &nic->rate_bytes_per_interval,
               &nic->rate_interval_usecs);
    return libxl__take(p, "ip", &nic->ip) || libxl__take(p, "bridge", &nic->bridge) ||
                   libxl__take(p, "vifname", &nic->ifname) || nic_script(p, nic) ||
                   libxl__take(p, "gatewaydev", &nic->gatewaydev)
               ? -1
               : 0;
}

static const char *const nic_kinds[] = {"vif", NULL};

const struct device_class libxl__nics = {
    .name = "network interface",
    .front = "vif",
    .kinds = nic_kinds,
    .type = &libxl__type_device_nic,
    .list = offsetof(libxl_domain_config, nics),
    .count = offsetof(libxl_domain_config, num_nics),
    .devid = offsetof(libxl_device_nic, devid),
    .waits = true,
    .choose = choose_nic,
    .open = open_nic,
    .describe = describe_nic,
    .plug = plug_nic,
    .unplug = unplug_nic,
    .read = read_nic,
};
