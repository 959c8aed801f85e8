# The first process of a runc box. It runs the program as the box's user, waits for it, reaps what
# it leaves, and tells the worker exactly how it ended: the first process of a PID namespace ignores
# signals that it does not handle, and runc's exit status cannot tell "exit 137" from "signal 9".
#
# usage: init.pl ARCH UID GID FILES GROUPS COUNT ENVIRONMENT... PROGRAM ARGUMENT...
#        (FILES may be open, COUNT variables)
#
# It joins GROUPS control groups of version 1, whose lists of threads are mounted in the folder below.
# Only a thread that joins by itself does so without holding up every start of a process on the host.
#
# It talks over two FIFOs in a folder that only root can enter, and closes them on exec:
#   up   "ready", and at the end "end STATUS WALL-NS CPU-US MAXRSS-KIB CSW-VOLUNTARY CSW-FORCED"
#   down a line lets it go on: first to start the program, then, the counters read, to end.
# It holds CAP_SETUID, CAP_SETGID, CAP_KILL and CAP_CHOWN; the program holds nothing.
# Modules are left out: loading POSIX would take longer than all the rest.

my ($arch, $uid, $gid, $files, $groups, $count) = splice @ARGV, 0, 6;
my @env = splice @ARGV, 0, $count;
my @argv = @ARGV;
$uid += 0;
$gid += 0;

# Numbers from the kernel's unistd.h.
my %call = $arch eq 'aarch64'
    ? (execve => 221, wait4 => 260, clock_gettime => 113, setgroups => 159, setresgid => 149,
        setresuid => 147, prlimit64 => 261)
    : (execve => 59, wait4 => 61, clock_gettime => 228, setgroups => 116, setresgid => 119,
        setresuid => 117, prlimit64 => 302);

sub now {
    my $time = "\0" x 16;
    syscall($call{clock_gettime}, 1, $time);
    my ($seconds, $nanos) = unpack 'q2', $time;
    return $seconds * 1_000_000_000 + $nanos;
}

for my $group (1 .. $groups) {
    open my $tasks, '+<', "/.boxcar/group-$group" or exit 118;
    defined syswrite $tasks, '0' or exit 119;
    close $tasks;
}

open my $up, '>', '/.boxcar/up' or exit 121;
open my $down, '<', '/.boxcar/down' or exit 122;
# So that the program may open /dev/stderr and the like.
chown $uid, $gid, *STDIN, *STDOUT, *STDERR;

syswrite $up, "ready\n";
my $line;
sysread $down, $line, 3 or exit 123;

my $start = now();
my $child = fork;
defined $child or exit 124;
if (!$child) {
    if (open my $score, '>', '/proc/self/oom_score_adj') {
        syswrite $score, "500\n";
        close $score;
    }
    setpgrp 0, 0;
    my $none = '';
    my $nofile = pack 'Q2', $files, $files;
    syscall($call{prlimit64}, 0, 7, $nofile, 0) == 0
        && syscall($call{setgroups}, 0, $none) == 0
        && syscall($call{setresgid}, $gid, $gid, $gid) == 0
        && syscall($call{setresuid}, $uid, $uid, $uid) == 0
        or kill 9, $$;
    my $end = "\0" x 8;
    my $argv = pack('p*', @argv) . $end;
    my $env = pack('p*', @env) . $end;
    syscall($call{execve}, $argv[0], $argv, $env);
    syswrite STDERR, "execve(\"$argv[0]\"): $!\n";
    syscall($arch eq 'aarch64' ? 94 : 231, 127);
}

my ($status, $usage, $pid) = ("\0" x 4, "\0" x 144);
do { $pid = syscall($call{wait4}, -1, $status, 0, $usage) } until $pid == $child;
my $wall = now() - $start;
my $code = unpack 'i', $status;
my @u = unpack 'q16', $usage;

# What is left dies now; a fork bomb needs more than one blow.
my $rest = "\0" x 144;
while (1) {
    kill 9, -1;
    $pid = syscall($call{wait4}, -1, $status, 1, $rest);
    last if $pid == -1;
    select undef, undef, undef, 0.001 if $pid == 0;
}

my $cpu = ($u[0] + $u[2]) * 1_000_000 + $u[1] + $u[3];
syswrite $up, "end $code $wall $cpu $u[4] $u[14] $u[15]\n";
sysread $down, $line, 4;
exit 0;
