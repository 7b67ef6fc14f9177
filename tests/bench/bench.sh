#!/usr/bin/env bash
# bench -- every benchmark in turn, line by line as it is measured; the targets come last. Exit status 1 if one is missed.
#
#   make bench                  about six minutes on two cores that have nothing else to do
#   make bench BENCH=quick      half a minute, small loads: to see that it runs; it says little
#
# The stores lie below $TMPDIR, without it on /var/tmp: a disk is wanted, not memory. All goes to $B/bench.log too.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
B=${B:-build}
export BENCH=${BENCH:-} WF_TOP=$PWD WF_BUILD=$PWD/$B
case $B in /*) WF_BUILD=$B ;; esac
TMPDIR=$(mktemp -d "${TMPDIR:-/var/tmp}/workforced_bench.XXXXXX") || exit 2
export TMPDIR
running=
ends()
{
    [ -z "$running" ] || { kill -TERM "$running" 2>/dev/null; wait "$running" 2>/dev/null; }
    rm -rf "$TMPDIR"
}
trap ends EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# runs NAME SECONDS: bounded, and ended with this script.
runs()
{
    timeout -k 5 "$2" "$WF_BUILD/$1" & running=$!
    wait "$running"
    local status=$?
    running=
    [ $status -lt 2 ] || echo "$1 ended with status $status"
    return $status
}

all()
{
    local bad=0
    printf '%s cores of %s, %s, load %s, stores on %s\n' "$(nproc)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        "$(uname -sr)" "$(cut -d' ' -f1 /proc/loadavg)" "$(df --output=fstype "$TMPDIR" | tail -n 1)"
    runs bench_codec 60 || bad=1
    runs bench_store 120 || bad=1
    runs bench_fold 120 || bad=1
    runs bench_past 120 || bad=1
    runs bench_daemon 600 || bad=1
    return $bad
}
all > >(tee "$WF_BUILD/bench.log") 2>&1
status=$?
wait
exit $status
