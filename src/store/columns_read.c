#include "store/columns.h"

#include "base/varint.h"
#include "store/columns_format.h"
#include "store/steps.h"

#include <stdlib.h>
#include <zstd.h>

struct texts {
	struct str *at;
	size_t count, room;
};

struct decoder {
	struct str planes[STREAM_COUNT][PLANES];
	bool is_rows; /* everything comes from planes[0][0] */
	uint8_t steps[PARAM_COUNT];
	bool bad; /* a number is cut off or a reference leads nowhere */
	struct origin *origins;
	struct track *tracks;
	size_t origin_count, origin_room;
	uint64_t *shapes;
	size_t shape_count, shape_room;
	struct texts texts[PARAM_COUNT];
	int64_t last_more[PARAM_COUNT];
	size_t origin_before;
	struct message message;
	char body[MESSAGE_PACK_MAX];
	char *plain; /* the decompressed blob */
	size_t plain_room;
	ZSTD_DCtx *zstd;
};

struct decoder *decoder_new(void)
{
	struct decoder *d = xcalloc(1, sizeof *d);
	d->zstd = ZSTD_createDCtx();
	check(d->zstd);
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	for (int p = 0; p < PARAM_COUNT; p++)
		free(d->texts[p].at);
	free(d->origins);
	free(d->tracks);
	free(d->shapes);
	free(d->plain);
	ZSTD_freeDCtx(d->zstd);
	free(d);
}

static void *grown(void *array, size_t count, size_t *room, size_t bytes)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 16;
	return xrealloc(array, *room * bytes);
}

/* The next byte of a plane; zeros after its end. */
static uint8_t take_byte(struct decoder *d, struct str *plane)
{
	if (!plane->len) {
		d->bad |= d->is_rows;
		return 0;
	}
	uint8_t byte = (uint8_t)plane->at[0];
	*plane = str_from(*plane, 1);
	return byte;
}

static uint64_t take(struct decoder *d, int stream)
{
	struct str *plane = d->is_rows ? d->planes[0] : d->planes[stream];
	const struct str *last = d->is_rows ? plane : plane + PLANES - 1;
	uint64_t value = 0;
	for (int shift = 0; shift < 7 * VARINT_MAX; shift += 7) {
		uint8_t byte = take_byte(d, plane);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
		plane += plane < last;
	}
	d->bad = true;
	return 0;
}

static int64_t take_difference(struct decoder *d, int stream, int64_t last)
{
	return (int64_t)((uint64_t)last + unzigzag(take(d, stream)));
}

static uint64_t take_below(struct decoder *d, int stream, uint64_t limit)
{
	uint64_t value = take(d, stream);
	if (value < limit)
		return value;
	d->bad = true;
	return 0;
}

/* ---- origins ---- */

static void take_new_origin(struct decoder *d, const struct origin *last, struct origin *o)
{
	*o = (struct origin){0};
	o->ident = (uint64_t)take_difference(d, STREAM_NEW_IDENT, (int64_t)last->ident);
	o->channel = (uint32_t)take_difference(d, STREAM_NEW_CHANNEL, last->channel);
	o->device = (uint32_t)take_difference(d, STREAM_NEW_DEVICE, last->device);
	for (size_t i = 0; i < sizeof o->vendor; i++)
		o->vendor[i] = (char)take_below(d, STREAM_NEW_VENDOR, 256);
	o->peer.family = (uint8_t)take_below(d, STREAM_NEW_PEER, 256);
	o->peer.port = (uint16_t)take_below(d, STREAM_NEW_PEER, 65536);
	int bytes = o->peer.family == 4 ? 4 : o->peer.family == 6 ? 16 : 0;
	for (int i = 0; i < bytes; i++)
		o->peer.addr[i] = (uint8_t)take_below(d, STREAM_NEW_ADDRESS, 256);
}

static struct track *take_origin(struct decoder *d, struct origin *o)
{
	static const struct origin none;
	size_t before = d->origin_before;
	uint64_t number = (uint64_t)take_difference(d, STREAM_ORIGIN, (int64_t)before);
	if (number > d->origin_count) {
		d->bad = true;
		number = before < d->origin_count ? before : d->origin_count;
	}
	if (number == d->origin_count) {
		size_t room = d->origin_room;
		d->origins = grown(d->origins, number, &room, sizeof *d->origins);
		d->tracks = grown(d->tracks, number, &d->origin_room, sizeof *d->tracks);
		take_new_origin(d, number ? &d->origins[before] : &none, &d->origins[number]);
		d->tracks[number] = number ? d->tracks[before] : (struct track){0};
		d->origin_count++;
	}
	d->origin_before = number;
	*o = d->origins[number];
	return &d->tracks[number];
}

/* ---- the rest of a record ---- */

static int64_t take_time(struct decoder *d, int64_t received_us)
{
	uint64_t form = take_below(d, STREAM_TIME_FORM, TIME_MICROS + 1);
	if (form == TIME_SECONDS) {
		int64_t seconds = take_difference(d, STREAM_TIME, received_us / 1000000);
		int64_t time_us;
		d->bad |= __builtin_mul_overflow(seconds, 1000000, &time_us);
		return time_us;
	}
	return form == TIME_MICROS ? take_difference(d, STREAM_TIME, received_us) : received_us;
}

static uint64_t take_shape(struct decoder *d, struct track *t)
{
	uint64_t code = take_below(d, STREAM_SHAPE, d->shape_count + 2);
	if (code)
		t->shape = (uint32_t)code - 1;
	if (code == d->shape_count + 1) {
		d->shapes = grown(d->shapes, d->shape_count, &d->shape_room, sizeof *d->shapes);
		uint64_t present = take(d, STREAM_NEW_SHAPE);
		/* these stand in the origin and the times, never in a body */
		d->bad |= present >> (PARAM_COUNT - 1) > 1 || (present & RECORD_OUTSIDE);
		d->shapes[d->shape_count++] = d->bad ? 0 : present;
	}
	if (t->shape < d->shape_count)
		return d->shapes[t->shape];
	d->bad = true;
	return 0;
}

static void take_booleans(struct decoder *d, struct track *t, uint64_t present)
{
	present &= boolean_params;
	uint64_t packed = present ? take(d, STREAM_BOOLEANS) : 0;
	for (uint64_t left = present; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		t->booleans ^= (packed & 1) << p;
		packed >>= 1;
		message_number(&d->message, p, (int64_t)(t->booleans >> p & 1));
	}
	d->bad |= packed != 0;
}

static void take_text(struct decoder *d, struct track *t, unsigned p)
{
	struct texts *texts = &d->texts[p];
	uint64_t code = take_below(d, STREAM_PARAM + (int)p, texts->count + 2);
	if (code)
		t->last[p] = (int64_t)code - 1;
	if (code == texts->count + 1) {
		struct str *bytes = &d->planes[d->is_rows ? 0 : STREAM_TEXT][0];
		uint64_t len = take(d, STREAM_PARAM + (int)p);
		if (len > bytes->len) {
			d->bad = true;
			len = 0;
		}
		texts->at = grown(texts->at, texts->count, &texts->room, sizeof *texts->at);
		texts->at[texts->count++] = str_upto(*bytes, len);
		*bytes = str_from(*bytes, len);
	}
	if ((uint64_t)t->last[p] < texts->count)
		message_text(&d->message, p, texts->at[t->last[p]]);
	else
		d->bad = true;
}

static void take_more(struct decoder *d)
{
	uint64_t count = take_below(d, STREAM_MORE, MORE_MAX + 1);
	for (; count && !d->bad; count--) {
		unsigned p = (unsigned)take_below(d, STREAM_MORE_PLACE, PARAM_COUNT);
		unsigned index = (unsigned)take_below(d, STREAM_MORE_PLACE, 100);
		d->last_more[p] = take_difference(d, STREAM_MORE_NUMBER, d->last_more[p]);
		d->bad |= index == 0 || params[p].kind == KIND_TEXT;
		message_more(&d->message, p, index, d->last_more[p]);
	}
}

static int64_t take_step(struct decoder *d, unsigned p, int64_t n)
{
	if (!d->steps[p])
		return n;
	bool is_sane = n > -STEP_VALUE_MAX && n < STEP_VALUE_MAX;
	d->bad |= !is_sane;
	return is_sane ? step_up(d->steps[p], n) : 0;
}

/* Takes the next record, *r being the one before; its body stays in d->message. */
static bool take_record(struct decoder *d, struct record *r)
{
	message_clear(&d->message);
	r->seq = (uint64_t)take_difference(d, STREAM_SEQ, (int64_t)(r->seq + 1));
	r->received_us = take_difference(d, STREAM_RECEIVED, r->received_us);
	r->time_us = take_time(d, r->received_us);
	struct track *t = take_origin(d, &r->origin);
	uint64_t present = take_shape(d, t);
	take_booleans(d, t, present);
	for (uint64_t left = present & ~boolean_params; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		if (params[p].kind == KIND_TEXT) {
			take_text(d, t, p);
		} else {
			t->last[p] = take_difference(d, STREAM_PARAM + (int)p, t->last[p]);
			message_number(&d->message, p, take_step(d, p, t->last[p]));
		}
	}
	take_more(d);
	return !d->bad;
}

/* ---- the blob ---- */

static bool decompress(struct decoder *d, struct str *blob)
{
	unsigned long long bytes = ZSTD_getFrameContentSize(blob->at, blob->len);
	if (bytes > COLUMNS_BLOB_MAX) /* also: unknown, no frame */
		return false;
	if (bytes > d->plain_room) {
		d->plain = xrealloc(d->plain, bytes);
		d->plain_room = bytes;
	}
	if (ZSTD_decompressDCtx(d->zstd, d->plain, d->plain_room, blob->at, blob->len) != bytes)
		return false;
	*blob = (struct str){d->plain, bytes};
	return true;
}

/* Finds the planes; their lengths must add up to what is there. */
static bool take_head(struct decoder *d, struct str blob, uint64_t *records)
{
	uint64_t used, total = 0;
	struct str *planes = &d->planes[0][0];
	if (!get_varint(&blob, records) || !get_varint(&blob, &used) ||
		used > STREAM_COUNT * PLANES)
		return false;
	for (; used; used--) {
		uint64_t len;
		unsigned plane = blob.len ? (uint8_t)blob.at[0] : UINT8_MAX;
		if (plane >= STREAM_COUNT * PLANES || planes[plane].len)
			return false;
		blob = str_from(blob, 1);
		if (!get_varint(&blob, &len) || len > COLUMNS_BLOB_MAX)
			return false;
		planes[plane].len = len;
		total += len;
	}
	if (total != blob.len)
		return false;
	for (int i = 0; i < STREAM_COUNT * PLANES; i++) {
		planes[i].at = blob.at;
		blob = str_from(blob, planes[i].len);
	}
	for (int p = 0; p < PARAM_COUNT; p++)
		d->steps[p] = (uint8_t)take_below(d, STREAM_STEP, STEPS);
	return !d->bad;
}

static bool start(struct decoder *d, struct str blob, uint64_t *records)
{
	memset(d->planes, 0, sizeof d->planes);
	memset(d->steps, 0, sizeof d->steps);
	memset(d->last_more, 0, sizeof d->last_more);
	for (int p = 0; p < PARAM_COUNT; p++)
		d->texts[p].count = 0;
	d->origin_count = d->shape_count = d->origin_before = 0;
	d->bad = false;
	int form = blob.len ? blob.at[0] : 0;
	d->is_rows = form == FORM_ROWS;
	if (d->is_rows) {
		d->planes[0][0] = str_from(blob, 1);
		*records = take(d, 0);
	} else {
		blob = str_from(blob, blob.len != 0);
		if (form != FORM_COLUMNS || !decompress(d, &blob) || !take_head(d, blob, records))
			return false;
	}
	return !d->bad && *records <= COLUMNS_RECORDS_MAX;
}

bool columns_decode(struct decoder *d, struct str blob, record_want_fn *want, columns_fn *each,
	void *context, struct error *e)
{
	uint64_t records;
	if (!start(d, blob, &records))
		return fail(e, "a blob of %zu bytes is damaged at its head", blob.len);
	struct record r = {0};
	for (uint64_t i = 0; i < records; i++) {
		if (!take_record(d, &r))
			return fail(e, "a blob of %zu bytes is damaged at record %zu", blob.len,
				(size_t)i + 1);
		r.body = (struct str){d->body, 0};
		if (want && !want(context, &r))
			continue;
		r.body.len = message_pack(&d->message, 0, d->body);
		if (!each(context, &r))
			return true;
	}
	for (int i = 0; i < STREAM_COUNT * PLANES; i++)
		if (d->planes[i / PLANES][i % PLANES].len)
			return fail(e, "a blob of %zu bytes is damaged: too long", blob.len);
	return true;
}
