# SPDX-License-Identifier: MIT
# Rules that every userspace target of this tree shares.

# xen_target_options(TARGET): warnings as errors, our include path, sanitizers.
function(xen_target_options target)
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/include)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_compile_options(${target} PRIVATE -Wall -Wextra -Werror -Wmissing-prototypes
        -Wstrict-prototypes -Wno-unused-parameter -Wno-missing-field-initializers
        -fvisibility=hidden -fno-strict-aliasing)
    if(XEN_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=address,undefined
            -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
        target_link_options(${target} PRIVATE -fsanitize=address,undefined)
    endif()
endfunction()

# xen_library(NAME xencall SOVERSION 1 VERSION 1.3 MAP file.map PC xencall
#             SOURCES a.c ... LIBS xentoollog ... REQUIRES "xentoollog" HEADERS xencall.h)
#
# A shared library with hidden visibility by default, symbols only through its
# version map, an installed pkg-config file under Debian's name, and its public
# headers (paths below include/).  PUBLIC_REQUIRES are packages that a program which
# uses the library links as well, because its interface is made of theirs.  A target
# NAME is also reachable, uninstalled, as a static library NAME-static for unit tests
# that need private functions.
function(xen_library)
    cmake_parse_arguments(L "" "NAME;SOVERSION;VERSION;MAP;PC;DESCRIPTION"
        "SOURCES;LIBS;REQUIRES;PUBLIC_REQUIRES;HEADERS;INCLUDES;SYSTEM_LIBS" ${ARGN})
    add_library(${L_NAME} SHARED ${L_SOURCES})
    xen_target_options(${L_NAME})
    set_target_properties(${L_NAME} PROPERTIES SOVERSION ${L_SOVERSION} VERSION ${L_VERSION}
        LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${L_MAP})
    target_link_options(${L_NAME} PRIVATE
        -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/${L_MAP} -Wl,--no-undefined-version)
    if(NOT XEN_SANITIZE)
        target_link_options(${L_NAME} PRIVATE -Wl,-z,defs)
    endif()
    target_include_directories(${L_NAME} PRIVATE ${L_INCLUDES})
    target_include_directories(${L_NAME} INTERFACE ${CMAKE_SOURCE_DIR}/include)
    target_link_libraries(${L_NAME} PUBLIC ${L_LIBS} PRIVATE ${L_SYSTEM_LIBS})

    # For the tests of what libraries export.
    set_property(GLOBAL APPEND PROPERTY XEN_LIBRARIES
        ${CMAKE_CURRENT_SOURCE_DIR}/${L_MAP}=$<TARGET_FILE:${L_NAME}>)

    add_library(${L_NAME}-static STATIC EXCLUDE_FROM_ALL ${L_SOURCES})
    xen_target_options(${L_NAME}-static)
    target_include_directories(${L_NAME}-static PRIVATE ${L_INCLUDES})
    target_link_libraries(${L_NAME}-static PUBLIC ${L_LIBS} ${L_SYSTEM_LIBS})

    install(TARGETS ${L_NAME} LIBRARY DESTINATION lib)
    foreach(header IN LISTS L_HEADERS)
        get_filename_component(dir ${header} DIRECTORY)
        install(FILES ${CMAKE_SOURCE_DIR}/include/${header} DESTINATION include/${dir})
    endforeach()

    list(JOIN L_PUBLIC_REQUIRES ", " public_requires)
    list(JOIN L_REQUIRES ", " requires)
    set(pc ${CMAKE_CURRENT_BINARY_DIR}/${L_PC}.pc)
    file(WRITE ${pc} "prefix=${CMAKE_INSTALL_PREFIX}
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: ${L_PC}
Description: ${L_DESCRIPTION}
Version: ${L_VERSION}
Cflags: -I\${includedir}
Libs: -L\${libdir} -l${L_NAME}
Requires: ${public_requires}
Requires.private: ${requires}
")
    install(FILES ${pc} DESTINATION lib/pkgconfig)
endfunction()
