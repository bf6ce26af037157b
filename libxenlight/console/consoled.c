/* SPDX-License-Identifier: MIT */
/* xenconsoled: options, the process and its loop. */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <unistd.h>
#include "consoled.h"

/* How long a guest that signals too often has to wait. */
#define PERIOD_NS 200000000

struct options {
    struct settings settings;
    const char *pid_file;
    bool interactive, verbose;
};

void watch_source(struct consoled *daemon, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    if (epoll_ctl(daemon->epoll, EPOLL_CTL_MOD, source->fd, &event) != 0 && errno == ENOENT)
        epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, source->fd, &event);
    source->events = events;
}

void forget_source(struct consoled *daemon, struct source *source)
{
    epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

/* Runs while some guest is counted, so that an idle daemon sleeps. */
static void start_period(struct consoled *daemon)
{
    struct itimerspec period = {.it_value.tv_nsec = PERIOD_NS};

    if (daemon->timer_runs)
        return;
    daemon->timer_runs = timerfd_settime(daemon->timer.fd, 0, &period, NULL) == 0;
}

static void timer_ready(struct source *source, uint32_t events)
{
    struct consoled *daemon =
        (struct consoled *)((char *)source - offsetof(struct consoled, timer));
    uint64_t expired = 0;

    (void)!read(source->fd, &expired, sizeof(expired));
    daemon->timer_runs = false;
    for (struct console *c = daemon->consoles; c; c = c->next)
        console_resume(c);
}

static void events_ready(struct source *source, uint32_t events)
{
    struct consoled *daemon =
        (struct consoled *)((char *)source - offsetof(struct consoled, events));
    int port = -1;

    for (int i = 0; i < 64 && (port = xenevtchn_pending(daemon->evtchn)) >= 0; i++) {
        struct console *console = console_of_port(daemon, port);

        if (port == daemon->hypervisor_port) {
            xenevtchn_unmask(daemon->evtchn, port);
            hypervisor_messages(daemon);
        } else if (console) {
            console_signalled(console);
            start_period(daemon);
        }
    }
}

static void signals_ready(struct source *source, uint32_t events)
{
    struct consoled *daemon =
        (struct consoled *)((char *)source - offsetof(struct consoled, signals));
    struct signalfd_siginfo info;

    if (read(source->fd, &info, sizeof(info)) != sizeof(info))
        return;
    if (info.ssi_signo != SIGHUP) {
        daemon->stop = true;
        return;
    }
    log_reopen(&daemon->hypervisor_log);
    for (struct console *c = daemon->consoles; c; c = c->next)
        log_reopen(&c->log);
}

static bool open_sources(struct consoled *daemon)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
    daemon->signals = (struct source){.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK),
                                      .ready = signals_ready};
    daemon->timer = (struct source){
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .ready = timer_ready};
    if (daemon->epoll < 0 || daemon->signals.fd < 0 || daemon->timer.fd < 0)
        return false;
    watch_source(daemon, &daemon->signals, EPOLLIN);
    watch_source(daemon, &daemon->timer, EPOLLIN);
    return true;
}

static bool open_host(struct consoled *daemon)
{
    daemon->xc = xc_interface_open(NULL, NULL, 0);
    daemon->evtchn = xenevtchn_open(NULL, 0);
    daemon->xs = xs_open(0);
    if (!daemon->xc || !daemon->evtchn) {
        warn("cannot use the hypervisor");
        return false;
    }
    if (!daemon->xs) {
        warn("cannot reach the store");
        return false;
    }
    daemon->gnttab = xengnttab_open(NULL, 0);
    daemon->fmem = xenforeignmemory_open(NULL, 0);
    daemon->events = (struct source){.fd = xenevtchn_fd(daemon->evtchn), .ready = events_ready};
    fcntl(daemon->events.fd, F_SETFL, fcntl(daemon->events.fd, F_GETFL) | O_NONBLOCK);
    watch_source(daemon, &daemon->events, EPOLLIN);
    if (!xs_watch(daemon->xs, "@introduceDomain", "domains") ||
        !xs_watch(daemon->xs, "@releaseDomain", "domains")) {
        warn("cannot watch the store");
        return false;
    }
    daemon->store = (struct source){.fd = xs_fileno(daemon->xs), .ready = store_ready};
    watch_source(daemon, &daemon->store, EPOLLIN);
    return true;
}

static void run(struct consoled *daemon)
{
    struct epoll_event event;

    /* One at a time: handling one may free what another belonged to. */
    while (!daemon->stop) {
        if (epoll_wait(daemon->epoll, &event, 1, -1) == 1) {
            struct source *source = event.data.ptr;

            source->ready(source, event.events);
        }
    }
}

static void close_host(struct consoled *daemon)
{
    consoles_free(daemon);
    log_close(&daemon->hypervisor_log);
    xs_close(daemon->xs);
    if (daemon->gnttab)
        xengnttab_close(daemon->gnttab);
    if (daemon->fmem)
        xenforeignmemory_close(daemon->fmem);
    if (daemon->evtchn)
        xenevtchn_close(daemon->evtchn);
    if (daemon->xc)
        xc_interface_close(daemon->xc);
}

static void usage(FILE *to)
{
    fputs("Usage: xenconsoled [OPTION]...\n"
          "\n"
          "  -h, --help                show this text\n"
          "  -V, --version             show the version\n"
          "  -v, --verbose             say more\n"
          "  -i, --interactive         stay in the foreground\n"
          "      --log=none|guest|hv|all       what is logged to files\n"
          "      --log-dir=DIR         where (/var/log/xen/console)\n"
          "      --pid-file=PATH       (/var/run/xen/xenconsoled.pid)\n"
          "  -t, --timestamp=none|guest|hv|all  begin the lines of these logs with the time\n"
          "  -o, --overflow-data=discard|keep   when nobody reads a guest's terminal:\n"
          "                            drop its oldest output, or let it wait\n"
          "      --replace-escape      write ESC as a dot to logs\n",
          to);
}

static bool parse_what(const char *text, bool *guest, bool *hypervisor)
{
    *guest = strcmp(text, "guest") == 0 || strcmp(text, "all") == 0;
    *hypervisor = strcmp(text, "hv") == 0 || strcmp(text, "all") == 0;
    return *guest || *hypervisor || strcmp(text, "none") == 0;
}

static bool parse_option(struct options *options, int option)
{
    struct settings *settings = &options->settings;

    switch (option) {
    case 'v':
        options->verbose = true;
        return true;
    case 'i':
        options->interactive = true;
        return true;
    case 'l':
        return parse_what(optarg, &settings->log_guests, &settings->log_hypervisor);
    case 'r':
        settings->log_dir = optarg;
        return true;
    case 'p':
        options->pid_file = optarg;
        return true;
    case 't':
        return parse_what(optarg, &settings->time_guests, &settings->time_hypervisor);
    case 'o':
        settings->keep_overflow = strcmp(optarg, "keep") == 0;
        return settings->keep_overflow || strcmp(optarg, "discard") == 0;
    case 'e':
        settings->hide_escape = true;
        return true;
    default:
        return false;
    }
}

/* @return -1 to go on, else the exit status */
static int parse_options(struct options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {"verbose", no_argument, NULL, 'v'},
        {"interactive", no_argument, NULL, 'i'},
        {"log", required_argument, NULL, 'l'},
        {"log-dir", required_argument, NULL, 'r'},
        {"pid-file", required_argument, NULL, 'p'},
        {"timestamp", required_argument, NULL, 't'},
        {"overflow-data", required_argument, NULL, 'o'},
        {"replace-escape", no_argument, NULL, 'e'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "hVvit:o:", long_options, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            return 0;
        }
        if (option == 'V') {
            puts("xenconsoled " XEN_SDK_VERSION);
            return 0;
        }
        if (!parse_option(options, option)) {
            usage(stderr);
            return 1;
        }
    }
    if (optind < argc) {
        usage(stderr);
        return 1;
    }
    return -1;
}

static void write_pid_file(const char *path)
{
    FILE *file = NULL;

    if (!path) {
        path = "/var/run/xen/xenconsoled.pid";
        mkdir("/var/run/xen", 0755);
    }
    file = fopen(path, "we");
    if (!file) {
        syslog(LOG_WARNING, "cannot write %s: %s", path, strerror(errno));
        return;
    }
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
}

/* The parent ends when the child is ready, or has failed. */
static int go_into_background(void)
{
    char status = 1;
    int fds[2];
    pid_t pid = -1;

    if (pipe2(fds, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        err(1, "cannot go into the background");
    if (pid > 0) {
        close(fds[1]);
        while (read(fds[0], &status, 1) < 0 && errno == EINTR)
            ;
        _exit(status);
    }
    close(fds[0]);
    setsid();
    return fds[1];
}

static void leave_terminal(int ready_fd)
{
    int null = open("/dev/null", O_RDWR);

    if (chdir("/") != 0 || null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO)
        close(null);
    (void)!write(ready_fd, "", 1);
    close(ready_fd);
}

int main(int argc, char **argv)
{
    struct options options = {.settings.log_dir = "/var/log/xen/console"};
    struct consoled daemon = {.hypervisor_port = -1, .hypervisor_log = LOG_CLOSED};
    struct rlimit files;
    int ready_fd = -1;
    int status = parse_options(&options, argc, argv);

    if (status >= 0)
        return status;
    daemon.settings = options.settings;
    openlog("xenconsoled", LOG_PID | (options.interactive ? LOG_PERROR : 0), LOG_DAEMON);
    setlogmask(LOG_UPTO(options.verbose ? LOG_DEBUG : LOG_NOTICE));
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!options.interactive)
        ready_fd = go_into_background();
    if (!open_sources(&daemon) || !open_host(&daemon))
        return 1;
    write_pid_file(options.pid_file);
    hypervisor_start(&daemon);
    domains_check(&daemon);
    if (ready_fd >= 0)
        leave_terminal(ready_fd);
    run(&daemon);
    close_host(&daemon);
    return 0;
}
