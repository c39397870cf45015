/* api_idents: the idents that channels have seen, registered or not, and why one is without a
 * device. */
#include "http/items.h"
#include "http/openapi.h"

#include "base/die.h"
#include "base/json.h"
#include "http/access.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- one ident ---- */

struct seen {
	struct ident_info info;
	uint32_t channel;
};

/* What a row is printed from. */
struct row {
	uint64_t ident, size, messages;
	int64_t last_us;
	uint32_t channel;
	char peer[PEER_TEXT_MAX];
	uint32_t device;  /* 0: none */
	char reason[200]; /* empty: it is assigned */
};

static bool print_device(const void *object, struct buf *out)
{
	uint32_t device = ((const struct row *)object)->device;
	return device ? buf_printf(out, "%" PRIu32, device) : buf_add(out, "null", 4);
}

static bool print_reason(const void *object, struct buf *out)
{
	const char *reason = ((const struct row *)object)->reason;
	return *reason ? json_string(out, str_of(reason)) : buf_add(out, "null", 4);
}

/* clang-format off */
#define ROW(member, path, kind, use, text) FIELD(struct row, member, path, kind, use, 0, 0, text)
static const struct field fields[] = {
	ROW(channel, "channel_id", FIELD_NUMBER, 0, "Number of the channel"),
	ROW(ident, "ident", FIELD_IDENT, FIELD_SHOWN, "The ident"),
	ROW(size, "size", FIELD_NUMBER, FIELD_SHOWN, "Bytes of its messages"),
	ROW(messages, "messages", FIELD_NUMBER, FIELD_SHOWN, "Number of its messages"),
	ROW(last_us, "last", FIELD_TIME, FIELD_SHOWN, "Time of the last one, seconds since 1970"),
	ROW(peer, "peer", FIELD_TEXT, FIELD_SHOWN, "Address that the last one came from"),
	FIELD_OF_FUNCTION("device_id", FIELD_SHOWN, print_device, "integer null", "Number of its device; null: none"),
	FIELD_OF_FUNCTION("reason", FIELD_SHOWN, print_reason, "string null", "Why its messages go to no device; null: they do"),
};
#undef ROW
/* clang-format on */

const struct resource ident_resource = {
	"ident", fields, sizeof fields / sizeof *fields, sizeof(struct row), NULL, false};

static bool is_listed(const char *list, struct str ident)
{
	struct str rest = str_of(list);
	while (rest.len)
		if (str_matches(ident, str_cut(&rest, ',')))
			return true;
	return false;
}

static void explain(struct registry *r, const struct channel *c, struct row *row)
{
	char ident[24], *why = row->reason;
	enum { ROOM = sizeof row->reason };
	struct device d;
	snprintf(ident, sizeof ident, "%" PRIu64, row->ident);
	if (c && is_listed(c->blocked_idents, str_of(ident)))
		snprintf(why, ROOM, "channel %" PRIu32 " blocks ident %s", c->id, ident);
	else if (c && *c->allowed_idents && !is_listed(c->allowed_idents, str_of(ident)))
		snprintf(why, ROOM, "channel %" PRIu32 " does not allow ident %s", c->id, ident);
	else if (!row->device && c && c->auto_devices)
		snprintf(why, ROOM, "the next message of ident %s will register a device", ident);
	else if (!row->device)
		snprintf(why, ROOM, "no device has configuration.ident %s", ident);
	else if (registry_device(r, row->device, &d) && !d.enabled)
		snprintf(why, ROOM, "its device is disabled");
}

/* ---- the list ---- */

struct idents {
	const struct context *context;
	const struct token *token;
	struct str masks; /* view into the request; used while the list is made */
	uint32_t channel; /* whose idents come in */
	struct seen *list;
	size_t count, room, next, end;
	struct page page;
	uint64_t rows;
	struct channel of; /* of the ident that was printed last; id 0: none yet */
};

static bool is_wanted(struct str masks, uint64_t ident)
{
	char room[24];
	int len = snprintf(room, sizeof room, "%" PRIu64, ident);
	if (str_is(masks, "all"))
		return true;
	while (masks.at)
		if (str_matches((struct str){room, (size_t)len}, str_trim(str_cut(&masks, ','))))
			return true;
	return false;
}

static void take_ident(void *context, const struct ident_info *info)
{
	struct idents *l = context;
	if (!is_wanted(l->masks, info->ident))
		return;
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->list = xrealloc(l->list, l->room * sizeof *l->list);
	}
	l->list[l->count++] = (struct seen){*info, l->channel};
}

static int by_ident(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;
	if (x->info.ident != y->info.ident)
		return x->info.ident < y->info.ident ? -1 : 1;
	return x->channel < y->channel ? -1 : x->channel > y->channel;
}

static bool ident_print(struct idents *l, const struct seen *seen, struct buf *out)
{
	struct registry *registry = l->context->registry;
	struct row row = {
		.ident = seen->info.ident,
		.size = seen->info.bytes,
		.messages = seen->info.count,
		.last_us = seen->info.last_us,
		.channel = seen->channel,
		.device = registry_device_of(registry, seen->info.ident),
	};
	char room[PEER_TEXT_MAX];
	snprintf(row.peer, sizeof row.peer, "%.*s", STR_PRINT(peer_text(&seen->info.peer, room)));
	if (l->of.id != seen->channel && !registry_channel(registry, seen->channel, &l->of))
		l->of.id = 0; /* deleted meanwhile */
	explain(registry, l->of.id ? &l->of : NULL, &row);
	if (!access_reads(l->token, &device_resource, (struct str)STR(""), row.device))
		row.device = 0;
	return resource_print(&ident_resource, &row, l->rows, out);
}

static enum item next_ident(void *producer, struct buf *out, struct error *e)
{
	struct idents *l = producer;
	if (l->next == l->end)
		return ITEM_END;
	if (ident_print(l, &l->list[l->next++], out))
		return ITEM_PUT;
	fail(e, "the list of idents exceeds the answer");
	return ITEM_FAILED;
}

static bool idents_tail(void *producer, struct buf *out)
{
	return page_print(&((const struct idents *)producer)->page, out);
}

static void idents_release(void *producer)
{
	struct idents *l = producer;
	free(l->list);
	free(l);
}

void get_idents(const struct request *r, struct answer *a)
{
	struct idents *l = xcalloc(1, sizeof *l);
	struct chosen chosen;
	l->context = r->context;
	l->token = r->token;
	l->masks = r->segment[1];
	a->producer = l;
	a->release = idents_release;
	if (!page_parse(r, a, &l->page) || !fields_parse(r, a, &ident_resource, &l->rows) ||
		!choose(r, a, &channels, r->segment[0], &chosen))
		return;
	for (size_t i = 0; i < chosen.count; i++) {
		l->channel = chosen.ids[i];
		store_idents(r->context->store, l->channel, take_ident, l);
	}
	chosen_clear(&chosen);
	if (l->count)
		qsort(l->list, l->count, sizeof *l->list, by_ident);
	l->end = page_cut(&l->page, l->count, &l->next);
	l->end += l->next;
	a->next = next_ident;
	a->tail = idents_tail;
}
