/* SPDX-License-Identifier: MIT */
/*
 * Random hypercalls from every vCPU: arguments that are nearly right, in buffers of nearly right
 * contents.  The guest may die of it; nobody else may.
 */
#include "guest.h"

#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

static uint64_t buffers[MAX_VCPUS][4][512]
    __attribute__((aligned(4096), section(".bss.wild_buffers")));
static struct multicall_entry batches[MAX_VCPUS][8];
static volatile uint64_t done[MAX_VCPUS];
static uint64_t end_time;

/* A number such as a guest could pass: small, a frame, an address, flags, or noise. */
static uint64_t value(unsigned int vcpu, uint64_t *seed)
{
    static const uint64_t edges[] = {
        ~0UL,       1UL << 63,          1UL << 47,          0x7fffffff, 0x80000000,
        0xffffffff, 0xffff82d080200000, 0xffff830000000000, 0x7ff0,     0x7ff1,
        0x7ff2};
    uint64_t r = random64(seed), pick = r >> 8;
    /* frames and entries of the spare pages: with others' the guest soon has no code or stack */
    const char *page = spare[pick % NR_SPARE];
    int level = pick >> 16 & 63 ? 1 : 1 + (int)(pick >> 24) % 4;

    switch (r % 12) {
    case 0:
    case 1:
        return pick % 4;
    case 2:
        return pick % 40;
    case 3:
        return pick % 1100;
    case 4:
        return mfn_of(page);
    case 5:
        return mfn_of(page) * PAGE | (pick >> 32 & 0xe7);
    case 6:
        return (uint64_t)spare[pick % NR_SPARE] + (pick >> 32) % 4096;
    case 7:
    case 8:
        return (uint64_t)buffers[vcpu][pick % 4] + ((pick >> 8) % 64) * 8;
    case 9:
        return edges[pick % ARRAY(edges)];
    case 10:
        return entry_address(page, level);
    default:
        return pick;
    }
}

/* Structures of 32-bit and 16-bit members need small numbers in both halves. */
static void fill(unsigned int vcpu, uint64_t *seed)
{
    uint64_t *buffer = buffers[vcpu][random64(seed) % 4];

    for (unsigned int i = 0; i < 64; i++) {
        uint64_t v = value(vcpu, seed);

        if (random64(seed) % 3 == 0)
            v = (v & 0xffff) | (random64(seed) % 40) << 32;
        buffer[i] = v;
    }
}

static bool is_left_out(unsigned long nr, uint64_t r)
{
    switch (nr) {
    case __HYPERVISOR_iret:
    case __HYPERVISOR_set_trap_table:
    case __HYPERVISOR_set_callbacks:
    case __HYPERVISOR_stack_switch:
    case __HYPERVISOR_callback_op:
    case __HYPERVISOR_sched_op_compat:
        return r % 65536 != 0; /* these end the guest most of the time */
    default:
        return false;
    }
}

/* Sleep, the end, the loss of its console or of a vCPU. */
static bool ends_the_fuzzing(unsigned long nr, unsigned long cmd)
{
    switch (nr) {
    case __HYPERVISOR_sched_op:
        return cmd == SCHEDOP_block || cmd == SCHEDOP_poll || cmd == SCHEDOP_shutdown ||
               cmd == SCHEDOP_watchdog || cmd == SCHEDOP_shutdown_code;
    case __HYPERVISOR_event_channel_op:
        return cmd == EVTCHNOP_close || cmd == EVTCHNOP_reset;
    case __HYPERVISOR_vcpu_op:
        return cmd == VCPUOP_initialise || cmd == VCPUOP_down;
    default:
        return false;
    }
}

/* Not those that end the guest, nor one that would take any page from it. */
static unsigned long inner_call(uint64_t *seed)
{
    unsigned long op = 5 + random64(seed) % 17;

    return op == __HYPERVISOR_sched_op_compat || op == __HYPERVISOR_update_va_mapping ||
                   op == __HYPERVISOR_multicall
               ? __HYPERVISOR_memory_op
               : op;
}

static void one_call(unsigned int vcpu, uint64_t *seed)
{
    unsigned long nr = random64(seed) % 44, a[5];

    if (is_left_out(nr, random64(seed) >> 7))
        return;
    if (random64(seed) % 4 == 0)
        fill(vcpu, seed);
    for (unsigned int i = 0; i < ARRAY(a); i++)
        a[i] = value(vcpu, seed);
    if (ends_the_fuzzing(nr, a[0]) && random64(seed) % 65536)
        return;
    if (nr == __HYPERVISOR_update_va_mapping || nr == __HYPERVISOR_update_va_mapping_otherdomain)
        a[0] = (unsigned long)spare[random64(seed) % NR_SPARE];
    if (nr == __HYPERVISOR_multicall) { /* where other calls' results do not change it */
        a[0] = (unsigned long)batches[vcpu];
        a[1] = random64(seed) % 9;
        for (unsigned int i = 0; i < 8; i++) {
            memcpy(&batches[vcpu][i], &buffers[vcpu][random64(seed) % 4][i * 8],
                   sizeof(batches[vcpu][i]));
            batches[vcpu][i].op = inner_call(seed);
        }
    }
    hypercall(nr, a[0], a[1], a[2], a[3], a[4]);
    done[vcpu]++;
}

static void fuzz(unsigned int vcpu)
{
    uint64_t seed = number_option("seed", 1) * 1000 + vcpu, next = now();

    while (now() < end_time) {
        for (unsigned int i = 0; i < 200; i++)
            FAULT(one_call(vcpu, &seed));
        if (vcpu == 0 && now() > next) {
            next = now() + 500000000UL;
            print("FUZZ %lu %lu %lu %lu calls\n", done[0], done[1], done[2], done[3]);
        }
    }
}

void run_fuzz(void)
{
    unsigned int nr = (unsigned int)number_option("vcpus", 1);

    end_time = now() + number_option("seconds", 10) * 1000000000UL;
    start_vcpus(nr, fuzz);
    fuzz(0);
    print("FUZZ-END %lu %lu %lu %lu calls\n", done[0], done[1], done[2], done[3]);
}
