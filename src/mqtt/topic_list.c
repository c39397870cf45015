/* Comma lists: the plain filters that a filter stands for. */
#include "mqtt/topic.h"

#include "base/die.h"

/* Each level has a name or more, so `names` of all levels together are fewer than the filters that they make
 * plus the levels: what does not fit here is too many anyway. */
struct choices {
	struct str names[TOPIC_NAMES_MAX + TOPIC_LEVELS_MAX];
	struct {
		unsigned begin, end, chosen;
	} levels[TOPIC_LEVELS_MAX];
	unsigned name_count, level_count;
};

enum { SEEN = 2048 }; /* a power of two, well above TOPIC_NAMES_MAX */

static bool add_name(struct choices *c, struct str name)
{
	if (c->name_count == TOPIC_NAMES_MAX + TOPIC_LEVELS_MAX)
		return false;
	c->names[c->name_count++] = name;
	return true;
}

/* The names of a list that differ; `seen` are places of names, counted from 1. */
static bool add_list(struct choices *c, struct str list)
{
	uint16_t seen[SEEN] = {0};
	struct str rest = list;
	unsigned begin = c->name_count;
	while (rest.at) {
		uint32_t hash = 2166136261;
		struct str name = str_cut(&rest, ',');
		for (size_t i = 0; i < name.len; i++)
			hash = (hash ^ (unsigned char)name.at[i]) * 16777619;
		uint32_t slot = (hash ^ hash >> 15) % SEEN;
		while (seen[slot] && !str_eq(c->names[seen[slot] - 1], name))
			slot = (slot + 1) % SEEN;
		if (seen[slot])
			continue;
		if (c->name_count - begin == TOPIC_NAMES_MAX || !add_name(c, name))
			return false;
		seen[slot] = (uint16_t)c->name_count;
	}
	return add_name(c, list);
}

static bool collect(struct choices *c, struct str filter)
{
	c->name_count = c->level_count = 0;
	while (filter.at) {
		struct str level = str_cut(&filter, '/');
		bool is_list = level.len && memchr(level.at, ',', level.len);
		if (c->level_count == TOPIC_LEVELS_MAX)
			return false;
		c->levels[c->level_count].begin = c->levels[c->level_count].chosen = c->name_count;
		if (is_list ? !add_list(c, level) : !add_name(c, level))
			return false;
		c->levels[c->level_count++].end = c->name_count;
	}
	return true;
}

static bool has_list(struct str filter)
{
	return filter.len && memchr(filter.at, ',', filter.len);
}

unsigned topic_count(struct str filter)
{
	struct choices c;
	unsigned count = 1;
	if (!has_list(filter))
		return 1;
	if (!collect(&c, filter))
		return 0;
	for (unsigned i = 0; i < c.level_count; i++) {
		count *= c.levels[i].end - c.levels[i].begin;
		if (count > TOPIC_NAMES_MAX)
			return 0;
	}
	return count;
}

static struct str join(const struct choices *c, char out[TOPIC_MAX])
{
	size_t len = 0;
	for (unsigned i = 0; i < c->level_count; i++) {
		struct str name = c->names[c->levels[i].chosen];
		check(len + name.len + (i > 0) <= TOPIC_MAX);
		if (i)
			out[len++] = '/';
		if (name.len)
			memcpy(out + len, name.at, name.len);
		len += name.len;
	}
	return (struct str){out, len};
}

/* The next choice, the last level changing first. False: all have been. */
static bool advance(struct choices *c)
{
	for (unsigned i = c->level_count; i-- > 0; c->levels[i].chosen = c->levels[i].begin)
		if (++c->levels[i].chosen < c->levels[i].end)
			return true;
	return false;
}

bool topic_expand(struct str filter, bool (*each)(void *context, struct str plain), void *context)
{
	struct choices c;
	char plain[TOPIC_MAX];
	if (!has_list(filter))
		return each(context, filter);
	check(collect(&c, filter));
	do {
		if (!each(context, join(&c, plain)))
			return false;
	} while (advance(&c));
	return true;
}
