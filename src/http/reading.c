#include "http/reading.h"

#include "base/die.h"
#include "http/merge.h"

#include <stdlib.h>

struct reading {
	struct store *store;
	struct query query;
	struct record_device *devices; /* one a source */
	uint32_t *ids;
	size_t count;
	bool in_turn;
	size_t turn; /* the source that is read, when they come in turn */
	struct merge *merge;
	struct filter *filter;     /* may be NULL */
	struct generalizer *whole; /* NULL: each message as it is */
	bool taking;               /* from `whole`, which has no room for more */
	bool held;                 /* message and source wait until it has */
	bool ended;
	size_t source;
	uint64_t steps;
	struct message message, made;
	char peer[PEER_TEXT_MAX];
};

/* Pages are as small as what is wanted, until so many records more were read in vain. */
enum { PATIENCE_WITH_SMALL_PAGES = 16 };

/* Copies what the messages of each device need to be told. Gone ones are left out. */
static void copy_devices(
	struct reading *r, const struct context *context, const struct chosen *chosen)
{
	r->devices = xcalloc(chosen->count, sizeof *r->devices);
	r->ids = xcalloc(chosen->count, sizeof *r->ids);
	for (size_t i = 0; i < chosen->count; i++) {
		struct device d;
		if (!registry_device(context->registry, chosen->ids[i], &d))
			continue;
		r->ids[r->count] = d.id;
		r->devices[r->count++] =
			(struct record_device){d.id, d.device_type_id, xstrdup(d.name)};
	}
}

static void begin_turn(struct reading *r)
{
	merge_free(r->merge);
	r->merge = merge_new(r->store, &r->query, &r->ids[r->turn], r->count ? 1 : 0);
}

struct reading *reading_new(const struct context *c, const struct range *range,
	const struct chosen *chosen, struct filter *filter, bool in_turn)
{
	struct reading *r = xcalloc(1, sizeof *r);
	r->store = c->store;
	r->query = (struct query){
		.by = QUERY_DEVICE,
		.from_us = range->from_us ? range->from_us : INT64_MIN,
		.to_us = range->to_us ? range->to_us : INT64_MAX,
		.reverse = range->reverse,
	};
	r->filter = filter;
	r->in_turn = in_turn;
	copy_devices(r, c, chosen);
	if (range->generalize_s)
		r->whole = generalizer_new(
			range->generalize_s * 1000000, range->method, range->reverse, r->count);
	if (in_turn)
		begin_turn(r);
	else
		r->merge = merge_new(r->store, &r->query, r->ids, r->count);
	return r;
}

void reading_free(struct reading *r)
{
	if (!r)
		return;
	merge_free(r->merge);
	generalizer_free(r->whole);
	filter_free(r->filter);
	for (size_t i = 0; i < r->count; i++)
		free(r->devices[i].name);
	free(r->devices);
	free(r->ids);
	free(r);
}

/* Reads one record into message and source. */
static enum item read_record(struct reading *r, uint64_t left, struct error *e)
{
	const struct record *record;
	bool small = left < SIZE_MAX && r->steps < left + PATIENCE_WITH_SMALL_PAGES;
	merge_expect(r->merge, small && !r->whole ? left : SIZE_MAX);
	if (!merge_next(r->merge, &record, &r->source, e))
		return ITEM_FAILED;
	r->steps++;
	if (!record)
		return ITEM_END;
	if (r->in_turn)
		r->source = r->turn;
	if (!record_read(record, &r->devices[r->source], r->peer, &r->message))
		return ITEM_NONE;
	return !r->filter || filter_message(r->filter, &r->message) ? ITEM_PUT : ITEM_NONE;
}

/* The next device, when they come in turn. */
static enum item end_turn(struct reading *r)
{
	if (!r->in_turn || r->turn + 1 >= r->count)
		return ITEM_END;
	r->turn++;
	begin_turn(r);
	return ITEM_NONE;
}

/* What is held goes to the interval that it belongs to, once the one before was taken. */
static enum item add_held(struct reading *r)
{
	r->taking = !generalizer_fits(r->whole, r->message.value[PARAM_TIMESTAMP].number);
	r->held = r->taking;
	if (!r->taking)
		generalizer_add(r->whole, r->source, &r->message);
	return ITEM_NONE;
}

static enum item next_whole(struct reading *r, struct read *out, struct error *e)
{
	size_t source;
	if (r->taking) {
		r->taking = generalizer_take(r->whole, &source, &r->made);
		if (!r->taking)
			return r->ended ? ITEM_END : ITEM_NONE;
		*out = (struct read){&r->made, &r->devices[source]};
		return ITEM_PUT;
	}
	if (r->held)
		return add_held(r);
	enum item item = read_record(r, UINT64_MAX, e);
	if (item == ITEM_PUT)
		return add_held(r);
	if (item == ITEM_END) {
		r->ended = end_turn(r) == ITEM_END;
		r->taking = true;
		return ITEM_NONE;
	}
	return item;
}

enum item reading_next(struct reading *r, uint64_t left, struct read *out, struct error *e)
{
	if (r->whole)
		return next_whole(r, out, e);
	enum item item = read_record(r, left, e);
	if (item == ITEM_END)
		return end_turn(r);
	if (item == ITEM_PUT)
		*out = (struct read){&r->message, &r->devices[r->source]};
	return item;
}
