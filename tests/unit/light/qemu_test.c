/* SPDX-License-Identifier: MIT */
/* How QEMU is started, on a host in memory: a shell that stops at once stands in for it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <libxl.h>
#include "device/dev.h"
#include "fake_devices.h"
#include "fake_host.h"

#define PID_NODE   "/local/domain/1/image/device-model-pid"
#define DESTROYING "/libxl/1/destroying"

static char files[] = "/tmp/light-qemu-XXXXXX";
static char report[64]; /* what QEMU was started with */
static libxl_ctx *ctx;
static uint32_t domid;
static int interruptions;         /* of reads to come */
static void (*when_locked)(void); /* what others have done by then */

/* ---- in place of the C library and the host ---- */

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
ssize_t __real_read(int fd, void *to, size_t size);
/* The linker wants to see it where libraries name read(). */
__attribute__((visibility("default"))) ssize_t __wrap_read(int fd, void *to, size_t size);
int __wrap_libxl_create_logfile(libxl_ctx *c, const char *name, char **full_name);

/* QEMU is installed. */
int __wrap_access(const char *path, int mode)
{
    return strstr(path, "qemu-system-") ? 0 : __real_access(path, mode);
}

int __wrap_libxl_create_logfile(libxl_ctx *c, const char *name, char **full_name)
{
    *full_name = strdup("/dev/null");
    return 0;
}

static bool locked(void)
{
    glob_t found = {0};
    char pattern[96];
    bool yes = false;

    snprintf(pattern, sizeof(pattern), "%s/userdata-d.1.*.domain-userdata-lock", files);
    if (!glob(pattern, 0, NULL, &found)) {
        int fd = open(found.gl_pathv[0], O_RDWR);

        yes = __real_flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK;
        close(fd);
    }
    globfree(&found);
    return yes;
}

/* What QEMU would read, if the descriptor outlives exec(). */
static void report_secret(FILE *f, const char *option)
{
    const char *path = strstr(option, "file=");
    char text[64] = "";
    FILE *secret;
    int fd;

    if (strncmp(option, "secret,", 7) || !path || sscanf(path, "file=/proc/self/fd/%d", &fd) != 1)
        return;
    secret = fopen(path + 5, "r");
    if (secret && fread(text, 1, sizeof(text) - 1, secret) > 0)
        fprintf(f, "file %s%s\n", text, fcntl(fd, F_GETFD) ? ", closed" : "");
    if (secret)
        fclose(secret);
}

int __wrap_execv(const char *path, char *const argv[])
{
    char *idle[] = {"sh", "-c", "kill -STOP $$; :", "-xen-domid", "1", NULL};
    FILE *f = fopen(report, "a");

    for (char *const *arg = argv; *arg; arg++) {
        fprintf(f, "%s\n", *arg);
        report_secret(f, *arg);
    }
    fprintf(f, "%s\n", locked() ? "locked" : "not locked");
    fclose(f);
    return __real_execv("/bin/sh", idle);
}

int __wrap_flock(int fd, int operation)
{
    void (*others)(void) = when_locked;

    when_locked = NULL;
    if (others)
        others();
    return __real_flock(fd, operation);
}

ssize_t __wrap_read(int fd, void *to, size_t size)
{
    struct stat st;

    if (interruptions && !fstat(fd, &st) && S_ISFIFO(st.st_mode)) {
        interruptions--;
        errno = EINTR;
        return -1;
    }
    return __real_read(fd, to, size);
}

/* ---- a domain ---- */

static int open_host(void **state)
{
    libxl_domain_config c;
    int rc;

    host_reset();
    devices_reset();
    when_locked = NULL;
    interruptions = 0;
    unlink(report);
    if (libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, NULL))
        return -1;
    libxl_domain_config_init(&c);
    c.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info_init_type(&c.b_info, LIBXL_DOMAIN_TYPE_PV);
    c.c_info.name = strdup("g1");
    c.b_info.kernel = strdup("/dev/null");
    c.b_info.target_memkb = c.b_info.max_memkb = 128 * 1024;
    rc = libxl_domain_create_new(ctx, &c, &domid, NULL, NULL);
    libxl_domain_config_dispose(&c);
    return rc;
}

static void end_qemu(void)
{
    struct pollfd end = {.fd = libxl__qemu_process(ctx, domid), .events = POLLIN};

    if (end.fd < 0)
        return;
    kill(atoi(host_read(PID_NODE)), SIGKILL);
    poll(&end, 1, -1);
    close(end.fd);
}

static int close_host(void **state)
{
    end_qemu();
    if (libxl_domain_destroy(ctx, domid, NULL))
        return -1;
    libxl_ctx_free(ctx);
    return host_handles();
}

static void describe(libxl_domain_config *c)
{
    libxl_domain_config_init(c);
    c->c_info.name = strdup("g1");
    c->vfbs = calloc(1, sizeof(*c->vfbs));
    c->num_vfbs = 1;
    libxl_device_vfb_init(&c->vfbs[0]);
}

static int add_keyboard(void)
{
    libxl_device_vkb vkb;
    int rc;

    libxl_device_vkb_init(&vkb);
    rc = libxl_device_vkb_add(ctx, domid, &vkb, NULL);
    libxl_device_vkb_dispose(&vkb);
    return rc;
}

/* QEMU starts for a keyboard, in a domain for which this is kept, and ends. */
static void start_with(libxl_domain_config *c)
{
    unlink(report);
    assert_int_equal(libxl__config_store(ctx, domid, c), 0);
    assert_int_equal(add_keyboard(), 0);
    end_qemu();
    libxl_domain_config_dispose(c);
}

static bool was_started(void)
{
    return !__real_access(report, F_OK);
}

static void report_says(const char *what, bool wanted)
{
    char text[4096] = "";
    FILE *f = fopen(report, "r");

    assert_non_null(f);
    assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
    fclose(f);
    if (!strstr(text, what) == wanted)
        fail_msg("%s is %s what QEMU got:\n%s", what, wanted ? "not in" : "in", text);
}

/* ---- its display ---- */

static void the_password_is_in_a_file_that_only_qemu_has(void **state)
{
    libxl_domain_config c;
    int free_fd = dup(STDERR_FILENO), next;

    close(free_fd);
    describe(&c);
    c.vfbs[0].vnc.passwd = strdup("a,b=c d");
    start_with(&c);
    report_says("\n-object\nsecret,id=vnc-password,file=/proc/self/fd/", true);
    report_says("\nfile a,b=c d\n", true);
    report_says("\n-vnc\n127.0.0.1:0,to=99,password-secret=vnc-password\n", true);
    next = dup(STDERR_FILENO);
    close(next);
    assert_int_equal(next, free_fd);
    describe(&c);
    c.vfbs[0].vnc.passwd = strdup("");
    start_with(&c);
    report_says("secret", false);
}

static void a_display_is_where_it_is_wanted(void **state)
{
    const struct {
        const char *listen;
        int number;
        const char *vnc;
    } displays[] = {
        {NULL, 3, "127.0.0.1:3,to=99"},      {"", 3, "127.0.0.1:3,to=99"},
        {"10.0.0.1", 0, "10.0.0.1:0,to=99"}, {"10.0.0.1:3", 0, "10.0.0.1:3,to=99"},
        {":3", 0, "127.0.0.1:3,to=99"},      {"localhost:12", 0, "localhost:12,to=99"},
        {"[::1]:3", 0, "[::1]:3,to=99"},     {"[::1]", 2, "[::1]:2,to=99"},
        {"::1", 2, "::1:2,to=99"},           {"host,to=5", 2, "host,,to=5:2,to=99"},
    };
    char option[64];

    for (size_t i = 0; i < sizeof(displays) / sizeof(displays[0]); i++) {
        libxl_domain_config c;

        describe(&c);
        if (displays[i].listen)
            c.vfbs[0].vnc.listen = strdup(displays[i].listen);
        c.vfbs[0].vnc.display = displays[i].number;
        start_with(&c);
        snprintf(option, sizeof(option), "\n-vnc\n%s\n", displays[i].vnc);
        report_says(option, true);
    }
}

static void what_the_configuration_says_of_a_display_counts(void **state)
{
    libxl_domain_config c;

    describe(&c);
    libxl_defbool_set(&c.vfbs[0].vnc.findunused, false);
    c.vfbs[0].keymap = strdup("de");
    start_with(&c);
    report_says("\n-vnc\n127.0.0.1:0\n-k\nde\n", true);
    describe(&c);
    libxl_defbool_set(&c.vfbs[0].vnc.enable, false);
    start_with(&c);
    report_says("\n-display\nnone\n", true);
    report_says("-vnc", false);
    describe(&c);
    libxl_device_vfb_dispose(&c.vfbs[0]);
    c.num_vfbs = 0;
    start_with(&c);
    report_says("\n-display\nnone\n", true);
}

/* ---- its channels ---- */

/* The kept configuration has xl's numbers, the store has those of the guest's consoles. */
static void channels_have_their_numbers_when_it_is_started_again(void **state)
{
    libxl_domain_config c;

    describe(&c);
    c.channels = calloc(3, sizeof(*c.channels));
    c.num_channels = 3;
    for (int i = 0; i < 3; i++) {
        libxl_device_channel_init(&c.channels[i]);
        libxl_device_channel_init_connection(&c.channels[i], LIBXL_CHANNEL_CONNECTION_PTY);
        c.channels[i].name = strdup("channel");
        c.channels[i].devid = i;
    }
    start_with(&c);
    report_says("\npty,id=libxl-channel1\n-chardev\npty,id=libxl-channel2\n"
                "-chardev\npty,id=libxl-channel3\n",
                true);
}

/* ---- other processes ---- */

static void destroy_begins(void)
{
    host_write(DESTROYING, "1");
}

static void none_is_started_for_what_is_destroyed(void **state)
{
    when_locked = destroy_begins;
    assert_int_equal(add_keyboard(), ERROR_DOMAIN_DESTROYED);
    assert_false(was_started());
}

static void start_another(void)
{
    char number[16];
    pid_t pid = fork();
    int fd;

    assert_true(pid >= 0);
    if (!pid) {
        char *idle[] = {"sh", "-c", "kill -STOP $$; :", "-xen-domid", "1", NULL};

        __real_execv("/bin/sh", idle);
        _exit(127);
    }
    snprintf(number, sizeof(number), "%d", (int)pid);
    host_write(PID_NODE, number);
    while ((fd = libxl__qemu_process(ctx, domid)) < 0)
        usleep(1000); /* it has no such command line yet */
    close(fd);
}

static void attach_a_keyboard(void)
{
    host_write("/libxl/1/device/vkbd/0/backend", "/local/domain/0/backend/vkbd/1/0");
    host_write("/libxl/1/device/vkbd/0/frontend", "/local/domain/1/device/vkbd/0");
}

static void one_that_is_attached_meanwhile_has_the_number(void **state)
{
    when_locked = attach_a_keyboard;
    assert_int_equal(add_keyboard(), 0);
    assert_string_equal(host_read("/libxl/1/device/vkbd/0/backend"),
                        "/local/domain/0/backend/vkbd/1/0");
    assert_null(host_read("/local/domain/0/backend/vkbd/1/0/state"));
    assert_non_null(host_read("/local/domain/0/backend/vkbd/1/1/state"));
}

static void one_that_another_process_has_started_serves(void **state)
{
    when_locked = start_another;
    assert_int_equal(add_keyboard(), 0);
    assert_false(was_started());
}

static void nobody_else_starts_one_meanwhile(void **state)
{
    assert_int_equal(add_keyboard(), 0);
    report_says("\nlocked\n", true);
    assert_non_null(host_read(PID_NODE));
    assert_false(locked());
}

static void a_lock_ends_with_its_holder(void **state)
{
    int lock = libxl__userdata_lock(ctx, domid), childs = dup(lock), waiter;
    char path[64];

    assert_true(lock >= 0 && childs >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", lock);
    waiter = open(path, O_RDWR);
    assert_int_equal(flock(waiter, LOCK_EX | LOCK_NB), -1);
    libxl__userdata_unlock(ctx, domid, lock);
    assert_int_equal(flock(waiter, LOCK_EX | LOCK_NB), 0);
    close(waiter);
    close(childs);
}

static void nothing_is_announced_yet(void)
{
    assert_null(host_read(DESTROYING));
    /* Who had the lock until now has started one. */
    start_another();
}

static void destroying_waits_for_who_starts_one(void **state)
{
    when_locked = nothing_is_announced_yet;
    devices_fast_time(true);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    assert_null(when_locked);
    assert_false(locked());
    assert_true(waitpid(-1, NULL, 0) > 0); /* it was ended */
}

static int close_destroyed(void **state)
{
    libxl_ctx_free(ctx);
    return host_handles();
}

static void destroying_does_without_a_lock(void **state)
{
    setenv("XEN_LIB_DIR", "/nonexistent", 1);
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    setenv("XEN_LIB_DIR", files, 1);
    assert_null(host_read(DESTROYING));
}

static void signals_do_not_disturb(void **state)
{
    interruptions = 2;
    assert_int_equal(add_keyboard(), 0);
    assert_int_equal(interruptions, 0);
}

#define ON_HOST(test)   cmocka_unit_test_setup_teardown(test, open_host, close_host)
#define DESTROYED(test) cmocka_unit_test_setup_teardown(test, open_host, close_destroyed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(the_password_is_in_a_file_that_only_qemu_has),
        ON_HOST(a_display_is_where_it_is_wanted),
        ON_HOST(what_the_configuration_says_of_a_display_counts),
        ON_HOST(channels_have_their_numbers_when_it_is_started_again),
        ON_HOST(none_is_started_for_what_is_destroyed),
        ON_HOST(one_that_another_process_has_started_serves),
        ON_HOST(one_that_is_attached_meanwhile_has_the_number),
        ON_HOST(nobody_else_starts_one_meanwhile),
        ON_HOST(a_lock_ends_with_its_holder),
        DESTROYED(destroying_waits_for_who_starts_one),
        DESTROYED(destroying_does_without_a_lock),
        ON_HOST(signals_do_not_disturb),
    };
    char command[64];
    int rc;

    if (!mkdtemp(files))
        return EXIT_FAILURE;
    snprintf(report, sizeof(report), "%s/report", files);
    setenv("XEN_LIB_DIR", files, 1);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -rf %s", files);
    return system(command) ? EXIT_FAILURE : rc;
}
