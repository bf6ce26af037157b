/* SPDX-License-Identifier: MIT */
/* console_io and vm_assist. */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>

static long console_write(struct hypercall_args *a)
{
    unsigned int left = (unsigned int)a->a[1], n;
    vaddr_t at = a->a[2];
    char chunk[128];
    long rc = 0;

    while (left && !rc) {
        n = min(left, (unsigned int)sizeof(chunk));
        if (copy_from_guest_va(chunk, at, n))
            return -EFAULT;
        console_guest_write(current->domain, chunk, n);
        at += n;
        left -= n;
        if (left && hypercall_preempt_check()) {
            a->a[1] = left;
            a->a[2] = at;
            rc = -EPREEMPTED;
        }
    }
    return rc;
}

static long console_read(struct hypercall_args *a)
{
    unsigned int left = (unsigned int)a->a[1];
    vaddr_t at = a->a[2];
    char chunk[128];
    long done = 0;

    while (left) {
        size_t n = console_input_read(chunk, min((size_t)left, sizeof(chunk)));

        if (!n)
            break;
        if (copy_to_guest_va(at, chunk, n))
            return -EFAULT;
        at += n;
        left -= (unsigned int)n;
        done += (long)n;
    }
    return done;
}

long do_console_io(struct hypercall_args *a)
{
    struct domain *d = current->domain;
    int cmd = (int)a->a[0];
    long rc;

    if (cmd != CONSOLEIO_write && cmd != CONSOLEIO_read)
        return -ENOSYS;
    rc = may(d, ACCESS_CONSOLE, d, cmd == CONSOLEIO_read);
    if (rc)
        return rc;
    return cmd == CONSOLEIO_write ? console_write(a) : console_read(a);
}

/* --- vm_assist -------------------------------------------------------------------------------- */
/* Those that mean something to a 64-bit PV guest; pae_extended_cr3 and the 4 GiB segments are
 * accepted for the sake of old kernels and change nothing. */
#define KNOWN_ASSISTS                                                                              \
    (BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) |                        \
     BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |                    \
     BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) |                 \
     BIT(VMASST_TYPE_m2p_strict))

long do_vm_assist(struct hypercall_args *a)
{
    struct domain *d = current->domain;
    unsigned int cmd = (unsigned int)a->a[0], type = (unsigned int)a->a[1];

    if (type >= 64 || !(KNOWN_ASSISTS & BIT(type)))
        return -EINVAL;
    switch (cmd) {
    case VMASST_CMD_enable:
        __atomic_or_fetch(&d->vm_assist, BIT(type), __ATOMIC_SEQ_CST);
        return 0;
    case VMASST_CMD_disable:
        __atomic_and_fetch(&d->vm_assist, ~BIT(type), __ATOMIC_SEQ_CST);
        return 0;
    default:
        return -ENOSYS;
    }
}
