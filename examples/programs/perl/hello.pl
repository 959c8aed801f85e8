use strict;
use warnings;

# Greets whoever is named on standard input.
my $name = <STDIN> // 'nobody';
chomp $name;
print "Hello, $name!\n";
