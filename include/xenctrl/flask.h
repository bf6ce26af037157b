/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/flask.h
 * @brief The security module FLASK.  Include xenctrl.h.
 */
#ifndef XENCTRL_FLASK_H
#define XENCTRL_FLASK_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Errors of all of these: ENOSYS (not in force), EINVAL, EPERM, EACCES. */

/**
 * @brief Make a hypercall to the security module. Guest handles in it must point to hypercall
 * buffers.
 * @param xch open handle
 * @param op the operation, in and out; its interface_version is filled in
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_op(xc_interface *xch, xen_flask_op_t *op);

/**
 * @brief Load a policy.
 * @param xch open handle
 * @param buf the policy
 * @param size bytes
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_load(xc_interface *xch, char *buf, uint32_t size);

/**
 * @brief Translate a label to a number.
 * @param xch open handle
 * @param buf the label
 * @param size its length
 * @param sid where the number is stored
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_context_to_sid(xc_interface *xch, char *buf, uint32_t size, uint32_t *sid);

/**
 * @brief Translate a number to a label.
 * @param xch open handle
 * @param sid the number
 * @param buf where the label is stored
 * @param size room in it
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_sid_to_context(xc_interface *xch, int sid, char *buf, uint32_t size);

/**
 * @brief Is the policy enforced?
 * @param xch open handle
 * @return 0 or 1, or -1 with errno
 * @since 1.0
 */
int xc_flask_getenforce(xc_interface *xch);

/**
 * @brief Choose whether the policy is enforced.
 * @param xch open handle
 * @param mode 0 or 1
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_setenforce(xc_interface *xch, int mode);

/**
 * @brief Get a switch of the policy by its number.
 * @param xch open handle
 * @param id its number
 * @param name where its name is stored; may be NULL
 * @param size room in it
 * @param curr where its value is stored
 * @param pend where the value is stored that it will have after a commit
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_getbool_byid(xc_interface *xch, int id, char *name, uint32_t size, int *curr,
                          int *pend);

/**
 * @brief Get a switch of the policy by its name.
 * @param xch open handle
 * @param name its name
 * @param curr where its value is stored
 * @param pend where the value is stored that it will have after a commit
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_getbool_byname(xc_interface *xch, char *name, int *curr, int *pend);

/**
 * @brief Set a switch of the policy.
 * @param xch open handle
 * @param name its name
 * @param value 0 or 1
 * @param commit whether pending values take effect now
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_setbool(xc_interface *xch, char *name, int value, int commit);

/**
 * @brief Label an interrupt.
 * @param xch open handle
 * @param pirq its number
 * @param scontext the label, a string
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_add_pirq(xc_interface *xch, unsigned int pirq, char *scontext);

/**
 * @brief Label I/O ports.
 * @param xch open handle
 * @param low the first one
 * @param high the last one
 * @param scontext the label, a string
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_add_ioport(xc_interface *xch, unsigned long low, unsigned long high, char *scontext);

/**
 * @brief Label machine frames.
 * @param xch open handle
 * @param low the first one
 * @param high the last one
 * @param scontext the label, a string
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_add_iomem(xc_interface *xch, unsigned long low, unsigned long high, char *scontext);

/**
 * @brief Label a PCI device.
 * @param xch open handle
 * @param device segment << 16 | bus << 8 | device << 3 | function
 * @param scontext the label, a string
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_add_device(xc_interface *xch, unsigned long device, char *scontext);

/**
 * @brief Remove an interrupt's label.
 * @param xch open handle
 * @param pirq its number
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_del_pirq(xc_interface *xch, unsigned int pirq);

/**
 * @brief Remove I/O ports' label.
 * @param xch open handle
 * @param low the first one
 * @param high the last one
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_del_ioport(xc_interface *xch, unsigned long low, unsigned long high);

/**
 * @brief Remove machine frames' label.
 * @param xch open handle
 * @param low the first one
 * @param high the last one
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_del_iomem(xc_interface *xch, unsigned long low, unsigned long high);

/**
 * @brief Remove a PCI device's label.
 * @param xch open handle
 * @param device segment << 16 | bus << 8 | device << 3 | function
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_del_device(xc_interface *xch, unsigned long device);

/**
 * @brief Ask what the policy says.
 * @param xch open handle
 * @param scon label of who wants something
 * @param tcon label of what it is wanted from
 * @param tclass class of the latter
 * @param req permissions wanted
 * @param allowed where the permissions given are stored; may be NULL
 * @param decided where the permissions decided upon are stored; may be NULL
 * @param auditallow where those are stored whose use is logged; may be NULL
 * @param auditdeny where those are stored whose refusal is logged; may be NULL
 * @param seqno where the policy's sequence number is stored; may be NULL
 * @return 0 if all are given, or -1 with errno: EACCES (not all), or the hypercall's
 * @since 1.0
 */
int xc_flask_access(xc_interface *xch, const char *scon, const char *tcon, uint16_t tclass,
                    uint32_t req, uint32_t *allowed, uint32_t *decided, uint32_t *auditallow,
                    uint32_t *auditdeny, uint32_t *seqno);

/**
 * @brief Describe the use of the decision cache, a line a CPU.
 * @param xch open handle
 * @param buf where the text is stored
 * @param size room in it
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_avc_cachestats(xc_interface *xch, char *buf, int size);

/**
 * @brief Get the newest policy version that can be loaded.
 * @param xch open handle
 * @return the version, or -1 with errno
 * @since 1.0
 */
int xc_flask_policyvers(xc_interface *xch);

/**
 * @brief Describe the decision cache's table.
 * @param xch open handle
 * @param buf where the text is stored
 * @param size room in it
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_avc_hashstats(xc_interface *xch, char *buf, int size);

/**
 * @brief Get how many decisions are kept.
 * @param xch open handle
 * @return their number, or -1 with errno
 * @since 1.0
 */
int xc_flask_getavc_threshold(xc_interface *xch);

/**
 * @brief Set how many decisions are kept.
 * @param xch open handle
 * @param threshold their number
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_setavc_threshold(xc_interface *xch, int threshold);

/**
 * @brief Give a domain another label.
 * @param xch open handle
 * @param domid the domain
 * @param sid the label's number
 * @return 0, or -1 with errno
 * @since 1.0
 */
int xc_flask_relabel_domain(xc_interface *xch, uint32_t domid, uint32_t sid);

#ifdef __cplusplus
}
#endif

#endif
