/* SPDX-License-Identifier: MIT */
/* Loop devices of the real kernel, where there are some. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <cmocka.h>
#include "device/dev.h"

static char directory[] = "/tmp/light-blockdev-XXXXXX";
static char file[64], other[64];

static void make_file(char *path, const char *name)
{
    int fd;

    snprintf(path, sizeof(file), "%s/%s", directory, name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 1 << 20))
        abort();
    close(fd);
}

/* The file behind a loop device, as sysfs has it; "" for none. */
static const char *backing(uint64_t rdev)
{
    static char line[128];
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/sys/block/loop%u/loop/backing_file", minor(rdev));
    f = fopen(path, "r");
    line[0] = '\0';
    if (f && fgets(line, sizeof(line), f))
        line[strcspn(line, "\n")] = '\0';
    if (f)
        fclose(f);
    return line;
}

static void a_loop_device_vanishes_unless_it_is_kept(void **state)
{
    POOL(pool);
    uint64_t rdev;
    char *node;
    int fd = libxl__loopdev_open(&pool, file, false, false, &node, &rdev);

    assert_true(fd >= 0);
    assert_int_equal(major(rdev), 7);
    assert_string_equal(backing(rdev), file);
    close(fd);
    assert_string_not_equal(backing(rdev), file);
}

static void a_kept_one_is_freed_by_its_file(void **state)
{
    POOL(pool);
    uint64_t rdev;
    char *node;
    int fd = libxl__loopdev_open(&pool, file, true, true, &node, &rdev);

    assert_true(fd >= 0);
    assert_int_equal(libxl__loopdev_keep(fd, true), 0);
    close(fd);
    assert_string_equal(backing(rdev), file);
    fd = open(node, O_RDWR | O_CLOEXEC); /* some kernels refuse this already */
    assert_true(fd < 0 || pwrite(fd, "x", 1, 0) < 0 || fsync(fd));
    close(fd);
    assert_int_equal(libxl__loopdev_free(rdev, other), 0);
    assert_string_equal(backing(rdev), file);
    assert_int_equal(libxl__loopdev_free(rdev, file), 0);
    assert_string_not_equal(backing(rdev), file);
    assert_int_equal(libxl__loopdev_free(rdev, file), 0);
}

static void a_busy_one_is_freed_when_its_user_lets_go(void **state)
{
    POOL(pool);
    uint64_t rdev;
    char *node;
    int fd = libxl__loopdev_open(&pool, file, false, false, &node, &rdev), user;

    assert_int_equal(libxl__loopdev_keep(fd, true), 0);
    close(fd);
    user = open(node, O_RDONLY | O_CLOEXEC);
    assert_int_equal(libxl__loopdev_free(rdev, file), 0);
    close(user);
    assert_string_not_equal(backing(rdev), file);
}

static void two_ways_to_a_file_are_the_same(void **state)
{
    POOL(pool);
    struct file_id direct, behind, different;
    uint64_t rdev;
    char *node;
    int fd = libxl__loopdev_open(&pool, file, false, false, &node, &rdev);

    assert_int_equal(libxl__file_identify(file, &direct), 0);
    assert_int_equal(libxl__file_identify(node, &behind), 0);
    assert_int_equal(libxl__file_identify(other, &different), 0);
    assert_int_equal(direct.rdev, 0);
    assert_int_equal(behind.rdev, rdev);
    assert_true(libxl__file_same(&direct, &behind));
    assert_false(libxl__file_same(&direct, &different));
    assert_int_equal(libxl__file_identify(directory, &direct), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(libxl__file_identify("/dev/null", &direct), -1);
    assert_int_equal(errno, ENOTBLK);
    close(fd);
}

static void a_holder_of_a_device_or_of_its_file_is_seen(void **state)
{
    POOL(pool);
    uint64_t rdev;
    char *node;
    int fd = libxl__loopdev_open(&pool, file, false, false, &node, &rdev), holder;

    struct file_id behind, direct, different;

    assert_int_equal(libxl__file_identify(node, &behind), 0);
    assert_int_equal(libxl__file_identify(file, &direct), 0);
    assert_int_equal(libxl__file_identify(other, &different), 0);
    assert_false(libxl__host_uses(node, &behind, false));
    assert_false(libxl__host_uses(file, &direct, false));
    holder = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
    assert_true(holder >= 0);
    assert_true(libxl__host_uses(node, &behind, false));
    assert_true(libxl__host_uses(file, &direct, false)); /* by the loop device on it */
    assert_false(libxl__host_uses(other, &different, false));
    assert_false(libxl__host_uses(node, &behind, true));
    assert_false(libxl__host_uses(file, &direct, true));
    close(holder);
    assert_int_equal(libxl__loopdev_open(&pool, "/nonexistent", false, false, &node, &rdev), -1);
    assert_int_equal(errno, ENOENT);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_device_vanishes_unless_it_is_kept),
        cmocka_unit_test(a_kept_one_is_freed_by_its_file),
        cmocka_unit_test(a_busy_one_is_freed_when_its_user_lets_go),
        cmocka_unit_test(two_ways_to_a_file_are_the_same),
        cmocka_unit_test(a_holder_of_a_device_or_of_its_file_is_seen),
    };
    struct pool pool = {NULL, false};
    uint64_t rdev;
    char *node, command[64];
    int fd, rc;

    if (!mkdtemp(directory))
        return EXIT_FAILURE;
    make_file(file, "file");
    make_file(other, "other");
    fd = libxl__loopdev_open(&pool, file, false, false, &node, &rdev);
    libxl__pool_free(&pool);
    if (fd < 0) {
        printf("no loop devices here: %s\n", strerror(errno));
        rc = 77;
    } else {
        close(fd);
        rc = cmocka_run_group_tests(tests, NULL, NULL);
    }
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command) ? EXIT_FAILURE : rc;
}
