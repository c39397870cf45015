/* watch: the threads of the watchers, and their sockets. */
#ifndef SIMULATE_WATCH_H
#define SIMULATE_WATCH_H

#include "simulate/watcher.h"

struct watch;

/* Starts the watchers of *o: they connect, subscribe and hear until *phase (atomic) is PHASE_END. `ledger` is
 * NULL without trackers. */
struct watch *watch_start(const struct options *o, struct ledger *ledger, const int *phase);

/* Adds the counters at this moment; NULL: there are none. */
void watch_peek(const struct watch *w, struct watch_tally *sum);

/* In PHASE_END: waits for the threads, says goodbye, frees; adds all to *sum. NULL is fine. */
void watch_finish(struct watch *w, struct watch_tally *sum);

#endif
