/* SPDX-License-Identifier: MIT */
/* A domain's numbers of the machine's interrupts: what is mapped is given back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/irq.h>
#include <asm/msi.h>
#include <asm/pv_domain.h>
#include <hv/errno.h>

#define GSI 9
#define MSI 30

/* --- the machine ------------------------------------------------------------------------------------- */
unsigned int nr_gsis = 24;
static unsigned int bound, unmapped_msis;

void *hv_alloc(size_t size)
{
    return calloc(1, size);
}
int irq_bind_guest(unsigned int irq, struct domain *d, uint32_t pirq, bool share)
{
    bound++;
    return 0;
}
int irq_unbind_guest(unsigned int irq, struct domain *d)
{
    bound--;
    return 0;
}
void irq_set_affinity(unsigned int irq, unsigned int cpu)
{
}
bool irq_guest_needs_eoi(unsigned int irq)
{
    return false;
}
void irq_guest_eoi(unsigned int irq, struct domain *d)
{
}
int msi_unmap(unsigned int irq)
{
    unmapped_msis++;
    return 0;
}
struct page_info *frame_table;
struct page_info *get_writable_page_from_gfn(struct domain *d, gfn_t gfn)
{
    return NULL;
}
void put_page(struct page_info *pg)
{
}
void put_page_type(struct page_info *pg)
{
}

static struct domain dom;
static struct vcpu vcpu = {.domain = &dom};

static int setup(void **state)
{
    memset(&dom, 0, sizeof(dom));
    bound = unmapped_msis = 0;
    return 0;
}

static int teardown(void **state)
{
    free(dom.arch.pirqs);
    return 0;
}

/* --- tests ------------------------------------------------------------------------------------------- */
static void numbers_are_given_once(void **state)
{
    assert_int_equal(pirq_map(&dom, GSI, GSI, 0), GSI);
    assert_int_equal(pirq_map(&dom, -1, GSI, 0), GSI); /* has one already */
    assert_int_equal(pirq_map(&dom, GSI + 1, GSI, 0), -EEXIST);
    assert_int_equal(pirq_map(&dom, GSI, MSI, 0), -EEXIST);
    assert_int_equal(pirq_map(&dom, -1, MSI, nr_gsis), nr_gsis);
    assert_int_equal(pirq_to_irq(&dom, nr_gsis), MSI);
    assert_int_equal(pirq_map(&dom, -1, NR_IRQS, 0), -EINVAL);
    assert_int_equal(pirq_map(&dom, MAX_PIRQS, GSI + 1, 0), -EINVAL);
    assert_int_equal(pirq_unmap(&dom, nr_gsis), 0);
    assert_int_equal(pirq_unmap(&dom, nr_gsis), -EINVAL);
    assert_int_equal(unmapped_msis, 1);
}

static void all_go_with_the_domain(void **state)
{
    assert_int_equal(pirq_map(&dom, GSI, GSI, 0), GSI);
    assert_int_equal(pirq_map(&dom, -1, MSI, nr_gsis), nr_gsis);
    assert_int_equal(arch_pirq_bind(&vcpu, GSI, false), 0);
    assert_int_equal(bound, 1);
    dom.is_dying = DOMDYING_dying;
    pv_physdev_domain_relinquish(&dom);
    assert_int_equal(bound, 0);
    assert_int_equal(unmapped_msis, 1);
    /* What came later would stay, and the device with it. */
    assert_int_equal(pirq_map(&dom, -1, MSI, nr_gsis), -EINVAL);
    assert_int_equal(pirq_to_irq(&dom, nr_gsis), -EINVAL);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(numbers_are_given_once),
        T(all_go_with_the_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
