/* What every back-end of store.h must do. Uses the interface alone. */
#include "traffic.h"

struct fixture {
	char *directory;
	struct store *store;
	struct model model;
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->directory = directory_make();
	f->store = open_store(f->directory);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	store_close(f->store);
	directory_remove(f->directory);
	model_clear(&f->model);
	free(f->directory);
	free(f);
	return 0;
}

static void reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = open_store(f->directory);
}

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

/* ---- telemetry and idents ---- */

struct values {
	int64_t number[PARAM_COUNT], time_us[PARAM_COUNT];
	char text[PARAM_COUNT][64];
	uint64_t present;
	size_t count;
	unsigned last;
};

static void note_value(void *context, const struct telemetry_item *item)
{
	struct values *v = context;
	unsigned order = item->param * 100u + item->index;
	assert_true(v->count == 0 || order > v->last); /* indexes below 10 only */
	v->last = order;
	v->count++;
	if (item->index)
		return;
	v->present |= UINT64_C(1) << item->param;
	v->time_us[item->param] = item->time_us;
	if (params[item->param].kind == KIND_TEXT)
		snprintf(v->text[item->param], 64, "%.*s", STR_PRINT(item->value.text));
	else
		v->number[item->param] = item->value.number;
}

static struct values telemetry(struct fixture *f, uint32_t device)
{
	struct values v = {.count = 0};
	assert_true(store_telemetry(f->store, device, note_value, &v));
	return v;
}

static void append_one(struct fixture *f, struct record r)
{
	append(f->store, &f->model, &r, 1);
	record_drop(&r);
}

static void newest_value_stays(void **state)
{
	struct fixture *f = *state;
	assert_false(store_telemetry(f->store, 1, note_value, NULL));
	assert_int_equal(store_last_active(f->store, 1), 0);
	append_one(f, record_plain(1, 1, 20000000, 7));
	append_one(f, record_plain(2, 1, 10000000, 8)); /* older: changes nothing */
	for (int round = 0; round < 3; round++) {
		struct values v = telemetry(f, 1);
		assert_int_equal(v.number[PARAM_POSITION_SPEED], 7);
		assert_int_equal(v.time_us[PARAM_POSITION_SPEED], 20000000);
		assert_int_equal(v.number[PARAM_IDENT], 1001);
		assert_int_equal(v.number[PARAM_TIMESTAMP], 20000000);
		assert_int_equal(v.number[PARAM_SERVER_TIMESTAMP], 21500000);
		assert_int_equal(v.number[PARAM_CHANNEL_ID], 1);
		assert_string_equal(v.text[PARAM_MESSAGE_TYPE], "V1");
		assert_string_equal(v.text[PARAM_VENDOR_CODE], "HQ");
		assert_string_equal(v.text[PARAM_PEER], "127.0.0.1:40112");
		assert_int_equal(v.count, 8);
		assert_int_equal(store_last_active(f->store, 1), 21500000);
		if (round == 0)
			reopen(f);
		else
			settle(f->store);
	}
	append_one(f, record_plain(1, 1, 20000000, 9)); /* the same time: the later one stays */
	assert_int_equal(telemetry(f, 1).number[PARAM_POSITION_SPEED], 9);
	reopen(f);
	assert_int_equal(telemetry(f, 1).number[PARAM_POSITION_SPEED], 9);
}

static void values_that_a_message_lacks_stay(void **state)
{
	struct fixture *f = *state;
	struct message m;
	char body[MESSAGE_PACK_MAX];
	struct record r;
	struct origin origin = {.ident = 5, .channel = 1, .device = 1, .vendor = {'H', 'Q'}};
	append_one(f, record_plain(1, 1, 20000000, 7));
	message_clear(&m);
	message_number(&m, PARAM_SERVER_TIMESTAMP, 30000000);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("HTBT"));
	message_number(&m, PARAM_GSM_LAC, 1);
	message_more(&m, PARAM_GSM_LAC, 1, 11);
	message_more(&m, PARAM_GSM_LAC, 2, 12);
	record_make(&r, &m, &origin, body);
	append(f->store, &f->model, &r, 1);
	for (int round = 0; round < 2; round++) {
		struct values v = telemetry(f, 1);
		assert_int_equal(v.number[PARAM_POSITION_SPEED], 7);
		assert_int_equal(v.time_us[PARAM_POSITION_SPEED], 20000000);
		assert_int_equal(v.time_us[PARAM_TIMESTAMP], 30000000);
		assert_string_equal(v.text[PARAM_MESSAGE_TYPE], "HTBT");
		assert_string_equal(v.text[PARAM_PEER], "127.0.0.1:40112");
		assert_int_equal(v.count, 11);
		settle(f->store);
		reopen(f);
	}
}

static void sum_ident(void *context, const struct ident_info *info)
{
	struct ident_info *to = context;
	if (info->ident == to->ident)
		*to = *info;
}

static struct ident_info ident(struct fixture *f, uint32_t channel, uint64_t number)
{
	struct ident_info info = {.ident = number};
	store_idents(f->store, channel, sum_ident, &info);
	return info;
}

static void idents_are_counted_once(void **state)
{
	struct fixture *f = *state;
	append_one(f, record_plain(1, 0, 10000000, 1));
	append_one(f, record_plain(1, 0, 20000000, 1));
	append_one(f, record_plain(2, 0, 30000000, 1));
	settle(f->store);
	append_one(f, record_plain(1, 0, 5000000, 1));
	append_one(f, record_plain(1, 4, 40000000, 1));
	for (int round = 0; round < 4; round++) {
		struct ident_info a = ident(f, 1, 1000), b = ident(f, 2, 1000);
		assert_int_equal(a.count, 3);
		assert_int_equal(a.bytes, 3 * f->model.at[0].body.len);
		assert_int_equal(a.last_us, 6500000); /* the last to come */
		assert_int_equal(a.device, 0);
		assert_int_equal(a.peer.port, 40112);
		assert_int_equal(a.peer.addr[0], 127);
		assert_int_equal(b.count, 1);
		assert_int_equal(ident(f, 1, 1004).device, 4);
		assert_int_equal(ident(f, 2, 1004).count, 0);
		assert_int_equal(ident(f, 3, 1000).count, 0);
		if (round == 1)
			settle(f->store);
		reopen(f);
	}
}

/* ---- resources ---- */

struct listing {
	struct store *store;
	char text[200];
};

static bool list(void *context, uint32_t id, struct str json)
{
	struct listing *l = context;
	size_t len = strlen(l->text);
	snprintf(l->text + len, sizeof l->text - len, "%u=%.*s ", (unsigned)id, STR_PRINT(json));
	return id < 90;
}

static void assert_listing(struct fixture *f, const char *kind, const char *text)
{
	struct listing l = {.text = ""};
	struct error e;
	assert_true(store_each(f->store, kind, list, &l, &e));
	assert_string_equal(l.text, text);
}

static bool put_again(void *context, uint32_t id, struct str json)
{
	return store_put(context, "device", id, json, NULL);
}

static void resources_are_kept(void **state)
{
	struct fixture *f = *state;
	struct error e;
	assert_int_equal(store_next_id(f->store, "device", &e), 1);
	assert_true(store_put(f->store, "device", 1, str_of("{\"a\":1}"), &e));
	assert_true(store_put(f->store, "device", 7, str_of("{}"), &e));
	assert_true(store_put(f->store, "channel", 1, str_of("{\"c\":\"\xc3\xa4\"}"), &e));
	assert_true(store_put(f->store, "device", 1, str_of("{\"a\":2}"), &e));
	for (int round = 0; round < 2; round++) {
		assert_listing(f, "device", "1={\"a\":2} 7={} ");
		assert_listing(f, "channel", "1={\"c\":\"\xc3\xa4\"} ");
		assert_listing(f, "nothing", "");
		reopen(f);
	}
	assert_true(store_each(f->store, "device", put_again, f->store, &e));
	assert_true(store_delete(f->store, "device", 7, &e));
	assert_true(store_delete(f->store, "device", 70, &e));
	assert_listing(f, "device", "1={\"a\":2} ");
	assert_true(store_put(f->store, "device", 90, str_of("{}"), &e));
	assert_true(store_put(f->store, "device", 91, str_of("{}"), &e));
	assert_listing(f, "device", "1={\"a\":2} 90={} "); /* `list` says stop */
}

static void ids_are_never_used_again(void **state)
{
	struct fixture *f = *state;
	struct error e;
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(store_next_id(f->store, "device", &e), i);
	assert_int_equal(store_next_id(f->store, "channel", &e), 1);
	assert_true(store_put(f->store, "device", 10, str_of("{}"), &e));
	assert_true(store_put(f->store, "device", 5, str_of("{}"), &e));
	assert_true(store_delete(f->store, "device", 10, &e));
	reopen(f);
	assert_int_equal(store_next_id(f->store, "device", &e), 11);
	assert_int_equal(store_next_id(f->store, "channel", &e), 2);
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

static void figures_add_up(void **state)
{
	struct fixture *f = *state;
	struct store_figures figures;
	APPEND(f, 1, 10, 20);
	APPEND(f, 0, 30);
	store_figures(f->store, &figures);
	assert_int_equal(figures.appended, 3);
	assert_int_equal(figures.commits, 2);
	assert_int_equal(figures.tail_records, 3);
	assert_true(figures.tail_bytes > 0);
	assert_int_equal(figures.settled, 0);
	assert_true(figures.disk_bytes > 0);
	settle(f->store);
	store_figures(f->store, &figures);
	assert_int_equal(figures.tail_records, 0);
	assert_int_equal(figures.tail_bytes, 0);
	assert_int_equal(figures.settled, 3);
	assert_int_equal(figures.idents_dropped, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	random_start();
	const struct CMUnitTest tests[] = {
		TEST(gives_seqs_without_gaps),
		TEST(reads_both_ways_on_both_sides_of_settling),
		TEST(bounds_are_inclusive),
		TEST(continues_across_the_border),
		TEST(the_reader_may_stop),
		TEST(refuses_a_damaged_body_whole),
		TEST(merges_late_data),
		TEST(newest_value_stays),
		TEST(values_that_a_message_lacks_stay),
		TEST(idents_are_counted_once),
		TEST(resources_are_kept),
		TEST(ids_are_never_used_again),
		TEST(equals_the_model),
		TEST(figures_add_up),
	};
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
