/* simulate: virtual trackers, and the load generator of the benchmarks. Knows the protocol
 * (cantrack/) and nothing of the gateway. */
#ifndef SIMULATE_SIMULATE_H
#define SIMULATE_SIMULATE_H

/* `cantrack simulate ...`; argv[0] is "simulate". Returns the exit status: 0 everything sent was
 * answered as it should be, 1 something was lost, 2 usage. */
int simulate_main(int argc, char **argv);

#endif
