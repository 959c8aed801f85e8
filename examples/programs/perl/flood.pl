# Prints without end: stopped when there is more output than max_output.
print "y\n" x 4096 while 1;
