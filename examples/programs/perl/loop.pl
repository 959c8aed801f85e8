# Never ends: uses CPU until its limit.
1 while 1;
