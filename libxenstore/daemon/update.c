/* SPDX-License-Identifier: MIT */
#include "update.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "journal.h"

extern char **environ;

/* How long a new program may take to read the state. */
#define TRIAL_MS 20000

/* A file in memory with the image, which stays open for the next program.  -errno. */
static int image_to_fd(const struct image *image)
{
    int fd = memfd_create("xenstored-state", 0), err = 0;
    size_t at = 0;

    if (fd < 0)
        return -errno;
    while (at < image->len) {
        ssize_t done = write(fd, image->data + at, image->len - at);

        if (done < 0 && errno != EINTR) {
            err = errno;
            close(fd);
            return -err;
        }
        at += done > 0 ? done : 0;
    }
    return fd;
}

static void keep_over_exec(int fd, bool keep)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void keep_all(struct server *server, const struct image_globals *globals, bool keep)
{
    keep_over_exec(globals->socket_fd, keep);
    keep_over_exec(globals->evtchn_fd, keep);
    keep_over_exec(globals->pid_fd, keep);
    for (struct conn *conn = server->conns; conn; conn = conn->next) {
        struct conn_desc desc = {.fd = -1};

        if (!conn->ops->describe || conn->dead)
            continue;
        conn->ops->describe(conn, &desc);
        keep_over_exec(desc.fd, keep);
    }
}

/* A program that was never meant for this may run for ever. */
static void limit_trial(pid_t pid)
{
    struct pollfd ended = {.fd = pidfd_open(pid, 0), .events = POLLIN};

    if (ended.fd < 0)
        return;
    if (poll(&ended, 1, TRIAL_MS) == 0)
        kill(pid, SIGKILL);
    close(ended.fd);
}

static bool passes_trial(const char *program, int fd)
{
    char option[48];
    char *argv[] = {(char *)program, option, NULL};
    int status = 0;
    pid_t pid = 0;

    snprintf(option, sizeof(option), "--%s=%d", UPDATE_CHECK_OPTION, fd);
    if (posix_spawn(&pid, program, NULL, NULL, argv, environ) != 0)
        return false;
    limit_trial(pid);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == UPDATE_TRIAL_PASSED;
}

static bool is_update_option(const char *arg)
{
    return strncmp(arg, "--" UPDATE_OPTION "=", sizeof("--" UPDATE_OPTION "=") - 1) == 0;
}

/* The new program's arguments: the old ones, or the words of the text that replaces them. */
static char **make_argv(const struct update *update, char **old, char *option)
{
    size_t nr = 0, max = 3;
    char **argv = NULL, *words = update->args, *rest = NULL;

    for (char **arg = old; *arg; arg++)
        max++;
    max += words ? strlen(words) : 0;
    argv = calloc(max, sizeof(*argv));
    if (!argv)
        return NULL;
    argv[nr++] = update->program;
    for (char **arg = old + 1; !words && *arg; arg++) {
        if (!is_update_option(*arg))
            argv[nr++] = *arg;
    }
    for (char *word = words ? strtok_r(words, " ", &rest) : NULL; word;
         word = strtok_r(NULL, " ", &rest))
        argv[nr++] = word;
    argv[nr] = option;
    return argv;
}

static int become(struct server *server, const struct image_globals *globals, char **old, int fd)
{
    struct update *update = &server->update;
    char option[64];
    char **argv = NULL;

    snprintf(option, sizeof(option), "--%s=%d%s", UPDATE_OPTION, fd,
             update->args ? ",options" : "");
    argv = make_argv(update, old, option);
    if (!argv)
        return ENOMEM;
    keep_all(server, globals, true);
    execv(update->program, argv);
    keep_all(server, globals, false);
    free(argv);
    return errno;
}

void update_run(struct server *server, const struct image_globals *globals, char **argv, char *text,
                size_t size)
{
    const char *program = server->update.program;
    struct image image = {0};
    int fd = -1;

    if (!image_write(&image, server, globals, IMAGE_LIVE)) {
        snprintf(text, size, "no memory for the state");
        goto out;
    }
    fd = image_to_fd(&image);
    if (fd < 0)
        snprintf(text, size, "no place for the state: %s", strerror(-fd));
    else if (!passes_trial(program, fd))
        snprintf(text, size, "%s cannot take over this daemon's state", program);
    else
        snprintf(text, size, "cannot run %s: %s", program,
                 strerror(become(server, globals, argv, fd)));
    if (fd >= 0)
        close(fd);
out:
    image_free(&image);
}

int update_load(int fd, struct server *server, const struct image_loader *loader, const char **why)
{
    struct stat info = {0};
    void *data = MAP_FAILED;
    int rc = 0;

    *why = "no state";
    if (fstat(fd, &info) == 0 && info.st_size > 0)
        data = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    rc = data == MAP_FAILED ? -EINVAL : image_read(data, info.st_size, server, loader, why);
    if (data != MAP_FAILED)
        munmap(data, info.st_size);
    close(fd);
    return rc;
}

static struct conn *trial_connect(void *server, const struct conn_desc *desc)
{
    return conn_park(server, desc->domid);
}

int update_check(int fd)
{
    struct server server;
    const struct image_loader loader = {.ctx = &server, .connect = trial_connect};
    const char *why = NULL;
    int rc = server_init(&server);

    if (!rc)
        rc = update_load(fd, &server, &loader, &why);
    if (rc)
        fprintf(stderr, "xenstored: state image: %s\n", why);
    server_free(&server);
    return rc ? 1 : UPDATE_TRIAL_PASSED;
}
