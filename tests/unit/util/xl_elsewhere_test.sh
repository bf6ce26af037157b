#!/bin/sh
# SPDX-License-Identifier: MIT
# xl_elsewhere_test.sh CC DIRECTORY: xl's sources compile against Debian's libxen-dev, without any
# header of this tree.
if [ ! -f /usr/include/libxlutil.h ]; then
    echo "libxen-dev is not installed"
    exit 77
fi
cat "$2"/*.c >/dev/null || exit 1
for file in "$2"/*.c; do
    "$1" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-parameter \
        -Wno-missing-field-initializers -fsyntax-only "$file" || exit 1
done
echo "xl compiles against Debian's headers"
