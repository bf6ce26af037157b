/* SPDX-License-Identifier: MIT */
/**
 * @file libxlutil.h
 * @brief The syntax of xl.cfg(5), xl-disk-configuration(5) and their kin, as libxenlight's types.
 *
 * All functions return 0 or an errno value unless said otherwise.  What is wrong is written to the
 * configuration's report stream as "FILE:LINE:COLUMN: message".  Since SDK 1.0.
 */
#ifndef LIBXLUTIL_H
#define LIBXLUTIL_H

#include <stdio.h>

#include <libxl.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a value is. */
enum XLU_ConfigValueType {
    XLU_STRING, /**< a string or a number */
    XLU_LIST,   /**< a list of values */
};

/** What a line does with its key. */
enum XLU_Operation {
    XLU_OP_ASSIGNMENT = 0, /**< `=` */
    XLU_OP_ADDITION,       /**< `+=`: appends to a string or a list */
};

typedef struct XLU_Config XLU_Config;           /**< a configuration that was read */
typedef struct XLU_ConfigList XLU_ConfigList;   /**< a list in it */
typedef struct XLU_ConfigValue XLU_ConfigValue; /**< a string or a list in it */

/**
 * Make an empty configuration.
 * @param report          where messages go; must outlive the configuration
 * @param report_filename name in front of them; copied
 * @return the configuration, to be destroyed with xlu_cfg_destroy(); NULL: no memory
 */
XLU_Config *xlu_cfg_init(FILE *report, const char *report_filename);

/**
 * Read a file into the configuration.  After an error only xlu_cfg_destroy() may follow.
 * @return 0; EINVAL: syntax, reported; ENOMEM; or why the file could not be read (ENOENT, EACCES,
 *         EISDIR, EFBIG above 1 MiB ...), reported
 */
int xlu_cfg_readfile(XLU_Config *cfg, const char *real_filename);

/** As xlu_cfg_readfile(), from length bytes at data. @return 0, EINVAL, EFBIG, ENOMEM */
int xlu_cfg_readdata(XLU_Config *cfg, const char *data, int length);

/** Destroy a configuration and all that was got from it; NULL is fine. */
void xlu_cfg_destroy(XLU_Config *cfg);

/**
 * The string a key has.
 * @param n         the key
 * @param value_r   set to the string, which lives as long as cfg
 * @param dont_warn no report when the value is of another type
 * @return 0; ESRCH: no such key; EINVAL: not a string
 */
int xlu_cfg_get_string(const XLU_Config *cfg, const char *n, const char **value_r, int dont_warn);

/** As xlu_cfg_get_string(), but *value_r is freed and replaced by a copy that the caller owns; it
 * stays as it was on an error. @return also ENOMEM */
int xlu_cfg_replace_string(const XLU_Config *cfg, const char *n, char **value_r, int dont_warn);

/** The number a key has: decimal, 0x hexadecimal or 0 octal. @return 0, ESRCH, EINVAL, ERANGE */
int xlu_cfg_get_long(const XLU_Config *cfg, const char *n, long *value_r, int dont_warn);

/** As xlu_cfg_get_long(); ERANGE also outside min to max. */
int xlu_cfg_get_bounded_long(const XLU_Config *cfg, const char *n, long min, long max,
                             long *value_r, int dont_warn);

/** A number as a boolean: 0 false, else true. @return as xlu_cfg_get_long() */
int xlu_cfg_get_defbool(const XLU_Config *cfg, const char *n, libxl_defbool *b, int dont_warn);

/**
 * The list a key has.
 * @param list_r    set to the list, which lives as long as cfg; may be NULL
 * @param entries_r set to its length; may be NULL
 * @return 0; ESRCH; EINVAL: not a list
 */
int xlu_cfg_get_list(const XLU_Config *cfg, const char *n, XLU_ConfigList **list_r, int *entries_r,
                     int dont_warn);

/** A list of strings as a libxl_string_list, disposed of by the caller. @return also ENOMEM */
int xlu_cfg_get_list_as_string_list(const XLU_Config *cfg, const char *n, libxl_string_list *sl,
                                    int dont_warn);

/** @return the string that is entry number entry; NULL: out of range or no string */
const char *xlu_cfg_get_listitem(const XLU_ConfigList *list, int entry);

/** @return entry number entry, NULL: out of range */
XLU_ConfigValue *xlu_cfg_get_listitem2(const XLU_ConfigList *list, int entry);

/** @return what the value is */
enum XLU_ConfigValueType xlu_cfg_value_type(const XLU_ConfigValue *value);

/** The value's string, which lives as long as cfg. @return 0, EINVAL: a list */
int xlu_cfg_value_get_string(const XLU_Config *cfg, XLU_ConfigValue *value, char **value_r,
                             int dont_warn);

/** The value's list, which lives as long as cfg. @return 0, EINVAL: not a list */
int xlu_cfg_value_get_list(const XLU_Config *cfg, XLU_ConfigValue *value, XLU_ConfigList **value_r,
                           int dont_warn);

/**
 * Parse disk specifications, xl-disk-configuration(5), into one disk.
 * @param disk initialised by libxl_device_disk_init()
 * @return 0; EINVAL: reported with the place; ENOMEM
 */
int xlu_disk_parse(XLU_Config *cfg, int nspecs, const char *const *specs, libxl_device_disk *disk);

/** Parse [DDDD:]BB:DD.F, with `@VSLOT` and options, xl-pci-configuration(5).
 * @return 0, EINVAL, ENOMEM */
int xlu_pci_parse_bdf(XLU_Config *cfg, libxl_device_pci *pci, const char *str);

/** Parse a PCI_SPEC_STRING, xl-pci-configuration(5): key=value pairs too. @return as above */
int xlu_pci_parse_spec_string(XLU_Config *cfg, libxl_device_pci *pci, const char *str);

/** Parse rdm="strategy=host,policy=strict|relaxed". @return 0, EINVAL */
int xlu_rdm_parse(XLU_Config *cfg, libxl_rdm_reserve *rdm, const char *str);

/** Parse a rate, "10MB/s@20ms", xl-network-configuration(5), into nic. @return 0, EINVAL, ERANGE */
int xlu_vif_parse_rate(XLU_Config *cfg, const char *rate, libxl_device_nic *nic);

/** There is xlu_vif_parse(); upstream's library has none. */
#define LIBXLU_HAVE_VIF_PARSE 1
/**
 * Parse an interface, "bridge=xenbr0,mac=00:16:3e:01:02:03", xl-network-configuration(5), into nic,
 * which is initialised.  What is wrong is reported with its place in the text.
 * @return 0, EINVAL, ERANGE, ENOMEM
 */
int xlu_vif_parse(XLU_Config *cfg, const char *text, libxl_device_nic *nic);

#ifdef __cplusplus
}
#endif

#endif
