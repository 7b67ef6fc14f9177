#!/usr/bin/env bash
# protocol_tables -- the tables in PROTOCOL.md are those of the code, and the golden messages those of their maker.
#
#   protocol_tables.sh            prints what differs, exit status 1
#   protocol_tables.sh --write    puts the code's tables into PROTOCOL.md
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
page=proto/PROTOCOL.md
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
packages="libzmq jansson $(pkg-config --exists msgpack-c && echo msgpack-c || echo msgpack)"

# shellcheck disable=SC2046,SC2086
gcc -std=gnu17 -D_GNU_SOURCE -Iinclude -Iproto $(pkg-config --cflags $packages) -o "$work/tables" tests/lint/protocol_tables.c proto/*.c \
    $(pkg-config --libs $packages) || exit 2
"$work/tables" > "$work/code" || exit 2

# Each block of the page is replaced by the one of that name; what the page lacks is told.
awk -v code="$work/code" '
    BEGIN {
        while ((getline line < code) > 0) {
            if (line ~ /^<!-- table /) { name = line; order[++n] = name; block[name] = "" }
            block[name] = block[name] line "\n"
        }
    }
    /^<!-- table / { if ($0 in block) { printf "%s", block[$0]; seen[$0] = 1; inside = 1; next }
                     print "unknown " $0 > "/dev/stderr"; bad = 1 }
    inside { if ($0 ~ /^<!-- end -->/) inside = 0; next }
    { print }
    END { for (i = 1; i <= n; i++) if (!(order[i] in seen)) { print "missing: " order[i] > "/dev/stderr"; bad = 1 } exit bad }
' "$page" > "$work/page"
rc=$?
if [ "${1:-}" = --write ]; then
    cp "$work/page" "$page"
    exit $rc
fi
diff -u "$page" "$work/page" || rc=1
/usr/bin/python3 proto/vectors/make.py --check || rc=1
exit $rc
