#include "store/telemetry.h"

#include "base/varint.h"

static size_t address_bytes(uint8_t family)
{
	return family == 4 ? 4 : family == 6 ? 16 : 0;
}

size_t peer_pack(const struct peer *peer, char *out)
{
	size_t bytes = address_bytes(peer->family);
	out[0] = (char)peer->family;
	out[1] = (char)(peer->port >> 8);
	out[2] = (char)peer->port;
	memcpy(out + 3, peer->addr, bytes);
	return 3 + bytes;
}

bool peer_unpack(struct str bytes, struct peer *peer)
{
	*peer = (struct peer){0};
	if (bytes.len < 3 || bytes.len != 3 + address_bytes((uint8_t)bytes.at[0]))
		return false;
	peer->family = (uint8_t)bytes.at[0];
	peer->port = (uint16_t)((uint8_t)bytes.at[1] << 8 | (uint8_t)bytes.at[2]);
	memcpy(peer->addr, bytes.at + 3, bytes.len - 3);
	return true;
}

/* Items stand in the order of their JSON names: by parameter, then by index as text, so that 10
 * comes between 1 and 2. */
static unsigned rank_of(unsigned param, unsigned index)
{
	if (index == 0)
		return param << 8;
	unsigned text = index < 10 ? index * 11 : index / 10 * 11 + index % 10 + 1;
	return param << 8 | text;
}

/* ---- reading ---- */

struct reader {
	struct str left;
	int64_t newest_us;
	unsigned next_rank; /* the least that may follow */
	bool is_bad;
};

static void reader_start(struct reader *in, struct str bytes)
{
	uint64_t newest = 0;
	*in = (struct reader){.left = bytes};
	in->is_bad = bytes.len && !get_varint(&in->left, &newest);
	in->newest_us = (int64_t)unzigzag(newest);
}

/* False: no more, or is_bad. */
static bool reader_next(struct reader *in, struct telemetry_item *item)
{
	if (in->is_bad || !in->left.len)
		return false;
	in->is_bad = true;
	if (in->left.len < 2)
		return false;
	item->param = (uint8_t)in->left.at[0];
	item->index = (uint8_t)in->left.at[1];
	in->left = str_from(in->left, 2);
	uint64_t age, value;
	unsigned rank = rank_of(item->param, item->index);
	if (item->param >= PARAM_COUNT || item->index > 99 || rank < in->next_rank ||
		!get_varint(&in->left, &age) || !get_varint(&in->left, &value))
		return false;
	in->next_rank = rank + 1;
	item->time_us = (int64_t)((uint64_t)in->newest_us - age);
	if (params[item->param].kind == KIND_TEXT && item->index == 0) {
		if (value > in->left.len)
			return false;
		item->value.text = str_upto(in->left, value);
		in->left = str_from(in->left, value);
	} else {
		item->value.number = (int64_t)unzigzag(value);
	}
	in->is_bad = false;
	return true;
}

bool telemetry_each(struct str bytes, telemetry_fn *each, void *context)
{
	struct reader in;
	reader_start(&in, bytes);
	struct telemetry_item item;
	while (reader_next(&in, &item)) {
		char room[PEER_TEXT_MAX];
		struct peer peer;
		if (item.param == PARAM_PEER && item.index == 0) {
			if (!peer_unpack(item.value.text, &peer))
				return false;
			item.value.text = peer_text(&peer, room);
		}
		if (each)
			each(context, &item);
	}
	return !in.is_bad;
}

/* ---- writing ---- */

static void put_item(struct buf *out, int64_t newest_us, const struct telemetry_item *item)
{
	check(buf_reserve(out, 2 + 2 * VARINT_MAX));
	char *at = out->at + out->len;
	*at++ = (char)item->param;
	*at++ = (char)item->index;
	at = put_varint(at, (uint64_t)newest_us - (uint64_t)item->time_us);
	bool is_text = params[item->param].kind == KIND_TEXT && item->index == 0;
	at = put_varint(at, is_text ? item->value.text.len : zigzag((uint64_t)item->value.number));
	out->len = (size_t)(at - out->at);
	if (is_text)
		check(buf_add_str(out, item->value.text));
}

/* The items of a message. */
struct items {
	const struct message *m;
	uint64_t left;
	unsigned next_more;
	unsigned next_rank;
};

static bool items_any(struct items *in, struct telemetry_item *item)
{
	const struct message *m = in->m;
	unsigned p = in->left ? (unsigned)__builtin_ctzll(in->left) : PARAM_COUNT;
	if (in->next_more < m->more_count && m->more[in->next_more].param < p) {
		const struct more *more = &m->more[in->next_more++];
		item->param = more->param;
		item->index = more->index;
		item->value.number = more->number;
		return true;
	}
	if (p == PARAM_COUNT)
		return false;
	in->left &= in->left - 1;
	item->param = (uint8_t)p;
	item->index = 0;
	item->value = m->value[p];
	return true;
}

/* In order: an item that stands at a wrong place in the message is left out. */
static bool items_next(struct items *in, struct telemetry_item *item)
{
	while (items_any(in, item)) {
		unsigned rank = rank_of(item->param, item->index);
		if (rank >= in->next_rank) {
			in->next_rank = rank + 1;
			return true;
		}
	}
	return false;
}

static bool unpack(const struct record *r, char *peer, struct message *m)
{
	if (!record_unpack(r, m))
		return false;
	if (r->origin.peer.family)
		message_text(m, PARAM_PEER, (struct str){peer, peer_pack(&r->origin.peer, peer)});
	return true;
}

bool telemetry_merge(
	struct str old, const struct record *r, struct message *scratch, struct buf *out)
{
	char peer[PEER_BYTES_MAX];
	struct reader was;
	reader_start(&was, old);
	if (was.is_bad || !unpack(r, peer, scratch))
		return false;
	int64_t newest_us = !old.len || r->time_us > was.newest_us ? r->time_us : was.newest_us;
	out->len = 0;
	add_varint(out, zigzag((uint64_t)newest_us));
	struct items is = {.m = scratch, .left = scratch->present};
	struct telemetry_item a, b = {.time_us = r->time_us};
	bool has_a = reader_next(&was, &a), has_b = items_next(&is, &b);
	while (has_a || has_b) {
		unsigned rank_a = has_a ? rank_of(a.param, a.index) : UINT32_MAX;
		unsigned rank_b = has_b ? rank_of(b.param, b.index) : UINT32_MAX;
		bool take_a = rank_a < rank_b || (rank_a == rank_b && a.time_us > b.time_us);
		put_item(out, newest_us, take_a ? &a : &b);
		if (rank_a <= rank_b)
			has_a = reader_next(&was, &a);
		if (rank_b <= rank_a)
			has_b = items_next(&is, &b);
	}
	return !was.is_bad;
}

bool telemetry_forget(struct str old, uint64_t forgotten, struct buf *out)
{
	struct reader in;
	struct telemetry_item item;
	reader_start(&in, old);
	out->len = 0;
	if (old.len && !in.is_bad)
		add_varint(out, zigzag((uint64_t)in.newest_us));
	while (reader_next(&in, &item))
		if (!(forgotten >> item.param & 1))
			put_item(out, in.newest_us, &item);
	return !in.is_bad;
}
