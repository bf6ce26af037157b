/* SPDX-License-Identifier: MIT */
/*
 * Write the ELF file that is inside a kernel image, checked to be a kernel for Xen PV, so that a
 * hypervisor need not expand it at each boot.
 *
 *   xen-unpack-kernel IMAGE OUT
 *
 * OUT appears complete or not at all.  Exit status: 0; 1 failed; 2 wrong usage; 3 IMAGE is sound but
 * no kernel for Xen PV.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xenerror.h>
#include <xenguest.h>

#define NAME       "xen-unpack-kernel"
#define WRITE_SIZE ((size_t)1 << 20) /* between two looks at what signals came */

enum { FAILED = 1, USAGE = 2, NOT_FOR_XEN = 3 };

static volatile sig_atomic_t stopped;

static void on_signal(int nr)
{
    stopped = nr;
}

/* A signal ends the program by way of the clean-up. */
static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGXFSZ};
    struct sigaction action = {.sa_handler = on_signal};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

static int fail_file(int errnum, const char *operation, const char *what, const char *path)
{
    xenerr_set(errnum, NAME, operation, "%s %s: %s", what, path, strerror(errnum));
    xenerr_field(XENERR_FILE, "%s", path);
    return -1;
}

/* Write the whole to a file's descriptor, and to the disk: a bootloader will want it. */
static int write_whole(int fd, const char *data, size_t len)
{
    while (len && !stopped) {
        ssize_t n = write(fd, data, len < WRITE_SIZE ? len : WRITE_SIZE);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    if (stopped) {
        errno = stopped == SIGXFSZ ? EFBIG : EINTR;
        return -1;
    }
    return fsync(fd);
}

/* Make a new file beside @path.  *temporary, which the caller frees, gets its name. */
static int create_beside(const char *path, char **temporary)
{
    char *copy = strdup(path);
    char *base = copy ? strdup(path) : NULL;
    int fd = -1;

    if (base && asprintf(temporary, "%s/.%s.XXXXXX", dirname(copy), basename(base)) < 0)
        *temporary = NULL;
    if (*temporary)
        fd = mkostemp(*temporary, O_CLOEXEC);
    free(base);
    free(copy);
    return fd;
}

/* The rename outlives a crash of the machine only with its directory. */
static void sync_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

static int save(const char *path, const void *data, size_t len)
{
    char *temporary = NULL;
    mode_t mask = umask(0);
    int fd = -1;
    int rc = -1;

    umask(mask);
    fd = create_beside(path, &temporary);
    if (fd < 0) {
        fail_file(errno, "create", "cannot create a file beside", path);
        goto out;
    }
    if (write_whole(fd, data, len) || fchmod(fd, 0644 & ~mask)) {
        fail_file(errno, "write", "cannot write", path);
        goto undo;
    }
    rc = close(fd);
    fd = -1;
    if (!rc)
        rc = rename(temporary, path);
    if (!rc)
        sync_directory(path);
    else
        fail_file(errno, "rename", "cannot write", path);
undo:
    if (fd >= 0)
        close(fd);
    if (rc)
        unlink(temporary);
out:
    free(temporary);
    return rc;
}

static int unpack(const char *image, const char *out)
{
    struct xc_dom_image *dom = xc_dom_allocate(NULL, NULL, NULL);
    const void *elf = NULL;
    size_t len = 0;
    int rc = FAILED;

    if (!dom || xc_dom_kernel_file(dom, image))
        goto done;
    if (xc_dom_parse_image(dom)) {
        rc = errno == EOPNOTSUPP ? NOT_FOR_XEN : FAILED;
        goto done;
    }
    if (!xc_dom_kernel_elf(dom, &elf, &len) && !save(out, elf, len))
        rc = 0;
done:
    if (rc) {
        char *text = xenerr_text();

        fprintf(stderr, NAME ": cannot unpack %s\n%s%s", image, text ? text : "",
                text && *text && text[strlen(text) - 1] != '\n' ? "\n" : "");
        free(text);
    }
    xc_dom_release(dom);
    return rc;
}

static void usage(FILE *to)
{
    fprintf(
        to,
        "usage: " NAME " IMAGE OUT\n"
        "Write the ELF file inside the kernel IMAGE (bzImage or ELF, plain or compressed) to OUT.\n"
        "Status: 0; 1 failed; 2 wrong usage; 3 IMAGE is no kernel for Xen PV.\n");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {0}};
    int c = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        usage(c == 'h' ? stdout : stderr);
        return c == 'h' ? 0 : USAGE;
    }
    if (argc - optind != 2) {
        usage(stderr);
        return USAGE;
    }
    catch_signals();
    return unpack(argv[optind], argv[optind + 1]);
}
