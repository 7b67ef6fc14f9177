#!/usr/bin/env bash
# install -- what `make install` puts somewhere works from there, and `make uninstall` takes exactly that away again.
set -euo pipefail
cd "$(dirname "$0")/../.."
B=${WF_BUILD:-build}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
fail() { echo "install: $*"; exit 1; }
tree() { (cd "$1" && find . -mindepth 1 ! -type d -printf '%p %l %m\n' -o -type d -printf '%p/\n' | LC_ALL=C sort); }
unset MAKEFLAGS MFLAGS MAKELEVEL
wf_make() { make --no-print-directory B="$B" DESTDIR="$work/root" PREFIX=/usr "$@" >"$work/log" 2>&1 || { cat "$work/log"; fail "make $*"; }; }

# Something of others is there before, in a directory that we use too.
mkdir -p "$work/root/usr/bin" "$work/root/usr/share/man/man1" "$work/root/usr/lib"
touch "$work/root/usr/bin/other" "$work/root/usr/lib/other" "$work/root/usr/share/man/man1/other.1"
tree "$work/root" > "$work/before"

wf_make install
tree "$work/root" > "$work/installed"
for want in usr/sbin/workforced usr/bin/workforcectl usr/bin/workforce-simulate usr/lib/libworkforce.a usr/lib/libworkforce.so \
            usr/lib/pkgconfig/workforce.pc usr/include/workforce/event.h usr/share/man/man8/workforced.8 \
            usr/share/man/man5/workforced.conf.5 usr/share/workforced/profiles/dfe.conf etc/workforced/workforced.conf \
            usr/lib/systemd/system/workforced.service usr/lib/sysusers.d/workforced.conf \
            usr/lib/systemd/catalog/workforced.catalog usr/share/bash-completion/completions/workforcectl; do
    [ -e "$work/root/$want" ] || fail "$want is not there"
done

# A program outside needs the headers, the library and pkg-config alone.
cat > "$work/outside.c" <<'C'
#include <workforce/event.h>
#include <workforce/figure.h>
#include <workforce/publisher.h>
#include <workforce/subscriber.h>
#include <stdio.h>
int main(void)
{
    char text[WF_DAY_TEXT];
    puts(wf_day_text(wf_day_of(2024, 9, 30), text));
    wf_publisher *publisher = NULL;
    wf_subscriber *subscriber = NULL;
    wf_publisher_free(&publisher);
    wf_subscriber_free(&subscriber);
    return 0;
}
C
export PKG_CONFIG_SYSROOT_DIR=$work/root PKG_CONFIG_PATH=$work/root/usr/lib/pkgconfig
# shellcheck disable=SC2046
gcc -std=gnu17 -Wall -Wextra -Werror "$work/outside.c" -o "$work/outside" $(pkg-config --cflags --libs workforce) ||
    fail "a program outside does not build"
[ "$(LD_LIBRARY_PATH=$work/root/usr/lib "$work/outside")" = 2024-09-30 ] || fail "a program outside does not run"
ldd "$work/outside" | grep -q 'libworkforce\.so\.1' || true
readelf -d "$work/root/usr/lib/libworkforce.so" | grep -q 'SONAME.*\[libworkforce\.so\.1\]' || fail "no soname"
# What is exported is declared in a public header.
nm -D --defined-only "$work/root/usr/lib/libworkforce.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | while read -r name; do
    grep -qw "$name" include/workforce/* || { echo "install: $name is exported and not public"; exit 1; }
done || exit 1
"$work/root/usr/bin/workforcectl" --help >/dev/null || fail "the installed workforcectl does not run"
"$work/root/usr/sbin/workforced" --help >/dev/null || fail "the installed workforced does not run"
grep -q '^ExecStart=/usr/sbin/workforced ' "$work/root/usr/lib/systemd/system/workforced.service" || fail "the unit starts something else"

# A second install leaves the configuration alone; uninstall takes the rest, and it too unless it was changed.
echo '# ours' >> "$work/root/etc/workforced/workforced.conf"
wf_make install
tail -n 1 "$work/root/etc/workforced/workforced.conf" | grep -q '^# ours' || fail "install wrote over a changed configuration"
wf_make uninstall
tree "$work/root" | diff "$work/before" - | grep '^>' | grep -vE '\./etc/(workforced/(workforced.conf .*)?)?$' && fail "uninstall left something"
[ -e "$work/root/etc/workforced/workforced.conf" ] || fail "uninstall took a changed configuration"
rm -rf "$work/root/etc"
wf_make install
wf_make uninstall
tree "$work/root" | diff "$work/before" - || fail "the tree is not as before"
echo "install: $(grep -vc '/$' "$work/installed") files come and go"
