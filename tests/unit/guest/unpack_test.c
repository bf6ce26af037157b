/* SPDX-License-Identifier: MIT */
/* xen-unpack-kernel, and the hooks that Debian's kernel packages run it by. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "make_kernel.h"

/* UNPACK, POSTINST and POSTRM are the programs' paths. */
enum { FAILED = 1, USAGE = 2, NOT_FOR_XEN = 3 };

static char top[] = "/tmp/unpack-test-XXXXXX";
static rlim_t file_limit = RLIM_INFINITY;
static char said[4096]; /* by the last program that ran */

static const char *in_top(const char *name)
{
    static char paths[4][80];
    static unsigned int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", top, name);
    return path;
}

static int clean(void **state)
{
    char command[80];

    snprintf(command, sizeof(command), "rm -rf %s/* %s/.[a-z]*", top, top);
    unsetenv("DEB_MAINT_PARAMS");
    file_limit = RLIM_INFINITY;
    return system(command);
}

/* The number of files below the top, those whose names begin with a dot included. */
static int files(void)
{
    DIR *dir = opendir(top);
    const struct dirent *entry = NULL;
    int n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(dir);
    return n;
}

static void put(const char *name, const void *data, size_t len)
{
    FILE *f = fopen(in_top(name), "w");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static bool holds(const char *name, const void *data, size_t len)
{
    FILE *f = fopen(in_top(name), "r");
    char *found = malloc(len + 1);
    bool same = f && found && fread(found, 1, len + 1, f) == len && !memcmp(found, data, len);

    free(found);
    if (f)
        fclose(f);
    return same;
}

static bool there(const char *name)
{
    return access(in_top(name), F_OK) == 0;
}

/* Run a program; its exit status, with what it printed in said[]. */
static int run(const char *program, const char *first, const char *second)
{
    struct rlimit limit = {file_limit, file_limit};
    int ends[2];
    size_t used = 0;
    ssize_t n = 0;
    int status = 0;
    pid_t pid = -1;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        setrlimit(RLIMIT_FSIZE, &limit);
        execl(program, program, first, second, NULL);
        _exit(127);
    }
    close(ends[1]);
    while ((n = read(ends[0], said + used, sizeof(said) - 1 - used)) > 0)
        used += (size_t)n;
    said[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int unpack(const char *image, const char *out)
{
    return run(UNPACK, in_top(image), in_top(out));
}

static void the_elf_file_comes_out(void **state)
{
    static const char *const formats[] = {"none", "gzip", "xz", "lzma", "zstd"};
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes elf = make_elf(&spec);
    struct stat st;

    umask(022);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        struct bytes image = make_kernel(&spec, formats[i]);

        put("image", image.data, image.len);
        assert_int_equal(unpack("image", "out"), 0);
        assert_string_equal(said, "");
        assert_true(holds("out", elf.data, elf.len));
        assert_int_equal(files(), 2);
        free_bytes(&image);
    }
    assert_int_equal(stat(in_top("out"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    /* an image may be replaced by what is in it */
    assert_int_equal(unpack("image", "image"), 0);
    assert_true(holds("image", elf.data, elf.len));
    free_bytes(&elf);
}

/* Unpacking fails with @status, says @text, and leaves the old file alone. */
static void refused(const char *out, int status, const char *text)
{
    put("old", "old", 3);
    assert_int_equal(unpack("image", out), status);
    if (!strstr(said, text))
        fail_msg("\"%s\" is missing in: %s", text, said);
    assert_true(holds("old", "old", 3));
    assert_int_equal(files(), 2);
}

static void bad_images_leave_nothing(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true, .text_len = 30000};
    struct kernel_spec strange = {.no_notes = true};
    struct bytes image = make_kernel(&spec, "xz");
    struct bytes other = make_kernel(&strange, "xz");

    put("image", "", 0);
    refused("old", FAILED, "is empty");
    put("image", "no kernel", 9);
    refused("old", FAILED, "not a bzImage nor ELF");
    put("image", image.data, image.len - 100);
    refused("old", FAILED, "truncated");
    image.data[image.len - 200] ^= 1;
    put("image", image.data, image.len);
    refused("old", FAILED, "xz payload corrupt");
    put("image", other.data, other.len);
    refused("old", NOT_FOR_XEN, "no Xen ELF notes");
    assert_int_equal(unpack("missing", "old"), FAILED);
    assert_non_null(strstr(said, "(ENOENT)"));
    free_bytes(&other);
    free_bytes(&image);
}

static void failing_writes_leave_nothing(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct bytes image = make_kernel(&spec, "xz");

    put("image", image.data, image.len);
    refused("missing/out", FAILED, "(ENOENT)");
    refused("image/out", FAILED, "(ENOTDIR)");
    refused("../..", FAILED, "cannot");
    for (rlim_t limit = 0; limit < 9000; limit += 1111) {
        file_limit = limit;
        put("old", "old", 3);
        assert_int_equal(unpack("image", "old"), FAILED);
        assert_non_null(strstr(said, "(EFBIG)"));
        assert_true(holds("old", "old", 3));
        assert_int_equal(files(), 2);
    }
    free_bytes(&image);
}

static void usage_is_said(void **state)
{
    assert_int_equal(run(UNPACK, NULL, NULL), USAGE);
    assert_non_null(strstr(said, "usage"));
    assert_int_equal(run(UNPACK, "only-one", NULL), USAGE);
    assert_int_equal(run(UNPACK, "--strange", NULL), USAGE);
    assert_int_equal(run(UNPACK, "--help", NULL), 0);
    assert_non_null(strstr(said, "usage"));
}

/* As a kernel package would for version 1-x. */
static int hook(const char *program, const char *params)
{
    if (params)
        setenv("DEB_MAINT_PARAMS", params, 1);
    else
        unsetenv("DEB_MAINT_PARAMS");
    return run(program, "1-x", in_top("vmlinuz-1-x"));
}

static void put_kernel(const struct kernel_spec *spec)
{
    struct bytes image = make_kernel(spec, "xz");

    put("vmlinuz-1-x", image.data, image.len);
    free_bytes(&image);
}

static void hooks_keep_a_kernel_and_remove_it(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct kernel_spec next = {.hypercall_page = true, .text_len = 50000};
    struct bytes elf = make_elf(&spec);
    struct bytes next_elf = make_elf(&next);

    put_kernel(&spec);
    assert_int_equal(hook(POSTINST, "configure 6.1.1"), 0);
    assert_true(holds("vmlinux-1-x", elf.data, elf.len));
    put_kernel(&next);
    assert_int_equal(hook(POSTINST, "abort-upgrade 6.1.1"), 0);
    assert_true(holds("vmlinux-1-x", elf.data, elf.len));
    assert_int_equal(hook(POSTRM, "upgrade 6.1.1"), 0);
    assert_true(there("vmlinux-1-x"));
    assert_int_equal(hook(POSTINST, "'configure' '6.1.1'"), 0);
    assert_true(holds("vmlinux-1-x", next_elf.data, next_elf.len));
    put(".vmlinux-1-x.abcdef", "cut short", 9); /* left by a crash */
    assert_int_equal(hook(POSTRM, "remove"), 0);
    assert_int_equal(files(), 1);
    assert_int_equal(hook(POSTRM, "purge"), 0);
    /* by hand, without a package */
    assert_int_equal(hook(POSTINST, NULL), 0);
    assert_true(there("vmlinux-1-x"));
    assert_int_equal(hook(POSTRM, NULL), 0);
    assert_int_equal(files(), 1);
    free_bytes(&next_elf);
    free_bytes(&elf);
}

static void hooks_never_fail_a_package(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};
    struct kernel_spec strange = {.no_notes = true};

    put_kernel(&spec);
    assert_int_equal(hook(POSTINST, NULL), 0);
    put_kernel(&strange);
    assert_int_equal(hook(POSTINST, NULL), 0);
    assert_string_equal(said, "");
    assert_int_equal(files(), 1);
    put_kernel(&spec);
    assert_int_equal(hook(POSTINST, NULL), 0);
    put("vmlinuz-1-x", "broken", 6);
    assert_int_equal(hook(POSTINST, NULL), 0);
    assert_non_null(strstr(said, "is not kept"));
    assert_int_equal(files(), 1);
    assert_int_equal(run(POSTINST, NULL, NULL), 0);
    assert_int_equal(run(POSTRM, NULL, NULL), 0);
}

static void what_is_somebody_elses_stays(void **state)
{
    struct kernel_spec spec = {.hypercall_page = true};

    put_kernel(&spec);
    put("vmlinux-1-x", "mine", 4);
    assert_int_equal(hook(POSTINST, NULL), 0);
    assert_non_null(strstr(said, "somebody else's"));
    assert_true(holds("vmlinux-1-x", "mine", 4));
    assert_int_equal(hook(POSTRM, "remove"), 0);
    assert_true(holds("vmlinux-1-x", "mine", 4));
    assert_int_equal(files(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_elf_file_comes_out, clean),
        cmocka_unit_test_setup(bad_images_leave_nothing, clean),
        cmocka_unit_test_setup(failing_writes_leave_nothing, clean),
        cmocka_unit_test_setup(usage_is_said, clean),
        cmocka_unit_test_setup(hooks_keep_a_kernel_and_remove_it, clean),
        cmocka_unit_test_setup(hooks_never_fail_a_package, clean),
        cmocka_unit_test_setup(what_is_somebody_elses_stays, clean),
    };
    void *state = NULL;
    int rc = 0;

    if (!mkdtemp(top))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    clean(&state);
    rmdir(top);
    return rc;
}
