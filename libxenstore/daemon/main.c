/* SPDX-License-Identifier: MIT */
/* xenstored: options, the process, and putting the parts together. */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "journal.h"
#include "loop.h"
#include "recover.h"
#include "server.h"
#include "socket.h"
#include "trace.h"
#include "update.h"
#include "xen.h"
#include "xenstore_lib.h"

struct options {
    const char *pid_file;
    const char *trace_file;
    bool no_domain_init;
    bool no_fork;
    bool output_pid;
    bool keep_orphans;
    bool verbose;
    bool after_update;
    bool no_recovery;
    bool no_journal;
    bool new_options; /* given for the update: they hold, not the old daemon's settings */
    int state_fd;     /* where its state is */
    bool only_check;  /* whether this program could take it over */
    uint32_t quota[QUOTA_COUNT];
    bool quota_set[QUOTA_COUNT];
    uint32_t soft_memory;
};

struct daemon {
    char **argv;
    struct server server;
    struct loop loop;
    struct listener listener;
    struct source signals;
    struct xen *xen;
    int pid_fd;
};

static bool to_terminal;

static void usage(FILE *to)
{
    fputs("Usage: xenstored [OPTION]...\n"
          "\n"
          "  -D, --no-domain-init     serve sockets only, not domain 0's kernel\n"
          "  -F, --pid-file FILE      write the daemon's process id to FILE\n"
          "  -H, --help               show this text\n"
          "  -N, --no-fork            stay in the foreground\n"
          "  -P, --output-pid         print the daemon's process id\n"
          "  -T, --trace-file FILE    log every message to FILE\n"
          "  -E, --entry-nb N         nodes a domain may own\n"
          "  -S, --entry-size N       bytes of a node's value\n"
          "  -W, --watch-nb N         watches of a domain\n"
          "  -t, --transaction N      open transactions of a domain\n"
          "  -A, --perm-nb N          permission entries of a node\n"
          "  -M, --path-max N         bytes of a path\n"
          "  -Q, --quota WHAT=N       another limit: transaction-nodes, memory, outstanding,\n"
          "                           or any that \"xenstore-control quota\" names\n"
          "  -q, --quota-soft memory=N  warn above this use of memory\n"
          "  -w, --timeout WHAT=SECONDS  accepted; unread events are bounded, not timed\n"
          "  -R, --no-recovery        start empty, whatever a killed daemon has left\n"
          "      --no-journal         leave nothing for the next daemon\n"
          "  -I, --internal-db [on|off]  accepted; the store is always in memory\n"
          "  -K, --keep-orphans       keep the nodes of domains that are gone\n"
          "  -V, --verbose            say more\n",
          to);
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    *number = value;
    return end != text && !*end && value <= UINT32_MAX;
}

static bool set_limit(struct options *options, enum quota_id id, const char *text)
{
    if (id >= QUOTA_COUNT || !parse_number(text, &options->quota[id])) {
        fprintf(stderr, "xenstored: bad limit \"%s\"\n", text);
        return false;
    }
    options->quota_set[id] = true;
    return true;
}

static bool set_named_limit(struct options *options, char *text)
{
    char *value = strchr(text, '=');

    if (!value) {
        fprintf(stderr, "xenstored: \"%s\" is not WHAT=N\n", text);
        return false;
    }
    *value++ = '\0';
    return set_limit(options, quota_named(text), value);
}

enum { OPTION_UPDATE = 256, OPTION_CHECK, OPTION_NO_JOURNAL };

static const struct option long_options[] = {
    {"no-domain-init", no_argument, NULL, 'D'},
    {"pid-file", required_argument, NULL, 'F'},
    {"help", no_argument, NULL, 'H'},
    {"no-fork", no_argument, NULL, 'N'},
    {"output-pid", no_argument, NULL, 'P'},
    {"trace-file", required_argument, NULL, 'T'},
    {"entry-nb", required_argument, NULL, 'E'},
    {"entry-size", required_argument, NULL, 'S'},
    {"watch-nb", required_argument, NULL, 'W'},
    {"transaction", required_argument, NULL, 't'},
    {"perm-nb", required_argument, NULL, 'A'},
    {"path-max", required_argument, NULL, 'M'},
    {"quota", required_argument, NULL, 'Q'},
    {"quota-soft", required_argument, NULL, 'q'},
    {"timeout", required_argument, NULL, 'w'},
    {"no-recovery", no_argument, NULL, 'R'},
    {"internal-db", optional_argument, NULL, 'I'},
    {"keep-orphans", no_argument, NULL, 'K'},
    {"verbose", no_argument, NULL, 'V'},
    {"event", required_argument, NULL, 'e'},
    {"master-domid", required_argument, NULL, 'm'},
    {"priv-domid", required_argument, NULL, 'p'},
    {"no-journal", no_argument, NULL, OPTION_NO_JOURNAL},
    {UPDATE_OPTION, required_argument, NULL, OPTION_UPDATE},
    {UPDATE_CHECK_OPTION, required_argument, NULL, OPTION_CHECK},
    {NULL, 0, NULL, 0},
};

/* Options that set a limit directly. */
static enum quota_id limit_of_option(int option)
{
    switch (option) {
    case 'E':
        return QUOTA_NODES;
    case 'S':
        return QUOTA_NODE_SIZE;
    case 'W':
        return QUOTA_WATCHES;
    case 't':
        return QUOTA_TRANSACTIONS;
    case 'A':
        return QUOTA_PERMS;
    case 'M':
        return QUOTA_PATH_MAX;
    default:
        return QUOTA_COUNT;
    }
}

/* FD, or FD,options */
static bool parse_state(struct options *options, char *text)
{
    char *comma = strchr(text, ',');
    uint32_t fd = 0;

    if (comma)
        *comma = '\0';
    options->new_options = comma;
    if ((comma && strcmp(comma + 1, "options") != 0) || !parse_number(text, &fd) || fd > INT_MAX)
        return false;
    /* The next update's arguments are made of these. */
    if (comma)
        *comma = ',';
    options->state_fd = fd;
    return true;
}

static bool parse_option(struct options *options, int option)
{
    if (limit_of_option(option) != QUOTA_COUNT)
        return set_limit(options, limit_of_option(option), optarg);
    switch (option) {
    case 'D':
        options->no_domain_init = true;
        return true;
    case 'F':
        options->pid_file = optarg;
        return true;
    case 'N':
        options->no_fork = true;
        return true;
    case 'P':
        options->output_pid = true;
        return true;
    case 'T':
        options->trace_file = optarg;
        return true;
    case 'Q':
        return set_named_limit(options, optarg);
    case 'q':
        return strncmp(optarg, "memory=", 7) == 0 &&
               parse_number(optarg + 7, &options->soft_memory);
    case 'K':
        options->keep_orphans = true;
        return true;
    case 'V':
        options->verbose = true;
        return true;
    case OPTION_UPDATE:
        options->after_update = true;
        return parse_state(options, optarg);
    case OPTION_CHECK:
        options->only_check = true;
        return parse_state(options, optarg);
    case 'R':
        options->no_recovery = true;
        return true;
    case OPTION_NO_JOURNAL:
        options->no_journal = true;
        return true;
    case 'I':
    case 'w':
        return true;
    default:
        return false;
    }
}

/* @return -1 to go on, else the exit status */
static int parse_options(struct options *options, int argc, char **argv)
{
    int option = 0;

    while ((option = getopt_long(argc, argv, "DF:HNPT:E:S:W:t:A:M:Q:q:w:RI::KVe:m:p:", long_options,
                                 NULL)) != -1) {
        if (option == 'H') {
            usage(stdout);
            return 0;
        }
        if (option == 'e' || option == 'm' || option == 'p') {
            fputs("xenstored: options for a store domain are not supported\n", stderr);
            return 1;
        }
        if (option == '?' || !parse_option(options, option)) {
            fputs("Try \"xenstored --help\".\n", stderr);
            return 1;
        }
        /* Its value may also follow as a word of its own. */
        if (option == 'I' && !optarg && optind < argc && argv[optind][0] != '-')
            optind++;
    }
    if (optind < argc) {
        fprintf(stderr, "xenstored: unexpected argument \"%s\"\n", argv[optind]);
        return 1;
    }
    return -1;
}

static void log_text(const char *text)
{
    if (to_terminal)
        fprintf(stderr, "xenstored: %s\n", text);
    else
        syslog(LOG_NOTICE, "%s", text);
}

/* The lock lasts as long as the process, so a second daemon finds out. */
static int write_pid_file(struct daemon *daemon, const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char text[16];
    int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

    daemon->pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (daemon->pid_fd < 0)
        return -errno;
    if (fcntl(daemon->pid_fd, F_SETLK, &lock) != 0)
        return -EBUSY;
    if (ftruncate(daemon->pid_fd, 0) != 0 || write(daemon->pid_fd, text, len) != len)
        return -EIO;
    return 0;
}

static void signal_ready(struct source *source, uint32_t events)
{
    struct daemon *daemon = (struct daemon *)((char *)source - offsetof(struct daemon, signals));
    struct signalfd_siginfo info;

    if (read(source->fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo != SIGHUP) {
        daemon->loop.stop = true;
    } else if (daemon->server.trace) {
        /* The log may have been moved away. */
        trace_close(daemon->server.trace);
        daemon->server.trace = trace_open(daemon->server.trace_file);
    }
}

static int watch_signals(struct daemon *daemon)
{
    sigset_t signals;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon->signals.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    daemon->signals.ready = signal_ready;
    if (daemon->signals.fd < 0)
        return -errno;
    return loop_add(&daemon->loop, &daemon->signals, EPOLLIN);
}

static void set_limits(struct server *server, const struct options *options)
{
    for (int i = 0; i < QUOTA_COUNT; i++) {
        if (options->quota_set[i])
            server->quotas.global[i] = options->quota[i];
    }
    if (options->soft_memory)
        server->quotas.soft_memory = options->soft_memory;
}

static int configure(struct daemon *daemon, const struct options *options)
{
    struct server *server = &daemon->server;

    set_limits(server, options);
    server->can_update = true;
    server->keep_orphans = options->keep_orphans;
    if (options->trace_file || !server->trace_file) {
        free(server->trace_file);
        server->trace_file =
            strdup(options->trace_file ? options->trace_file : "/var/log/xen/xenstored-trace.log");
    }
    if (!server->trace_file)
        return -ENOMEM;
    if (options->trace_file) {
        trace_close(server->trace);
        server->trace = trace_open(options->trace_file);
        if (!server->trace)
            return -errno;
    }
    return 0;
}

/* What clients expect to find in an empty store. */
static int first_nodes(struct server *server)
{
    static const struct actor self = {.domid = 0, .target = DOMAIN_NONE};
    struct view view = store_view(&server->store);
    struct path path;
    int rc = path_make(&path, 0, "/tool/xenstored");

    return rc ? rc : view_mkdir(&view, &self, &path);
}

static void raise_fd_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int start_xen(struct daemon *daemon, const struct options *options)
{
    int rc = 0;

    if (options->no_domain_init || !xen_present()) {
        recover_domains(&daemon->server, NULL);
        return 0;
    }
    daemon->xen = xen_open(&daemon->server, &daemon->loop, -1, -1);
    if (!daemon->xen) {
        fprintf(stderr, "xenstored: cannot use the hypervisor: %s\n", strerror(errno));
        return -errno;
    }
    recover_domains(&daemon->server, daemon->xen);
    rc = xen_connect_dom0(daemon->xen);
    if (!rc)
        xen_resume(daemon->xen);
    if (rc)
        fprintf(stderr, "xenstored: cannot serve domain 0: %s\n", strerror(-rc));
    return rc;
}

/* Without one the daemon serves all the same. */
static void keep_journal(struct daemon *daemon, const struct options *options)
{
    char *path = options->no_journal ? NULL : recover_journal_path();

    if (path)
        daemon->server.journal = journal_open(path, &daemon->server);
    if (!options->no_journal && !daemon->server.journal)
        server_log(&daemon->server, "no journal (%s): the tree is lost if this daemon is killed",
                   strerror(errno));
    free(path);
}

/* Empty, or with what a killed daemon has left. */
static int start_anew(struct daemon *daemon, const struct options *options)
{
    const char *socket_path = xs_daemon_socket();
    int rc = socket_path ? first_nodes(&daemon->server) : -ENAMETOOLONG;

    if (!rc)
        rc = listener_open(&daemon->listener, &daemon->server, &daemon->loop, socket_path);
    return rc ? rc : start_xen(daemon, options);
}

static int recover(struct daemon *daemon, const struct options *options)
{
    char *path = NULL;
    int rc = 0;

    if (options->no_recovery || options->no_journal)
        return 0;
    path = recover_journal_path();
    rc = path ? recover_load(&daemon->server, path) : -ENOMEM;
    free(path);
    return rc;
}

/* The old daemon's own descriptors. */
static void take_globals(void *ctx, const struct image_globals *globals)
{
    struct daemon *daemon = ctx;

    daemon->pid_fd = globals->pid_fd;
    if (daemon->pid_fd >= 0)
        fcntl(daemon->pid_fd, F_SETFD, FD_CLOEXEC);
    if (listener_adopt(&daemon->listener, &daemon->server, &daemon->loop, globals->socket_fd) != 0)
        log_text("live update: the listening socket is lost");
    if (globals->evtchn_fd < 0)
        return;
    daemon->xen = xen_open(&daemon->server, &daemon->loop, globals->evtchn_fd, globals->virq_port);
    if (!daemon->xen)
        log_text("live update: cannot use the hypervisor; all rings are lost");
}

static struct conn *take_conn(void *ctx, const struct conn_desc *desc)
{
    struct daemon *daemon = ctx;

    if (desc->type == CONN_RING)
        return daemon->xen ? xen_restore(daemon->xen, desc) : NULL;
    fcntl(desc->fd, F_SETFD, FD_CLOEXEC);
    return socket_serve(&daemon->server, &daemon->loop, desc->fd);
}

/* This program is the new one of a live update: the state is in a file descriptor. */
static int start_updated(struct daemon *daemon, const struct options *options)
{
    const struct image_loader loader = {
        .ctx = daemon,
        .globals = take_globals,
        .connect = take_conn,
    };
    const char *why = NULL;
    int rc = update_load(options->state_fd, &daemon->server, &loader, &why);

    if (rc) {
        server_log(&daemon->server, "live update failed, the state is lost: %s", why);
        return rc;
    }
    if (options->new_options)
        set_limits(&daemon->server, options);
    if (daemon->xen)
        xen_resume(daemon->xen);
    server_log(&daemon->server, "live update: %u nodes, %u connections",
               node_count(daemon->server.store.root), daemon->server.nr_conns);
    return 0;
}

static int start(struct daemon *daemon, const struct options *options)
{
    int rc = 0;

    raise_fd_limit();
    mkdir(xs_daemon_rundir(), 0755);
    if (options->pid_file && !options->after_update)
        rc = write_pid_file(daemon, options->pid_file);
    if (rc) {
        fprintf(stderr, "xenstored: %s: %s\n", options->pid_file,
                rc == -EBUSY ? "another daemon runs" : strerror(-rc));
        return rc;
    }
    rc = loop_init(&daemon->loop);
    if (!rc)
        rc = watch_signals(daemon);
    if (!rc && !options->after_update)
        rc = recover(daemon, options);
    if (!rc)
        rc = configure(daemon, options);
    if (!rc)
        rc = options->after_update ? start_updated(daemon, options) : start_anew(daemon, options);
    if (!rc)
        keep_journal(daemon, options);
    if (rc)
        fprintf(stderr, "xenstored: cannot start: %s\n", strerror(-rc));
    return rc;
}

/* Returns only when this program has to go on. */
static void update(struct daemon *daemon)
{
    struct image_globals globals = {
        .socket_fd = daemon->listener.source.fd,
        .evtchn_fd = -1,
        .pid_fd = daemon->pid_fd,
        .virq_port = -1,
    };
    char text[512] = "";

    if (daemon->xen)
        xen_describe(daemon->xen, &globals);
    update_run(&daemon->server, &globals, daemon->argv, text, sizeof(text));
    server_log(&daemon->server, "live update: %s", text);
    server_end_update(&daemon->server, text);
}

static bool between_rounds(void *ctx)
{
    struct daemon *daemon = ctx;
    bool more = server_run(&daemon->server);

    if (daemon->server.update.requested) {
        update(daemon);
        more = true;
    }
    return more;
}

/* The parent ends when the child is ready, with its status. */
static int go_into_background(int *ready_fd)
{
    int fds[2];
    char status = 1;
    pid_t pid = -1;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return -errno;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0) {
        close(fds[1]);
        while (read(fds[0], &status, 1) < 0 && errno == EINTR)
            ;
        _exit(status);
    }
    close(fds[0]);
    setsid();
    *ready_fd = fds[1];
    return 0;
}

static void report_ready(int ready_fd)
{
    int null = open("/dev/null", O_RDWR);

    if (chdir("/") != 0 || null < 0)
        return;
    to_terminal = false;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    (void)!write(ready_fd, "", 1);
    close(ready_fd);
}

static int run(struct daemon *daemon, const struct options *options)
{
    int ready_fd = -1, rc = 0;

    if (!options->no_fork && !options->after_update)
        rc = go_into_background(&ready_fd);
    if (!rc)
        rc = server_init(&daemon->server);
    if (rc) {
        fprintf(stderr, "xenstored: %s\n", strerror(-rc));
        return rc;
    }
    daemon->server.log = log_text;
    rc = start(daemon, options);
    if (!rc && options->output_pid && !options->after_update) {
        printf("%d\n", (int)getpid());
        fflush(stdout);
    }
    if (!rc && ready_fd >= 0)
        report_ready(ready_fd);
    if (!rc)
        rc = loop_run(&daemon->loop, between_rounds, daemon);
    server_free(&daemon->server);
    xen_close(daemon->xen);
    listener_close(&daemon->listener);
    loop_free(&daemon->loop);
    return rc;
}

int main(int argc, char **argv)
{
    static struct daemon daemon = {.listener.source.fd = -1, .pid_fd = -1, .loop.epoll = -1};
    struct options options = {.state_fd = -1};
    int status = parse_options(&options, argc, argv);

    if (status >= 0)
        return status;
    if (options.only_check)
        return update_check(options.state_fd);
    daemon.argv = argv;
    to_terminal = options.no_fork || !options.after_update;
    openlog("xenstored", LOG_PID, LOG_DAEMON);
    return run(&daemon, &options) ? 1 : 0;
}
