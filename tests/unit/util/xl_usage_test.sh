#!/bin/sh
# SPDX-License-Identifier: MIT
# xl_usage_test.sh XL: what xl does before it needs a host: usage, help, exit status.
xl=$1
failures=0
check() { # check STATUS TEXT ARGUMENT...
    status=$1 text=$2
    shift 2
    out=$("$xl" "$@" 2>&1)
    rc=$?
    case $out in
    *"$text"*) ;;
    *) rc=text ;;
    esac
    if [ "$rc" != "$status" ]; then
        failures=$((failures + 1))
        printf 'FAIL xl %s: status %s, wanted %s and "%s":\n%s\n' "$*" "$rc" "$status" "$text" "$out"
    fi
}
check 1 'Usage xl [-vfNtT]'
check 0 ' vcpu-pin            Choose the CPUs that a vCPU must, and should, run on' help
check 0 'Usage: xl [-vtTfN] create <ConfigFile> [options] [vars]' help create
check 0 'Usage: xl [-vtT] domid <DomainName>' help domid
check 1 'command "nosuch" not implemented' help nosuch
check 1 'command not implemented' nosuch
check 1 'unknown global option' -x
check 0 'xl full list of subcommands' --help
check 1 'command does not implement -N (dryrun) option' -N list
for command in $("$xl" help | sed -n 's/^ \([a-z0-9-]*\) .*/\1/p'); do
    check 0 "Usage: xl" help "$command"
done
[ "$("$xl" help | grep -c '^ [a-z]')" -ge 45 ] || { echo "FAIL: commands are missing"; failures=$((failures + 1)); }
[ $failures = 0 ] && echo "xl usage: passed"
exit $failures
