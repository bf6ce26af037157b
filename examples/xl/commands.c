/* SPDX-License-Identifier: MIT */
/* The commands and their usage; xl help. */
#include "xl.h"

#define COLUMN 19

const struct command commands[] = {
    {"create", cmd_create, "<ConfigFile> [options] [vars]",
     "Create a domain from config file <filename>",
     "-c                      Connect to the console after the domain is created.\n"
     "-e                      Do not wait in the background for the death of the domain.\n"
     "-F                      Run in foreground until death of the domain.\n"
     "-f FILE, --defconfig=FILE\n"
     "                        Use the given configuration file.\n"
     "-h                      Print this help.\n"
     "-n, --dryrun            Dry run - prints the resulting configuration.\n"
     "-p                      Leave the domain paused after it is created.\n"
     "-q, --quiet             Quiet.\n",
     true, true},
    {"config-update", cmd_config_update, "<Domain> <ConfigFile> [options] [vars]",
     "Update a running domain's saved configuration, used when rebuilding the domain after reboot",
     "-h                      Print this help.\n"
     "-f FILE, --defconfig=FILE\n"
     "                        Use the given configuration file.\n",
     true, true},
    {"list", cmd_list, "[options] [Domain]", "List information about all/some domains",
     "-l, --long              Output all VM details\n"
     "-v, --verbose           Prints out UUIDs and security context\n"
     "-Z, --context           Prints out security context\n"
     "-c, --cpupool           Prints the cpupool the domain is in\n"
     "-n, --numa              Prints out NUMA node affinity\n",
     false, false},
    {"destroy", cmd_destroy, "[options] <Domain>", "Terminate a domain immediately",
     "-f                      Permit destroying domain 0.\n", true, false},
    {"shutdown", cmd_shutdown, "[options] <-a|Domain>", "Issue a shutdown signal to a domain",
     "-a, --all               Shutdown all guest domains.\n"
     "-h                      Print this help.\n"
     "-F                      Fall back to an ACPI power event for guests without PV drivers.\n"
     "-w, --wait              Wait for guest(s) to shutdown; twice: until they are gone.\n",
     true, false},
    {"reboot", cmd_reboot, "[options] <-a|Domain>", "Issue a reboot signal to a domain",
     "-a, --all               Reboot all guest domains.\n"
     "-h                      Print this help.\n"
     "-F                      Fall back to an ACPI reset event for guests without PV drivers.\n"
     "-w, --wait              Wait for guest(s) to reboot.\n",
     true, false},
    {"pause", cmd_pause, "<Domain>", "Pause execution of a domain", NULL, true, false},
    {"unpause", cmd_unpause, "<Domain>", "Unpause a paused domain", NULL, true, false},
    {"console", cmd_console,
     "[options] <Domain>\n-t <type>       console type, pv , serial or vuart\n"
     "-n <number>     console number",
     "Attach to domain's console", NULL, true, false},
    {"vncviewer", cmd_vncviewer, "[options] <Domain>", "Attach to domain's VNC server",
     "--autopass              Pass VNC password to viewer via stdin.\n", true, false},
    {"dump-core", cmd_dump_core, "<Domain> <filename>", "Core dump a domain", NULL, true, false},
    {"mem-max", cmd_mem_max, "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
     "Set the maximum amount reservation for a domain", NULL, true, false},
    {"mem-set", cmd_mem_set, "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
     "Set the current memory usage for a domain", NULL, true, false},
    {"button-press", cmd_button_press, "<Domain> <Button>",
     "Indicate an ACPI button press to the domain", NULL, true, false},
    {"vcpu-list", cmd_vcpu_list, "[Domain, ...]", "List the VCPUs for all/some domains", NULL,
     false, false},
    {"vcpu-pin", cmd_vcpu_pin,
     "[option] <Domain> <VCPU|all> <Hard affinity|-|all> <Soft affinity|-|all>",
     "Set which CPUs a VCPU can use",
     "-f, --force        undo an override pinning done by the kernel\n", true, false},
    {"vcpu-set", cmd_vcpu_set, "[option] <Domain> <vCPUs>",
     "Set the number of active VCPUs allowed for the domain",
     "-i, --ignore-host  Don't limit the vCPU based on the host CPU count\n", true, false},
    {"vm-list", cmd_vm_list, "", "List guest domains, excluding dom0, stubdoms, etc.", NULL, false,
     false},
    {"info", cmd_info, "", "Get information about Xen host",
     "-n, --numa         List host NUMA topology information\n", false, false},
    {"sharing", cmd_sharing, "[Domain]", "Get information about page sharing", NULL, false, false},
    {"sched-credit", cmd_sched_credit,
     "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-t TSLICE] [-r RATELIMIT]] [-p CPUPOOL]",
     "Get/set credit scheduler parameters",
     "-d DOMAIN, --domain=DOMAIN        Domain to modify\n"
     "-w WEIGHT, --weight=WEIGHT        Weight (int)\n"
     "-c CAP, --cap=CAP                 Cap (int)\n"
     "-s         --schedparam           Query / modify scheduler parameters\n"
     "-t TSLICE, --tslice_ms=TSLICE     Set the timeslice, in milliseconds\n"
     "-r RLIMIT, --ratelimit_us=RLIMIT  Set the scheduling rate limit, in microseconds\n"
     "-m DLY, --migration_delay_us=DLY  Set the migration delay, in microseconds\n"
     "-p CPUPOOL, --cpupool=CPUPOOL     Restrict output to CPUPOOL\n",
     true, false},
    {"sched-credit2", cmd_sched_credit2,
     "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-r RATELIMIT]] [-p CPUPOOL]",
     "Get/set credit2 scheduler parameters",
     "-d DOMAIN, --domain=DOMAIN        Domain to modify\n"
     "-w WEIGHT, --weight=WEIGHT        Weight (int)\n"
     "-c CAP,    --cap=CAP              Cap (int)\n"
     "-s         --schedparam           Query / modify scheduler parameters\n"
     "-r RLIMIT, --ratelimit_us=RLIMIT  Set the scheduling rate limit, in microseconds\n"
     "-p CPUPOOL, --cpupool=CPUPOOL     Restrict output to CPUPOOL\n",
     true, false},
    {"domid", cmd_domid, "<DomainName>", "Convert a domain name to domain id", NULL, false, false},
    {"domname", cmd_domname, "<DomainId>", "Convert a domain id to domain name", NULL, false,
     false},
    {"rename", cmd_rename, "<Domain> <NewDomainName>", "Rename a domain", NULL, true, false},
    {"trigger", cmd_trigger, "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]",
     "Send a trigger to a domain", NULL, true, false},
    {"sysrq", cmd_sysrq, "<Domain> <letter>", "Send a sysrq to a domain", NULL, true, false},
    {"debug-keys", cmd_debug_keys, "<Keys>", "Send debug keys to Xen", NULL, true, false},
    {"set-parameters", cmd_set_parameters, "<Params>", "Set hypervisor parameters", NULL, true,
     false},
    {"dmesg", cmd_dmesg, "[-c]", "Read and/or clear dmesg buffer",
     "-c                 Clear dmesg buffer as well as printing it\n", false, false},
    {"top", cmd_top, "[options]", "Monitor a host and the domains in real time",
     "-b, --batch        Print one round after the other, no screen\n"
     "-n, --iterations=N So many rounds\n"
     "-d, --delay=S      Seconds between them (3)\n",
     false, false},
    {"network-attach", cmd_network_attach,
     "<Domain> [type=<type>] [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [script=<script>] "
     "[backend=<BackDomain>] [vifname=<name>] [rate=<rate>] [model=<model>]",
     "Create a new virtual network device", NULL, true, true},
    {"network-list", cmd_network_list, "<Domain(s)>",
     "List virtual network interfaces for a domain", NULL, false, false},
    {"network-detach", cmd_network_detach, "<Domain> <DevId|mac>",
     "Destroy a domain's virtual network device", NULL, true, false},
    {"channel-list", cmd_channel_list, "<Domain(s)>", "List virtual channel devices for a domain",
     NULL, false, false},
    {"block-attach", cmd_block_attach, "<Domain> <disk-spec-component(s)>...",
     "Create a new virtual block device", NULL, true, true},
    {"block-list", cmd_block_list, "<Domain(s)>", "List virtual block devices for a domain", NULL,
     false, false},
    {"block-detach", cmd_block_detach, "[option] <Domain> <DevId>",
     "Destroy a domain's virtual block device",
     "-f, --force        do not wait for the domain to release the device\n", true, false},
    {"uptime", cmd_uptime, "[-s] [Domain]", "Print uptime for all/some domains", NULL, false,
     false},
    {"claims", cmd_claims, "", "List outstanding claim information about all domains", NULL, false,
     false},
    {"cpupool-create", cmd_cpupool_create, "[options] [<ConfigFile>] [Variable=value ...]",
     "Create a new CPU pool",
     "-h, --help                   Print this help.\n"
     "-f FILE, --defconfig=FILE    Use the given configuration file.\n"
     "-n, --dryrun                 Dry run - prints the resulting configuration.\n",
     true, true},
    {"cpupool-list", cmd_cpupool_list, "[-c|--cpus] [<CPU Pool>]", "List CPU pools on host",
     "-c, --cpus                   Output list of CPUs used by a pool\n", false, false},
    {"cpupool-destroy", cmd_cpupool_destroy, "<CPU Pool>", "Deactivates a CPU pool", NULL, true,
     false},
    {"cpupool-rename", cmd_cpupool_rename, "<CPU Pool> <new name>", "Renames a CPU pool", NULL,
     true, false},
    {"cpupool-cpu-add", cmd_cpupool_cpu_add, "<CPU Pool> <CPU nr>|node:<node nr>",
     "Adds a CPU to a CPU pool", NULL, true, false},
    {"cpupool-cpu-remove", cmd_cpupool_cpu_remove, "<CPU Pool> <CPU nr>|node:<node nr>",
     "Removes a CPU from a CPU pool", NULL, true, false},
    {"cpupool-migrate", cmd_cpupool_migrate, "<Domain> <CPU Pool>",
     "Moves a domain into a CPU pool", NULL, true, false},
    {"help", cmd_help, "[command]", "Print this list, or the usage of a command", NULL, false,
     false},
    {NULL, NULL, NULL, NULL, NULL, false, false},
};

const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

void print_usage(const struct command *c)
{
    printf("Usage: xl [-vtT%s%s] %s %s\n\n%s.\n\n", c->changes ? "f" : "", c->dry ? "N" : "",
           c->name, c->arguments, c->summary);
    if (c->options)
        printf("Options:\n\n%s", c->options);
}

static void print_list(void)
{
    printf("Usage xl [-vfNtT] [--json-errors] <subcommand> [args]\n\n"
           "xl full list of subcommands:\n\n");
    for (const struct command *c = commands; c->name; c++) {
        printf(" %-*s ", COLUMN, c->name);
        if (strlen(c->name) > COLUMN)
            printf("\n%*s", COLUMN + 2, "");
        printf("%s\n", c->summary);
    }
}

int cmd_help(int argc, char **argv)
{
    const struct command *c;

    if (argc < 2 || !strcmp(argv[1], "--long")) {
        print_list();
        return EXIT_SUCCESS;
    }
    c = find_command(argv[1]);
    if (!c) {
        fprintf(stderr, "command \"%s\" not implemented\n", argv[1]);
        return EXIT_FAILURE;
    }
    print_usage(c);
    return EXIT_SUCCESS;
}
