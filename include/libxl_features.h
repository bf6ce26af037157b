/* SPDX-License-Identifier: MIT */
/**
 * @file libxl_features.h
 * @brief LIBXL_HAVE_*: what this libxenlight's interface has.
 *
 * Programs that build against several versions of the interface test whether they are defined.  The names
 * are those of Xen 4.17, each explained by its name.  Included by libxl.h; since SDK 1.0.
 */
#ifndef LIBXL_FEATURES_H
#define LIBXL_FEATURES_H

#define LIBXL_HAVE_ALTP2M                            1
#define LIBXL_HAVE_AO_ABORT                          1
#define LIBXL_HAVE_APIC_ASSIST                       1
#define LIBXL_HAVE_BITMAP_AND_OR                     1
#define LIBXL_HAVE_BUILDINFO_APIC                    1
#define LIBXL_HAVE_BUILDINFO_ARCH_ARM_TEE            1
#define LIBXL_HAVE_BUILDINFO_ARM_GIC_VERSION         1
#define LIBXL_HAVE_BUILDINFO_ARM_VUART               1
#define LIBXL_HAVE_BUILDINFO_BOOTLOADER              1
#define LIBXL_HAVE_BUILDINFO_BOOTLOADER_ARGS         1
#define LIBXL_HAVE_BUILDINFO_DEVICE_MODEL_STUBDOMAIN 1
#define LIBXL_HAVE_BUILDINFO_EVENT_CHANNELS          1
#define LIBXL_HAVE_BUILDINFO_GRANT_DEFAULT           1
#define LIBXL_HAVE_BUILDINFO_GRANT_LIMITS            1
#define LIBXL_HAVE_BUILDINFO_HVM_ACPI_LAPTOP_SLATE   1
#define LIBXL_HAVE_BUILDINFO_HVM_MMIO_HOLE_MEMKB     1
#define LIBXL_HAVE_BUILDINFO_HVM_MS_VM_GENID         1
#define LIBXL_HAVE_BUILDINFO_HVM_SYSTEM_FIRMWARE
#define LIBXL_HAVE_BUILDINFO_HVM_VENDOR_DEVICE           1
#define LIBXL_HAVE_BUILDINFO_HVM_VIRIDIAN_ENABLE_DISABLE 1
#define LIBXL_HAVE_BUILDINFO_IOMEM_START_GFN             1
#define LIBXL_HAVE_BUILDINFO_IOMMU_MEMKB                 1
#define LIBXL_HAVE_BUILDINFO_KERNEL                      1
#define LIBXL_HAVE_BUILDINFO_NESTED_HVM                  1
#define LIBXL_HAVE_BUILDINFO_SERIAL_LIST                 1
#define LIBXL_HAVE_BUILDINFO_TIMER_MODE                  1
#define LIBXL_HAVE_BUILDINFO_USBDEVICE_LIST              1
#define LIBXL_HAVE_BUILDINFO_USBVERSION                  1
#define LIBXL_HAVE_BUILDINFO_VCPU_AFFINITY_ARRAYS        1
#define LIBXL_HAVE_BUILDINFO_VKB_DEVICE                  1
#define LIBXL_HAVE_BUILD_ID                              1
#define LIBXL_HAVE_BYTEARRAY_UUID                        1
#define LIBXL_HAVE_CHECKPOINTED_STREAM                   1
#define LIBXL_HAVE_COLO_USERSPACE_PROXY                  1
#define LIBXL_HAVE_CONSOLE_NOTIFY_FD                     1
#define LIBXL_HAVE_CONST_COPY_AND_LENGTH_FUNCTIONS       1
#define LIBXL_HAVE_CPUPOOL_ADD_REM_CPUMAP                1
#define LIBXL_HAVE_CPUPOOL_NAME                          1
#define LIBXL_HAVE_CPUPOOL_QUALIFIER_TO_CPUPOOLID        1
#define LIBXL_HAVE_CREATEINFO_DOMID
#define LIBXL_HAVE_CREATEINFO_PASSTHROUGH 1
#define LIBXL_HAVE_CREATEINFO_XEND_SUSPEND_EVTCHN_COMPAT
#define LIBXL_HAVE_DEVICETREE_PASSTHROUGH             1
#define LIBXL_HAVE_DEVICE_BACKEND_DOMNAME             1
#define LIBXL_HAVE_DEVICE_CHANNEL                     1
#define LIBXL_HAVE_DEVICE_DISK_DIRECT_IO_SAFE         1
#define LIBXL_HAVE_DEVICE_DISK_SPECIFICATION          1
#define LIBXL_HAVE_DEVICE_MODEL_USER                  1
#define LIBXL_HAVE_DEVICE_PCI_ASSIGNABLE_LIST_FREE    1
#define LIBXL_HAVE_DEVICE_PCI_LIST_FREE               1
#define LIBXL_HAVE_DEVICE_PCI_NAME                    1
#define LIBXL_HAVE_DEVICE_PCI_SEIZE                   1
#define LIBXL_HAVE_DISK_SAFE_REMOVE                   1
#define LIBXL_HAVE_DISK_TRUSTED                       1
#define LIBXL_HAVE_DOMAIN_CREATE_RESTORE_PARAMS       1
#define LIBXL_HAVE_DOMAIN_CREATE_RESTORE_SEND_BACK_FD 1
#define LIBXL_HAVE_DOMAIN_NEED_MEMORY_CONFIG
#define LIBXL_HAVE_DOMAIN_NEED_MEMORY_CONST_B_INFO 1
#define LIBXL_HAVE_DOMAIN_NODEAFFINITY             1
#define LIBXL_HAVE_DOMAIN_SUSPEND_ONLY             1
#define LIBXL_HAVE_DOMINFO_GPADDR_BITS             1
#define LIBXL_HAVE_DOMINFO_NEVER_STOP              1
#define LIBXL_HAVE_DOMINFO_OUTSTANDING_MEMKB       1
#define LIBXL_HAVE_DRIVER_DOMAIN_CREATION          1
#define LIBXL_HAVE_ERROR_DOMAIN_NOTFOUND           1
#define LIBXL_HAVE_EXTENDED_VKB                    1
#define LIBXL_HAVE_FIRMWARE_PASSTHROUGH            1
#define LIBXL_HAVE_FN_USING_QMP_ASYNC              1
#define LIBXL_HAVE_GFX_PASSTHRU_KIND
#define LIBXL_HAVE_HVM_HDTYPE                       1
#define LIBXL_HAVE_LIBXL_DEVICE_DISK_DISCARD_ENABLE 1
#define LIBXL_HAVE_MAX_GRANT_VERSION                1
#define LIBXL_HAVE_MCA_CAPS                         1
#define LIBXL_HAVE_MEMKB_64BITS                     1
#define LIBXL_HAVE_NIC_TRUSTED                      1
#define LIBXL_HAVE_P9S                              1
#define LIBXL_HAVE_PCITOPOLOGY                      1
#define LIBXL_HAVE_PHYSINFO_CAP_GNTTAB              1
#define LIBXL_HAVE_PHYSINFO_CAP_HAP_SHADOW          1
#define LIBXL_HAVE_PHYSINFO_CAP_IOMMU_HAP_PT_SHARE  1
#define LIBXL_HAVE_PHYSINFO_CAP_PV                  1
#define LIBXL_HAVE_PHYSINFO_CAP_VMTRACE             1
#define LIBXL_HAVE_PHYSINFO_CAP_VPMU                1
#define LIBXL_HAVE_PHYSINFO_MAX_POSSIBLE_MFN        1
#define LIBXL_HAVE_PHYSINFO_OUTSTANDING_PAGES       1
#define LIBXL_HAVE_PSR_CAT                          1
#define LIBXL_HAVE_PSR_CDP                          1
#define LIBXL_HAVE_PSR_CMT                          1
#define LIBXL_HAVE_PSR_GENERIC                      1
#define LIBXL_HAVE_PSR_L2_CAT                       1
#define LIBXL_HAVE_PSR_MBM                          1
#define LIBXL_HAVE_PVCALLS                          1
#define LIBXL_HAVE_PVUSB                            1
#define LIBXL_HAVE_PV_SHIM                          1
#define LIBXL_HAVE_QED                              1
#define LIBXL_HAVE_QEMU_MONITOR_COMMAND             1
#define LIBXL_HAVE_QXL                              1
#define LIBXL_HAVE_REMUS                            1
#define LIBXL_HAVE_RETRIEVE_DOMAIN_CONFIGURATION    1
#define LIBXL_HAVE_SCHED_CREDIT2_PARAMS             1
#define LIBXL_HAVE_SCHED_CREDIT_MIGR_DELAY
#define LIBXL_HAVE_SCHED_NULL                   1
#define LIBXL_HAVE_SCHED_RTDS                   1
#define LIBXL_HAVE_SCHED_RTDS_VCPU_EXTRA        1
#define LIBXL_HAVE_SCHED_RTDS_VCPU_PARAMS       1
#define LIBXL_HAVE_SET_PARAMETERS               1
#define LIBXL_HAVE_SET_VCPUAFFINITY_FORCE       1
#define LIBXL_HAVE_SIGCHLD_OWNER_SELECTIVE_REAP 1
#define LIBXL_HAVE_SIGCHLD_SHARING              1
#define LIBXL_HAVE_SOCKET_BITMAP                1
#define LIBXL_HAVE_SOFT_RESET                   1
#define LIBXL_HAVE_SPICE_IMAGECOMPRESSION       1
#define LIBXL_HAVE_SPICE_STREAMINGVIDEO         1
#define LIBXL_HAVE_SPICE_USBREDIREDIRECTION     1
#define LIBXL_HAVE_SPICE_VDAGENT                1
#define LIBXL_HAVE_SRM_V1                       1
#define LIBXL_HAVE_SRM_V2                       1
#define LIBXL_HAVE_SSID_LABEL                   1
#define LIBXL_HAVE_USERDATA_UNLINK              1
#define LIBXL_HAVE_UUID_COPY_CTX_PARAM          1
#define LIBXL_HAVE_VCPUINFO_SOFT_AFFINITY       1
#define LIBXL_HAVE_VCPU_SCHED_PARAMS            1
#define LIBXL_HAVE_VGA_INTERFACE_TYPE_UNKNOWN   1
#define LIBXL_HAVE_VIRIDIAN_CPU_HOTPLUG         1
#define LIBXL_HAVE_VIRIDIAN_CRASH_CTL           1
#define LIBXL_HAVE_VIRIDIAN_EX_PROCESSOR_MASKS  1
#define LIBXL_HAVE_VIRIDIAN_HCALL_IPI           1
#define LIBXL_HAVE_VIRIDIAN_NO_VP_LIMIT         1
#define LIBXL_HAVE_VIRIDIAN_STIMER              1
#define LIBXL_HAVE_VIRIDIAN_SYNIC               1
#define LIBXL_HAVE_VMTRACE_BUF_KB               1
#define LIBXL_HAVE_VNUMA                        1
#define LIBXL_HAVE_VPMU                         1
#define LIBXL_HAVE_X86_MSR_RELAXED              1
/** The error chain of xenerror.h is filled by every function. */
#define LIBXL_HAVE_ERROR_CHAIN 1

#if !defined(LIBXL_API_VERSION) || LIBXL_API_VERSION != 0x040200
#define LIBXL_HAVE_NONCONST_EVENT_OCCURS_EVENT_ARG 1
#endif
#if !defined(LIBXL_API_VERSION) || LIBXL_API_VERSION >= 0x040500
#define LIBXL_HAVE_NONCONST_LIBXL_BASENAME_RETURN_VALUE 1
#endif

#endif
