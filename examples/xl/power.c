/* SPDX-License-Identifier: MIT */
/* xl destroy, shutdown, reboot, pause, unpause, rename, trigger, sysrq, dump-core. */
#include "xl.h"

#include <libxl_event.h>
#include <limits.h>

int cmd_pause(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    return libxl_domain_pause(xl.ctx, xl_domain(argv[optind]), NULL) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_unpause(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    return libxl_domain_unpause(xl.ctx, xl_domain(argv[optind]), NULL) ? EXIT_FAILURE
                                                                       : EXIT_SUCCESS;
}

int cmd_destroy(int argc, char **argv)
{
    bool force = false;
    uint32_t domid;
    int c;

    while ((c = xl_option(argc, argv, "fh", NULL)) != -1)
        force |= c == 'f';
    xl_want(argc, 1);
    domid = xl_domain(argv[optind]);
    if (domid == 0 && !force) {
        fprintf(stderr, "Not destroying domain 0; use -f to force.\n"
                        "This can only be done when using a disaggregated hardware domain and "
                        "toolstack.\n\n");
        return EXIT_FAILURE;
    }
    if (!libxl_domain_destroy(xl.ctx, domid, NULL))
        return EXIT_SUCCESS;
    fprintf(stderr, "destroy failed\n");
    return EXIT_FAILURE;
}

int cmd_rename(int argc, char **argv)
{
    uint32_t domid;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    domid = xl_domain(argv[optind]);
    if (!libxl_domain_rename(xl.ctx, domid, NULL, argv[optind + 1]))
        return EXIT_SUCCESS;
    fprintf(stderr, "Can't rename domain '%s'.\n", argv[optind]);
    return EXIT_FAILURE;
}

/* ---- shutdown and reboot ---- */

struct request {
    bool reboot;
    bool fall_back; /* to a button, for a guest without PV drivers */
    int wait;       /* 1: until it shut down, 2: until it is gone */
    int waiting;    /* domains */
    bool *counted;  /* by domain ID: those not to be waited for any more */
    uint32_t nr_counted;
};

static int send_request(struct request *r, uint32_t domid)
{
    int rc;

    fprintf(stderr, "%s domain %u\n", r->reboot ? "Rebooting" : "Shutting down", domid);
    rc = r->reboot ? libxl_domain_reboot(xl.ctx, domid, NULL)
                   : libxl_domain_shutdown(xl.ctx, domid, NULL);
    if (rc == ERROR_NOPARAVIRT && r->fall_back) {
        fprintf(stderr, "PV control interface not available: sending ACPI %s event.\n",
                r->reboot ? "reset" : "power");
        rc = libxl_send_trigger(xl.ctx, domid,
                                r->reboot ? LIBXL_TRIGGER_RESET : LIBXL_TRIGGER_POWER, 0, NULL);
    } else if (rc == ERROR_NOPARAVIRT) {
        fprintf(stderr,
                "PV control interface not available, external graceful %s not possible.\n"
                "Use -F to fall back to an ACPI event.\n",
                r->reboot ? "reboot" : "shutdown");
    }
    if (rc)
        fprintf(stderr, "%s failed (rc=%d)\n", r->reboot ? "reboot" : "shutdown", rc);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Each counts once, by its shutdown or its death. */
static bool *counted(struct request *r, uint32_t domid)
{
    if (domid >= r->nr_counted) {
        r->counted = xl_must(realloc(r->counted, (domid + 1) * sizeof(*r->counted)));
        memset(r->counted + r->nr_counted, 0, (domid + 1 - r->nr_counted) * sizeof(*r->counted));
        r->nr_counted = domid + 1;
    }
    return &r->counted[domid];
}

/* The events are asked for before the request, so that none is missed. */
static int request_one(struct request *r, uint32_t domid)
{
    libxl_evgen_domain_death *deaths = NULL;

    if (r->wait && libxl_evenable_domain_death(xl.ctx, domid, domid, &deaths)) {
        fprintf(stderr, "Unable to wait for domain %u\n", domid);
        return EXIT_FAILURE;
    }
    if (send_request(r, domid)) {
        if (deaths)
            libxl_evdisable_domain_death(xl.ctx, deaths);
        *counted(r, domid) = true; /* its event may be there already */
        return EXIT_FAILURE;
    }
    r->waiting += r->wait ? 1 : 0;
    return EXIT_SUCCESS;
}

static int wait_for_all(struct request *r)
{
    fprintf(stderr, "Waiting for %d domains\n", r->waiting);
    while (r->waiting) {
        libxl_event *event;
        bool over = true;

        if (libxl_event_wait(xl.ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL)) {
            fprintf(stderr, "Failed to get event, aborting\n");
            return EXIT_FAILURE;
        }
        if (*counted(r, event->domid))
            over = false;
        else if (event->type == LIBXL_EVENT_TYPE_DOMAIN_DEATH)
            fprintf(stderr, "Domain %u has been destroyed\n", event->domid);
        else if (event->type == LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN && r->wait == 1)
            fprintf(stderr, "Domain %u has been shut down, reason code %d\n", event->domid,
                    event->u.domain_shutdown.shutdown_reason);
        else
            over = false;
        if (over) {
            *counted(r, event->domid) = true;
            r->waiting--;
        }
        libxl_event_free(xl.ctx, event);
    }
    return EXIT_SUCCESS;
}

static int request_all(struct request *r)
{
    int count = 0, rc = EXIT_SUCCESS;
    libxl_dominfo *domains = libxl_list_domain(xl.ctx, &count);

    if (!domains) {
        fprintf(stderr, "libxl_list_domain failed.\n");
        return EXIT_FAILURE;
    }
    for (int i = 0; i < count; i++)
        if (domains[i].domid)
            rc |= request_one(r, domains[i].domid);
    libxl_dominfo_list_free(domains, count);
    return rc;
}

static int shut_down_or_reboot(int argc, char **argv, bool reboot)
{
    static const struct option names[] = {
        {"all", no_argument, NULL, 'a'},
        {"wait", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct request r = {.reboot = reboot};
    bool all = false;
    int c, rc;

    while ((c = xl_option(argc, argv, "awFh", names)) != -1) {
        all |= c == 'a';
        r.wait += c == 'w';
        r.fall_back |= c == 'F';
    }
    if (optind == argc && !all) {
        fprintf(stderr, "You must specify -a or a domain id.\n\n");
        return EXIT_FAILURE;
    }
    if (all && optind < argc) {
        fprintf(stderr, "You must not specify both -a and a domain id.\n");
        return EXIT_FAILURE;
    }
    rc = all ? request_all(&r) : request_one(&r, xl_domain(argv[optind]));
    rc |= r.waiting ? wait_for_all(&r) : 0;
    free(r.counted);
    return rc;
}

int cmd_shutdown(int argc, char **argv)
{
    return shut_down_or_reboot(argc, argv, false);
}

int cmd_reboot(int argc, char **argv)
{
    return shut_down_or_reboot(argc, argv, true);
}

/* ---- signals to a guest ---- */

static int send_trigger(const char *domain, const char *name, const char *vcpu)
{
    uint32_t domid = xl_domain(domain);
    libxl_trigger trigger;
    long number = 0;

    if (libxl_trigger_from_string(name, &trigger)) {
        fprintf(stderr, "Invalid trigger \"%s\"\n", name);
        return EXIT_FAILURE;
    }
    if (vcpu && !xl_number(vcpu, 0, INT_MAX, &number)) {
        fprintf(stderr, "Invalid vcpuid, using default vcpuid=0.\n\n");
        number = 0;
    }
    return libxl_send_trigger(xl.ctx, domid, trigger, (uint32_t)number, NULL) ? EXIT_FAILURE
                                                                              : EXIT_SUCCESS;
}

int cmd_trigger(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    return send_trigger(argv[optind], argv[optind + 1],
                        argc > optind + 2 ? argv[optind + 2] : NULL);
}

int cmd_button_press(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    fprintf(stderr, "WARNING: \"button-press\" is deprecated. Please use \"trigger\"\n");
    if (strcmp(argv[optind + 1], "power") && strcmp(argv[optind + 1], "sleep")) {
        fprintf(stderr, "%s is an invalid button identifier\n", argv[optind + 1]);
        return BAD_USAGE;
    }
    return send_trigger(argv[optind], argv[optind + 1], NULL);
}

int cmd_sysrq(int argc, char **argv)
{
    const char *letter;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    letter = argv[optind + 1];
    if (strlen(letter) != 1) {
        fprintf(stderr, "Invalid sysrq.\n\n");
        print_usage(xl.command);
        return EXIT_FAILURE;
    }
    return libxl_send_sysrq(xl.ctx, xl_domain(argv[optind]), *letter) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_dump_core(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    if (!libxl_domain_core_dump(xl.ctx, xl_domain(argv[optind]), argv[optind + 1], NULL))
        return EXIT_SUCCESS;
    fprintf(stderr, "core dump failed\n");
    return EXIT_FAILURE;
}
