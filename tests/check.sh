#!/usr/bin/env bash
# check -- every test, stage by stage, each with its seconds; the last line is "N passed, N failed".
#
#   tests/check.sh [STAGE...]      without names: all of them, as `make check` does
#
# A stage prints what failed and nothing else; everything it said is in $B/check/STAGE.log. Units are counted
# by Criterion's own report, other stages by the programs and scripts they run. A stage that finds nothing to run
# where something should be fails: no test is passed by being absent.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2
B=${B:-build} MAKE=${MAKE:-make} FUZZ_SECONDS=${FUZZ_SECONDS:-10} FIGURES=${FIGURES:-}
jobs=$(nproc)
logs=$B/check items=$B/check/items
mkdir -p "$items"
passed=0 failed=0
export WF_TOP=$PWD WF_BUILD=$PWD/$B
case $B in /*) WF_BUILD=$B ;; esac

# The jobserver of a calling make is left alone; its variables come by the environment.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Builds what a stage needs; a build that fails is one failure of that stage.
builds() { make_ "$@" > "$items/make.log" 2>&1 || { bad "make $*"; ending "$items/make.log"; return 1; }; }
make_() { "$MAKE" --no-print-directory B="$B" -j"$jobs" "$@"; }

ok()  { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); printf '  FAILED %s\n' "$*" >&3; }
# The end of what a failed run said; what make says of its progress is left out.
ending() { grep -vE '^  (CC|AR|LD)|^make: Nothing' "$1" | tail -n "${2:-25}" | sed 's/^/    | /' >&3; }
slug() { tr -c 'a-zA-Z0-9_.\n' '-' <<< "$1"; }

# one NAME COMMAND..., each NAME SECONDS COMMAND...: one run, counted; each is bounded.
one() { local name=$1; shift; each "$name" 900 "$@"; }
each()
{
    local name=$1 limit=$2 from=$SECONDS rc log; shift 2
    log=$items/$(slug "$name").log
    if declare -F "$1" >/dev/null; then "$@" >"$log" 2>&1 </dev/null; else timeout -k 5 "$limit" "$@" >"$log" 2>&1 </dev/null; fi
    rc=$?
    printf '== %s: exit %d after %d s\n' "$name" $rc $((SECONDS - from))
    cat "$log"
    if [ $rc = 0 ]; then ok; return 0
    elif [ $rc = 124 ] || [ $rc = 137 ]; then bad "$name (no end within $limit s)"
    else bad "$name (exit $rc)"; fi
    ending "$log"
    return 1
}

# criterion NAME PROGRAM: runs it and counts its own report; a leak does not fail a Criterion worker, so what
# the sanitizers wrote is counted too.
criterion()
{
    local name=$1 program=$2 tap=$items/$1.tap san=$items/$1.san good wrong
    rm -rf "$san" "$tap"; mkdir -p "$san"
    ASAN_OPTIONS=log_path=$WF_BUILD/check/items/$name.san/log:handle_segv=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
        timeout -k 5 300 "$program" --tap="$tap" </dev/null > "$items/$name.log" 2>&1
    local rc=$?
    cat "$items/$name.log"
    good=$(grep -c '^ok ' "$tap" 2>/dev/null) wrong=$(grep -c '^not ok ' "$tap" 2>/dev/null)
    passed=$((passed + ${good:-0})) failed=$((failed + ${wrong:-0}))
    grep '^not ok ' "$tap" 2>/dev/null | sed 's/^not ok - /  FAILED /' >&3
    [ $rc = 0 ] || ending "$items/$name.log" 40
    if [ "${good:-0}" = 0 ]; then bad "$name: no test ran"; fi
    if [ $rc != 0 ] && [ "${wrong:-0}" = 0 ]; then bad "$name: exit $rc"; fi
    if [ -n "$(ls -A "$san")" ]; then
        cat "$san"/* > "$items/$name.log"; cat "$items/$name.log"; head -n 40 "$items/$name.log" | sed 's/^/    | /' >&3
        bad "$name: findings of the sanitizers ($(ls "$san" | wc -l) processes)"
    fi
}

some() { compgen -G "$1" >/dev/null; }

stage_build()    { one "build with gcc" make_ all tests; }
stage_clang()    { one "clang warnings" make_ syntax; }
stage_lint()
{
    builds all || return
    one "warnings and gcc -fanalyzer" make_ -k analyze
    local script
    for script in tests/lint/*.sh; do each "lint $(basename "$script" .sh)" 240 bash "$script"; done
}
stage_unit()     { builds tests && criterion unit "$B/unit"; }
# Scripts that drive the property programs over histories, and the oracle's own examples.
stage_property()
{
    local script
    builds all tests || return
    [ -f tests/oracle/selftest.py ] && each "the oracle's selftest" 120 /usr/bin/python3 tests/oracle/selftest.py
    [ -n "$(scripts_in tests/property)" ] || { bad "no property test is here"; return; }
    for script in $(scripts_in tests/property); do each "property $(basename "$script")" 600 "$script"; done
}
stage_scenario()
{
    some 'tests/scenario/*.wfs' || { bad "no scenario is here"; return; }
    builds tests || return
    local file
    for file in tests/scenario/*.wfs; do each "scenario $(basename "$file")" 60 "$B/scenario" "$file"; done
}
# Scripts for `make soak` say so by their name; files without the executable bit serve the others.
scripts_in() { find "$1" -maxdepth 1 -type f -perm -u+x ! -name 'soak_*' ! -name 'fresh_debian.sh' ! -name 'published.sh' | LC_ALL=C sort; }
stage_system()
{
    local script
    [ -n "$(scripts_in tests/system)" ] || { bad "no system test is here"; return; }
    builds all tests || return
    for script in $(scripts_in tests/system); do each "system $(basename "$script")" 180 "$script"; done
}
stage_fuzz()
{
    local src name hex seed
    some 'tests/fuzz/fuzz_*.c' || { bad "no fuzz target is here"; return; }
    builds VARIANT=fuzz B="$B/fuzz" fuzzers || return
    rm -rf "$B/fuzz/seeds"; mkdir -p "$B/fuzz/seeds"
    for hex in proto/vectors/*.hex; do
        [ -f "$hex" ] && perl -ne 's/#.*//; s/[^0-9a-fA-F]//g; print pack("H*", $_)' "$hex" > "$B/fuzz/seeds/$(basename "$hex" .hex)"
    done
    local -a names=() pids=()
    for src in tests/fuzz/fuzz_*.c; do
        name=$(basename "$src" .c); seed=$B/fuzz/seeds
        [ -d "tests/fuzz/seeds/$name" ] && seed="tests/fuzz/seeds/$name $seed"
        mkdir -p "$B/fuzz/corpus/$name" "$B/fuzz/found"
        # shellcheck disable=SC2086
        timeout -k 5 $((FUZZ_SECONDS + 60)) "$B/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$B/fuzz/found/$name-" "$B/fuzz/corpus/$name" $seed </dev/null >"$items/$name.log" 2>&1 &
        names+=("$name") pids+=($!)
        [ ${#pids[@]} -lt "$jobs" ] || { fuzz_ends; names=() pids=(); }
    done
    fuzz_ends
}
fuzz_ends()
{
    local i
    for i in "${!pids[@]}"; do
        if wait "${pids[$i]}" && grep -q 'stat::number_of_executed_units: [1-9]' "$items/${names[$i]}.log"; then ok
        else bad "${names[$i]}"; ending "$items/${names[$i]}.log" 40; fi
    done
}
stage_asan()
{
    builds VARIANT=asan B="$B/asan" tests || return
    criterion asan "$B/asan/unit"
    local file
    for file in tests/scenario/*.wfs; do
        [ -f "$file" ] && ASAN_OPTIONS=detect_leaks=1 each "asan $(basename "$file")" 120 "$B/asan/scenario" "$file"
    done
}
stage_published()
{
    local figures=${FIGURES:-../shared/domain/published.csv}
    [ -f "$figures" ] || { echo "no file $figures" >&3; return 0; }
    builds all || return
    each published 240 bash tests/system/published.sh "$figures"
    grep -E 'rates, .* exact' "$items/published.log" | tail -n 1 | sed 's/^/  /' >&3
}
# SEEDS histories from FIRST on: other ones each time, unless FIRST says which.
stage_soak()
{
    local script
    builds all tests || return
    each "soak laws" 36000 tests/property/laws.py --first "${FIRST:-$(date +%s)}" --histories "${SEEDS:-20000}"
    for script in tests/system/soak_*.sh tests/system/fresh_debian.sh; do
        [ -f "$script" ] && each "soak $(basename "$script")" 3600 "$script"
    done
}

# A function, so that the file is read whole before anything runs: it may change meanwhile.
main()
{
    local all stage from before had
    all="build clang lint unit property"
    [ -f tests/scenario/runner.c ] && all="$all scenario"
    all="$all system fuzz asan"
    [ -f "${FIGURES:-../shared/domain/published.csv}" ] && all="$all published"
    exec 3>&1
    for stage in ${*:-$all}; do
        declare -F "stage_$stage" >/dev/null || { echo "no stage $stage"; exit 2; }
        from=$(date +%s%N) before=$failed had=$passed
        printf '%-10s' "$stage"
        case $stage in
            soak) echo; stage_$stage 3>&1 > >(tee "$logs/$stage.log") 2>&1; wait $! ;;
            *) { stage_$stage; } 3>"$logs/$stage.says" >"$logs/$stage.log" 2>&1 ;;
        esac
        printf '%4d passed %3d failed  %5.1f s\n' $((passed - had)) $((failed - before)) "$(( ($(date +%s%N) - from) / 100000000 ))e-1"
        [ -s "$logs/$stage.says" ] && cat "$logs/$stage.says"
        [ "$stage" = build ] && [ $failed != 0 ] && break
    done
    echo
    echo "$passed passed, $failed failed"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit
}
main "$@"
