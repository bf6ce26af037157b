/* SPDX-License-Identifier: MIT */
/* Hotplug scripts, called as Xen's tools call them: XENBUS_PATH and what to do. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "dev.h"

#define SCRIPT_DIR         "/etc/xen/scripts"
#define SCRIPT_PATIENCE_MS 40000
#define MAX_ENVIRONMENT    24

const char *libxl__script_path(struct pool *pool, const char *name)
{
    return strchr(name, '/') ? STR(pool, "%s", name) : STR(pool, SCRIPT_DIR "/%s", name);
}

bool libxl__script_is(const char *script, const char *name)
{
    const char *slash = strrchr(script, '/');

    return !strcmp(slash ? slash + 1 : script, name);
}

/* What the script said besides its exit status. */
static int judge(struct dev *d, int status)
{
    libxl_ctx *ctx = d->p.ctx;
    const char *said = libxl__back_node(&d->p, "hotplug-error");

    if (!status && !said)
        return 0;
    if (d->late)
        FAIL(ctx, ERROR_TIMEDOUT, ETIMEDOUT, "the script %s has not ended within %d s", d->script,
             SCRIPT_PATIENCE_MS / 1000);
    else if (WIFSIGNALED(status))
        FAIL(ctx, ERROR_FAIL, EIO, "the script %s died of signal %d", d->script, WTERMSIG(status));
    else
        FAIL(ctx, ERROR_FAIL, EIO, "the script %s ended with status %d%s%s", d->script,
             WEXITSTATUS(status), said ? ": " : "", said ? said : "");
    xenerr_field(XENERR_STAGE, "hotplug script");
    xenerr_field(XENERR_FILE, "%s", d->script);
    if (d->late)
        xenerr_field(XENERR_LIMIT, "time: %d s", SCRIPT_PATIENCE_MS / 1000);
    return d->late ? ERROR_TIMEDOUT : ERROR_FAIL;
}

static void ended(libxl_ctx *ctx, void *data)
{
    struct dev *d = data;
    int rc = judge(d, d->child->status);

    d->child = NULL; /* the loop frees it */
    libxl__dev_wait_end(d);
    d->after_script(d, rc);
}

/* Only its end says that it is over; so it is helped along, with all that it started. */
static void kill_script(struct dev *d)
{
    if (d->late && d->child)
        kill(-d->child->pid, SIGKILL);
}

/* Between fork() and exec() another thread's locks may be held: no allocation here. */
static void become(struct dev *d, char *const *argv, char *const *envp)
{
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    execve(argv[0], argv, envp);
    _exit(errno == ENOENT ? 127 : 126);
}

static char *const *environment(struct dev *d)
{
    struct pool *pool = &d->p.pool;
    const char *back = strstr(d->p.back, "backend/");
    const char *path = getenv("PATH");
    const char **env = libxl__pool_alloc(pool, MAX_ENVIRONMENT * sizeof(*env));
    size_t n = 0;

    if (!env)
        return NULL;
    env[n++] = STR(pool, "PATH=%s", path ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    env[n++] = STR(pool, "script=%s", d->script);
    env[n++] = STR(pool, "XENBUS_TYPE=%s", d->class->front);
    env[n++] = STR(pool, "XENBUS_PATH=%s", back);
    env[n++] = "XENBUS_BASE_PATH=backend";
    if (getenv("LD_LIBRARY_PATH"))
        env[n++] = STR(pool, "LD_LIBRARY_PATH=%s", getenv("LD_LIBRARY_PATH"));
    for (size_t i = 0; i < d->script_env.n && n < MAX_ENVIRONMENT - 1; i++)
        env[n++] = STR(pool, "%s=%s", d->script_env.at[i].name, d->script_env.at[i].value);
    env[n] = NULL;
    return pool->failed ? NULL : (char *const *)env;
}

void libxl__script_run(struct dev *d, const char *const *args, void (*after)(struct dev *d, int rc))
{
    libxl_ctx *ctx = d->p.ctx;
    const char *argv[8] = {d->script};
    char *const *envp = environment(d);
    pid_t pid;

    for (size_t i = 0; i < 6 && args[i]; i++)
        argv[i + 1] = args[i];
    d->after_script = after;
    if (!envp) {
        after(d, NO_MEMORY(ctx));
        return;
    }
    if (access(d->script, X_OK)) {
        FAIL(ctx, ERROR_FAIL, errno, "the script %s cannot be run", d->script);
        xenerr_field(XENERR_FILE, "%s", d->script);
        after(d, ERROR_FAIL);
        return;
    }
    libxl__store_rm(ctx, XBT_NULL, STR(&d->p.pool, "%s/hotplug-error", d->p.back));
    libxl__dev_wait_child(d, SCRIPT_PATIENCE_MS, "hotplug script", kill_script);
    pid = libxl__ev_child_fork(ctx, &d->child, ended, d);
    if (!pid)
        become(d, (char *const *)argv, envp);
    if (pid < 0) {
        libxl__dev_wait_end(d);
        after(d, ERROR_FAIL);
        return;
    }
    setpgid(pid, pid); /* whoever of the two comes first */
}
