/* SPDX-License-Identifier: MIT */
/* Every hypercall: who may, and wild arguments. */
#include "guest.h"

#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>

static const unsigned long wild[] = {0,
                                     1,
                                     0xfff,
                                     1UL << 47,
                                     1UL << 60,
                                     ~0UL,
                                     ~0UL << 12,
                                     MACH2PHYS_VIRT_START,
                                     0xffff82d080200000UL,
                                     0xffff830000000000UL,
                                     0xffff880000000000UL - 8};

static bool is_denial(long rc)
{
    return rc == -XEN_EPERM || rc == -XEN_EACCES || rc == -XEN_ENOSYS || rc == -XEN_ESRCH ||
           rc == -XEN_EOPNOTSUPP || rc == -XEN_EINVAL;
}

static void control(void)
{
    static const domid_t targets[] = {0, DOMID_SELF, 1, 0x7ff0};
    static struct xen_domctl domctl;
    static struct xen_sysctl sysctl;
    static struct xen_platform_op platform;
    bool ok = true;
    long rc = 0;

    for (uint32_t cmd = 0; cmd < 100; cmd++) {
        for (size_t i = 0; i < ARRAY(targets); i++) {
            memset(&domctl, 0, sizeof(domctl));
            domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
            domctl.cmd = cmd;
            domctl.domain = targets[i];
            rc = CALL(domctl, &domctl);
            ok &= is_denial(rc) ||
                  (fail("control-denied", "domctl %u on %u: %ld", cmd, targets[i], rc), false);
        }
        memset(&sysctl, 0, sizeof(sysctl));
        sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        sysctl.cmd = cmd;
        rc = CALL(sysctl, &sysctl);
        ok &= is_denial(rc) || (fail("control-denied", "sysctl %u: %ld", cmd, rc), false);
        memset(&platform, 0, sizeof(platform));
        platform.interface_version = XENPF_INTERFACE_VERSION;
        platform.cmd = cmd;
        rc = CALL(platform_op, &platform);
        ok &= is_denial(rc) || (fail("control-denied", "platform %u: %ld", cmd, rc), false);
    }
    if (ok)
        pass("control-denied");
}

/* A privilege level for I/O of the guest's own gives it no port that it has no right to. */
static void iopl(void)
{
    struct physdev_set_iopl set = {.iopl = 3};
    volatile uint8_t value = 0;
    long fault = 0;

    CALL(physdev_op, PHYSDEVOP_set_iopl, &set);
    fault = FAULT(({
        uint8_t byte = 0;

        asm volatile("outb %b1, $0x70; inb $0x71, %b0" : "=a"(byte) : "0"(0));
        value = byte;
    }));
    expect(fault || value == 0xff, "iopl-gives-no-ports", "clock's register:", value);
    set.iopl = 0;
    CALL(physdev_op, PHYSDEVOP_set_iopl, &set);
}

static void physical(void)
{
    static char arg[256];
    bool ok = true;

    for (int cmd = 0; cmd < 40; cmd++) {
        memset(arg, 0, sizeof(arg));
        long rc = CALL(physdev_op, cmd, arg);

        /* setting an I/O privilege level or bitmap of its own is harmless; so are EOI and queries */
        if (rc == 0 && cmd != PHYSDEVOP_set_iopl && cmd != PHYSDEVOP_set_iobitmap &&
            cmd != PHYSDEVOP_IRQ_UNMASK_NOTIFY && cmd != PHYSDEVOP_irq_status_query &&
            cmd != PHYSDEVOP_get_free_pirq) {
            fail("physdev-denied", "operation %d was done", cmd);
            ok = false;
        }
    }
    iopl();
    if (ok)
        pass("physdev-denied");
}

static void memory_of_others(void)
{
    static uint64_t arg[32];
    bool ok = true;

    for (int cmd = 0; cmd < 32; cmd++) {
        if (cmd == XENMEM_maximum_ram_page || cmd == XENMEM_memory_map)
            continue;
        /* dom0's id where an operation has a domid first; all else is zero */
        memset(arg, 0, sizeof(arg));
        long rc = CALL(memory_op, cmd, arg);

        if (rc > 0 ||
            (rc == 0 && (cmd == XENMEM_add_to_physmap || cmd == XENMEM_remove_from_physmap ||
                         cmd == XENMEM_set_memory_map || cmd == XENMEM_machine_memory_map ||
                         cmd == XENMEM_set_pod_target || cmd == XENMEM_get_pod_target ||
                         cmd == XENMEM_claim_pages || cmd == XENMEM_acquire_resource))) {
            fail("memory-of-dom0", "operation %d: %ld", cmd, rc);
            ok = false;
        }
    }
    if (ok)
        pass("memory-of-dom0");
}

/* A structure that lies in the hypervisor's memory must be neither read nor written. */
static void wild_pointers(void)
{
    bool ok = true;

    for (size_t i = 0; i < ARRAY(wild); i++) {
        static const unsigned int versions[] = {
            XENVER_extraversion,        XENVER_compile_info, XENVER_capabilities, XENVER_changeset,
            XENVER_platform_parameters, XENVER_get_features, XENVER_commandline,  XENVER_build_id};

        for (size_t j = 0; j < ARRAY(versions); j++) {
            if (versions[j] == XENVER_build_id && wild[i] == 0)
                continue; /* asks for the size */
            long rc = CALL(xen_version, versions[j], wild[i]);

            ok &= rc < 0 ||
                  (fail("wild-pointer", "xen_version %u at %lx: %ld", versions[j], wild[i], rc),
                   false);
        }
        ok &= CALL(console_io, 0, 16, wild[i]) < 0 ||
              (fail("wild-pointer", "console_io from %lx", wild[i]), false);
        ok &= CALL(multicall, wild[i], 4) < 0 ||
              (fail("wild-pointer", "multicall at %lx", wild[i]), false);
        ok &= CALL(vcpu_op, VCPUOP_get_runstate_info, 0, wild[i]) < 0 ||
              (fail("wild-pointer", "runstate at %lx", wild[i]), false);
        ok &= CALL(memory_op, XENMEM_populate_physmap, wild[i]) <= 0 ||
              (fail("wild-pointer", "populate_physmap at %lx", wild[i]), false);
        ok &= CALL(sched_op, SCHEDOP_poll, wild[i]) < 0 ||
              (fail("wild-pointer", "poll at %lx", wild[i]), false);
    }
    if (ok)
        pass("wild-pointer");
}

static void vcpus(void)
{
    static char arg[8192];
    bool ok = true;

    for (int cmd = 0; cmd < 20; cmd++) {
        for (unsigned int vcpu = 4; vcpu < 70000; vcpu += 3333) {
            ok &= CALL(vcpu_op, cmd, vcpu, arg) < 0 ||
                  (fail("vcpu-that-is-not", "operation %d of vCPU %u", cmd, vcpu), false);
        }
    }
    memset(arg, 0xff, sizeof(arg));
    long rc = CALL(vcpu_op, VCPUOP_initialise, 0, arg);

    expect(rc < 0, "vcpu-initialise-running", "status", rc);
    *(uint64_t *)arg = 0x1000; /* a frame of somebody else */
    rc = CALL(vcpu_op, VCPUOP_register_vcpu_info, 1, arg);
    expect(rc < 0, "vcpu-info-foreign", "status", rc);
    if (ok)
        pass("vcpu-that-is-not");
}

static void multicalls(void)
{
    static struct multicall_entry inner[4], outer[64];
    long rc = 0;

    memset(inner, 0, sizeof(inner));
    inner[0].op = __HYPERVISOR_xen_version;
    memset(outer, 0, sizeof(outer));
    for (size_t i = 0; i < ARRAY(outer); i++) {
        outer[i].op = i % 2 ? __HYPERVISOR_multicall : 60 + i * 1000;
        outer[i].args[0] = (unsigned long)(i % 4 == 1 ? inner : outer);
        outer[i].args[1] = i % 8 == 1 ? 1 : ARRAY(outer);
    }
    rc = CALL(multicall, outer, ARRAY(outer));
    print("# a nest of multicalls: %ld\n", rc);
    memset(outer, 0, sizeof(outer));
    outer[0].op = ~0UL;
    outer[1].op = __HYPERVISOR_xen_version;
    rc = CALL(multicall, outer, 2);
    expect(rc == 0 && (long)outer[0].result == -XEN_ENOSYS && (long)outer[1].result > 0,
           "multicall-unknown", "result", (long)outer[0].result);
    rc = CALL(multicall, -4096L, 0xffffffff);
    expect(rc < 0, "multicall-endless", "status", rc);
    pass("multicall-nest");
}

/* Numbers up to the page's end, each with many arguments; not those that end or stop the guest. */
static void all_numbers(void)
{
    static char buffer[PAGE] __attribute__((aligned(4096)));
    uint64_t seed = number_option("seed", 77);

    for (unsigned int nr = 0; nr < 128; nr++) {
        if (nr == __HYPERVISOR_iret || nr == __HYPERVISOR_sched_op ||
            nr == __HYPERVISOR_set_trap_table || nr == __HYPERVISOR_sched_op_compat ||
            nr == __HYPERVISOR_stack_switch || nr == __HYPERVISOR_set_callbacks ||
            nr == __HYPERVISOR_callback_op || nr == __HYPERVISOR_memory_op ||
            nr == __HYPERVISOR_vcpu_op || nr == __HYPERVISOR_event_channel_op ||
            nr == __HYPERVISOR_event_channel_op_compat || nr == __HYPERVISOR_set_timer_op ||
            nr == __HYPERVISOR_set_gdt || nr == __HYPERVISOR_mmuext_op ||
            nr == __HYPERVISOR_multicall)
            continue;
        for (unsigned int i = 0; i < 60; i++) {
            unsigned long a[5];

            for (size_t j = 0; j < ARRAY(a); j++) {
                uint64_t r = random64(&seed);

                a[j] = r % 3 == 0   ? wild[(r >> 8) % ARRAY(wild)]
                       : r % 3 == 1 ? (r >> 8) % 40
                                    : (unsigned long)buffer + (r >> 8) % PAGE;
            }
            hypercall(nr, a[0], a[1], a[2], a[3], a[4]);
        }
    }
    expect(CALL(xen_version, 0) > 0, "all-numbers", "status", CALL(xen_version, 0));
}

void test_calls(void)
{
    control();
    physical();
    memory_of_others();
    wild_pointers();
    vcpus();
    multicalls();
    all_numbers();
}
