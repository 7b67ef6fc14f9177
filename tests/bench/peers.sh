#!/usr/bin/env bash
# peers -- bench_peers beside a PostgreSQL server of its own: made by initdb below $TMPDIR (/var/tmp: a disk), on a unix socket,
# run by an unprivileged user, ended and removed with this script. Exit status 1 if a target is missed.
#
#   make bench-peers [BENCH=quick]
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
export BENCH=${BENCH:-} WF_TOP=$PWD WF_BUILD=${WF_BUILD:-$PWD/build}
bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "PostgreSQL is not there: make deps FOR=peers INSTALL=1"; exit 2; }
TMPDIR=$(mktemp -d "${TMPDIR:-/var/tmp}/workforced_peers.XXXXXX") || exit 2
export TMPDIR
server=
ends()
{
    [ -z "$server" ] || { kill -INT "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
    rm -rf "$TMPDIR"
}
trap ends EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A server refuses to be root's.
user=()
if [ "$(id -u)" = 0 ]; then
    who=postgres; id -u $who >/dev/null 2>&1 || who=nobody
    user=(setpriv --reuid="$who" --regid="$(id -g "$who")" --clear-groups)
    chmod 755 "$TMPDIR"
fi
mkdir "$TMPDIR/pg" || exit 2
[ ${#user[@]} = 0 ] || chown "$who" "$TMPDIR/pg"
"${user[@]}" "$bin/initdb" -D "$TMPDIR/pg/data" -U bench -A trust --no-locale -E UTF8 >"$TMPDIR/initdb.log" 2>&1 ||
    { cat "$TMPDIR/initdb.log"; exit 2; }
"${user[@]}" "$bin/postgres" -D "$TMPDIR/pg/data" -k "$TMPDIR/pg" -c listen_addresses= \
    -c synchronous_commit=on -c fsync=on -c jit=off \
    >"$TMPDIR/server.log" 2>&1 & server=$!
export PGHOST=$TMPDIR/pg PGUSER=bench PGPORT=5432
unset PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS
for _ in $(seq 100); do "$bin/pg_isready" -q && break; sleep 0.1; done
"$bin/pg_isready" -q || { cat "$TMPDIR/server.log"; exit 2; }

timeout -k 5 600 "$WF_BUILD/bench_peers"
status=$?
[ $status -lt 2 ] || tail -n 20 "$TMPDIR/server.log"
exit $status
