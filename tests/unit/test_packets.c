/* Raw traffic comes back as it was, in order, by ident and channel; too much of it is dropped and
 * counted. */
#include "test.h"

#include "core/metrics.h"
#include "core/packets.h"
#include "journals.h"

#include <pthread.h>

struct fixture {
	char directory[40];
	struct journal *journal;
	struct packets *packets;
	struct buf text;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	snprintf(f->directory, sizeof f->directory, "/tmp/cantrack-packets-XXXXXX");
	f->journal = journal_make(f->directory);
	f->packets = packets_new(f->journal);
	buf_init(&f->text, 1 << 20);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	packets_free(f->packets);
	journal_remove(f->journal, f->directory);
	buf_clear(&f->text);
	free(f);
	return 0;
}

static void add(struct packets_lane *lane, int64_t time_us, uint64_t ident, uint32_t channel,
	enum packet_type type, const char *bytes)
{
	struct packet packet = {time_us, ident, channel, UINT64_C(1) << 52, type, str_of(bytes)};
	packets_add(lane, &packet);
}

static bool take(void *context, const struct packet *p, uint64_t no)
{
	assert_true(no > 0 && p->connection == UINT64_C(1) << 52);
	return buf_printf(context, "%d %u %d %.*s;", (int)p->time_us, (unsigned)p->channel,
		(int)p->type, STR_PRINT(p->bytes));
}

static void assert_packets(struct fixture *f, uint64_t ident, uint32_t channel, bool reverse,
	size_t count, const char *expected)
{
	struct journal_query q = {
		.from_us = INT64_MIN, .to_us = INT64_MAX, .reverse = reverse, .count = count};
	struct error e;
	f->text.len = 0;
	assert_true(packets_read(f->packets, ident, channel, &q, take, &f->text, &e));
	assert_buf(f->text, expected);
}

static void packets_come_back(void **state)
{
	struct fixture *f = *state;
	struct packets_lane *lane = packets_lane_open(f->packets);
	add(lane, 1, 9999999999, 1, PACKET_CONNECT, "");
	add(lane, 2, 9999999999, 1, PACKET_RECEIVED, "*HQ,1#");
	assert_packets(f, 9999999999, 0, false, 0, ""); /* not handed over yet */
	packets_lane_flush(lane);
	add(lane, 3, 9999999999, 4000000000, PACKET_SENT, "ok");
	add(lane, 4, 5, 1, PACKET_RECEIVED, "other");
	packets_lane_flush(lane);
	packets_lane_flush(lane);
	add(lane, 5, 9999999999, 1, PACKET_DISCONNECT, "");
	packets_lane_flush(lane);
	assert_packets(f, 9999999999, 0, false, 0, "1 1 0 ;2 1 2 *HQ,1#;3 4000000000 3 ok;5 1 1 ;");
	assert_packets(f, 9999999999, 4000000000, false, 0, "3 4000000000 3 ok;");
	assert_packets(f, 9999999999, 1, true, 2, "5 1 1 ;2 1 2 *HQ,1#;");
	assert_packets(f, 5, 0, false, 0, "4 1 2 other;");
	assert_packets(f, 6, 0, false, 0, "");
	add(lane, 6, 6, 1, PACKET_RECEIVED, "last");
	packets_lane_close(lane);
	assert_packets(f, 6, 0, false, 0, "6 1 2 last;");
}

static void nowhere_is_a_lane_too(void **state)
{
	struct fixture *f = *state;
	struct packets_lane *lane = packets_lane_open(NULL);
	struct journal_figures figures;
	assert_null(lane);
	add(lane, 1, 1, 1, PACKET_SENT, "");
	packets_lane_flush(lane);
	packets_lane_close(lane);
	packets_free(NULL);
	packets_figures(NULL, &figures);
	assert_int_equal(figures.added, 0);
	packets_figures(f->packets, &figures);
	assert_true(figures.disk_bytes > 0);
}

static void a_packet_may_be_large(void **state)
{
	struct fixture *f = *state;
	static char bytes[JOURNAL_BODY_MAX];
	memset(bytes, 'x', sizeof bytes);
	uint64_t kept = metric_get(packets_kept), dropped = metric_get(packets_dropped);
	struct packets_lane *lane = packets_lane_open(f->packets);
	struct packet packet = {1, 1, UINT32_MAX, UINT64_MAX, PACKET_SENT, {bytes, 0}};
	packet.bytes.len = JOURNAL_BODY_MAX - PACKET_HEAD;
	packets_add(lane, &packet);
	packet.bytes.len++;
	packets_add(lane, &packet);
	packets_lane_close(lane);
	assert_int_equal(metric_get(packets_kept) - kept, 1);
	assert_int_equal(metric_get(packets_dropped) - dropped, 1);
}

/* More in one turn than the buffers of a lane hold: the rest is dropped or taken meanwhile. */
static void none_is_lost_uncounted(void **state)
{
	struct fixture *f = *state;
	enum { PACKETS = 100000 };
	static char bytes[101];
	memset(bytes, 'x', 100);
	uint64_t before = metric_get(packets_kept) + metric_get(packets_dropped);
	uint64_t kept = metric_get(packets_kept);
	struct packets_lane *lane = packets_lane_open(f->packets);
	for (int i = 0; i < PACKETS; i++)
		add(lane, i, 1, 1, PACKET_RECEIVED, bytes);
	packets_lane_close(lane);
	assert_int_equal(metric_get(packets_kept) + metric_get(packets_dropped) - before, PACKETS);
	assert_true(metric_get(packets_kept) - kept > 5000); /* what the buffers hold */
}

static void *add_often(void *context)
{
	struct fixture *f = context;
	struct packets_lane *lane = packets_lane_open(f->packets);
	for (int i = 0; i < 20000; i++) {
		add(lane, i, 1, 1, PACKET_RECEIVED, "0123456789");
		if (i % 5 == 0)
			packets_lane_flush(lane);
	}
	packets_lane_close(lane);
	return NULL;
}

static bool count(void *context, const struct packet *p, uint64_t no)
{
	assert_true(p->ident == 1 && no > 0);
	++*(size_t *)context;
	return true;
}

static void threads_have_lanes_of_their_own(void **state)
{
	struct fixture *f = *state;
	enum { THREADS = 3 };
	pthread_t threads[THREADS];
	uint64_t kept = metric_get(packets_kept);
	struct journal_query q = {.from_us = INT64_MIN, .to_us = INT64_MAX};
	struct error e;
	for (size_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, add_often, f);
	size_t seen = 0, last = 0;
	for (int i = 0; i < 20; i++, last = seen) {
		seen = 0;
		assert_true(packets_read(f->packets, 1, 0, &q, count, &seen, &e));
		assert_true(seen >= last);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	seen = 0;
	assert_true(packets_read(f->packets, 1, 1, &q, count, &seen, &e));
	assert_int_equal(seen, metric_get(packets_kept) - kept);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(packets_come_back),
		TEST(nowhere_is_a_lane_too),
		TEST(a_packet_may_be_large),
		TEST(none_is_lost_uncounted),
		TEST(threads_have_lanes_of_their_own),
	};
	return cmocka_run_group_tests_name("packets", tests, NULL, NULL);
}
