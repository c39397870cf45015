#include "core/metrics.h"

#include <inttypes.h>

struct metrics metrics;

void metrics_merge(struct metrics *tally)
{
#define COUNTER(name, kind, text)                                                                  \
	if (tally->name)                                                                           \
		metric_add(name, tally->name);
#include "core/counters.def"
#undef COUNTER
	*tally = (struct metrics){0};
}

bool metrics_text(struct buf *out)
{
	static const struct {
		const char *name, *help;
		enum metric_kind kind;
		const uint64_t *value;
	} rows[] = {
#define COUNTER(name, kind, text) {#name, text, kind, &metrics.name},
#include "core/counters.def"
#undef COUNTER
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool counter = rows[i].kind == METRIC_COUNTER;
		const char *suffix = counter ? "_total" : "";
		if (!buf_printf(out,
			    "# HELP cantrack_%s%s %s\n# TYPE cantrack_%s%s %s\n"
			    "cantrack_%s%s %" PRIu64 "\n",
			    rows[i].name, suffix, rows[i].help, rows[i].name, suffix,
			    counter ? "counter" : "gauge", rows[i].name, suffix,
			    __atomic_load_n(rows[i].value, __ATOMIC_RELAXED)))
			return false;
	}
	return true;
}
