# SPDX-License-Identifier: MIT
# The freestanding image.  It is linked twice: the first link tells the functions' addresses, of which
# symbols.awk makes a table (for dumps) that the second one appends behind everything that has an
# address in it.  `xen` is that image without debug information, which xen-syms keeps.
find_library(ZLIB_A NAMES libz.a REQUIRED)
find_library(LZMA_A NAMES liblzma.a REQUIRED)
find_library(ZSTD_A NAMES libzstd.a REQUIRED)

add_library(hv-objects OBJECT ${HV_CORE} ${HV_X86} ${HV_IMAGE})
target_include_directories(hv-objects PRIVATE include arch/x86/include arch/x86/include/libc
    ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/libxenguest/image)
target_compile_definitions(hv-objects PRIVATE __XEN__ __XEN_TOOLS__ HV_FREESTANDING
    IMAGE_HAVE_ZLIB IMAGE_HAVE_LZMA IMAGE_HAVE_ZSTD)
target_compile_options(hv-objects PRIVATE -ffreestanding -fno-builtin-printf -O2 -g -fpie
    -fvisibility=hidden -mno-red-zone -mno-sse -mno-mmx -mno-80387 -fno-stack-protector
    -fno-asynchronous-unwind-tables -fcf-protection=none -fno-strict-aliasing -fwrapv
    -fno-omit-frame-pointer -fno-jump-tables -Wall -Wextra -Werror -Wno-unused-parameter
    -Wno-missing-field-initializers -Wmissing-prototypes -Wstrict-prototypes -Wvla
    $<$<COMPILE_LANGUAGE:C>:-include ${CMAKE_CURRENT_SOURCE_DIR}/include/hv/visibility.h>)
set_target_properties(hv-objects PROPERTIES POSITION_INDEPENDENT_CODE OFF)

set(HV_LDS ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/xen.lds)
function(hv_link target)
    add_executable(${target} $<TARGET_OBJECTS:hv-objects> ${ARGN})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF
        LINKER_LANGUAGE C LINK_DEPENDS ${HV_LDS})
    # No relaxing: in a static image the linker would turn loads from the GOT (the decompressors') into
    # 32-bit immediates, which the addresses here do not fit in.
    target_link_options(${target} PRIVATE -nostdlib -static -no-pie -Wl,--build-id=none
        -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments
        -Wl,--gc-sections -Wl,--no-relax -T ${HV_LDS})
    target_link_libraries(${target} PRIVATE ${ZLIB_A} ${LZMA_A} ${ZSTD_A})
endfunction()

set(HV_SYMBOLS ${CMAKE_CURRENT_BINARY_DIR}/symbols.S)
set(HV_IMAGE_FILE ${CMAKE_CURRENT_BINARY_DIR}/xen)
hv_link(xen-nosyms)
add_custom_command(OUTPUT ${HV_SYMBOLS} DEPENDS xen-nosyms
    ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/symbols.awk VERBATIM
    COMMAND ${CMAKE_NM} -n $<TARGET_FILE:xen-nosyms> |
        awk -f ${CMAKE_CURRENT_SOURCE_DIR}/arch/x86/symbols.awk > ${HV_SYMBOLS})
hv_link(xen-syms ${HV_SYMBOLS})
add_custom_command(OUTPUT ${HV_IMAGE_FILE} DEPENDS xen-syms VERBATIM
    COMMAND ${CMAKE_OBJCOPY} --strip-all $<TARGET_FILE:xen-syms> ${HV_IMAGE_FILE})
add_custom_target(xen-image ALL DEPENDS ${HV_IMAGE_FILE})
install(FILES ${HV_IMAGE_FILE} DESTINATION boot)
