/* engine: the threads of a run, its phases, and its end. */
#ifndef SIMULATE_ENGINE_H
#define SIMULATE_ENGINE_H

#include "simulate/options.h"
#include "simulate/tally.h"

/* Runs to the end, or to SIGINT or SIGTERM (a second one does not wait for replies). Fills *s.
 * False with a sentence when it could not begin. */
MUST_USE bool engine_run(const struct options *o, struct summary *s, struct error *e);

#endif
