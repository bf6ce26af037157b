/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/guest.h
 * @brief Declared here for old callers, but libxenguest's.  Include xenctrl.h.
 */
#ifndef XENCTRL_GUEST_H
#define XENCTRL_GUEST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Wishes for a CPUID leaf: for each register 32 characters, the highest bit first. */
struct xc_xend_cpuid {
    union {
        struct {
            uint32_t leaf;    /**< the leaf */
            uint32_t subleaf; /**< the subleaf, or XEN_CPUID_INPUT_UNUSED */
        };
        uint32_t input[2]; /**< both */
    };
    /** eax, ebx, ecx, edx: '1' and '0' set a bit, 'x' is the default, 'k' and 's' the host's. */
    char *policy[4];
};

/** Wishes for a model-specific register. */
struct xc_msr {
    uint32_t index;  /**< its number */
    char policy[65]; /**< 64 characters like those of xc_xend_cpuid */
};
#define XC_MSR_INPUT_UNUSED 0xffffffffu /**< the end of a list of them */

/**
 * @brief Write a domain's memory and registers to a file.
 * @param xch open handle
 * @param domid the domain
 * @param corename the file
 * @return 0, or -1 with errno: ESRCH, EPERM, ENOMEM, or of writing
 * @since 1.0
 */
int xc_domain_dumpcore(xc_interface *xch, uint32_t domid, const char *corename);

/**
 * Takes a piece of a dump.
 * @param xch    open handle
 * @param arg    what was passed to xc_domain_dumpcore_via_callback()
 * @param buffer the piece
 * @param length its size in bytes
 * @return 0, or anything else to stop
 */
typedef int(dumpcore_rtn_t)(xc_interface *xch, void *arg, char *buffer, unsigned int length);

/**
 * @brief Dump a domain's memory and registers piece by piece.
 * @param xch open handle
 * @param domid the domain
 * @param arg passed on
 * @param dump_rtn called for each piece
 * @return 0, or -1 with errno: ESRCH, EPERM, ENOMEM, or the callback's
 * @since 1.0
 */
int xc_domain_dumpcore_via_callback(xc_interface *xch, uint32_t domid, void *arg,
                                    dumpcore_rtn_t dump_rtn);

/**
 * @brief Get the name of the ring layout that a domain's drivers use.
 * @param xch open handle
 * @param domid the domain
 * @return a constant string; NULL with errno
 * @since 1.0
 */
const char *xc_domain_get_native_protocol(xc_interface *xch, uint32_t domid);

/**
 * @brief Make a domain's CPUID and MSR policy from the host's defaults and the caller's wishes.
 * @param xch open handle
 * @param domid the domain
 * @param restore whether the domain comes from an old stream without a policy
 * @param featureset a whole set of features instead of defaults; may be NULL
 * @param nr_features words in it
 * @param pae whether PAE is offered
 * @param itsc whether an invariant TSC is offered
 * @param nested_virt whether nested virtualization is offered
 * @param xend further wishes, the last with leaf XEN_CPUID_INPUT_UNUSED; may be NULL
 * @param msr further wishes, the last with index XC_MSR_INPUT_UNUSED; may be NULL
 * @return 0, or -1 with errno: EINVAL, EOPNOTSUPP, ESRCH, EPERM
 * @since 1.0
 */
int xc_cpuid_apply_policy(xc_interface *xch, uint32_t domid, bool restore,
                          const uint32_t *featureset, unsigned int nr_features, bool pae, bool itsc,
                          bool nested_virt, const struct xc_xend_cpuid *xend,
                          const struct xc_msr *msr);

/** A kernel image being read. */
struct elf_binary;

/**
 * @brief Have messages about a kernel image sent to the handle's logger.
 * @param xch open handle
 * @param elf the image
 * @param verbose whether those that only explain are sent, too
 * @since 1.0
 */
void xc_elf_set_logfile(xc_interface *xch, struct elf_binary *elf, int verbose);

#ifdef __cplusplus
}
#endif

#endif
