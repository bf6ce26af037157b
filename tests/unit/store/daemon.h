/* SPDX-License-Identifier: MIT */
/* A daemon of its own, for tests of clients. */
#ifndef DAEMON_H
#define DAEMON_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *daemon_program;
static char rundir[] = "/tmp/xenstore-test-XXXXXX";
static char pid_file[64];

/* Returns when the daemon is ready, so nothing has to wait for it; what system() does otherwise. */
static inline int run_daemon(const char *errors)
{
    char command[512];

    snprintf(command, sizeof(command), "%s -D --pid-file %s %s", daemon_program, pid_file, errors);
    return system(command);
}

static inline pid_t daemon_pid(void)
{
    FILE *file = fopen(pid_file, "r");
    int pid = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* For a group's set-up and end. */
static inline int begin_daemon(void **state)
{
    assert_non_null(mkdtemp(rundir));
    setenv("XENSTORED_RUNDIR", rundir, 1);
    unsetenv("XENSTORED_PATH");
    snprintf(pid_file, sizeof(pid_file), "%s/pid", rundir);
    return run_daemon("");
}

static inline int end_daemon(void **state)
{
    char command[128];

    kill(daemon_pid(), SIGTERM);
    snprintf(command, sizeof(command), "rm -rf %s", rundir);
    return system(command);
}

#endif
