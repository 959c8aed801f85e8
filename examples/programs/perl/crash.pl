# Ends with exit status 3 after it has printed something on both streams.
print "before\n";
warn "something went wrong\n";
exit 3;
