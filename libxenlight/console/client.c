/* SPDX-License-Identifier: MIT */
/* xenconsole: attach this terminal to a guest's console.  Ctrl-] leaves. */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenstore.h>

#define ESCAPE 0x1d /* Ctrl-] */

enum console_type { TYPE_GUESS, TYPE_PV, TYPE_SERIAL, TYPE_VUART };

struct client {
    unsigned int domid, number;
    enum console_type type;
    int notify_fd; /* -1: nobody waits for us */
    struct xs_handle *xs;
    char *tty_path; /* in the store */
    int tty, lock, signals;
    struct termios saved;
    bool raw, stdin_open;
};

static void usage(FILE *to)
{
    fputs("Usage: xenconsole [OPTION] DOMID\n"
          "Attaches to a domain's console; Ctrl-] leaves.\n"
          "\n"
          "  -h, --help             show this text\n"
          "  -n, --num N            console number N\n"
          "      --type TYPE        pv, serial or vuart\n"
          "      --start-notify-fd N  write a zero byte there when attached\n"
          "  -e, --escape           accepted\n",
          to);
}

static bool parse_type(struct client *client, const char *text)
{
    static const char *const names[] = {"", "pv", "serial", "vuart"};

    for (int i = TYPE_PV; i <= TYPE_VUART; i++) {
        if (strcmp(names[i], text) == 0) {
            client->type = i;
            return true;
        }
    }
    fprintf(stderr, "xenconsole: there is no console type \"%s\"\n", text);
    return false;
}

static bool parse_option(struct client *client, int option)
{
    switch (option) {
    case 'n':
        client->number = strtoul(optarg, NULL, 10);
        return true;
    case 't':
        return parse_type(client, optarg);
    case 's':
        client->notify_fd = atoi(optarg);
        return true;
    case 'e':
        return true;
    default:
        return false;
    }
}

static void parse_options(struct client *client, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},       {"num", required_argument, NULL, 'n'},
        {"type", required_argument, NULL, 't'}, {"start-notify-fd", required_argument, NULL, 's'},
        {"escape", no_argument, NULL, 'e'},     {NULL, 0, NULL, 0},
    };
    char *end = NULL;
    int option = 0;

    while ((option = getopt_long(argc, argv, "hn:e", long_options, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(0);
        }
        if (!parse_option(client, option)) {
            usage(stderr);
            exit(2);
        }
    }
    if (optind != argc - 1) {
        usage(stderr);
        exit(2);
    }
    client->domid = strtoul(argv[optind], &end, 10);
    if (!*argv[optind] || *end)
        errx(2, "Invalid DOMID `%s'", argv[optind]);
}

/* A guest with a virtual machine's hardware has a serial port, others have the ring only. */
static enum console_type guess_type(const struct client *client)
{
    xc_interface *xc = xc_interface_open(NULL, NULL, 0);
    xc_domaininfo_t info;
    bool serial = false;
    char path[64], *tty = NULL;

    if (xc && xc_domain_getinfolist(xc, client->domid, 1, &info) == 1 &&
        info.domain == client->domid && (info.flags & XEN_DOMINF_hvm_guest)) {
        snprintf(path, sizeof(path), "/local/domain/%u/serial/0/tty", client->domid);
        tty = xs_read(client->xs, XBT_NULL, path, NULL);
        serial = tty != NULL;
        free(tty);
    }
    if (xc)
        xc_interface_close(xc);
    return serial ? TYPE_SERIAL : TYPE_PV;
}

static void find_tty_path(struct client *client)
{
    char *domain = xs_get_domain_path(client->xs, client->domid);
    int rc = -1;

    if (!domain)
        err(1, "cannot ask the store");
    if (client->type == TYPE_GUESS)
        client->type = guess_type(client);
    if (client->type == TYPE_SERIAL)
        rc = asprintf(&client->tty_path, "%s/serial/%u/tty", domain, client->number);
    else if (client->type == TYPE_VUART)
        rc = asprintf(&client->tty_path, "%s/vuart/%u/tty", domain, client->number);
    else if (client->number)
        rc = asprintf(&client->tty_path, "%s/device/console/%u/tty", domain, client->number);
    else
        rc = asprintf(&client->tty_path, "%s/console/tty", domain);
    free(domain);
    if (rc < 0)
        err(1, NULL);
}

static bool domain_known(const struct client *client)
{
    char path[64], *value = NULL;

    snprintf(path, sizeof(path), "/local/domain/%u", client->domid);
    value = xs_read(client->xs, XBT_NULL, path, NULL);
    free(value);
    return value != NULL;
}

/* The terminal comes when the console daemon has found the guest, which may take a moment. */
static int wait_for_tty(struct client *client)
{
    char *name = NULL, **event = NULL;
    unsigned int num = 0;
    int fd = -1;

    if (!xs_watch(client->xs, client->tty_path, "tty") ||
        !xs_watch(client->xs, "@releaseDomain", "gone"))
        err(1, "cannot watch the store");
    while (fd < 0) {
        name = xs_read(client->xs, XBT_NULL, client->tty_path, NULL);
        if (name && *name) {
            fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
            if (fd < 0 && errno != ENOENT)
                err(1, "Could not open tty `%s'", name);
        }
        free(name);
        if (fd >= 0)
            break;
        if (!domain_known(client))
            errx(1, "there is no domain %u", client->domid);
        event = xs_read_watch(client->xs, &num);
        if (!event)
            err(1, "the store is gone");
        free(event);
    }
    return fd;
}

/* Two who read one terminal would each see half of it. */
static void take_lock(struct client *client)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[64];

    snprintf(path, sizeof(path), "/var/lock/xenconsole.%u", client->domid);
    client->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (client->lock < 0) {
        warn("Could not open %s", path);
        return;
    }
    if (fcntl(client->lock, F_SETLK, &lock) == 0)
        return;
    if (fcntl(client->lock, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        errx(1, "the console of domain %u is in use by process %d", client->domid, (int)lock.l_pid);
    err(1, "Could not lock %s", path);
}

static void enter_raw_mode(struct client *client)
{
    struct termios raw;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &client->saved) != 0)
        return;
    raw = client->saved;
    cfmakeraw(&raw);
    client->raw = tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

static void leave_raw_mode(struct client *client)
{
    if (client->raw)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &client->saved);
}

/* Write all to a descriptor that may not take it at once. */
static bool put(int fd, const char *buf, size_t len)
{
    while (len) {
        ssize_t done = write(fd, buf, len);

        if (done < 0 && errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};

            poll(&wait, 1, -1);
            continue;
        }
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        buf += done;
        len -= done;
    }
    return true;
}

/* @return false when the user wants to leave */
static bool from_user(struct client *client)
{
    char buf[1024], *escape = NULL;
    ssize_t len = read(STDIN_FILENO, buf, sizeof(buf));

    if (len <= 0) {
        /* Nothing more to say, but perhaps more to hear. */
        client->stdin_open = len < 0 && (errno == EINTR || errno == EAGAIN);
        return true;
    }
    escape = memchr(buf, ESCAPE, len);
    return put(client->tty, buf, escape ? escape - buf : len) && !escape;
}

/* @return false when the console is gone */
static bool from_guest(struct client *client)
{
    char buf[4096];
    ssize_t len = read(client->tty, buf, sizeof(buf));

    if (len < 0)
        return errno == EAGAIN || errno == EINTR;
    return len > 0 && put(STDOUT_FILENO, buf, len);
}

static void talk(struct client *client)
{
    bool going = true;

    while (going) {
        struct pollfd fds[] = {
            {.fd = client->tty, .events = POLLIN},
            {.fd = client->signals, .events = POLLIN},
            {.fd = client->stdin_open ? STDIN_FILENO : -1, .events = POLLIN},
        };

        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            going = from_guest(client);
        if (going && fds[2].revents)
            going = from_user(client);
        if (fds[1].revents)
            going = false;
    }
}

static void watch_signals(struct client *client)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    client->signals = signalfd(-1, &signals, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
    struct client client = {.notify_fd = -1, .lock = -1, .stdin_open = true};

    parse_options(&client, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    client.xs = xs_open(0);
    if (!client.xs)
        err(1, "Could not contact XenStore");
    find_tty_path(&client);
    take_lock(&client);
    client.tty = wait_for_tty(&client);
    xs_close(client.xs);
    free(client.tty_path);
    watch_signals(&client);
    enter_raw_mode(&client);
    if (client.notify_fd >= 0) {
        (void)!write(client.notify_fd, "", 1);
        close(client.notify_fd);
    }
    talk(&client);
    leave_raw_mode(&client);
    return 0;
}
