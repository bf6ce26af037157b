/* SPDX-License-Identifier: MIT */
/* The system calls behind every handle, and the hook that replaces them. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "xentoolcore_internal.h"

#define PUBLIC __attribute__((visibility("default")))

static int kernel_open(const char *device, int flags)
{
    return open(device, flags);
}

/* libc's ioctl() returns an int; some hypercalls answer with a frame number that needs 64 bits. */
static long kernel_ioctl(int fd, unsigned long request, void *arg)
{
    return syscall(SYS_ioctl, fd, request, arg);
}

static const struct xentoolcore__transport kernel = {
    .name = "kernel",
    .open = kernel_open,
    .close = close,
    .ioctl = kernel_ioctl,
    .mmap = mmap,
    .munmap = munmap,
    .read = read,
    .write = write,
};

static _Atomic(const struct xentoolcore__transport *) current = &kernel;

PUBLIC const struct xentoolcore__transport *xentoolcore__transport(void)
{
    return atomic_load(&current);
}

PUBLIC void xentoolcore__set_transport(const struct xentoolcore__transport *transport)
{
    atomic_store(&current, transport ? transport : &kernel);
}
