#include "store/columns.h"

#include "base/varint.h"
#include "store/columns_format.h"
#include "store/map.h"
#include "store/steps.h"

#include <stdlib.h>
#include <zstd.h>

enum { TEXTS_SEARCHED = 16, SHAPES_SEARCHED = 256, ROWS_BELOW = 1 << 10 };

struct texts {
	struct str *at;
	size_t count, room;
};

struct encoder {
	struct buf planes[STREAM_COUNT][PLANES], head;
	bool is_rows; /* everything goes to planes[0][0] */
	uint8_t steps[PARAM_COUNT];
	struct origin *origins; /* by number, with their tracks */
	struct track *tracks;
	size_t origin_count, origin_room;
	struct map newest; /* (ident, channel) -> number + 1 of its latest origin */
	uint64_t *shapes;
	size_t shape_count, shape_room;
	struct texts texts[PARAM_COUNT];
	int64_t last_more[PARAM_COUNT];
	struct record before;
	size_t origin_before;
	struct message message;
	ZSTD_CCtx *zstd;
};

struct encoder *encoder_new(void)
{
	struct encoder *n = xcalloc(1, sizeof *n);
	for (int i = 0; i < STREAM_COUNT * PLANES; i++)
		buf_init(&n->planes[i / PLANES][i % PLANES], COLUMNS_BLOB_MAX);
	buf_init(&n->head, 4096);
	n->zstd = ZSTD_createCCtx();
	check(n->zstd);
	return n;
}

void encoder_free(struct encoder *n)
{
	if (!n)
		return;
	for (int i = 0; i < STREAM_COUNT * PLANES; i++)
		buf_clear(&n->planes[i / PLANES][i % PLANES]);
	for (int p = 0; p < PARAM_COUNT; p++)
		free(n->texts[p].at);
	buf_clear(&n->head);
	map_clear(&n->newest);
	free(n->origins);
	free(n->tracks);
	free(n->shapes);
	ZSTD_freeCCtx(n->zstd);
	free(n);
}

static void start(struct encoder *n)
{
	for (int i = 0; i < STREAM_COUNT * PLANES; i++)
		n->planes[i / PLANES][i % PLANES].len = 0;
	memset(n->steps, 0, sizeof n->steps);
	for (int p = 0; p < PARAM_COUNT; p++)
		n->texts[p].count = 0;
	memset(n->last_more, 0, sizeof n->last_more);
	n->head.len = 0;
	n->origin_count = n->shape_count = n->origin_before = 0;
	n->before = (struct record){0};
	map_empty(&n->newest);
}

/* Makes room for one element more in an array. */
static void *grown(void *array, size_t count, size_t *room, size_t bytes)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 16;
	return xrealloc(array, *room * bytes);
}

static void put(struct encoder *n, int stream, uint64_t value)
{
	struct buf *plane = n->planes[stream], *last = plane + PLANES - 1;
	if (n->is_rows) {
		add_varint(&n->planes[0][0], value);
		return;
	}
	for (; value >= 0x80; value >>= 7) {
		add_byte(plane, value | 0x80);
		plane += plane < last;
	}
	add_byte(plane, value);
}

static void put_difference(struct encoder *n, int stream, int64_t value, int64_t last)
{
	put(n, stream, zigzag((uint64_t)value - (uint64_t)last));
}

/* ---- origins ---- */

static bool is_same_origin(const struct origin *a, const struct origin *b)
{
	return a->ident == b->ident && a->channel == b->channel && a->device == b->device &&
	       memcmp(a->vendor, b->vendor, sizeof a->vendor) == 0 &&
	       a->peer.port == b->peer.port && a->peer.family == b->peer.family &&
	       memcmp(a->peer.addr, b->peer.addr, sizeof a->peer.addr) == 0;
}

static void put_new_origin(struct encoder *n, const struct origin *o)
{
	const struct origin *last = &n->before.origin;
	put_difference(n, STREAM_NEW_IDENT, (int64_t)o->ident, (int64_t)last->ident);
	put_difference(n, STREAM_NEW_CHANNEL, o->channel, last->channel);
	put_difference(n, STREAM_NEW_DEVICE, o->device, last->device);
	for (size_t i = 0; i < sizeof o->vendor; i++)
		put(n, STREAM_NEW_VENDOR, (uint8_t)o->vendor[i]);
	put(n, STREAM_NEW_PEER, o->peer.family);
	put(n, STREAM_NEW_PEER, o->peer.port);
	int bytes = o->peer.family == 4 ? 4 : o->peer.family == 6 ? 16 : 0;
	for (int i = 0; i < bytes; i++)
		put(n, STREAM_NEW_ADDRESS, o->peer.addr[i]);
}

static struct track *put_origin(struct encoder *n, const struct origin *o)
{
	size_t number = n->origin_before;
	if (!n->origin_count || !is_same_origin(&n->origins[number], o)) {
		uint32_t *newest = map_at(&n->newest, o->ident, o->channel);
		number = *newest ? *newest - 1 : n->origin_count;
		if (number == n->origin_count || !is_same_origin(&n->origins[number], o)) {
			number = n->origin_count;
			*newest = (uint32_t)number + 1;
		}
	}
	put_difference(n, STREAM_ORIGIN, (int64_t)number, (int64_t)n->origin_before);
	if (number == n->origin_count) {
		size_t room = n->origin_room;
		n->origins = grown(n->origins, number, &room, sizeof *n->origins);
		n->tracks = grown(n->tracks, number, &n->origin_room, sizeof *n->tracks);
		n->origins[number] = *o;
		n->tracks[number] = number ? n->tracks[n->origin_before] : (struct track){0};
		n->origin_count++;
		put_new_origin(n, o);
	}
	n->origin_before = number;
	return &n->tracks[number];
}

/* ---- the rest of a record ---- */

static void put_time(struct encoder *n, const struct record *r)
{
	uint64_t difference = (uint64_t)r->time_us - (uint64_t)r->received_us;
	enum time_form form = difference ? TIME_MICROS : TIME_RECEIVED;
	if (form == TIME_MICROS && r->time_us % 1000000 == 0)
		form = TIME_SECONDS;
	put(n, STREAM_TIME_FORM, form);
	if (form == TIME_SECONDS)
		put_difference(n, STREAM_TIME, r->time_us / 1000000, r->received_us / 1000000);
	else if (form == TIME_MICROS)
		put(n, STREAM_TIME, zigzag(difference));
}

static void put_shape(struct encoder *n, struct track *t, uint64_t present)
{
	if (t->shape < n->shape_count && n->shapes[t->shape] == present) {
		put(n, STREAM_SHAPE, 0);
		return;
	}
	/* Only a few are searched: many shapes are no sane traffic, and no reason to be slow. */
	size_t end = n->shape_count < SHAPES_SEARCHED ? n->shape_count : SHAPES_SEARCHED;
	size_t shape = 0;
	while (shape < end && n->shapes[shape] != present)
		shape++;
	bool is_new = shape == end;
	if (is_new)
		shape = n->shape_count;
	put(n, STREAM_SHAPE, shape + 1);
	if (is_new) {
		n->shapes = grown(n->shapes, shape, &n->shape_room, sizeof *n->shapes);
		n->shapes[n->shape_count++] = present;
		put(n, STREAM_NEW_SHAPE, present);
	}
	t->shape = (uint32_t)shape;
}

static void put_booleans(struct encoder *n, struct track *t)
{
	const struct message *m = &n->message;
	uint64_t packed = 0, values = 0;
	unsigned bit = 0;
	uint64_t present = m->present & boolean_params;
	for (uint64_t left = present; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		uint64_t value = m->value[p].number != 0;
		values |= value << p;
		packed |= (value ^ (t->booleans >> p & 1)) << bit++;
	}
	if (present)
		put(n, STREAM_BOOLEANS, packed);
	t->booleans = (t->booleans & ~present) | values;
}

static void put_text(struct encoder *n, struct track *t, unsigned p, struct str text)
{
	struct texts *texts = &n->texts[p];
	size_t last = (size_t)t->last[p], i = texts->count;
	if (last < texts->count && str_eq(texts->at[last], text)) {
		put(n, STREAM_PARAM + (int)p, 0);
		return;
	}
	size_t oldest = i > TEXTS_SEARCHED ? i - TEXTS_SEARCHED : 0;
	while (i > oldest && !str_eq(texts->at[i - 1], text))
		i--;
	if (i == oldest) {
		i = texts->count + 1;
		texts->at = grown(texts->at, texts->count, &texts->room, sizeof *texts->at);
		texts->at[texts->count++] = text;
		put(n, STREAM_PARAM + (int)p, i);
		put(n, STREAM_PARAM + (int)p, text.len);
		check(buf_add_str(&n->planes[n->is_rows ? 0 : STREAM_TEXT][0], text));
	} else {
		put(n, STREAM_PARAM + (int)p, i);
	}
	t->last[p] = (int64_t)i - 1;
}

static void put_more(struct encoder *n)
{
	const struct message *m = &n->message;
	put(n, STREAM_MORE, m->more_count);
	for (unsigned i = 0; i < m->more_count; i++) {
		const struct more *more = &m->more[i];
		put(n, STREAM_MORE_PLACE, more->param);
		put(n, STREAM_MORE_PLACE, more->index);
		put_difference(n, STREAM_MORE_NUMBER, more->number, n->last_more[more->param]);
		n->last_more[more->param] = more->number;
	}
}

static bool put_record(struct encoder *n, const struct record *r)
{
	struct message *m = &n->message;
	message_clear(m);
	if (r->body.len > MESSAGE_PACK_MAX || !message_unpack(r->body, m) ||
		(m->present & RECORD_OUTSIDE))
		return false;
	put_difference(n, STREAM_SEQ, (int64_t)r->seq, (int64_t)(n->before.seq + 1));
	put_difference(n, STREAM_RECEIVED, r->received_us, n->before.received_us);
	put_time(n, r);
	struct track *t = put_origin(n, &r->origin);
	put_shape(n, t, m->present);
	put_booleans(n, t);
	for (uint64_t left = m->present & ~boolean_params; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		if (params[p].kind == KIND_TEXT) {
			put_text(n, t, p, m->value[p].text);
		} else {
			int64_t number = step_down(n->steps[p], m->value[p].number);
			put_difference(n, STREAM_PARAM + (int)p, number, t->last[p]);
			t->last[p] = number;
		}
	}
	put_more(n);
	n->before = *r;
	return true;
}

/* ---- steps ---- */

/* Finds the largest step of each parameter that all its values are multiples of. */
static bool find_steps(struct encoder *n, const struct record *records, size_t count)
{
	struct message *m = &n->message;
	unsigned possible[PARAM_COUNT];
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		possible[p] = params[p].kind == KIND_TEXT ? 1 : STEPS_ALL;
	for (size_t i = 0; i < count; i++) {
		message_clear(m);
		if (!message_unpack(records[i].body, m))
			return false;
		for (uint64_t left = m->present & ~boolean_params; left; left &= left - 1) {
			unsigned p = (unsigned)__builtin_ctzll(left);
			if (possible[p] > 1)
				possible[p] = steps_of(possible[p], m->value[p].number);
		}
	}
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		n->steps[p] = (uint8_t)steps_best(possible[p]);
	return true;
}

/* ---- the blob ---- */

/* The bytes before the planes; cuts the zeros off the planes' ends. Returns the planes' bytes. */
static size_t put_head(struct encoder *n, size_t records)
{
	size_t bytes = 0;
	unsigned used = 0;
	for (int i = 0; i < STREAM_COUNT * PLANES; i++) {
		struct buf *b = &n->planes[i / PLANES][i % PLANES];
		while (i != STREAM_TEXT * PLANES && b->len && !b->at[b->len - 1])
			b->len--;
		used += b->len != 0;
		bytes += b->len;
	}
	add_varint(&n->head, records);
	add_varint(&n->head, used);
	for (int i = 0; i < STREAM_COUNT * PLANES; i++) {
		size_t len = n->planes[i / PLANES][i % PLANES].len;
		if (!len)
			continue;
		check(buf_add_char(&n->head, (char)i));
		add_varint(&n->head, len);
	}
	return bytes;
}
_Static_assert(STREAM_COUNT *PLANES <= 256, "a plane's number is a byte");

/* Each plane ends a block of the frame, so that zstd's statistics are its own. */
static bool compress(struct encoder *n, size_t bytes, int level, struct buf *out)
{
	ZSTD_CCtx_reset(n->zstd, ZSTD_reset_session_only);
	ZSTD_CCtx_setParameter(n->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(n->zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setPledgedSrcSize(n->zstd, n->head.len + bytes);
	/* a block's header is 3 bytes; a plane may end up in several */
	size_t bound = ZSTD_compressBound(n->head.len + bytes) + 16 * STREAM_COUNT * PLANES;
	if (!buf_reserve(out, bound))
		return false;
	ZSTD_outBuffer to = {out->at + out->len, bound, 0};
	for (int i = -1; i < STREAM_COUNT * PLANES; i++) {
		const struct buf *b = i < 0 ? &n->head : &n->planes[i / PLANES][i % PLANES];
		ZSTD_inBuffer from = {b->at, b->len, 0};
		if (b->len && ZSTD_compressStream2(n->zstd, &to, &from, ZSTD_e_flush) != 0)
			return false;
	}
	ZSTD_inBuffer none = {NULL, 0, 0};
	if (ZSTD_compressStream2(n->zstd, &to, &none, ZSTD_e_end) != 0)
		return false;
	out->len += to.pos;
	return true;
}

static size_t bodies_len(const struct record *records, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += records[i].body.len;
	return bytes;
}

size_t columns_fit(const struct record *records, size_t count)
{
	size_t bodies = 0, n = 0;
	while (n < count && n < COLUMNS_RECORDS_MAX && bodies <= COLUMNS_BODIES_MAX)
		bodies += records[n++].body.len;
	return n;
}

bool columns_encode(struct encoder *n, const struct record *records, size_t count, int level,
	struct buf *out, struct error *e)
{
	check(count >= 1 && count <= COLUMNS_RECORDS_MAX);
	start(n);
	n->is_rows = bodies_len(records, count) < ROWS_BELOW;
	if (n->is_rows)
		put(n, 0, count);
	else if (level >= COLUMNS_THOROUGH && !find_steps(n, records, count))
		return fail(e, "one of %zu bodies is damaged", count);
	for (int p = 0; !n->is_rows && p < PARAM_COUNT; p++)
		put(n, STREAM_STEP, n->steps[p]);
	for (size_t i = 0; i < count; i++)
		if (!put_record(n, &records[i]))
			return fail(e, "the body of record %zu of %zu is damaged", i + 1, count);
	check(buf_add_char(out, n->is_rows ? FORM_ROWS : FORM_COLUMNS));
	if (n->is_rows) {
		check(buf_add_str(out, buf_str(&n->planes[0][0])));
		return true;
	}
	size_t bytes = put_head(n, count);
	check(n->head.len + bytes <= COLUMNS_BLOB_MAX && compress(n, bytes, level, out));
	return true;
}
