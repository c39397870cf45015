/* api_idents: the idents that channels have seen, registered or not. */
#include "http/items.h"

#include "base/die.h"
#include "base/json.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct idents {
	const struct context *context;
	struct str masks; /* view into the request; used while the list is made */
	struct ident_info *list;
	size_t count, room, next, end;
	struct page page;
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
	l->list[l->count++] = *info;
}

static int by_ident(const void *a, const void *b)
{
	uint64_t x = ((const struct ident_info *)a)->ident,
		 y = ((const struct ident_info *)b)->ident;
	return x < y ? -1 : x > y;
}

static bool ident_print(const struct idents *l, const struct ident_info *i, struct buf *out)
{
	char room[PEER_TEXT_MAX];
	uint32_t device = registry_device_of(l->context->registry, i->ident);
	return buf_printf(out,
		       "{\"ident\":\"%" PRIu64 "\",\"size\":%" PRIu64 ",\"count\":%" PRIu64
		       ",\"last_active\":",
		       i->ident, i->bytes, i->count) &&
	       json_decimal(out, i->last_us, 6) && buf_add(out, ",\"peer\":", 8) &&
	       json_string(out, peer_text(&i->peer, room)) &&
	       (device ? buf_printf(out, ",\"device_id\":%" PRIu32 "}", device)
		       : buf_printf(out, ",\"device_id\":null}"));
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
	l->masks = r->segment[1];
	a->producer = l;
	a->release = idents_release;
	if (!page_parse(r, a, &l->page) || !choose(r, a, &channels, r->segment[0], &chosen))
		return;
	for (size_t i = 0; i < chosen.count; i++)
		store_idents(r->context->store, chosen.ids[i], take_ident, l);
	chosen_clear(&chosen);
	if (l->count)
		qsort(l->list, l->count, sizeof *l->list, by_ident);
	l->end = page_cut(&l->page, l->count, &l->next);
	l->end += l->next;
	a->next = next_ident;
	a->tail = idents_tail;
}
