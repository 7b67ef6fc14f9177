#!/usr/bin/env bash
# layers -- each file includes only what layers.txt lets its room include, and the pure rooms stay pure.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.def' 2>/dev/null | grep . > /dev/null &&
    files=$(git ls-files --cached --others --exclude-standard '*.c' '*.h' '*.def') ||
    files=$(find include proto daemon consumers tests -name '*.[ch]' -o -name '*.def')
# shellcheck disable=SC2086
exec perl - $files <<'PERL'
use strict; use warnings;
my (%path, %may, %rooms, @only, @never, $floor);
open my $rules, '<', 'tests/lint/layers.txt' or die "tests/lint/layers.txt: $!\n";
while (<$rules>) {
    s/#.*//; next unless /\S/;
    if (/^floor\s+(\S+)\s+(\S+)\s*:\s*(.*?)\s*$/)  { $floor = $1; $path{$1} = $2; $may{$1} = { map { $_ => 1 } split ' ', $3 } }
    elsif (/^room\s+(.*?)\s*$/)                    { push @{$rooms{$floor}}, [split ' ', $1] }
    elsif (/^only\s+(\S+)\s*:\s*(.*?)\s*$/)        { push @only, [$1, [split ' ', $2]] }
    elsif (/^never\s+(.*?)\s*:\s*(.*?)\s*$/)       { push @never, [join('|', map { quotemeta } split ' ', $1), [split ' ', $2]] }
    else { die "tests/lint/layers.txt:$.: not understood\n" }
}
sub in { my ($f, $p) = @_; return $f eq $p || index($f, "$p/") == 0 }
sub floor_of { my ($f) = @_; my $best = '';
    for (keys %path) { $best = $_ if in($f, $path{$_}) && (!$best || length $path{$_} > length $path{$best}) } return $best }
sub room_of { my ($f, $fl) = @_; my $r = substr $f, length($path{$fl}) + 1; $r =~ s{/.*|\.[^.]*$}{}; return $r }
my $bad = 0;
sub say_bad { my ($where, $what) = @_; print "$where: $what\n"; $bad = 1 }
for my $file (@ARGV) {
    open my $in, '<', $file or next;
    my $text = do { local $/; <$in> };
    my $own = floor_of($file);
    if (!$own) { say_bad("$file:1", "stands in no floor of layers.txt"); next }
    my ($dir) = $file =~ m{^(.*)/};
    # Comments, texts and characters go, lines stay.
    $text =~ s{(/\*.*?\*/|//[^\n]*)}{(my $n = $1) =~ s/[^\n]//g; $n}gse;
    my $line = 0;
    for (split /\n/, $text) {
        $line++;
        if (/^\s*#\s*include\s*(["<])([^">]+)[">]/) {
            my ($how, $name) = ($1, $2);
            for (@only) {
                my ($header, $places) = @$_;
                next unless $header =~ m{/$} ? index($name, $header) == 0 : $name eq $header;
                say_bad("$file:$line", "$name is for @$places only") unless grep { in($file, $_) } @$places;
            }
            my ($target) = grep { -f $_ } ($how eq '"' ? "$dir/$name" : (), "include/$name", "daemon/$name", "proto/$name", $name);
            next unless defined $target;
            1 while $target =~ s{[^/]+/\.\./}{};
            my $other = floor_of($target);
            next if !$other || $own eq 'tests';
            if ($other eq $own) {
                my %place;
                for my $n (0 .. $#{$rooms{$own} || []}) { $place{$_} = $n for @{$rooms{$own}[$n]} }
                my ($a, $b) = map { exists $place{$_} || !exists $place{'*'} ? $_ : '*' } room_of($file, $own), room_of($target, $own);
                next if $a eq $b || !%place;
                if (!exists $place{$a})     { say_bad("$file:$line", "room $a is not named in layers.txt") }
                elsif (!exists $place{$b})  { say_bad("$file:$line", "room $b is not named in layers.txt") }
                elsif ($place{$b} > $place{$a}) { say_bad("$file:$line", "$a may not include $b, which layers.txt names after it") }
            } elsif (!$may{$own}{$other}) { say_bad("$file:$line", "$own may not include $other ($target)") }
            next;
        }
        s/"(?:[^"\\]|\\.)*"/""/g; s/'(?:[^'\\]|\\.)*'/''/g;
        for my $never (@never) {
            my ($words, $places) = @$never;
            next unless grep { in($file, $_) } @$places;
            say_bad("$file:$line", "$1 is not for this room") while /(?<![\w.>])($words)\b(?:\s*\(|(?<=[A-Z]))/g;
        }
    }
}
exit $bad;
PERL
