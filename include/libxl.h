/* SPDX-License-Identifier: MIT */
/**
 * @file libxl.h
 * @brief libxenlight: managing domains.
 *
 * The interface is source compatible with the one of Xen 4.17; its ABI is permanent.
 *
 * **Types.**  Structs are the caller's; each starts with libxl_THING_init() and ends with
 * libxl_THING_dispose().  What a function stores into a struct it got is freed by the dispose
 * function, an array a function returned by libxl_THING_list_free(), a string by free().
 *
 * **Errors.**  Functions return 0 or a negative ERROR_*, functions that return pointers NULL.  Each
 * failure leaves the chain of its reasons (xenerror.h) and logs it to the context's logger.
 *
 * **Threads.**  A context may be used by several threads; one at a time gets in.
 *
 * **Long operations** take a `libxl_asyncop_how *ao_how`.  With NULL they return when they are
 * done.  Otherwise 0 says only that the operation was started: when it is done, the callback is
 * called or, without a callback, a LIBXL_EVENT_TYPE_OPERATION_COMPLETE event occurs.  Callbacks run
 * in whichever thread is inside the library, possibly before the starting function returned; they
 * may call the library.  *ao_how is copied, everything else must live until the operation is done.
 *
 * Part of libxenlight, since SDK 1.0.
 */
#ifndef LIBXL_H
#define LIBXL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <xentoollog.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Marks functions in the headers of earlier versions; means nothing. */
#define LIBXL_EXTERNAL_CALLERS_ONLY

/** A context: the connection to the host that every function works in. */
typedef struct libxl__ctx libxl_ctx;

#include <libxl_uuid.h>
#include <libxl_features.h>

/* ---- builtin types ---- */

/** A MAC address. */
typedef uint8_t libxl_mac[6];
/** printf and scanf format of a MAC address. */
#define LIBXL_MAC_FMT "%02hhx:%02hhx:%02hhx:%02hhx:%02hhx:%02hhx"
/** Length of a MAC address as text. */
#define LIBXL_MAC_FMTLEN ((2 * 6) + 5)
/** The six bytes of a MAC address, as arguments. */
#define LIBXL_MAC_BYTES(mac) mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]

/** Strings, ended by NULL; NULL is an empty list. */
typedef char **libxl_string_list;
/** Keys and values in turn, ended by NULL; NULL is an empty list. */
typedef char **libxl_key_value_list;
/** CPU feature words. */
typedef uint32_t libxl_hwcap[8];
/** Chosen by the caller, returned with an event. */
typedef uint64_t libxl_ev_user;
/** A set of small numbers: bit n % 8 of byte n / 8. */
typedef struct {
    uint32_t size; /**< in bytes */
    uint8_t *map;
} libxl_bitmap;
struct libxl__cpu_policy;
/** Changes to a domain's CPUID policy. */
typedef struct libxl__cpu_policy *libxl_cpuid_policy_list;
/** A domain ID. */
typedef uint32_t libxl_domid;
/** A number of a device within its class and domain. */
typedef int libxl_devid;
/** One value of an enum and its name; a table ends with a NULL name. */
typedef struct {
    const char *s;
    int v;
} libxl_enum_string_table;

struct libxl_event;
/** For the list an event is in. */
typedef struct {
    struct libxl_event *tqe_next;
    struct libxl_event **tqe_prev;
} libxl_ev_link;
/** A boolean that knows whether it was set; use the functions. */
typedef struct {
    int val;
} libxl_defbool;
/** Length of a VM generation ID. */
#define LIBXL_MS_VM_GENID_LEN 16
/** A VM generation ID. */
typedef struct {
    uint8_t bytes[LIBXL_MS_VM_GENID_LEN];
} libxl_ms_vm_genid;

/** Default of libxl_domain_build_info.timer_mode. */
#define LIBXL_TIMER_MODE_DEFAULT -1
/** An amount of memory that is not set. */
#define LIBXL_MEMKB_DEFAULT ~0ULL
/** Default of libxl_domain_build_info.u.hvm.rdm_mem_boundary_memkb. */
#define LIBXL_RDM_MEM_BOUNDARY_MEMKB_DEFAULT (2048 * 1024)
/** Default of the limits of a domain's grant tables: as the hypervisor says. */
#define LIBXL_MAX_GRANT_DEFAULT (~(uint32_t)0)
/** What earlier versions took as default; not used. */
#define LIBXL_MAX_GRANT_FRAMES_DEFAULT 32
/** What earlier versions took as default; not used. */
#define LIBXL_MAX_MAPTRACK_FRAMES_DEFAULT 1024
/** Bits of the bitmaps of Hyper-V interfaces. */
#define LIBXL_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE_WIDTH 64

#include <_libxl_types.h>

/** Copy a MAC address. */
void libxl_mac_copy(libxl_ctx *ctx, libxl_mac *dst, const libxl_mac *src);
/** Free a list and make it empty. */
void libxl_string_list_dispose(libxl_string_list *sl);
/** @return the number of strings. */
int libxl_string_list_length(const libxl_string_list *sl);
/** Deep copy. */
void libxl_string_list_copy(libxl_ctx *ctx, libxl_string_list *dst, const libxl_string_list *src);
/** Free a list and make it empty. */
void libxl_key_value_list_dispose(libxl_key_value_list *kvl);
/** @return the number of keys. */
int libxl_key_value_list_length(const libxl_key_value_list *kvl);
/** Deep copy. */
void libxl_key_value_list_copy(libxl_ctx *ctx, libxl_key_value_list *dst,
                               const libxl_key_value_list *src);
/** Copy. */
void libxl_hwcap_copy(libxl_ctx *ctx, libxl_hwcap *dst, const libxl_hwcap *src);
/** Make a bitmap empty, without memory. */
void libxl_bitmap_init(libxl_bitmap *map);
/** Free a bitmap's memory; it is then as libxl_bitmap_init() leaves it. */
void libxl_bitmap_dispose(libxl_bitmap *map);

/** Set to true or false. */
void libxl_defbool_set(libxl_defbool *db, bool b);
/** Set to "not set". */
void libxl_defbool_unset(libxl_defbool *db);
/** @return whether it is not set. */
bool libxl_defbool_is_default(libxl_defbool db);
/** Set, unless it is set already. */
void libxl_defbool_setdefault(libxl_defbool *db, bool b);
/** @return the value of one that is set. */
bool libxl_defbool_val(libxl_defbool db);
/** @return "True", "False" or "<default>". */
const char *libxl_defbool_to_string(libxl_defbool b);

/** Make a random VM generation ID.  @return 0 or ERROR_FAIL. */
int libxl_ms_vm_genid_generate(libxl_ctx *ctx, libxl_ms_vm_genid *id);
/** @return whether every byte is zero. */
bool libxl_ms_vm_genid_is_zero(const libxl_ms_vm_genid *id);
/** Copy. */
void libxl_ms_vm_genid_copy(libxl_ctx *ctx, libxl_ms_vm_genid *dst, const libxl_ms_vm_genid *src);

/** Free a CPUID policy and make it empty. */
void libxl_cpuid_dispose(libxl_cpuid_policy_list *cpuid_list);
/**
 * Add FEATURE=VALUE to a policy: a flag of "0", "1", "x" (the default), "k" or "s" (the host's), or
 * a number for family, model, stepping and the like.
 * @return 0; 1 without a value, 2 with an unknown feature, 3 with a bad value
 */
int libxl_cpuid_parse_config(libxl_cpuid_policy_list *policy, const char *str);
/**
 * Add LEAF[,SUBLEAF]:REG=BITS[,REG=BITS...] to a policy; BITS are 32 of "01xks", the highest first.
 * @return 0; 1 to 6 for what is wrong in the text
 */
int libxl_cpuid_parse_config_xend(libxl_cpuid_policy_list *policy, const char *str);
/** @return the number of CPUID leaves a policy speaks of. */
int libxl_cpuid_policy_list_length(const libxl_cpuid_policy_list *l);
/** Deep copy. */
void libxl_cpuid_policy_list_copy(libxl_ctx *ctx, libxl_cpuid_policy_list *dst,
                                  const libxl_cpuid_policy_list *src);

/* ---- context ---- */

/** The version to give to libxl_ctx_alloc(). */
#define LIBXL_VERSION 0
/**
 * Open a context.
 * @param pctx    set to the context; libxl_ctx_free() frees it
 * @param version LIBXL_VERSION
 * @param flags   0
 * @param lg      takes all messages; must outlive the context, which does not own it
 * @return 0, ERROR_VERSION, ERROR_NOMEM, ERROR_FAIL without access to hypervisor or store
 */
int libxl_ctx_alloc(libxl_ctx **pctx, int version, unsigned flags, xentoollog_logger *lg);
/** Close a context; NULL is fine.  Events nobody fetched are freed.  @return 0. */
int libxl_ctx_free(libxl_ctx *ctx);

/** How an operation tells that it is done. */
typedef struct {
    /** Called when done, unless NULL. */
    void (*callback)(libxl_ctx *ctx, int rc, void *for_callback);
    union {
        libxl_ev_user for_event; /**< without callback: becomes the event's for_user */
        void *for_callback;      /**< given to the callback */
    } u;
} libxl_asyncop_how;

/** How an operation reports its progress; with NULL in its place it does not. */
typedef struct {
    /** Called with the event, which it owns; NULL: the event is queued. */
    void (*callback)(libxl_ctx *ctx, libxl_event *event, void *for_callback);
    libxl_ev_user for_event; /**< becomes the event's for_user */
    void *for_callback;      /**< given to the callback */
} libxl_asyncprogress_how;

/**
 * Ask the operation that was started with an equal *how to stop early, with ERROR_ABORTED.
 * @return 0, ERROR_NOTFOUND when there is none (any more), ERROR_ABORTED when it was asked before
 */
int libxl_ao_abort(libxl_ctx *ctx, const libxl_asyncop_how *how);

/* ---- life of a domain ---- */

/** No domain. */
#define INVALID_DOMID ~0
/** A domain ID at random, for libxl_domain_create_info.domid. */
#define RANDOM_DOMID (INVALID_DOMID - 1)

/** Set every field to its default. */
void libxl_domain_config_init(libxl_domain_config *d_config);
/** Free what the fields own. */
void libxl_domain_config_dispose(libxl_domain_config *d_config);

/**
 * Create a domain and build it; it stays paused.
 * @param d_config        what to create; defaults are filled in
 * @param domid           set to the new domain's ID
 * @param ao_how          see above
 * @param aop_console_how gets a LIBXL_EVENT_TYPE_DOMAIN_CREATE_CONSOLE_AVAILABLE event when the
 *                        console can be connected to
 * @return 0 or ERROR_*; on failure nothing of the domain is left
 */
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid,
                            const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how);
/** Create a domain from a saved one, read from restore_fd; otherwise as libxl_domain_create_new(). */
int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t *domid,
                                int restore_fd, int send_back_fd,
                                const libxl_domain_restore_params *params,
                                const libxl_asyncop_how *ao_how,
                                const libxl_asyncprogress_how *aop_console_how);
/** Build a domain anew after its guest asked for a soft reset. */
int libxl_domain_soft_reset(libxl_ctx *ctx, libxl_domain_config *d_config, uint32_t domid,
                            const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how);
/** Get a configuration that builds the same domain again, with what changed since it was built. */
int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *d_config,
                                        const libxl_asyncop_how *ao_how);
/** libxl_domain_suspend(): write debugging output. */
#define LIBXL_SUSPEND_DEBUG 1
/** libxl_domain_suspend(): copy memory while the domain runs. */
#define LIBXL_SUSPEND_LIVE 2
/** Save a domain to fd; it is suspended then.  flags: LIBXL_SUSPEND_*. */
int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd, int flags,
                         const libxl_asyncop_how *ao_how);
/** Let a domain suspend itself, without saving it. */
int libxl_domain_suspend_only(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Let a suspended domain go on; suspend_cancel: its guest knows how to. */
int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid, int suspend_cancel,
                        const libxl_asyncop_how *ao_how);
/** Replicate a domain to another host until that fails. */
int libxl_domain_remus_start(libxl_ctx *ctx, libxl_domain_remus_info *info, uint32_t domid,
                             int send_fd, int recv_fd, const libxl_asyncop_how *ao_how);
/** Ask the guest to shut down.  @return ERROR_NOPARAVIRT when it has no way to hear it. */
int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Ask the guest to reboot; otherwise as libxl_domain_shutdown(). */
int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Destroy a domain, its devices and all that is kept about it. */
int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Keep a dead domain under another name and UUID. */
int libxl_domain_preserve(libxl_ctx *ctx, uint32_t domid, libxl_domain_create_info *info,
                          const char *name_suffix, libxl_uuid new_uuid);
/** Rename a domain; fails when old_name is not NULL and not its name, or new_name is in use. */
int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *old_name, const char *new_name);
/** Stop a domain's CPUs. */
int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Start a domain's CPUs. */
int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid, const libxl_asyncop_how *ao_how);
/** Write a domain's memory and CPU state to a file, as an ELF core. */
int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *filename,
                           const libxl_asyncop_how *ao_how);
/** For host initialisation alone: forget which domain IDs were in use. */
int libxl_clear_domid_history(libxl_ctx *ctx);

/* ---- what there is ---- */

/** Whether a number can be the ID of a domain that is not dom0.  @return 1 or 0. */
int libxl_domid_valid_guest(uint32_t domid);
/** State of a domain; info_r may be NULL.  @return 0 or ERROR_DOMAIN_NOTFOUND. */
int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info_r, uint32_t domid);
/** @return every domain, dom0 included. */
libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nb_domain_out);
/** Free a list. */
void libxl_dominfo_list_free(libxl_dominfo *list, int nb_domain);
/** @return ID and UUID of every domain that is not dom0. */
libxl_vminfo *libxl_list_vm(libxl_ctx *ctx, int *nb_vm_out);
/** Free a list. */
void libxl_vminfo_list_free(libxl_vminfo *list, int nb_vm);
/** @return every vCPU of a domain; *nr_cpus_out: the host's CPUs. */
libxl_vcpuinfo *libxl_list_vcpu(libxl_ctx *ctx, uint32_t domid, int *nb_vcpu, int *nr_cpus_out);
/** Free a list. */
void libxl_vcpuinfo_list_free(libxl_vcpuinfo *list, int nr_vcpus);
/** @return what the hypervisor says about itself; owned by ctx. */
const libxl_version_info *libxl_get_version_info(libxl_ctx *ctx);
/** The physical host. */
int libxl_get_physinfo(libxl_ctx *ctx, libxl_physinfo *physinfo);
/** @return how many CPUs there can be, or ERROR_*. */
int libxl_get_max_cpus(libxl_ctx *ctx);
/** @return how many CPUs are online, or ERROR_*. */
int libxl_get_online_cpus(libxl_ctx *ctx);
/** @return how many NUMA nodes there can be, or ERROR_*. */
int libxl_get_max_nodes(libxl_ctx *ctx);
/** Says in libxl_cputopology that there is no such CPU. */
#define LIBXL_CPUTOPOLOGY_INVALID_ENTRY (~(uint32_t)0)
/** @return where each CPU is. */
libxl_cputopology *libxl_get_cpu_topology(libxl_ctx *ctx, int *nb_cpu_out);
/** Free a list. */
void libxl_cputopology_list_free(libxl_cputopology *list, int nb_cpu);
/** Says in libxl_pcitopology that the node is not known. */
#define LIBXL_PCITOPOLOGY_INVALID_ENTRY (~(uint32_t)0)
/** @return at which NUMA node each PCI device is. */
libxl_pcitopology *libxl_get_pci_topology(libxl_ctx *ctx, int *num_devs);
/** Free a list. */
void libxl_pcitopology_list_free(libxl_pcitopology *list, int num_devs);
/** Says in libxl_numainfo that there is no such node. */
#define LIBXL_NUMAINFO_INVALID_ENTRY (~(uint32_t)0)
/** @return every NUMA node. */
libxl_numainfo *libxl_get_numainfo(libxl_ctx *ctx, int *nr);
/** Free a list. */
void libxl_numainfo_list_free(libxl_numainfo *list, int nr);
/** @return when the domain was started, in seconds since 1970; 0 if that is not known. */
uint32_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid);

/* ---- memory ---- */

/** Set the most memory a domain may have. */
int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t target_memkb);
/**
 * Ask a domain to use this much memory.
 * @param target_memkb KiB, video memory included
 * @param relative     target_memkb is a difference
 * @param enforce      the domain may not have more from now on
 */
int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid, int64_t target_memkb, int relative,
                            int enforce);
/** What a domain was asked to use, in KiB. */
int libxl_get_memory_target(libxl_ctx *ctx, uint32_t domid, uint64_t *out_target);
/** How much free memory a domain needs to be built; fills in defaults in config. */
int libxl_domain_need_memory(libxl_ctx *ctx, libxl_domain_config *config,
                             uint32_t domid_for_logging, uint64_t *need_memkb);
/** How much free memory there is, in KiB. */
int libxl_get_free_memory(libxl_ctx *ctx, uint64_t *memkb);
/** Wait until so much memory is free.  @return ERROR_NOMEM when that did not happen in time. */
int libxl_wait_for_free_memory(libxl_ctx *ctx, uint32_t domid, uint64_t memory_kb, int wait_secs);
/** Wait while a domain comes nearer to its target.  @return ERROR_FAIL when it stops to. */
int libxl_wait_for_memory_target(libxl_ctx *ctx, uint32_t domid, int wait_secs);

/* ---- console ---- */

/** Become a client of a console; returns on failure alone.  A byte goes to notify_fd if not -1. */
int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type,
                       int notify_fd);
/** Become a client of a domain's first console; as libxl_console_exec(). */
int libxl_primary_console_exec(libxl_ctx *ctx, uint32_t domid_vm, int notify_fd);
/** Get the terminal of a console; the caller frees *path. */
int libxl_console_get_tty(libxl_ctx *ctx, uint32_t domid, int cons_num, libxl_console_type type,
                          char **path);
/** Get the terminal of a domain's first console; the caller frees *path. */
int libxl_primary_console_get_tty(libxl_ctx *ctx, uint32_t domid_vm, char **path);
/** Become a VNC viewer of a domain. */
int libxl_vncviewer_exec(libxl_ctx *ctx, uint32_t domid, int autopass);
/** Reads the hypervisor's own console. */
typedef struct libxl__xen_console_reader libxl_xen_console_reader;
/** Start to read; clear: and empty the ring.  @return NULL on failure. */
libxl_xen_console_reader *libxl_xen_console_read_start(libxl_ctx *ctx, int clear);
/** Get the next text, owned by cr.  @return 1, 0 at the end, or ERROR_*. */
int libxl_xen_console_read_line(libxl_ctx *ctx, libxl_xen_console_reader *cr, char **line_r);
/** End reading. */
void libxl_xen_console_read_finish(libxl_ctx *ctx, libxl_xen_console_reader *cr);

/* ---- CPUs and scheduling ---- */

/** Set where a vCPU must (hard) and should (soft) run; a NULL map leaves one as it is. */
int libxl_set_vcpuaffinity(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid,
                           const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft);
/** The same, even if the vCPU is pinned for the time being. */
int libxl_set_vcpuaffinity_force(libxl_ctx *ctx, uint32_t domid, uint32_t vcpuid,
                                 const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft);
/** The same for vCPUs 0 to max_vcpus - 1. */
int libxl_set_vcpuaffinity_all(libxl_ctx *ctx, uint32_t domid, unsigned int max_vcpus,
                               const libxl_bitmap *cpumap_hard, const libxl_bitmap *cpumap_soft);
/** Set which NUMA nodes a domain's memory comes from. */
int libxl_domain_set_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap);
/** Get which NUMA nodes a domain's memory comes from; nodemap has its size already. */
int libxl_domain_get_nodeaffinity(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *nodemap);
/** Ask the guest to use these vCPUs. */
int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, libxl_bitmap *cpumap,
                         const libxl_asyncop_how *ao_how);
/** @return the default scheduler, a libxl_scheduler, or ERROR_*. */
int libxl_get_scheduler(libxl_ctx *ctx);
/** Parameters of credit in a CPU pool. */
int libxl_sched_credit_params_get(libxl_ctx *ctx, uint32_t poolid,
                                  libxl_sched_credit_params *scinfo);
/** Set them. */
int libxl_sched_credit_params_set(libxl_ctx *ctx, uint32_t poolid,
                                  libxl_sched_credit_params *scinfo);
/** Parameters of credit2 in a CPU pool. */
int libxl_sched_credit2_params_get(libxl_ctx *ctx, uint32_t poolid,
                                   libxl_sched_credit2_params *scinfo);
/** Set them. */
int libxl_sched_credit2_params_set(libxl_ctx *ctx, uint32_t poolid,
                                   libxl_sched_credit2_params *scinfo);
/** @name Values that leave a parameter as it is
 * @{ */
#define LIBXL_DOMAIN_SCHED_PARAM_WEIGHT_DEFAULT    -1 /**< weight stays */
#define LIBXL_DOMAIN_SCHED_PARAM_CAP_DEFAULT       -1 /**< cap stays */
#define LIBXL_DOMAIN_SCHED_PARAM_PERIOD_DEFAULT    -1 /**< period stays */
#define LIBXL_DOMAIN_SCHED_PARAM_SLICE_DEFAULT     -1 /**< slice stays */
#define LIBXL_DOMAIN_SCHED_PARAM_LATENCY_DEFAULT   -1 /**< latency stays */
#define LIBXL_DOMAIN_SCHED_PARAM_EXTRATIME_DEFAULT -1 /**< extratime stays */
#define LIBXL_DOMAIN_SCHED_PARAM_BUDGET_DEFAULT    -1 /**< budget stays */
#define LIBXL_SCHED_PARAM_VCPU_INDEX_DEFAULT       -1 /**< vcpu index stays */
/** @} */
/** Scheduling parameters of a domain. */
int libxl_domain_sched_params_get(libxl_ctx *ctx, uint32_t domid,
                                  libxl_domain_sched_params *params);
/** Set them, for all of its vCPUs. */
int libxl_domain_sched_params_set(libxl_ctx *ctx, uint32_t domid,
                                  const libxl_domain_sched_params *params);
/** Scheduling parameters of the vCPUs named in params. */
int libxl_vcpu_sched_params_get(libxl_ctx *ctx, uint32_t domid, libxl_vcpu_sched_params *params);
/** Scheduling parameters of all vCPUs. */
int libxl_vcpu_sched_params_get_all(libxl_ctx *ctx, uint32_t domid,
                                    libxl_vcpu_sched_params *params);
/** Set the parameters of the vCPUs named in params. */
int libxl_vcpu_sched_params_set(libxl_ctx *ctx, uint32_t domid,
                                const libxl_vcpu_sched_params *params);
/** Set the parameters of all vCPUs to those of the only one in params. */
int libxl_vcpu_sched_params_set_all(libxl_ctx *ctx, uint32_t domid,
                                    const libxl_vcpu_sched_params *params);

/** Any free pool ID. */
#define LIBXL_CPUPOOL_POOLID_ANY 0xFFFFFFFF
/** @return every CPU pool. */
libxl_cpupoolinfo *libxl_list_cpupool(libxl_ctx *ctx, int *nb_pool_out);
/** Free a list. */
void libxl_cpupoolinfo_list_free(libxl_cpupoolinfo *list, int nb_pool);
/** A CPU pool. */
int libxl_cpupool_info(libxl_ctx *ctx, libxl_cpupoolinfo *info, uint32_t poolid);
/** The CPUs that are in no pool; cpumap gets its memory here. */
int libxl_get_freecpus(libxl_ctx *ctx, libxl_bitmap *cpumap);
/** Create a pool of the CPUs in cpumap; *poolid: wanted ID, and the ID it got. */
int libxl_cpupool_create(libxl_ctx *ctx, const char *name, libxl_scheduler sched,
                         libxl_bitmap cpumap, libxl_uuid *uuid, uint32_t *poolid);
/** Destroy a pool without domains. */
int libxl_cpupool_destroy(libxl_ctx *ctx, uint32_t poolid);
/** Rename a pool. */
int libxl_cpupool_rename(libxl_ctx *ctx, const char *name, uint32_t poolid);
/** Add a CPU to a pool. */
int libxl_cpupool_cpuadd(libxl_ctx *ctx, uint32_t poolid, int cpu);
/** Add the free CPUs of a NUMA node; *cpus: how many. */
int libxl_cpupool_cpuadd_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus);
/** Add CPUs to a pool. */
int libxl_cpupool_cpuadd_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap);
/** Take a CPU from a pool. */
int libxl_cpupool_cpuremove(libxl_ctx *ctx, uint32_t poolid, int cpu);
/** Take the CPUs of a NUMA node from a pool; *cpus: how many. */
int libxl_cpupool_cpuremove_node(libxl_ctx *ctx, uint32_t poolid, int node, int *cpus);
/** Take CPUs from a pool. */
int libxl_cpupool_cpuremove_cpumap(libxl_ctx *ctx, uint32_t poolid, const libxl_bitmap *cpumap);
/** Move a domain to another pool. */
int libxl_cpupool_movedomain(libxl_ctx *ctx, uint32_t poolid, uint32_t domid);

/* ---- devices ---- */

#include <libxl_device.h>

/* ---- what a manager keeps about a domain ---- */

/**
 * Keep data of a manager with a domain, until the domain is gone; without data, forget it.
 * @param userdata_userid whose data this is, such as "xl"
 */
int libxl_userdata_store(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid,
                         const uint8_t *data, int datalen);
/** Get data of a manager; *data_r is NULL when there is none, otherwise the caller frees it. */
int libxl_userdata_retrieve(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid,
                            uint8_t **data_r, int *datalen_r);
/** Forget data of a manager. */
int libxl_userdata_unlink(libxl_ctx *ctx, uint32_t domid, const char *userdata_userid);

/* ---- signals ---- */

/** Inject an event into a domain. */
int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, libxl_trigger trigger, uint32_t vcpuid,
                       const libxl_asyncop_how *ao_how);
/** Press a SysRq key of a guest. */
int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq);
/** Press debug keys of the hypervisor. */
int libxl_send_debug_keys(libxl_ctx *ctx, char *keys);
/** Change parameters of the running hypervisor, as on its command line. */
int libxl_set_parameters(libxl_ctx *ctx, char *params);
/** Send a command to a domain's device model; the caller frees *output. */
int libxl_qemu_monitor_command(libxl_ctx *ctx, uint32_t domid, const char *command_line,
                               char **output, const libxl_asyncop_how *ao_how);

/* ---- XSM/FLASK ---- */

/** Turn a security label into its number. */
int libxl_flask_context_to_sid(libxl_ctx *ctx, char *buf, size_t len, uint32_t *ssidref);
/** Turn a number into its security label; the caller frees *buf. */
int libxl_flask_sid_to_context(libxl_ctx *ctx, uint32_t ssidref, char **buf, size_t *len);
/** @return 1 when the policy is enforced, 0 when not, or ERROR_*. */
int libxl_flask_getenforce(libxl_ctx *ctx);
/** Enforce the policy, or do not. */
int libxl_flask_setenforce(libxl_ctx *ctx, int mode);
/** Load a policy. */
int libxl_flask_loadpolicy(libxl_ctx *ctx, void *policy, uint32_t size);

/** @name Transcendent memory, which no hypervisor has any more
 * @return NULL, -1 or ERROR_FEATURE_REMOVED
 * @{ */
/** Not there any more: NULL. */
char *libxl_tmem_list(libxl_ctx *ctx, uint32_t domid, int use_long);
/** Not there any more: ERROR_FEATURE_REMOVED. */
int libxl_tmem_freeze(libxl_ctx *ctx, uint32_t domid);
/** Not there any more: ERROR_FEATURE_REMOVED. */
int libxl_tmem_thaw(libxl_ctx *ctx, uint32_t domid);
/** Not there any more: ERROR_FEATURE_REMOVED. */
int libxl_tmem_set(libxl_ctx *ctx, uint32_t domid, char *name, uint32_t set);
/** Not there any more: ERROR_FEATURE_REMOVED. */
int libxl_tmem_shared_auth(libxl_ctx *ctx, uint32_t domid, char *uuid, int auth);
/** Not there any more: -1. */
int libxl_tmem_freeable(libxl_ctx *ctx);
/** @} */

/** @name Platform resource control: cache monitoring and allocation
 * @return 0 or ERROR_*, or the answer to a question
 * @{ */
#if defined(__i386__) || defined(__x86_64__)
/** Another name of the same. */
typedef enum libxl_psr_cbm_type libxl_psr_type;
/** Start to count what a domain does to caches. */
int libxl_psr_cmt_attach(libxl_ctx *ctx, uint32_t domid);
/** Stop counting. */
int libxl_psr_cmt_detach(libxl_ctx *ctx, uint32_t domid);
/** @return 1 if a domain is counted, else 0 */
int libxl_psr_cmt_domain_attached(libxl_ctx *ctx, uint32_t domid);
/** @return 1 if the host can count, else 0 */
int libxl_psr_cmt_enabled(libxl_ctx *ctx);
/** How many domains can be counted at once. */
int libxl_psr_cmt_get_total_rmid(libxl_ctx *ctx, uint32_t *total_rmid);
/** Size of a socket's third-level cache, in KiB. */
int libxl_psr_cmt_get_l3_cache_size(libxl_ctx *ctx, uint32_t socketid, uint32_t *l3_cache_size);
/** How much of a socket's third-level cache a domain fills, in KiB. */
int libxl_psr_cmt_get_cache_occupancy(libxl_ctx *ctx, uint32_t domid, uint32_t socketid,
                                      uint32_t *l3_cache_occupancy);
/** @return 1 if the host counts this, else 0 */
int libxl_psr_cmt_type_supported(libxl_ctx *ctx, libxl_psr_cmt_type type);
/** Read a counter and the time stamp that goes with it. */
int libxl_psr_cmt_get_sample(libxl_ctx *ctx, uint32_t domid, libxl_psr_cmt_type type,
                             uint64_t scope, uint64_t *sample_r, uint64_t *tsc_r);
/** Set the part of the caches that a domain may fill, on the sockets of a map. */
int libxl_psr_cat_set_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type,
                          libxl_bitmap *target_map, uint64_t cbm);
/** The part of a socket's cache that a domain may fill. */
int libxl_psr_cat_get_cbm(libxl_ctx *ctx, uint32_t domid, libxl_psr_cbm_type type, uint32_t target,
                          uint64_t *cbm_r);
/** What cache allocation of a level can do, by socket. */
int libxl_psr_cat_get_info(libxl_ctx *ctx, libxl_psr_cat_info **info, unsigned int *nr,
                           unsigned int lvl);
/** The same of the third level. */
int libxl_psr_cat_get_l3_info(libxl_ctx *ctx, libxl_psr_cat_info **info, int *nr);
/** Free either's result. */
void libxl_psr_cat_info_list_free(libxl_psr_cat_info *list, int nr);
/** Set a value of any type on the sockets of a map. */
int libxl_psr_set_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, libxl_bitmap *target_map,
                      uint64_t val);
/** A value of any type on a socket. */
int libxl_psr_get_val(libxl_ctx *ctx, uint32_t domid, libxl_psr_type type, unsigned int target,
                      uint64_t *val);
/** What a feature can do, by socket. */
int libxl_psr_get_hw_info(libxl_ctx *ctx, libxl_psr_feat_type type, unsigned int lvl,
                          unsigned int *nr, libxl_psr_hw_info **info);
/** Free its result. */
void libxl_psr_hw_info_list_free(libxl_psr_hw_info *list, unsigned int nr);
#endif
/** @} */

/* ---- file descriptors ---- */

/** Set or clear close-on-exec.  @return 0 or ERROR_FAIL with errno. */
int libxl_fd_set_cloexec(libxl_ctx *ctx, int fd, int cloexec);
/** Set or clear non-blocking.  @return 0 or ERROR_FAIL with errno. */
int libxl_fd_set_nonblock(libxl_ctx *ctx, int fd, int nonblock);

#include <libxl_event.h>
#include <libxl_compat.h>

#ifdef __cplusplus
}
#endif

#endif
