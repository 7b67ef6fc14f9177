#!/usr/bin/env bash
# cppcheck -- no warning, performance or portability finding in what is shipped, within a bounded time.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
command -v cppcheck >/dev/null || { echo "cppcheck is not here"; exit 1; }
B=${WF_BUILD:-build}
mkdir -p "$B/cppcheck"
exec timeout -k 5 150 cppcheck --quiet -j "$(nproc)" --cppcheck-build-dir="$B/cppcheck" --std=c11 --error-exitcode=1 \
    --enable=warning,performance,portability --inline-suppr --suppressions-list=tests/lint/cppcheck.txt \
    --template='{file}:{line}: {message} [{id}]' -D_GNU_SOURCE -D__linux__ -D__x86_64__ -DWF_VERSION='""' \
    -Iinclude -Idaemon -Iproto -I. proto daemon consumers
