#include "test.h"

#include "base/clock.h"
#include "store/columns.h"

enum { RECORDS = 3000 };

static struct record records[RECORDS];
static char bodies[RECORDS][256];
static uint64_t random_state;

static uint64_t random_below(uint64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 11) % limit;
}

static void make(size_t i, const struct message *m, const struct origin *o)
{
	char body[MESSAGE_PACK_MAX];
	record_make(&records[i], m, o, body);
	assert_true(records[i].body.len <= sizeof bodies[i]);
	memcpy(bodies[i], body, records[i].body.len);
	records[i].body.at = bodies[i];
	records[i].seq = i + 1;
}

/* Positions of some devices, heartbeats and cells between them. */
static void make_traffic(size_t count, unsigned devices)
{
	static const char *const states[] = {"FFFFFBFF", "FFFFFFFF", "FFFFBBFF"};
	for (size_t i = 0; i < count; i++) {
		struct message m;
		message_clear(&m);
		int64_t now_us = INT64_C(1760000000000000) + (int64_t)i * 137777;
		unsigned device = (unsigned)random_below(devices);
		message_number(&m, PARAM_SERVER_TIMESTAMP, now_us);
		if (i % 7 == 3) {
			message_text(&m, PARAM_MESSAGE_TYPE, str_of("HTBT"));
			message_number(&m, PARAM_BATTERY_LEVEL, (int64_t)random_below(101));
		} else {
			int64_t s = now_us / 1000000 - (int64_t)random_below(5);
			message_number(&m, PARAM_TIMESTAMP, s * 1000000 + (i % 50 == 0));
			message_text(&m, PARAM_MESSAGE_TYPE, str_of("V1"));
			message_number(&m, PARAM_POSITION_LATITUDE,
				-330000000 + (int64_t)random_below(9000));
			message_number(&m, PARAM_POSITION_VALID, (int64_t)random_below(2));
			message_number(&m, PARAM_ENGINE_IGNITION_STATUS, (int64_t)random_below(2));
			message_text(&m, PARAM_VEHICLE_STATE, str_of(states[random_below(3)]));
		}
		for (unsigned k = 1; i % 11 == 0 && k < 8; k++)
			message_more(&m, PARAM_GSM_LAC, k, (int64_t)random_below(65536));
		struct origin o = {.ident = UINT64_C(865205030000000) + device,
			.channel = 1,
			.device = device % 3 ? device : 0,
			.peer = {i % 5 ? 4 : 6, {127, 0, 0, (uint8_t)device}, 5000},
			.vendor = {'H', 'Q'}};
		make(i, &m, &o);
	}
}

struct reading {
	const struct record *expected;
	size_t count;
};

static bool compare(void *context, const struct record *r)
{
	struct reading *g = context;
	const struct record *x = &g->expected[g->count++];
	assert_int_equal(r->seq, x->seq);
	assert_int_equal(r->received_us, x->received_us);
	assert_int_equal(r->time_us, x->time_us);
	assert_int_equal(r->origin.ident, x->origin.ident);
	assert_int_equal(r->origin.device, x->origin.device);
	assert_int_equal(r->origin.channel, x->origin.channel);
	assert_int_equal(r->origin.peer.family, x->origin.peer.family);
	assert_memory_equal(r->origin.peer.addr, x->origin.peer.addr, 16);
	assert_int_equal(r->origin.peer.port, x->origin.peer.port);
	assert_memory_equal(r->origin.vendor, x->origin.vendor, 2);
	assert_int_equal(r->body.len, x->body.len);
	assert_memory_equal(r->body.at, x->body.at, x->body.len);
	return true;
}

struct codec {
	struct encoder *encoder;
	struct decoder *decoder;
	struct buf blob;
};

static int begin(void **state)
{
	static struct codec c;
	c.encoder = encoder_new();
	c.decoder = decoder_new();
	buf_init(&c.blob, 2 * (size_t)COLUMNS_BLOB_MAX);
	*state = &c;
	return 0;
}

static int end(void **state)
{
	struct codec *c = *state;
	encoder_free(c->encoder);
	decoder_free(c->decoder);
	buf_clear(&c->blob);
	return 0;
}

static void round_trip(struct codec *c, const struct record *r, size_t count, int level)
{
	struct error e;
	struct reading g = {r, 0};
	c->blob.len = 0;
	assert_true(columns_encode(c->encoder, r, count, level, &c->blob, &e));
	assert_true(columns_decode(c->decoder, buf_str(&c->blob), NULL, compare, &g, &e));
	assert_int_equal(g.count, count);
}

/* The same encoder and decoder for all: nothing is left over from the blob before. */
static void what_goes_in_comes_out(void **state)
{
	static const size_t counts[] = {1, 2, 3, 20, 1000, RECORDS};
	for (unsigned devices = 1; devices <= 1000; devices *= 10) {
		make_traffic(RECORDS, devices);
		for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
			round_trip(*state, records, counts[i], 1);
			round_trip(*state, records + RECORDS - counts[i], counts[i], 6);
		}
	}
}

static void extremes_come_out(void **state)
{
	static const int64_t numbers[] = {0, INT64_MAX, INT64_MIN, -1, 1, INT64_MIN, INT64_MAX};
	size_t count = sizeof numbers / sizeof *numbers;
	for (size_t i = 0; i < count; i++) {
		struct message m;
		message_clear(&m);
		message_number(&m, PARAM_SERVER_TIMESTAMP, numbers[i]);
		message_number(&m, PARAM_TIMESTAMP, numbers[count - 1 - i]);
		message_number(&m, PARAM_GSM_LAC, numbers[i]);
		message_text(&m, PARAM_GSM_SIM_ICCID, (struct str){"\0\0\0", i % 4});
		message_more(&m, PARAM_GSM_LAC, 99, numbers[i]);
		struct origin o = {.ident = (uint64_t)numbers[i],
			.channel = (uint32_t)numbers[i],
			.device = (uint32_t)numbers[count - 1 - i],
			.vendor = {(char)numbers[i], 0}};
		make(i, &m, &o);
		records[i].seq = (uint64_t)numbers[i];
	}
	round_trip(*state, records, count, 1);
}

/* Every step, values that are multiples of several, and one that is a multiple of none. */
static void steps_lose_nothing(void **state)
{
	static const struct step {
		int64_t times, by;
	} rows[] = {{1, 1}, {5, 3}, {10, 1}, {50, 3}, {463, 25}, {100, 1}};
	enum { ROWS = sizeof rows / sizeof *rows, VALUES = 200 };
	for (size_t from = 0; from < ROWS; from++) {
		for (size_t to = 0; to < ROWS; to++) {
			for (size_t i = 0; i < VALUES; i++) {
				const struct step *step = &rows[i < VALUES / 2 ? from : to];
				struct message m;
				int64_t k = (int64_t)random_below(2000000) - 1000000;
				int64_t twice = 2 * k * step->times;
				message_clear(&m);
				message_number(&m, PARAM_SERVER_TIMESTAMP, 1);
				message_number(&m, PARAM_POSITION_LATITUDE,
					(twice + (k < 0 ? -step->by : step->by)) / step->by / 2);
				message_number(&m, PARAM_POSITION_SPEED, (int64_t)i * 100);
				message_number(&m, PARAM_GSM_LAC, i == 7 ? INT64_MIN : 0);
				make(i, &m, &(struct origin){.ident = 1});
			}
			round_trip(*state, records, VALUES, 6);
		}
	}
}

static bool is_even(void *context, const struct record *r)
{
	(void)context;
	return r->seq % 2 == 0;
}

static bool three_even(void *context, const struct record *r)
{
	size_t *count = context;
	assert_int_equal(r->seq, 2 * ++*count);
	assert_int_equal(r->body.len, records[r->seq - 1].body.len);
	assert_memory_equal(r->body.at, records[r->seq - 1].body.at, r->body.len);
	return *count < 3;
}

static void unwanted_records_are_skipped(void **state)
{
	struct codec *c = *state;
	struct error e;
	size_t count = 0;
	make_traffic(100, 5);
	c->blob.len = 0;
	assert_true(columns_encode(c->encoder, records, 100, 1, &c->blob, &e));
	assert_true(columns_decode(c->decoder, buf_str(&c->blob), is_even, three_even, &count, &e));
	assert_int_equal(count, 3);
}

/* Of a like kind, one after another, they cost a few bytes each. */
static void steady_traffic_is_small(void **state)
{
	struct codec *c = *state;
	struct error e;
	make_traffic(1000, 10);
	c->blob.len = 0;
	assert_true(columns_encode(c->encoder, records, 1000, 6, &c->blob, &e));
	size_t bodies_len = 0;
	for (size_t i = 0; i < 1000; i++)
		bodies_len += records[i].body.len;
	assert_true(c->blob.len < 1000 * 16);
	assert_true(c->blob.len < bodies_len / 2);
}

static void a_damaged_body_is_refused(void **state)
{
	struct codec *c = *state;
	struct error e = {""};
	make_traffic(10, 2);
	c->blob.len = 0;
	records[5].body.len--;
	assert_false(columns_encode(c->encoder, records, 10, 1, &c->blob, &e));
	assert_int_equal(c->blob.len, 0);
	assert_non_null(strstr(e.text, "record 6"));
	/* presence of a parameter that does not belong in a body */
	struct message m;
	message_clear(&m);
	message_number(&m, PARAM_CHANNEL_ID, 1);
	records[5].body.len = message_pack(&m, 0, bodies[5]);
	assert_false(columns_encode(c->encoder, records, 10, 1, &c->blob, &e));
	make_traffic(10, 2);
	round_trip(c, records, 10, 1);
}

static bool ignore(void *context, const struct record *r)
{
	(void)context;
	struct message m;
	message_clear(&m);
	assert_true(message_unpack(r->body, &m)); /* what comes out is always whole */
	return true;
}

/* A copy of just the size, so that the sanitizer sees a read beyond it. */
static bool decode(struct codec *c, const char *at, size_t len)
{
	char *copy = malloc(len + (len == 0));
	struct error e = {""};
	if (len)
		memcpy(copy, at, len);
	bool done = columns_decode(c->decoder, (struct str){copy, len}, NULL, ignore, NULL, &e);
	assert_true(done || e.text[0]);
	free(copy);
	return done;
}

static void damaged_blobs_do_no_harm(void **state)
{
	static const size_t counts[] = {1, 12, 400};
	struct codec *c = *state;
	struct error e;
	for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
		make_traffic(counts[k], 4);
		c->blob.len = 0;
		assert_true(columns_encode(c->encoder, records, counts[k], 1, &c->blob, &e));
		for (size_t len = 0; len < c->blob.len; len++)
			assert_false(decode(c, c->blob.at, len));
		assert_true(decode(c, c->blob.at, c->blob.len));
		for (int i = 0; i < 20000; i++) {
			size_t at = random_below(c->blob.len);
			char was = c->blob.at[at];
			c->blob.at[at] = (char)random_below(256);
			decode(c, c->blob.at, c->blob.len);
			if (i % 4)
				c->blob.at[at] = was; /* now and then damage piles up */
		}
	}
	for (int i = 0; i < 20000; i++) {
		char noise[64];
		size_t len = random_below(sizeof noise);
		for (size_t at = 0; at < len; at++)
			noise[at] = (char)random_below(at < 4 ? 4 : 256);
		decode(c, noise, len);
	}
}

int main(void)
{
	const char *seed = getenv("SEED");
	random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_now_us();
	fprintf(stderr, "# SEED=%ju\n", (uintmax_t)random_state);
	random_state |= 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(extremes_come_out),
		cmocka_unit_test(steps_lose_nothing),
		cmocka_unit_test(unwanted_records_are_skipped),
		cmocka_unit_test(steady_traffic_is_small),
		cmocka_unit_test(a_damaged_body_is_refused),
		cmocka_unit_test(damaged_blobs_do_no_harm),
	};
	return cmocka_run_group_tests_name("columns", tests, begin, end);
}
