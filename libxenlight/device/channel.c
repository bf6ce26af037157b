/* SPDX-License-Identifier: MIT */
/* Channels: consoles for programs, further to the domain's own; xen-pv-channel(7). */
#include <stddef.h>
#include <stdlib.h>
#include "dev.h"

#define CONSOLE_LIMIT "1048576"

#define FIRST_NUMBER 1 /* 0 is the domain's own console */

static int choose_channel(struct dev *d, void *config)
{
    libxl_device_channel *channel = config;

    if (!channel->name || !*channel->name)
        return FAIL(d->p.ctx, ERROR_INVAL, EINVAL, "a channel needs a name");
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_UNKNOWN)
        return FAIL(d->p.ctx, ERROR_INVAL, EINVAL, "channel %s: connected to what?", channel->name);
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET && !channel->u.socket.path)
        return FAIL(d->p.ctx, ERROR_INVAL, EINVAL, "channel %s: a socket needs a path",
                    channel->name);
    libxl__choose_devid(d, &channel->devid, FIRST_NUMBER);
    return 0;
}

static int describe_channel(struct dev *d)
{
    const libxl_device_channel *channel = d->config;
    struct store_nodes *back = &d->back_nodes, *front = &d->front_nodes;
    bool socket = channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET;

    libxl__node(back, "name", channel->name);
    libxl__node(back, "connection", libxl_channel_connection_to_string(channel->connection));
    libxl__node(back, "path", socket ? channel->u.socket.path : NULL);
    libxl__node(back, "protocol", "vt100");
    libxl__node(front, "name", channel->name);
    libxl__node(front, "limit", CONSOLE_LIMIT);
    libxl__node(front, "type", "ioemu");
    libxl__node_f(front, "output", "chardev:libxl-channel%d", d->p.devid);
    libxl__node(front, "tty", "");
    return 0;
}

static int read_channel(struct place *p, void *config)
{
    libxl_device_channel *channel = config;
    const char *connection = libxl__back_node(p, "connection");
    libxl_channel_connection kind = LIBXL_CHANNEL_CONNECTION_UNKNOWN;

    if (connection)
        libxl_channel_connection_from_string(connection, &kind);
    libxl_device_channel_init_connection(channel, kind);
    channel->backend_domid = p->backend_domid;
    channel->devid = p->devid;
    return libxl__take(p, "name", &channel->name) ||
                   (kind == LIBXL_CHANNEL_CONNECTION_SOCKET &&
                    libxl__take(p, "path", &channel->u.socket.path))
               ? -1
               : 0;
}

static const char *const console_kinds[] = {"console", NULL};

const struct device_class libxl__channels = {
    .name = "channel",
    .front = "console",
    .kinds = console_kinds,
    .type = &libxl__type_device_channel,
    .list = offsetof(libxl_domain_config, channels),
    .count = offsetof(libxl_domain_config, num_channels),
    .devid = offsetof(libxl_device_channel, devid),
    .choose = choose_channel,
    .open = libxl__qemu_wanted, /* the console daemon has the domain's own console only */
    .describe = describe_channel,
    .read = read_channel,
};
