/* SPDX-License-Identifier: MIT */
/* The commands and their usage; xl help. */
#include "xl.h"

#define COLUMN 19

const struct command commands[] = {
    {"create", cmd_create, "<ConfigFile> [options] [vars]",
     "Make the guest that a configuration file describes, and start it",
     "-c                      Stay connected to the guest's console.\n"
     "-e                      Leave nothing behind that watches for the guest's end.\n"
     "-F                      Stay in the foreground until the guest has ended.\n"
     "-f FILE, --defconfig=FILE\n"
     "                        Where the configuration is.\n"
     "-h                      Show this text.\n"
     "-n, --dryrun            Only show what would be configured.\n"
     "-p                      Do not let the guest run yet.\n"
     "-q, --quiet             Say nothing of what goes well.\n",
     true, true},
    {"config-update", cmd_config_update, "<Domain> <ConfigFile> [options] [vars]",
     "Change what a guest will be made from when it reboots",
     "-h                      Show this text.\n"
     "-f FILE, --defconfig=FILE\n"
     "                        Where the configuration is.\n",
     true, true},
    {"list", cmd_list, "[options] [Domain]", "Show domains, their memory, vCPUs, state and time",
     "-l, --long              Everything that is known, as JSON\n"
     "-v, --verbose           UUIDs and security labels, too\n"
     "-Z, --context           Security labels, too\n"
     "-c, --cpupool           The CPU pool of each, too\n"
     "-n, --numa              The NUMA nodes of each, too\n",
     false, false},
    {"destroy", cmd_destroy, "[options] <Domain>", "End a guest at once, without asking it",
     "-f                      Even if it is domain 0.\n", true, false},
    {"shutdown", cmd_shutdown, "[options] <-a|Domain>", "Ask a guest to shut down",
     "-a, --all               All guests.\n"
     "-h                      Show this text.\n"
     "-F                      Press the power button of a guest that has no PV drivers.\n"
     "-w, --wait              Until it has shut down; given twice: until it is gone.\n",
     true, false},
    {"reboot", cmd_reboot, "[options] <-a|Domain>", "Ask a guest to reboot",
     "-a, --all               All guests.\n"
     "-h                      Show this text.\n"
     "-F                      Reset by ACPI a guest that has no PV drivers.\n"
     "-w, --wait              Until it has rebooted.\n",
     true, false},
    {"pause", cmd_pause, "<Domain>", "Stop a guest where it is", NULL, true, false},
    {"unpause", cmd_unpause, "<Domain>", "Let a paused guest go on", NULL, true, false},
    {"console", cmd_console,
     "[options] <Domain>\n-t <type>       which kind: pv, serial or vuart\n"
     "-n <number>     which one of that kind",
     "Connect this terminal to a guest's console", NULL, true, false},
    {"vncviewer", cmd_vncviewer, "[options] <Domain>", "Show a guest's screen by VNC",
     "--autopass              Give the viewer the password by standard input.\n", true, false},
    {"dump-core", cmd_dump_core, "<Domain> <filename>",
     "Write a guest's memory and registers to a file", NULL, true, false},
    {"mem-max", cmd_mem_max, "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
     "Set how much memory a guest may ever have", NULL, true, false},
    {"mem-set", cmd_mem_set, "<Domain> <MemMB['b'[bytes]|'k'[KB]|'m'[MB]|'g'[GB]|'t'[TB]]>",
     "Set how much memory a guest has now, by its balloon", NULL, true, false},
    {"button-press", cmd_button_press, "<Domain> <Button>", "Press a guest's ACPI button", NULL,
     true, false},
    {"vcpu-list", cmd_vcpu_list, "[Domain, ...]", "Show vCPUs, where they run and may run", NULL,
     false, false},
    {"vcpu-pin", cmd_vcpu_pin,
     "[option] <Domain> <VCPU|all> <Hard affinity|-|all> <Soft affinity|-|all>",
     "Choose the CPUs that a vCPU must, and should, run on",
     "-f, --force        even where the guest's kernel has pinned itself\n", true, false},
    {"vcpu-set", cmd_vcpu_set, "[option] <Domain> <vCPUs>", "Choose how many vCPUs a guest uses",
     "-i, --ignore-host  Even more than the host has CPUs\n", true, false},
    {"vm-list", cmd_vm_list, "", "Show guests alone: no dom0, no stub domains", NULL, false, false},
    {"info", cmd_info, "", "Show what the host is and has",
     "-n, --numa         Its NUMA nodes, too\n", false, false},
    {"sharing", cmd_sharing, "[Domain]", "Show how much memory guests share", NULL, false, false},
    {"sched-credit", cmd_sched_credit,
     "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-t TSLICE] [-r RATELIMIT]] [-p CPUPOOL]",
     "Show or set weights and caps of the credit scheduler",
     "-d DOMAIN, --domain=DOMAIN        The domain in question\n"
     "-w WEIGHT, --weight=WEIGHT        Its share of time, against others' (256)\n"
     "-c CAP, --cap=CAP                 Its limit, in percent of one CPU; 0: none\n"
     "-s         --schedparam           The scheduler's own settings\n"
     "-t TSLICE, --tslice_ms=TSLICE     Milliseconds a vCPU runs at a time\n"
     "-r RLIMIT, --ratelimit_us=RLIMIT  Microseconds it runs at least\n"
     "-m DLY, --migration_delay_us=DLY  Microseconds before it changes its CPU\n"
     "-p CPUPOOL, --cpupool=CPUPOOL     That CPU pool alone\n",
     true, false},
    {"sched-credit2", cmd_sched_credit2,
     "[-d <Domain> [-w[=WEIGHT]|-c[=CAP]]] [-s [-r RATELIMIT]] [-p CPUPOOL]",
     "Show or set weights and caps of the credit2 scheduler",
     "-d DOMAIN, --domain=DOMAIN        The domain in question\n"
     "-w WEIGHT, --weight=WEIGHT        Its share of time, against others' (256)\n"
     "-c CAP,    --cap=CAP              Its limit, in percent of one CPU; 0: none\n"
     "-s         --schedparam           The scheduler's own settings\n"
     "-r RLIMIT, --ratelimit_us=RLIMIT  Microseconds it runs at least\n"
     "-p CPUPOOL, --cpupool=CPUPOOL     That CPU pool alone\n",
     true, false},
    {"domid", cmd_domid, "<DomainName>", "Print the id of the domain with that name", NULL, false,
     false},
    {"domname", cmd_domname, "<DomainId>", "Print the name of the domain with that id", NULL, false,
     false},
    {"rename", cmd_rename, "<Domain> <NewDomainName>", "Give a domain another name", NULL, true,
     false},
    {"trigger", cmd_trigger, "<Domain> <nmi|reset|init|power|sleep|s3resume> [<VCPU>]",
     "Raise an NMI, reset or power event in a guest", NULL, true, false},
    {"sysrq", cmd_sysrq, "<Domain> <letter>", "Press a magic SysRq key in a guest", NULL, true,
     false},
    {"debug-keys", cmd_debug_keys, "<Keys>",
     "Press the hypervisor's debug keys; their output is in dmesg", NULL, true, false},
    {"set-parameters", cmd_set_parameters, "<Params>",
     "Change options of the hypervisor's command line while it runs", NULL, true, false},
    {"dmesg", cmd_dmesg, "[-c]", "Show the hypervisor's messages",
     "-c                 Forget them then\n", false, false},
    {"top", cmd_top, "[options]", "Show what the domains are doing, again and again",
     "-b, --batch        Print one round after the other, no screen\n"
     "-n, --iterations=N So many rounds\n"
     "-d, --delay=S      Seconds between them (3)\n",
     false, false},
    {"network-attach", cmd_network_attach,
     "<Domain> [type=<type>] [mac=<mac>] [bridge=<bridge>] [ip=<ip>] [script=<script>] "
     "[backend=<BackDomain>] [vifname=<name>] [rate=<rate>] [model=<model>]",
     "Give a running guest one more network interface", NULL, true, true},
    {"network-list", cmd_network_list, "<Domain(s)>", "Show guests' network interfaces", NULL,
     false, false},
    {"network-detach", cmd_network_detach, "<Domain> <DevId|mac>",
     "Take a network interface from a guest", NULL, true, false},
    {"channel-list", cmd_channel_list, "<Domain(s)>", "Show guests' channels", NULL, false, false},
    {"block-attach", cmd_block_attach, "<Domain> <disk-spec-component(s)>...",
     "Give a running guest one more disk", NULL, true, true},
    {"block-list", cmd_block_list, "<Domain(s)>", "Show guests' disks", NULL, false, false},
    {"block-detach", cmd_block_detach, "[option] <Domain> <DevId>", "Take a disk from a guest",
     "-f, --force        even if the guest does not let it go\n", true, false},
    {"cd-insert", cmd_cd_insert, "<Domain> <VirtualDevice> <Path>",
     "Put a medium into a guest's CD-ROM drive", NULL, true, false},
    {"cd-eject", cmd_cd_eject, "<Domain> <VirtualDevice>",
     "Take the medium out of a guest's CD-ROM drive", NULL, true, false},
    {"uptime", cmd_uptime, "[-s] [Domain]", "Show how long domains have run", NULL, false, false},
    {"claims", cmd_claims, "", "Show memory that is promised to domains and not yet theirs", NULL,
     false, false},
    {"cpupool-create", cmd_cpupool_create, "[options] [<ConfigFile>] [Variable=value ...]",
     "Make a CPU pool",
     "-h, --help                   Show this text.\n"
     "-f FILE, --defconfig=FILE    Where its configuration is.\n"
     "-n, --dryrun                 Only show what would be configured.\n",
     true, true},
    {"cpupool-list", cmd_cpupool_list, "[-c|--cpus] [<CPU Pool>]", "Show CPU pools",
     "-c, --cpus                   The CPUs of each\n", false, false},
    {"cpupool-destroy", cmd_cpupool_destroy, "<CPU Pool>", "Give up a CPU pool", NULL, true, false},
    {"cpupool-rename", cmd_cpupool_rename, "<CPU Pool> <new name>", "Give a CPU pool another name",
     NULL, true, false},
    {"cpupool-cpu-add", cmd_cpupool_cpu_add, "<CPU Pool> <CPU nr>|node:<node nr>",
     "Give a CPU pool one more CPU", NULL, true, false},
    {"cpupool-cpu-remove", cmd_cpupool_cpu_remove, "<CPU Pool> <CPU nr>|node:<node nr>",
     "Take a CPU from a CPU pool", NULL, true, false},
    {"cpupool-migrate", cmd_cpupool_migrate, "<Domain> <CPU Pool>",
     "Let a domain run in another CPU pool", NULL, true, false},
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
