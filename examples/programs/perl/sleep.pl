# Never ends and uses no CPU: stopped by the clock on the wall.
sleep 3600;
