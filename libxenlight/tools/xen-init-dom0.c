/* SPDX-License-Identifier: MIT */
/* Once after boot: make dom0 known to the store and to managers. */
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <xenctrl.h>
#include <xenstore.h>

#define DOM0_NAME "Domain-0"
#define DOM0_UUID "/etc/xen/dom0-uuid" /* optional: one line, the UUID dom0 shall have */

static int set_uuid(libxl_ctx *ctx, xc_interface *xch)
{
    char text[LIBXL_UUID_FMTLEN + 1];
    xen_domain_handle_t handle;
    libxl_uuid uuid;
    void *data = NULL;
    int length = 0, e = libxl_read_file_contents(ctx, DOM0_UUID, &data, &length);

    if (e == ENOENT)
        return 0;
    if (e || !data || length < LIBXL_UUID_FMTLEN) {
        free(data);
        fprintf(stderr, "xen-init-dom0: no UUID in %s\n", DOM0_UUID);
        return -1;
    }
    memcpy(text, data, LIBXL_UUID_FMTLEN);
    text[LIBXL_UUID_FMTLEN] = '\0';
    free(data);
    if (libxl_uuid_from_string(&uuid, text)) {
        fprintf(stderr, "xen-init-dom0: no UUID in %s\n", DOM0_UUID);
        return -1;
    }
    memcpy(handle, uuid.uuid, sizeof(handle));
    if (xc_domain_sethandle(xch, 0, handle)) {
        perror("xen-init-dom0: cannot set the UUID");
        return -1;
    }
    return 0;
}

static int write_node(struct xs_handle *xsh, const char *path, const char *value)
{
    if (xs_write(xsh, XBT_NULL, path, value, (unsigned int)strlen(value)))
        return 0;
    fprintf(stderr, "xen-init-dom0: cannot write %s: %s\n", path, strerror(errno));
    return -1;
}

/* What the hypervisor made before there was a manager: dom0, and the first CPU pool. */
static int describe(struct xs_handle *xsh)
{
    return write_node(xsh, "/local/domain/0/domid", "0") ||
                   write_node(xsh, "/local/domain/0/name", DOM0_NAME) ||
                   write_node(xsh, "/local/pool/0/name", "Pool-0")
               ? -1
               : 0;
}

static int keep_config(libxl_ctx *ctx)
{
    libxl_domain_config config;
    char *json;
    int rc = -1;

    libxl_domain_config_init(&config);
    config.c_info.type = LIBXL_DOMAIN_TYPE_PV;
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PV);
    json = libxl_domain_config_to_json(ctx, &config);
    if (json)
        rc = libxl_userdata_store(ctx, 0, "libxl-json", (const uint8_t *)json,
                                  (int)strlen(json) + 1);
    free(json);
    libxl_domain_config_dispose(&config);
    return rc;
}

int main(void)
{
    xentoollog_logger_stdiostream *logger = xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
    libxl_ctx *ctx = NULL;
    xc_interface *xch = NULL;
    struct xs_handle *xsh = NULL;
    int rc = 1;

    if (!logger || libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, (xentoollog_logger *)logger))
        goto out;
    xch = xc_interface_open((xentoollog_logger *)logger, (xentoollog_logger *)logger, 0);
    xsh = xs_open(0);
    if (!xch || !xsh) {
        perror("xen-init-dom0: no hypervisor or no store");
        goto out;
    }
    if (set_uuid(ctx, xch) || describe(xsh) || libxl_clear_domid_history(ctx) || keep_config(ctx))
        goto out;
    puts("Done setting up Dom0");
    rc = 0;
out:
    if (xsh)
        xs_close(xsh);
    if (xch)
        xc_interface_close(xch);
    libxl_ctx_free(ctx);
    if (logger)
        xtl_logger_destroy((xentoollog_logger *)logger);
    return rc;
}
