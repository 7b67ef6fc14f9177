# daemon.bash -- for the scripts beside it: a daemon of one's own on a temporary store, and its end whatever happens.
#
#   . daemon.bash          sets B (build directory), work (removed at the end), sockets; WORKFORCE_SOCKETS is exported
#   daemon_start PROFILE [OPTION...]      starts it and waits until it answers; more than one start is fine
#   daemon_stop                           SIGTERM, and it must end with status 0
#   daemon_kill                           SIGKILL

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=${WF_TOP:-$(cd "$here/../.." && pwd)}
B=${WF_BUILD:-$top/build}
case $B in /*) ;; *) B=$top/$B ;; esac
work=$(mktemp -d "${TMPDIR:-/tmp}/workforced.XXXXXX") || exit 1
sockets=$work/sockets
daemon=
export WORKFORCE_SOCKETS=$sockets

die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
daemon_end()
{
    [ -z "$daemon" ] || { kill -KILL "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; }
    rm -rf "$work"
}
trap daemon_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for program in workforced workforcectl workforce-simulate; do
    [ -x "$B/$program" ] || die "$B/$program is not built; make builds it"
done

daemon_start()
{
    local profile=$1 name; shift
    mkdir -p "$work/store" "$sockets"
    {
        printf 'profiles = { "%s" }\n' "$profile"
        printf 'group_publish = ""\ngroup_read = ""\ngroup_ops = ""\n'
        for name in intake feed stream query admin; do printf '%s = "ipc://%s/%s"\n' "$name" "$sockets" "$name"; done
        printf 'store = "%s/store"\nmap_gib = 8\n' "$work"
    } > "$work/workforced.conf"
    "$B/workforced" --config "$work/workforced.conf" "$@" >> "$work/log" 2>&1 &
    daemon=$!
    for _ in $(seq 200); do
        kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; daemon=; die "the daemon does not start"; }
        "$B/workforcectl" status --check > /dev/null 2>&1 && return 0
        sleep 0.05
    done
    cat "$work/log" >&2
    die "the daemon does not answer"
}

daemon_stop()
{
    local status=0
    kill -TERM "$daemon" && wait "$daemon" || status=$?
    daemon=
    [ $status = 0 ] || { tail -n 20 "$work/log" >&2; die "the daemon ended with $status"; }
}

daemon_kill()
{
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null
    daemon=
}
