/* SPDX-License-Identifier: MIT */
/* Traps and output, for any program here; run() is the program. */
#include "pvh.h"

#include <xen/arch-x86/hvm/start_info.h>
#include <xen/sched.h>

struct escape last;
static struct escape *escape;
bool (*on_fault)(struct regs *r);
int failures;
volatile unsigned int nr_seen;
volatile uint8_t seen[256];
volatile uint64_t last_seen_at;

static struct {
    uint16_t low, selector;
    uint8_t ist, type;
    uint16_t middle;
    uint32_t high, zero;
} idt[256];
static struct {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, ist[7], reserved2;
    uint16_t reserved3, iomap;
} __attribute__((packed)) tss;

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;

    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
    return start;
}

void *memset(void *to, int value, size_t size)
{
    void *start = to;

    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *p = a, *q = b;

    for (; size; size--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

long hypercall(unsigned long op, unsigned long a, unsigned long b, unsigned long c)
{
    long rc;

    __asm__ volatile("vmmcall" : "=a"(rc), "+D"(a), "+S"(b), "+d"(c) : "0"(op) : "memory");
    return rc;
}

/* --- output -------------------------------------------------------------------------------------------------- */
static size_t length(const char *s)
{
    size_t n = 0;

    while (s[n])
        n++;
    return n;
}

static char *append(char *to, const char *s)
{
    size_t n = length(s);

    memcpy(to, s, n);
    return to + n;
}

static char *append_hex(char *to, uint64_t v)
{
    int shift = 60;

    while (shift && !(v >> shift & 15))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[v >> shift & 15];
    return to;
}

void say(const char *verdict, const char *name, bool with_value, uint64_t value)
{
    char line[128], *p = line;

    p = append(p, verdict);
    p = append(p, name);
    if (with_value) {
        p = append(p, ": is ");
        p = append_hex(p, value);
    }
    *p++ = '\n';
    CALL(console_io, 0, p - line, line);
}

void expect(bool ok, const char *name, uint64_t is)
{
    if (!ok)
        failures++;
    say(ok ? "PASS " : "FAIL ", name, !ok, is);
}

const char *option(const char *name)
{
    const char *at = (const char *)start_info->cmdline_paddr;
    size_t n = length(name);

    for (; at && *at; at++)
        if (!memcmp(at, name, n) && at[n] == '=')
            return at + n + 1;
    return NULL;
}

uint64_t number(const char *name, uint64_t otherwise)
{
    const char *at = option(name);
    uint64_t n = 0;

    for (; at && *at >= '0' && *at <= '9'; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    return at ? n : otherwise;
}

void shutdown(unsigned int reason)
{
    struct sched_shutdown s = {reason};

    for (;;)
        CALL(sched_op, SCHEDOP_shutdown, &s, 0);
}

/* --- traps ----------------------------------------------------------------------------------------------------- */
void catch_faults(struct escape *e)
{
    escape = e;
}

void forget_seen(void)
{
    nr_seen = 0;
}

static void interrupt(struct regs *r)
{
    last_seen_at = rdtsc();
    if (nr_seen < ARRAY(seen))
        seen[nr_seen] = (uint8_t)r->vector;
    nr_seen++;
    if (r->vector >= 32)
        wrmsr(0x80b, 0);
}

void trap(struct regs *r);
void trap(struct regs *r)
{
    uint64_t cr2;

    if (r->vector == 0x80) {
        r->rip = (uint64_t)from_ring3;
        r->cs = 0x18;
        r->ss = 0x10;
        r->rsp = (uint64_t)stacks[3];
        return;
    }
    if (r->vector >= 32 || r->vector == 2) {
        interrupt(r);
        return;
    }
    if (on_fault && on_fault(r))
        return;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    if (!escape) {
        say("FAIL ", "trap", true, r->vector);
        say("# ", "rip", true, r->rip);
        say("# ", "cr2", true, cr2);
        shutdown(SHUTDOWN_crash);
    }
    escape->vector = r->vector;
    escape->error = r->error;
    escape->address = cr2;
    r->rax = r->vector + 1;
    r->rip = escape->rip;
    r->rsp = escape->rsp;
    r->rbx = escape->rbx;
    r->rbp = escape->rbp;
    r->r12 = escape->r12;
    r->r13 = escape->r13;
    r->r14 = escape->r14;
    r->r15 = escape->r15;
    r->cs = 0x18;
    r->ss = 0x10;
    r->rflags &= ~0x100UL;
}

static void load_tables(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) p = {sizeof(idt) - 1, (uint64_t)idt};
    uint64_t t = (uint64_t)&tss;

    for (unsigned int v = 0; v < 256; v++) {
        idt[v].low = (uint16_t)trap_stubs[v];
        idt[v].middle = (uint16_t)(trap_stubs[v] >> 16);
        idt[v].selector = 0x18;
        idt[v].type = v == 0x80 ? 0xee : 0x8e;
    }
    __asm__ volatile("lidt %0" ::"m"(p));
    tss.rsp[0] = (uint64_t)stacks[3] + STACK;
    tss.iomap = sizeof(tss);
    gdt_tss[0] = (sizeof(tss) - 1) | (t & 0xffffff) << 16 | 0x89UL << 40 | (t >> 24 & 0xff) << 56;
    gdt_tss[1] = t >> 32;
    __asm__ volatile("ltr %w0" ::"r"(0x38));
}

void main(void);
void main(void)
{
    load_tables();
    run();
    shutdown(SHUTDOWN_poweroff);
}
