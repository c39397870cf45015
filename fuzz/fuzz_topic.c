/* Filters and names: the input is the text of a subscription, NUL, the name of a topic. A text is refused with a
 * sentence, or its parts lie in it, its conditions can be read, and the index says of it what topic_matches does. */
#include "fuzz.h"

#include "mqtt/index.h"

static void check_specs(struct str specs)
{
	struct str whole = specs;
	struct buf value;
	struct error e = {""};
	enum topic_spec kind;
	int count = 0, found;
	buf_init(&value, TOPIC_MAX);
	while ((found = topic_spec_next(&specs, &kind, &value, &e)) > 0) {
		CHECK(++count <= TOPIC_SPECS_MAX && value.len > 0 && value.len < whole.len);
		CHECK(!memchr(value.at, '\0', value.len));
		CHECK(!specs.at || lies_in(specs, whole));
	}
	CHECK(found == 0 && !specs.at && (count > 0) == (whole.at != NULL));
	buf_clear(&value);
}

static void check_parsed(const struct topic_filter *f, struct str text)
{
	CHECK(lies_in(f->share, text) && lies_in(f->spec, text) && lies_in(f->filter, text));
	CHECK(f->is_shared == (f->share.len > 0) && f->is_sticky == (f->count > 0));
	CHECK(f->is_shared || !f->is_sticky);
	CHECK(f->from < TOPIC_LEVELS_MAX && f->count <= TOPIC_LEVELS_MAX);
	CHECK(f->filter.len > 0 && f->filter.at + f->filter.len == text.at + text.len);
	check_specs(f->spec);
}

struct places {
	struct index *index;
	struct str name;
	unsigned count, matching;
};

static bool has_comma(struct str text)
{
	return text.len && memchr(text.at, ',', text.len);
}

/* A plain filter is a filter, unless it is empty or begins with a name that means more alone; one with a comma is left out where a name has none. */
static bool check_plain(void *context, struct str plain)
{
	struct places *p = context;
	struct topic_filter f;
	p->count++;
	CHECK(!plain.len || plain.at[0] == '$' ||
		(topic_filter_parse(plain, &f, NULL) && str_eq(f.filter, plain)));
	p->matching += !has_comma(plain) && topic_matches(plain, p->name);
	return true;
}

static void count_item(void *context, void *item)
{
	(void)item;
	++*(unsigned *)context;
}

static void check_index(struct index *x, struct str filter, struct str name, bool others)
{
	unsigned met = 0, expected = topic_matches(filter, name) + others;
	index_add(x, filter, x);
	index_match(x, name, count_item, &met);
	CHECK(met == expected && index_any(x, name) == (met > 0));
	for (unsigned levels = 1; met && levels <= TOPIC_LEVELS_MAX; levels++)
		CHECK(index_any_below(x, topic_levels(name, 0, levels)));
	index_remove(x, filter, x);
	CHECK(index_any(x, name) == others);
}

/* The name is a filter as well when nothing in it is more than a name to a filter. */
static void check_both(struct str filter, struct str name)
{
	struct topic_filter f;
	struct index *x = index_new();
	size_t bytes = index_bytes(x);
	check_index(x, filter, name, false);
	if (topic_filter_parse(name, &f, NULL) && str_eq(f.filter, name)) {
		CHECK(topic_matches(name, name));
		index_add(x, name, x);
		check_index(x, filter, name, true);
		index_remove(x, name, x);
		CHECK(!index_any(x, name));
	}
	CHECK(index_bytes(x) <= bytes + 16 * sizeof(void *)); /* a little room may stay */
	index_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str name = {(const char *)data, size};
	struct str text = str_cut(&name, '\0');
	struct topic_filter f;
	struct error e = {""};
	if (!name.at)
		name = (struct str){"", 0};
	bool is_name = topic_check(name, &e);
	CHECK(is_name == !e.text[0]);
	e.text[0] = '\0';
	if (!topic_filter_parse(text, &f, &e)) {
		CHECK(e.text[0]);
		return 0;
	}
	CHECK(!e.text[0]);
	check_parsed(&f, text);
	struct places p = {.name = name};
	CHECK(topic_expand(f.filter, check_plain, &p));
	CHECK(p.count == topic_count(f.filter) && p.count <= TOPIC_NAMES_MAX && p.matching <= 1);
	if (!is_name)
		return 0;
	CHECK(has_comma(name) || topic_matches(f.filter, name) == (p.matching == 1));
	check_both(f.filter, name);
	return 0;
}
