/* SPDX-License-Identifier: MIT */
/* console_io: the emergency console, which dom0 uses as its own. */
#include <hv/access.h>
#include <hv/domain.h>
#include <hv/guest_access.h>
#include <hv/hypercall.h>
#include <hv/printk.h>

#define CHUNK 128

static long console_write(struct domain *d, struct hypercall_args *a)
{
    unsigned int count = (unsigned int)a->a[1];
    char buf[CHUNK];

    while (count) {
        unsigned int nr = min(count, (unsigned int)CHUNK);

        if (copy_from_guest_va(buf, a->a[2], nr))
            return -EFAULT;
        console_guest_write(d, buf, nr);
        count -= nr;
        a->a[1] = count;
        a->a[2] += nr;
        if (count && hypercall_preempt_check())
            return -EPREEMPTED;
    }
    return 0;
}

static long console_read(struct hypercall_args *a)
{
    char buf[CHUNK];
    unsigned int count = (unsigned int)a->a[1];
    size_t got = console_input_read(buf, min(count, (unsigned int)CHUNK));

    return copy_to_guest_va(a->a[2], buf, got) ? -EFAULT : (long)got;
}

/* console_io(command, count, buffer) */
long do_console_io(struct hypercall_args *a)
{
    struct domain *d = current->domain;
    bool read = a->a[0] == CONSOLEIO_read;

    if (a->a[0] != CONSOLEIO_read && a->a[0] != CONSOLEIO_write)
        return -ENOSYS;
    if (may(d, ACCESS_CONSOLE, d, read))
        return -EPERM;
    if ((unsigned int)a->a[1] > INT32_MAX)
        return -EINVAL;
    return read ? console_read(a) : console_write(d, a);
}
