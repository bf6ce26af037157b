/* SPDX-License-Identifier: MIT */
/* xl info, dmesg, debug-keys, set-parameters. */
#include "xl.h"

#include <sys/utsname.h>

static void line(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void line(const char *name, const char *fmt, ...)
{
    va_list ap;

    printf("%-23s: ", name);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    putchar('\n');
}

static void print_host(void)
{
    struct utsname host;

    if (uname(&host))
        return;
    line("host", "%s", host.nodename);
    line("release", "%s", host.release);
    line("version", "%s", host.version);
    line("machine", "%s", host.machine);
}

static void print_capabilities(const libxl_physinfo *p)
{
    const struct {
        bool has;
        const char *name;
    } caps[] = {
        {p->cap_pv, " pv"},
        {p->cap_hvm, " hvm"},
        {p->cap_hvm && p->cap_hvm_directio, " hvm_directio"},
        {p->cap_pv && p->cap_hvm_directio, " pv_directio"},
        {p->cap_hap, " hap"},
        {p->cap_shadow, " shadow"},
        {p->cap_iommu_hap_pt_share, " iommu_hap_pt_share"},
        {p->cap_vmtrace, " vmtrace"},
        {p->cap_vpmu, " vpmu"},
        {p->cap_gnttab_v1, " gnttab-v1"},
        {p->cap_gnttab_v2, " gnttab-v2"},
    };

    printf("%-23s:", "virt_caps");
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
        fputs(caps[i].has ? caps[i].name : "", stdout);
    putchar('\n');
}

static int print_physical(int pagesize)
{
    unsigned long per_mib = (1ul << 20) / (unsigned long)(pagesize > 0 ? pagesize : 4096);
    libxl_physinfo p;
    libxl_bitmap free_cpus;

    libxl_physinfo_init(&p);
    if (libxl_get_physinfo(xl.ctx, &p)) {
        fprintf(stderr, "libxl_physinfo failed.\n");
        libxl_physinfo_dispose(&p);
        return EXIT_FAILURE;
    }
    line("nr_cpus", "%u", p.nr_cpus);
    line("max_cpu_id", "%u", p.max_cpu_id);
    line("nr_nodes", "%u", p.nr_nodes);
    line("cores_per_socket", "%u", p.cores_per_socket);
    line("threads_per_core", "%u", p.threads_per_core);
    line("cpu_mhz", "%u.%03u", p.cpu_khz / 1000, p.cpu_khz % 1000);
    line("hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", p.hw_cap[0], p.hw_cap[1],
         p.hw_cap[2], p.hw_cap[3], p.hw_cap[4], p.hw_cap[5], p.hw_cap[6], p.hw_cap[7]);
    print_capabilities(&p);
    line("total_memory", "%lu", (unsigned long)(p.total_pages / per_mib));
    line("free_memory", "%lu", (unsigned long)((p.free_pages - p.outstanding_pages) / per_mib));
    line("sharing_freed_memory", "%lu", (unsigned long)(p.sharing_freed_pages / per_mib));
    line("sharing_used_memory", "%lu", (unsigned long)(p.sharing_used_frames / per_mib));
    line("outstanding_claims", "%lu", (unsigned long)(p.outstanding_pages / per_mib));
    libxl_bitmap_init(&free_cpus);
    if (!libxl_get_freecpus(xl.ctx, &free_cpus))
        line("free_cpus", "%d", libxl_bitmap_count_set(&free_cpus));
    libxl_bitmap_dispose(&free_cpus);
    libxl_physinfo_dispose(&p);
    return EXIT_SUCCESS;
}

static void print_version(const libxl_version_info *v)
{
    const char *extra = v->xen_version_extra ? v->xen_version_extra : "";

    line("xen_major", "%d", v->xen_version_major);
    line("xen_minor", "%d", v->xen_version_minor);
    line("xen_extra", "%s", extra);
    line("xen_version", "%d.%d%s", v->xen_version_major, v->xen_version_minor, extra);
    line("xen_caps", "%s", v->capabilities);
    line("xen_scheduler", "%s",
         libxl_scheduler_to_string((libxl_scheduler)libxl_get_scheduler(xl.ctx)));
    line("xen_pagesize", "%d", v->pagesize);
    line("platform_params", "virt_start=0x%lx", (unsigned long)v->virt_start);
    line("xen_changeset", "%s", v->changeset);
    line("xen_commandline", "%s", v->commandline);
    line("cc_compiler", "%s", v->compiler);
    line("cc_compile_by", "%s", v->compile_by);
    line("cc_compile_domain", "%s", v->compile_domain);
    line("cc_compile_date", "%s", v->compile_date);
    line("build_id", "%s", v->build_id);
}

static void print_cpu_topology(void)
{
    int count = 0;
    libxl_cputopology *cpus = libxl_get_cpu_topology(xl.ctx, &count);

    printf("%-23s:\n", "cpu_topology");
    printf("cpu:    core    socket     node\n");
    if (!cpus)
        printf("No cpu topology data available\n");
    for (int i = 0; cpus && i < count; i++)
        if (cpus[i].core != LIBXL_CPUTOPOLOGY_INVALID_ENTRY)
            printf("%3d:    %4u     %4u     %4u\n", i, cpus[i].core, cpus[i].socket, cpus[i].node);
    libxl_cputopology_list_free(cpus, count);
}

static void print_device_topology(void)
{
    int count = 0, shown = 0;
    libxl_pcitopology *devices = libxl_get_pci_topology(xl.ctx, &count);

    printf("%-23s:\n", "device topology");
    printf("device           node\n");
    for (int i = 0; devices && i < count; i++) {
        if (devices[i].node == LIBXL_PCITOPOLOGY_INVALID_ENTRY)
            continue;
        printf("%04x:%02x:%02x.%x      %u\n", devices[i].seg, devices[i].bus,
               (devices[i].devfn >> 3) & 0x1f, devices[i].devfn & 7, devices[i].node);
        shown++;
    }
    if (!shown)
        printf("No device topology data available\n");
    if (devices)
        libxl_pcitopology_list_free(devices, count);
}

static void print_numa(void)
{
    int count = 0;
    libxl_numainfo *nodes = libxl_get_numainfo(xl.ctx, &count);

    printf("%-23s:\n", "numa_info");
    printf("node:    memsize    memfree    distances\n");
    for (int i = 0; nodes && i < count; i++) {
        if (nodes[i].size == LIBXL_NUMAINFO_INVALID_ENTRY)
            continue;
        printf("%4d:    %6lu     %6lu      ", i, (unsigned long)(nodes[i].size >> 20),
               (unsigned long)(nodes[i].free >> 20));
        for (int j = 0; j < nodes[i].num_dists; j++)
            printf("%s%u", j ? "," : "", nodes[i].dists[j]);
        putchar('\n');
    }
    if (nodes)
        libxl_numainfo_list_free(nodes, count);
}

int cmd_info(int argc, char **argv)
{
    static const struct option names[] = {
        {"numa", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const libxl_version_info *version;
    bool numa = false;
    int c;

    while ((c = xl_option(argc, argv, "nh", names)) != -1)
        numa |= c == 'n';
    version = libxl_get_version_info(xl.ctx);
    if (!version) {
        fprintf(stderr, "libxl_get_version_info failed.\n");
        return EXIT_FAILURE;
    }
    print_host();
    if (print_physical(version->pagesize))
        return EXIT_FAILURE;
    if (numa) {
        print_cpu_topology();
        print_device_topology();
        print_numa();
    }
    print_version(version);
    line("xend_config_format", "4");
    return EXIT_SUCCESS;
}

int cmd_dmesg(int argc, char **argv)
{
    libxl_xen_console_reader *reader;
    char *text;
    int c, clear = 0, got;

    while ((c = xl_option(argc, argv, "ch", NULL)) != -1)
        clear |= c == 'c';
    reader = libxl_xen_console_read_start(xl.ctx, clear);
    if (!reader)
        return EXIT_FAILURE;
    while ((got = libxl_xen_console_read_line(xl.ctx, reader, &text)) > 0)
        fputs(text, stdout);
    libxl_xen_console_read_finish(xl.ctx, reader);
    return got < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int cmd_debug_keys(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    if (!libxl_send_debug_keys(xl.ctx, argv[optind]))
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot send debug keys: %s\n", argv[optind]);
    return EXIT_FAILURE;
}

int cmd_set_parameters(int argc, char **argv)
{
    while (xl_option(argc, argv, "h", NULL) != -1)
        continue;
    xl_want(argc, 1);
    if (!libxl_set_parameters(xl.ctx, argv[optind]))
        return EXIT_SUCCESS;
    fprintf(stderr, "cannot set parameters: %s\n", argv[optind]);
    return EXIT_FAILURE;
}
