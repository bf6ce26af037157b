/* SPDX-License-Identifier: MIT */
/* Names of disks in the guest and their numbers, xen-vbd-interface(7). */
#include <ctype.h>
#include <stdlib.h>
#include "vdev.h"

/* "a" 0, "z" 25, "aa" 26 and so on; -1 for no letters, or too many. */
static long take_letters(const char **s)
{
    long n = 0;

    if (!islower((unsigned char)**s))
        return -1;
    for (; islower((unsigned char)**s); (*s)++) {
        n = n * 26 + (**s - 'a' + 1);
        if (n > 1 << 20)
            return -1;
    }
    return n - 1;
}

/* A number of at most max without zeros in front; missing if there are no digits. */
static long take_digits(const char **s, long max, long missing)
{
    long n = 0;

    if (!isdigit((unsigned char)**s))
        return missing;
    if (**s == '0' && isdigit((unsigned char)(*s)[1]))
        return -1;
    for (; isdigit((unsigned char)**s); (*s)++) {
        n = n * 10 + (**s - '0');
        if (n > max)
            return -1;
    }
    return n;
}

static int xvd_number(long disk, long partition)
{
    if (disk < 16 && partition < 16)
        return (int)(202 << 8 | disk << 4 | partition);
    if (disk < 1 << 20 && partition < 256)
        return (int)(1 << 28 | disk << 8 | partition);
    return -1;
}

static int ide_number(long disk, long partition)
{
    if (disk > 3 || partition > 63)
        return -1;
    return (int)((disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | partition);
}

static int scsi_number(long disk, long partition)
{
    return disk > 15 || partition > 15 ? -1 : (int)(8 << 8 | disk << 4 | partition);
}

static int named(const char *s, int (*number)(long disk, long partition))
{
    long disk = take_letters(&s), partition;

    /* Zero is the whole disk, and is not written. */
    partition = *s == '0' ? -1 : take_digits(&s, 255, 0);
    return disk < 0 || partition < 0 || *s ? -1 : number(disk, partition);
}

/* "d2p1", or "d2". */
static int numbered(const char *s)
{
    long disk = take_digits(&s, (1 << 20) - 1, -1), partition = 0;

    if (*s == 'p') {
        s++;
        partition = take_digits(&s, 255, -1);
    }
    return disk < 0 || partition < 0 || *s ? -1 : xvd_number(disk, partition);
}

int libxl__vdev_number(const char *vdev)
{
    unsigned long number;
    char *end;

    if (!vdev)
        return -1;
    if (!strncmp(vdev, "xvd", 3))
        return named(vdev + 3, xvd_number);
    if (!strncmp(vdev, "hd", 2))
        return named(vdev + 2, ide_number);
    if (!strncmp(vdev, "sd", 2))
        return named(vdev + 2, scsi_number);
    if (vdev[0] == 'd')
        return numbered(vdev + 1);
    if (!isdigit((unsigned char)vdev[0]))
        return -1;
    number = strtoul(vdev, &end, 0);
    return *end || number > INT_MAX ? -1 : (int)number;
}
