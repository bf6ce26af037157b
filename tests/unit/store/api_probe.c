/* SPDX-License-Identifier: MIT */
/*
 * What each function of libxenstore answers to ordinary and to odd arguments, as text: the same
 * program runs through Debian's library and through ours, and both must say the same.  Left out is that
 * to Debian's nothing lies below a path that ends in a slash, "/" itself included.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "xenstore.h"

static struct xs_handle *h;

/* Prints an outcome; errno counts only for failures. */
static void tell(const char *what, long result, bool failed)
{
    printf("%s: %ld%s%s\n", what, result, failed ? " " : "", failed ? strerror(errno) : "");
}

static void tell_bool(const char *what, bool result)
{
    tell(what, result, !result);
}

static void tell_value(const char *what, void *value, unsigned int len)
{
    if (!value) {
        tell(what, 0, true);
        return;
    }
    printf("%s: %u bytes \"%.*s\" then %d\n", what, len, (int)len, (char *)value,
           ((char *)value)[len]);
    free(value);
}

static void tell_text(const char *what, char *text)
{
    tell_value(what, text, text ? (unsigned int)strlen(text) : 0);
}

static void probe_values(void)
{
    static char big[5000];
    unsigned int len = 99;
    void *value = NULL;

    memset(big, 'x', sizeof(big) - 1);
    big[0] = '/';
    tell_bool("write", xs_write(h, XBT_NULL, "/p/a", "value", 5));
    value = xs_read(h, XBT_NULL, "/p/a", &len);
    tell_value("read", value, len);
    tell_text("read without length", xs_read(h, XBT_NULL, "/p/a", NULL));
    tell_bool("write nothing", xs_write(h, XBT_NULL, "/p/empty", "", 0));
    value = xs_read(h, XBT_NULL, "/p/empty", &len);
    tell_value("read nothing", value, len);
    tell_value("read absent", xs_read(h, XBT_NULL, "/p/absent", &len), 0);
    tell_value("read empty path", xs_read(h, XBT_NULL, "", &len), 0);
    tell_value("read odd path", xs_read(h, XBT_NULL, "/p//a", &len), 0);
    tell_value("read bad character", xs_read(h, XBT_NULL, "/p/a b", &len), 0);
    tell_value("read huge path", xs_read(h, XBT_NULL, big, &len), 0);
    tell_bool("write huge", xs_write(h, XBT_NULL, "/p/big", big, sizeof(big)));
    tell_bool("write as much as fits", xs_write(h, XBT_NULL, "/p/b", big, 4096 - 5));
    tell_bool("write one more", xs_write(h, XBT_NULL, "/p/b", big, 4096 - 4));
    tell_bool("mkdir", xs_mkdir(h, XBT_NULL, "/p/d"));
    tell_bool("mkdir again", xs_mkdir(h, XBT_NULL, "/p/d"));
    tell_bool("mkdir odd", xs_mkdir(h, XBT_NULL, "/p/d/"));
    tell_bool("rm", xs_rm(h, XBT_NULL, "/p/d"));
    tell_bool("rm again", xs_rm(h, XBT_NULL, "/p/d"));
    tell_bool("rm below nothing", xs_rm(h, XBT_NULL, "/p/no/d"));
    tell_bool("rm root", xs_rm(h, XBT_NULL, "/"));
}

static void probe_directory(const char *what, const char *path)
{
    unsigned int num = 99;
    char **names = xs_directory(h, XBT_NULL, path, &num);

    if (!names) {
        tell(what, 0, true);
        return;
    }
    printf("%s: %u", what, num);
    for (unsigned int i = 0; i < num && i < 5; i++)
        printf(" %s", names[i]);
    printf("\n");
    free(names);
}

static void probe_directories(void)
{
    char path[64];

    probe_directory("directory", "/p");
    probe_directory("directory of a leaf", "/p/a");
    probe_directory("directory of nothing", "/p/none");
    probe_directory("directory of an odd path", "p//");
    for (int i = 0; i < 600; i++) {
        snprintf(path, sizeof(path), "/p/long/a-rather-long-name-%d", i);
        xs_write(h, XBT_NULL, path, "", 0);
    }
    probe_directory("long directory", "/p/long");
}

static void tell_perms(const char *what, const char *path)
{
    unsigned int num = 99;
    struct xs_permissions *perms = xs_get_permissions(h, XBT_NULL, path, &num);

    if (!perms) {
        tell(what, 0, true);
        return;
    }
    printf("%s: %u", what, num);
    for (unsigned int i = 0; i < num; i++)
        printf(" %u:%u", perms[i].id, perms[i].perms);
    printf("\n");
    free(perms);
}

static void probe_strings_to_perms(const char *strings, unsigned int num)
{
    struct xs_permissions perms[4] = {{0}};
    bool ok = xs_strings_to_perms(perms, num, strings);

    printf("strings %s: %d", strings, ok);
    for (unsigned int i = 0; ok && i < num; i++)
        printf(" %u:%u", perms[i].id, perms[i].perms);
    printf("\n");
}

static void probe_permissions(void)
{
    struct xs_permissions perms[40] = {{3, XS_PERM_NONE},
                                       {4, XS_PERM_READ},
                                       {5, XS_PERM_WRITE},
                                       {6, XS_PERM_READ | XS_PERM_WRITE}};

    tell_bool("set perms", xs_set_permissions(h, XBT_NULL, "/p/a", perms, 4));
    tell_perms("get perms", "/p/a");
    tell_bool("set one", xs_set_permissions(h, XBT_NULL, "/p/a", perms, 1));
    tell_perms("get one", "/p/a");
    tell_bool("set none", xs_set_permissions(h, XBT_NULL, "/p/a", perms, 0));
    tell_bool("set of nothing", xs_set_permissions(h, XBT_NULL, "/p/none", perms, 1));
    tell_perms("get of nothing", "/p/none");
    perms[1].perms = 0x40;
    tell_bool("set a perm that is none", xs_set_permissions(h, XBT_NULL, "/p/a", perms, 2));
    tell_perms("get after that", "/p/a");
    probe_strings_to_perms("r1", 1);
    probe_strings_to_perms("b12\0w3\0n0", 3);
    probe_strings_to_perms("x1", 1);
    probe_strings_to_perms("r", 1);
    probe_strings_to_perms("r1x", 1);
    probe_strings_to_perms("", 1);
}

static void probe_transactions(void)
{
    xs_transaction_t t = xs_transaction_start(h), u = XBT_NULL;
    unsigned int len = 0;
    void *value = NULL;

    tell("transaction starts", t != XBT_NULL, t == XBT_NULL);
    tell_bool("write in it", xs_write(h, t, "/p/t", "in", 2));
    tell_value("unseen outside", xs_read(h, XBT_NULL, "/p/t", &len), 0);
    value = xs_read(h, t, "/p/t", &len);
    tell_value("seen inside", value, len);
    tell_bool("commit", xs_transaction_end(h, t, false));
    tell_bool("commit again", xs_transaction_end(h, t, false));
    tell_bool("abort what is not", xs_transaction_end(h, 12345, true));
    tell_bool("write in what is not", xs_write(h, 12345, "/p/t", "x", 1));
    t = xs_transaction_start(h);
    xs_write(h, t, "/p/t", "not", 3);
    tell_bool("abort", xs_transaction_end(h, t, true));
    value = xs_read(h, XBT_NULL, "/p/t", &len);
    tell_value("as before", value, len);
    t = xs_transaction_start(h);
    u = xs_transaction_start(h);
    free(xs_read(h, t, "/p/t", &len));
    xs_write(h, t, "/p/t", "1", 1);
    free(xs_read(h, u, "/p/t", &len));
    xs_write(h, u, "/p/t", "2", 1);
    tell_bool("the first of two", xs_transaction_end(h, t, false));
    tell_bool("the second of two", xs_transaction_end(h, u, false));
}

static void tell_event(const char *what)
{
    unsigned int num = 99;
    char **event = xs_read_watch(h, &num);

    if (!event) {
        tell(what, 0, true);
        return;
    }
    printf("%s: %u %s %s\n", what, num, event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
    free(event);
}

static void probe_watches(void)
{
    char **event = xs_check_watch(h);

    tell("no event yet", event != NULL, !event);
    tell("an fd", xs_fileno(h) >= 0, false);
    tell("the same fd", xs_fileno(h) == xs_fileno(h), false);
    tell_bool("watch", xs_watch(h, "/p/w", "token"));
    tell_event("first event");
    tell_bool("watch again", xs_watch(h, "/p/w", "token"));
    tell_bool("watch with another token", xs_watch(h, "/p/w", "other"));
    tell_event("its first event");
    tell_bool("watch an odd path", xs_watch(h, "/p//w", "token"));
    tell_bool("watch a special one", xs_watch(h, "@introduceDomain", "token"));
    tell_event("the special one's first event");
    tell_bool("watch a special one that is none", xs_watch(h, "@nothing", "token"));
    tell_bool("unwatch the other", xs_unwatch(h, "/p/w", "other"));
    tell_bool("write", xs_write(h, XBT_NULL, "/p/w/x", "1", 1));
    tell_event("event");
    tell_bool("unwatch", xs_unwatch(h, "/p/w", "token"));
    tell_bool("unwatch again", xs_unwatch(h, "/p/w", "token"));
    tell_bool("write unwatched", xs_write(h, XBT_NULL, "/p/w/x", "1", 1));
    event = xs_check_watch(h);
    tell("no event", event != NULL, !event);
    tell_bool("relative watch", xs_watch(h, "p/relative", "token"));
    tell_event("relative event");
}

static void probe_domains(void)
{
    tell_text("domain path", xs_get_domain_path(h, 5));
    tell_text("domain path of much", xs_get_domain_path(h, 4000000000u));
    tell("introduced 5", xs_is_domain_introduced(h, 5), false);
    tell("introduced much", xs_is_domain_introduced(h, 4000000000u), false);
    tell_bool("release", xs_release_domain(h, 5));
    tell_bool("resume", xs_resume_domain(h, 5));
    tell_bool("set target", xs_set_target(h, 5, 6));
    tell("suspend port", xs_suspend_evtchn_port(5), false);
    xs_write(h, XBT_NULL, "/local/domain/5/device/suspend/event-channel", "17", 2);
    tell("suspend port that is", xs_suspend_evtchn_port(5), false);
    tell("restrict", xs_restrict(h, 5), false); /* Debian's leaves errno as it was */
    tell_text("check", xs_control_command(h, "check", NULL, 0));
    tell_text("check with data", xs_debug_command(h, "print", (void *)"x", 2));
    tell_text("command that is none", xs_control_command(h, "nothing", NULL, 0));
}

static void probe_subpath(const char *parent, const char *child)
{
    printf("subpath %s %s: %d\n", parent, child, xs_path_is_subpath(parent, child));
}

static void probe_helpers(void)
{
    probe_subpath("/a", "/a");
    probe_subpath("/a", "/a/b");
    probe_subpath("/a", "/ab");
    probe_subpath("/a/b", "/a");
    probe_subpath("/", "/");
    probe_subpath("", "/a");
    probe_subpath("", "");
    probe_subpath("/a", "");
    probe_subpath("/a/", "/a");
    probe_subpath("a", "a/b");
    tell_bool("write all", xs_write_all(STDOUT_FILENO, "", 0));
    tell_bool("write all to nothing", xs_write_all(-1, "x", 1));
    printf("socket is socket_ro: %d\n", strcmp(xs_daemon_socket(), xs_daemon_socket_ro()));
    setenv("XENSTORED_RUNDIR", "/nowhere", 1);
    printf("rundir %s socket %s\n", xs_daemon_rundir(), xs_daemon_socket());
    setenv("XENSTORED_PATH", "/some/path", 1);
    printf("rundir %s socket %s\n", xs_daemon_rundir(), xs_daemon_socket());
    unsetenv("XENSTORED_RUNDIR");
    printf("rundir %s socket %s\n", xs_daemon_rundir(), xs_daemon_socket());
    unsetenv("XENSTORED_PATH");
    printf("rundir %s socket %s\n", xs_daemon_rundir(), xs_daemon_socket());
}

static void probe_fork(void)
{
    int status = 0;

    fflush(stdout);
    if (fork() == 0) {
        xs_daemon_destroy_postfork(h);
        _exit(7);
    }
    tell("a child", wait(&status) > 0 && WEXITSTATUS(status) == 7, false);
    tell_bool("the parent goes on", xs_write(h, XBT_NULL, "/p/a", "1", 1));
}

int main(void)
{
    h = xs_open(0);
    if (!h)
        return 1;
    xs_rm(h, XBT_NULL, "/p");
    xs_rm(h, XBT_NULL, "/local/domain/5");
    probe_values();
    probe_directories();
    probe_permissions();
    probe_transactions();
    probe_watches();
    probe_domains();
    probe_fork();
    xs_close(h);
    h = xs_daemon_open();
    tell_bool("daemon_open", xs_rm(h, XBT_NULL, "/p"));
    xs_daemon_close(h);
    h = xs_daemon_open_readonly();
    tell_bool("readonly writes", xs_write(h, XBT_NULL, "/p", "", 0));
    xs_daemon_close(h);
    h = xs_domain_open();
    tell_bool("domain_open", xs_rm(h, XBT_NULL, "/p"));
    xs_close(h);
    xs_close(NULL);
    probe_helpers();
    return 0;
}
