#include "mqtt/topic.h"

#include "base/log.h"

enum { QUOTED = 48 }; /* bytes of what a sentence quotes */

static bool check_size(struct str text, const char *what, struct error *e)
{
	if (!text.len)
		return fail(e, "%s is empty", what);
	if (text.len > TOPIC_MAX)
		return fail(
			e, "%s has %zu bytes, at most %d are allowed", what, text.len, TOPIC_MAX);
	if (memchr(text.at, '\0', text.len))
		return fail(e, "%s has a NUL", what);
	return true;
}

static bool check_levels(struct str text, const char *what, struct error *e)
{
	size_t levels = 1;
	for (size_t i = 0; i < text.len; i++)
		levels += text.at[i] == '/';
	if (levels > TOPIC_LEVELS_MAX)
		return fail(e, "%s has %zu levels, at most %d are allowed", what, levels,
			TOPIC_LEVELS_MAX);
	return true;
}

static bool has_wildcard(struct str text)
{
	return text.len && (memchr(text.at, '+', text.len) || memchr(text.at, '#', text.len));
}

bool topic_check(struct str name, struct error *e)
{
	if (!check_size(name, "the topic", e) || !check_levels(name, "the topic", e))
		return false;
	if (has_wildcard(name))
		return fail(e, "the topic has a + or #, which only filters may have");
	return true;
}

static bool check_filter(struct str filter, struct error *e)
{
	if (!check_size(filter, "the filter", e) || !check_levels(filter, "the filter", e))
		return false;
	struct str rest = filter;
	while (rest.at) {
		char quoted[QUOTED];
		struct str level = str_cut(&rest, '/');
		if (str_is(level, "#") && rest.at)
			return fail(e, "the filter has levels behind #");
		if (level.len > 1 && has_wildcard(level))
			return fail(e, "the filter has + or # beside others in the level '%s'",
				escape_bytes(level, quoted, sizeof quoted));
	}
	if (!topic_count(filter))
		return fail(e, "the lists of the filter stand for more than %d filters",
			TOPIC_NAMES_MAX);
	return true;
}

/* A number of levels, or of a level. */
static bool read_number(struct str text, uint64_t from, uint64_t to, unsigned *out, struct error *e)
{
	char quoted[QUOTED];
	uint64_t number;
	if (!str_to_u64(text, &number) || number < from || number > to)
		return fail(e, "the share has '%s' behind a colon, which is not %u..%u",
			escape_bytes(text, quoted, sizeof quoted), (unsigned)from, (unsigned)to);
	*out = (unsigned)number;
	return true;
}

/* name, name:count or name:from:count */
static bool read_share(struct str text, struct topic_filter *out, struct error *e)
{
	struct str rest = text;
	out->is_shared = true;
	out->share = str_cut(&rest, ':');
	if (!out->share.len)
		return fail(e, "the share has no name");
	if (has_wildcard(text))
		return fail(e, "the name of the share has a + or #");
	if (!rest.at)
		return true;
	out->is_sticky = true;
	struct str count = str_cut(&rest, ':');
	if (rest.at) {
		if (!read_number(count, 0, TOPIC_LEVELS_MAX - 1, &out->from, e))
			return false;
		count = rest;
	}
	return read_number(count, 1, TOPIC_LEVELS_MAX, &out->count, e);
}

static bool check_specs(struct str specs, struct error *e)
{
	enum topic_spec kind;
	struct buf value;
	int found, count = 0;
	buf_init(&value, TOPIC_MAX);
	while ((found = topic_spec_next(&specs, &kind, &value, e)) > 0)
		count++;
	buf_clear(&value);
	if (found < 0)
		return false;
	if (count > TOPIC_SPECS_MAX)
		return fail(e, "$filter has %d conditions, at most %d are allowed", count,
			TOPIC_SPECS_MAX);
	return true;
}

/* What stands between `prefix` and the next /, if *rest begins with `prefix`; both are cut off. */
static bool cut_prefix(struct str *rest, const char *prefix, struct str *inside)
{
	if (!rest->at || !str_starts(*rest, prefix))
		return false;
	*rest = str_from(*rest, strlen(prefix));
	*inside = str_cut(rest, '/');
	return true;
}

bool topic_filter_parse(struct str text, struct topic_filter *out, struct error *e)
{
	struct str rest = text, inside;
	*out = (struct topic_filter){0};
	if (!check_size(text, "the filter", e))
		return false;
	if (cut_prefix(&rest, "$share/", &inside) && !read_share(inside, out, e))
		return false;
	if (cut_prefix(&rest, "$filter/", &inside)) {
		out->spec = inside;
		if (!check_specs(inside, e))
			return false;
	}
	if (rest.at && (str_starts(rest, "$share/") || str_starts(rest, "$filter/")))
		return fail(e, "of $share and $filter each stands once, $share first");
	if (!rest.len)
		return fail(e, "no filter stands behind %s", out->spec.at ? "$filter" : "$share");
	out->filter = rest;
	return check_filter(rest, e);
}

bool topic_level_matches(struct str pattern, struct str level)
{
	if (str_is(pattern, "+") || str_eq(pattern, level))
		return true;
	if (!pattern.len || !memchr(pattern.at, ',', pattern.len))
		return false;
	while (pattern.at)
		if (str_eq(str_cut(&pattern, ','), level))
			return true;
	return false;
}

bool topic_matches(struct str filter, struct str name)
{
	if (name.len && name.at[0] == '$' && filter.len &&
		(filter.at[0] == '+' || filter.at[0] == '#'))
		return false;
	while (filter.at) {
		struct str pattern = str_cut(&filter, '/');
		if (str_is(pattern, "#"))
			return true;
		if (!name.at || !topic_level_matches(pattern, str_cut(&name, '/')))
			return false;
		if (!filter.at)
			return !name.at;
	}
	return false;
}

struct str topic_levels(struct str name, unsigned from, unsigned count)
{
	size_t begin = 0, end;
	for (; from && begin < name.len; begin++)
		from -= name.at[begin] == '/';
	if (!count)
		return (struct str){name.at + name.len, 0};
	for (end = begin; end < name.len; end++)
		if (name.at[end] == '/' && !--count)
			break;
	return (struct str){name.at + begin, end - begin};
}
