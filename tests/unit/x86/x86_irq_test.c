/* SPDX-License-Identifier: MIT */
/* Interrupts on their way to guests: when they are masked, acknowledged and let through again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <asm/apic.h>
#include <asm/irq.h>
#include <asm/smp.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/event.h>
#include <hv/softirq.h>

#define EDGE  5
#define LEVEL 20

/* --- the machine ------------------------------------------------------------------------------------- */
uint32_t cpu_to_apicid[NR_CPUS] = {7, 9};
cpumask_t cpu_online_map = {{3}};
unsigned int nr_gsis = 24;
static bool masked[NR_IRQS], level[NR_IRQS];
static unsigned int vector_of[NR_IRQS], apicid_of[NR_IRQS], eois, events, last_pirq;

static void mask(unsigned int irq)
{
    masked[irq] = true;
}
static void unmask(unsigned int irq)
{
    masked[irq] = false;
}
static void set_target(unsigned int irq, unsigned int vector, uint32_t apicid)
{
    vector_of[irq] = vector;
    apicid_of[irq] = apicid;
}
const struct irq_chip ioapic_chip = {mask, unmask, set_target};
static const struct irq_chip msi_chip = {mask, unmask, set_target};

bool ioapic_gsi_valid(unsigned int gsi)
{
    return gsi < nr_gsis;
}
bool ioapic_is_level(unsigned int gsi)
{
    return level[gsi];
}
void ioapic_configure(unsigned int gsi, bool active_low, bool is_level)
{
    level[gsi] = is_level;
}
void apic_eoi(void)
{
    eois++;
}
uint32_t apic_read(unsigned int reg)
{
    return 0;
}
void apic_write(unsigned int reg, uint32_t v)
{
}
void softirq_raise(enum softirq nr)
{
}
void smp_handle_call_ipi(void)
{
}
void flush_ipi(void)
{
}
void printk(const char *fmt, ...)
{
}
void send_guest_pirq(struct domain *d, uint32_t pirq)
{
    events++;
    last_pirq = pirq;
}

static struct domain dom[3];

static void arrive(unsigned int irq)
{
    struct cpu_user_regs regs = {.entry_vector = vector_of[irq]};
    do_IRQ(&regs);
}

static int setup(void **state)
{
    irq_init();
    for (unsigned int i = 0; i < nr_gsis; i++) {
        masked[i] = true;
        level[i] = i >= 16;
    }
    eois = events = 0;
    return 0;
}

static int teardown(void **state)
{
    for (unsigned int irq = 0; irq < nr_gsis; irq++)
        for (unsigned int d = 0; d < 3; d++)
            (void)irq_unbind_guest(irq, &dom[d]);
    return 0;
}

/* --- tests ------------------------------------------------------------------------------------------- */
static void edge_is_acknowledged_at_once(void **state)
{
    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 105, false), 0);
    assert_false(masked[EDGE]);
    arrive(EDGE);
    arrive(EDGE);
    assert_int_equal(events, 2);
    assert_int_equal(eois, 2);
    assert_int_equal(last_pirq, 105);
    assert_false(masked[EDGE]);
    assert_false(irq_guest_needs_eoi(EDGE));
}

static void level_stays_masked_until_eoi(void **state)
{
    assert_int_equal(irq_bind_guest(LEVEL, &dom[0], 20, true), 0);
    arrive(LEVEL);
    assert_int_equal(events, 1);
    assert_int_equal(eois, 1);
    assert_true(masked[LEVEL]);
    irq_guest_eoi(LEVEL, &dom[1]); /* not its business */
    assert_true(masked[LEVEL]);
    irq_guest_eoi(LEVEL, &dom[0]);
    assert_false(masked[LEVEL]);
    irq_guest_eoi(LEVEL, &dom[0]); /* once more: no effect */
    assert_false(masked[LEVEL]);
}

static void sharers_are_all_waited_for(void **state)
{
    assert_int_equal(irq_bind_guest(LEVEL, &dom[0], 20, true), 0);
    assert_int_equal(irq_bind_guest(LEVEL, &dom[1], 21, true), 0);
    arrive(LEVEL);
    assert_int_equal(events, 2);
    irq_guest_eoi(LEVEL, &dom[0]);
    irq_guest_eoi(LEVEL, &dom[0]);
    assert_true(masked[LEVEL]);
    irq_guest_eoi(LEVEL, &dom[1]);
    assert_false(masked[LEVEL]);
}

static void unbinding_a_sharer_counts_as_eoi(void **state)
{
    assert_int_equal(irq_bind_guest(LEVEL, &dom[0], 20, true), 0);
    assert_int_equal(irq_bind_guest(LEVEL, &dom[1], 21, true), 0);
    arrive(LEVEL);
    irq_guest_eoi(LEVEL, &dom[0]);
    assert_int_equal(irq_unbind_guest(LEVEL, &dom[1]), 0);
    assert_false(masked[LEVEL]);
    arrive(LEVEL);
    assert_int_equal(events, 3);
}

static void last_unbind_masks(void **state)
{
    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 5, false), 0);
    assert_int_equal(irq_unbind_guest(EDGE, &dom[0]), 0);
    assert_true(masked[EDGE]);
    assert_int_equal(irq_unbind_guest(EDGE, &dom[0]), -EINVAL);
    arrive(EDGE); /* late */
    assert_int_equal(events, 0);
    assert_int_equal(eois, 1);
    assert_int_equal(irq_bind_guest(EDGE, &dom[1], 5, false), 0);
}

static void sharing_wants_consent_and_level(void **state)
{
    assert_int_equal(irq_bind_guest(LEVEL, &dom[0], 20, false), 0);
    assert_int_equal(irq_bind_guest(LEVEL, &dom[1], 21, true), -EBUSY);
    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 5, true), 0);
    assert_int_equal(irq_bind_guest(EDGE, &dom[1], 5, true), -EBUSY);
    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 5, true), -EBUSY);
    assert_int_equal(irq_bind_guest(nr_gsis, &dom[0], 5, true), -EINVAL);
    assert_int_equal(irq_bind_guest(NR_IRQS + 1, &dom[0], 5, true), -EINVAL);
}

static unsigned int handled;
static void handler(unsigned int irq, void *data, struct cpu_user_regs *regs)
{
    handled += *(int *)data;
}

static void host_irq_is_not_for_guests(void **state)
{
    int amount = 3;

    assert_int_equal(irq_request(4, handler, &amount), 0);
    assert_true(irq_is_host(4));
    assert_int_equal(irq_request(4, handler, &amount), -EBUSY);
    assert_int_equal(irq_bind_guest(4, &dom[0], 4, true), -EBUSY);
    assert_int_equal(irq_set_polarity_trigger(4, true, true), -EBUSY);
    arrive(4);
    assert_int_equal(handled, 3);
    assert_int_equal(eois, 1);
}

static void trigger_changes_while_free_only(void **state)
{
    assert_int_equal(irq_set_polarity_trigger(EDGE, true, true), 0);
    assert_true(irq_guest_needs_eoi(EDGE));
    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 5, true), 0);
    assert_int_equal(irq_set_polarity_trigger(EDGE, true, true), 0); /* as it is */
    assert_int_equal(irq_set_polarity_trigger(EDGE, true, false), -EBUSY);
    assert_int_equal(irq_set_polarity_trigger(nr_gsis, true, false), -EINVAL);
}

static void affinity_keeps_the_vector(void **state)
{
    unsigned int vector;

    assert_int_equal(irq_bind_guest(EDGE, &dom[0], 5, false), 0);
    vector = vector_of[EDGE];
    assert_int_equal(apicid_of[EDGE], 7);
    irq_set_affinity(EDGE, 1);
    assert_int_equal(apicid_of[EDGE], 9);
    irq_set_affinity(EDGE, 2); /* not online */
    assert_int_equal(apicid_of[EDGE], 9);
    assert_int_equal(vector_of[EDGE], vector);
}

static void vectors_run_out_and_come_back(void **state)
{
    int irqs[NR_IRQS], nr = 0, bound = 0, rc = 0;

    while ((irqs[nr] = irq_alloc_msi(&msi_chip, &nr)) >= 0)
        nr++;
    assert_int_equal(irqs[nr], -ENOSPC);
    assert_int_equal(nr, NR_IRQS - nr_gsis);
    while (!(rc = irq_bind_guest((unsigned int)irqs[bound], &dom[0], 5, false)))
        bound++;
    assert_int_equal(rc, -ENOSPC);
    assert_in_range(bound, 150, VECTOR_LAST_DEV - VECTOR_FIRST_DEV + 1);
    irq_free_msi((unsigned int)irqs[0]);
    assert_int_equal(irq_bind_guest((unsigned int)irqs[bound], &dom[0], 5, false), 0);
    for (int i = 1; i < nr; i++)
        irq_free_msi((unsigned int)irqs[i]);
    assert_int_equal(irq_bind_guest((unsigned int)irqs[1], &dom[0], 5, false), -EINVAL);
}

static void stray_vector_is_acknowledged(void **state)
{
    struct cpu_user_regs regs = {.entry_vector = VECTOR_LAST_DEV};

    do_IRQ(&regs);
    assert_int_equal(eois, 1);
    regs.entry_vector = VECTOR_SPURIOUS;
    do_IRQ(&regs);
    regs.entry_vector = VECTOR_LEGACY + 7;
    do_IRQ(&regs);
    assert_int_equal(eois, 1);
    assert_int_equal(events, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(edge_is_acknowledged_at_once),
        TEST(level_stays_masked_until_eoi),
        TEST(sharers_are_all_waited_for),
        TEST(unbinding_a_sharer_counts_as_eoi),
        TEST(last_unbind_masks),
        TEST(sharing_wants_consent_and_level),
        TEST(trigger_changes_while_free_only),
        TEST(affinity_keeps_the_vector),
        TEST(vectors_run_out_and_come_back),
        TEST(stray_vector_is_acknowledged),
        TEST(host_irq_is_not_for_guests), /* last: there is no way to give one back */
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
