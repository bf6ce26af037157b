/* SPDX-License-Identifier: MIT */
/* Hypercalls made of bytes.  An input is a script: which vCPU of which domain calls what with which
 * arguments, when CPUs run and time goes by, when a domain is destroyed.  Structs are filled with
 * values that have a chance to mean something: ports, frames of one's own and of others, domain
 * ids, pointers into the caller's frames.  Guests scribble on their frames between calls.
 *
 * After each script all domains go, and every page must be back.  Sanitizers and the core's own
 * assertions find the rest.
 *
 *   core_fuzz [SECONDS [SEED]]      scripts by random numbers
 *   core_fuzz FILE...               scripts from files */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <hosted.h>
#include <hv/errno.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#define GUESTS    4 /* and dom0; the last is a container */
#define FRAMES    24
#define MAX_TURNS 3000 /* of a preempted hypercall */
#define MEMORY    (48UL << 20)

struct script {
    const uint8_t *data;
    size_t size;
};
static struct script in;
static unsigned long calls[NR_HYPERCALLS], good[NR_HYPERCALLS]; /* do inputs get anywhere? */
static struct domain *domains[GUESTS + 1];                      /* NULL: gone */

static uint8_t byte(void)
{
    if (!in.size)
        return 0;
    in.size--;
    return *in.data++;
}

static uint64_t number(unsigned int bytes)
{
    uint64_t v = 0;

    while (bytes--)
        v = v << 8 | byte();
    return v;
}

static struct domain *some_domain(void)
{
    return domains[byte() % (GUESTS + 1)];
}

static uint64_t some_frame(struct domain *caller)
{
    struct domain *d = byte() % 4 ? caller : some_domain();
    uint64_t n = byte() % FRAMES;

    if (!d || byte() % 16 == 0)
        return number(byte() % 8);
    if (byte() % 16 == 0)
        return virt_to_mfn(d->shared_info).v;
    if (d->is_hvm)
        return byte() % 4 ? n : n * 37;
    return hosted_frame_mfn(d, (unsigned int)n).v;
}

static uint64_t some_pointer(struct domain *caller)
{
    struct domain *d = byte() % 8 || !domains[0] ? caller : domains[0];
    mfn_t mfn = hosted_frame_mfn(d, 4 + byte() % (FRAMES - 4));

    if (mfn_eq(mfn, INVALID_MFN) || byte() % 32 == 0)
        return number(8);
    return (uint64_t)mfn_to_virt(mfn) + (byte() % 2 ? 0 : number(2) % (PAGE_SIZE + 16));
}

static uint64_t some_value(struct domain *caller)
{
    static const uint64_t odd[] = {0,       1,         ~0UL,       0x7ff0, 0x7ff1,     0x7ff2,
                                   1 << 31, 1UL << 32, INT64_MAX,  0xffff, 0x80000000, 1UL << 63,
                                   4096,    4095,      0xfffffffe, 255,    1024,       131071};

    switch (byte() % 8) {
    case 0:
    case 1:
    case 2:
        return byte() % 16; /* ids, ports, references, counts, flags */
    case 3:
        return odd[byte() % (sizeof(odd) / sizeof(odd[0]))];
    case 4:
        return some_frame(caller);
    case 5:
        return some_pointer(caller);
    case 6:
        return some_frame(caller) << PAGE_SHIFT | (uint64_t)(byte() % 64) << 3 | byte() % 4;
    default:
        return number(1 + byte() % 8);
    }
}

/* A struct for the call: fields of all sizes at their natural places. */
static void fill(uint8_t *at, size_t size, struct domain *caller)
{
    for (size_t i = 0; i < size;) {
        size_t width = (size_t)1 << byte() % 4;
        uint64_t v = some_value(caller);

        if (i % width || i + width > size)
            width = 1;
        memcpy(at + i, &v, width);
        i += width;
    }
}

/* The first frames of each domain are for structs; an address there that does not cross the end. */
static uint8_t *argument(struct domain *caller)
{
    static uint8_t nowhere[PAGE_SIZE];
    mfn_t mfn = hosted_frame_mfn(caller, byte() % 4);

    /* It may be a page table now. */
    if (mfn_eq(mfn, INVALID_MFN) || !hosted_is_writable(mfn_to_page(mfn)))
        return nowhere;
    return (uint8_t *)mfn_to_virt(mfn) + (byte() % 16) * 128;
}

static long call(struct vcpu *v, unsigned long nr, struct hypercall_args *a)
{
    unsigned int turns = 0;
    long rc;

    do {
        rc = hosted_call_once(v, nr, a);
        if (rc == -EPREEMPTED && ++turns > 4)
            hosted_run();
    } while (rc == -EPREEMPTED && turns < MAX_TURNS);
    if (rc == -EPREEMPTED) {
        fprintf(stderr, "hypercall %lu is preempted for ever\n", nr);
        abort();
    }
    calls[nr]++;
    good[nr] += rc >= 0;
    return rc;
}

static void control(struct vcpu *v)
{
    struct xen_domctl *op = (void *)argument(v->domain);

    fill((uint8_t *)op, sizeof(*op), v->domain);
    op->cmd = byte() % 90;
    op->domain = byte() % 8 ? byte() % (GUESTS + 2) : (domid_t)number(2);
    if (byte() % 64)
        op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    if (op->cmd == XEN_DOMCTL_destroydomain && op->domain <= GUESTS)
        op->cmd = 0; /* the script does that itself, so as to know */
    if (op->cmd == XEN_DOMCTL_createdomain) {
        op->u.createdomain.max_vcpus %= 6;
        op->u.createdomain.max_grant_frames %= 70;
        op->u.createdomain.max_maptrack_frames %= 70;
    }
    call(v, __HYPERVISOR_domctl, &(struct hypercall_args){{(unsigned long)op}});
}

static void host_control(struct vcpu *v)
{
    struct xen_sysctl *op = (void *)argument(v->domain);

    fill((uint8_t *)op, sizeof(*op), v->domain);
    op->cmd = byte() % 32;
    op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    call(v, __HYPERVISOR_sysctl, &(struct hypercall_args){{(unsigned long)op}});
}

/* Hypercalls that take (command, struct [, count]), and how many commands there are. */
static const struct {
    uint8_t nr, commands;
} plain[] = {
    {__HYPERVISOR_memory_op, 29},       {__HYPERVISOR_event_channel_op, 15},
    {__HYPERVISOR_grant_table_op, 13},  {__HYPERVISOR_sched_op, 8},
    {__HYPERVISOR_xen_version, 11},     {__HYPERVISOR_hvm_op, 26},
    {__HYPERVISOR_event_channel_op, 8}, {__HYPERVISOR_grant_table_op, 8},
};

/* What changes a container's map, by itself or by dom0. */
static void physmap_call(struct vcpu *v)
{
    uint64_t *arg = (uint64_t *)argument(v->domain);
    struct xen_add_to_physmap *add = (void *)arg;
    struct xen_add_to_physmap_batch *batch = (void *)arg;
    struct xen_memory_reservation *r = (void *)arg;
    uint8_t kind = byte() % 8;
    unsigned long cmd;

    memset(arg, 0, 128);
    arg[14] = some_frame(v->domain);
    arg[15] = some_frame(v->domain);
    if (kind < 3) {
        cmd = XENMEM_add_to_physmap;
        *add = (struct xen_add_to_physmap){
            .domid = GUESTS, .size = byte() % 5, .space = kind, .idx = arg[14], .gpfn = arg[15]};
    } else if (kind < 4) {
        cmd = XENMEM_add_to_physmap_batch;
        *batch = (struct xen_add_to_physmap_batch){.domid = GUESTS,
                                                   .space = XENMAPSPACE_gmfn_foreign,
                                                   .size = 1,
                                                   .u.foreign_domid = byte() % 4};
        batch->idxs.p = &arg[14];
        batch->gpfns.p = &arg[15];
        batch->errs.p = (int *)&arg[13];
    } else if (kind < 5) {
        cmd = XENMEM_remove_from_physmap;
        *(struct xen_remove_from_physmap *)arg =
            (struct xen_remove_from_physmap){.domid = GUESTS, .gpfn = arg[15]};
    } else {
        cmd = kind < 7 ? XENMEM_populate_physmap : XENMEM_decrease_reservation;
        *r = (struct xen_memory_reservation){.nr_extents = 1 + byte() % 2,
                                             .extent_order = byte() % 4,
                                             .mem_flags =
                                                 byte() % 4 ? 0 : XENMEMF_populate_on_demand,
                                             .domid = GUESTS};
        r->extent_start.p = &arg[14];
    }
    call(v, __HYPERVISOR_memory_op, &(struct hypercall_args){{cmd, (unsigned long)arg}});
}

/* Structs of 16 and 32-bit fields that are small numbers; or one that begins with a frame. */
static void event_channel_call(struct vcpu *v)
{
    uint8_t *arg = argument(v->domain), cmd = byte() % 14;
    uint16_t *half = (uint16_t *)arg;
    uint64_t frame = some_frame(v->domain);

    for (unsigned int i = 0; i < 12; i++) {
        uint8_t b = byte();

        half[i] = b < 128 ? 0 : b < 160 ? DOMID_SELF : b % 16;
    }
    if (cmd >= EVTCHNOP_init_control && cmd <= EVTCHNOP_expand_array)
        memcpy(arg, &frame, sizeof(frame));
    call(v, __HYPERVISOR_event_channel_op, &(struct hypercall_args){{cmd, (unsigned long)arg}});
}

static void map_or_copy_grant(struct vcpu *v)
{
    uint8_t *arg = argument(v->domain);
    struct gnttab_map_grant_ref *map = (void *)arg;
    struct gnttab_copy *copy = (void *)arg;

    if (byte() % 2) {
        *map = (struct gnttab_map_grant_ref){
            .host_addr = some_frame(v->domain) << PAGE_SHIFT | (uint64_t)(byte() % 64) << 3,
            .flags = byte() % 32 | (byte() % 4 ? GNTMAP_contains_pte : 0),
            .ref = byte() % 32,
            .dom = byte() % 4};
        call(v, __HYPERVISOR_grant_table_op,
             &(struct hypercall_args){{GNTTABOP_map_grant_ref, (unsigned long)arg, 1}});
        return;
    }
    memset(copy, 0, sizeof(*copy));
    copy->flags = byte() % 4;
    copy->len = (uint16_t)number(2) % (PAGE_SIZE + 2);
    copy->source.domid = copy->flags & GNTCOPY_source_gref ? byte() % 4 : DOMID_SELF;
    copy->dest.domid = copy->flags & GNTCOPY_dest_gref ? byte() % 4 : DOMID_SELF;
    copy->source.u.gmfn = copy->flags & GNTCOPY_source_gref ? byte() % 32 : some_frame(v->domain);
    copy->dest.u.gmfn = copy->flags & GNTCOPY_dest_gref ? byte() % 32 : some_frame(v->domain);
    call(v, __HYPERVISOR_grant_table_op,
         &(struct hypercall_args){{GNTTABOP_copy, (unsigned long)arg, 1}});
}

static void plain_call(struct vcpu *v)
{
    unsigned int i = byte() % (sizeof(plain) / sizeof(plain[0]));
    uint8_t *arg = argument(v->domain);
    struct hypercall_args a = {
        {byte() % plain[i].commands, (unsigned long)arg, byte() % 4 ? 1 : byte() % 8}};

    /* The machine's end is not what we look for. */
    if (plain[i].nr == __HYPERVISOR_sched_op && v->domain->is_privileged &&
        (a.a[0] == SCHEDOP_shutdown || a.a[0] == SCHEDOP_remote_shutdown ||
         a.a[0] == SCHEDOP_watchdog))
        return;
    fill(arg, 128, v->domain);
    call(v, plain[i].nr, &a);
}

static void page_table_call(struct vcpu *v)
{
    uint8_t *arg = argument(v->domain);
    unsigned long foreign = byte() % 4 ? DOMID_SELF : byte() % 8;

    fill(arg, 128, v->domain);
    switch (byte() % 4) {
    case 0:
        call(v, __HYPERVISOR_mmuext_op,
             &(struct hypercall_args){{(unsigned long)arg, byte() % 6, 0, foreign}});
        break;
    case 1:
        call(v, __HYPERVISOR_mmu_update,
             &(struct hypercall_args){{(unsigned long)arg, byte() % 9, 0, foreign}});
        break;
    case 2: { /* a table pinned or unpinned, with sense */
        struct mmuext_op *op = (void *)arg;

        op->cmd = byte() % 5;
        op->arg1.mfn = some_frame(v->domain);
        call(v, __HYPERVISOR_mmuext_op,
             &(struct hypercall_args){{(unsigned long)arg, 1, 0, DOMID_SELF}});
        break;
    }
    default: { /* an entry that might be valid */
        struct mmu_update *u = (void *)arg;

        u->ptr = some_frame(v->domain) << PAGE_SHIFT | (uint64_t)(byte() % 64) << 3;
        u->val =
            byte() % 4 ? some_frame(v->domain) << PAGE_SHIFT | (byte() | 1) : some_value(v->domain);
        call(v, __HYPERVISOR_mmu_update,
             &(struct hypercall_args){{(unsigned long)arg, 1, 0, foreign}});
        break;
    }
    }
}

static void vcpu_call(struct vcpu *v)
{
    uint8_t *arg = argument(v->domain), cmd = byte() % 14;

    if (v->domain->is_privileged && cmd == VCPUOP_down) /* the last one's is the machine's end */
        return;
    fill(arg, 64, v->domain);
    call(v, __HYPERVISOR_vcpu_op, &(struct hypercall_args){{cmd, byte() % 4, (unsigned long)arg}});
}

static void wild_call(struct vcpu *v)
{
    struct hypercall_args a;
    unsigned long nr = byte() % NR_HYPERCALLS;

    for (unsigned int i = 0; i < 6; i++)
        a.a[i] = some_value(v->domain);
    if (v->domain->is_privileged &&
        (nr == __HYPERVISOR_sched_op || nr == __HYPERVISOR_sched_op_compat ||
         nr == __HYPERVISOR_vcpu_op || nr == __HYPERVISOR_multicall))
        return;
    if (nr == __HYPERVISOR_console_io)
        a.a[1] %= 300;
    if (nr == __HYPERVISOR_multicall || nr == __HYPERVISOR_mmu_update ||
        nr == __HYPERVISOR_mmuext_op || nr == __HYPERVISOR_grant_table_op)
        a.a[nr == __HYPERVISOR_grant_table_op ? 2 : 1] %= 20;
    call(v, nr, &a);
}

/* What a guest can do without asking. */
static void scribble(struct domain *d)
{
    uint8_t *page;

    if (byte() % 4 == 0) {
        page = (uint8_t *)d->shared_info;
    } else if (byte() % 4 == 0 && d->grant.nr_frames) {
        page = (uint8_t *)d->grant.shared[0];
        /* An entry that may be good for something. */
        memcpy(page + byte() % 32 * 8,
               &(struct grant_entry_v1){.flags = byte() % 2 ? GTF_permit_access : byte(),
                                        .domid = byte() % 4,
                                        .frame = (uint32_t)some_frame(d)},
               sizeof(struct grant_entry_v1));
        return;
    } else {
        mfn_t mfn = hosted_frame_mfn(d, byte() % FRAMES);

        if (mfn_eq(mfn, INVALID_MFN) || !hosted_is_writable(mfn_to_page(mfn)))
            return;
        page = mfn_to_virt(mfn);
    }
    fill(page + byte() % 32 * 8, 8 + byte() % 64, d);
}

static void destroy(unsigned int i)
{
    struct domain *d = domains[i];

    domains[i] = NULL;
    if (d)
        hosted_destroy(d);
}

static void start(struct domain *d)
{
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        d->vcpu[i]->is_initialised = true;
        __atomic_and_fetch(&d->vcpu[i]->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    }
    domain_unpause(d);
}

static void step(void)
{
    struct domain *d = some_domain();
    struct vcpu *v = d && !d->is_dying ? d->vcpu[byte() % d->max_vcpus] : NULL;
    uint8_t what = byte() % 32;

    if (!v)
        return;
    if (mfn_eq(hosted_frame_mfn(d, 4), INVALID_MFN)) /* it has given all away */
        return;
    if (what < 5 && (d->is_hvm || byte() % 4 == 0))
        physmap_call(v);
    else if (what < 5)
        plain_call(v);
    else if (what < 9)
        event_channel_call(v);
    else if (what < 12)
        map_or_copy_grant(v);
    else if (what < 18)
        page_table_call(v);
    else if (what < 20)
        vcpu_call(v);
    else if (what < 22)
        wild_call(v);
    else if (what < 24 && domains[0])
        control(domains[0]->vcpu[0]);
    else if (what < 25 && domains[0])
        host_control(domains[0]->vcpu[0]);
    else if (what < 28)
        scribble(d);
    else if (what < 30)
        hosted_run();
    else if (what < 31)
        hosted_advance((s_time_t)number(4) % 20000000);
    else if (byte() % 16 == 0)
        destroy(1 + byte() % GUESTS);
    else
        softirq_raise(SOFTIRQ_CONSOLE); /* calls are preempted until CPUs run */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool booted;
    uint64_t free_before;
    struct domain *d;

    if (!booted) {
        hosted_boot(MEMORY, 2);
        booted = true;
    }
    hosted_settle();
    free_before = heap_free_pages(NODE_ANY);
    for (unsigned int i = 0; i <= GUESTS; i++) {
        domains[i] = i < GUESTS ? hosted_domain((domid_t)i, i == 0, 2, FRAMES)
                                : hosted_container((domid_t)i, 2, FRAMES, FRAMES + 64);
        start(domains[i]);
    }
    in = (struct script){data, size};
    while (in.size)
        step();
    /* Those that the script made, then its own; dom0 last: it may have mapped all of them. */
    for (unsigned int id = GUESTS + 1; id < MAX_DOMID; id++)
        if ((d = domain_get((domid_t)id)) != NULL) {
            domain_put(d);
            if (d->is_dying != DOMDYING_dead)
                hosted_destroy(d);
        }
    for (unsigned int i = GUESTS + 1; i-- > 0;)
        destroy(i);
    hosted_settle();
    if (heap_free_pages(NODE_ANY) != free_before || heap_outstanding_claims()) {
        fprintf(stderr, "%lu pages before, %lu now, %lu claimed\n", free_before,
                heap_free_pages(NODE_ANY), heap_outstanding_claims());
        abort();
    }
    return 0;
}

#ifndef WITH_LIBFUZZER
static uint64_t seed;

static uint8_t random_byte(void)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (uint8_t)(seed >> 56);
}

static int run_files(int argc, char **argv)
{
    static uint8_t buf[1 << 20];

    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t n = f ? fread(buf, 1, sizeof(buf), f) : 0;

        if (!f) {
            perror(argv[i]);
            return 1;
        }
        fclose(f);
        LLVMFuzzerTestOneInput(buf, n);
    }
    return 0;
}

int main(int argc, char **argv)
{
    static uint8_t buf[32768];
    time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
    unsigned long rounds = 0;
    char *digits = NULL;

    if (argc > 1 && (strtoul(argv[1], &digits, 10), *digits))
        return run_files(argc, argv);
    seed = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    while (time(NULL) < end) {
        uint64_t round_seed = seed;

        for (size_t i = 0; i < sizeof(buf); i++)
            buf[i] = random_byte();
        if (getenv("CORE_FUZZ_VERBOSE"))
            fprintf(stderr, "seed %lu\n", round_seed);
        LLVMFuzzerTestOneInput(buf, sizeof(buf));
        rounds++;
    }
    printf("%lu scripts\n", rounds);
    for (unsigned int nr = 0; nr < NR_HYPERCALLS; nr++)
        if (calls[nr] && hypercall_table[nr].fn)
            printf("%-28s %8lu calls, %8lu went well\n", hypercall_table[nr].name, calls[nr],
                   good[nr]);
    return rounds == 0;
}
#endif
