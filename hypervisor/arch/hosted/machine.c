/* SPDX-License-Identifier: MIT */
/* Simulated CPUs, clock and console. */
#include <hosted.h>
#include <hv/arch/domain.h>
#include <hv/arch/smp.h>
#include <hv/printk.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/sysctl.h>

_Thread_local unsigned int hosted_cpu;
_Thread_local bool hosted_irqs_off;
struct vcpu *hosted_current[NR_CPUS];
unsigned int hosted_nr_cpus;
cpumask_t cpu_online_map;
uint32_t cpu_khz = 2000000;
char arch_capabilities[] = "xen-3.0-x86_64 ";

/* --- time ------------------------------------------------------------------------------------- */
s_time_t hosted_now;
uint64_t wallclock_base_sec = 1700000000;
uint32_t wallclock_base_nsec;
static s_time_t deadline[NR_CPUS];

s_time_t now(void)
{
    return read_atomic(&hosted_now);
}

void arch_timer_program(s_time_t at)
{
    deadline[hosted_cpu] = at;
}

static s_time_t next_deadline(void)
{
    s_time_t next = STIME_MAX;

    for (unsigned int cpu = 0; cpu <= hosted_nr_cpus; cpu++)
        next = min(next, deadline[cpu]);
    return next;
}

static void fire_timers(void)
{
    for (unsigned int cpu = 0; cpu <= hosted_nr_cpus; cpu++)
        if (deadline[cpu] <= hosted_now) {
            deadline[cpu] = STIME_MAX;
            softirq_raise_cpu(cpu, SOFTIRQ_TIMER);
        }
}

void hosted_advance(s_time_t ns)
{
    s_time_t end = hosted_now + ns;

    hosted_run();
    while (next_deadline() <= end) {
        hosted_now = max(hosted_now, next_deadline());
        fire_timers();
        hosted_run();
    }
    hosted_now = end;
    hosted_run();
}

/* --- CPUs ------------------------------------------------------------------------------------- */
DECLARE_PER_CPU(unsigned long, softirq_bits);

static void run_cpu(unsigned int cpu)
{
    unsigned int was = hosted_cpu;
    bool irqs = hosted_irqs_off;

    hosted_cpu = cpu;
    hosted_irqs_off = false;
    /* The test's own CPU is no place to run vCPUs. */
    if (cpu == hosted_nr_cpus)
        __atomic_and_fetch(&this_cpu(softirq_bits), ~BIT(SOFTIRQ_SCHEDULE), __ATOMIC_SEQ_CST);
    softirq_run();
    hosted_cpu = was;
    hosted_irqs_off = irqs;
}

void hosted_run(void)
{
    bool any = true;

    while (any) {
        any = false;
        for (unsigned int cpu = 0; cpu <= hosted_nr_cpus; cpu++)
            if (softirq_pending(cpu)) {
                any = true;
                run_cpu(cpu);
            }
    }
}

bool hosted_threaded;

void hosted_be_cpu(unsigned int cpu)
{
    hosted_cpu = cpu;
}

void hosted_poll(bool schedule)
{
    if (deadline[hosted_cpu] <= read_atomic(&hosted_now)) {
        deadline[hosted_cpu] = STIME_MAX;
        softirq_raise(SOFTIRQ_TIMER);
    }
    if (!schedule)
        __atomic_and_fetch(&this_cpu(softirq_bits), ~BIT(SOFTIRQ_SCHEDULE), __ATOMIC_SEQ_CST);
    softirq_run();
}

void hosted_settle(void)
{
    for (unsigned int i = 0; i < 4; i++)
        hosted_run();
}

void arch_send_event_check(unsigned int cpu)
{
}

void arch_cpu_relax(void)
{
    static _Thread_local bool nested;
    static _Thread_local unsigned long spins;

    if (++spins > (hosted_threaded ? 1000000000UL : 100000000UL)) {
        fprintf(stderr, "hosted: CPU %u waits for ever\n", hosted_cpu);
        abort();
    }
    if (hosted_threaded)
        sched_yield();
    if (nested || hosted_threaded)
        return;
    nested = true;
    for (unsigned int cpu = 0; cpu <= hosted_nr_cpus; cpu++)
        if (cpu != hosted_cpu && softirq_pending(cpu))
            run_cpu(cpu);
    nested = false;
    sched_yield();
}

void arch_call_function(const cpumask_t *mask, void (*fn)(void *), void *arg, bool wait)
{
    unsigned int was = hosted_cpu, cpu;

    for_each_cpu (cpu, mask) {
        hosted_cpu = cpu;
        fn(arg);
    }
    hosted_cpu = was;
}

void arch_cpu_topology(unsigned int cpu, uint32_t *core, uint32_t *socket, uint32_t *node)
{
    *core = cpu;
    *socket = 0;
    *node = 0;
}

void arch_physinfo(struct xen_sysctl_physinfo *pi)
{
    pi->threads_per_core = 1;
    pi->cores_per_socket = hosted_nr_cpus;
}

/* --- console and the end ---------------------------------------------------------------------- */
static char console[1 << 16];
static size_t console_len;
bool hosted_console_echo;
unsigned int hosted_halted, hosted_restarted;
void (*hosted_end)(void);

void arch_console_putc(char c)
{
    if (c == '\r')
        return;
    if (console_len + 1 == sizeof(console)) { /* the older half goes */
        console_len -= sizeof(console) / 2;
        memmove(console, console + sizeof(console) / 2, console_len);
    }
    console[console_len++] = c;
    if (hosted_console_echo)
        putchar(c);
}

const char *hosted_console(void)
{
    console[console_len] = '\0';
    return console;
}

void hosted_console_clear(void)
{
    console_len = 0;
}

void arch_panic_dump(void)
{
}

void arch_nmi_softirq(void)
{
}

static void noreturn end(void)
{
    if (hosted_end)
        hosted_end();
    fputs(hosted_console() + (console_len > 2000 ? console_len - 2000 : 0), stderr);
    abort();
}

void arch_machine_halt(void)
{
    hosted_halted++;
    end();
}

void arch_machine_restart(unsigned int delay_ms)
{
    hosted_restarted++;
    end();
}

void hosted_boot(size_t memory, unsigned int nr_cpus)
{
    void hosted_memory_init(size_t size);

    hosted_nr_cpus = nr_cpus;
    hosted_cpu = nr_cpus; /* this thread */
    for (unsigned int cpu = 0; cpu <= nr_cpus; cpu++)
        deadline[cpu] = STIME_MAX;
    hosted_memory_init(memory);
    domains_init();
    for (unsigned int cpu = 0; cpu <= nr_cpus; cpu++) {
        sched_init_cpu(cpu);
        hosted_current[cpu] = idle_vcpu[cpu];
        if (cpu == nr_cpus)
            break;
        cpumask_set(cpu, &cpu_online_map);
    }
}
