/* The index finds what topic_matches says, each item once, whatever was added and removed before. Filters and names
 * are random, of few words, so that much matches. SEED=n repeats a run. */
#include "test.h"

#include "mqtt/index_inside.h"

#include <time.h>

static uint64_t random_state;

static unsigned random_below(unsigned end)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 16) % end);
}

enum { TEXT_MAX = 64, FILTERS = 60 };

struct text {
	char at[TEXT_MAX];
	size_t len;
};

static struct str str_text(const struct text *t)
{
	return (struct str){t->at, t->len};
}

/* 1..5 of the words, with / between them. */
static void random_text(struct text *t, const char *const *words, unsigned word_count)
{
	t->len = 0;
	for (unsigned levels = random_below(5) + 1; levels; levels--) {
		const char *word = words[random_below(word_count)];
		memcpy(t->at + t->len, word, strlen(word));
		t->len += strlen(word);
		t->at[t->len++] = '/';
	}
	t->len--;
}

static void random_name(struct text *t)
{
	static const char *const words[] = {"", "a", "a", "b", "b", "$", "$x", "a,b", ","};
	do
		random_text(t, words, sizeof words / sizeof *words);
	while (!topic_check(str_text(t), NULL));
}

static void random_filter(struct text *t)
{
	static const char *const words[] = {
		"", "a", "a", "b", "$", "$x", "+", "+", "#", "a,b", ",", "b,,a,b", "$x,a", "+"};
	struct topic_filter f;
	do
		random_text(t, words, sizeof words / sizeof *words);
	while (!topic_filter_parse(str_text(t), &f, NULL));
}

/* What the standard says of a filter without lists, letter by letter. */
static bool standard_matches(struct str f, struct str n, bool is_first)
{
	if (is_first && n.len && n.at[0] == '$' && f.len && (f.at[0] == '+' || f.at[0] == '#'))
		return false;
	if (!f.len)
		return !n.len;
	if (f.at[0] == '#')
		return true;
	if (!n.len && str_is(f, "/#"))
		return true;
	if (f.at[0] == '+') {
		if (n.len && n.at[0] != '/' && standard_matches(f, str_from(n, 1), false))
			return true;
		return standard_matches(str_from(f, 1), n, false);
	}
	return n.len && f.at[0] == n.at[0] &&
	       standard_matches(str_from(f, 1), str_from(n, 1), false);
}

struct plain_count {
	struct str name;
	unsigned all, matching;
};

static bool count_plain(void *context, struct str plain)
{
	struct plain_count *c = context;
	c->all++;
	c->matching += standard_matches(plain, c->name, true);
	return true;
}

static void a_filter_matches_as_one_of_its_plain_ones(void **state)
{
	(void)state;
	unsigned matching = 0;
	for (int i = 0; i < 20000; i++) {
		struct text filter, name;
		random_filter(&filter);
		random_name(&name);
		struct plain_count c = {.name = str_text(&name)};
		assert_true(topic_expand(str_text(&filter), count_plain, &c));
		assert_int_equal(c.all, topic_count(str_text(&filter)));
		assert_true(c.matching <= 1);
		assert_true(topic_matches(str_text(&filter), c.name) == (c.matching == 1));
		matching += c.matching;
	}
	assert_true(matching > 500);
}

struct entry {
	struct text filter;
	bool is_in;
	unsigned met;
};

static void meet(void *context, void *item)
{
	struct entry *entry = item;
	entry->met++;
	++*(unsigned *)context;
}

/* Exact for the name; for what is below the levels of the name, nothing may be missed. */
static void assert_agrees(const struct index *x, struct entry *entries, struct str name)
{
	unsigned met = 0, expected = 0;
	for (size_t i = 0; i < FILTERS; i++)
		entries[i].met = 0;
	index_match(x, name, meet, &met);
	for (size_t i = 0; i < FILTERS; i++) {
		bool matches =
			entries[i].is_in && topic_matches(str_text(&entries[i].filter), name);
		assert_int_equal(entries[i].met, matches);
		expected += matches;
	}
	assert_int_equal(met, expected);
	assert_true(index_any(x, name) == (expected > 0));
	for (unsigned levels = 1; expected && levels < 6; levels++)
		assert_true(index_any_below(x, topic_levels(name, 0, levels)));
}

static void assert_empty(const struct index *x)
{
	const struct index_node *root = x->root;
	assert_int_equal(x->nodes, 0);
	assert_true(!root->children && !root->item_count && !root->has_plus && !root->has_rest);
	assert_int_equal(x->bucket_count, 16);
	assert_true(index_bytes(x) < 1024);
}

static void it_agrees_while_it_changes(void **state)
{
	(void)state;
	struct entry entries[FILTERS] = {0};
	struct index *x = index_new();
	for (int step = 0; step < 6000; step++) {
		struct text name;
		struct entry *entry = &entries[random_below(FILTERS)];
		if (entry->is_in) {
			index_remove(x, str_text(&entry->filter), entry);
		} else {
			random_filter(&entry->filter);
			index_add(x, str_text(&entry->filter), entry);
		}
		entry->is_in = !entry->is_in;
		random_name(&name);
		assert_agrees(x, entries, str_text(&name));
	}
	for (size_t i = 0; i < FILTERS; i++)
		if (entries[i].is_in)
			index_remove(x, str_text(&entries[i].filter), &entries[i]);
	assert_empty(x);
	index_free(x);
}

static struct str device(struct text *t, unsigned id)
{
	int len = snprintf(t->at, sizeof t->at, "flespi/message/gw/devices/%u", id);
	t->len = (size_t)len;
	return str_text(t);
}

static void names_of_their_own_are_cheap(void **state)
{
	enum { NAMES = 20000, STEP = 7919 }; /* a prime: each id once, in another order */
	(void)state;
	struct text t;
	struct entry entry = {0};
	struct index *x = index_new();
	for (unsigned i = 0; i < NAMES; i++)
		index_add(x, device(&t, 1000000 + i), &entry);
	assert_true(index_bytes(x) / NAMES < 100);
	for (unsigned i = 0; i < NAMES; i++) {
		unsigned met = 0;
		index_match(x, device(&t, 1000000 + i * STEP % NAMES), meet, &met);
		assert_int_equal(met, 1);
		index_remove(x, str_text(&t), &entry);
		assert_false(index_any(x, str_text(&t)));
	}
	assert_empty(x);
	index_free(x);
}

static void one_filter_may_have_many_items(void **state)
{
	enum { ITEMS = 1000, STEP = 7919 };
	(void)state;
	static struct entry entries[ITEMS];
	struct str filter = STR("a/+/x,y/#"), name = STR("a/b/x");
	struct index *x = index_new();
	for (unsigned i = 0; i < ITEMS; i++)
		index_add(x, filter, &entries[i]);
	for (unsigned left = ITEMS; left; left--) {
		unsigned met = 0;
		index_match(x, name, meet, &met);
		assert_int_equal(met, left);
		struct entry *gone = &entries[left * STEP % ITEMS];
		index_remove(x, filter, gone);
		gone->met = 0;
		index_match(x, name, meet, &met);
		assert_int_equal(gone->met, 0);
	}
	assert_empty(x);
	index_free(x);
}

static void what_is_below_is_known(void **state)
{
	static const struct {
		const char *filter, *levels;
		bool any;
	} rows[] = {
		{"flespi/message/gw/devices/5", "flespi/message", true},
		{"flespi/message/gw/devices/5", "flespi", true},
		{"flespi/message/gw/devices/5", "flespi/message/gw/devices/5", true},
		{"flespi/message/gw/devices/5", "flespi/message/gw/devices/5/x", false},
		{"flespi/message/gw/devices/5", "flespi/state", false},
		{"flespi/message/gw/devices/5", "fles", false},
		{"+/message/+/devices/5", "flespi/message", true},
		{"+/message/+/devices/5", "flespi/message/x", true},
		{"+/message/+/devices/5", "flespi/state", false},
		{"flespi/#", "flespi/state/gw", true},
		{"flespi/state,log/gw/#", "flespi/log", true},
		{"flespi/state,log/gw/#", "flespi/message", false},
		{"flespi/message/#", "flespi/message", true},
		{"flespi/message", "flespi/message/gw", false},
		{"#", "flespi/message", true},
		{"#", "$SYS", false},
		{"+/a", "$SYS", false},
		{"$SYS/+", "$SYS", true},
		{"/a", "", true},
		{"a", "", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct index *x = index_new();
		assert_false(index_any_below(x, str_of(rows[i].levels)));
		index_add(x, str_of(rows[i].filter), x);
		bool any = index_any_below(x, str_of(rows[i].levels));
		if (any != rows[i].any)
			print_error("%s below %s\n", rows[i].filter, rows[i].levels);
		assert_true(any == rows[i].any);
		index_free(x);
	}
}

/* As many levels and as long a level as there may be. */
static void the_largest_fit(void **state)
{
	(void)state;
	char slashes[TOPIC_LEVELS_MAX - 1], *level = malloc(TOPIC_MAX);
	struct str deep = {slashes, sizeof slashes}, name = {level, TOPIC_MAX};
	memset(slashes, '/', sizeof slashes);
	memset(level, 'x', TOPIC_MAX);
	struct index *x = index_new();
	index_add(x, deep, x);
	index_add(x, name, x);
	assert_true(index_any(x, deep) && index_any(x, name));
	level[TOPIC_MAX - 1] = 'y';
	assert_false(index_any(x, name));
	level[TOPIC_MAX - 1] = 'x';
	index_remove(x, deep, x);
	assert_false(index_any(x, deep));
	index_remove(x, name, x);
	assert_empty(x);
	index_free(x);
	index_free(NULL);
	free(level);
}

int main(void)
{
	const char *seed = getenv("SEED");
	random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 1000003;
	fprintf(stderr, "# SEED=%ju\n", (uintmax_t)random_state);
	random_state |= 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_matches_as_one_of_its_plain_ones),
		cmocka_unit_test(it_agrees_while_it_changes),
		cmocka_unit_test(names_of_their_own_are_cheap),
		cmocka_unit_test(one_filter_may_have_many_items),
		cmocka_unit_test(what_is_below_is_known),
		cmocka_unit_test(the_largest_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
