/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl.h
 * @brief Control of a Xen host and its domains.  Library libxenctrl.
 *
 * Source compatible with Xen 4.17's header of this name.  Unlike that one's, this library's ABI is
 * permanent.
 *
 * Conventions, where a function's own text does not say otherwise:
 * - it returns 0 or -1 with errno, or a pointer or NULL with errno;
 * - a failure leaves an error chain (xenerror.h), whose root names the hypercall;
 * - memory that it returns is the caller's, to be freed as its text says; arguments stay the
 *   caller's;
 * - a handle may be used by several threads at once, unless it was opened with
 *   XC_OPENFLAG_NON_REENTRANT;
 * - errors that any function may have: ENOMEM, EACCES (the hypervisor speaks another interface
 *   version, or its security policy forbids it), EPERM (this domain is not privileged), EBADF (the
 *   handle is a dummy), ENOSYS and EOPNOTSUPP (the hypervisor has no such thing).
 */
#ifndef XENCTRL_H
#define XENCTRL_H

#include "xenctrl/base.h"
#include "xenctrl/buffer.h"
#include "xenctrl/host.h"
#include "xenctrl/domain.h"
#include "xenctrl/vcpu.h"
#include "xenctrl/memory.h"
#include "xenctrl/sched.h"
#include "xenctrl/event.h"
#include "xenctrl/device.h"
#include "xenctrl/hvm.h"
#include "xenctrl/introspect.h"
#include "xenctrl/power.h"
#include "xenctrl/perf.h"
#include "xenctrl/flask.h"
#include "xenctrl/update.h"
#include "xenctrl/guest.h"
#include "xenctrl_compat.h"

#endif
