# SPDX-License-Identifier: MIT
add_executable(xen ${HV_CORE} ${HV_X86} ${HV_IMAGE})
target_include_directories(xen PRIVATE include arch/x86/include arch/x86/include/libc
    ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/libxenguest/image)
target_compile_definitions(xen PRIVATE __XEN__ __XEN_TOOLS__ HV_FREESTANDING)
target_compile_options(xen PRIVATE -ffreestanding -fno-builtin-printf -O2 -g -fpie
    -fvisibility=hidden -mno-red-zone -mno-sse -mno-mmx -mno-80387 -fno-stack-protector
    -fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -fwrapv
    -fno-omit-frame-pointer -fno-jump-tables -Wall -Wextra -Werror -Wno-unused-parameter
    -Wno-missing-field-initializers -Wmissing-prototypes -Wstrict-prototypes -Wvla
    $<$<COMPILE_LANGUAGE:C>:-include ${CMAKE_CURRENT_SOURCE_DIR}/include/hv/visibility.h>)
set_target_properties(xen PROPERTIES POSITION_INDEPENDENT_CODE OFF
    LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/xen.lds)
target_link_options(xen PRIVATE -nostdlib -static -no-pie -Wl,--build-id=none
    -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -T ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/xen.lds)
