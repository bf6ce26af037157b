/* SPDX-License-Identifier: MIT */
/* The clock is the time stamp counter, scaled.  Its rate is measured once, against the best other
 * clock there is; what guests are told (struct vcpu_time_info) is the same scale, so that they agree
 * with us. */
#include <asm/acpi.h>
#include <asm/apic.h>
#include <asm/mm.h>
#include <asm/processor.h>
#include <asm/time.h>
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/printk.h>
#include <hv/softirq.h>
#include <string.h>

struct tsc_scale tsc_scale;
uint64_t tsc_at_zero, tsc_hz;
uint32_t cpu_khz;
uint64_t wallclock_base_sec;
uint32_t wallclock_base_nsec;

/* A CPU's counter showed tsc when it was time. */
struct time_stamp {
    uint64_t tsc;
    s_time_t time;
};
static DEFINE_PER_CPU(struct time_stamp, time_stamp);
static bool tsc_differs; /* between CPUs */

#define CALIBRATION_MS 10

/* --- the clocks to measure against -------------------------------------------------------------------- */
struct ref_clock {
    const char *name;
    uint64_t hz;
    uint32_t mask;
    uint32_t (*read)(void);
};

#define HPET_ID      0x000
#define HPET_PERIOD  0x004 /* femtoseconds */
#define HPET_CONFIG  0x010
#define HPET_COUNTER 0x0f0
static char *hpet;

static uint32_t read_hpet(void)
{
    return mmio_read32(hpet + HPET_COUNTER);
}

static uint32_t read_pm_timer(void)
{
    return inl((uint16_t)acpi.pm_timer_port);
}

/* PIT channel 2, gated by port 0x61, counting down from 65536. */
static uint32_t read_pit(void)
{
    uint32_t v;

    outb(0x80, 0x43); /* latch */
    v = inb(0x42);
    v |= (uint32_t)inb(0x42) << 8;
    return -v;
}

static __init bool choose_hpet(struct ref_clock *c)
{
    uint32_t period;

    if (!acpi.hpet || !(hpet = map_device(acpi.hpet, 1024, PAGE_HYPERVISOR_UC)))
        return false;
    period = mmio_read32(hpet + HPET_PERIOD);
    if (mmio_read32(hpet + HPET_ID) == ~0U || !period || period > 100000000)
        return false;
    mmio_write32(hpet + HPET_CONFIG, (mmio_read32(hpet + HPET_CONFIG) & ~2U) | 1);
    *c = (struct ref_clock){"HPET", 1000000000000000UL / period, ~0U, read_hpet};
    return true;
}

static __init void choose_ref_clock(struct ref_clock *c)
{
    if (choose_hpet(c))
        return;
    if (acpi.pm_timer_port) {
        *c = (struct ref_clock){"ACPI PM timer", 3579545, 0xffffff, read_pm_timer};
        return;
    }
    outb((inb(0x61) & ~2) | 1, 0x61);
    outb(0xb0, 0x43); /* channel 2, both bytes, mode 0 */
    outb(0xff, 0x42);
    outb(0xff, 0x42);
    *c = (struct ref_clock){"PIT", 1193182, 0xffff, read_pit};
}

struct sample {
    uint64_t tsc;
    uint32_t ref;
};

/* Both clocks at one moment: of some tries the one that took least time. */
static __init struct sample sample_clocks(const struct ref_clock *c)
{
    struct sample best = {0};
    uint64_t best_width = ~0UL;

    for (unsigned int i = 0; i < 5; i++) {
        uint64_t t0 = rdtsc_ordered();
        uint32_t ref = c->read();
        uint64_t t1 = rdtsc_ordered();

        if (t1 - t0 < best_width) {
            best_width = t1 - t0;
            best = (struct sample){t0 + (t1 - t0) / 2, ref};
        }
    }
    return best;
}

static __init uint64_t measure_tsc(const char **name)
{
    struct ref_clock c;
    struct sample a, b;
    uint32_t wanted;

    choose_ref_clock(&c);
    *name = c.name;
    wanted = (uint32_t)(c.hz * CALIBRATION_MS / 1000);
    a = sample_clocks(&c);
    for (uint64_t i = 0; ((c.read() - a.ref) & c.mask) < wanted; i++)
        if (i == 100000000)
            panic("The %s does not count", c.name);
    b = sample_clocks(&c);
    return mul_div(b.tsc - a.tsc, c.hz, (b.ref - a.ref) & c.mask);
}

/* mul = 10^9 * 2^32 / hz, hz shifted such that mul uses all of its 32 bits. */
static __init struct tsc_scale scale_of(uint64_t hz)
{
    struct tsc_scale s = {0, 0};

    while (hz > 2000000000UL) {
        hz >>= 1;
        s.shift--;
    }
    while (hz <= 1000000000UL) {
        hz <<= 1;
        s.shift++;
    }
    s.mul = (uint32_t)((1000000000UL << 32) / hz);
    return s;
}

/* --- wall clock ------------------------------------------------------------------------------------------- */
static uint8_t cmos(uint8_t reg)
{
    outb(reg, 0x70);
    return inb(0x71);
}

static __init unsigned int from_bcd(uint8_t v, bool bcd)
{
    return bcd ? (v >> 4) * 10U + (v & 0xf) : v;
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static __init uint64_t days_from_date(unsigned int y, unsigned int m, unsigned int d)
{
    y -= m <= 2;
    m = m <= 2 ? m + 9 : m - 3; /* March is 0 */
    return 365UL * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + d - 1 - 719468;
}

static __init void read_wallclock(void)
{
    uint8_t v[6], again[6];
    static const uint8_t regs[6] = {0, 2, 4, 7, 8, 9}; /* s min h day month year */
    bool bcd, pm;
    unsigned int hour, year;

    for (unsigned int tries = 0; tries < 100; tries++) {
        for (unsigned int i = 0; (cmos(0x0a) & 0x80) && i < 10000; i++)
            ;
        for (unsigned int i = 0; i < 6; i++)
            v[i] = cmos(regs[i]);
        for (unsigned int i = 0; i < 6; i++)
            again[i] = cmos(regs[i]);
        if (!memcmp(v, again, sizeof(v)))
            break;
    }
    bcd = !(cmos(0x0b) & 4);
    pm = !(cmos(0x0b) & 2) && (v[2] & 0x80);
    hour = from_bcd(v[2] & 0x7f, bcd);
    if (!(cmos(0x0b) & 2))
        hour = hour % 12 + (pm ? 12 : 0);
    year = 2000 + from_bcd(v[5], bcd);
    wallclock_base_sec = days_from_date(year, from_bcd(v[4], bcd), from_bcd(v[3], bcd)) * 86400 +
                         hour * 3600 + from_bcd(v[1], bcd) * 60 + from_bcd(v[0], bcd);
    wallclock_base_sec -= (uint64_t)now() / 1000000000UL;
}

/* --- the clock ------------------------------------------------------------------------------------------- */
/* The stamp is set once, as its CPU comes up, and nothing moves us to another CPU. */
s_time_t now(void)
{
    const struct time_stamp *s = &this_cpu(time_stamp);

    return s->time + (s_time_t)tsc_scale_apply(rdtsc_ordered() - s->tsc, tsc_scale);
}

void udelay(unsigned int us)
{
    s_time_t end = now() + MICROSECS(us);

    while (now() < end)
        arch_cpu_relax();
}

__init void time_init(void)
{
    const char *ref_name;

    tsc_at_zero = rdtsc();
    tsc_hz = measure_tsc(&ref_name);
    tsc_scale = scale_of(tsc_hz);
    cpu_khz = (uint32_t)(tsc_hz / 1000);
    this_cpu(time_stamp) = (struct time_stamp){tsc_at_zero, 0};
    apic_timer_calibrate();
    read_wallclock();
    printk(XENLOG_INFO "TSC %lu.%03lu MHz, by the %s\n", tsc_hz / 1000000, tsc_hz / 1000 % 1000,
           ref_name);
}

/* An AP asks, the BSP answers with its time; best of some rounds. */
static struct {
    uint32_t round; /* odd: asked, even: answered */
    s_time_t time;
} sync;
#define SYNC_ROUNDS    8
#define SYNC_TOLERANCE MICROSECS(20)

void time_sync_serve(void)
{
    for (uint32_t round = 0; round < SYNC_ROUNDS; round++) {
        while (load_acquire(&sync.round) != round * 2 + 1)
            arch_cpu_relax();
        sync.time = now();
        store_release(&sync.round, round * 2 + 2);
    }
    while (load_acquire(&sync.round) != 0)
        arch_cpu_relax();
}

void time_init_cpu(void)
{
    struct time_stamp common = {tsc_at_zero, 0}, best = common;
    uint64_t best_width = ~0UL;
    s_time_t error;

    for (uint32_t round = 0; round < SYNC_ROUNDS; round++) {
        uint64_t t0 = rdtsc_ordered(), t1;

        store_release(&sync.round, round * 2 + 1);
        while (load_acquire(&sync.round) != round * 2 + 2)
            arch_cpu_relax();
        t1 = rdtsc_ordered();
        if (t1 - t0 < best_width) {
            best_width = t1 - t0;
            best = (struct time_stamp){t0 + (t1 - t0) / 2, sync.time};
        }
    }
    /* What lies within the error of measurement is taken for equal. */
    error = (s_time_t)tsc_scale_apply(best.tsc - tsc_at_zero, tsc_scale) - best.time;
    if ((error < 0 ? -error : error) <
        SYNC_TOLERANCE + (s_time_t)tsc_scale_apply(best_width, tsc_scale)) {
        best = common;
    } else {
        tsc_differs = true;
        printk(XENLOG_INFO "CPU %u: TSC differs by %ld ns\n", smp_processor_id(), error);
    }
    this_cpu(time_stamp) = best;
    store_release(&sync.round, 0);
}

void arch_timer_program(s_time_t deadline)
{
    s_time_t delta;

    if (deadline == STIME_MAX) {
        apic_timer_arm(0);
        return;
    }
    delta = deadline - now();
    if (delta <= 0)
        softirq_raise(SOFTIRQ_TIMER);
    else
        apic_timer_arm((uint64_t)delta);
}

/* --- what guests are told ----------------------------------------------------------------------------------- */
/* The version is odd while the rest changes. */
static void publish_time(struct vcpu_time_info *u, const struct vcpu_time_info *t)
{
    uint32_t version = (read_atomic(&u->version) | 1) + 1;

    write_atomic(&u->version, version - 1);
    smp_wmb();
    u->tsc_timestamp = t->tsc_timestamp;
    u->system_time = t->system_time;
    u->tsc_to_system_mul = t->tsc_to_system_mul;
    u->tsc_shift = t->tsc_shift;
    u->flags = t->flags;
    smp_wmb();
    write_atomic(&u->version, version);
}

static void publish_time_to_guest(vaddr_t at, struct vcpu_time_info t, uint32_t version)
{
    t.version = version | 1;
    if (copy_to_guest_va(at, &t.version, sizeof(t.version)))
        return;
    smp_wmb();
    if (copy_to_guest_va(at, &t, sizeof(t)))
        return;
    smp_wmb();
    t.version++;
    (void)copy_to_guest_va(at, &t.version, sizeof(t.version));
}

void arch_update_vcpu_time(struct vcpu *v)
{
    const struct time_stamp *s = &this_cpu(time_stamp);
    struct vcpu_time_info t = {
        .tsc_timestamp = s->tsc + v->arch.tsc_offset,
        .system_time = (uint64_t)s->time,
        .tsc_to_system_mul = tsc_scale.mul,
        .tsc_shift = tsc_scale.shift,
        .flags = tsc_differs ? 0 : XEN_PVCLOCK_TSC_STABLE_BIT,
    };
    struct vcpu_time_info *old = &v->time_copy;

    /* It seldom changes: on a move between CPUs whose counters differ, and when its place does. */
    if (!v->vcpu_info ||
        (old->tsc_timestamp == t.tsc_timestamp && old->system_time == t.system_time &&
         old->tsc_to_system_mul == t.tsc_to_system_mul && old->flags == t.flags))
        return;
    publish_time(&v->vcpu_info->time, &t);
    if (v->arch.time_info_guest)
        publish_time_to_guest(v->arch.time_info_guest, t, v->vcpu_info->time.version);
    *old = t;
}

void arch_update_runstate_area(struct vcpu *v)
{
    struct vcpu_runstate_info r;
    vaddr_t entry_time = v->runstate_guest + offsetof(struct vcpu_runstate_info, state_entry_time);
    bool flag = v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag);

    if (!v->runstate_guest)
        return;
    r = v->runstate;
    if (flag) {
        r.state_entry_time |= XEN_RUNSTATE_UPDATE;
        if (copy_to_guest_va(entry_time, &r.state_entry_time, sizeof(r.state_entry_time)))
            return;
        smp_wmb();
    }
    if (copy_to_guest_va(v->runstate_guest, &r, sizeof(r)) || !flag)
        return;
    r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
    smp_wmb();
    (void)copy_to_guest_va(entry_time, &r.state_entry_time, sizeof(r.state_entry_time));
}

static spinlock_t wallclock_lock = SPINLOCK_INIT;

void arch_update_wallclock(struct domain *d)
{
    struct shared_info *s = d->shared_info;
    uint64_t sec;
    uint32_t version;

    if (!s)
        return;
    spin_lock(&wallclock_lock);
    sec = wallclock_base_sec + (uint64_t)(int64_t)d->time_offset_seconds;
    version = (read_atomic(&s->wc_version) | 1) + 1;
    write_atomic(&s->wc_version, version - 1);
    smp_wmb();
    s->wc_sec = (uint32_t)sec;
    s->wc_sec_hi = (uint32_t)(sec >> 32);
    s->wc_nsec = wallclock_base_nsec;
    smp_wmb();
    write_atomic(&s->wc_version, version);
    spin_unlock(&wallclock_lock);
}

void time_set_wallclock(uint64_t sec, uint32_t nsec, uint64_t system_time)
{
    uint64_t ns = sec * 1000000000UL + nsec - system_time;
    struct domain *d;

    spin_lock(&wallclock_lock);
    wallclock_base_sec = ns / 1000000000UL;
    wallclock_base_nsec = (uint32_t)(ns % 1000000000UL);
    spin_unlock(&wallclock_lock);
    spin_lock(&domlist_lock);
    list_for_each_entry (d, &domain_list, link)
        arch_update_wallclock(d);
    spin_unlock(&domlist_lock);
}
