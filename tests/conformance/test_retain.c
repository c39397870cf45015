/* Retention: what goes and what stays. Times are microseconds of the tests' own. */
#include "policy.h"

#include <unistd.h>

/* ---- what goes ---- */

static void a_record_goes_a_microsecond_after_its_time(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	p.ttl_us[QUERY_DEVICE][1] = 60 * SECOND;
	p.ttl_us[QUERY_CHANNEL][1] = 30 * SECOND;
	add(f, 1, 100 * SECOND, 100 * SECOND);
	for (int round = 0; round < 2; round++) { /* unsettled: by the reader alone */
		store_limit_reads(f->store, limit_of, &p);
		p.now_us = 130 * SECOND;
		assert_int_equal(retain(f->store, &p), 0);
		assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 1);
		p.now_us++;
		assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 0);
		assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
		assert_int_equal(retain(f->store, &p), round);
		store_limit_reads(f->store, NULL, NULL);
		assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 1 - round);
		p.now_us = 160 * SECOND;
		assert_int_equal(retain(f->store, &p), 0);
		assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
		p.now_us++;
		assert_int_equal(retain(f->store, &p), round);
		assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1 - round);
		settle(f->store);
	}
	assert_int_equal(store_bytes(f->store, QUERY_DEVICE, 1), 0);
	assert_int_equal(store_bytes(f->store, QUERY_CHANNEL, 1), 0);
	assert_int_equal(retain(f->store, &p), 0);
}

/* Both times must be past: a black box may bring what is years old, a clock may run ahead. */
static void late_records_live_from_their_arrival(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	p.ttl_us[QUERY_DEVICE][1] = p.ttl_us[QUERY_CHANNEL][1] = 100 * SECOND;
	store_limit_reads(f->store, limit_of, &p);
	add(f, 1, 1000 * SECOND, 1001 * SECOND);
	add(f, 1, 10 * SECOND, 2000 * SECOND);
	add(f, 1, 3000 * SECOND, 1500 * SECOND);
	settle(f->store);
	p.now_us = 1900 * SECOND;
	retain(f->store, &p);
	assert_living(f->store, &f->model, &p, NULL);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 2);
	p.now_us = 2100 * SECOND;
	retain(f->store, &p);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 2);
	p.now_us = 2100 * SECOND + 1;
	retain(f->store, &p);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
	p.now_us = 3100 * SECOND + 1;
	assert_true(retain(f->store, &p) > 0);
	store_limit_reads(f->store, NULL, NULL);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 0);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 0);
}

/* A block that is partly past its time is read in part, and written anew half its ttl later. */
static void old_records_do_not_hide_behind_young_ones(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	p.ttl_us[QUERY_DEVICE][1] = p.ttl_us[QUERY_CHANNEL][1] = 100 * SECOND;
	for (int i = 0; i < 200; i++)
		add(f, 1, i * SECOND, i * SECOND);
	settle(f->store);
	p.now_us = 149 * SECOND;
	assert_int_equal(retain(f->store, &p), 0);
	store_limit_reads(f->store, limit_of, &p);
	assert_living(f->store, &f->model, &p, NULL);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 151);
	p.now_us = 151 * SECOND;
	assert_int_equal(retain(f->store, &p), 2 * 51);
	assert_living(f->store, &f->model, &p, NULL);
	store_limit_reads(f->store, NULL, NULL);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 149);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 149);
	assert_int_equal(retain(f->store, &p), 0);
}

/* Devices and channels have copies of their own. */
static void a_ttl_of_zero_keeps_none(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	p.ttl_us[QUERY_CHANNEL][1] = 0;
	store_limit_reads(f->store, limit_of, &p);
	add(f, 1, 100 * SECOND, 100 * SECOND);
	add(f, 0, 100 * SECOND, 100 * SECOND);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 0);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
	settle(f->store);
	assert_int_equal(retain(f->store, &p), 2);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 1);
	store_limit_reads(f->store, NULL, NULL);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 0);
	assert_int_equal(store_bytes(f->store, QUERY_CHANNEL, 1), 0);
	p.ttl_us[QUERY_DEVICE][1] = 0;
	assert_int_equal(retain(f->store, &p), 1);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 0);
	assert_true(store_last_active(f->store, 1) > 0); /* the device is there */
}

struct last {
	size_t count;
	int64_t first_us, last_us;
};

static bool note_times(void *context, const struct record *r)
{
	struct last *l = context;
	if (!l->count++)
		l->first_us = r->time_us;
	l->last_us = r->time_us;
	return true;
}

static void bytes_leave_the_newest(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	for (int i = 0; i < 6000; i++) {
		struct record r = record_plain(1, 1 + (uint32_t)i % 2, i * SECOND, i * 7919 % 1000);
		append(f->store, &f->model, &r, 1);
		record_drop(&r);
		if (i % 1500 == 1499)
			settle(f->store);
	}
	for (uint64_t limit = store_bytes(f->store, QUERY_DEVICE, 1) * 2; limit > 20; limit /= 3) {
		uint64_t before = store_bytes(f->store, QUERY_DEVICE, 1);
		p.bytes[QUERY_DEVICE][1] = limit;
		retain(f->store, &p);
		uint64_t left = store_bytes(f->store, QUERY_DEVICE, 1);
		assert_true(left <= limit);
		assert_true(left == before || left >= limit / 4 || limit < 2000);
		struct query q = query_all(QUERY_DEVICE, 1);
		struct last l = {0};
		struct error e;
		assert_done(store_read(f->store, &q, note_times, &l, &e), &e);
		assert_true(!l.count == !left);
		if (!l.count)
			continue;
		assert_int_equal(l.last_us, 5998 * SECOND);
		assert_int_equal((l.last_us - l.first_us) / (2 * SECOND) + 1, l.count);
	}
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 2), 3000);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 6000);
}

static void trimmed_channels_stay_trimmed(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	struct error e;
	uint64_t trims[8] = {0};
	for (int i = 0; i < 10; i++)
		add(f, 1, i * SECOND, i * SECOND);
	settle(f->store);
	for (int i = 10; i < 20; i++)
		add(f, 1, i * SECOND, i * SECOND);
	static const uint64_t seqs[] = {5, 3, 11, 15, UINT64_MAX};
	static const uint64_t results[] = {5, 5, 11, 15, 21};
	for (int i = 0; i < 5; i++) {
		assert_done(store_trim_channel(f->store, 1, seqs[i], &e), &e);
		trims[1] = results[i];
		assert_living(f->store, &f->model, &p, trims);
		reopen(f);
		assert_living(f->store, &f->model, &p, trims);
		/* the chunk goes when all of it is trimmed */
		assert_int_equal(retain(f->store, &p), i == 2 ? 10 : 0);
	}
	add(f, 1, 20 * SECOND, 20 * SECOND); /* what comes after that is there */
	assert_living(f->store, &f->model, &p, trims);
	assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 1);
	settle(f->store);
	assert_living(f->store, &f->model, &p, trims);
}

/* As when the disk of the log was lost: seqs are given again, and what gets them was never trimmed. */
static void trims_end_where_the_log_does(void **state)
{
	struct fixture *f = *state;
	struct error e;
	char path[256];
	for (int i = 0; i < 10; i++)
		add(f, 1, i * SECOND, i * SECOND);
	assert_done(store_trim_channel(f->store, 1, UINT64_MAX, &e), &e);
	store_close(f->store);
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/log.db%s", f->directory, ends[i]);
		unlink(path);
	}
	f->store = open_store(f->directory);
	model_clear(&f->model);
	for (int i = 0; i < 5; i++)
		add(f, 1, i * SECOND, i * SECOND);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 5);
		reopen(f);
	}
	assert_done(store_trim_channel(f->store, 1, 3, &e), &e);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(count_of(f->store, QUERY_CHANNEL, 1), 3);
		reopen(f);
	}
}

static void note_ident(void *context, const struct ident_info *info)
{
	(void)info;
	++*(unsigned *)context;
}

static void note_item(void *context, const struct telemetry_item *item)
{
	(void)context, (void)item;
}

static void what_is_gone_goes_with_its_state(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	add(f, 1, 10 * SECOND, 10 * SECOND);
	add(f, 2, 10 * SECOND, 10 * SECOND);
	settle(f->store);
	add(f, 2, 20 * SECOND, 20 * SECOND);
	p.ttl_us[QUERY_DEVICE][1] = p.ttl_us[QUERY_DEVICE][2] = GONE;
	assert_int_equal(retain(f->store, &p), 2);
	for (int round = 0; round < 2; round++) {
		unsigned idents = 0;
		assert_false(store_telemetry(f->store, 1, note_item, NULL));
		assert_int_equal(count_of(f->store, QUERY_DEVICE, 1), 0);
		/* of the other one a record is unsettled */
		assert_true(store_telemetry(f->store, 2, note_item, NULL));
		assert_int_equal(count_of(f->store, QUERY_DEVICE, 2), 1);
		store_idents(f->store, 1, note_ident, &idents);
		assert_int_equal(idents, 2);
		reopen(f);
	}
	settle(f->store);
	p.ttl_us[QUERY_CHANNEL][1] = GONE;
	assert_int_equal(retain(f->store, &p), 4);
	add(f, 3, 30 * SECOND, 30 * SECOND);
	for (int round = 0; round < 2; round++) {
		unsigned idents = 0;
		assert_false(store_telemetry(f->store, 2, note_item, NULL));
		assert_true(store_telemetry(f->store, 3, note_item, NULL));
		store_idents(f->store, 1, note_ident, &idents);
		assert_int_equal(idents, 1);
		reopen(f);
		settle(f->store);
	}
}

/* Memory of what is gone serves what is new; a record that comes late is not mixed up with it. */
static void late_records_of_the_gone_start_anew(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	for (uint32_t device = 1; device <= 3; device++)
		add(f, device, 10 * SECOND, 10 * SECOND);
	settle(f->store);
	p.ttl_us[QUERY_CHANNEL][1] = p.ttl_us[QUERY_DEVICE][1] = GONE;
	assert_int_equal(retain(f->store, &p), 4);
	struct record r = record_plain(2, 4, 20 * SECOND, 1);
	append(f->store, &f->model, &r, 1);
	record_drop(&r);
	add(f, 1, 30 * SECOND, 31 * SECOND);
	for (int round = 0; round < 3; round++) {
		unsigned idents[3] = {0};
		store_idents(f->store, 1, note_ident, &idents[1]);
		store_idents(f->store, 2, note_ident, &idents[2]);
		assert_int_equal(idents[1], 1);
		assert_int_equal(idents[2], 1);
		assert_int_equal(store_last_active(f->store, 1), 31 * SECOND);
		if (round == 0)
			settle(f->store);
		else
			reopen(f);
	}
	assert_int_equal(retain(f->store, &p), 2);
	assert_int_equal(store_last_active(f->store, 1), 0);
	assert_int_equal(store_last_active(f->store, 4), 21500000);
}

/* A lost list of devices must not cost their history. */
static void an_id_that_was_never_given_out_is_not_gone(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	p.ttl_us[QUERY_DEVICE][7] = GONE;
	add(f, 7, 10 * SECOND, 10 * SECOND);
	settle(f->store);
	assert_int_equal(retain(f->store, &p), 0);
	assert_int_equal(count_of(f->store, QUERY_DEVICE, 7), 1);
	assert_true(store_telemetry(f->store, 7, note_item, NULL));
}

/* ---- everything at once ---- */

static int64_t any_ttl(void)
{
	static const int64_t ttls[] = {NEVER, NEVER, 0, 3, 5, 8, 13, 20};
	int64_t ttl = ttls[random_below(8)];
	return ttl > 0 ? ttl * SECOND + (int64_t)random_below(2) : ttl;
}

static void equals_the_model(void **state)
{
	struct fixture *f = *state;
	struct policy p = keep_all();
	struct error e;
	uint64_t trims[8] = {0};
	p.now_us = INT64_C(1700000000000000);
	/* what was past its time once does not come back: the ttls stay, time goes on */
	for (int by = 0; by < 2; by++)
		for (int id = 1; id < 7; id++)
			p.ttl_us[by][id] = any_ttl();
	store_limit_reads(f->store, limit_of, &p);
	for (int step = 0; step < 150; step++) {
		struct record records[100];
		size_t count = 1 + random_below(100);
		for (size_t i = 0; i < count; i++)
			records[i] = record_random();
		append(f->store, &f->model, records, count);
		for (size_t i = 0; i < count; i++)
			record_drop(&records[i]);
		p.now_us += (int64_t)random_below(300000);
		if (random_below(3) == 0)
			settle(f->store);
		if (random_below(3) == 0)
			retain(f->store, &p);
		if (random_below(10) == 0) {
			uint32_t channel = 1 + (uint32_t)random_below(TRAFFIC_CHANNELS);
			uint64_t seq = 1 + random_below(f->model.count);
			assert_done(store_trim_channel(f->store, channel, seq, &e), &e);
			trims[channel] = trims[channel] > seq ? trims[channel] : seq;
		}
		if (random_below(20) == 0) {
			reopen(f);
			store_limit_reads(f->store, limit_of, &p);
		}
		assert_living(f->store, &f->model, &p, trims);
	}
}

int main(void)
{
	random_start();
	const struct CMUnitTest tests[] = {
		TEST_HERE(a_record_goes_a_microsecond_after_its_time),
		TEST_HERE(late_records_live_from_their_arrival),
		TEST_HERE(old_records_do_not_hide_behind_young_ones),
		TEST_HERE(a_ttl_of_zero_keeps_none),
		TEST_HERE(bytes_leave_the_newest),
		TEST_HERE(trimmed_channels_stay_trimmed),
		TEST_HERE(trims_end_where_the_log_does),
		TEST_HERE(what_is_gone_goes_with_its_state),
		TEST_HERE(late_records_of_the_gone_start_anew),
		TEST_HERE(an_id_that_was_never_given_out_is_not_gone),
		TEST_HERE(equals_the_model),
	};
	return cmocka_run_group_tests_name("retain", tests, NULL, NULL);
}
