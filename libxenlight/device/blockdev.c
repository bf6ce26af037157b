/* SPDX-License-Identifier: MIT */
/* Files and block devices of the host: what they are, who uses them, loop devices on them. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "dev.h"

#define LOOP_ATTEMPTS 64

/* Two loop devices on one file are the same disk. */
static int behind_loop(const char *path, uint64_t rdev, struct file_id *id)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
    struct loop_info64 info;

    if (fd < 0)
        return -1;
    rc = ioctl(fd, LOOP_GET_STATUS64, &info);
    if (!rc)
        *id = (struct file_id){.rdev = rdev, .dev = info.lo_device, .ino = info.lo_inode};
    close(fd);
    return rc;
}

int libxl__file_identify(const char *path, struct file_id *id)
{
    struct stat st;

    if (stat(path, &st))
        return -1;
    if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode)) {
        errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTBLK;
        return -1;
    }
    if (S_ISREG(st.st_mode))
        *id = (struct file_id){.dev = st.st_dev, .ino = st.st_ino};
    else if (major(st.st_rdev) != LOOP_MAJOR || behind_loop(path, st.st_rdev, id))
        *id = (struct file_id){.rdev = st.st_rdev, .dev = st.st_rdev};
    return 0;
}

bool libxl__file_same(const struct file_id *a, const struct file_id *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* ---- loop devices ---- */

static int open_free_loop(char *name, size_t size, bool readonly)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), n, fd = -1;

    if (control < 0)
        return -1;
    n = ioctl(control, LOOP_CTL_GET_FREE);
    if (n >= 0) {
        snprintf(name, size, "/dev/loop%d", n);
        fd = open(name, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    }
    close(control);
    return fd;
}

static int configure(int fd, int file, const char *path, bool readonly, bool direct)
{
    struct loop_config config = {.fd = (uint32_t)file};
    int rc;

    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (readonly ? LO_FLAGS_READ_ONLY : 0) |
                           (direct ? LO_FLAGS_DIRECT_IO : 0);
    strncpy((char *)config.info.lo_file_name, path, sizeof(config.info.lo_file_name) - 1);
    rc = ioctl(fd, LOOP_CONFIGURE, &config);
    if (rc && direct && errno == EINVAL) { /* not every file system can */
        config.info.lo_flags &= ~LO_FLAGS_DIRECT_IO;
        rc = ioctl(fd, LOOP_CONFIGURE, &config);
    }
    return rc;
}

int libxl__loopdev_open(struct pool *pool, const char *path, bool readonly, bool direct,
                        char **node, uint64_t *rdev)
{
    int file = open(path, (readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC), fd = -1, saved;
    char name[32];
    struct stat st;

    if (file < 0)
        return -1;
    /* Another program may be faster with the device that was free. */
    for (int i = 0; i < LOOP_ATTEMPTS; i++) {
        fd = open_free_loop(name, sizeof(name), readonly);
        if (fd < 0 || !configure(fd, file, path, readonly, direct))
            break;
        saved = errno;
        close(fd);
        fd = -1;
        errno = saved;
        if (saved != EBUSY)
            break;
    }
    if (fd >= 0 && (fstat(fd, &st) || !(*node = STR(pool, "%s", name)))) {
        close(fd);
        fd = -1;
    }
    if (fd >= 0)
        *rdev = st.st_rdev;
    saved = errno;
    close(file);
    errno = saved;
    return fd;
}

int libxl__loopdev_keep(int fd, bool keep)
{
    struct loop_info64 info;

    if (ioctl(fd, LOOP_GET_STATUS64, &info))
        return -1;
    info.lo_flags &= ~(uint32_t)LO_FLAGS_AUTOCLEAR;
    info.lo_flags |= keep ? 0 : LO_FLAGS_AUTOCLEAR;
    return ioctl(fd, LOOP_SET_STATUS64, &info);
}

int libxl__loopdev_free(uint64_t rdev, const char *path)
{
    struct file_id id = {0};
    struct loop_info64 info;
    char name[32];
    int fd, rc = 0;

    snprintf(name, sizeof(name), "/dev/loop%u", minor(rdev));
    fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENXIO ? 0 : -1;
    if (ioctl(fd, LOOP_GET_STATUS64, &info)) {
        rc = errno == ENXIO ? 0 : -1; /* free already */
        goto out;
    }
    /* The file may have been removed or replaced; then its name has to do. */
    if (!libxl__file_identify(path, &id) && id.dev == info.lo_device && id.ino == info.lo_inode)
        rc = ioctl(fd, LOOP_CLR_FD);
    else if (!strncmp((char *)info.lo_file_name, path, sizeof(info.lo_file_name) - 1))
        rc = ioctl(fd, LOOP_CLR_FD);
    if (rc && errno == ENXIO)
        rc = 0;
out:
    close(fd);
    return rc;
}

/* ---- the host's own use ---- */

/* Whether the file systems that are mounted, for writing unless `any`, are on the device. */
static bool mounted(uint64_t rdev, bool any)
{
    FILE *f = fopen("/proc/self/mountinfo", "re");
    unsigned int major, minor;
    char options[256], *line = NULL;
    size_t size = 0;
    bool found = false;

    while (f && !found && getline(&line, &size, f) >= 0) {
        if (sscanf(line, "%*d %*d %u:%u %*s %*s %255s", &major, &minor, options) != 3)
            continue;
        found = makedev(major, minor) == rdev && (any || !strncmp(options, "rw", 2));
    }
    free(line);
    if (f)
        fclose(f);
    return found;
}

/* Swap, volume managers and the like hold a device exclusively. */
static bool held(const char *path)
{
    int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);

    if (fd < 0)
        return errno == EBUSY;
    close(fd);
    return false;
}

static bool device_used(const char *path, uint64_t rdev, bool readonly)
{
    return mounted(rdev, !readonly) || (!readonly && held(path));
}

/* Whether the loop device, if it is one, stands for this file and is used. */
static bool loop_used(const char *name, const struct file_id *id, bool readonly)
{
    char path[64];
    struct file_id behind;
    struct stat st;

    snprintf(path, sizeof(path), "/sys/block/%.16s/loop/backing_file", name);
    if (access(path, F_OK)) /* free ones are left alone */
        return false;
    snprintf(path, sizeof(path), "/dev/%.16s", name);
    return !stat(path, &st) && !behind_loop(path, st.st_rdev, &behind) &&
           libxl__file_same(&behind, id) && device_used(path, st.st_rdev, readonly);
}

bool libxl__host_uses(const char *path, const struct file_id *id, bool readonly)
{
    bool used = id->rdev && device_used(path, id->rdev, readonly);
    DIR *blocks = id->ino && !used ? opendir("/sys/block") : NULL;
    const struct dirent *entry;

    while (blocks && !used && (entry = readdir(blocks)))
        used = !strncmp(entry->d_name, "loop", 4) && loop_used(entry->d_name, id, readonly);
    if (blocks)
        closedir(blocks);
    return used;
}
