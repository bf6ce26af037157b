/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_utils.h
 * @brief libxenlight: names, bitmaps, files.
 *
 * Part of libxenlight, since SDK 1.0.
 */
#ifndef LIBXL_UTILS_H
#define LIBXL_UTILS_H

#include <libxl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- names ---- */

#ifdef LIBXL_HAVE_NONCONST_LIBXL_BASENAME_RETURN_VALUE
/** @return the last part of a path; the caller frees it. */
char *libxl_basename(const char *name);
#else
/** @return the last part of a path; the caller frees it. */
const char *libxl_basename(const char *name);
#endif
/** @return the shadow memory a domain needs, in KiB. */
unsigned long libxl_get_required_shadow_memory(unsigned long maxmem_kb, unsigned int smp_cpus);
/** Find a domain by name.  @return 0 or ERROR_INVAL. */
int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid);
/** Find a domain by number or name.  @return 0 or ERROR_INVAL. */
int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid);
/** @return a domain's name, or NULL; the caller frees it. */
char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid);
/** Find a CPU pool by number or name; was_name_r may be NULL.  @return 0 or ERROR_INVAL. */
int libxl_cpupool_qualifier_to_cpupoolid(libxl_ctx *ctx, const char *p, uint32_t *poolid_r,
                                         int *was_name_r);
/** Find a CPU pool by name.  @return 0 or ERROR_FAIL. */
int libxl_name_to_cpupoolid(libxl_ctx *ctx, const char *name, uint32_t *poolid);
/** @return a CPU pool's name; the caller frees it. */
char *libxl_cpupoolid_to_name(libxl_ctx *ctx, uint32_t poolid);
/** @return whether there is such a CPU pool. */
int libxl_cpupoolid_is_valid(libxl_ctx *ctx, uint32_t poolid);
/** @return the domain that runs the device model of another one; 0 when there is none. */
int libxl_get_stubdom_id(libxl_ctx *ctx, int guest_domid);
/** @return whether a domain runs the device model of another one. */
int libxl_is_stubdom(libxl_ctx *ctx, uint32_t domid, uint32_t *target_domid);
/** Make room for the log file NAME.log, earlier ones being renamed; the caller frees *full_name. */
int libxl_create_logfile(libxl_ctx *ctx, const char *name, char **full_name);
/** Turn "phy", "tap", "qdisk", ... into its number. */
int libxl_string_to_backend(libxl_ctx *ctx, char *s, libxl_disk_backend *backend);

/* ---- devices by name or number; 0 or ERROR_* ---- */

/** Find a network interface by MAC address. */
int libxl_mac_to_device_nic(libxl_ctx *ctx, uint32_t domid, const char *mac, libxl_device_nic *nic);
/** Find a network interface by number. */
int libxl_devid_to_device_nic(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_nic *nic);
/** Find a disk by its name in the guest. */
int libxl_vdev_to_device_disk(libxl_ctx *ctx, uint32_t domid, const char *vdev,
                              libxl_device_disk *disk);
/** Find a TPM by UUID. */
int libxl_uuid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, libxl_uuid *uuid,
                              libxl_device_vtpm *vtpm);
/** Find a TPM by number. */
int libxl_devid_to_device_vtpm(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vtpm *vtpm);
/** Find a USB controller by number. */
int libxl_devid_to_device_usbctrl(libxl_ctx *ctx, uint32_t domid, int devid,
                                  libxl_device_usbctrl *usbctrl);
/** Find a keyboard by number. */
int libxl_devid_to_device_vkb(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vkb *vkb);
/** Find a display by number. */
int libxl_devid_to_device_vdispl(libxl_ctx *ctx, uint32_t domid, int devid,
                                 libxl_device_vdispl *vdispl);
/** Find a sound card by number. */
int libxl_devid_to_device_vsnd(libxl_ctx *ctx, uint32_t domid, int devid, libxl_device_vsnd *vsnd);
/** Find a USB device by controller and port. */
int libxl_ctrlport_to_device_usbdev(libxl_ctx *ctx, uint32_t domid, int ctrl, int port,
                                    libxl_device_usbdev *usbdev);

/* ---- files and processes ---- */

/**
 * Read a file; the caller frees *data_r, which is NULL for an empty file.  Both results may be
 * NULL.
 * @return 0 or an errno value; any but ENOENT is logged
 */
int libxl_read_file_contents(libxl_ctx *ctx, const char *filename, void **data_r, int *datalen_r);
/** Read sz bytes.  @return 0 or an errno value, EPROTO when the file ends; logged with what. */
int libxl_read_exactly(libxl_ctx *ctx, int fd, void *data, ssize_t sz, const char *filename,
                       const char *what);
/** Write sz bytes.  @return 0 or an errno value; logged with what. */
int libxl_write_exactly(libxl_ctx *ctx, int fd, const void *data, ssize_t sz, const char *filename,
                        const char *what);
/** pipe(2) that logs its failure.  @return 0 or ERROR_FAIL. */
int libxl_pipe(libxl_ctx *ctx, int pipes[2]);
/** Log how a child ended. */
void libxl_report_child_exitstatus(libxl_ctx *ctx, xentoollog_level level, const char *what,
                                   pid_t pid, int status);

/* ---- bitmaps ---- */

/** Allocate n_bits clear bits, rounded up to whole bytes.  @return 0 or ERROR_*. */
int libxl_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *bitmap, int n_bits);
/** Copy into new memory. */
void libxl_bitmap_copy_alloc(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr);
/** Copy what fits into dptr's memory, clearing the rest of it. */
void libxl_bitmap_copy(libxl_ctx *ctx, libxl_bitmap *dptr, const libxl_bitmap *sptr);
/** @return whether every bit is set. */
int libxl_bitmap_is_full(const libxl_bitmap *bitmap);
/** @return whether no bit is set. */
int libxl_bitmap_is_empty(const libxl_bitmap *bitmap);
/** @return whether the bit is set; one past the end is not. */
int libxl_bitmap_test(const libxl_bitmap *bitmap, int bit);
/** Set a bit; one past the end is ignored. */
void libxl_bitmap_set(libxl_bitmap *bitmap, int bit);
/** Clear a bit; one past the end is ignored. */
void libxl_bitmap_reset(libxl_bitmap *bitmap, int bit);
/** @return how many bits are set. */
int libxl_bitmap_count_set(const libxl_bitmap *bitmap);
/** Allocate the union of two.  @return 0 or ERROR_*. */
int libxl_bitmap_or(libxl_ctx *ctx, libxl_bitmap *or_map, const libxl_bitmap *map1,
                    const libxl_bitmap *map2);
/** Allocate the intersection of two.  @return 0 or ERROR_*. */
int libxl_bitmap_and(libxl_ctx *ctx, libxl_bitmap *and_map, const libxl_bitmap *map1,
                     const libxl_bitmap *map2);
/** @return the bits as a hexadecimal number, the highest first; the caller frees it. */
char *libxl_bitmap_to_hex_string(libxl_ctx *ctx, const libxl_bitmap *bitmap);
/** Set every bit. */
static inline void libxl_bitmap_set_any(libxl_bitmap *bitmap)
{
    memset(bitmap->map, -1, bitmap->size);
}
/** Clear every bit. */
static inline void libxl_bitmap_set_none(libxl_bitmap *bitmap)
{
    memset(bitmap->map, 0, bitmap->size);
}
/** @return whether there is such a bit. */
static inline int libxl_bitmap_cpu_valid(libxl_bitmap *bitmap, int bit)
{
    return bit >= 0 && (uint64_t)bit < (uint64_t)bitmap->size * 8;
}
/** Run through every bit. */
#define libxl_for_each_bit(var, map) for (var = 0; var < (map).size * 8; var++)
/** Run through the bits that are set. */
#define libxl_for_each_set_bit(v, m)                                                               \
    for (v = 0; v < (m).size * 8; v++)                                                             \
        if (libxl_bitmap_test(&(m), v))
/** @return whether the first nr_bits bits are equal; all bits when nr_bits is 0. */
static inline int libxl_bitmap_equal(const libxl_bitmap *ba, const libxl_bitmap *bb, int nr_bits)
{
    int i;

    if (nr_bits == 0)
        nr_bits = (int)(ba->size > bb->size ? ba->size : bb->size) * 8;
    for (i = 0; i < nr_bits; i++)
        if (libxl_bitmap_test(ba, i) != libxl_bitmap_test(bb, i))
            return 0;
    return 1;
}

/** Allocate a bitmap of CPUs; max_cpus 0: as many as there can be. */
int libxl_cpu_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *cpumap, int max_cpus);
/** Allocate a bitmap of NUMA nodes; max_nodes 0: as many as there can be. */
int libxl_node_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *nodemap, int max_nodes);
/** Allocate a bitmap of sockets; max_sockets 0: as many as there are. */
int libxl_socket_bitmap_alloc(libxl_ctx *ctx, libxl_bitmap *socketmap, int max_sockets);
/** Set the sockets that have CPUs online. */
int libxl_get_online_socketmap(libxl_ctx *ctx, libxl_bitmap *socketmap);
/** Set the CPUs of some NUMA nodes. */
int libxl_nodemap_to_cpumap(libxl_ctx *ctx, const libxl_bitmap *nodemap, libxl_bitmap *cpumap);
/** Set the CPUs of a NUMA node. */
int libxl_node_to_cpumap(libxl_ctx *ctx, int node, libxl_bitmap *cpumap);
/** Set the NUMA nodes that some CPUs are in. */
int libxl_cpumap_to_nodemap(libxl_ctx *ctx, const libxl_bitmap *cpumap, libxl_bitmap *nodemap);

/* ---- odds and ends of the interface ---- */

/** KiB to MiB, rounded up. */
static inline uint32_t libxl__sizekb_to_mb(uint32_t s)
{
    return (s + 1023) / 1024;
}
/** Copy a string, NULL included. */
void libxl_string_copy(libxl_ctx *ctx, char **dst, char *const *src);
/** Fill an object with zeros. */
#define LIBXL_FILLZERO(object) (memset(&(object), 0, sizeof((object))))

#ifdef __cplusplus
}
#endif

#endif
