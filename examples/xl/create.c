/* SPDX-License-Identifier: MIT */
/* xl create, xl config-update. */
#include "xl.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses. */
#define NOT_CREATED 3
#define NO_CONFIG   6

/* A child that becomes the console; returns when it is connected, or could not be.  0: no child. */
static pid_t start_console(uint32_t domid)
{
    int pipes[2];
    char byte;
    pid_t pid;

    if (pipe(pipes)) {
        perror("xl: pipe");
        return 0;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(pipes[0]);
        xl_context_after_fork();
        libxl_primary_console_exec(xl.ctx, domid, pipes[1]);
        fprintf(stderr, "Unable to attach console\n");
        _exit(EXIT_FAILURE);
    }
    if (pid < 0)
        perror("xl: fork");
    close(pipes[1]);
    while (pid > 0 && read(pipes[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    close(pipes[0]);
    return pid > 0 ? pid : 0;
}

static void wait_for(pid_t pid)
{
    int status;

    if (!pid)
        return;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

static pid_t console_pid;

int create_domain(const struct creation *how, libxl_domain_config *config, bool first)
{
    uint32_t domid = INVALID_DOMID;
    int rc;

    config->c_info.domid = INVALID_DOMID;
    rc = libxl_domain_create_new(xl.ctx, config, &domid, NULL, NULL);
    if (rc)
        return rc;
    if (first && how->console)
        console_pid = start_console(domid);
    if (first && how->paused)
        return (int)domid;
    rc = libxl_domain_unpause(xl.ctx, domid, NULL);
    if (!rc)
        return (int)domid;
    fprintf(stderr, "Unable to unpause domain %u, destroying it\n", domid);
    libxl_domain_destroy(xl.ctx, domid, NULL);
    return rc;
}

static bool wants_monitor(const libxl_domain_config *config)
{
    const libxl_action_on_shutdown none = LIBXL_ACTION_ON_SHUTDOWN_PRESERVE;

    return config->on_poweroff != none || config->on_reboot != none || config->on_crash != none ||
           config->on_watchdog != none || config->on_soft_reset != none;
}

static int create(const struct creation *how, libxl_domain_config *config)
{
    int domid = create_domain(how, config, true), rc = 0;

    if (domid < 0)
        return NOT_CREATED;
    if (how->foreground)
        rc = monitor(how, config, (uint32_t)domid);
    else if (!how->unattended && wants_monitor(config))
        rc = monitor_in_background(how, config, (uint32_t)domid);
    wait_for(console_pid);
    return rc;
}

struct arguments {
    const char *file;
    char **settings;
    int count;
};

/* What follows the options: a file, unless -f named one, and settings. */
static void take_argument(struct arguments *a, char *argument)
{
    if (strchr(argument, '='))
        *GROW(a->settings, a->count) = argument;
    else if (!a->file)
        a->file = argument;
    else {
        fprintf(stderr, "xl: \"%s\" is neither an option nor key=value\n", argument);
        exit(BAD_USAGE);
    }
}

static int parse(struct creation *how, const struct arguments *a, libxl_domain_config *config)
{
    if (!a->file) {
        fprintf(stderr, "Config file not specified and none in save file\n");
        return NO_CONFIG;
    }
    if (source_read(&how->source, a->file, a->settings, a->count))
        return NOT_CREATED;
    if (!how->quiet)
        printf("Parsing config from %s\n", a->file);
    fflush(stdout);
    return config_parse(&how->source, config);
}

int cmd_create(int argc, char **argv)
{
    static const struct option names[] = {
        {"dryrun", no_argument, NULL, 'n'},
        {"quiet", no_argument, NULL, 'q'},
        {"defconfig", required_argument, NULL, 'f'},
        {"vncviewer", no_argument, NULL, 'V'},
        {"vncviewer-autopass", no_argument, NULL, 'A'},
        {"ignore-global-affinity-masks", no_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct creation how = {.paused = false};
    struct arguments a = {NULL, NULL, 0};
    libxl_domain_config config;
    int c, rc;

    while ((c = xl_option(argc, argv, "Fnqf:pcdeVAh", names)) != -1) {
        if (c == 'f')
            a.file = optarg;
        how.paused |= c == 'p';
        how.console |= c == 'c';
        how.foreground |= c == 'F';
        how.unattended |= c == 'e';
        how.quiet |= c == 'q';
        xl.dry_run |= c == 'n';
        if (c == 'V' || c == 'A') {
            fprintf(stderr, "xl: this xl starts no VNC viewer\n");
            return BAD_USAGE;
        }
    }
    for (int i = optind; i < argc; i++)
        take_argument(&a, argv[i]);
    libxl_domain_config_init(&config);
    rc = parse(&how, &a, &config);
    if (!rc)
        rc = xl.dry_run ? print_config(&config) : create(&how, &config);
    libxl_domain_config_dispose(&config);
    source_free(&how.source);
    free(a.settings);
    return rc;
}

/* The new text takes effect when the domain is created anew. */
int cmd_config_update(int argc, char **argv)
{
    static const struct option names[] = {
        {"defconfig", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct creation how = {.quiet = true};
    struct arguments a = {NULL, NULL, 0};
    libxl_domain_config config;
    uint32_t domid;
    int c, rc;

    fprintf(stderr, "WARNING: xl now has better capability to manage domain configuration, "
                    "avoid using this command when possible\n");
    while ((c = xl_option(argc, argv, "dhqf:", names)) != -1)
        if (c == 'f')
            a.file = optarg;
    xl_want(argc, 1);
    domid = xl_domain(argv[optind]);
    for (int i = optind + 1; i < argc; i++)
        take_argument(&a, argv[i]);
    libxl_domain_config_init(&config);
    rc = parse(&how, &a, &config);
    if (!rc && xl.dry_run) {
        rc = print_config(&config);
    } else if (!rc) {
        fprintf(stderr, "setting dom%u configuration\n", domid);
        rc = libxl_userdata_store(xl.ctx, domid, "xl", (const uint8_t *)how.source.text,
                                  (int)strlen(how.source.text));
        if (rc) {
            fprintf(stderr, "failed to update configuration\n");
            rc = EXIT_FAILURE;
        }
    }
    libxl_domain_config_dispose(&config);
    source_free(&how.source);
    free(a.settings);
    return rc;
}
