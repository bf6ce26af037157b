/* SPDX-License-Identifier: MIT */
/* What xenstore_lib.h declares, and helpers that need no connection. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include "private.h"

PUBLIC const char *xs_daemon_rundir(void)
{
    const char *dir = getenv("XENSTORED_RUNDIR");

    return dir ? dir : "/var/run/xenstored";
}

PUBLIC const char *xs_daemon_socket(void)
{
    static __thread char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    const char *given = getenv("XENSTORED_PATH");
    int len = given ? snprintf(path, sizeof(path), "%s", given)
                    : snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir());

    if (len < 0 || len >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    return path;
}

PUBLIC const char *xs_daemon_socket_ro(void)
{
    return xs_daemon_socket();
}

PUBLIC bool xs_write_all(int fd, const void *data, unsigned int len)
{
    const char *at = data;

    while (len) {
        ssize_t done = write(fd, at, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        len -= done;
    }
    return true;
}

static int perm_bits(char letter)
{
    switch (letter) {
    case 'r':
        return XS_PERM_READ;
    case 'w':
        return XS_PERM_WRITE;
    case 'b':
        return XS_PERM_READ | XS_PERM_WRITE;
    case 'n':
        return XS_PERM_NONE;
    default:
        return -1;
    }
}

PUBLIC bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num, const char *strings)
{
    for (unsigned int i = 0; i < num; i++) {
        int bits = perm_bits(*strings);
        char *end = NULL;
        unsigned long id = bits < 0 ? 0 : strtoul(strings + 1, &end, 0);

        if (bits < 0 || end == strings + 1 || *end) {
            errno = EINVAL;
            return false;
        }
        perms[i].id = id;
        perms[i].perms = bits;
        strings = end + 1;
    }
    return true;
}

PUBLIC bool xs_path_is_subpath(const char *parent, const char *child)
{
    size_t len = strlen(parent);

    if (strncmp(parent, child, len) != 0)
        return false;
    /* A parent that ends in a slash is only the root. */
    return child[len] == '\0' || child[len] == '/' || (len && parent[len - 1] == '/');
}

PUBLIC int xs_suspend_evtchn_port(int domid)
{
    struct xs_handle *h = xs_open(0);
    char path[64];
    char *text = NULL;
    int port = -1;

    if (!h)
        return -1;
    snprintf(path, sizeof(path), "/local/domain/%d/device/suspend/event-channel", domid);
    text = xs_read(h, XBT_NULL, path, NULL);
    if (text)
        port = atoi(text);
    free(text);
    xs_close(h);
    return port;
}
