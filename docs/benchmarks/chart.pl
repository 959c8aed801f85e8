#!/usr/bin/perl
# Draws the results beside it: chart.pl RUN.json… > chart.svg
# A bar is a worker's jobs a second over the bare loop's; the line is the bare loop itself.
use strict;
use warnings;
use JSON::PP;

my @bars;
for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";
    my $run = decode_json(do { local $/; <$in> });
    next unless $run->{bench} eq 'throughput';
    my @all = sort { $a <=> $b } @{ $run->{ratios} };
    push @bars, ["$run->{engine}, $run->{program}, $run->{boxes} boxes", $run->{ratio}, @all[0, -1]];
}
my ($left, $unit, $row) = (170, 220, 34);
my $height = 50 + $row * @bars;
my $one = $left + $unit;
print qq(<svg xmlns="http://www.w3.org/2000/svg" width="720" height="$height" font-family="sans-serif" font-size="13">\n);
print qq(<rect width="720" height="$height" fill="white"/>\n);
print qq(<text x="10" y="20" font-weight="bold">Jobs a second, over the bare loop's (median, least and most of the rounds)</text>\n);
my $y = 36;
for (@bars) {
    my ($name, $ratio, $least, $most) = @$_;
    my ($w, $from, $to) = map { sprintf '%.0f', $_ * $unit } $ratio, $least, $most;
    my ($text, $middle) = ($y + 16, $y + 11);
    printf qq(<text x="10" y="%d">%s</text>\n), $text, $name;
    printf qq(<rect x="%d" y="%d" width="%d" height="22" fill="#4878a8"/>\n), $left, $y, $w;
    printf qq(<path d="M%d %dH%d" stroke="#222" stroke-width="2"/>\n), $left + $from, $middle, $left + $to;
    printf qq(<text x="%d" y="%d">%.2f</text>\n), $left + ($w > $to ? $w : $to) + 8, $text, $ratio;
    $y += $row;
}
print qq(<path d="M$one 30V$y" stroke="#b03030" stroke-dasharray="4 3"/>\n</svg>\n);
