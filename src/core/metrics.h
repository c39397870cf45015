/* metrics: counters, declared once in counters.def; each is a member here and a line of /metrics.
 */
#ifndef CORE_METRICS_H
#define CORE_METRICS_H

#include "base/buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metrics {
#define COUNTER(name, kind, text) uint64_t name;
#include "core/counters.def"
#undef COUNTER
};

extern struct metrics metrics;

/* Relaxed atomics: cheap, never torn, no order between two counters promised. */
#define metric_add(name, n) __atomic_fetch_add(&metrics.name, (n), __ATOMIC_RELAXED)
#define metric_sub(name, n) __atomic_fetch_sub(&metrics.name, (n), __ATOMIC_RELAXED)
#define metric_get(name)    __atomic_load_n(&metrics.name, __ATOMIC_RELAXED)

/* Adds a thread's own tally and zeroes it: a thread that counts much counts in a struct of its own
 * and merges once a turn, so that the shared cache lines stay quiet. */
void metrics_merge(struct metrics *tally);

/* Prometheus text exposition, version 0.0.4. */
MUST_USE bool metrics_text(struct buf *out);

#endif
