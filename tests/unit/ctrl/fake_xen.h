/* SPDX-License-Identifier: MIT */
/* Hypercalls answered by a test: the last structure of each kind, and what to answer. */
#ifndef TESTS_CTRL_FAKE_XEN_H
#define TESTS_CTRL_FAKE_XEN_H

#include <stdlib.h>
#include <string.h>
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenerror.h>
#include "fake_kernel.h"
#include "shared/linux_devices.h"

static struct {
    struct xen_domctl domctl;
    struct xen_sysctl sysctl;
    uint64_t op, arg[5];
    long answer; /* a negative errno value is an error */
    int calls;
    int faults; /* so many EFAULT before */
    void (*on_domctl)(struct xen_domctl *op);
    void (*on_sysctl)(struct xen_sysctl *op);
    void (*on_other)(const struct privcmd_hypercall *call);
} hv;

static inline long fake_hypercall(unsigned long request, void *arg)
{
    struct privcmd_hypercall *call = arg;

    if (request == IOCTL_PRIVCMD_MMAPBATCH_V2) {
        struct privcmd_mmapbatch_v2 *batch = arg;

        memset(batch->err, 0, batch->num * sizeof(int));
        return 0;
    }
    assert_int_equal(request, IOCTL_PRIVCMD_HYPERCALL);
    hv.calls++;
    hv.op = call->op;
    memcpy(hv.arg, call->arg, sizeof(hv.arg));
    if (hv.faults && hv.faults--)
        return -EFAULT;
    if (call->op == __HYPERVISOR_domctl) {
        struct xen_domctl *op = (void *)(uintptr_t)call->arg[0];

        hv.domctl = *op;
        if (hv.on_domctl && hv.answer >= 0)
            hv.on_domctl(op);
    } else if (call->op == __HYPERVISOR_sysctl) {
        struct xen_sysctl *op = (void *)(uintptr_t)call->arg[0];

        hv.sysctl = *op;
        if (op->cmd == XEN_SYSCTL_physinfo && hv.answer >= 0) {
            op->u.physinfo.max_cpu_id = 11; /* maps of two bytes */
            op->u.physinfo.nr_cpus = 10;
            op->u.physinfo.max_node_id = 1;
        }
        if (hv.on_sysctl && hv.answer >= 0)
            hv.on_sysctl(op);
    } else if (hv.on_other) {
        hv.on_other(call);
    }
    return hv.answer;
}

static inline xc_interface *fake_xen_open(void)
{
    fake_kernel_install();
    memset(&hv, 0, sizeof(hv));
    fake.ioctl = fake_hypercall;
    return xc_interface_open(NULL, NULL, 0);
}

static inline void fake_xen_close(xc_interface *xch)
{
    fake_fail_allocation(0);
    xc_interface_close(xch);
    fake_kernel_assert_clean();
}

#endif
