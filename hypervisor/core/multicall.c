/* SPDX-License-Identifier: MIT */
/* multicall: several hypercalls in one. */
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>

/* These change what the guest runs next, or would recurse. */
static bool is_allowed(unsigned long op)
{
    return op != __HYPERVISOR_multicall && op != __HYPERVISOR_iret;
}

static long run_entry(vaddr_t at, struct multicall_entry *call)
{
    struct hypercall_args args;
    unsigned long result;

    for (unsigned int i = 0; i < 6; i++)
        args.a[i] = call->args[i];
    result = (unsigned long)(is_allowed(call->op) ? hypercall_dispatch(call->op, &args) : -EINVAL);
    if ((long)result == -EPREEMPTED) {
        for (unsigned int i = 0; i < 6; i++)
            call->args[i] = args.a[i];
        return copy_to_guest_va(at, call, sizeof(*call)) ? -EFAULT : -EPREEMPTED;
    }
    return copy_to_guest_va(at + offsetof(struct multicall_entry, result), &result, sizeof(result));
}

/* multicall(entries, count) */
long do_multicall(struct hypercall_args *a)
{
    struct multicall_entry call;
    vaddr_t list = a->a[0];
    unsigned int count = (unsigned int)a->a[1], i;
    long rc = 0;

    for (i = 0; i < count && !rc; i++) {
        vaddr_t at = list + i * sizeof(call);

        if (i && hypercall_preempt_check()) {
            rc = -EPREEMPTED;
            break;
        }
        if (copy_from_guest_va(&call, at, sizeof(call)))
            return -EFAULT;
        rc = run_entry(at, &call);
        if (rc)
            break;
    }
    if (rc == -EPREEMPTED) {
        a->a[0] = list + i * sizeof(call);
        a->a[1] = count - i;
    }
    return rc;
}
