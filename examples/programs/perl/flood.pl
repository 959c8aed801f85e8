# Prints without end: stopped when there is more output than is kept.
print "y\n" while 1;
