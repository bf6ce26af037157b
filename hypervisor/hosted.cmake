# SPDX-License-Identifier: MIT
# The core as a library of this machine, for unit tests and fuzzing: see arch/hosted/include/hosted.h.
file(GLOB HV_HOSTED CONFIGURE_DEPENDS arch/hosted/*.c)
file(GLOB HV_PV_MM CONFIGURE_DEPENDS arch/x86/pv/mm/*.c arch/x86/hvm/mm/*.c
    arch/x86/insn.c arch/x86/insn_ops.c)
add_library(hv-hosted STATIC ${HV_CORE} ${HV_HOSTED} ${HV_PV_MM})
xen_target_options(hv-hosted)
target_include_directories(hv-hosted PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/arch/hosted/include
    ${CMAKE_CURRENT_SOURCE_DIR}/include ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/include
    ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(hv-hosted PUBLIC __XEN__ __XEN_TOOLS__)
target_compile_options(hv-hosted PUBLIC -fwrapv -fno-strict-aliasing -g)
target_link_options(hv-hosted PUBLIC -Wl,-T,${CMAKE_CURRENT_SOURCE_DIR}/arch/hosted/hosted.lds)
