/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include "consoled.h"

static int open_slave(int master, char *name, size_t size)
{
    struct termios termios;
    int slave = -1;

    if (grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, size) != 0)
        return -1;
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return -1;
    /* The guest does its own line editing and echo. */
    if (tcgetattr(slave, &termios) == 0) {
        cfmakeraw(&termios);
        tcsetattr(slave, TCSANOW, &termios);
    }
    return slave;
}

int tty_open(int *slave, char *name, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    int err = 0;

    if (master < 0)
        return -errno;
    *slave = open_slave(master, name, size);
    if (*slave < 0 || fcntl(master, F_SETFL, O_NONBLOCK) != 0) {
        err = errno;
        if (*slave >= 0)
            close(*slave);
        *slave = -1;
        close(master);
        return -err;
    }
    return master;
}
