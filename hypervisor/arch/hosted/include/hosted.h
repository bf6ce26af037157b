/* SPDX-License-Identifier: MIT */
/* The hypervisor's core in a Linux process: what a test does with it.
 *
 * Machine memory is an arena that is mapped one to one as the direct map.  A guest's virtual
 * address is the address of one of its frames in the arena; the copying functions check whose it
 * is.  Time stands still until hosted_advance() moves it.  CPUs run when hosted_run() lets them;
 * the test itself is one more, on which no vCPU is scheduled. */
#ifndef HOSTED_H
#define HOSTED_H

#include <hv/domain.h>
#include <hv/hypercall.h>

#define HOSTED_MAX_CPUS 8

/* Boot: once a process. No domain exists afterwards but the idle one and its like. */
void hosted_boot(size_t memory, unsigned int nr_cpus);

/* --- domains ---------------------------------------------------------------------------------- */
/* A PV domain as the tools make it, published, paused, with vCPUs and frames; NULL: *err says why.
 * */
struct domain *hosted_domain(domid_t domid, bool privileged, unsigned int vcpus,
                             unsigned int frames);
/* An HVM container, likewise; its frames are mapped from 0 on. */
struct domain *hosted_container(domid_t domid, unsigned int vcpus, unsigned int frames,
                                unsigned int max_frames);
/* Kill it wholly, drop the creation's pauses; afterwards nothing of it is left (hosted_settle()).
 * */
void hosted_destroy(struct domain *d);
/* The n-th frame of d, as d sees it: an address it may give to hypercalls. */
void *hosted_frame(struct domain *d, unsigned int n);
mfn_t hosted_frame_mfn(struct domain *d, unsigned int n);
bool hosted_is_writable(const struct page_info *pg); /* could a guest write to it? */

/* --- hypercalls ------------------------------------------------------------------------------- */
/* As the vCPU, repeated as long as it is preempted. */
long hosted_call(struct vcpu *v, unsigned long nr, unsigned long a0, unsigned long a1,
                 unsigned long a2, unsigned long a3);
/* Once: -EPREEMPTED is seen, args are what they have become. */
long hosted_call_once(struct vcpu *v, unsigned long nr, struct hypercall_args *a);

/* --- CPUs and time ---------------------------------------------------------------------------- */
void hosted_run(void);            /* each CPU runs its softirqs, until none is pending */
void hosted_advance(s_time_t ns); /* to the time; timers fire when they are due */
void hosted_settle(void);         /* grace periods and what they free */
/* With hosted_threaded set each thread is a CPU of its own, all at once: it says which, then calls
 * hosted_poll() now and then, where a CPU on its way to a guest would handle its softirqs.  Without
 * schedule it never switches vCPU: whom hosted_call() names is what it runs. */
extern bool hosted_threaded;
void hosted_be_cpu(unsigned int cpu);
void hosted_poll(bool schedule);
extern s_time_t hosted_now;
extern unsigned int hosted_nr_cpus;

/* --- what the core did to the outside --------------------------------------------------------- */
const char *hosted_console(void); /* all output so far */
void hosted_console_clear(void);
extern bool hosted_console_echo;            /* to stdout, too */
extern unsigned long hosted_kicks;          /* arch_vcpu_kick() calls */
extern bool hosted_interrupt;               /* other reasons for vCPUs to run than events */
extern unsigned long hosted_nested_flushes; /* arch_hvm_flush_tlbs() calls */
extern unsigned int hosted_halted, hosted_restarted; /* the machine's ends: they return to
                                                        hosted_end if it is set, else abort */
extern void (*hosted_end)(void);

#endif
