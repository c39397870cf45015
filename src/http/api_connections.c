/* api_connections: the connections that trackers have now, of channels or of devices; a device's are
 * those of its ident. Answers are made a page of the gate at a time. */
#include "http/items.h"

#include "base/die.h"
#include "core/connection_form.h"
#include "http/access.h"
#include "http/ids.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- which ones ---- */

enum { PAGE = 256 };

struct walk {
	const struct context *context;
	const struct token *token;
	struct chosen owners; /* channels or devices */
	bool of_devices;
	uint64_t *ids; /* those that were asked for by id, rising; NULL: all */
	size_t id_count;

	uint64_t after; /* id of the last one */
	struct connection page[PAGE];
	size_t at, count; /* of the page */
	bool ended;

	uint64_t rows;
	struct page cut;
};

static bool is_chosen(const struct chosen *chosen, uint32_t id)
{
	size_t low = 0, high = chosen->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (chosen->ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return id && low < chosen->count && chosen->ids[low] == id;
}

static bool is_owned(const struct walk *w, const struct connection *c)
{
	if (!w->of_devices)
		return is_chosen(&w->owners, c->channel);
	return c->ident &&
	       is_chosen(&w->owners, registry_device_of(w->context->registry, c->ident));
}

/* One owner alone need not be looked for among all connections. */
static void narrow(const struct walk *w, uint32_t *channel, uint64_t *ident)
{
	struct device device;
	*channel = 0;
	*ident = 0;
	if (w->owners.count != 1)
		return;
	if (!w->of_devices)
		*channel = w->owners.ids[0];
	else if (registry_device(w->context->registry, w->owners.ids[0], &device))
		*ident = device.ident;
}

/* The next page of connections. False: there are no more. */
static bool turn(struct walk *w)
{
	const struct connections *all = w->context->connections;
	uint32_t channel;
	uint64_t ident;
	narrow(w, &channel, &ident);
	w->at = w->count = 0;
	if (all && w->owners.count)
		w->count = all->list(all->context, channel, ident, w->after, w->page, PAGE);
	if (w->count)
		w->after = w->page[w->count - 1].id;
	return w->count != 0;
}

/* The connection with this id, if it is one of the owners'. */
static bool find(const struct walk *w, uint64_t id, struct connection *out)
{
	const struct connections *all = w->context->connections;
	return all && id && all->list(all->context, 0, 0, id - 1, out, 1) == 1 && out->id == id &&
	       is_owned(w, out);
}

/* ITEM_PUT: *out is the next one. */
static enum item step(struct walk *w, struct connection *out)
{
	if (w->ids) {
		while (w->at < w->id_count)
			if (find(w, w->ids[w->at++], out))
				return ITEM_PUT;
		return ITEM_END;
	}
	while (w->at < w->count || turn(w)) {
		while (w->at < w->count)
			if (is_owned(w, &w->page[w->at++])) {
				*out = w->page[w->at - 1];
				return ITEM_PUT;
			}
		if (w->count == PAGE)
			return ITEM_NONE;
	}
	return ITEM_END;
}

/* ---- the answer ---- */

static bool print(const struct walk *w, const struct connection *c, struct buf *out)
{
	uint32_t device = c->ident ? registry_device_of(w->context->registry, c->ident) : 0;
	bool sees = w->of_devices ||
		    access_reads(w->token, &device_resource, (struct str)STR(""), device);
	struct connection_form form;
	connection_form_make(c, sees ? device : 0, &form);
	return resource_print(&connection_resource, &form, w->rows, out);
}

/* Those beside the asked part are only counted. */
static enum item put_next(void *producer, struct buf *out, struct error *e)
{
	struct walk *w = producer;
	struct connection c;
	enum item item;
	while ((item = step(w, &c)) == ITEM_PUT) {
		size_t place = w->cut.count++;
		if (place >= w->cut.offset && place - w->cut.offset < w->cut.limit) {
			if (print(w, &c, out))
				return ITEM_PUT;
			fail(e, "the connection exceeds the answer");
			return ITEM_FAILED;
		}
		if (!w->ids && w->at == PAGE)
			return ITEM_NONE; /* a page is work enough */
	}
	return item;
}

static bool put_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct walk *)producer)->cut, out);
}

static void walk_free(void *producer)
{
	struct walk *w = producer;
	chosen_clear(&w->owners);
	free(w->ids);
	free(w);
}

/* Those that exist stay in w->ids, the others become errors. False: none does. */
static bool look_up(struct walk *w, struct answer *a)
{
	struct connection c;
	size_t kept = 0;
	for (size_t i = 0; i < w->id_count; i++) {
		if (find(w, w->ids[i], &c))
			w->ids[kept++] = w->ids[i];
		else
			answer_denied(a, w->ids[i]);
	}
	w->id_count = kept;
	a->status = kept ? 200 : 403; /* what exists is answered, the errors stand beside */
	return kept != 0;
}

/* False: answered already. */
static bool parse_ids(struct walk *w, struct answer *a, struct str text)
{
	return big_ids_parse(a, "connections", text, &w->ids, &w->id_count) &&
	       (!w->ids || look_up(w, a));
}

/* NULL: answered already. */
static struct walk *begin(const struct request *r, struct answer *a, bool of_devices)
{
	struct walk *w = xcalloc(1, sizeof *w);
	w->context = r->context;
	w->token = r->token;
	w->of_devices = of_devices;
	a->producer = w;
	a->release = walk_free;
	bool done = page_parse(r, a, &w->cut) &&
		    fields_parse(r, a, &connection_resource, &w->rows) &&
		    choose(r, a, of_devices ? &devices : &channels, r->segment[0], &w->owners) &&
		    parse_ids(w, a, r->segment[1]);
	return done ? w : NULL;
}

static void get_connections(const struct request *r, struct answer *a, bool of_devices)
{
	if (!begin(r, a, of_devices))
		return;
	a->next = put_next;
	a->tail = put_tail;
}

/* All are closed before the answer begins: it must not depend on how much of it is read. */
static void delete_connections(const struct request *r, struct answer *a, bool of_devices)
{
	struct walk *w = begin(r, a, of_devices);
	const struct connections *all = r->context->connections;
	struct connection c;
	uint64_t *closed = NULL;
	size_t count = 0, room = 0;
	enum item item;
	while (w && (item = step(w, &c)) != ITEM_END) {
		if (item != ITEM_PUT || !all->close(all->context, c.id, CLOSE_BY_USER))
			continue;
		if (count == room) {
			room = room ? room * 2 : 64;
			closed = xrealloc(closed, room * sizeof *closed);
		}
		closed[count++] = c.id;
	}
	if (!w)
		return;
	walk_free(w);
	answer_big_ids(a, closed, count);
}

void get_channel_connections(const struct request *r, struct answer *a)
{
	get_connections(r, a, false);
}

void delete_channel_connections(const struct request *r, struct answer *a)
{
	delete_connections(r, a, false);
}

void get_device_connections(const struct request *r, struct answer *a)
{
	get_connections(r, a, true);
}

void delete_device_connections(const struct request *r, struct answer *a)
{
	delete_connections(r, a, true);
}
