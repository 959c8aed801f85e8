# Takes memory until its limit, 8 MiB at a time, and touches all of it.
my @kept;
push @kept, 'x' x (8 << 20) while 1;
