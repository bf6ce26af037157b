/* SPDX-License-Identifier: MIT */
/* The console: messages of ours and of guests, the ring that dom0 reads, input for dom0. */
#include <hv/arch/domain.h>
#include <hv/cmdline.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/printk.h>
#include <hv/string.h>

#define RING_SIZE  32768u
#define INPUT_SIZE 1024u
#define LINE_MAX   1024

enum level { LEVEL_ERROR = 1, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

/* Messages up to `always` are printed, those above it up to `limited` as long as there are few. */
struct threshold {
    int always, limited;
};
static struct threshold host_threshold = {LEVEL_WARNING, LEVEL_WARNING};
static struct threshold guest_threshold = {0, LEVEL_WARNING};

static spinlock_t console_lock = SPINLOCK_INIT;
static bool console_broken; /* panic: whoever holds the lock may never release it */
static bool line_started;   /* the last message did not end its line */
static bool last_printed;   /* ... and was shown */

static char ring[RING_SIZE];
static uint32_t ring_produced, ring_start; /* free-running; [start, produced) is there */

static char input[INPUT_SIZE];
static uint32_t input_produced, input_consumed;
static spinlock_t input_lock = SPINLOCK_INIT;

static bool opt_noreboot;
BOOL_OPTION("noreboot", opt_noreboot);

/* --- options ---------------------------------------------------------------------------------- */
static int parse_level(const char *s, size_t len)
{
    static const char *const names[] = {"none", "error", "warning", "info", "debug", "all"};

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i]) == len && !strncmp(names[i], s, len))
            return (int)min(i, (unsigned int)LEVEL_DEBUG);
    return -EINVAL;
}

static int parse_threshold(const char *s, struct threshold *t)
{
    const char *slash = strchr(s, '/');
    int lower = parse_level(s, slash ? (size_t)(slash - s) : strlen(s));
    int upper = slash ? parse_level(slash + 1, strlen(slash + 1)) : lower;

    if (lower < 0 || upper < lower)
        return -EINVAL;
    *t = (struct threshold){lower, upper};
    return 0;
}

static int parse_loglvl(const char *s)
{
    return parse_threshold(s, &host_threshold);
}
CUSTOM_OPTION("loglvl", parse_loglvl);

static int parse_guest_loglvl(const char *s)
{
    return parse_threshold(s, &guest_threshold);
}
CUSTOM_OPTION("guest_loglvl", parse_guest_loglvl);

/* --- output ----------------------------------------------------------------------------------- */
static unsigned long lock_console(void)
{
    unsigned long flags = arch_irq_save();

    if (!console_broken)
        spin_lock(&console_lock);
    return flags;
}

static void unlock_console(unsigned long flags)
{
    if (!console_broken)
        spin_unlock(&console_lock);
    arch_irq_restore(flags);
}

static void emit(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ring[ring_produced % RING_SIZE] = s[i];
        ring_produced++;
        if (s[i] == '\n')
            arch_console_putc('\r');
        arch_console_putc(s[i]);
    }
    if (ring_produced - ring_start > RING_SIZE)
        ring_start = ring_produced - RING_SIZE;
}

void console_softirq(void)
{
    send_global_virq(VIRQ_CON_RING);
}

/* The event is sent from a softirq: we may be called with any lock held. */
static void ring_written(void)
{
    if (dom0 && !console_broken)
        softirq_raise(SOFTIRQ_CONSOLE);
}

/* Text of ours: each line begins with the prefix. */
static void emit_lines(const char *prefix, const char *s)
{
    while (*s) {
        const char *end = strchr(s, '\n');
        size_t len = end ? (size_t)(end - s) + 1 : strlen(s);

        if (!line_started)
            emit(prefix, strlen(prefix));
        emit(s, len);
        line_started = !end;
        s += len;
    }
}

/* At most a burst of messages in a while, and no more until some time has gone by. */
static bool rate_limit_ok(void)
{
    static s_time_t window_start;
    static unsigned int in_window, suppressed;
    s_time_t t = now();

    if (t - window_start > SECONDS(5)) {
        char note[64];

        if (suppressed) {
            hv_snprintf(note, sizeof(note), "%u messages suppressed\n", suppressed);
            emit_lines("(XEN) ", note);
        }
        window_start = t;
        in_window = suppressed = 0;
    }
    if (in_window < 10) {
        in_window++;
        return true;
    }
    suppressed++;
    return false;
}

static bool wanted(const struct threshold *t, int level)
{
    return level <= t->always || (level <= t->limited && rate_limit_ok());
}

static bool select_level(const char **fmt)
{
    static const char letters[] = "EWID", guest_letters[] = "ewid";
    const char *p;

    if ((*fmt)[0] != '\001')
        return wanted(&host_threshold, LEVEL_WARNING);
    *fmt += 2;
    p = strchr(letters, (*fmt)[-1]);
    if (p)
        return wanted(&host_threshold, (int)(p - letters) + 1);
    p = strchr(guest_letters, (*fmt)[-1]);
    return !p || wanted(&guest_threshold, (int)(p - guest_letters) + 1);
}

static void vprintk(const char *fmt, va_list ap)
{
    static char text[LINE_MAX]; /* under console_lock */
    unsigned long flags = lock_console();

    /* The rest of a line goes where its beginning went. */
    if (fmt[0] == '\001' || !line_started || last_printed)
        last_printed = select_level(&fmt);
    if (last_printed || console_broken) {
        if (hv_vsnprintf(text, sizeof(text), fmt, ap) >= LINE_MAX)
            text[LINE_MAX - 2] = '\n'; /* cut short, but a line */
        emit_lines("(XEN) ", text);
    }
    unlock_console(flags);
    ring_written();
}

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}

void panic(const char *fmt, ...)
{
    static bool panicking;
    va_list ap;

    arch_irq_disable();
    if (!panicking) {
        panicking = true;
        console_broken = true;
        printk("\n****************************************\nPanic on CPU %u:\n",
               smp_processor_id());
        va_start(ap, fmt);
        vprintk(fmt, ap);
        va_end(ap);
        printk("\n");
        arch_panic_dump();
        printk("****************************************\n%s\n",
               opt_noreboot ? "Halting." : "Reboot in five seconds...");
    }
    if (opt_noreboot)
        arch_machine_halt();
    arch_machine_restart(5000);
}

/* --- the ring --------------------------------------------------------------------------------- */
void console_ring_write(const char *s, size_t len)
{
    unsigned long flags = lock_console();

    emit(s, len);
    unlock_console(flags);
    ring_written();
}

size_t console_ring_read(char *dst, size_t size, uint32_t *index, bool incremental, bool clear)
{
    unsigned long flags = lock_console();
    uint32_t from = ring_start;
    size_t n = 0;

    if (incremental && *index - ring_start <= ring_produced - ring_start)
        from = *index;
    for (; n < size && from + n != ring_produced; n++)
        dst[n] = ring[(from + n) % RING_SIZE];
    *index = from + (uint32_t)n;
    if (clear)
        ring_start = ring_produced;
    unlock_console(flags);
    return n;
}

/* --- guests' output --------------------------------------------------------------------------- */
static void flush_guest_line(struct domain *d)
{
    struct console_domain *c = &d->console;
    unsigned long flags = lock_console();
    char prefix[24];

    if (wanted(&guest_threshold, LEVEL_DEBUG)) {
        if (line_started)
            emit("\n", 1);
        hv_snprintf(prefix, sizeof(prefix), "(XEN) (d%u) ", d->domid);
        emit(prefix, strlen(prefix));
        emit(c->line, c->len);
        emit("\n", 1);
        line_started = false;
    }
    unlock_console(flags);
    c->len = 0;
}

void console_guest_write(struct domain *d, const char *s, size_t len)
{
    struct console_domain *c = &d->console;

    if (d->is_privileged) {
        /* Dom0 owns the console: as it is. */
        console_ring_write(s, len);
        return;
    }
    spin_lock(&c->lock);
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\n' || c->len == CONSOLE_LINE)
            flush_guest_line(d);
        /* text alone: control characters would work on the administrator's terminal */
        if ((s[i] >= ' ' && s[i] <= '~') || s[i] == '\t')
            c->line[c->len++] = s[i];
    }
    spin_unlock(&c->lock);
    ring_written();
}

/* --- input ------------------------------------------------------------------------------------ */
void console_input(char c)
{
    unsigned long flags;

    spin_lock_irqsave(&input_lock, flags);
    if (input_produced - input_consumed < INPUT_SIZE)
        input[input_produced++ % INPUT_SIZE] = c;
    spin_unlock_irqrestore(&input_lock, flags);
    send_global_virq(VIRQ_CONSOLE);
}

size_t console_input_read(char *dst, size_t size)
{
    unsigned long flags;
    size_t n = 0;

    spin_lock_irqsave(&input_lock, flags);
    for (; n < size && input_consumed != input_produced; n++)
        dst[n] = input[input_consumed++ % INPUT_SIZE];
    spin_unlock_irqrestore(&input_lock, flags);
    return n;
}
