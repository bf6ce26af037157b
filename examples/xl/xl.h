/* SPDX-License-Identifier: MIT */
/* xl: a manager for one host on the public headers of libxenlight and libxlutil.
 *
 * A command is a function that returns the exit status.  What the user got wrong ends the program
 * at once (xl_option(), xl_domain() and their kin); atexit() puts everything away. */
#ifndef XL_H
#define XL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl.h>
#include <libxl_utils.h>
#include <libxlutil.h>

#define BAD_USAGE 2 /* exit status of a command line that makes no sense */
#define MIB(kib)  ((unsigned long)((kib) / 1024))

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *summary;
    const char *options; /* one line each, NULL: none */
    bool changes;        /* takes -f among the global options, in its usage */
    bool dry;            /* knows what to do with -N */
};

extern const struct command commands[]; /* ends with a NULL name */
const struct command *find_command(const char *name);
void print_usage(const struct command *command);
int cmd_help(int argc, char **argv);

struct xl {
    libxl_ctx *ctx;
    const struct command *command;
    bool dry_run;
    bool json_errors;
};
extern struct xl xl;

/* ---- main.c ---- */

/* After fork(): the parent's handles do not work in a child.  It ends without some of its own. */
void xl_context_after_fork(void);
/* Memory, or the end of the program. */
void *xl_must(void *memory);
char *xl_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Print what the libraries said about the failure, once. */
void xl_report(void);

/* ---- options.c ---- */

/* As getopt_long(), but -h, --help and what is unknown end the program; -1 after the last. */
int xl_option(int argc, char **argv, const char *letters, const struct option *names);
/* At least count arguments are left, or the program ends. */
void xl_want(int argc, int count);
/* A domain by name or number, or the program ends. */
uint32_t xl_domain(const char *name);
uint32_t xl_pool(const char *name);
/* A number from min to max in all of text. */
bool xl_number(const char *text, long min, long max, long *value);
/* KiB from a number with a suffix (b k m g t); without one the number counts units of unit KiB. */
bool xl_memory(const char *text, uint64_t unit, uint64_t *kib);

/* ---- cpulist.c ---- */

/* Parse "0-3,^2,node:1,all" into an allocated map of so many CPUs (0: the host's): 0 or 1,
 * reported. */
int xl_cpu_list(const char *text, int bits, libxl_bitmap *map);
/* "all", "0-2,5", "none"; the map's first count bits.  The caller frees it. */
char *xl_cpu_text(const libxl_bitmap *map, int count);

/* ---- fields.c ---- */

enum field_kind {
    FIELD_STRING,
    FIELD_BOOL,    /* bool */
    FIELD_DEFBOOL, /* libxl_defbool */
    FIELD_INT,     /* int, uint32_t */
    FIELD_UINT8,
    FIELD_UINT64,
    FIELD_MIB,  /* uint64_t, KiB from MiB */
    FIELD_ENUM, /* by its table */
    FIELD_UUID,
    FIELD_MAC,
    FIELD_STRINGS, /* libxl_string_list; in configurations alone */
    FIELD_TRUE,    /* the key stands alone: libxl_defbool */
    FIELD_FALSE,
    FIELD_IGNORED, /* accepted, without effect */
};

/* A key and where its value goes. */
struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
    const libxl_enum_string_table *names;
};

/* The keys of cfg that the table has, into object: 0 or 1, reported. */
int fields_from_config(const XLU_Config *cfg, const struct field *fields, void *object);
/* "key=value,flag,...": 0 or 1, reported. */
int fields_from_text(const char *what, const char *text, const struct field *fields, void *object);
/* One key=value: 0 or 1, reported. */
int field_set(const char *what, const char *pair, const struct field *fields, void *object);
/* Append a zeroed element; initialise it with the type's function. */
void *grow(void *array, int *count, size_t size);
#define GROW(array, count) (&((array) = grow((array), &(count), sizeof(*(array))))[(count)-1])

/* ---- config.c, config_build.c, config_devices.c ---- */

struct source {
    char *name; /* file, for messages */
    char *text;
};

/* Read a file (may be NULL) and append settings, one a line: 0, or 1 reported. */
int source_read(struct source *source, const char *file, char **settings, int count);
void source_free(struct source *source);
/* 0, or 1 reported; the configuration is to be disposed of in any case. */
int config_parse(const struct source *source, libxl_domain_config *config);
int config_build(XLU_Config *cfg, libxl_domain_config *config);
int config_platform(XLU_Config *cfg, libxl_domain_build_info *b);
int config_hvm(XLU_Config *cfg, libxl_domain_build_info *b);
int config_devices(XLU_Config *cfg, libxl_domain_config *config);
/* For attaching: a specification that starts at its defaults. */
int parse_nic(XLU_Config *cfg, const char *spec, libxl_device_nic *nic);
extern const struct field vfb_fields[];

/* ---- json.c ---- */

/* Print a configuration as Debian's xl does; an array of them for a list. */
int print_config(libxl_domain_config *config);
int print_configs(const libxl_dominfo *domains, int count);

/* ---- monitor.c ---- */

struct creation {
    struct source source;
    bool paused, console, foreground, unattended, quiet;
};

/* Create a domain, unpause it; its number or a negative ERROR_*, reported. */
int create_domain(const struct creation *how, libxl_domain_config *config, bool first);
/* Wait for the ends of the domain and act as its configuration says, until it is gone. */
int monitor(const struct creation *how, libxl_domain_config *config, uint32_t domid);
/* As a daemon: 0 in the parent once the child has taken over. */
int monitor_in_background(const struct creation *how, libxl_domain_config *config, uint32_t domid);

/* ---- commands, one file an area ---- */

int cmd_create(int argc, char **argv);
int cmd_config_update(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_vm_list(int argc, char **argv);
int cmd_domid(int argc, char **argv);
int cmd_domname(int argc, char **argv);
int cmd_uptime(int argc, char **argv);
int cmd_claims(int argc, char **argv);
int cmd_sharing(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_shutdown(int argc, char **argv);
int cmd_reboot(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_unpause(int argc, char **argv);
int cmd_rename(int argc, char **argv);
int cmd_trigger(int argc, char **argv);
int cmd_button_press(int argc, char **argv);
int cmd_sysrq(int argc, char **argv);
int cmd_dump_core(int argc, char **argv);
int cmd_console(int argc, char **argv);
int cmd_vncviewer(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_dmesg(int argc, char **argv);
int cmd_debug_keys(int argc, char **argv);
int cmd_set_parameters(int argc, char **argv);
int cmd_mem_set(int argc, char **argv);
int cmd_mem_max(int argc, char **argv);
int cmd_vcpu_list(int argc, char **argv);
int cmd_vcpu_pin(int argc, char **argv);
int cmd_vcpu_set(int argc, char **argv);
int cmd_sched_credit(int argc, char **argv);
int cmd_sched_credit2(int argc, char **argv);
int cmd_cpupool_create(int argc, char **argv);
int cmd_cpupool_list(int argc, char **argv);
int cmd_cpupool_destroy(int argc, char **argv);
int cmd_cpupool_rename(int argc, char **argv);
int cmd_cpupool_cpu_add(int argc, char **argv);
int cmd_cpupool_cpu_remove(int argc, char **argv);
int cmd_cpupool_migrate(int argc, char **argv);
int cmd_block_list(int argc, char **argv);
int cmd_block_attach(int argc, char **argv);
int cmd_block_detach(int argc, char **argv);
int cmd_cd_insert(int argc, char **argv);
int cmd_cd_eject(int argc, char **argv);
int cmd_network_list(int argc, char **argv);
int cmd_network_attach(int argc, char **argv);
int cmd_network_detach(int argc, char **argv);
int cmd_channel_list(int argc, char **argv);

#endif
