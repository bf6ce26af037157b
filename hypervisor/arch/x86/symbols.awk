# SPDX-License-Identifier: MIT
# nm -n of the image: the table of its functions that arch/x86/symbols.c searches.
BEGIN {
    n = 0
    print "    .section .symbols, \"a\", @progbits\n    .balign 8"
}
$2 ~ /^[tT]$/ && $3 !~ /^(__.*_(start|end)|trampoline|\.L)/ {
    print "    .quad 0x" $1 ", .Lname" n " - .Lnames"
    name[n++] = $3
}
END {
    print "    .section .symbol_names, \"a\", @progbits\n.Lnames:"
    for (i = 0; i < n; i++)
        print ".Lname" i ": .asciz \"" name[i] "\""
    print "    .section .note.GNU-stack, \"\", @progbits"
}
