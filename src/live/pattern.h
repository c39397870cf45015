/* pattern: a filter in levels, to know what need not be made. Inside live/ only. */
#ifndef LIVE_PATTERN_H
#define LIVE_PATTERN_H

#include "mqtt/topic.h"

struct pattern {
	struct str levels[TOPIC_LEVELS_MAX];
	size_t count; /* without the # at the end */
	bool is_open; /* there is one */
};

void pattern_parse(struct pattern *p, struct str filter);

/* Does level number i (from 0) fit, be it beyond an end that is open? */
bool pattern_fits(const struct pattern *p, size_t i, const char *level);

/* Are there names of so many levels that the filter could match? */
bool pattern_reaches(const struct pattern *p, size_t levels);

#endif
