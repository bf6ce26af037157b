/* SPDX-License-Identifier: MIT */
/* Traps, console, time, vCPUs of the tiny guest. */
#include "guest.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

struct start_info *start_info;
struct shared_info *shared;

extern const uint64_t trap_stubs[32];
extern const char event_entry[], failsafe_entry[], vcpu_start[], hypercall_page[];
static char shared_page[PAGE] __attribute__((aligned(PAGE)));
static struct escape *escapes[MAX_VCPUS];
static void (*vcpu_fn)(unsigned int);
static int console_lock, failures;

struct regs {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

void *memcpy(void *to, const void *from, size_t size)
{
    void *start = to;

    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return start;
}

void *memset(void *to, int value, size_t size)
{
    void *start = to;

    asm volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *p = a, *q = b;

    for (; size; size--, p++, q++) {
        if (*p != *q)
            return *p - *q;
    }
    return 0;
}

long hypercall(unsigned long op, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
               unsigned long e)
{
    register unsigned long r10 asm("r10") = d;
    register unsigned long r8 asm("r8") = e;
    const char *entry = hypercall_page + op * 32;
    long rc = (long)op;

    if (op < 64)
        asm volatile("call *%[entry]"
                     : "=a"(rc), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
                     : [entry] "r"(entry)
                     : "rcx", "r9", "r11", "memory");
    else /* the page has no entry; the number still can be asked for */
        asm volatile("syscall"
                     : "+a"(rc), "+D"(a), "+S"(b), "+d"(c), "+r"(r10), "+r"(r8)
                     :
                     : "rcx", "r9", "r11", "memory");
    return rc;
}

/* ---- console ---- */

static struct xencons_interface *ring;

static void kick_console(void)
{
    struct evtchn_send send = {.port = start_info->console.domU.evtchn};

    CALL(event_channel_op, EVTCHNOP_send, &send);
}

static void put(char c)
{
    XENCONS_RING_IDX prod = ring->out_prod;

    while (prod - *(volatile XENCONS_RING_IDX *)&ring->out_cons >= sizeof(ring->out)) {
        kick_console();
        yield();
    }
    ring->out[MASK_XENCONS_IDX(prod, ring->out)] = c;
    __atomic_store_n(&ring->out_prod, prod + 1, __ATOMIC_RELEASE);
}

static void put_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n')
            put('\r');
        put(*text);
    }
}

static void put_number(uint64_t value, unsigned int base, bool negative)
{
    char digits[24];
    int n = sizeof(digits) - 1;

    digits[n] = '\0';
    do {
        digits[--n] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative)
        put('-');
    put_text(digits + n);
}

/* %s, %d, %ld, %lu, %lx are all that is known */
static void put_format(const char *format, va_list args)
{
    for (; *format; format++) {
        if (*format != '%') {
            char one[2] = {*format, '\0'};

            put_text(one);
            continue;
        }
        bool is_long = *++format == 'l';

        if (is_long)
            format++;
        if (*format == 's') {
            put_text(va_arg(args, const char *));
        } else if (*format == 'd') {
            long value = is_long ? va_arg(args, long) : va_arg(args, int);

            put_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, value < 0);
        } else {
            put_number(is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned int),
                       *format == 'x' ? 16 : 10, false);
        }
    }
}

static void print_locked(const char *before, const char *name, const char *format, va_list args)
{
    while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE))
        yield();
    put_text(before);
    put_text(name);
    put_format(format, args);
    __atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
    kick_console();
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_locked("", "", format, args);
    va_end(args);
}

void pass(const char *name)
{
    print("PASS %s\n", name);
}

void fail(const char *name, const char *format, ...)
{
    va_list args;

    failures++;
    va_start(args, format);
    print_locked("FAIL ", name, "", args);
    print_locked(": ", "", format, args);
    va_end(args);
    print("\n");
}

bool expect(bool ok, const char *name, const char *what, long value)
{
    if (ok)
        pass(name);
    else
        fail(name, "%s %ld", what, value);
    return ok;
}

/* ---- traps ---- */

unsigned int this_vcpu(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);

    return (unsigned int)((here - (uint64_t)stacks) / STACK);
}

void catch_faults(struct escape *escape)
{
    unsigned int vcpu = this_vcpu();

    if (vcpu < MAX_VCPUS)
        escapes[vcpu] = escape;
}

void trap(struct regs *regs);
void trap(struct regs *regs)
{
    unsigned int vcpu = this_vcpu();
    struct escape *e = vcpu < MAX_VCPUS ? escapes[vcpu] : NULL;
    uint64_t address = shared && vcpu < MAX_VCPUS ? shared->vcpu_info[vcpu].arch.cr2 : 0;

    if (!e) {
        print("FAIL unexpected-trap: vector %lu error %lx rip %lx address %lx\n", regs->vector,
              regs->error, regs->rip, address);
        shutdown(SHUTDOWN_crash);
    }
    escapes[vcpu] = NULL;
    e->vector = regs->vector;
    e->error = regs->error;
    e->address = address;
    regs->rax = regs->vector + 1;
    regs->rip = e->rip;
    regs->rsp = e->rsp;
    regs->rbx = e->rbx;
    regs->rbp = e->rbp;
    regs->r12 = e->r12;
    regs->r13 = e->r13;
    regs->r14 = e->r14;
    regs->r15 = e->r15;
    regs->rflags = 0x202;
    regs->cs = FLAT_KERNEL_CS;
    regs->ss = FLAT_KERNEL_SS;
}

static void fill_traps(struct trap_info *table)
{
    for (uint8_t i = 0; i < 32; i++) {
        /* dpl 3: software interrupts may raise it */
        table[i] = (struct trap_info){i, 3, FLAT_KERNEL_CS, trap_stubs[i]};
    }
    table[32] = (struct trap_info){0};
}

static void set_callback(uint16_t type, const char *entry)
{
    struct callback_register reg = {.type = type, .address = (unsigned long)entry};

    if (CALL(callback_op, CALLBACKOP_register, &reg))
        fail("callback_op", "type %d", type);
}

/* ---- time, options, chance ---- */

uint64_t now(void)
{
    const volatile struct vcpu_time_info *t = &shared->vcpu_info[this_vcpu() % MAX_VCPUS].time;
    uint32_t version = 0, low = 0, high = 0;
    uint64_t ns = 0;

    do {
        version = t->version;
        asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
        ns = ((uint64_t)high << 32 | low) - t->tsc_timestamp;
        ns = t->tsc_shift < 0 ? ns >> -t->tsc_shift : ns << t->tsc_shift;
        ns = (uint64_t)((unsigned __int128)ns * t->tsc_to_system_mul >> 32) + t->system_time;
    } while ((version & 1) || version != t->version);
    return ns;
}

uint64_t random64(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15UL;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
    return x ^ (x >> 31);
}

void yield(void)
{
    CALL(sched_op, SCHEDOP_yield, 0);
}

const char *option(const char *name)
{
    const char *p = (const char *)start_info->cmd_line, *n = name;

    for (; *p; p++) {
        for (n = name; *n && *p == *n; n++)
            p++;
        if (!*n && *p == '=')
            return p + 1;
        while (*p && *p != ' ')
            p++;
        if (!*p)
            break;
    }
    return NULL;
}

bool is_option(const char *name, const char *value)
{
    const char *p = option(name);

    if (!p)
        return false;
    for (; *value && *p == *value; value++)
        p++;
    return !*value && (!*p || *p == ' ');
}

unsigned long number_option(const char *name, unsigned long otherwise)
{
    const char *p = option(name);
    unsigned long value = 0;

    if (!p)
        return otherwise;
    for (; *p >= '0' && *p <= '9'; p++)
        value = value * 10 + (unsigned long)(*p - '0');
    return value;
}

void shutdown(unsigned int reason)
{
    struct sched_shutdown arg = {.reason = reason};

    for (;;)
        CALL(sched_op, SCHEDOP_shutdown, &arg);
}

/* ---- vCPUs ---- */

void vcpu_main(unsigned int vcpu);
void vcpu_main(unsigned int vcpu)
{
    vcpu_fn(vcpu);
    CALL(vcpu_op, VCPUOP_down, vcpu);
    for (;;)
        yield();
}

static void start_vcpu(unsigned int vcpu)
{
    static struct vcpu_guest_context context;
    uint64_t cr3 = 0;

    asm volatile("mov %%cr3, %0" : "=r"(cr3));
    memset(&context, 0, sizeof(context));
    context.flags = VGCF_IN_KERNEL;
    fill_traps(context.trap_ctxt);
    context.user_regs.rip = (uint64_t)vcpu_start;
    context.user_regs.rdi = vcpu;
    context.user_regs.rsp = (uint64_t)stacks[vcpu] + STACK;
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ss = FLAT_KERNEL_SS;
    context.user_regs.rflags = 0x200;
    context.kernel_sp = (uint64_t)stacks[vcpu] + STACK;
    context.kernel_ss = FLAT_KERNEL_SS;
    context.ctrlreg[3] = cr3;
    context.event_callback_eip = (uint64_t)event_entry;
    context.failsafe_callback_eip = (uint64_t)failsafe_entry;
    if (CALL(vcpu_op, VCPUOP_initialise, vcpu, &context) || CALL(vcpu_op, VCPUOP_up, vcpu))
        fail("start-vcpu", "%u", vcpu);
}

void start_vcpus(unsigned int nr, void (*fn)(unsigned int vcpu))
{
    vcpu_fn = fn;
    for (unsigned int i = 1; i < nr && i < MAX_VCPUS; i++)
        start_vcpu(i);
}

/* One line a second, or a busy CPU. */
static void run_ticks(bool burn)
{
    struct sched_poll poll = {.nr_ports = 0};
    uint64_t next = now();

    for (unsigned int n = 1;; n++) {
        next += 1000000000UL;
        poll.timeout = next;
        while (now() < next) {
            if (!burn)
                CALL(sched_op, SCHEDOP_poll, &poll);
        }
        print("tick %u\n", n);
    }
}

static void run_tests(void)
{
    test_calls();
    test_tables();
    test_frames();
    test_descriptors();
    test_instructions();
    test_events();
    test_grants();
    print("TESTS-END failures %d\n", failures);
}

void main(struct start_info *info);
void main(struct start_info *info)
{
    static struct trap_info table[33];

    start_info = info;
    ring = address_of(info->console.domU.mfn);
    print("TINY-UP %s\n", (const char *)info->cmd_line);
    fill_traps(table);
    if (CALL(set_trap_table, table))
        fail("set_trap_table", "refused");
    set_callback(CALLBACKTYPE_event, event_entry);
    set_callback(CALLBACKTYPE_failsafe, failsafe_entry);
    if (map(shared_page, info->shared_info | PTE_NORMAL))
        fail("map-shared-info", "refused");
    shared = (struct shared_info *)shared_page;
    for (int i = 0; i < MAX_VCPUS; i++)
        shared->vcpu_info[i].evtchn_upcall_mask = 1;
    if (is_option("run", "fuzz"))
        run_fuzz();
    else if (is_option("run", "fpu"))
        run_fpu();
    else if (is_option("run", "poll"))
        run_poll();
    else if (is_option("run", "die"))
        run_death(option("how"));
    else if (is_option("run", "end"))
        run_end(option("how"));
    else if (is_option("run", "tick") || is_option("run", "burn"))
        run_ticks(is_option("run", "burn"));
    else
        run_tests();
    shutdown(SHUTDOWN_poweroff);
}
