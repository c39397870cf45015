#include "model/acl_topic.h"

#include "mqtt/topic.h"

static bool is_flespis(struct str topic)
{
	return str_is(str_cut(&topic, '/'), "flespi");
}

bool acl_topic_check(struct str granted, struct error *e)
{
	struct topic_filter parsed;
	if (granted.len > ACL_TOPIC_MAX)
		return fail(e, "the topic has %zu bytes, the limit is %d", granted.len,
			(int)ACL_TOPIC_MAX);
	if (is_flespis(granted))
		return fail(e, "topics of flespi/ are granted by entries of their items, such as "
			       "gw/devices");
	if (granted.len && granted.at[0] == '$')
		return fail(e, "a topic that begins with $ cannot be granted");
	if (granted.len && memchr(granted.at, ',', granted.len))
		return fail(e, "a topic must have no comma: each needs an entry of its own");
	return topic_filter_parse(granted, &parsed, e);
}

bool acl_topic_matches(struct str granted, struct str name)
{
	return !is_flespis(name) && topic_matches(granted, name);
}

static bool is_wildcard(struct str level)
{
	return str_is(level, "+") || str_is(level, "#");
}

/* Of the first level: a wildcard stands neither for names with $, nor here for flespi. */
static bool may_begin(struct str level)
{
	struct str rest = level;
	while (rest.at)
		if (str_starts(str_cut(&rest, ','), "$"))
			return false;
	return is_wildcard(level) || !topic_level_matches(level, str_of("flespi"));
}

bool acl_topic_covers(struct str granted, struct str filter)
{
	struct str first = filter;
	if (!may_begin(str_cut(&first, '/')))
		return false;
	while (granted.at && filter.at) {
		struct str have = str_cut(&granted, '/'), want = str_cut(&filter, '/');
		if (str_is(have, "#"))
			return true;
		if (str_is(want, "#") || (!str_is(have, "+") && !str_eq(have, want)))
			return false;
	}
	/* own/# grants own, too */
	return !filter.at && (!granted.at || str_is(granted, "#"));
}
