/* api_packets: raw traffic, by ident. A device's packets are those of the ident that it has now. */
#include "base/base64.h"
#include "base/die.h"
#include "base/json.h"
#include "base/order.h"
#include "http/entries.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool packet_json(const struct packet *p, struct buf *out)
{
	return buf_printf(out, "{\"conn\":%" PRIu64, p->connection) &&
	       (!p->bytes.len || (buf_add(out, ",\"data\":\"", 9) && base64_add(out, p->bytes) &&
					 buf_add_char(out, '"'))) &&
	       buf_add(out, ",\"timestamp\":", 13) && json_decimal(out, p->time_us, 6) &&
	       buf_printf(out, ",\"type\":%d}", (int)p->type);
}

static bool take_packet(void *context, const struct packet *p, uint64_t no)
{
	struct entries *e = context;
	size_t start = e->page.len;
	bool is_wanted = !e->channels || bsearch(&p->channel, e->channels, e->channel_count,
						 sizeof *e->channels, order_u32);
	if (is_wanted && !packet_json(p, &e->page))
		e->page.len = start;
	return entries_take(e, no);
}

static bool read_packets(struct entries *e, const struct journal_query *range, struct error *why)
{
	return packets_read(e->context->packets, 0, 0, range, take_packet, e, why);
}

static void answer_packets(struct entries *e, struct answer *a)
{
	/* the same ident on two channels is one key */
	e->key_count = order_unique_u64(e->keys, e->key_count);
	if (e->key_count > ENTRIES_KEYS_MAX) {
		answer_error(a, 400,
			"%zu idents are selected, packets of at most %d can be read at once",
			e->key_count, (int)ENTRIES_KEYS_MAX);
		e->key_count = 0;
	}
	if (!e->context->packets)
		e->key_count = 0;
	e->read = read_packets;
	entries_answer(e, a);
}

/* ---- of devices ---- */

void get_device_packets(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	struct entries *e = entries_of(r, a, &devices, &chosen);
	if (!e)
		return;
	e->keys = xmalloc((chosen.count + 1) * sizeof *e->keys);
	for (size_t i = 0; i < chosen.count; i++) {
		struct device d;
		if (registry_device(r->context->registry, chosen.ids[i], &d) && d.ident)
			e->keys[e->key_count++] = d.ident;
	}
	chosen_clear(&chosen);
	answer_packets(e, a);
}

/* ---- of idents ---- */

struct idents {
	struct entries *entries;
	struct str masks;
	size_t room;
};

static void add_ident(struct idents *l, uint64_t ident)
{
	struct entries *e = l->entries;
	if (e->key_count == l->room) {
		l->room = l->room ? 2 * l->room : 16;
		e->keys = xrealloc(e->keys, l->room * sizeof *e->keys);
	}
	e->keys[e->key_count++] = ident;
}

static void take_ident(void *context, const struct ident_info *info)
{
	struct idents *l = context;
	struct str masks = l->masks;
	char text[24];
	int len = snprintf(text, sizeof text, "%" PRIu64, info->ident);
	bool is_wanted = str_is(masks, "all");
	while (masks.at && !is_wanted)
		is_wanted = str_matches(
			(struct str){text, (size_t)len}, str_trim(str_cut(&masks, ',')));
	if (is_wanted)
		add_ident(l, info->ident);
}

/* Idents as they are need not have been seen: those without a good frame were not. */
static bool take_numbers(struct idents *l)
{
	struct str rest = l->masks;
	while (rest.at) {
		uint64_t ident;
		if (!str_to_u64(str_trim(str_cut(&rest, ',')), &ident))
			return false;
		add_ident(l, ident);
	}
	return true;
}

void get_ident_packets(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	struct entries *e = entries_of(r, a, &channels, &chosen);
	if (!e)
		return;
	struct idents l = {e, r->segment[1], 0};
	if (!take_numbers(&l)) {
		e->key_count = 0;
		for (size_t i = 0; i < chosen.count; i++)
			store_idents(r->context->store, chosen.ids[i], take_ident, &l);
	}
	if (!chosen.count)
		e->key_count = 0;
	e->channels = chosen.ids;
	e->channel_count = chosen.count;
	answer_packets(e, a);
}
