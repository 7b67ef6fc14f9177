#!/usr/bin/env bash
# fresh_debian -- the README's two commands on a Debian 12 that has git, make and a clean clone, and nothing else.
#
#   tests/system/fresh_debian.sh [TARGET...]     default: demo check
#
# Needs root, debootstrap, the Debian mirror that apt uses here, about 1.5 GB below TMPDIR and ten minutes; so it runs
# with `make soak` or by hand. WF_FRESH_BASE=DIR keeps the bare tree for the next run. What is committed is tried.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "fresh_debian: needs root for chroot"; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh_debian: debootstrap is not here"; exit 1; }
# Mounts are made in a namespace of their own, so they end with this script however it ends.
if [ -z "${WF_FRESH_INSIDE:-}" ]; then WF_FRESH_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"; fi

targets=("${@:-demo}"); [ $# -gt 0 ] || targets=(demo check)
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
[ -n "$mirror" ] || { echo "fresh_debian: apt knows no mirror of bookworm"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/fresh-debian.XXXXXX")
tree=$work/tree
finish() { local m; for m in dev proc; do umount -R "$tree/$m" 2>/dev/null || true; done
           if mount | grep -qF " $tree/"; then echo "fresh_debian: $work is still mounted and stays"; else rm -rf "$work"; fi; }
trap finish EXIT

base=${WF_FRESH_BASE:-$work/base}
if [ ! -x "$base/usr/bin/make" ]; then
    echo "fresh_debian: making the bare tree"
    debootstrap --variant=minbase --include=git,make bookworm "$base" "$mirror" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 20 "$work/debootstrap.log"; exit 1; }
fi
cp -a "$base" "$tree"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) main' 'Created-By: Packages' 'Component: main' |
    grep -E ' bookworm(-security|-updates)? main$' | sort -u > "$tree/etc/apt/sources.list"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev" && mount --make-rslave "$tree/dev"
mkdir -p "$tree/opt"; git clone -q --no-local "$PWD" "$tree/opt/workforced"
for tool in gcc clang-14 mandoc python3 pkg-config; do
    ! chroot "$tree" sh -c "command -v $tool" >/dev/null || { echo "fresh_debian: $tool is there already, the tree is not bare"; exit 1; }
done
for target in "${targets[@]}"; do
    echo "fresh_debian: make $target"
    from=$SECONDS
    chroot "$tree" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        sh -c "cd /opt/workforced && make $target" </dev/null
    echo "fresh_debian: make $target took $((SECONDS - from)) s"
done

# The installed one starts unedited, as its own user, and its groups reach it: what the unit and sysusers say, without systemd.
echo "fresh_debian: make install, and the daemon as it was shipped"
chroot "$tree" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 sh -eu <<'INSIDE'
cd /opt/workforced
make install >/dev/null
if command -v systemd-sysusers >/dev/null; then systemd-sysusers
else
    for g in workforced-ops workforced-publish workforced-read; do groupadd --system $g; done
    useradd --system --home-dir /var/lib/workforced --shell /usr/sbin/nologin --groups workforced-ops,workforced-publish,workforced-read workforced
fi
install -d -o workforced -g workforced -m 700 /var/lib/workforced
install -d -o workforced -g workforced -m 755 /run/workforced
useradd --groups workforced-read reader
setpriv --reuid workforced --regid workforced --init-groups /usr/local/sbin/workforced --config /etc/workforced/workforced.conf &
pid=$!
for n in $(seq 50); do [ -S /run/workforced/query ] && break; sleep 0.1; done
setpriv --reuid reader --regid reader --init-groups workforcectl status --check
if setpriv --reuid reader --regid reader --init-groups workforcectl clock advance 2030-01-01 2>/dev/null; then echo "a reader wound the clock"; exit 1; fi
stat -c '%U %G %a %n' /run/workforced/*
kill $pid
wait $pid
make uninstall
[ -z "$(find /usr/local /etc -path '*workforce*')" ] || { find /usr/local /etc -path '*workforce*'; exit 1; }
INSIDE
echo "fresh_debian: done"
