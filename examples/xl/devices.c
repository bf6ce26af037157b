/* SPDX-License-Identifier: MIT */
/* xl block-*, network-*, channel-list. */
#include "xl.h"

#include <limits.h>

/* Lists go on after a domain that is not there. */
static bool domain_or_message(const char *name, uint32_t *domid)
{
    if (!libxl_domain_qualifier_to_domid(xl.ctx, name, domid))
        return true;
    fflush(stdout);
    fprintf(stderr, "%s is an invalid domain identifier\n", name);
    return false;
}

static int for_each_domain(int argc, char **argv, const char *header, void (*list)(uint32_t domid))
{
    int rc = EXIT_SUCCESS;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    puts(header);
    for (int i = optind; i < argc; i++) {
        uint32_t domid;

        if (domain_or_message(argv[i], &domid))
            list(domid);
        else
            rc = EXIT_FAILURE;
    }
    return rc;
}

static XLU_Config *command_line_config(void)
{
    return xl_must(xlu_cfg_init(stderr, "command line"));
}

/* ---- disks ---- */

static void list_disks(uint32_t domid)
{
    int count = 0;
    libxl_device_disk *disks = libxl_device_disk_list(xl.ctx, domid, &count);
    libxl_diskinfo info;

    for (int i = 0; disks && i < count; i++) {
        libxl_diskinfo_init(&info);
        if (!libxl_device_disk_getinfo(xl.ctx, domid, &disks[i], &info))
            printf("%-5d %-3u %-6u %-5d %-6d %-8d %-30s\n", info.devid, info.backend_id,
                   info.frontend_id, info.state, info.evtch, info.rref,
                   info.backend ? info.backend : "");
        libxl_diskinfo_dispose(&info);
    }
    if (disks)
        libxl_device_disk_list_free(disks, count);
}

int cmd_block_list(int argc, char **argv)
{
    return for_each_domain(argc, argv,
                           "Vdev  BE  handle state evt-ch ring-ref BE-path                       ",
                           list_disks);
}

int cmd_block_attach(int argc, char **argv)
{
    libxl_device_disk disk;
    XLU_Config *cfg;
    uint32_t domid;
    char *json;
    int rc;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    domid = xl_domain(argv[optind]);
    libxl_device_disk_init(&disk);
    cfg = command_line_config();
    rc = xlu_disk_parse(cfg, argc - optind - 1, (const char *const *)argv + optind + 1, &disk);
    if (!rc && xl.dry_run) {
        json = libxl_device_disk_to_json(xl.ctx, &disk);
        printf("disk: %s\n", json ? json : "");
        free(json);
    } else if (!rc) {
        rc = libxl_device_disk_add(xl.ctx, domid, &disk, NULL);
        if (rc)
            fprintf(stderr, "libxl_device_disk_add failed.\n");
    }
    xlu_cfg_destroy(cfg);
    libxl_device_disk_dispose(&disk);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_block_detach(int argc, char **argv)
{
    static const struct option names[] = {
        {"force", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    libxl_device_disk disk;
    bool force = false;
    uint32_t domid;
    int c, rc;

    while ((c = xl_option(argc, argv, "hf", names)) != -1)
        force |= c == 'f';
    xl_want(argc, 2);
    domid = xl_domain(argv[optind]);
    libxl_device_disk_init(&disk);
    rc = libxl_vdev_to_device_disk(xl.ctx, domid, argv[optind + 1], &disk);
    if (rc) {
        fprintf(stderr, "Error: Device %s not connected.\n", argv[optind + 1]);
    } else {
        rc = force ? libxl_device_disk_destroy(xl.ctx, domid, &disk, NULL)
                   : libxl_device_disk_safe_remove(xl.ctx, domid, &disk, NULL);
        if (rc)
            fprintf(stderr, "libxl_device_disk_%s failed.\n", force ? "destroy" : "safe_remove");
    }
    libxl_device_disk_dispose(&disk);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- media ---- */

/* As `path` is a parameter of its own, commas and colons in it mean nothing. */
static int change_medium(const char *domain, const char *vdev, const char *path)
{
    uint32_t domid = xl_domain(domain);
    libxl_device_disk disk;
    int rc;

    libxl_device_disk_init(&disk);
    disk.vdev = xl_must(strdup(vdev));
    disk.is_cdrom = disk.removable = 1;
    disk.format = path ? LIBXL_DISK_FORMAT_RAW : LIBXL_DISK_FORMAT_EMPTY;
    disk.pdev_path = path ? xl_must(strdup(path)) : NULL;
    rc = libxl_cdrom_insert(xl.ctx, domid, &disk, NULL);
    if (rc)
        fprintf(stderr, "libxl_cdrom_insert failed.\n");
    libxl_device_disk_dispose(&disk);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_cd_insert(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 3);
    return change_medium(argv[optind], argv[optind + 1], argv[optind + 2]);
}

int cmd_cd_eject(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    return change_medium(argv[optind], argv[optind + 1], NULL);
}

/* ---- network ---- */

static void list_nics(uint32_t domid)
{
    int count = 0;
    libxl_device_nic *nics = libxl_device_nic_list(xl.ctx, domid, &count);
    libxl_nicinfo info;

    for (int i = 0; nics && i < count; i++) {
        libxl_nicinfo_init(&info);
        if (!libxl_device_nic_getinfo(xl.ctx, domid, &nics[i], &info))
            printf("%-3d %-2u " LIBXL_MAC_FMT "%6d %5d %6d %5d/%-11d %-30s\n", info.devid,
                   info.backend_id, LIBXL_MAC_BYTES(nics[i].mac), info.devid, info.state,
                   info.evtch, info.rref_tx, info.rref_rx, info.backend ? info.backend : "");
        libxl_nicinfo_dispose(&info);
    }
    if (nics)
        libxl_device_nic_list_free(nics, count);
}

int cmd_network_list(int argc, char **argv)
{
    return for_each_domain(argc, argv,
                           "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref "
                           "BE-path                       ",
                           list_nics);
}

int cmd_network_attach(int argc, char **argv)
{
    libxl_device_nic nic;
    XLU_Config *cfg;
    uint32_t domid;
    char *json;
    int rc = 0;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    domid = xl_domain(argv[optind]);
    libxl_device_nic_init(&nic);
    cfg = command_line_config();
    for (int i = optind + 1; i < argc && !rc; i++)
        rc = parse_nic(cfg, argv[i], &nic);
    if (!rc && xl.dry_run) {
        json = libxl_device_nic_to_json(xl.ctx, &nic);
        printf("vif: %s\n", json ? json : "");
        free(json);
    } else if (!rc) {
        rc = libxl_device_nic_add(xl.ctx, domid, &nic, NULL);
        if (rc)
            fprintf(stderr, "libxl_device_nic_add failed.\n");
    }
    xlu_cfg_destroy(cfg);
    libxl_device_nic_dispose(&nic);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int find_nic(uint32_t domid, const char *which, libxl_device_nic *nic)
{
    long devid;

    if (strchr(which, ':'))
        return libxl_mac_to_device_nic(xl.ctx, domid, which, nic);
    if (!xl_number(which, 0, INT_MAX, &devid))
        return ERROR_INVAL;
    return libxl_devid_to_device_nic(xl.ctx, domid, (int)devid, nic);
}

int cmd_network_detach(int argc, char **argv)
{
    libxl_device_nic nic;
    uint32_t domid;
    int rc;

    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 2);
    domid = xl_domain(argv[optind]);
    libxl_device_nic_init(&nic);
    rc = find_nic(domid, argv[optind + 1], &nic);
    if (rc) {
        fprintf(stderr, "Unknown device %s.\n", argv[optind + 1]);
    } else {
        rc = libxl_device_nic_remove(xl.ctx, domid, &nic, NULL);
        if (rc)
            fprintf(stderr, "libxl_device_nic_del failed.\n");
    }
    libxl_device_nic_dispose(&nic);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- channels ---- */

static void list_channels(uint32_t domid)
{
    int count = 0;
    libxl_device_channel *channels = libxl_device_channel_list(xl.ctx, domid, &count);

    for (int i = 0; channels && i < count; i++) {
        libxl_channelinfo info;
        const char *detail = NULL;

        libxl_channelinfo_init(&info);
        if (!libxl_device_channel_getinfo(xl.ctx, domid, &channels[i], &info)) {
            if (channels[i].connection == LIBXL_CHANNEL_CONNECTION_PTY)
                detail = info.u.pty.path;
            else if (channels[i].connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
                detail = channels[i].u.socket.path;
            printf("%-3d %-2u %-5d %-6d %8d %-10s %-30s\n", channels[i].devid, info.backend_id,
                   info.state, info.evtch, info.rref,
                   libxl_channel_connection_to_string(channels[i].connection),
                   detail ? detail : "-");
        }
        libxl_channelinfo_dispose(&info);
        libxl_device_channel_dispose(&channels[i]);
    }
    free(channels);
}

int cmd_channel_list(int argc, char **argv)
{
    return for_each_domain(argc, argv,
                           "Idx BE state evt-ch ring-ref connection                               ",
                           list_channels);
}
