/* SPDX-License-Identifier: MIT */
/* HVM parameters, and the rest of hvm_op.  Which there are, and what each takes, is what the tools of
 * the field meet elsewhere; most are no more than values that one side leaves for the other. */
#include <asm/hvm.h>
#include <asm/p2m.h>
#include <hv/arch/domain.h>
#include <hv/errno.h>
#include <xen/hvm/hvm_op.h>
#include <xen/sched.h>

#define THERE     BIT(0) /* it exists */
#define ONCE      BIT(1) /* set for good with the first value that is not 0 */
#define GUEST_GET BIT(2) /* the domain itself may read it, */
#define GUEST_SET BIT(3) /* and set it */
#define GUESTS    (THERE | GUEST_GET | GUEST_SET)

static const uint8_t kinds[HVM_NR_PARAMS] = {
    [HVM_PARAM_CALLBACK_IRQ] = GUESTS,
    [HVM_PARAM_STORE_PFN] = THERE | GUEST_GET,
    [HVM_PARAM_STORE_EVTCHN] = GUESTS,
    [3] = THERE, /* without a name since long */
    [HVM_PARAM_IOREQ_PFN] = THERE | ONCE,
    [HVM_PARAM_BUFIOREQ_PFN] = THERE | ONCE,
    [7] = THERE,
    [8] = THERE,
    [HVM_PARAM_VIRIDIAN] = THERE,
    [HVM_PARAM_TIMER_MODE] = THERE,
    [HVM_PARAM_HPET_ENABLED] = THERE,
    [HVM_PARAM_IDENT_PT] = THERE,
    [HVM_PARAM_ACPI_S_STATE] = THERE,
    [HVM_PARAM_VM86_TSS] = GUESTS,
    [HVM_PARAM_VPT_ALIGN] = THERE,
    [HVM_PARAM_CONSOLE_PFN] = THERE | GUEST_GET,
    [HVM_PARAM_CONSOLE_EVTCHN] = GUESTS,
    [HVM_PARAM_ACPI_IOPORTS_LOCATION] = GUESTS,
    [HVM_PARAM_PAGING_RING_PFN] = THERE,
    [HVM_PARAM_MONITOR_RING_PFN] = THERE,
    [HVM_PARAM_SHARING_RING_PFN] = THERE,
    [HVM_PARAM_TRIPLE_FAULT_REASON] = THERE,
    [HVM_PARAM_IOREQ_SERVER_PFN] = THERE | ONCE,
    [HVM_PARAM_NR_IOREQ_SERVER_PAGES] = THERE | ONCE,
    [HVM_PARAM_VM_GENERATION_ID_ADDR] = GUESTS,
    [HVM_PARAM_ALTP2M] = THERE | GUEST_GET,
    [HVM_PARAM_X87_FIP_WIDTH] = GUESTS,
    [HVM_PARAM_VM86_TSS_SIZED] = GUESTS,
    [HVM_PARAM_MCA_CAP] = THERE,
};

#define TSS_SIZE_MIN     0x68 /* the hardware's part of it */
#define TSS_SIZE_DEFAULT 0x80
#define TSS_SIZE_MAX     (TSS_SIZE_MIN + 0x20 + 0x2000 + 1) /* and maps of interrupts and ports */

static int check_kind(uint32_t index, bool by_itself, uint8_t needed)
{
    uint8_t kind = index < HVM_NR_PARAMS ? kinds[index] : 0;

    if (!(kind & THERE))
        return -EINVAL;
    return by_itself && !(kind & needed) ? -EPERM : 0;
}

/* What else must hold of a value. */
static int check_value(uint32_t index, uint64_t value)
{
    switch (index) {
    case HVM_PARAM_VIRIDIAN: /* not provided, and 0 is no set of its features */
        return -EINVAL;
    case HVM_PARAM_ALTP2M:       /* not provided */
    case HVM_PARAM_ACPI_S_STATE: /* nobody sleeps */
    case HVM_PARAM_X87_FIP_WIDTH:
    case HVM_PARAM_MCA_CAP:
        return value ? -EINVAL : 0;
    case HVM_PARAM_TIMER_MODE:
        return value > HVMPTM_one_missed_tick_pending ? -EINVAL : 0;
    case HVM_PARAM_VM86_TSS:
        return value >> 32 ? -EINVAL : 0;
    case HVM_PARAM_VM86_TSS_SIZED:
        return value >> 32 < TSS_SIZE_MIN ? -EINVAL : 0;
    case HVM_PARAM_ACPI_IOPORTS_LOCATION: /* no power management timer is there to be moved */
        return -ENODEV;
    case HVM_PARAM_TRIPLE_FAULT_REASON:
        return value > SHUTDOWN_MAX ? -EINVAL : 0;
    case HVM_PARAM_NR_IOREQ_SERVER_PAGES:
        return value == 0 ? -EINVAL : 0;
    default:
        return 0;
    }
}

/* Events by a vector that bypasses the local APIC; by the other ways, GSIs and INTx, there is nothing
 * that could deliver them. */
static uint8_t callback_vector(uint64_t via)
{
    return via >> 56 == HVM_PARAM_CALLBACK_TYPE_VECTOR ? (uint8_t)via : 0;
}

int arch_set_hvm_param(struct domain *d, uint32_t index, uint64_t value, bool by_itself)
{
    struct hvm_domain *h = d->arch.hvm;
    int rc = check_kind(index, by_itself, GUEST_SET) ?: check_value(index, value);

    if (rc)
        return rc;
    spin_lock(&d->lock);
    if ((kinds[index] & ONCE) && h->params[index] && h->params[index] != value) {
        rc = -EEXIST;
    } else if (index == HVM_PARAM_VM86_TSS) {
        h->params[HVM_PARAM_VM86_TSS_SIZED] = value | (uint64_t)TSS_SIZE_DEFAULT << 32;
    } else if (index == HVM_PARAM_VM86_TSS_SIZED) {
        h->params[index] = (value & UINT32_MAX) | min(value >> 32, (uint64_t)TSS_SIZE_MAX) << 32;
    } else {
        h->params[index] = value;
        if (index == HVM_PARAM_CALLBACK_IRQ)
            write_atomic(&h->callback_vector, callback_vector(value));
    }
    spin_unlock(&d->lock);
    return rc;
}

int arch_get_hvm_param(struct domain *d, uint32_t index, uint64_t *value, bool by_itself)
{
    const struct hvm_domain *h = d->arch.hvm;
    int rc = check_kind(index, by_itself, GUEST_GET);

    if (rc)
        return rc;
    if (index == HVM_PARAM_VM86_TSS)
        *value = (uint32_t)read_atomic(&h->params[HVM_PARAM_VM86_TSS_SIZED]);
    else
        *value = read_atomic(&h->params[index]);
    return 0;
}

void hvm_params_init(struct hvm_domain *h)
{
    h->params[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_reboot;
}

uint16_t arch_hvm_mem_type(struct domain *d, gfn_t gfn)
{
    enum p2m_type t;

    p2m_lookup(d, gfn, &t, NULL);
    if (t == p2m_ram_ro || t == p2m_grant_ro)
        return HVMMEM_ram_ro;
    return t == p2m_invalid || t == p2m_mmio_direct ? HVMMEM_mmio_dm : HVMMEM_ram_rw;
}
