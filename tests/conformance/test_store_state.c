/* What every back-end of store.h must do with what follows from the log, and with resources. */
#include "fixture.h"

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

static void forget(struct fixture *f, uint32_t device, uint64_t list)
{
	struct error e;
	assert_done(store_forget_telemetry(f->store, device, list, &e), &e);
}

#define BIT(p) (UINT64_C(1) << PARAM_##p)

/* Neither a restart (the tail is replayed) nor settling brings back what was forgotten. */
static void forgotten_values_stay_away(void **state)
{
	struct fixture *f = *state;
	forget(f, 1, BIT(IDENT)); /* nothing is known of it */
	append_one(f, record_plain(1, 1, 20000000, 7));
	append_one(f, record_plain(1, 2, 20000000, 7));
	forget(f, 1, BIT(POSITION_SPEED) | BIT(PEER) | BIT(BATTERY_LEVEL));
	for (int round = 0; round < 4; round++) {
		struct values v = telemetry(f, 1);
		assert_int_equal(v.count, 6);
		assert_false(v.present & (BIT(POSITION_SPEED) | BIT(PEER)));
		assert_int_equal(v.number[PARAM_IDENT], 1001);
		assert_int_equal(telemetry(f, 2).count, 8);
		assert_int_equal(store_last_active(f->store, 1), 21500000);
		if (round == 1)
			settle(f->store);
		else
			reopen(f);
	}
	/* a value that comes later is news, even when its time is older */
	append_one(f, record_plain(1, 1, 10000000, 8));
	for (int round = 0; round < 3; round++) {
		struct values v = telemetry(f, 1);
		assert_int_equal(v.count, 8);
		assert_int_equal(v.number[PARAM_POSITION_SPEED], 8);
		assert_int_equal(v.time_us[PARAM_POSITION_SPEED], 10000000);
		assert_int_equal(v.time_us[PARAM_IDENT], 20000000);
		if (round == 1)
			settle(f->store);
		reopen(f);
	}
	forget(f, 1, UINT64_MAX);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(telemetry(f, 1).count, 0);
		reopen(f);
	}
	assert_int_equal(telemetry(f, 2).count, 8);
	struct query q = query_all(QUERY_DEVICE, 1);
	assert_answer(f->store, &f->model, &q); /* the messages stay */
}

static bool count_record(void *context, const struct record *r)
{
	(void)r;
	++*(size_t *)context;
	return true;
}

/* Messages that came over REST are their devices' alone. */
static void records_of_no_channel_are_kept(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 50; i++) {
		append_one(f, record_plain(0, 1, 20000000 + i, i));
		append_one(f, record_plain((uint32_t)i % 2, 1, 20000000 + i, i));
	}
	for (int round = 0; round < 4; round++) {
		struct query q = query_all(QUERY_DEVICE, 1);
		assert_answer(f->store, &f->model, &q);
		q = query_all(QUERY_CHANNEL, 0);
		size_t count = 0;
		struct error e;
		assert_done(store_read(f->store, &q, count_record, &count, &e), &e);
		assert_int_equal(count, 0);
		q = query_all(QUERY_CHANNEL, 1);
		assert_answer(f->store, &f->model, &q);
		assert_int_equal(telemetry(f, 1).number[PARAM_CHANNEL_ID], 1);
		assert_int_equal(telemetry(f, 1).number[PARAM_POSITION_SPEED], 49);
		if (round == 1)
			settle(f->store);
		else
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
	struct ident_info info = {.ident = number}, alone;
	store_idents(f->store, channel, sum_ident, &info);
	bool is_known = store_ident(f->store, channel, number, &alone);
	assert_int_equal(is_known, info.count != 0);
	if (is_known) {
		assert_int_equal(alone.count, info.count);
		assert_int_equal(alone.last_us, info.last_us);
	}
	return info;
}

static void idents_are_counted_once(void **state)
{
	struct fixture *f = *state;
	append_one(f, record_plain(1, 0, 10000000, 1));
	append_one(f, record_plain(1, 0, 20000000, 1));
	append_one(f, record_plain(2, 0, 30000000, 1));
	append_one(f, record_plain(0, 5, 30000000, 1));
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
		assert_int_equal(ident(f, 0, 1005).count, 0); /* no channel saw it */
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

static void many_are_added_at_once(void **state)
{
	struct fixture *f = *state;
	struct error e;
	struct str three[] = {STR("{\"a\":1}"), STR("{\"a\":2}"), STR("{\"a\":3}")};
	uint32_t first = 0;
	assert_int_equal(store_next_id(f->store, "device", &e), 1);
	assert_true(store_add(f->store, "device", three, 3, &first, &e));
	assert_int_equal(first, 2);
	assert_true(store_add(f->store, "channel", three, 1, &first, &e));
	assert_int_equal(first, 1);
	reopen(f);
	assert_listing(f, "device", "2={\"a\":1} 3={\"a\":2} 4={\"a\":3} ");
	assert_listing(f, "channel", "1={\"a\":1} ");
	assert_int_equal(store_next_id(f->store, "device", &e), 5);
}

static void many_change_and_go_at_once(void **state)
{
	struct fixture *f = *state;
	struct error e;
	struct str three[] = {STR("1"), STR("2"), STR("3")};
	uint32_t first = 0;
	assert_true(store_add(f->store, "device", three, 3, &first, &e));
	/* one goes, one changes, one is new */
	const uint32_t ids[] = {1, 3, 7};
	const struct str texts[] = {{NULL, 0}, STR("30"), STR("70")};
	assert_true(store_change(f->store, "device", ids, texts, 3, &e));
	assert_listing(f, "device", "2=2 3=30 7=70 ");
	reopen(f);
	assert_listing(f, "device", "2=2 3=30 7=70 ");
	assert_int_equal(store_next_id(f->store, "device", &e), 8);
}

static void figures_add_up(void **state)
{
	struct fixture *f = *state;
	struct store_figures figures;
	struct record records[2] = {record_plain(1, 1, 10, 0), record_plain(1, 1, 20, 0)};
	append(f->store, &f->model, records, 2);
	record_drop(&records[0]);
	record_drop(&records[1]);
	append_one(f, record_plain(1, 0, 30, 0));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newest_value_stays),
		TEST(values_that_a_message_lacks_stay),
		TEST(forgotten_values_stay_away),
		TEST(records_of_no_channel_are_kept),
		TEST(idents_are_counted_once),
		TEST(resources_are_kept),
		TEST(ids_are_never_used_again),
		TEST(many_are_added_at_once),
		TEST(many_change_and_go_at_once),
		TEST(figures_add_up),
	};
	return cmocka_run_group_tests_name("store_state", tests, NULL, NULL);
}
