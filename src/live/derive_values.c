/* The latest values of devices, and `position`, the object of all position.*. */
#include "live/derive_inside.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXTS_MAX = 1 << 20, POSITION_MAX = 64 * 1024 };

struct values {
	const struct telling *telling;
	int64_t time_us;     /* those of this time; INT64_MIN: all */
	struct buf position; /* members of the composite */
	int64_t position_us;
	bool is_moved; /* one of them has the time */
};

static void tell_value(struct values *v, const char *name, const struct telemetry_item *item)
{
	if (item->time_us != v->time_us && v->time_us != INT64_MIN)
		return;
	if ((!v->telling->pattern || pattern_fits(v->telling->pattern, 6, name)) &&
		param_json(item->param, item->value, fresh(v->telling->live)))
		derive_tell(v->telling, "telemetry", item->time_us, "/telemetry/%s", name);
}

static void put_position(struct values *v, const char *name, const struct telemetry_item *item)
{
	static const char head[] = "position.";
	if (strncmp(name, head, sizeof head - 1) != 0)
		return;
	v->is_moved = v->is_moved || item->time_us == v->time_us || v->time_us == INT64_MIN;
	if (!v->position.len || item->time_us > v->position_us)
		v->position_us = item->time_us;
	(void)(buf_printf(&v->position, "%c\"%s\":", v->position.len ? ',' : '{',
		       name + sizeof head - 1) &&
		param_json(item->param, item->value, &v->position));
}

struct copy {
	char name[80];
	struct telemetry_item item;
	size_t text_at;
};

/* The store's values are under its lock, and whoever gets ours may ask the store again: copies. */
struct copies {
	struct copy *values;
	size_t count, room;
	struct buf texts;
};

static void copy_value(void *context, const struct telemetry_item *item)
{
	struct copies *c = context;
	if (c->count == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->values = xrealloc(c->values, c->room * sizeof *c->values);
	}
	struct copy *v = &c->values[c->count];
	struct str name = params[item->param].name;
	v->item = *item;
	v->text_at = c->texts.len;
	if (item->index)
		snprintf(
			v->name, sizeof v->name, "%.*s.%u", STR_PRINT(name), (unsigned)item->index);
	else
		snprintf(v->name, sizeof v->name, "%.*s", STR_PRINT(name));
	if (params[item->param].kind != KIND_TEXT || buf_add_str(&c->texts, item->value.text))
		c->count++;
}

static void tell_values(struct values *v, struct copies *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct copy *value = &c->values[i];
		if (params[value->item.param].kind == KIND_TEXT)
			value->item.value.text.at = c->texts.at + value->text_at;
		put_position(v, value->name, &value->item);
		tell_value(v, value->name, &value->item);
	}
	bool is_wanted = !v->telling->pattern || pattern_fits(v->telling->pattern, 6, "position");
	if (v->is_moved && is_wanted &&
		buf_add_str(fresh(v->telling->live), buf_str(&v->position)) &&
		buf_add_char(&v->telling->live->payload, '}'))
		derive_tell(v->telling, "telemetry", v->position_us, "/telemetry/position");
}

void derive_no_values(const struct telling *t, uint64_t which)
{
	struct copies copies = {.values = NULL};
	size_t positions = 0, gone = 0;
	buf_init(&copies.texts, TEXTS_MAX);
	fresh(t->live);
	(void)store_telemetry(t->live->options.store, t->id, copy_value, &copies);
	for (size_t i = 0; i < copies.count; i++) {
		const struct copy *value = &copies.values[i];
		bool goes = which >> value->item.param & 1;
		bool is_position = str_starts(str_of(value->name), "position.");
		positions += is_position;
		gone += is_position && goes;
		if (goes)
			derive_tell(t, "telemetry", 0, "/telemetry/%s", value->name);
	}
	if (gone && gone == positions)
		derive_tell(t, "telemetry", 0, "/telemetry/position");
	free(copies.values);
	buf_clear(&copies.texts);
}

void derive_forgotten(
	struct live *l, uint32_t device, uint64_t which, derive_fn *each, void *context)
{
	const struct telling t = {l, derive_devices, device, NULL, each, context};
	derive_no_values(&t, which);
}

void derive_telemetry(struct live *l, uint32_t device, int64_t time_us, const struct pattern *p,
	derive_fn *each, void *context)
{
	struct telling t = {l, derive_devices, device, p, each, context};
	struct values v = {.telling = &t, .time_us = time_us};
	struct copies copies = {.values = NULL};
	buf_init(&copies.texts, TEXTS_MAX);
	buf_init(&v.position, POSITION_MAX);
	if (store_telemetry(l->options.store, device, copy_value, &copies))
		tell_values(&v, &copies);
	free(copies.values);
	buf_clear(&copies.texts);
	buf_clear(&v.position);
}
