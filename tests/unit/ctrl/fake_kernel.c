/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xentoolcore_internal.h>
#include "fake_kernel.h"

struct fake_kernel fake;
static int allocations_left;
static bool allocation_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static bool refuse_allocation(void)
{
    if (!allocations_left)
        return false;
    if (allocations_left > 1) {
        allocations_left--;
        return false;
    }
    allocation_failed = true;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return refuse_allocation() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse_allocation() ? NULL : __real_calloc(count, size);
}

void fake_fail_allocation(int n)
{
    allocations_left = n;
    allocation_failed = false;
}

bool fake_allocation_failed(void)
{
    return allocation_failed;
}

static int fake_open(const char *device, int flags)
{
    int fd;

    if (fake.missing && !strcmp(device, fake.missing)) {
        errno = fake.open_errno;
        return -1;
    }
    fd = eventfd(0, EFD_CLOEXEC);
    fake.open_fds += fd >= 0;
    return fd;
}

static int fake_close(int fd)
{
    fake.open_fds--;
    close(fd);
    if (fake.close_fails) {
        errno = EIO;
        return -1;
    }
    return 0;
}

static long fake_ioctl(int fd, unsigned long request, void *arg)
{
    long rc = fake.ioctl ? fake.ioctl(request, arg) : -ENOTTY;

    fake.ioctls++;
    if (rc < 0) {
        errno = -rc;
        return -1;
    }
    return rc;
}

static void *fake_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
    void *p;

    if (fake.fail_mmap && !--fake.fail_mmap) {
        errno = fake.mmap_errno;
        return MAP_FAILED;
    }
    p = mmap(addr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p != MAP_FAILED) {
        fake.mapped += length;
        fake.mmaps++;
    }
    return p;
}

static int fake_munmap(void *addr, size_t length)
{
    int rc = munmap(addr, length);

    if (!rc)
        fake.mapped -= length;
    return rc;
}

static ssize_t fake_read(int fd, void *buf, size_t count)
{
    if (fake.read_errno) {
        errno = fake.read_errno;
        return -1;
    }
    assert_int_equal(count, sizeof(fake.incoming));
    memcpy(buf, &fake.incoming, count);
    return count;
}

static ssize_t fake_write(int fd, const void *buf, size_t count)
{
    assert_int_equal(count, sizeof(fake.written));
    memcpy(&fake.written, buf, count);
    return count;
}

static const struct xentoolcore__transport transport = {
    .name = "fake",
    .open = fake_open,
    .close = fake_close,
    .ioctl = fake_ioctl,
    .mmap = fake_mmap,
    .munmap = fake_munmap,
    .read = fake_read,
    .write = fake_write,
};

void fake_kernel_install(void)
{
    memset(&fake, 0, sizeof(fake));
    fake_fail_allocation(0);
    xentoolcore__set_transport(&transport);
}

void fake_kernel_assert_clean(void)
{
    assert_int_equal(fake.open_fds, 0);
    assert_int_equal(fake.mapped, 0);
}
