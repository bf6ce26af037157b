/* SPDX-License-Identifier: MIT */
/**
 * @file xenctrl/power.h
 * @brief Power states and frequencies of the host's CPUs.  Include xenctrl.h.
 */
#ifndef XENCTRL_POWER_H
#define XENCTRL_POWER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A performance state. */
struct xc_px_val {
    uint64_t freq;      /**< frequency in MHz */
    uint64_t residency; /**< time in it, in ns */
    uint64_t count;     /**< how often it was entered */
};

/** Performance states of a CPU. */
struct xc_px_stat {
    uint8_t total;        /**< how many there are */
    uint8_t usable;       /**< how many may be used */
    uint8_t last;         /**< the one before */
    uint8_t cur;          /**< the present one */
    uint64_t *trans_pt;   /**< how often the CPU went from each to each */
    struct xc_px_val *pt; /**< the states */
};

/** Idle states of a CPU. */
struct xc_cx_stat {
    uint32_t nr;           /**< how many there are, C0 included */
    uint32_t last;         /**< the last one */
    uint64_t idle_time;    /**< idle time since boot, in ns */
    uint64_t *triggers;    /**< how often each was entered */
    uint64_t *residencies; /**< time in each, in ns */
    uint32_t nr_pc;        /**< length of pc */
    uint32_t nr_cc;        /**< length of cc */
    uint64_t *pc;          /**< time in package states, from C1 on */
    uint64_t *cc;          /**< time in core states, from C1 on */
};
typedef struct xc_cx_stat xc_cx_stat_t; /**< idle states of a CPU */

typedef struct xen_userspace xc_userspace_t; /**< parameters of the governor userspace */
typedef struct xen_ondemand xc_ondemand_t;   /**< parameters of the governor ondemand */

/** How a CPU's frequency is chosen.  Frequencies are in kHz. */
struct xc_get_cpufreq_para {
    uint32_t cpu_num;                        /**< length of affected_cpus */
    uint32_t freq_num;                       /**< length of scaling_available_frequencies */
    uint32_t gov_num;                        /**< number of governors */
    uint32_t *affected_cpus;                 /**< CPUs that have one frequency */
    uint32_t *scaling_available_frequencies; /**< possible frequencies */
    char *scaling_available_governors;       /**< governors, CPUFREQ_NAME_LEN bytes each */
    char scaling_driver[CPUFREQ_NAME_LEN];   /**< name of the driver */
    uint32_t cpuinfo_cur_freq;               /**< frequency now, measured */
    uint32_t cpuinfo_max_freq;               /**< highest of the hardware */
    uint32_t cpuinfo_min_freq;               /**< lowest of the hardware */
    uint32_t scaling_cur_freq;               /**< frequency now, as chosen */
    char scaling_governor[CPUFREQ_NAME_LEN]; /**< name of the governor */
    uint32_t scaling_max_freq;               /**< highest allowed */
    uint32_t scaling_min_freq;               /**< lowest allowed */
    union {
        xc_userspace_t userspace;
        xc_ondemand_t ondemand;
    } u;                   /**< parameters of the governor */
    int32_t turbo_enabled; /**< whether turbo frequencies are allowed */
};

/**
 * @brief How many performance states has a CPU?
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param max_px where that is stored
 * @return 0, or -1 with errno: ENODEV (no such driver), EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_get_max_px(xc_interface *xch, int cpuid, int *max_px);

/**
 * @brief Get a CPU's performance states and how long it was in each.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param pxpt in: its two arrays, of max_px elements and max_px rows of max_px; out: all else
 * @return 0, or -1 with errno: ENODEV, EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_get_pxstat(xc_interface *xch, int cpuid, struct xc_px_stat *pxpt);

/**
 * @brief Set a CPU's performance statistics to zero.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @return 0, or -1 with errno: ENODEV, EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_reset_pxstat(xc_interface *xch, int cpuid);

/**
 * @brief How many idle states has a CPU?
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param max_cx where that is stored
 * @return 0, or -1 with errno: ENODEV, EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_get_max_cx(xc_interface *xch, int cpuid, int *max_cx);

/**
 * @brief Get a CPU's idle states and how long it was in each.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param cxpt in: its arrays and their lengths nr, nr_pc and nr_cc; out: all else
 * @return 0, or -1 with errno: ENODEV, EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_get_cxstat(xc_interface *xch, int cpuid, struct xc_cx_stat *cxpt);

/**
 * @brief Set a CPU's idle statistics to zero.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @return 0, or -1 with errno: ENODEV, EINVAL, EPERM
 * @since 1.0
 */
int xc_pm_reset_cxstat(xc_interface *xch, int cpuid);

/**
 * @brief Get how a CPU's frequency is chosen. Call it first with the three counts 0 to learn
 * them, then with arrays of that size.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param user_para in: counts and arrays; out: all of it
 * @return 0, or -1 with errno: EAGAIN (the counts are wrong; they have been stored), ENODEV,
 *         EINVAL, EPERM
 * @since 1.0
 */
int xc_get_cpufreq_para(xc_interface *xch, int cpuid, struct xc_get_cpufreq_para *user_para);

/**
 * @brief Choose the governor of a CPU's frequency.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param govname its name, at most 15 characters
 * @return 0, or -1 with errno: EINVAL, ENODEV, EPERM
 * @since 1.0
 */
int xc_set_cpufreq_gov(xc_interface *xch, int cpuid, char *govname);

/**
 * @brief Set a parameter of a CPU's frequency.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param ctrl_type SCALING_MAX_FREQ, SCALING_MIN_FREQ, SCALING_SETSPEED, SAMPLING_RATE or
 *        UP_THRESHOLD
 * @param ctrl_value kHz, us or percent
 * @return 0, or -1 with errno: EINVAL, ENODEV, EPERM
 * @since 1.0
 */
int xc_set_cpufreq_para(xc_interface *xch, int cpuid, int ctrl_type, int ctrl_value);

/**
 * @brief Get a CPU's average frequency since the last call.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @param avg_freq where it is stored, in kHz
 * @return 0, or -1 with errno: EINVAL, ENODEV, EPERM
 * @since 1.0
 */
int xc_get_cpufreq_avgfreq(xc_interface *xch, int cpuid, int *avg_freq);

/**
 * @brief Get the deepest idle state that is allowed.
 * @param xch open handle
 * @param value where it is stored; XEN_SYSCTL_CX_UNLIMITED: all are
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_get_cpuidle_max_cstate(xc_interface *xch, uint32_t *value);

/**
 * @brief Set the deepest idle state that is allowed.
 * @param xch open handle
 * @param value the state, or XEN_SYSCTL_CX_UNLIMITED
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_set_cpuidle_max_cstate(xc_interface *xch, uint32_t value);

/**
 * @brief Get the deepest variant of an idle state that is allowed.
 * @param xch open handle
 * @param value where it is stored; XEN_SYSCTL_CX_UNLIMITED: all are
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_get_cpuidle_max_csubstate(xc_interface *xch, uint32_t *value);

/**
 * @brief Set the deepest variant of an idle state that is allowed.
 * @param xch open handle
 * @param value the variant, or XEN_SYSCTL_CX_UNLIMITED
 * @return 0, or -1 with errno: EPERM
 * @since 1.0
 */
int xc_set_cpuidle_max_csubstate(xc_interface *xch, uint32_t value);

/**
 * @brief Allow a CPU its turbo frequencies.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @return 0, or -1 with errno: EOPNOTSUPP, EPERM
 * @since 1.0
 */
int xc_enable_turbo(xc_interface *xch, int cpuid);

/**
 * @brief Forbid a CPU its turbo frequencies.
 * @param xch open handle
 * @param cpuid number of the host's CPU
 * @return 0, or -1 with errno: EOPNOTSUPP, EPERM
 * @since 1.0
 */
int xc_disable_turbo(xc_interface *xch, int cpuid);

#ifdef __cplusplus
}
#endif

#endif
