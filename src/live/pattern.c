#include "live/pattern.h"

void pattern_parse(struct pattern *p, struct str filter)
{
	struct str rest = filter;
	*p = (struct pattern){.count = 0};
	while (rest.at && p->count < TOPIC_LEVELS_MAX) {
		struct str level = str_cut(&rest, '/');
		if (!rest.at && str_is(level, "#"))
			p->is_open = true;
		else
			p->levels[p->count++] = level;
	}
}

bool pattern_fits(const struct pattern *p, size_t i, const char *level)
{
	return i < p->count ? topic_level_matches(p->levels[i], str_of(level)) : p->is_open;
}

bool pattern_reaches(const struct pattern *p, size_t levels)
{
	return p->count == levels || (p->is_open && p->count <= levels);
}
