/* SPDX-License-Identifier: MIT */
/*
 * QEMU as back end: one process a domain, started with the first device that needs it, stopped with
 * the domain.  It is no child of the manager's, which may end before the domain does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "dev.h"
#include "qemu.h"

#define MAX_ARGS         512
#define END_PATIENCE_MS  5000
#define KILL_PATIENCE_MS 2000

struct arguments {
    struct pool *pool;
    int secret; /* a file that it inherits; -1: none */
    size_t n;
    const char *at[MAX_ARGS + 1];
};

static const char *pid_path(struct pool *pool, uint32_t domid)
{
    return STR(pool, "/local/domain/%" PRIu32 "/image/device-model-pid", domid);
}

/* ---- the process ---- */

/* Whether this process serves the domain: numbers are used again. */
static bool serves(pid_t pid, uint32_t domid)
{
    char path[32], text[512], wanted[48];
    size_t length, n;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
    length = (size_t)snprintf(wanted, sizeof(wanted), "-xen-domid%c%" PRIu32, 0, domid) + 1;
    f = fopen(path, "re");
    if (!f)
        return false;
    n = fread(text, 1, sizeof(text), f);
    fclose(f);
    return n >= length && memmem(text, n, wanted, length);
}

int libxl__qemu_process(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    const char *text = libxl__store_read(ctx, &pool, XBT_NULL, pid_path(&pool, domid));
    pid_t pid = text ? (pid_t)strtol(text, NULL, 10) : 0;
    int fd = pid > 1 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

    /* Looked at after it was opened: so it is this one that is meant. */
    if (fd >= 0 && !serves(pid, domid)) {
        close(fd);
        fd = -1;
    }
    if (fd < 0)
        errno = text ? ESRCH : ENOENT;
    return fd;
}

static const char *find_program(struct pool *pool)
{
    static const char *const programs[] = {
        "/usr/local/libexec/xen-qemu-system-i386",
        "/usr/libexec/xen-qemu-system-i386",
        "/usr/local/lib/xen/bin/qemu-system-i386",
        "/usr/lib/xen/bin/qemu-system-i386",
        "/usr/bin/qemu-system-i386",
        NULL,
    };

    for (const char *const *p = programs; *p; p++)
        if (!access(*p, X_OK))
            return *p;
    return NULL;
}

/* ---- its arguments ---- */

static void add(struct arguments *a, const char *arg)
{
    if (a->n == MAX_ARGS || !arg)
        a->pool->failed = true;
    else
        a->at[a->n++] = arg;
}

/* As the value of an option, where commas separate: they are doubled. */
static const char *option_value(struct pool *pool, const char *text)
{
    char *value = libxl__pool_alloc(pool, 2 * strlen(text) + 1), *to = value;

    for (; value && *text; *to++ = *text++)
        if (*text == ',')
            *to++ = ',';
    return value;
}

/* The number is the place, as in number_by_place(): a configuration that is kept has xl's, from 0. */
static void add_channel(struct arguments *a, const libxl_device_channel *channel, int devid)
{
    add(a, "-chardev");
    if (channel->connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
        add(a, STR(a->pool, "socket,id=libxl-channel%d,path=%s,server=on,wait=off", devid,
                   option_value(a->pool, channel->u.socket.path)));
    else
        add(a, STR(a->pool, "pty,id=libxl-channel%d", devid));
}

/* As vnclisten may: ADDRESS:DISPLAYNUM.  A bare IPv6 address has more colons, and no number. */
static bool has_display_number(const char *listen)
{
    const char *colon = strrchr(listen, ':');

    if (!colon || !colon[1] || colon[1 + strspn(colon + 1, "0123456789")])
        return false;
    return memchr(listen, ':', (size_t)(colon - listen)) == NULL ||
           (*listen == '[' && colon[-1] == ']');
}

static const char *vnc_address(struct pool *pool, const libxl_vnc_info *vnc)
{
    const char *listen = option_value(pool, vnc->listen ? vnc->listen : "");
    bool number = listen && has_display_number(listen);
    /* To QEMU no address is all of them. */
    const char *host = listen && *listen && !(number && *listen == ':') ? "" : "127.0.0.1";

    return number ? STR(pool, "%s%s", host, listen)
                  : STR(pool, "%s%s:%d", host, listen ? listen : "", vnc->display);
}

/* In memory without a name, and not on the command line, which everybody can read. */
static int password_file(const char *password)
{
    int file = memfd_create("vnc-password", MFD_CLOEXEC), fd = -1;
    ssize_t length = (ssize_t)strlen(password);

    /* Above those that QEMU gets for its input and its log. */
    if (file >= 0 && write(file, password, (size_t)length) == length)
        fd = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (file >= 0)
        close(file);
    return fd;
}

static int add_vnc(libxl_ctx *ctx, struct arguments *a, const libxl_device_vfb *vfb)
{
    const char *secret = "";

    if (vfb->vnc.passwd && *vfb->vnc.passwd) {
        a->secret = password_file(vfb->vnc.passwd);
        if (a->secret < 0)
            return FAIL(ctx, ERROR_FAIL, errno, "cannot hand the display's password to QEMU");
        add(a, "-object");
        add(a, STR(a->pool, "secret,id=vnc-password,file=/proc/self/fd/%d", a->secret));
        secret = ",password-secret=vnc-password";
    }
    add(a, "-vnc");
    add(a, STR(a->pool, "%s%s%s", vnc_address(a->pool, &vfb->vnc),
               libxl_defbool_val(vfb->vnc.findunused) ? ",to=99" : "", secret));
    if (vfb->keymap) {
        add(a, "-k");
        add(a, STR(a->pool, "%s", vfb->keymap));
    }
    return 0;
}

/* One display at most: QEMU has one framebuffer. */
static int add_display(libxl_ctx *ctx, struct arguments *a, const libxl_domain_config *config)
{
    libxl_device_vfb vfb;
    int rc = 0;

    libxl_device_vfb_init(&vfb);
    if (config->num_vfbs && libxl__type_copy(ctx, &libxl__type_device_vfb, &vfb, &config->vfbs[0]))
        rc = NO_MEMORY(ctx);
    if (!rc)
        rc = libxl__vfb_defaults(ctx, &vfb);
    if (!rc && config->num_vfbs && libxl_defbool_val(vfb.vnc.enable)) {
        rc = add_vnc(ctx, a, &vfb);
    } else if (!rc) {
        add(a, "-display");
        add(a, "none");
    }
    libxl_device_vfb_dispose(&vfb);
    return rc;
}

static int fill_arguments(libxl_ctx *ctx, struct arguments *a, const char *program, uint32_t domid,
                          const libxl_domain_config *config)
{
    const char *const common[] = {
        "-no-shutdown", "-nodefaults", "-no-user-config", "-xen-attach", "-machine", "xenpv",
        "-m",           "1",           "-monitor",        "none",        "-serial",  "none",
        "-parallel",    "none"};
    int rc;

    add(a, program);
    add(a, "-xen-domid");
    add(a, STR(a->pool, "%" PRIu32, domid));
    add(a, "-name");
    add(a, STR(a->pool, "guest=%s",
               option_value(a->pool, config->c_info.name ? config->c_info.name : "domain")));
    add(a, "-chardev");
    add(a,
        STR(a->pool, "socket,id=libxl-cmd,path=/run/xen/qmp-libxl-%" PRIu32 ",server=on,wait=off",
            domid));
    add(a, "-mon");
    add(a, "chardev=libxl-cmd,mode=control");
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        add(a, common[i]);
    for (int i = 0; i < config->num_channels; i++)
        add_channel(a, &config->channels[i], i + 1);
    rc = add_display(ctx, a, config);
    a->at[a->n] = NULL;
    return rc ? rc : a->pool->failed ? NO_MEMORY(ctx) : 0;
}

/* ---- start ---- */

static void become(char *const *argv, int secret, int log, int tell)
{
    pid_t pid;
    sigset_t none;
    int null = open("/dev/null", O_RDONLY);

    setsid();
    pid = fork();
    if (pid) {
        /* Who asked gets the number of the process that stays. */
        ssize_t n = write(tell, &pid, sizeof(pid));

        _exit(pid > 0 && n == sizeof(pid) ? 0 : 1);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (secret >= 0)
        fcntl(secret, F_SETFD, 0);
    execv(argv[0], argv);
    _exit(127);
}

static ssize_t read_fd(int fd, void *to, size_t size)
{
    ssize_t n;

    do
        n = read(fd, to, size);
    while (n < 0 && errno == EINTR);
    return n;
}

static int spawn(libxl_ctx *ctx, const struct arguments *a, int log, pid_t *daemon)
{
    int tell[2], status;
    pid_t pid;
    ssize_t n;
    char rest;

    if (pipe2(tell, O_CLOEXEC))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot make a pipe");
    pid = fork();
    if (!pid)
        become((char *const *)a->at, a->secret, log, tell[1]);
    close(tell[1]);
    n = pid > 0 ? read_fd(tell[0], daemon, sizeof(*daemon)) : -1;
    /* Until it is QEMU, and so known by its command line: its end of the pipe is closed then. */
    if (n == sizeof(*daemon))
        read_fd(tell[0], &rest, 1);
    close(tell[0]);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return n == sizeof(*daemon) && *daemon > 0 ? 0 : FAIL(ctx, ERROR_FAIL, errno, "cannot fork");
}

static int start(libxl_ctx *ctx, uint32_t domid, const libxl_domain_config *config)
{
    POOL(pool);
    struct arguments a = {.pool = &pool, .secret = -1};
    const char *program = find_program(&pool);
    char *log_file = NULL;
    pid_t pid = 0;
    int log = -1, rc;

    if (!program) {
        FAIL(ctx, ERROR_FAIL, ENOENT, "QEMU, which is to serve it, is not installed");
        xenerr_field(XENERR_HINT, "Debian's package is qemu-system-xen");
        return ERROR_FAIL;
    }
    rc = fill_arguments(ctx, &a, program, domid, config);
    if (rc)
        goto out;
    libxl_create_logfile(ctx, STR(&pool, "qemu-dm-%s", config->c_info.name), &log_file);
    log = open(log_file ? log_file : "/dev/null", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    rc = log < 0 ? FAIL(ctx, ERROR_FAIL, errno, "cannot open %s", log_file)
                 : spawn(ctx, &a, log, &pid);
    if (!rc && libxl__store_write(ctx, XBT_NULL, pid_path(&pool, domid), STR(&pool, "%d", (int)pid),
                                  NULL, 0)) {
        rc = FAIL(ctx, ERROR_FAIL, errno, "cannot note QEMU's process in the store");
        kill(pid, SIGKILL);
    }
out:
    if (a.secret >= 0)
        close(a.secret);
    if (log >= 0)
        close(log);
    free(log_file);
    return rc;
}

static int start_unless_running(struct dev *d)
{
    libxl_domain_config kept;
    int fd = libxl__qemu_process(d->p.ctx, d->p.domid), rc;

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (d->whole)
        return start(d->p.ctx, d->p.domid, d->whole);
    libxl_domain_config_init(&kept);
    rc = libxl__config_load(d->p.ctx, d->p.domid, &kept);
    if (!rc)
        rc = start(d->p.ctx, d->p.domid, &kept);
    libxl_domain_config_dispose(&kept);
    return rc;
}

int libxl__qemu_wanted(struct dev *d)
{
    int lock, rc;

    if (d->p.backend_domid != 0)
        return 0;
    /*
     * Of two processes one starts it.  And who destroys the domain ends the one that is noted by
     * the time that is announced.
     */
    lock = libxl__userdata_lock(d->p.ctx, d->p.domid);
    if (lock < 0)
        return lock;
    rc = libxl__dev_welcome(d, XBT_NULL);
    if (!rc)
        rc = start_unless_running(d);
    libxl__userdata_unlock(d->p.ctx, d->p.domid, lock);
    return rc;
}

/* ---- stop ---- */

struct stop {
    libxl_ctx *ctx;
    uint32_t domid;
    int fd;
    bool killed;
    struct ev_fd *ended;
    struct ev_time *deadline;
    void (*done)(libxl_ctx *ctx, void *data);
    void *data;
};

/* Also of one that was killed. */
static void clean_up(libxl_ctx *ctx, uint32_t domid)
{
    POOL(pool);
    const char *nodes = STR(&pool, "/local/domain/0/device-model/%" PRIu32, domid);
    const char *socket = STR(&pool, "/run/xen/qmp-libxl-%" PRIu32, domid);
    unsigned int nr;

    if (socket)
        unlink(socket);
    if (libxl__store_list(ctx, &pool, XBT_NULL, nodes, &nr))
        libxl__store_rm_up(ctx, XBT_NULL, nodes, 3);
}

static void stopped(libxl_ctx *ctx, void *data)
{
    struct stop *s = data;
    void (*done)(libxl_ctx * ctx, void *data) = s->done;

    libxl__ev_fd_del(ctx, &s->ended);
    libxl__ev_time_del(ctx, &s->deadline);
    close(s->fd);
    clean_up(ctx, s->domid);
    data = s->data;
    free(s);
    done(ctx, data);
}

static void maybe_stopped(libxl_ctx *ctx, void *data)
{
    struct stop *s = data;

    if (libxl__readable(s->fd))
        stopped(ctx, s);
}

static void not_stopped(libxl_ctx *ctx, void *data)
{
    struct stop *s = data;

    s->deadline = NULL;
    if (s->killed) {
        WARN(ctx, "QEMU of domain %" PRIu32 " does not end", s->domid);
        stopped(ctx, s);
        return;
    }
    s->killed = true;
    syscall(SYS_pidfd_send_signal, s->fd, SIGKILL, NULL, 0);
    s->deadline = libxl__ev_time_add(ctx, KILL_PATIENCE_MS, not_stopped, s);
    if (!s->deadline)
        stopped(ctx, s);
}

void libxl__qemu_stop(libxl_ctx *ctx, uint32_t domid, void (*done)(libxl_ctx *ctx, void *data),
                      void *data)
{
    int fd = libxl__qemu_process(ctx, domid);
    struct stop *s = fd >= 0 ? calloc(1, sizeof(*s)) : NULL;

    if (!s) {
        if (fd >= 0)
            close(fd);
        clean_up(ctx, domid);
        done(ctx, data);
        return;
    }
    *s = (struct stop){.ctx = ctx, .domid = domid, .fd = fd, .done = done, .data = data};
    s->ended = libxl__ev_fd_add(ctx, fd, POLLIN, maybe_stopped, s);
    s->deadline = libxl__ev_time_add(ctx, END_PATIENCE_MS, not_stopped, s);
    /* It writes what it has not written yet, and ends. */
    if (syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0) || !s->ended || !s->deadline)
        stopped(ctx, s);
}
