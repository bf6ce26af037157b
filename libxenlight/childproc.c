/* SPDX-License-Identifier: MIT */
/* Child processes: who gets SIGCHLD, and who reaps whom. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "internal.h"

/* Of a child that others reaped: nobody can say that it did what it should. */
#define LOST_STATUS W_EXITCODE(255, 0)

/* Contexts that want SIGCHLD.  The handler reads the list, so it changes with SIGCHLD blocked. */
static pthread_mutex_t sigchld_lock = PTHREAD_MUTEX_INITIALIZER;
static libxl_ctx *volatile sigchld_users;
static struct sigaction sigchld_before;

static const libxl_childproc_hooks default_hooks = {.chldowner = libxl_sigchld_owner_libxl};

void libxl__childproc_init(struct loop *loop)
{
    loop->child_hooks = &default_hooks;
    loop->sigchld_pipe[0] = loop->sigchld_pipe[1] = -1;
}

static void sigchld_handler(int sig)
{
    int saved = errno;

    for (libxl_ctx *ctx = sigchld_users; ctx; ctx = ctx->loop.sigchld_next) {
        /* A full pipe will wake the loop anyhow. */
        ssize_t n = write(ctx->loop.sigchld_pipe[1], "", 1);

        (void)n;
    }
    errno = saved;
}

static void block_sigchld(sigset_t *before)
{
    sigset_t chld;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &chld, before);
}

static void sigchld_claim(libxl_ctx *ctx)
{
    struct sigaction ours = {.sa_handler = sigchld_handler, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
    sigset_t before;

    if (ctx->loop.sigchld_wanted)
        return;
    pthread_mutex_lock(&sigchld_lock);
    block_sigchld(&before);
    ctx->loop.sigchld_wanted = true;
    ctx->loop.sigchld_next = sigchld_users;
    if (!sigchld_users)
        sigaction(SIGCHLD, &ours, &sigchld_before);
    sigchld_users = ctx;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_unlock(&sigchld_lock);
}

static void sigchld_drop(libxl_ctx *ctx)
{
    sigset_t before;

    if (!ctx->loop.sigchld_wanted)
        return;
    pthread_mutex_lock(&sigchld_lock);
    block_sigchld(&before);
    ctx->loop.sigchld_wanted = false;
    if (sigchld_users == ctx) {
        sigchld_users = ctx->loop.sigchld_next;
    } else {
        libxl_ctx *c = sigchld_users;

        while (c->loop.sigchld_next != ctx)
            c = c->loop.sigchld_next;
        c->loop.sigchld_next = ctx->loop.sigchld_next;
    }
    if (!sigchld_users)
        sigaction(SIGCHLD, &sigchld_before, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_unlock(&sigchld_lock);
}

static bool always_owns(const libxl_ctx *ctx)
{
    libxl_sigchld_owner owner = ctx->loop.child_hooks->chldowner;

    return owner == libxl_sigchld_owner_libxl_always ||
           owner == libxl_sigchld_owner_libxl_always_selective_reap;
}

/* ---- reaping ---- */

/* The library's children in all contexts, as one context may reap another's; with sigchld_lock. */
static struct ev_child *all_children;

static void forget_child(struct ev_child *c)
{
    struct ev_child **link;

    pthread_mutex_lock(&sigchld_lock);
    for (link = &all_children; *link && *link != c; link = &(*link)->all_next)
        ;
    if (*link) /* not in a child: see forget_sigchld() */
        *link = c->all_next;
    pthread_mutex_unlock(&sigchld_lock);
    free(c);
}

static void child_ended(struct ev_child *c)
{
    libxl_ctx *ctx = c->ctx;
    struct ev_child **link;

    for (link = &ctx->loop.children; *link != c; link = &(*link)->next)
        ;
    *link = c->next;
    if (!ctx->loop.children && !always_owns(ctx))
        sigchld_drop(ctx);
    c->handler(ctx, c->data);
    forget_child(c);
}

static void set_status_locked(struct ev_child *c, int status)
{
    c->ended = true;
    c->status = status;
}

/* A child that is no more was reaped by somebody else, who alone knows how it ended. */
static bool has_ended(struct ev_child *c)
{
    bool lost, ended;
    int status;
    pid_t pid;

    pthread_mutex_lock(&sigchld_lock);
    pid = c->ended ? 0 : waitpid(c->pid, &status, WNOHANG);
    lost = pid < 0 && errno == ECHILD;
    if (pid > 0 || lost)
        set_status_locked(c, lost ? LOST_STATUS : status);
    ended = c->ended;
    pthread_mutex_unlock(&sigchld_lock);
    if (lost)
        WARN(c->ctx, "child %d was reaped by others: its exit status is lost", (int)c->pid);
    return ended;
}

static bool reap_one_of_ours(libxl_ctx *ctx)
{
    for (struct ev_child *c = ctx->loop.children; c; c = c->next) {
        if (has_ended(c)) {
            child_ended(c);
            return true;
        }
    }
    return false;
}

/* A handler may change the list, so it is read anew after each child. */
static void reap_ours(libxl_ctx *ctx)
{
    while (reap_one_of_ours(ctx))
        ;
}

/* A number of a child that has ended may belong to a new one. */
static struct ev_child *find_running_locked(pid_t pid)
{
    for (struct ev_child *c = all_children; c; c = c->all_next)
        if (c->pid == pid && !c->ended)
            return c;
    return NULL;
}

/* Reap any child; one of the library's is marked, and its context, which may be another, told. */
static pid_t reap_any(int *status, bool *known)
{
    struct ev_child *c = NULL;
    pid_t pid;

    pthread_mutex_lock(&sigchld_lock);
    pid = waitpid(-1, status, WNOHANG);
    if (pid > 0)
        c = find_running_locked(pid);
    if (c)
        set_status_locked(c, *status);
    if (c && c->ctx->loop.sigchld_wanted) {
        ssize_t n = write(c->ctx->loop.sigchld_pipe[1], "", 1);

        (void)n;
    }
    *known = c != NULL;
    pthread_mutex_unlock(&sigchld_lock);
    return pid;
}

static void reap_all(libxl_ctx *ctx)
{
    const libxl_childproc_hooks *hooks = ctx->loop.child_hooks;
    int status;
    bool known;
    pid_t pid;

    while ((pid = reap_any(&status, &known)) > 0) {
        int rc = ERROR_UNKNOWN_CHILD;

        if (known)
            continue;
        if (hooks->reaped_callback)
            rc = hooks->reaped_callback(pid, status, ctx->loop.child_user);
        if (rc == ERROR_UNKNOWN_CHILD)
            libxl_report_child_exitstatus(ctx, XTL_WARN, "unknown child", pid, status);
        else if (rc)
            libxl__disaster(ctx, "the manager failed to take a child's exit status", 0);
    }
    reap_ours(ctx);
}

static void sigchld_readable(libxl_ctx *ctx, void *data)
{
    libxl_sigchld_owner owner = ctx->loop.child_hooks->chldowner;
    char buffer[64];

    while (read(ctx->loop.sigchld_pipe[0], buffer, sizeof(buffer)) > 0)
        ;
    if (owner == libxl_sigchld_owner_libxl || owner == libxl_sigchld_owner_libxl_always)
        reap_all(ctx);
    else
        reap_ours(ctx);
}

static int prepare(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    if (loop->child_hooks->chldowner == libxl_sigchld_owner_mainloop)
        return 0;
    if (loop->sigchld_pipe[0] < 0 && pipe2(loop->sigchld_pipe, O_CLOEXEC | O_NONBLOCK))
        return FAIL(ctx, ERROR_FAIL, errno, "cannot make a pipe for SIGCHLD");
    if (!loop->sigchld_fd)
        loop->sigchld_fd =
            libxl__ev_fd_add(ctx, loop->sigchld_pipe[0], POLLIN, sigchld_readable, NULL);
    if (!loop->sigchld_fd)
        return ERROR_FAIL;
    sigchld_claim(ctx);
    return 0;
}

pid_t libxl__ev_child_fork(libxl_ctx *ctx, struct ev_child **child, ev_handler *handler, void *data)
{
    const libxl_childproc_hooks *hooks = ctx->loop.child_hooks;
    struct ev_child *c = NULL;
    pid_t pid;

    if (prepare(ctx))
        return -1;
    c = calloc(1, sizeof(*c));
    if (!c) {
        NO_MEMORY(ctx);
        return -1;
    }
    /* Nobody may reap it before it is known. */
    pthread_mutex_lock(&sigchld_lock);
    pid = hooks->fork_replacement ? hooks->fork_replacement(ctx->loop.child_user) : fork();
    if (pid > 0) {
        *c = (struct ev_child){.next = ctx->loop.children,
                               .all_next = all_children,
                               .ctx = ctx,
                               .pid = pid,
                               .handler = handler,
                               .data = data};
        ctx->loop.children = all_children = *child = c;
    }
    pthread_mutex_unlock(&sigchld_lock);
    if (pid < 0)
        FAIL(ctx, ERROR_FAIL, errno, "cannot fork");
    if (pid <= 0)
        free(c);
    return pid;
}

void libxl__childproc_dispose(libxl_ctx *ctx)
{
    struct loop *loop = &ctx->loop;

    sigchld_drop(ctx);
    libxl__ev_fd_del(ctx, &loop->sigchld_fd);
    for (int i = 0; i < 2; i++) {
        if (loop->sigchld_pipe[i] >= 0)
            close(loop->sigchld_pipe[i]);
        loop->sigchld_pipe[i] = -1;
    }
    while (loop->children) {
        struct ev_child *c = loop->children;

        loop->children = c->next;
        forget_child(c);
    }
}

/* ---- what the manager calls ---- */

void libxl_childproc_setmode(libxl_ctx *ctx, const libxl_childproc_hooks *hooks, void *user)
{
    libxl__enter(ctx);
    ctx->loop.child_hooks = hooks ? hooks : &default_hooks;
    ctx->loop.child_user = user;
    if (always_owns(ctx))
        prepare(ctx);
    else
        sigchld_drop(ctx);
    libxl__leave(ctx);
}

int libxl_childproc_reaped(libxl_ctx *ctx, pid_t pid, int status)
{
    struct ev_child *c;

    libxl__enter(ctx);
    pthread_mutex_lock(&sigchld_lock);
    c = find_running_locked(pid);
    if (c && c->ctx != ctx)
        c = NULL;
    if (c)
        set_status_locked(c, status);
    pthread_mutex_unlock(&sigchld_lock);
    if (c)
        child_ended(c);
    libxl__leave(ctx);
    return c ? 0 : ERROR_UNKNOWN_CHILD;
}

void libxl_childproc_sigchld_occurred(libxl_ctx *ctx)
{
    libxl__enter(ctx);
    reap_ours(ctx);
    libxl__leave(ctx);
}

/* ---- after fork ---- */

/*
 * The child must neither handle the parent's SIGCHLD nor write into its pipes.  Every other context
 * that wanted it, which the child can do no more with than free it, is made ready for that.
 */
static void forget_sigchld(void)
{
    sigset_t before;

    pthread_mutex_init(&sigchld_lock, NULL); /* a thread may have held it that is not here */
    all_children = NULL;
    block_sigchld(&before);
    if (sigchld_users)
        sigaction(SIGCHLD, &sigchld_before, NULL);
    while (sigchld_users) {
        libxl_ctx *user = sigchld_users;

        sigchld_users = user->loop.sigchld_next;
        user->loop.sigchld_wanted = false;
        libxl__loop_leave_to_parent(user);
        libxl__childproc_dispose(user);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void libxl_postfork_child_noexec(libxl_ctx *ctx)
{
    forget_sigchld();
    libxl__ctx_after_fork(ctx);
    if (always_owns(ctx))
        prepare(ctx);
    libxl__leave(ctx);
}
