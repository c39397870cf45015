/* What every back-end of store.h must do with the log. Uses the interface alone. */
#include "fixture.h"

/* Appends one group of plain records of channel 1. */
static void append_times(struct fixture *f, uint32_t device, const int64_t *times_s, size_t count)
{
	struct record records[16];
	for (size_t i = 0; i < count; i++)
		records[i] = record_plain(1, device, times_s[i] * 1000000, (int64_t)i);
	append(f->store, &f->model, records, count);
	for (size_t i = 0; i < count; i++)
		record_drop(&records[i]);
}

#define APPEND(f, device, ...)                                                                     \
	append_times(f, device, (const int64_t[]){__VA_ARGS__},                                    \
		sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* ---- log ---- */

static void gives_seqs_without_gaps(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(store_head(f->store), 0);
	APPEND(f, 1, 10, 20, 30);
	APPEND(f, 2, 10);
	for (size_t i = 0; i < f->model.count; i++)
		assert_int_equal(f->model.at[i].seq, i + 1);
	struct error e;
	assert_true(store_append(f->store, NULL, 0, &e));
	assert_int_equal(store_head(f->store), 4);
	settle(f->store);
	reopen(f);
	APPEND(f, 2, 20);
	assert_int_equal(f->model.at[4].seq, 5);
	reopen(f);
	assert_int_equal(store_head(f->store), 5);
	assert_all(f->store, &f->model);
}

static void reads_both_ways_on_both_sides_of_settling(void **state)
{
	struct fixture *f = *state;
	APPEND(f, 1, 50, 10, 20);
	APPEND(f, 2, 11, 21, 31);
	assert_all(f->store, &f->model);
	settle(f->store);
	assert_all(f->store, &f->model);
	APPEND(f, 1, 30, 5, 60, 20); /* late ones, too */
	APPEND(f, 2, 41);
	assert_all(f->store, &f->model);
	settle(f->store);
	assert_all(f->store, &f->model);
	settle(f->store); /* of nothing */
	reopen(f);
	assert_all(f->store, &f->model);
}

static void bounds_are_inclusive(void **state)
{
	struct fixture *f = *state;
	APPEND(f, 1, 10, 20, 20, 30);
	for (int round = 0; round < 2; round++) {
		for (int64_t from = 9; from <= 31; from++)
			for (int64_t to = from - 1; to <= 31; to++) {
				struct query q = {.by = QUERY_DEVICE,
					.id = 1,
					.from_us = from * 1000000,
					.to_us = to * 1000000,
					.reverse = to % 2};
				assert_answer(f->store, &f->model, &q);
				q.by = QUERY_CHANNEL;
				q.from_us += 1500000;
				q.to_us += 1500000;
				assert_answer(f->store, &f->model, &q);
			}
		settle(f->store);
	}
}

struct page {
	struct query q;
	size_t records, pages;
};

static bool note_place(void *context, const struct record *r)
{
	struct page *p = context;
	p->q.after = true;
	p->q.after_us = p->q.by == QUERY_DEVICE ? r->time_us : r->received_us;
	p->q.after_seq = r->seq;
	p->records++;
	return true;
}

/* Reads to the end in pages, comparing each with the model; returns the number of records. */
static size_t read_pages(struct fixture *f, enum query_by by, bool reverse, size_t count)
{
	struct page p = {.q = query_all(by, 1)};
	p.q.reverse = reverse;
	p.q.count = count;
	size_t before;
	do {
		struct query q = p.q;
		struct error e;
		before = p.records;
		assert_answer(f->store, &f->model, &q);
		assert_true(store_read(f->store, &q, note_place, &p, &e));
		assert_true(p.records - before <= count);
	} while (p.records > before);
	return p.records;
}

static void continues_across_the_border(void **state)
{
	struct fixture *f = *state;
	APPEND(f, 1, 10, 20, 20, 20, 30, 25);
	APPEND(f, 2, 10, 20);
	settle(f->store);
	APPEND(f, 1, 20, 40, 22, 5);
	for (size_t count = 1; count <= 11; count++) {
		assert_int_equal(read_pages(f, QUERY_DEVICE, false, count), 10);
		assert_int_equal(read_pages(f, QUERY_DEVICE, true, count), 10);
		assert_int_equal(read_pages(f, QUERY_CHANNEL, false, count), 12);
		assert_int_equal(read_pages(f, QUERY_CHANNEL, true, count), 12);
	}
}

/* A place need not be that of a record. */
static void continues_from_any_place(void **state)
{
	struct fixture *f = *state;
	static const uint64_t seqs[] = {0, 1, 2, 3, UINT64_MAX};
	APPEND(f, 1, 10, 20, 20, 30);
	for (int round = 0; round < 2; round++) {
		for (int64_t us = 9000000; us <= 31000000; us += 500000)
			for (int i = 0; i < 20; i++) {
				struct query q =
					query_all(i < 10 ? QUERY_DEVICE : QUERY_CHANNEL, 1);
				q.reverse = i % 2;
				q.after = true;
				q.after_us = us;
				q.after_seq = seqs[i / 2 % 5];
				assert_answer(f->store, &f->model, &q);
			}
		settle(f->store);
	}
}

static bool stop_at_two(void *context, const struct record *r)
{
	(void)r;
	return ++*(int *)context < 2;
}

static void the_reader_may_stop(void **state)
{
	struct fixture *f = *state;
	struct error e;
	APPEND(f, 1, 10, 20, 30, 40);
	for (int round = 0; round < 2; round++) {
		for (int form = 0; form < 4; form++) {
			int seen = 0;
			struct query q = query_all(form / 2 ? QUERY_DEVICE : QUERY_CHANNEL, 1);
			q.reverse = form % 2;
			assert_true(store_read(f->store, &q, stop_at_two, &seen, &e));
			assert_int_equal(seen, 2);
		}
		settle(f->store);
	}
}

static void refuses_a_damaged_body_whole(void **state)
{
	struct fixture *f = *state;
	struct error e = {""};
	struct record records[2] = {record_plain(1, 1, 10, 0), record_plain(1, 1, 20, 0)};
	struct str whole = records[1].body;
	records[1].body.len--;
	assert_false(store_append(f->store, records, 2, &e));
	assert_true(e.text[0] != '\0');
	assert_int_equal(store_head(f->store), 0);
	assert_all(f->store, &f->model);
	records[1].body = whole;
	append(f->store, &f->model, records, 2);
	assert_all(f->store, &f->model);
	record_drop(&records[0]);
	record_drop(&records[1]);
}

/* Many blocks of one device, then late records into the midst of them, again and again. */
static void merges_late_data(void **state)
{
	struct fixture *f = *state;
	for (int round = 0; round < 12; round++) {
		enum { GROUP = 700 };
		struct record records[GROUP];
		for (unsigned i = 0; i < GROUP; i++) {
			int64_t time_s = round % 3 == 2 ? (int64_t)random_below(6000)
							: round * 500 + (int64_t)i;
			records[i] = record_plain(1 + i % 2, 1 + i % 7 / 6, time_s * 1000000, i);
		}
		append(f->store, &f->model, records, GROUP);
		for (int i = 0; i < GROUP; i++)
			record_drop(&records[i]);
		if (round % 4 != 3)
			settle(f->store);
		assert_all(f->store, &f->model);
	}
	for (int i = 0; i < 50; i++) {
		struct query q = {.by = QUERY_DEVICE, .id = 1, .reverse = i % 2, .count = 100};
		q.from_us = (int64_t)random_below(6000) * 1000000;
		q.to_us = q.from_us + (int64_t)random_below(2000) * 1000000;
		assert_answer(f->store, &f->model, &q);
	}
}

/* ---- everything at once ---- */

static void random_queries(struct fixture *f, int queries)
{
	for (int i = 0; i < queries; i++) {
		struct query q = {.by = random_below(2) ? QUERY_DEVICE : QUERY_CHANNEL,
			.reverse = random_below(2),
			.from_us = INT64_MIN,
			.to_us = INT64_MAX,
			.count = random_below(3) ? random_below(40) : 0};
		q.id = 1 + (uint32_t)random_below(
				   q.by == QUERY_DEVICE ? TRAFFIC_DEVICES : TRAFFIC_CHANNELS);
		if (random_below(2))
			q.from_us = INT64_C(1700000000000000) + (int64_t)random_below(20000000);
		if (random_below(2))
			q.to_us = INT64_C(1700000000000000) + (int64_t)random_below(20000000);
		if (random_below(2) && f->model.count) {
			const struct record *r = &f->model.at[random_below(f->model.count)];
			q.after = true;
			q.after_us = q.by == QUERY_DEVICE ? r->time_us : r->received_us;
			q.after_seq = r->seq + random_below(3) - 1;
		}
		assert_answer(f->store, &f->model, &q);
	}
}

static void equals_the_model(void **state)
{
	struct fixture *f = *state;
	for (int step = 0; step < 120; step++) {
		struct record records[300];
		size_t count = 1 + random_below(random_below(8) ? 20 : 300);
		for (size_t i = 0; i < count; i++)
			records[i] = record_random();
		append(f->store, &f->model, records, count);
		for (size_t i = 0; i < count; i++)
			record_drop(&records[i]);
		if (random_below(4) == 0)
			settle(f->store);
		if (random_below(20) == 0)
			reopen(f);
		random_queries(f, 4);
	}
	assert_all(f->store, &f->model);
	settle(f->store);
	reopen(f);
	assert_all(f->store, &f->model);
	random_queries(f, 200);
}

int main(void)
{
	random_start();
	const struct CMUnitTest tests[] = {
		TEST(gives_seqs_without_gaps),
		TEST(reads_both_ways_on_both_sides_of_settling),
		TEST(bounds_are_inclusive),
		TEST(continues_across_the_border),
		TEST(continues_from_any_place),
		TEST(the_reader_may_stop),
		TEST(refuses_a_damaged_body_whole),
		TEST(merges_late_data),
		TEST(equals_the_model),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
