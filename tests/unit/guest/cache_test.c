/* SPDX-License-Identifier: MIT */
/* Expanded kernels: kept, found again, bounded, and never the reason why a guest is not built. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>
#include "dom/private.h"
#undef fail
#include <cmocka.h>
#include "fake_xen.h"
#include "make_kernel.h"

#define HOST   (1u << 14) /* frames of the fake host */
#define SIZE   10000
#define TARGET "/cache"

static char top[] = "/tmp/cache-test-XXXXXX";
static char place[64];

/* The n-th of the system calls below fails; 0: none. */
static struct {
    int count, at;
    bool short_writes;
} inject;

static bool strikes(void)
{
    if (++inject.count != inject.at)
        return false;
    errno = EIO;
    return true;
}

#pragma GCC visibility push(default)
#define WRAP(type, name, bad, params, args)                                                        \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        return strikes() ? (bad) : __real_##name args;                                             \
    }

WRAP(int, mkdir, -1, (const char *path, mode_t mode), (path, mode))
WRAP(int, open, -1, (const char *path, int flags, mode_t mode), (path, flags, mode))
WRAP(int, openat, -1, (int dir, const char *path, int flags, mode_t mode), (dir, path, flags, mode))
WRAP(int, fstat, -1, (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat, -1, (int dir, const char *path, struct stat *st, int flags),
     (dir, path, st, flags))
WRAP(int, fstatvfs, -1, (int fd, struct statvfs *fs), (fd, fs))
WRAP(void *, mmap, MAP_FAILED, (void *at, size_t len, int prot, int flags, int fd, off_t off),
     (at, len, prot, flags, fd, off))
WRAP(int, renameat, -1, (int from_dir, const char *from, int to_dir, const char *to),
     (from_dir, from, to_dir, to))
WRAP(int, unlinkat, -1, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, futimens, -1, (int fd, const struct timespec *times), (fd, times))
WRAP(ssize_t, getrandom, -1, (void *to, size_t len, unsigned int flags), (to, len, flags))
WRAP(DIR *, fdopendir, NULL, (int fd), (fd))

ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (strikes())
        return -1;
    return __real_write(fd, data, inject.short_writes && len > 100 ? 100 : len);
}

#pragma GCC visibility pop

static int clean(void **state)
{
    char command[128];

    inject.at = 0;
    inject.short_writes = false;
    unsetenv("XEN_KERNEL_CACHE");
    setenv("XEN_CACHE_DIR", place, 1);
    snprintf(command, sizeof(command), "rm -rf %s", place);
    return system(command);
}

static struct xg_cache opened(void)
{
    struct xg_cache cache;

    xg_cache_open(&cache);
    return cache;
}

/* The number of files in the directory; *name is one of them. */
static int files(char *name)
{
    DIR *dir = opendir(place);
    const struct dirent *entry = NULL;
    int n = 0;

    while (dir && (entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (name)
            snprintf(name, 400, "%s/%s", place, entry->d_name);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

/* Payload number @n and what it expands to. */
static struct xg_cache_key key_of(int n)
{
    static int payloads[3 * 4096 + 1];
    struct xg_cache_key key;

    payloads[n] = n;
    xg_cache_make_key(&key, &payloads[n], sizeof(payloads[n]));
    return key;
}

static uint8_t *content(int n)
{
    static uint8_t data[SIZE];

    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t)(i * 31 + (size_t)n);
    return data;
}

static void keep(int n)
{
    struct xg_cache cache = opened();
    struct xg_cache_key key = key_of(n);

    xg_cache_keep(&cache, &key, content(n), SIZE);
    xg_cache_close(&cache);
}

/* Is payload @n found?  What is found must be right. */
static bool found(int n)
{
    struct xg_cache cache = opened();
    struct xg_cache_key key = key_of(n);
    size_t len = 0;
    void *data = xg_cache_find(&cache, &key, &len);

    xg_cache_close(&cache);
    if (!data)
        return false;
    assert_int_equal(len, SIZE);
    assert_memory_equal(data, content(n), SIZE);
    assert_int_equal(munmap(data, len), 0);
    return true;
}

static void what_is_kept_is_found(void **state)
{
    struct stat st;
    char name[400];

    assert_false(found(1));
    keep(1);
    assert_true(found(1));
    assert_false(found(2));
    assert_int_equal(stat(place, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(files(name), 1);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void sizes_around_a_page_are_found(void **state)
{
    struct xg_cache cache = opened();
    static uint8_t data[3 * 4096];

    for (size_t size = 1; size <= sizeof(data); size += size > 3900 && size < 4200 ? 1 : 97) {
        struct xg_cache_key key = key_of((int)size);
        size_t len = 0;
        uint8_t *got = NULL;

        memset(data, (int)size, size);
        xg_cache_keep(&cache, &key, data, size);
        got = xg_cache_find(&cache, &key, &len);
        assert_non_null(got);
        assert_int_equal(len, size);
        assert_memory_equal(got, data, size);
        munmap(got, len);
    }
    xg_cache_close(&cache);
}

static void zeroes_take_no_room(void **state)
{
    struct xg_cache cache = opened();
    struct xg_cache_key key = key_of(1);
    static uint8_t data[200 * 4096 + 10];
    struct stat st;
    char name[400];
    size_t len = 0;
    uint8_t *got = NULL;

    data[50 * 4096] = 1;
    data[90 * 4096 - 1] = 1;
    xg_cache_keep(&cache, &key, data, sizeof(data));
    got = xg_cache_find(&cache, &key, &len);
    assert_non_null(got);
    assert_int_equal(len, sizeof(data));
    assert_memory_equal(got, data, len);
    munmap(got, len);
    assert_int_equal(files(name), 1);
    assert_int_equal(stat(name, &st), 0);
    assert_in_range(st.st_blocks * 512, 1, 64 * 1024);
    xg_cache_close(&cache);
}

static void short_writes_are_continued(void **state)
{
    inject.short_writes = true;
    keep(1);
    assert_true(found(1));
}

static void it_can_be_switched_off(void **state)
{
    keep(1);
    setenv("XEN_KERNEL_CACHE", "0", 1);
    assert_int_equal(opened().fd, -1);
    assert_false(found(1));
    keep(2);
    unsetenv("XEN_KERNEL_CACHE");
    assert_int_equal(files(NULL), 1);
    setenv("XEN_CACHE_DIR", "", 1);
    assert_int_equal(opened().fd, -1);
}

static void a_directory_that_is_not_ours_alone_is_refused(void **state)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777};
    char link[80];

    keep(1);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(place, modes[i]), 0);
        assert_int_equal(opened().fd, -1);
        assert_false(found(1));
    }
    assert_int_equal(chmod(place, 0755), 0);
    assert_true(found(1));
    snprintf(link, sizeof(link), "%s/link", top);
    assert_int_equal(symlink(place, link), 0);
    setenv("XEN_CACHE_DIR", link, 1);
    assert_int_equal(opened().fd, -1);
    unlink(link);
    setenv("XEN_CACHE_DIR", place, 1);
    if (geteuid() == 0) {
        assert_int_equal(chown(place, 1, 1), 0);
        assert_int_equal(opened().fd, -1);
    }
}

static void a_file_that_is_not_ours_is_replaced(void **state)
{
    char name[400];
    char other[400];

    keep(1);
    assert_int_equal(files(name), 1);
    assert_int_equal(chmod(name, 0666), 0);
    assert_false(found(1));
    keep(1);
    assert_true(found(1));
    /* another name of the file would let its content be changed from elsewhere */
    snprintf(other, sizeof(other), "%s/other", top);
    assert_int_equal(link(name, other), 0);
    assert_false(found(1));
    unlink(other);
    assert_int_equal(symlink("/dev/zero", name), 0);
    assert_false(found(1));
    keep(1);
    assert_true(found(1));
    unlink(name);
    assert_int_equal(mkfifo(name, 0600), 0);
    assert_false(found(1)); /* and does not wait for a writer */
    keep(1);
    assert_true(found(1));
}

static void flip(const char *name, off_t at)
{
    int fd = open(name, O_RDWR, 0);
    uint8_t byte = 0;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void damage_is_noticed_and_repaired(void **state)
{
    static const off_t ends[] = {0, 1, 51, 52, 53, 4096, SIZE, SIZE + 51, SIZE + 53, 2 * SIZE};
    struct stat st;
    char name[400];

    keep(1);
    assert_int_equal(files(name), 1);
    assert_int_equal(stat(name, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < SIZE - 200 ? 977 : 1) {
        flip(name, at);
        assert_false(found(1));
        assert_int_equal(files(NULL), 0);
        keep(1);
        assert_true(found(1));
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        assert_int_equal(truncate(name, ends[i]), 0);
        assert_false(found(1));
        keep(1);
        assert_true(found(1));
    }
}

static void one_payloads_file_is_no_others(void **state)
{
    struct xg_cache_key key = key_of(2);
    char name[400];
    char file[XG_CACHE_NAME_MAX];
    char other[400];

    keep(1);
    assert_int_equal(files(name), 1);
    xg_cache_name(&key, file);
    snprintf(other, sizeof(other), "%s/%s", place, file);
    assert_int_equal(rename(name, other), 0);
    assert_false(found(2));
}

/* Collisions of the sum can be made; what they lead to is not the other's kernel. */
static void an_equal_sum_is_not_enough(void **state)
{
    struct xg_cache cache = opened();
    struct xg_cache_key key = key_of(1);
    struct xg_cache_key forged = key_of(2);
    size_t len = 0;
    void *data = NULL;

    forged.sum = key.sum;
    xg_cache_keep(&cache, &forged, content(2), SIZE);
    assert_null(xg_cache_find(&cache, &key, &len));
    keep(1);
    assert_null(xg_cache_find(&cache, &forged, &len));
    keep(1);
    assert_true(found(1));
    /* nor is a payload that the kept one begins with, or that begins with it */
    key.len--;
    data = xg_cache_find(&cache, &key, &len);
    assert_null(data);
    xg_cache_close(&cache);
}

/* The file system's clock goes on in ticks, which may be late. */
static void wait_for_tick(const char *file)
{
    struct timespec wait = {.tv_nsec = 5000000};
    struct stat before, now;

    assert_int_equal(utimensat(AT_FDCWD, file, NULL, 0), 0);
    assert_int_equal(stat(file, &before), 0);
    do {
        nanosleep(&wait, NULL);
        assert_int_equal(utimensat(AT_FDCWD, file, NULL, 0), 0);
        assert_int_equal(stat(file, &now), 0);
    } while (now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
             now.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
}

static void the_least_recently_used_go_first(void **state)
{
    struct xg_cache cache = opened();
    struct xg_cache_key key;
    char stranger[400];

    snprintf(stranger, sizeof(stranger), "%s/somebody.else", place);
    close(open(stranger, O_WRONLY | O_CREAT, 0600));
    cache.max_bytes = 3 * (SIZE + 4 + 48);
    for (int n = 1; n <= 4; n++) {
        wait_for_tick(stranger);
        if (n == 4) {
            assert_true(found(1));
            wait_for_tick(stranger);
        }
        key = key_of(n);
        xg_cache_keep(&cache, &key, content(n), SIZE);
    }
    assert_true(found(1));
    assert_false(found(2));
    assert_true(found(3));
    assert_true(found(4));
    /* what is larger than the whole cache drops nothing */
    cache.max_bytes = SIZE;
    key = key_of(5);
    xg_cache_keep(&cache, &key, content(5), SIZE);
    assert_int_equal(files(NULL), 4);
    assert_int_equal(access(stranger, F_OK), 0);
    xg_cache_close(&cache);
}

static void leftovers_of_a_crash_are_removed(void **state)
{
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    char name[400];
    int fd = -1;

    keep(1);
    snprintf(name, sizeof(name), "%s/.new-0123", place);
    fd = open(name, O_WRONLY | O_CREAT, 0600);
    keep(2);
    assert_int_equal(access(name, F_OK), 0); /* somebody may be writing it */
    futimens(fd, old);
    close(fd);
    keep(3);
    assert_int_equal(access(name, F_OK), -1);
    assert_int_equal(files(NULL), 3);
}

static int open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 100; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Fail each system call in turn: nothing leaks, and nothing wrong is ever found. */
static void every_failure_is_survived(void **state)
{
    int before = open_files();

    for (int at = 1; at < 200; at++) {
        clean(state);
        inject.count = 0;
        inject.at = at;
        errno = 12345;
        keep(1);
        found(1);
        keep(2);
        found(2);
        assert_int_equal(errno, 12345);
        assert_int_equal(open_files(), before);
        if (inject.count < at)
            return;
        inject.at = 0;
        keep(1);
        assert_true(found(1));
    }
    fail_msg("too many calls");
}

/* Build a guest of the xz kernel at @image; returns whether the kernel came from the cache. */
static bool build(const struct bytes *image, int expected)
{
    struct xc_dom_image *dom = xc_dom_allocate(FAKE_XCH, "x", NULL);
    bool mapped = false;

    assert_non_null(dom);
    assert_int_equal(xc_dom_kernel_mem(dom, image->data, image->len), 0);
    assert_int_equal(xc_dom_boot_xen_init(dom, FAKE_XCH, FAKE_DOMID), 0);
    assert_int_equal(xc_dom_parse_image(dom), expected);
    mapped = xg_dom(dom)->expanded.mapped;
    if (!expected) {
        assert_int_equal(xc_dom_mem_init(dom, 40), 0);
        assert_int_equal(xc_dom_boot_mem_init(dom), 0);
        assert_int_equal(xc_dom_build_image(dom), 0);
        assert_int_equal(xc_dom_boot_image(dom), 0);
        assert_int_equal(((uint8_t *)frame(xc_dom_p2m(dom, dom->kernel_seg.pfn)))[77],
                         text_byte(77));
    }
    xc_dom_release(dom);
    return mapped;
}

static bool build_afresh(const struct bytes *image)
{
    bool mapped = false;

    fake_setup(HOST);
    mapped = build(image, 0);
    fake_teardown();
    return mapped;
}

static void the_second_guest_starts_from_the_cache(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes image = make_kernel(&spec, "xz");
    struct bytes wrapped = compress_bytes("gzip", image);
    char name[400];

    assert_false(build_afresh(&image));
    assert_true(build_afresh(&image));
    /* the payload counts, not what is around it */
    assert_true(build_afresh(&wrapped));
    assert_int_equal(files(name), 1);
    flip(name, 500);
    assert_false(build_afresh(&image));
    assert_true(build_afresh(&image));
    setenv("XEN_KERNEL_CACHE", "0", 1);
    assert_false(build_afresh(&image));
    free_bytes(&wrapped);
    free_bytes(&image);
}

/* What changes in the file while the guest is built reaches neither kernel nor key. */
static void a_file_that_changes_meanwhile_poisons_nothing(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes image = make_kernel(&spec, "xz");
    struct xc_dom_image *dom = xc_dom_allocate(FAKE_XCH, "x", NULL);
    char path[80];
    int fd = -1;

    snprintf(path, sizeof(path), "%s/vmlinuz", top);
    fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, image.data, image.len), image.len);
    assert_int_equal(xc_dom_kernel_file(dom, path), 0);
    assert_int_equal(xc_dom_parse_image(dom), 0);
    for (size_t i = 0; i < image.len; i++)
        assert_int_equal(pwrite(fd, "!", 1, (off_t)i), 1);
    xc_dom_release(dom);
    close(fd);
    unlink(path);
    assert_int_equal(files(NULL), 1);
    assert_true(build_afresh(&image));
    free_bytes(&image);
}

static void the_size_limit_holds_for_the_cache(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes image = make_kernel(&spec, "xz");
    struct xc_dom_image *dom = NULL;

    assert_false(build_afresh(&image));
    dom = xc_dom_allocate(NULL, "x", NULL);
    assert_int_equal(xc_dom_kernel_mem(dom, image.data, image.len), 0);
    xc_dom_kernel_max_size(dom, 10000);
    assert_int_equal(xc_dom_parse_image(dom), -1);
    assert_int_equal(errno, E2BIG);
    xc_dom_release(dom);
    free_bytes(&image);
}

static void only_kernels_are_kept(void **state)
{
    struct kernel_spec spec = {.no_notes = true};
    struct bytes image = make_kernel(&spec, "xz");

    fake_setup(HOST);
    build(&image, -1);
    fake_teardown();
    assert_int_equal(files(NULL), 0);
    free_bytes(&image);
}

static void a_build_survives_every_failure_of_the_cache(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes image = make_kernel(&spec, "xz");
    int max = 0;

    /* The fake Xen's own calls come before and between these; it needs them all. */
    for (int at = 1; at < 100; at++) {
        struct xc_dom_image *dom = xc_dom_allocate(NULL, "x", NULL);

        assert_int_equal(xc_dom_kernel_mem(dom, image.data, image.len), 0);
        inject.count = 0;
        inject.at = at;
        assert_int_equal(xc_dom_parse_image(dom), 0);
        xc_dom_release(dom);
        max = inject.count > max ? inject.count : max;
        inject.at = 0;
        if (at % 2)
            clean(state);
    }
    assert_in_range(max, 8, 99);
    free_bytes(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_kept_is_found, clean),
        cmocka_unit_test_setup(sizes_around_a_page_are_found, clean),
        cmocka_unit_test_setup(zeroes_take_no_room, clean),
        cmocka_unit_test_setup(short_writes_are_continued, clean),
        cmocka_unit_test_setup(it_can_be_switched_off, clean),
        cmocka_unit_test_setup(a_directory_that_is_not_ours_alone_is_refused, clean),
        cmocka_unit_test_setup(a_file_that_is_not_ours_is_replaced, clean),
        cmocka_unit_test_setup(damage_is_noticed_and_repaired, clean),
        cmocka_unit_test_setup(one_payloads_file_is_no_others, clean),
        cmocka_unit_test_setup(an_equal_sum_is_not_enough, clean),
        cmocka_unit_test_setup(the_least_recently_used_go_first, clean),
        cmocka_unit_test_setup(leftovers_of_a_crash_are_removed, clean),
        cmocka_unit_test_setup(every_failure_is_survived, clean),
        cmocka_unit_test_setup(the_second_guest_starts_from_the_cache, clean),
        cmocka_unit_test_setup(a_file_that_changes_meanwhile_poisons_nothing, clean),
        cmocka_unit_test_setup(the_size_limit_holds_for_the_cache, clean),
        cmocka_unit_test_setup(only_kernels_are_kept, clean),
        cmocka_unit_test_setup(a_build_survives_every_failure_of_the_cache, clean),
    };
    void *state = NULL;
    int rc = 0;

    if (!mkdtemp(top))
        return 1;
    snprintf(place, sizeof(place), "%s" TARGET, top);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    clean(&state);
    rmdir(top);
    return rc;
}
