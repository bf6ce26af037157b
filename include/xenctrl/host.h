/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/host.h
 * @brief The host.  Include xenctrl.h.
 */
#ifndef XENCTRL_HOST_H
#define XENCTRL_HOST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A set of CPUs. */
typedef uint8_t *xc_cpumap_t;
/** A set of NUMA nodes. */
typedef uint8_t *xc_nodemap_t;

typedef struct xen_sysctl_physinfo xc_physinfo_t;       /**< the host */
typedef struct xen_sysctl_cputopo xc_cputopo_t;         /**< where a CPU is */
typedef struct xen_sysctl_numainfo xc_numainfo_t;       /**< the nodes */
typedef struct xen_sysctl_meminfo xc_meminfo_t;         /**< memory of a node */
typedef struct xen_sysctl_pcitopoinfo xc_pcitopoinfo_t; /**< where PCI devices are */
typedef struct xen_sysctl_cpuinfo xc_cpuinfo_t;         /**< idle time of a CPU */

typedef uint32_t xc_cpu_to_node_t;       /**< node of a CPU */
typedef uint32_t xc_cpu_to_socket_t;     /**< socket of a CPU */
typedef uint32_t xc_cpu_to_core_t;       /**< core of a CPU */
typedef uint64_t xc_node_to_memsize_t;   /**< memory of a node, in bytes */
typedef uint64_t xc_node_to_memfree_t;   /**< free memory of a node, in bytes */
typedef uint32_t xc_node_to_node_dist_t; /**< distance between nodes */

/**
 * @name CPU and node maps
 * A map has a bit a CPU or node, the lowest bit of the first byte first.
 * @{
 */

/**
 * @brief Get how many CPUs the host can have at most.
 * @param xch open handle
 * @return the highest number + 1, or -1 with errno
 * @since 1.0
 */
int xc_get_max_cpus(xc_interface *xch);

/**
 * @brief Get how many CPUs are online.
 * @param xch open handle
 * @return their number, or -1 with errno
 * @since 1.0
 */
int xc_get_online_cpus(xc_interface *xch);

/**
 * @brief Get the size of CPU maps.
 * @param xch open handle
 * @return bytes, or -1 with errno
 * @since 1.0
 */
int xc_get_cpumap_size(xc_interface *xch);

/**
 * @brief Allocate an empty CPU map.
 * @param xch open handle
 * @return the map, to be freed with free(); NULL with errno
 * @since 1.0
 */
xc_cpumap_t xc_cpumap_alloc(xc_interface *xch);

/**
 * @brief Take a CPU out of a map.
 * @param cpu number of the host's CPU
 * @param map the map
 * @since 1.0
 */
void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map);

/**
 * @brief Put a CPU into a map.
 * @param cpu number of the host's CPU
 * @param map the map
 * @since 1.0
 */
void xc_cpumap_setcpu(int cpu, xc_cpumap_t map);

/**
 * @brief Is a CPU in a map?
 * @param cpu number of the host's CPU
 * @param map the map
 * @return 0 or 1
 * @since 1.0
 */
int xc_cpumap_testcpu(int cpu, xc_cpumap_t map);

/**
 * @brief Get how many NUMA nodes the host can have at most.
 * @param xch open handle
 * @return the highest number + 1, or -1 with errno
 * @since 1.0
 */
int xc_get_max_nodes(xc_interface *xch);

/**
 * @brief Get the size of node maps.
 * @param xch open handle
 * @return bytes, or -1 with errno
 * @since 1.0
 */
int xc_get_nodemap_size(xc_interface *xch);

/**
 * @brief Allocate an empty node map.
 * @param xch open handle
 * @return the map, to be freed with free(); NULL with errno
 * @since 1.0
 */
xc_nodemap_t xc_nodemap_alloc(xc_interface *xch);

/**
 * @}
 * @name The host
 * @{
 */

/**
 * @brief Describe the host: CPUs, nodes, memory, abilities.
 * @param xch open handle
 * @param info where that is stored; clear it first
 * @return 0, or -1 with errno: EPERM, EACCES (another interface version)
 * @since 1.0
 */
int xc_physinfo(xc_interface *xch, xc_physinfo_t *info);

/**
 * @brief Get core, socket and node of each CPU.
 * @param xch open handle
 * @param max_cpus in: room in the array; out: how many were stored, or with a NULL array how
 *        many there are
 * @param cputopo where they are stored; may be NULL
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_cputopoinfo(xc_interface *xch, unsigned *max_cpus, xc_cputopo_t *cputopo);

/**
 * @brief Get memory and distances of the NUMA nodes.
 * @param xch open handle
 * @param max_nodes in: room in the arrays; out: how many were stored, or with NULL arrays how
 *        many there are
 * @param meminfo where memory is stored, in bytes; may be NULL
 * @param distance where max_nodes rows of max_nodes distances are stored; may be NULL
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_numainfo(xc_interface *xch, unsigned *max_nodes, xc_meminfo_t *meminfo, uint32_t *distance);

/**
 * @brief Get the NUMA node of PCI devices.
 * @param xch open handle
 * @param num_devs how many
 * @param devs the devices
 * @param nodes where each one's node is stored, XEN_INVALID_NODE_ID or XEN_INVALID_DEV
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_pcitopoinfo(xc_interface *xch, unsigned num_devs, physdev_pci_device_t *devs,
                   uint32_t *nodes);

/**
 * @brief Get the CPUs' idle times.
 * @param xch open handle
 * @param max_cpus room in the array
 * @param info where they are stored, in ns
 * @param nr_cpus where it is stored how many there are; may be NULL
 * @return 0, or -1 with errno: EINVAL, EPERM
 * @since 1.0
 */
int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info, int *nr_cpus);

/**
 * @brief Get how much memory is free.
 * @param xch open handle
 * @param min_width only addresses of at least so many bits; 0: any
 * @param max_width only addresses of at most so many bits; 0: any
 * @param node only of this NUMA node; -1: any
 * @param bytes where it is stored, in bytes
 * @return 0, or -1 with errno: EINVAL, EPERM
 * @since 1.0
 */
int xc_availheap(xc_interface *xch, int min_width, int max_width, int node, uint64_t *bytes);

/**
 * @brief Read the hypervisor's messages.
 * @param xch open handle
 * @param buffer where they are stored, without a terminating zero
 * @param pnr_chars in: room in it; out: how many characters were stored
 * @param clear whether they shall be gone then
 * @param incremental whether to read only from @p pindex on
 * @param pindex in: where to go on; out: where to go on next; may be NULL
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars, int clear,
                       int incremental, uint32_t *pindex);

/**
 * @brief Do what the hypervisor's console does when keys are pressed there.
 * @param xch open handle
 * @param keys the keys, a string
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_send_debug_keys(xc_interface *xch, const char *keys);

/**
 * @brief Load CPU microcode.
 * @param xch open handle
 * @param buf what the vendor ships
 * @param len bytes
 * @return 0, or -1 with errno: EINVAL, ENOENT (nothing in it fits or is newer), EIO, EPERM
 * @since 1.0
 */
int xc_microcode_update(xc_interface *xch, const void *buf, size_t len);

/**
 * @brief Bring a CPU online.
 * @param xch open handle
 * @param cpu number of the host's CPU
 * @return 0, or -1 with errno: EINVAL, EBUSY, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_cpu_online(xc_interface *xch, int cpu);

/**
 * @brief Take a CPU offline.
 * @param xch open handle
 * @param cpu number of the host's CPU
 * @return 0, or -1 with errno: EINVAL, EBUSY, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_cpu_offline(xc_interface *xch, int cpu);

/**
 * @brief Bring all sibling threads online.
 * @param xch open handle
 * @return 0, or -1 with errno: EBUSY, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_smt_enable(xc_interface *xch);

/**
 * @brief Take all sibling threads offline.
 * @param xch open handle
 * @return 0, or -1 with errno: EBUSY, EPERM, EOPNOTSUPP
 * @since 1.0
 */
int xc_smt_disable(xc_interface *xch);

/**
 * @brief Make a machine check operation.
 * @param xch open handle
 * @param mc the operation, in and out
 * @return 0, or -1 with errno: EINVAL, EPERM
 * @since 1.0
 */
int xc_mca_op(xc_interface *xch, struct xen_mc *mc);

/**
 * @brief Inject a machine check.
 * @param xch open handle
 * @param flags XEN_MC_INJECT_* bits
 * @param cpumap on which CPUs
 * @param nr_cpus bits in the map
 * @return 0, or -1 with errno: EINVAL, EPERM
 * @since 1.0
 */
int xc_mca_op_inject_v2(xc_interface *xch, unsigned int flags, xc_cpumap_t cpumap,
                        unsigned int nr_cpus);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
