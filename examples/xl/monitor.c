/* SPDX-License-Identifier: MIT */
/* What becomes of a domain that ends: the process that xl create leaves behind. */
#include "xl.h"

#include <errno.h>
#include <fcntl.h>
#include <libxl_event.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DUMP_DIR "/var/lib/xen/dump"
#define SHORT    5 /* seconds: a domain that lived no longer is not created again at once */

/* What monitor() does next. */
enum verdict { KEEP_WATCHING, CREATE_ANEW, FINISHED };

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    fflush(stderr);
}

static libxl_action_on_shutdown action_for(const libxl_domain_config *config, int reason)
{
    switch (reason) {
    case LIBXL_SHUTDOWN_REASON_POWEROFF:
        return config->on_poweroff;
    case LIBXL_SHUTDOWN_REASON_REBOOT:
        return config->on_reboot;
    case LIBXL_SHUTDOWN_REASON_CRASH:
        return config->on_crash;
    case LIBXL_SHUTDOWN_REASON_WATCHDOG:
        return config->on_watchdog;
    case LIBXL_SHUTDOWN_REASON_SOFT_RESET:
        return config->on_soft_reset;
    default:
        return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    }
}

static void dump(uint32_t domid, const libxl_domain_config *config)
{
    char stamp[32], *file;
    time_t now = time(NULL);
    struct tm tm;

    if (mkdir(DUMP_DIR, 0700) && errno != EEXIST)
        say("cannot make %s: %s", DUMP_DIR, strerror(errno));
    strftime(stamp, sizeof(stamp), "%Y-%m%d-%H%M.%S", localtime_r(&now, &tm));
    file = xl_printf("%s/%s-%s.%u.core", DUMP_DIR, stamp, config->c_info.name, domid);
    say("Dumping the memory of domain %u to %s", domid, file);
    if (libxl_domain_core_dump(xl.ctx, domid, file, NULL)) {
        say("Unable to dump the memory of domain %u", domid);
        xl_report();
    }
    free(file);
}

/* The configuration to come back with: that of xl config-update, or what the domain has now. */
static void reload(const struct creation *how, uint32_t domid, libxl_domain_config *config)
{
    libxl_domain_config fresh;
    uint8_t *text = NULL;
    int length = 0, rc;

    libxl_domain_config_init(&fresh);
    rc = libxl_userdata_retrieve(xl.ctx, domid, "xl", &text, &length);
    if (!rc && length > 0) {
        struct source source = {how->source.name, strndup((char *)text, (size_t)length)};

        rc = source.text ? config_parse(&source, &fresh) : 1;
        free(source.text);
        libxl_userdata_unlink(xl.ctx, domid, "xl");
    } else {
        rc = libxl_retrieve_domain_configuration(xl.ctx, domid, &fresh, NULL);
    }
    free(text);
    if (rc) {
        say("The configuration of domain %u cannot be read, that of its creation is taken", domid);
        libxl_domain_config_dispose(&fresh);
        return;
    }
    libxl_domain_config_dispose(config);
    *config = fresh;
}

static void destroy(uint32_t domid)
{
    say("Domain %u needs to be cleaned up: destroying the domain", domid);
    if (libxl_domain_destroy(xl.ctx, domid, NULL)) {
        say("Unable to destroy domain %u", domid);
        xl_report();
    }
}

/* The ended domain stays under another name. */
static enum verdict set_aside(uint32_t domid, libxl_domain_config *config)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    libxl_uuid uuid;

    strftime(stamp, sizeof(stamp), "-%Y%m%dT%H%MZ", gmtime_r(&now, &tm));
    libxl_uuid_generate(&uuid);
    if (!libxl_domain_preserve(xl.ctx, domid, &config->c_info, stamp, uuid))
        return CREATE_ANEW;
    say("Unable to rename domain %u", domid);
    xl_report();
    return FINISHED;
}

static enum verdict soft_reset(uint32_t domid, libxl_domain_config *config)
{
    if (!libxl_domain_soft_reset(xl.ctx, config, domid, NULL, NULL) &&
        !libxl_domain_unpause(xl.ctx, domid, NULL))
        return KEEP_WATCHING;
    say("Soft reset of domain %u failed", domid);
    xl_report();
    destroy(domid);
    return FINISHED;
}

static enum verdict act(const struct creation *how, libxl_domain_config *config, uint32_t domid,
                        int reason)
{
    libxl_action_on_shutdown action = action_for(config, reason);

    say("Action for shutdown reason code %d is %s", reason,
        libxl_action_on_shutdown_to_string(action));
    if (action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY ||
        action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART)
        dump(domid, config);
    switch (action) {
    case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
        return FINISHED;
    case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
        reload(how, domid, config);
        return soft_reset(domid, config);
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
        reload(how, domid, config);
        return set_aside(domid, config);
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART:
    case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART:
        reload(how, domid, config);
        destroy(domid);
        return CREATE_ANEW;
    default:
        destroy(domid);
        return FINISHED;
    }
}

static enum verdict on_event(const struct creation *how, libxl_domain_config *config,
                             uint32_t domid, libxl_event *event)
{
    switch (event->type) {
    case LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN:
        say("Domain %u has shut down, reason code %d 0x%x", domid,
            event->u.domain_shutdown.shutdown_reason, event->u.domain_shutdown.shutdown_reason);
        /* Suspended by who saves or migrates it: that one decides. */
        if (event->u.domain_shutdown.shutdown_reason == LIBXL_SHUTDOWN_REASON_SUSPEND)
            return KEEP_WATCHING;
        return act(how, config, domid, event->u.domain_shutdown.shutdown_reason);
    case LIBXL_EVENT_TYPE_DOMAIN_DEATH:
        say("Domain %u has been destroyed.", domid);
        return FINISHED;
    case LIBXL_EVENT_TYPE_DISK_EJECT:
        libxl_cdrom_insert(xl.ctx, domid, &event->u.disk_eject.disk, NULL);
        return KEEP_WATCHING;
    default:
        say("unexpected event %s", libxl_event_type_to_string(event->type));
        return KEEP_WATCHING;
    }
}

/* SIGTERM ends the monitor only while it waits, so that no domain is left half made or half destroyed. */
static void may_be_ended(bool yes)
{
    sigset_t term;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(yes ? SIG_UNBLOCK : SIG_BLOCK, &term, NULL);
}

/* Events of the domain until one of them ends this. */
static enum verdict watch(const struct creation *how, libxl_domain_config *config, uint32_t domid)
{
    libxl_evgen_domain_death *deaths = NULL;
    enum verdict verdict = KEEP_WATCHING;
    libxl_event *event;
    int rc;

    if (libxl_evenable_domain_death(xl.ctx, domid, 0, &deaths)) {
        say("Unable to wait for the end of domain %u", domid);
        xl_report();
        return FINISHED;
    }
    while (verdict == KEEP_WATCHING) {
        may_be_ended(true);
        rc = libxl_event_wait(xl.ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL);
        may_be_ended(false);
        if (rc) {
            say("Unable to wait for events of domain %u", domid);
            xl_report();
            break;
        }
        if (event->domid == domid)
            verdict = on_event(how, config, domid, event);
        libxl_event_free(xl.ctx, event);
    }
    libxl_evdisable_domain_death(xl.ctx, deaths);
    return verdict;
}

int monitor(const struct creation *how, libxl_domain_config *config, uint32_t domid)
{
    may_be_ended(false);
    for (;;) {
        time_t began = time(NULL);
        int created;

        say("Waiting for domain %s (domid %u) to die [pid %ld]", config->c_info.name, domid,
            (long)getpid());
        if (watch(how, config, domid) != CREATE_ANEW)
            return EXIT_SUCCESS;
        /* A guest that ends as soon as it begins must not keep the host busy. */
        may_be_ended(true);
        if (time(NULL) - began < SHORT)
            sleep(1);
        may_be_ended(false);
        say("Creating %s anew", config->c_info.name);
        created = create_domain(how, config, false);
        if (created < 0) {
            say("Unable to create %s anew", config->c_info.name);
            xl_report();
            return EXIT_FAILURE;
        }
        domid = (uint32_t)created;
    }
}

/* Standard output and error onto a log file of the domain's. */
static int open_log(const char *domain)
{
    char *name = xl_printf("xl-%s", domain), *file = NULL;
    int log = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (!libxl_create_logfile(xl.ctx, name, &file))
        log = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0)
        log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    free(name);
    free(file);
    if (null < 0 || log < 0)
        return -1;
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(null);
    close(log);
    return 0;
}

int monitor_in_background(const struct creation *how, libxl_domain_config *config, uint32_t domid)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        perror("xl: fork");
        return EXIT_FAILURE;
    }
    if (pid)
        return EXIT_SUCCESS;
    setsid();
    signal(SIGHUP, SIG_IGN);
    xl_context_after_fork();
    if (chdir("/") || open_log(config->c_info.name))
        exit(EXIT_FAILURE);
    exit(monitor(how, config, domid));
}
