#include "http/generalize.h"

#include "base/die.h"

#include <stdlib.h>

/* The name of a value: its parameter, and 0 or the index of a further value. */
struct figure {
	uint8_t param, index;
	uint32_t count;
	int64_t number;  /* the earliest, the least or the greatest */
	__int128 sum;    /* of an average */
	struct str text; /* a copy */
};

/* One device in the interval. */
struct part {
	struct figure *values; /* in JSON order */
	size_t count, room;
	size_t source;
	int64_t time_us; /* of the earliest message */
	bool begun;
};

struct generalizer {
	int64_t interval_us;
	enum generalize_method method;
	bool reverse;
	struct part *parts; /* one a source */
	size_t part_count;
	struct part **begun; /* those that have something; in order once they are taken */
	size_t begun_count, taken;
	int64_t interval; /* its number */
};

bool generalize_method_parse(const char *text, enum generalize_method *out)
{
	static const char *const names[] = {"average", "minimum", "maximum"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum generalize_method)i;
			return true;
		}
	return false;
}

struct generalizer *generalizer_new(
	int64_t interval_us, enum generalize_method method, bool reverse, size_t sources)
{
	struct generalizer *g = xcalloc(1, sizeof *g);
	g->interval_us = interval_us;
	g->method = method;
	g->reverse = reverse;
	g->part_count = sources;
	g->parts = xcalloc(sources, sizeof *g->parts);
	g->begun = xcalloc(sources, sizeof *g->begun);
	for (size_t i = 0; i < sources; i++)
		g->parts[i].source = i;
	return g;
}

static void free_text(struct figure *v)
{
	free((char *)(uintptr_t)v->text.at);
	v->text = (struct str){NULL, 0};
}

static void part_clear(struct part *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_text(&p->values[i]);
	p->count = 0;
}

void generalizer_free(struct generalizer *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->part_count; i++) {
		part_clear(&g->parts[i]);
		free(g->parts[i].values);
	}
	free(g->parts);
	free(g->begun);
	free(g);
}

/* ---- adding ---- */

/* The interval that a time lies in; also right before 1970. */
static int64_t interval_of(const struct generalizer *g, int64_t time_us)
{
	int64_t rest = time_us % g->interval_us;
	return time_us / g->interval_us - (rest < 0);
}

bool generalizer_fits(const struct generalizer *g, int64_t time_us)
{
	return !g->begun_count || interval_of(g, time_us) == g->interval;
}

/* JSON order: by parameter, then by the text of the index: none, 1, 10, 11, ..., 2, 20. */
static unsigned key_of(unsigned param, unsigned index)
{
	return param << 8 | (index < 10 ? index * 20 : index * 2 + 1);
}

/* The value with this name, which is new (count 0) when there was none. */
static struct figure *find_value(struct part *p, unsigned param, unsigned index)
{
	unsigned key = key_of(param, index);
	size_t low = 0, high = p->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (key_of(p->values[middle].param, p->values[middle].index) < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < p->count && key_of(p->values[low].param, p->values[low].index) == key)
		return &p->values[low];
	if (p->count == p->room) {
		p->room = p->room ? p->room * 2 : 32;
		p->values = xrealloc(p->values, p->room * sizeof *p->values);
	}
	struct figure *v = &p->values[low];
	memmove(v + 1, v, (p->count++ - low) * sizeof *v);
	*v = (struct figure){.param = (uint8_t)param, .index = (uint8_t)index};
	return v;
}

static bool is_measured(unsigned param, unsigned index)
{
	static const uint64_t named =
		UINT64_C(1) << PARAM_GSM_CELLID | UINT64_C(1) << PARAM_GSM_LAC |
		UINT64_C(1) << PARAM_GSM_MCC | UINT64_C(1) << PARAM_GSM_MNC |
		UINT64_C(1) << PARAM_POSITION_DIRECTION | UINT64_C(1) << PARAM_TIMESTAMP |
		UINT64_C(1) << PARAM_VEHICLE_STATE_BITMASK;
	return index == 0 && params[param].kind == KIND_NUMBER &&
	       params[param].group != GROUP_SERVICE && !(named >> param & 1);
}

static void keep_text(struct figure *v, struct str text)
{
	if (v->text.at && str_eq(v->text, text))
		return;
	free_text(v);
	char *copy = xmalloc(text.len + 1);
	memcpy(copy, text.at, text.len);
	v->text = (struct str){copy, text.len};
}

static void add_value(
	struct generalizer *g, struct part *p, unsigned param, unsigned index, union value given)
{
	struct figure *v = find_value(p, param, index);
	bool first = v->count++ == 0;
	if (params[param].kind == KIND_TEXT) {
		if (first || g->reverse)
			keep_text(v, given.text);
		return;
	}
	v->sum += given.number;
	bool replaces = g->reverse;
	if (is_measured(param, index) && g->method == GENERALIZE_MINIMUM)
		replaces = given.number < v->number;
	else if (is_measured(param, index) && g->method == GENERALIZE_MAXIMUM)
		replaces = given.number > v->number;
	if (first || replaces)
		v->number = given.number;
}

void generalizer_add(struct generalizer *g, size_t source, const struct message *m)
{
	int64_t time_us = m->value[PARAM_TIMESTAMP].number;
	struct part *p = &g->parts[source];
	if (!g->begun_count)
		g->interval = interval_of(g, time_us);
	if (!p->count)
		g->begun[g->begun_count++] = p;
	if (!p->count || time_us < p->time_us)
		p->time_us = time_us;
	for (uint64_t left = m->present; left; left &= left - 1) {
		unsigned param = (unsigned)__builtin_ctzll(left);
		add_value(g, p, param, 0, m->value[param]);
	}
	for (unsigned i = 0; i < m->more_count; i++) {
		union value value = {.number = m->more[i].number};
		add_value(g, p, m->more[i].param, m->more[i].index, value);
	}
}

/* ---- taking ---- */

static int by_time(const void *a, const void *b)
{
	const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return x->source < y->source ? -1 : 1;
}

/* Rounds half away from zero. */
static int64_t average(__int128 sum, uint32_t count)
{
	return (int64_t)((sum < 0 ? sum - count / 2 : sum + count / 2) / count);
}

static void tell(const struct generalizer *g, const struct part *p, struct message *out)
{
	message_clear(out);
	for (size_t i = 0; i < p->count; i++) {
		const struct figure *v = &p->values[i];
		int64_t number = v->number;
		if (g->method == GENERALIZE_AVERAGE && is_measured(v->param, v->index))
			number = average(v->sum, v->count);
		if (v->index)
			message_more(out, v->param, v->index, number);
		else if (params[v->param].kind == KIND_TEXT)
			message_text(out, v->param, v->text);
		else
			message_number(out, v->param, number);
	}
}

bool generalizer_take(struct generalizer *g, size_t *source, struct message *out)
{
	if (g->taken == 0)
		qsort(g->begun, g->begun_count, sizeof *g->begun, by_time);
	else
		part_clear(g->begun[g->reverse ? g->begun_count - g->taken : g->taken - 1]);
	if (g->taken == g->begun_count) {
		g->taken = g->begun_count = 0;
		return false;
	}
	const struct part *p = g->begun[g->reverse ? g->begun_count - 1 - g->taken : g->taken];
	g->taken++;
	*source = p->source;
	tell(g, p, out);
	return true;
}
