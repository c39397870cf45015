/* api_command_lists: the commands of devices that wait or are under way, and what became of others. */
#include "http/entries.h"
#include "http/ids.h"
#include "http/queue_print.h"
#include "http/routes.h"

#include "base/die.h"
#include "base/order.h"
#include "core/commands.h"
#include "store/commands.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	PATIENCE_IDS = 10000,    /* that are passed over before the thread is shared with others */
	CANCELED_AT_ONCE = 5000, /* in one commit */
};

/* ---- what waits ---- */

struct walk {
	struct commands *commands; /* may be NULL: nothing waits */
	struct chosen devices;
	uint64_t *asked; /* NULL: all */
	size_t asked_count;
	size_t next_device;
	uint64_t *ids; /* of the device at hand, or those that were asked for */
	size_t count, at;
	uint64_t rows;
	struct page cut;
};

static void walk_free(void *producer)
{
	struct walk *w = producer;
	chosen_clear(&w->devices);
	free(w->asked);
	free(w->ids);
	free(w);
}

static bool is_chosen(const struct chosen *chosen, uint32_t id)
{
	return chosen->count &&
	       bsearch(&id, chosen->ids, chosen->count, sizeof id, order_u32) != NULL;
}

/* The next id; false: there is none any more. */
static bool next_id(struct walk *w, uint64_t *id)
{
	while (w->at == w->count) {
		if (!w->commands || w->asked || w->next_device == w->devices.count)
			return false;
		free(w->ids);
		w->count = commands_of(w->commands, w->devices.ids[w->next_device++], &w->ids);
		w->at = 0;
	}
	*id = w->ids[w->at++];
	return true;
}

static enum item put_waiting(void *producer, struct buf *out, struct error *e)
{
	struct walk *w = producer;
	struct command c;
	uint64_t id;
	for (size_t seen = 0; next_id(w, &id); seen++) {
		if (seen == PATIENCE_IDS) {
			w->at--;
			return ITEM_NONE;
		}
		size_t place = w->cut.count++;
		if (place < w->cut.offset || place - w->cut.offset >= w->cut.limit)
			continue;
		if (!commands_get(w->commands, id, &c))
			continue; /* it has ended meanwhile */
		if (resource_print(&command_resource, &c, w->rows, out))
			return ITEM_PUT;
		fail(e, "command %" PRIu64 " exceeds the answer", id);
		return ITEM_FAILED;
	}
	return ITEM_END;
}

static bool put_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct walk *)producer)->cut, out);
}

/* Those that wait for one of the devices stay; the others become errors. */
static void look_up(struct walk *w, struct answer *a)
{
	struct command c;
	size_t kept = 0;
	for (size_t i = 0; i < w->asked_count; i++) {
		if (w->commands && commands_get(w->commands, w->asked[i], &c) &&
			is_chosen(&w->devices, c.device))
			w->asked[kept++] = w->asked[i];
		else
			answer_denied(a, w->asked[i]);
	}
	a->status = kept || !w->asked_count ? 200 : 403;
	w->ids = w->asked;
	w->asked_count = w->count = kept;
	w->asked = xcalloc(1, sizeof *w->asked);
}

/* NULL: answered already. */
static struct walk *begin(const struct request *r, struct answer *a)
{
	struct walk *w = xcalloc(1, sizeof *w);
	w->commands = r->context->commands;
	a->producer = w;
	a->release = walk_free;
	if (!page_parse(r, a, &w->cut) || !fields_parse(r, a, &command_resource, &w->rows) ||
		!choose(r, a, &devices, r->segment[0], &w->devices) ||
		!big_ids_parse(a, "commands", r->segment[1], &w->asked, &w->asked_count))
		return NULL;
	if (w->asked)
		look_up(w, a);
	return w;
}

void get_commands_queue(const struct request *r, struct answer *a)
{
	if (!begin(r, a))
		return;
	a->next = put_waiting;
	a->tail = put_tail;
}

bool queue_print(struct commands *commands, uint32_t device, struct buf *out)
{
	uint64_t *ids;
	struct command c;
	size_t count = commands ? commands_of(commands, device, &ids) : 0, printed = 0;
	bool done = buf_add_char(out, '[');
	for (size_t i = 0; done && i < count && printed < DEVICE_QUEUE_SHOWN; i++)
		if (commands_get(commands, ids[i], &c))
			done = (!printed++ || buf_add_char(out, ',')) &&
			       resource_print(&command_resource, &c,
				       resource_shown(&command_resource), out);
	if (commands)
		free(ids);
	return done && buf_add_char(out, ']');
}

/* ---- taking out ---- */

static size_t collect(struct walk *w, uint64_t **out)
{
	size_t count = 0, room = 0;
	uint64_t id;
	*out = NULL;
	while (next_id(w, &id)) {
		if (count == room) {
			room = room ? 2 * room : 64;
			*out = xrealloc(*out, room * sizeof **out);
		}
		(*out)[count++] = id;
	}
	return count;
}

/* Those that are not there any more become 0, and errors when they were asked for. False: answered. */
static bool cancel_some(const struct walk *w, uint64_t *ids, size_t count, struct answer *a)
{
	struct error e;
	uint64_t *before = xmalloc(count * sizeof *before);
	memcpy(before, ids, count * sizeof *before);
	bool done = commands_cancel(w->commands, ids, count, &e);
	for (size_t i = 0; done && w->asked && i < count; i++)
		if (!ids[i])
			answer_denied(a, before[i]);
	if (!done)
		answer_error(a, 503, "%s", e.text);
	free(before);
	return done;
}

void delete_commands_queue(const struct request *r, struct answer *a)
{
	struct walk *w = begin(r, a);
	uint64_t *ids;
	if (!w)
		return;
	size_t count = collect(w, &ids), gone = 0;
	for (size_t i = 0; i < count; i += CANCELED_AT_ONCE) {
		size_t some = count - i < CANCELED_AT_ONCE ? count - i : CANCELED_AT_ONCE;
		if (!cancel_some(w, ids + i, some, a))
			break;
		for (size_t n = 0; n < some; n++)
			if (ids[i + n])
				ids[gone++] = ids[i + n];
	}
	if (w->asked && !gone && a->status == 200)
		a->status = 403; /* all that were asked for have ended meanwhile */
	walk_free(w);
	answer_big_ids(a, ids, gone);
}

/* ---- what became of them ---- */

static bool take_result(void *context, const struct command_result *result)
{
	struct entries *e = context;
	struct command c;
	struct error why;
	if (resource_load(&command_resource, result->json, &c, &why)) {
		c.id = result->id;
		c.device = result->device;
		if (!resource_print(
			    &command_resource, &c, resource_shown(&command_resource), &e->page))
			return false;
	}
	e->after_us = result->ended_us;
	return entries_take(e, result->id);
}

static bool read_asked(struct entries *e, struct error *why)
{
	bool is_full = false;
	while (e->asked_next < e->asked_count && !is_full) {
		why->text[0] = '\0';
		if (!store_read_result(
			    e->context->store, e->asked[e->asked_next].id, take_result, e, why) &&
			why->text[0])
			return false;
		e->asked_next++;
		is_full = e->read_count == ENTRIES_PAGE || e->page.len >= ENTRIES_PAGE_BYTES;
	}
	return true;
}

static bool read_results(struct entries *e, const struct journal_query *range, struct error *why)
{
	if (e->asked)
		return read_asked(e, why);
	uint32_t *ids = xmalloc(e->key_count * sizeof *ids);
	for (size_t i = 0; i < e->key_count; i++)
		ids[i] = (uint32_t)e->keys[i];
	struct result_query q = {
		.devices = ids,
		.device_count = e->key_count,
		.from_us = range->from_us,
		.to_us = range->to_us,
		.reverse = range->reverse,
		.count = range->count,
		.after = range->after_no != 0,
		.after_us = e->after_us,
		.after_id = range->after_no,
	};
	bool done = store_read_results(e->context->store, &q, take_result, e, why);
	free(ids);
	return done;
}

struct sought {
	const struct entries *entries;
	bool is_theirs; /* of one of the devices */
	int64_t ended_us;
};

static bool look_at(void *context, const struct command_result *result)
{
	struct sought *s = context;
	uint64_t device = result->device;
	s->is_theirs =
		s->entries->key_count &&
		bsearch(&device, s->entries->keys, s->entries->key_count, sizeof device, order_u64);
	s->ended_us = result->ended_us;
	return false;
}

static int order_ends(const void *a, const void *b)
{
	const struct asked *x = a, *y = b;
	if (x->ended_us != y->ended_us)
		return x->ended_us < y->ended_us ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Their ends may lie far apart, but they are answered in the order of all results. */
static void put_in_order(struct entries *e)
{
	size_t count = e->asked_count;
	qsort(e->asked, count, sizeof *e->asked, order_ends);
	for (size_t i = 0; e->query.reverse && i < count / 2; i++) {
		struct asked first = e->asked[i];
		e->asked[i] = e->asked[count - 1 - i];
		e->asked[count - 1 - i] = first;
	}
}

/* Ids of which there is no result of these devices become errors; what ended outside of the range is
 * passed over. */
static void seek(struct entries *e, const uint64_t *ids, size_t count, struct answer *a)
{
	bool any = false;
	e->asked = xmalloc(count * sizeof *e->asked);
	for (size_t i = 0; i < count; i++) {
		struct sought s = {.entries = e};
		struct error why = {""};
		if (!store_read_result(e->context->store, ids[i], look_at, &s, &why) &&
			why.text[0]) {
			answer_error(a, 503, "%s", why.text);
			e->asked_count = 0;
			return;
		}
		if (!s.is_theirs)
			answer_denied(a, ids[i]);
		else if (s.ended_us >= e->query.from_us && s.ended_us <= e->query.to_us)
			e->asked[e->asked_count++] = (struct asked){s.ended_us, ids[i]};
		any = any || s.is_theirs;
	}
	a->status = any ? 200 : 403;
	put_in_order(e);
}

void get_commands_result(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	uint64_t *ids;
	size_t count;
	struct str selector = r->segment[1].at ? r->segment[1] : (struct str)STR("all");
	commands_settle(r->context->commands); /* whoever missed it in the queue finds it here */
	struct entries *e = entries_of(r, a, &devices, &chosen);
	if (!e)
		return;
	if (chosen.count > ENTRIES_KEYS_MAX)
		answer_error(a, 400,
			"%zu items are selected, results of at most %d can be read at once",
			chosen.count, (int)ENTRIES_KEYS_MAX);
	else if (big_ids_parse(a, "commands", selector, &ids, &count)) {
		e->keys = xmalloc((chosen.count + 1) * sizeof *e->keys);
		for (size_t i = 0; i < chosen.count; i++)
			e->keys[e->key_count++] = chosen.ids[i];
		if (ids)
			seek(e, ids, count, a);
		free(ids);
	}
	e->read = read_results;
	entries_answer(e, a);
	chosen_clear(&chosen);
}
