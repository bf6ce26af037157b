# SPDX-License-Identifier: MIT
"""The types of libxenlight's interface, as data.

Everything that depends on these types is generated from this file: the C structs and enums with
their functions (gen_c.py), the layouts that today's binaries know (the same, --layout dropin), and
the bindings.  A type's name lacks its prefix, libxl_.

Growing a struct: append a field with since="1.N", which takes its room from the struct's reserved
tail; the size a struct() or union() is declared with never changes.  Enum values and field names
never go away.
"""
from idl import array, enum, field, inner, struct, union

MEMKB_DEFAULT = 2**64 - 1  # "not set"; LIBXL_MEMKB_DEFAULT

enum("action_on_shutdown", "What is done with a domain that shut down by itself",
     DESTROY=1, RESTART=2, RESTART_RENAME=3, PRESERVE=4, COREDUMP_DESTROY=5, COREDUMP_RESTART=6,
     SOFT_RESET=7)

enum("altp2m_mode", "Who may use alternate physical-to-machine tables",
     DISABLED=0, MIXED=1, EXTERNAL=2, LIMITED=3)

enum("bios_type", "Firmware of an HVM guest",
     UNKNOWN=0, ROMBIOS=1, SEABIOS=2, OVMF=3)

enum("channel_connection", "Where the host end of a channel is",
     UNKNOWN=0, PTY=1, SOCKET=2)

enum("checkpointed_stream", "Kind of a checkpointed migration stream",
     NONE=0, REMUS=1, COLO=2)

enum("console_type", "Kind of a console",
     UNKNOWN=0, SERIAL=1, PV=2, VUART=3)

enum("device_model_version", "Which device model serves a guest",
     UNKNOWN=0, QEMU_XEN_TRADITIONAL=1, QEMU_XEN=2)

enum("disk_backend", "Who serves a disk",
     UNKNOWN=0, PHY=1, TAP=2, QDISK=3, STANDALONE=4)

enum("disk_format", "Format of a disk image",
     UNKNOWN=0, QCOW=1, QCOW2=2, VHD=3, RAW=4, EMPTY=5, QED=6)

enum("disk_specification", "Protocol by which a guest sees a disk",
     UNKNOWN=0, XEN=1, VIRTIO=2)

enum("disk_transport", "Transport of a virtio disk",
     UNKNOWN=0, MMIO=1)

enum("domain_type", "Kind of a domain",
     INVALID=-1, HVM=1, PV=2, PVH=3)

enum("error", "Error codes: what a function returned when the value is negative", prefix="ERROR_",
     NONSPECIFIC=-1, VERSION=-2, FAIL=-3, NI=-4, NOMEM=-5, INVAL=-6, BADFAIL=-7,
     GUEST_TIMEDOUT=-8, TIMEDOUT=-9, NOPARAVIRT=-10, NOT_READY=-11, OSEVENT_REG_FAIL=-12,
     BUFFERFULL=-13, UNKNOWN_CHILD=-14, LOCK_FAIL=-15, JSON_CONFIG_EMPTY=-16, DEVICE_EXISTS=-17,
     CHECKPOINT_DEVOPS_DOES_NOT_MATCH=-18, CHECKPOINT_DEVICE_NOT_SUPPORTED=-19,
     VNUMA_CONFIG_INVALID=-20, DOMAIN_NOTFOUND=-21, ABORTED=-22, NOTFOUND=-23,
     DOMAIN_DESTROYED=-24, FEATURE_REMOVED=-25, PROTOCOL_ERROR_QMP=-26, UNKNOWN_QMP_ERROR=-27,
     QMP_GENERIC_ERROR=-28, QMP_COMMAND_NOT_FOUND=-29, QMP_DEVICE_NOT_ACTIVE=-30,
     QMP_DEVICE_NOT_FOUND=-31, QEMU_API=-32)

enum("event_type", "Kind of an event",
     DOMAIN_SHUTDOWN=1, DOMAIN_DEATH=2, DISK_EJECT=3, OPERATION_COMPLETE=4,
     DOMAIN_CREATE_CONSOLE_AVAILABLE=5)

enum("gfx_passthru_kind", "Kind of a graphics card that is passed through",
     DEFAULT=0, IGD=1)

enum("gic_version", "Interrupt controller of an Arm guest",
     DEFAULT=0, V2=32, V3=48)

enum("hdtype", "Bus of an emulated hard disk",
     IDE=1, AHCI=2)

enum("nic_type", "How a network interface is presented to the guest",
     UNKNOWN=0, VIF_IOEMU=1, VIF=2)

enum("passthrough", "How IOMMU tables are kept for a domain",
     DEFAULT=0, DISABLED=1, ENABLED=2, SYNC_PT=3, SHARE_PT=4)

enum("psr_cbm_type", "What a cache allocation mask or a throttle applies to",
     UNKNOWN=0, L3_CBM=1, L3_CBM_CODE=2, L3_CBM_DATA=3, L2_CBM=4, MBA_THRTL=5)

enum("psr_cmt_type", "What cache monitoring counts",
     CACHE_OCCUPANCY=1, TOTAL_MEM_COUNT=2, LOCAL_MEM_COUNT=3)

enum("psr_feat_type", "A platform resource control feature",
     CAT=1, MBA=2)

enum("rdm_reserve_policy", "What happens when reserved device memory conflicts with guest memory",
     INVALID=-1, STRICT=0, RELAXED=1)

enum("rdm_reserve_strategy", "Which reserved device memory is taken into account",
     IGNORE=0, HOST=1)

enum("scheduler", "Schedulers; the values are those of XEN_SCHEDULER_*",
     UNKNOWN=0, SEDF=4, CREDIT=5, CREDIT2=6, ARINC653=7, RTDS=8, NULL=9)

enum("shutdown_reason", "Why a domain shut down; the values are those of SHUTDOWN_*",
     UNKNOWN=-1, POWEROFF=0, REBOOT=1, SUSPEND=2, CRASH=3, WATCHDOG=4, SOFT_RESET=5)

enum("tee_type", "Trusted execution environment for an Arm guest",
     NONE=0, OPTEE=1)

enum("timer_mode", "How missed timer ticks of an HVM guest are delivered",
     UNKNOWN=-1, DELAY_FOR_MISSED_TICKS=0, NO_DELAY_FOR_MISSED_TICKS=1,
     NO_MISSED_TICKS_PENDING=2, ONE_MISSED_TICK_PENDING=3)

enum("trigger", "An event that can be injected into a domain",
     UNKNOWN=0, POWER=1, SLEEP=2, NMI=3, INIT=4, RESET=5, S3RESUME=6)

enum("tsc_mode", "How RDTSC of a guest is served",
     DEFAULT=0, ALWAYS_EMULATE=1, NATIVE=2, NATIVE_PARAVIRT=3)

enum("usbctrl_type", "Kind of a USB controller",
     AUTO=0, PV=1, DEVICEMODEL=2, QUSB=3)

enum("usbdev_type", "Kind of a USB device",
     HOSTDEV=1)

enum("vendor_device", "Extra platform device of a vendor",
     NONE=0, XENSERVER=1)

enum("vga_interface_type", "Emulated graphics card",
     UNKNOWN=0, CIRRUS=1, STD=2, NONE=3, QXL=4)

enum("viridian_enlightenment", "Hyper-V interfaces a guest may use",
     BASE=0, FREQ=1, TIME_REF_COUNT=2, REFERENCE_TSC=3, HCALL_REMOTE_TLB_FLUSH=4, APIC_ASSIST=5,
     CRASH_CTL=6, SYNIC=7, STIMER=8, HCALL_IPI=9, EX_PROCESSOR_MASKS=10, NO_VP_LIMIT=11,
     CPU_HOTPLUG=12)

enum("vkb_backend", "Backend of a virtual keyboard",
     UNKNOWN=0, QEMU=1, LINUX=2)

enum("vsnd_pcm_format", "Sample format of a sound stream",
     S8=1, U8=2, S16_LE=3, S16_BE=4, U16_LE=5, U16_BE=6, S24_LE=7, S24_BE=8, U24_LE=9,
     U24_BE=10, S32_LE=11, S32_BE=12, U32_LE=13, U32_BE=14, F32_LE=15, F32_BE=16, F64_LE=17,
     F64_BE=18, IEC958_SUBFRAME_LE=19, IEC958_SUBFRAME_BE=20, MU_LAW=21, A_LAW=22, IMA_ADPCM=23,
     MPEG=24, GSM=25)

enum("vsnd_stream_type", "Direction of a sound stream: playback or capture",
     P=1, C=2)

enum("vuart_type", "Emulated serial port of an Arm guest",
     UNKNOWN=0, SBSA_UART=1)

struct("channelinfo", 128, "State of a channel device", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("evtch", "int"),
    field("rref", "int"),
    field("connection", "channel_connection"),
    union("u", 32, key="connection", arms={
        "unknown": [],
        "pty": [
            field("path", "string"),
        ],
        "socket": [],
    }),
])

struct("connector_param", 32, "A display connector", [
    field("unique_id", "string"),
    field("width", "uint32"),
    field("height", "uint32"),
])

struct("connectorinfo", 64, "State of a display connector", [
    field("unique_id", "string"),
    field("width", "uint32"),
    field("height", "uint32"),
    field("req_evtch", "int"),
    field("req_rref", "int"),
    field("evt_evtch", "int"),
    field("evt_rref", "int"),
])

struct("cpupoolinfo", 64, "A CPU pool", [
    field("poolid", "uint32"),
    field("pool_name", "string"),
    field("sched", "scheduler"),
    field("n_dom", "uint32"),
    field("cpumap", "bitmap"),
])

struct("cputopology", 32, "Where a physical CPU is", [
    field("core", "uint32"),
    field("socket", "uint32"),
    field("node", "uint32"),
])

struct("device_channel", 96, "A channel: a console for programs", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("name", "string"),
    field("connection", "channel_connection"),
    union("u", 32, key="connection", arms={
        "unknown": [],
        "pty": [],
        "socket": [
            field("path", "string"),
        ],
    }),
])

struct("device_disk", 192, "A disk", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("pdev_path", "string", doc="file or block device in the backend domain"),
    field("vdev", "string", doc="the name in the guest, such as xvda"),
    field("backend", "disk_backend"),
    field("format", "disk_format"),
    field("script", "string"),
    field("removable", "int"),
    field("readwrite", "int"),
    field("is_cdrom", "int"),
    field("direct_io_safe", "bool"),
    field("discard_enable", "defbool"),
    field("specification", "disk_specification"),
    field("transport", "disk_transport"),
    field("irq", "uint32"),
    field("base", "uint64"),
    field("colo_enable", "defbool"),
    field("colo_restore_enable", "defbool"),
    field("colo_host", "string"),
    field("colo_port", "int"),
    field("colo_export", "string"),
    field("active_disk", "string"),
    field("hidden_disk", "string"),
    field("trusted", "defbool"),
])

struct("device_dtdev", 32, "A device of the device tree that is passed through", [
    field("path", "string"),
])

struct("device_nic", 640, "A network interface", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("mtu", "int"),
    field("model", "string"),
    field("mac", "mac"),
    field("ip", "string"),
    field("bridge", "string"),
    field("ifname", "string"),
    field("script", "string"),
    field("nictype", "nic_type"),
    field("rate_bytes_per_interval", "uint64"),
    field("rate_interval_usecs", "uint32"),
    field("gatewaydev", "string"),
    field("coloft_forwarddev", "string"),
    field("colo_sock_mirror_id", "string"),
    field("colo_sock_mirror_ip", "string"),
    field("colo_sock_mirror_port", "string"),
    field("colo_sock_compare_pri_in_id", "string"),
    field("colo_sock_compare_pri_in_ip", "string"),
    field("colo_sock_compare_pri_in_port", "string"),
    field("colo_sock_compare_sec_in_id", "string"),
    field("colo_sock_compare_sec_in_ip", "string"),
    field("colo_sock_compare_sec_in_port", "string"),
    field("colo_sock_compare_notify_id", "string"),
    field("colo_sock_compare_notify_ip", "string"),
    field("colo_sock_compare_notify_port", "string"),
    field("colo_sock_redirector0_id", "string"),
    field("colo_sock_redirector0_ip", "string"),
    field("colo_sock_redirector0_port", "string"),
    field("colo_sock_redirector1_id", "string"),
    field("colo_sock_redirector1_ip", "string"),
    field("colo_sock_redirector1_port", "string"),
    field("colo_sock_redirector2_id", "string"),
    field("colo_sock_redirector2_ip", "string"),
    field("colo_sock_redirector2_port", "string"),
    field("colo_filter_mirror_queue", "string"),
    field("colo_filter_mirror_outdev", "string"),
    field("colo_filter_redirector0_queue", "string"),
    field("colo_filter_redirector0_indev", "string"),
    field("colo_filter_redirector0_outdev", "string"),
    field("colo_filter_redirector1_queue", "string"),
    field("colo_filter_redirector1_indev", "string"),
    field("colo_filter_redirector1_outdev", "string"),
    field("colo_compare_pri_in", "string"),
    field("colo_compare_sec_in", "string"),
    field("colo_compare_out", "string"),
    field("colo_compare_notify_dev", "string"),
    field("colo_sock_sec_redirector0_id", "string"),
    field("colo_sock_sec_redirector0_ip", "string"),
    field("colo_sock_sec_redirector0_port", "string"),
    field("colo_sock_sec_redirector1_id", "string"),
    field("colo_sock_sec_redirector1_ip", "string"),
    field("colo_sock_sec_redirector1_port", "string"),
    field("colo_filter_sec_redirector0_queue", "string"),
    field("colo_filter_sec_redirector0_indev", "string"),
    field("colo_filter_sec_redirector0_outdev", "string"),
    field("colo_filter_sec_redirector1_queue", "string"),
    field("colo_filter_sec_redirector1_indev", "string"),
    field("colo_filter_sec_redirector1_outdev", "string"),
    field("colo_filter_sec_rewriter0_queue", "string"),
    field("colo_checkpoint_host", "string"),
    field("colo_checkpoint_port", "string"),
    field("trusted", "defbool"),
])

struct("device_p9", 64, "A 9pfs share", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("tag", "string"),
    field("path", "string"),
    field("security_model", "string"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
])

struct("device_pci", 64, "A PCI device that is passed through", [
    field("func", "uint8"),
    field("dev", "uint8"),
    field("bus", "uint8"),
    field("domain", "int"),
    field("vdevfn", "uint32"),
    field("vfunc_mask", "uint32"),
    field("msitranslate", "bool"),
    field("power_mgmt", "bool"),
    field("permissive", "bool"),
    field("seize", "bool"),
    field("rdm_policy", "rdm_reserve_policy", init=-1),
    field("name", "string"),
])

struct("device_pvcallsif", 64, "A PV calls interface", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
])

struct("device_rdm", 64, "A region of reserved device memory", [
    field("start", "uint64"),
    field("size", "uint64"),
    field("policy", "rdm_reserve_policy", init=-1),
])

struct("device_usbctrl", 64, "A USB controller", [
    field("type", "usbctrl_type"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("version", "int"),
    field("ports", "int"),
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
])

struct("device_usbdev", 64, "A USB device", [
    field("ctrl", "devid", init=-1),
    field("port", "int"),
    field("type", "usbdev_type"),
    union("u", 32, key="type", arms={
        "hostdev": [
            field("hostbus", "uint8"),
            field("hostaddr", "uint8"),
        ],
    }),
])

struct("device_vdispl", 64, "A PV display", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("be_alloc", "bool"),
    array("connectors", "connector_param", count="num_connectors"),
])

struct("vnc_info", 64, "A VNC display", [
    field("enable", "defbool"),
    field("listen", "string"),
    field("passwd", "string"),
    field("display", "int"),
    field("findunused", "defbool"),
])

struct("sdl_info", 64, "An SDL display", [
    field("enable", "defbool"),
    field("opengl", "defbool"),
    field("display", "string"),
    field("xauthority", "string"),
])

struct("device_vfb", 224, "A PV framebuffer", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("vnc", "vnc_info"),
    field("sdl", "sdl_info"),
    field("keymap", "string"),
])

struct("device_vkb", 96, "A PV keyboard and pointer", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("backend_type", "vkb_backend"),
    field("unique_id", "string"),
    field("feature_disable_keyboard", "bool"),
    field("feature_disable_pointer", "bool"),
    field("feature_abs_pointer", "bool"),
    field("feature_raw_pointer", "bool"),
    field("feature_multi_touch", "bool"),
    field("width", "uint32"),
    field("height", "uint32"),
    field("multi_touch_width", "uint32"),
    field("multi_touch_height", "uint32"),
    field("multi_touch_num_contacts", "uint32"),
])

struct("vsnd_params", 64, "Parameters of a sound stream", [
    array("sample_rates", "uint32", count="num_sample_rates"),
    array("sample_formats", "vsnd_pcm_format", count="num_sample_formats"),
    field("channels_min", "uint32"),
    field("channels_max", "uint32"),
    field("buffer_size", "uint32"),
])

struct("vsnd_stream", 128, "A sound stream", [
    field("unique_id", "string"),
    field("type", "vsnd_stream_type"),
    field("params", "vsnd_params"),
])

struct("vsnd_pcm", 128, "A PCM device", [
    field("name", "string"),
    field("params", "vsnd_params"),
    array("streams", "vsnd_stream", count="num_vsnd_streams"),
])

struct("device_vsnd", 160, "A PV sound card", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("short_name", "string"),
    field("long_name", "string"),
    field("params", "vsnd_params"),
    array("pcms", "vsnd_pcm", count="num_vsnd_pcms"),
])

struct("device_vtpm", 64, "A virtual TPM", [
    field("backend_domid", "domid", doc="domain that serves the device"),
    field("backend_domname", "string", doc="the same by name; wins when set"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("uuid", "uuid"),
])

struct("diskinfo", 64, "State of a disk", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("evtch", "int"),
    field("rref", "int"),
])

struct("vnode_info", 64, "A virtual NUMA node", [
    field("memkb", "uint64", init=MEMKB_DEFAULT),
    array("distances", "uint32", count="num_distances"),
    field("pnode", "uint32"),
    field("vcpus", "bitmap"),
])

struct("domain_sched_params", 64, "Scheduling parameters of a domain; -1 leaves a value as it is", [
    field("sched", "scheduler"),
    field("weight", "int", init=-1),
    field("cap", "int", init=-1, doc="percent of one CPU; 0: none"),
    field("period", "int", init=-1),
    field("budget", "int", init=-1),
    field("extratime", "int", init=-1),
    field("slice", "int", init=-1),
    field("latency", "int", init=-1),
])

struct("ioport_range", 32, "A range of I/O ports", [
    field("first", "uint32"),
    field("number", "uint32"),
])

struct("iomem_range", 64, "A range of host memory a domain may map, in pages", [
    field("start", "uint64"),
    field("number", "uint64"),
    field("gfn", "uint64", init=MEMKB_DEFAULT),
])

struct("vga_interface_info", 32, "Emulated graphics card", [
    field("kind", "vga_interface_type"),
])

struct("spice_info", 96, "A SPICE display", [
    field("enable", "defbool"),
    field("port", "int"),
    field("tls_port", "int"),
    field("host", "string"),
    field("disable_ticketing", "defbool"),
    field("passwd", "string"),
    field("agent_mouse", "defbool"),
    field("vdagent", "defbool"),
    field("clipboard_sharing", "defbool"),
    field("usbredirection", "int"),
    field("image_compression", "string"),
    field("streaming_video", "string"),
])

struct("rdm_reserve", 32, "Handling of reserved device memory", [
    field("strategy", "rdm_reserve_strategy"),
    field("policy", "rdm_reserve_policy", init=-1),
])

struct("domain_build_info", 1664, "How a domain is built: memory, CPUs, kernel, platform", [
    field("max_vcpus", "int"),
    field("avail_vcpus", "bitmap", doc="vCPUs that are online at the start"),
    field("cpumap", "bitmap", doc="hard affinity of all vCPUs"),
    field("nodemap", "bitmap", doc="NUMA nodes that memory comes from"),
    array("vcpu_hard_affinity", "bitmap", count="num_vcpu_hard_affinity"),
    array("vcpu_soft_affinity", "bitmap", count="num_vcpu_soft_affinity"),
    field("numa_placement", "defbool"),
    field("tsc_mode", "tsc_mode"),
    field("max_memkb", "uint64", init=MEMKB_DEFAULT,
          doc="most memory the domain may ever have, KiB"),
    field("target_memkb", "uint64", init=MEMKB_DEFAULT, doc="memory at the start, KiB"),
    field("video_memkb", "uint64", init=MEMKB_DEFAULT),
    field("shadow_memkb", "uint64", init=MEMKB_DEFAULT),
    field("iommu_memkb", "uint64", init=MEMKB_DEFAULT),
    field("rtc_timeoffset", "uint32"),
    field("exec_ssidref", "uint32"),
    field("exec_ssid_label", "string"),
    field("localtime", "defbool"),
    field("disable_migrate", "defbool"),
    field("cpuid", "cpuid_policy_list"),
    field("blkdev_start", "string"),
    array("vnuma_nodes", "vnode_info", count="num_vnuma_nodes"),
    field("max_grant_frames", "uint32", init=2**32 - 1),
    field("max_maptrack_frames", "uint32", init=2**32 - 1),
    field("max_grant_version", "int", init=-1),
    field("device_model_version", "device_model_version"),
    field("device_model_stubdomain", "defbool"),
    field("stubdomain_memkb", "uint64", init=MEMKB_DEFAULT),
    field("stubdomain_kernel", "string"),
    field("stubdomain_cmdline", "string"),
    field("stubdomain_ramdisk", "string"),
    field("device_model", "string"),
    field("device_model_ssidref", "uint32"),
    field("device_model_ssid_label", "string"),
    field("device_model_user", "string"),
    field("extra", "string_list"),
    field("extra_pv", "string_list"),
    field("extra_hvm", "string_list"),
    field("sched_params", "domain_sched_params"),
    array("ioports", "ioport_range", count="num_ioports"),
    array("irqs", "uint32", count="num_irqs"),
    array("iomem", "iomem_range", count="num_iomem"),
    field("claim_mode", "defbool"),
    field("event_channels", "uint32"),
    field("kernel", "string", doc="kernel image"),
    field("cmdline", "string"),
    field("ramdisk", "string", doc="initial RAM disk"),
    field("device_tree", "string"),
    field("acpi", "defbool"),
    field("bootloader", "string"),
    field("bootloader_args", "string_list"),
    field("timer_mode", "timer_mode", init=-1),
    field("nested_hvm", "defbool"),
    field("apic", "defbool"),
    field("dm_restrict", "defbool"),
    field("tee", "tee_type"),
    field("type", "domain_type", init=-1),
    union("u", 736, key="type", arms={
        "invalid": [],
        "hvm": [
            field("firmware", "string"),
            field("bios", "bios_type"),
            field("pae", "defbool"),
            field("apic", "defbool"),
            field("acpi", "defbool"),
            field("acpi_s3", "defbool"),
            field("acpi_s4", "defbool"),
            field("acpi_laptop_slate", "defbool"),
            field("nx", "defbool"),
            field("viridian", "defbool"),
            field("viridian_enable", "bitmap"),
            field("viridian_disable", "bitmap"),
            field("timeoffset", "string"),
            field("hpet", "defbool"),
            field("vpt_align", "defbool"),
            field("mmio_hole_memkb", "uint64", init=MEMKB_DEFAULT),
            field("timer_mode", "timer_mode", init=-1),
            field("nested_hvm", "defbool"),
            field("altp2m", "defbool"),
            field("system_firmware", "string"),
            field("smbios_firmware", "string"),
            field("acpi_firmware", "string"),
            field("hdtype", "hdtype", init=1),
            field("nographic", "defbool"),
            field("vga", "vga_interface_info"),
            field("vnc", "vnc_info"),
            field("keymap", "string"),
            field("sdl", "sdl_info"),
            field("spice", "spice_info"),
            field("gfx_passthru", "defbool"),
            field("gfx_passthru_kind", "gfx_passthru_kind"),
            field("serial", "string"),
            field("boot", "string"),
            field("usb", "defbool"),
            field("usbversion", "int"),
            field("usbdevice", "string"),
            field("vkb_device", "defbool"),
            field("soundhw", "string"),
            field("xen_platform_pci", "defbool"),
            field("usbdevice_list", "string_list"),
            field("vendor_device", "vendor_device"),
            field("ms_vm_genid", "ms_vm_genid"),
            field("serial_list", "string_list"),
            field("rdm", "rdm_reserve"),
            field("rdm_mem_boundary_memkb", "uint64", init=MEMKB_DEFAULT),
            field("mca_caps", "uint64"),
        ],
        "pv": [
            field("kernel", "string"),
            field("slack_memkb", "uint64", init=MEMKB_DEFAULT),
            field("bootloader", "string"),
            field("bootloader_args", "string_list"),
            field("cmdline", "string"),
            field("ramdisk", "string"),
            field("features", "const_string"),
            field("e820_host", "defbool"),
        ],
        "pvh": [
            field("pvshim", "defbool"),
            field("pvshim_path", "string"),
            field("pvshim_cmdline", "string"),
            field("pvshim_extra", "string"),
        ],
    }),
    inner("arch_arm", 32, [
        field("gic_version", "gic_version"),
        field("vuart", "vuart_type"),
    ]),
    inner("arch_x86", 32, [
        field("msr_relaxed", "defbool"),
    ]),
    field("altp2m", "altp2m_mode"),
    field("vmtrace_buf_kb", "int"),
    field("vpmu", "defbool"),
])

struct("domain_create_info", 160, "Identity of a domain and its place in the host", [
    field("type", "domain_type", init=-1),
    field("hap", "defbool"),
    field("oos", "defbool"),
    field("ssidref", "uint32"),
    field("ssid_label", "string"),
    field("name", "string"),
    field("domid", "domid",
          doc="wanted domain ID; 0 or INVALID_DOMID: any; RANDOM_DOMID: a random one"),
    field("uuid", "uuid"),
    field("xsdata", "key_value_list",
          doc="nodes below the vm-data entry of the domain in the store"),
    field("platformdata", "key_value_list",
          doc="nodes below the platform entry of the domain in the store"),
    field("poolid", "uint32", doc="CPU pool; LIBXL_CPUPOOL_POOLID_ANY: as pool_name says"),
    field("pool_name", "string"),
    field("run_hotplug_scripts", "defbool"),
    field("driver_domain", "defbool"),
    field("passthrough", "passthrough"),
    field("xend_suspend_evtchn_compat", "defbool"),
])

struct("domain_config", 2624, "The whole configuration of a domain", [
    field("c_info", "domain_create_info"),
    field("b_info", "domain_build_info"),
    array("disks", "device_disk", count="num_disks"),
    array("nics", "device_nic", count="num_nics"),
    array("pcidevs", "device_pci", count="num_pcidevs"),
    array("rdms", "device_rdm", count="num_rdms"),
    array("dtdevs", "device_dtdev", count="num_dtdevs"),
    array("vfbs", "device_vfb", count="num_vfbs"),
    array("vkbs", "device_vkb", count="num_vkbs"),
    array("vtpms", "device_vtpm", count="num_vtpms"),
    array("p9s", "device_p9", count="num_p9s"),
    array("pvcallsifs", "device_pvcallsif", count="num_pvcallsifs"),
    array("vdispls", "device_vdispl", count="num_vdispls"),
    array("vsnds", "device_vsnd", count="num_vsnds"),
    array("channels", "device_channel", count="num_channels"),
    array("usbctrls", "device_usbctrl", count="num_usbctrls"),
    array("usbdevs", "device_usbdev", count="num_usbdevs"),
    field("on_poweroff", "action_on_shutdown", init=1),
    field("on_reboot", "action_on_shutdown", init=1),
    field("on_watchdog", "action_on_shutdown", init=1),
    field("on_crash", "action_on_shutdown", init=1),
    field("on_soft_reset", "action_on_shutdown", init=1),
])

struct("domain_remus_info", 64, "Parameters of checkpointed replication", [
    field("interval", "int"),
    field("allow_unsafe", "defbool"),
    field("blackhole", "defbool"),
    field("compression", "defbool"),
    field("netbuf", "defbool"),
    field("netbufscript", "string"),
    field("diskbuf", "defbool"),
    field("colo", "defbool"),
    field("userspace_colo_proxy", "defbool"),
])

struct("domain_restore_params", 64, "Parameters of a restore", [
    field("checkpointed_stream", "int"),
    field("stream_version", "uint32", init=1),
    field("colo_proxy_script", "string"),
    field("userspace_colo_proxy", "defbool"),
])

struct("dominfo", 160, "State of a domain", [
    field("uuid", "uuid"),
    field("domid", "domid"),
    field("ssidref", "uint32"),
    field("ssid_label", "string"),
    field("running", "bool"),
    field("blocked", "bool"),
    field("paused", "bool"),
    field("shutdown", "bool"),
    field("dying", "bool"),
    field("never_stop", "bool"),
    field("shutdown_reason", "shutdown_reason", init=-1),
    field("outstanding_memkb", "uint64", init=MEMKB_DEFAULT, doc="claimed, not yet allocated"),
    field("current_memkb", "uint64", init=MEMKB_DEFAULT, doc="memory it has"),
    field("shared_memkb", "uint64", init=MEMKB_DEFAULT, doc="shared with other domains"),
    field("paged_memkb", "uint64", init=MEMKB_DEFAULT),
    field("max_memkb", "uint64", init=MEMKB_DEFAULT, doc="memory it may have"),
    field("cpu_time", "uint64", doc="in nanoseconds, over all vCPUs"),
    field("vcpu_max_id", "uint32"),
    field("vcpu_online", "uint32"),
    field("cpupool", "uint32"),
    field("gpaddr_bits", "uint8"),
    field("domain_type", "domain_type", init=-1),
])

struct("event", 416, "Something that happened", [
    field("link", "ev_link",
          doc="for the owner of the event: the library itself while it holds it"),
    field("domid", "domid"),
    field("domuuid", "uuid"),
    field("for_user", "ev_user", doc="what the caller gave when it asked for events"),
    field("type", "event_type"),
    union("u", 256, key="type", arms={
        "domain_shutdown": [
            field("shutdown_reason", "uint8"),
        ],
        "domain_death": [],
        "disk_eject": [
            field("vdev", "string"),
            field("disk", "device_disk"),
        ],
        "operation_complete": [
            field("rc", "int"),
        ],
        "domain_create_console_available": [],
    }),
])

struct("nicinfo", 64, "State of a network interface", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("evtch", "int"),
    field("rref_tx", "int"),
    field("rref_rx", "int"),
])

struct("numainfo", 64, "A NUMA node", [
    field("size", "uint64", doc="bytes"),
    field("free", "uint64", doc="bytes"),
    array("dists", "uint32", count="num_dists"),
])

struct("pcitopology", 32, "Where a PCI device is", [
    field("seg", "uint16"),
    field("bus", "uint8"),
    field("devfn", "uint8"),
    field("node", "uint32"),
])

struct("streaminfo", 32, "State of a sound stream", [
    field("req_evtch", "int"),
    field("req_rref", "int"),
])

struct("pcminfo", 32, "State of a PCM device", [
    array("streams", "streaminfo", count="num_vsnd_streams"),
])

struct("physinfo", 160, "The physical host", [
    field("threads_per_core", "uint32"),
    field("cores_per_socket", "uint32"),
    field("max_cpu_id", "uint32"),
    field("nr_cpus", "uint32"),
    field("cpu_khz", "uint32"),
    field("total_pages", "uint64"),
    field("free_pages", "uint64", doc="pages of 4 KiB"),
    field("scrub_pages", "uint64"),
    field("outstanding_pages", "uint64"),
    field("sharing_freed_pages", "uint64"),
    field("sharing_used_frames", "uint64"),
    field("max_possible_mfn", "uint64"),
    field("nr_nodes", "uint32"),
    field("hw_cap", "hwcap"),
    field("cap_hvm", "bool"),
    field("cap_pv", "bool"),
    field("cap_hvm_directio", "bool"),
    field("cap_hap", "bool"),
    field("cap_shadow", "bool"),
    field("cap_iommu_hap_pt_share", "bool"),
    field("cap_vmtrace", "bool"),
    field("cap_vpmu", "bool"),
    field("cap_gnttab_v1", "bool"),
    field("cap_gnttab_v2", "bool"),
])

struct("psr_cat_info", 32, "Cache allocation of a socket", [
    field("id", "uint32"),
    field("cos_max", "uint32"),
    field("cbm_len", "uint32"),
    field("cdp_enabled", "bool"),
])

struct("psr_hw_info", 64, "Resource control of a socket", [
    field("id", "uint32"),
    field("type", "psr_feat_type"),
    union("u", 32, key="type", arms={
        "cat": [
            field("cos_max", "uint32"),
            field("cbm_len", "uint32"),
            field("cdp_enabled", "bool"),
        ],
        "mba": [
            field("cos_max", "uint32"),
            field("thrtl_max", "uint32"),
            field("linear", "bool"),
        ],
    }),
])

struct("sched_credit2_params", 32, "Parameters of the credit2 scheduler", [
    field("ratelimit_us", "int"),
])

struct("sched_credit_params", 32, "Parameters of the credit scheduler", [
    field("tslice_ms", "int"),
    field("ratelimit_us", "int"),
    field("vcpu_migr_delay_us", "int"),
])

struct("sched_params", 64, "Scheduling parameters of a vCPU; -1 leaves a value as it is", [
    field("vcpuid", "int", init=-1),
    field("weight", "int", init=-1),
    field("cap", "int", init=-1, doc="percent of one CPU; 0: none"),
    field("period", "int", init=-1),
    field("extratime", "int", init=-1),
    field("budget", "int", init=-1),
])

struct("usbctrlinfo", 96, "State of a USB controller", [
    field("type", "usbctrl_type"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("version", "int"),
    field("ports", "int"),
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("state", "int"),
    field("evtch", "int"),
    field("ref_urb", "int"),
    field("ref_conn", "int"),
])

struct("vcpu_sched_params", 32, "Scheduling parameters of several vCPUs", [
    field("sched", "scheduler"),
    array("vcpus", "sched_params", count="num_vcpus"),
])

struct("vcpuinfo", 96, "State of a vCPU", [
    field("vcpuid", "uint32"),
    field("cpu", "uint32"),
    field("online", "bool"),
    field("blocked", "bool"),
    field("running", "bool"),
    field("vcpu_time", "uint64", doc="in nanoseconds"),
    field("cpumap", "bitmap", doc="hard affinity"),
    field("cpumap_soft", "bitmap", doc="soft affinity"),
])

struct("vdisplinfo", 96, "State of a PV display", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("be_alloc", "bool"),
    array("connectors", "connectorinfo", count="num_connectors"),
])

struct("version_info", 128, "What the hypervisor says about itself", [
    field("xen_version_major", "int"),
    field("xen_version_minor", "int"),
    field("xen_version_extra", "string"),
    field("compiler", "string"),
    field("compile_by", "string"),
    field("compile_domain", "string"),
    field("compile_date", "string"),
    field("capabilities", "string"),
    field("changeset", "string"),
    field("virt_start", "uint64"),
    field("pagesize", "int"),
    field("commandline", "string"),
    field("build_id", "string"),
])

struct("vkbinfo", 64, "State of a PV keyboard", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("evtch", "int"),
    field("rref", "int"),
])

struct("vminfo", 64, "A domain and its UUID", [
    field("uuid", "uuid"),
    field("domid", "domid"),
])

struct("vsndinfo", 64, "State of a PV sound card", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    array("pcms", "pcminfo", count="num_vsnd_pcms"),
])

struct("vtpminfo", 96, "State of a virtual TPM", [
    field("backend", "string"),
    field("backend_id", "uint32"),
    field("frontend", "string"),
    field("frontend_id", "uint32"),
    field("devid", "devid", init=-1, doc="number of the device; -1: the next free one"),
    field("state", "int"),
    field("evtch", "int"),
    field("rref", "int"),
    field("uuid", "uuid"),
])
