#!/usr/bin/env bash
# words -- nothing is left for later, nothing names the machine it was written on, floats stay away from figures.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
list() { git ls-files --cached --others --exclude-standard "$@" 2>/dev/null | grep -vE '^tests/lint/(words\.sh|layers\.txt)$' | LC_ALL=C sort; }
bad=0
finds()   # finds WHAT PATTERN [FILES...]: any line of the pattern is a finding
{
    local what=$1 pattern=$2 said; shift 2
    said=$(list "$@" | tr '\n' '\0' | xargs -0 -r grep -HnIP -- "$pattern" 2>/dev/null)
    [ -z "$said" ] || { printf '%s\n' "$said" | sed -E "s|^([^:]+:[0-9]+):.*|\1: $what|"; bad=1; }
}
finds 'left for later' '\b(TODO|FIXME|XXX|HACK|not implemented yet)\b'
finds 'a path of one machine' '(^|[\s"'"'"'=:(])/(work|home|root)/[A-Za-z]'
# Tables of expected texts in tests may be as wide as what they show.
finds 'more than 160 columns' '^.{161,}$' 'include/*.h' 'proto/*.[ch]' 'daemon/*.[ch]' 'consumers/*.[ch]' Makefile
finds 'a tab in C' '\t' '*.c' '*.h'
finds 'space at the end of the line' '[ \t]+$' '*.c' '*.h' '*.md' '*.sh' 'Makefile'
finds 'floating point near figures (a reason beside it is wanted: /* float: ... */)' '^(?!.*/\* float:).*\b(double|float)\b(?=[ *]+\w+ *[=;,)\[(])' \
    'daemon/core/*.[ch]' 'daemon/engine/*.[ch]' 'include/*.h'

# Functions under 70 lines (a test's under 100), files under 700: past that a room wants to be a folder.
list '*.c' '*.h' | tr '\n' '\0' | xargs -0 -r awk '
    FNR == 1 { from = 0 } /^\{/ { from = FNR }
    /^\}/ { if (from && FNR - from > (FILENAME ~ /^tests/ ? 100 : 70)) { print FILENAME ":" from ": a function of " FNR - from " lines"; bad = 1 } from = 0 }
    FNR == 701 { print FILENAME ":701: a file of more than 700 lines"; bad = 1 }
    END { exit bad }' || bad=1
exit $bad
