/* SPDX-License-Identifier: MIT */
/* xl top: the domains and what they use, again and again. */
#include "xl.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define DELAY_MS 3000

/* What was seen last time, by domain. */
struct sample {
    uint32_t domid;
    uint64_t cpu_time;
};

struct top {
    struct sample *samples;
    int count;
    struct timespec taken;
    bool batch;
};

static double seconds_since(const struct timespec *then, const struct timespec *now)
{
    return (double)(now->tv_sec - then->tv_sec) + (double)(now->tv_nsec - then->tv_nsec) / 1e9;
}

/* Percent of one CPU since the last sample, 0 in the first round. */
static double percent(const struct top *top, const libxl_dominfo *d, double elapsed)
{
    for (int i = 0; i < top->count; i++)
        if (top->samples[i].domid == d->domid && d->cpu_time >= top->samples[i].cpu_time)
            return (double)(d->cpu_time - top->samples[i].cpu_time) / 1e7 / elapsed;
    return 0;
}

static void remember(struct top *top, const libxl_dominfo *domains, int count)
{
    free(top->samples);
    top->samples = xl_must(calloc((size_t)count + 1, sizeof(*top->samples)));
    top->count = count;
    for (int i = 0; i < count; i++)
        top->samples[i] = (struct sample){domains[i].domid, domains[i].cpu_time};
}

static void print_summary(const libxl_physinfo *p, const libxl_dominfo *domains, int count)
{
    const libxl_version_info *v = libxl_get_version_info(xl.ctx);
    char clock[16] = "";
    time_t now = time(NULL);
    struct tm tm;
    int running = 0, blocked = 0, paused = 0, ended = 0;

    for (int i = 0; i < count; i++) {
        running += domains[i].running;
        blocked += domains[i].blocked;
        paused += domains[i].paused;
        ended += domains[i].shutdown || domains[i].dying;
    }
    strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
    printf("xl top - %s   Xen %d.%d%s\n", clock, v ? v->xen_version_major : 0,
           v ? v->xen_version_minor : 0, v && v->xen_version_extra ? v->xen_version_extra : "");
    printf("%d domains: %d running, %d blocked, %d paused, %d ended\n", count, running, blocked,
           paused, ended);
    printf("Mem: %luk total, %luk used, %luk free    CPUs: %u @ %uMHz\n",
           (unsigned long)p->total_pages * 4, (unsigned long)(p->total_pages - p->free_pages) * 4,
           (unsigned long)p->free_pages * 4, p->nr_cpus, p->cpu_khz / 1000);
}

static void print_domain(const struct top *top, const libxl_dominfo *d, double elapsed,
                         const libxl_physinfo *p)
{
    char *name = libxl_domid_to_name(xl.ctx, d->domid);

    printf("%-20.20s %5u %c%c%c%c%c %10.1f %6.1f %10lu %6.1f %5u\n", name ? name : "", d->domid,
           d->running ? 'r' : '-', d->blocked ? 'b' : '-', d->paused ? 'p' : '-',
           d->shutdown ? 's' : '-', d->dying ? 'd' : '-', (double)d->cpu_time / 1e9,
           percent(top, d, elapsed), (unsigned long)d->current_memkb,
           p->total_pages ? (double)d->current_memkb * 25 / (double)p->total_pages : 0,
           d->vcpu_online);
    free(name);
}

static int show(struct top *top)
{
    struct timespec now;
    libxl_dominfo *domains;
    libxl_physinfo p;
    double elapsed;
    int count = 0;

    libxl_physinfo_init(&p);
    domains = libxl_list_domain(xl.ctx, &count);
    if (!domains || libxl_get_physinfo(xl.ctx, &p)) {
        fprintf(stderr, "xl: cannot ask the hypervisor for its domains\n");
        if (domains)
            libxl_dominfo_list_free(domains, count);
        return EXIT_FAILURE;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    elapsed = seconds_since(&top->taken, &now);
    if (!top->batch)
        fputs("\033[H\033[2J", stdout);
    print_summary(&p, domains, count);
    printf("%-20s %5s %5s %10s %6s %10s %6s %5s\n", "NAME", "ID", "STATE", "CPU(sec)", "CPU(%)",
           "MEM(k)", "MEM(%)", "VCPUS");
    for (int i = 0; i < count; i++)
        print_domain(top, &domains[i], elapsed > 0.001 ? elapsed : 1, &p);
    fflush(stdout);
    remember(top, domains, count);
    top->taken = now;
    libxl_physinfo_dispose(&p);
    libxl_dominfo_list_free(domains, count);
    return EXIT_SUCCESS;
}

/* Wait for the next round; true: the user has had enough. */
static bool pause_or_quit(const struct top *top, int delay_ms)
{
    struct pollfd in = {STDIN_FILENO, POLLIN, 0};
    char key;

    if (top->batch) {
        poll(NULL, 0, delay_ms);
        return false;
    }
    if (poll(&in, 1, delay_ms) <= 0)
        return false;
    return read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q' || key == 3;
}

static int rounds(struct top *top, long iterations, int delay_ms)
{
    struct termios cooked, raw;
    bool tty = !top->batch && !tcgetattr(STDIN_FILENO, &cooked);
    int rc;

    if (tty) {
        raw = cooked;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    rc = show(top);
    for (long i = 1; !rc && (!iterations || i < iterations); i++) {
        if (pause_or_quit(top, delay_ms))
            break;
        if (top->batch)
            putchar('\n');
        rc = show(top);
    }
    if (tty)
        tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
    return rc;
}

int cmd_top(int argc, char **argv)
{
    static const struct option names[] = {
        {"batch", no_argument, NULL, 'b'},
        {"iterations", required_argument, NULL, 'n'},
        {"delay", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct top top = {.samples = NULL};
    long iterations = 0, delay = DELAY_MS / 1000;
    int c, rc;

    top.batch = !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO);
    while ((c = xl_option(argc, argv, "bn:i:d:h", names)) != -1) {
        bool good = true;

        top.batch |= c == 'b';
        if (c == 'n' || c == 'i')
            good = xl_number(optarg, 1, INT_MAX, &iterations);
        else if (c == 'd')
            good = xl_number(optarg, 1, 3600, &delay);
        if (!good) {
            fprintf(stderr, "option `%c' wants a number, not \"%s\".\n", c, optarg);
            return BAD_USAGE;
        }
    }
    if (top.batch && !iterations && !isatty(STDOUT_FILENO))
        iterations = 1;
    rc = rounds(&top, iterations, (int)delay * 1000);
    free(top.samples);
    return rc;
}
