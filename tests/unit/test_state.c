/* The memory side of the store: map, telemetry, state, tail. */
#include "test.h"

#include "store/map.h"
#include "store/state.h"
#include "store/tail.h"
#include "store/telemetry.h"

static struct record make(uint32_t device, uint64_t seq, int64_t time_us, char *body)
{
	struct message m;
	struct record r;
	struct origin origin = {.ident = 1000 + seq % 3,
		.channel = 1,
		.device = device,
		.peer = {6, {0x20, 1, 0xd, 0xb8}, 5000},
		.vendor = {'H', 'Q'}};
	message_clear(&m);
	message_number(&m, PARAM_SERVER_TIMESTAMP, time_us);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(&m, PARAM_POSITION_SPEED, (int64_t)seq);
	message_more(&m, PARAM_GSM_LAC, 1, 7);
	message_more(&m, PARAM_GSM_LAC, 10, 8);
	message_more(&m, PARAM_GSM_LAC, 2, 9);
	record_make(&r, &m, &origin, body);
	r.seq = seq;
	return r;
}

/* ---- map ---- */

static void map_finds_what_was_put(void **state)
{
	(void)state;
	struct map m = {0};
	enum { KEYS = 20000 };
	assert_int_equal(map_get(&m, 1, 1), 0);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < KEYS; i++) {
			uint32_t *value = map_at(&m, i % 100, i / 100);
			assert_int_equal(*value, 0);
			*value = i + 1;
		}
		for (uint32_t i = 0; i < KEYS; i++)
			assert_int_equal(map_get(&m, i % 100, i / 100), i + 1);
		assert_int_equal(map_get(&m, 100, 0), 0);
		assert_int_equal(map_get(&m, 0, KEYS), 0);
		assert_int_equal(m.count, KEYS);
		map_empty(&m);
		assert_int_equal(map_get(&m, 1, 1), 0);
	}
	map_clear(&m);
}

/* ---- telemetry ---- */

static void list(void *context, const struct telemetry_item *item)
{
	char *text = context;
	size_t len = strlen(text);
	snprintf(text + len, 1000 - len, "%s.%u ", params[item->param].name.at,
		(unsigned)item->index);
	if (item->param == PARAM_PEER)
		assert_str(item->value.text, "[2001:db8::]:5000");
}

static void items_stand_in_the_order_of_json(void **state)
{
	(void)state;
	struct buf out;
	struct message scratch;
	char body[MESSAGE_PACK_MAX], text[1000] = "";
	struct record r = make(1, 1, 10, body);
	buf_init(&out, TELEMETRY_MAX);
	assert_true(telemetry_merge((struct str){"", 0}, &r, &scratch, &out));
	assert_true(telemetry_each(buf_str(&out), list, text));
	assert_string_equal(text, "channel.id.0 gsm.lac.1 gsm.lac.10 gsm.lac.2 ident.0 "
				  "message.type.0 peer.0 position.speed.0 server.timestamp.0 "
				  "timestamp.0 vendor.code.0 ");
	buf_clear(&out);
}

static void damaged_telemetry_is_seen(void **state)
{
	(void)state;
	struct buf out, merged;
	struct message scratch;
	char body[MESSAGE_PACK_MAX];
	struct record r = make(1, 1, INT64_MIN, body);
	buf_init(&out, TELEMETRY_MAX);
	buf_init(&merged, TELEMETRY_MAX);
	assert_true(telemetry_merge((struct str){"", 0}, &r, &scratch, &out));
	size_t whole = 0;
	for (size_t len = 0; len <= out.len; len++) {
		char *copy = malloc(len + 1); /* the sanitizer sees a read beyond it */
		memcpy(copy, out.at, len);
		bool is_whole = telemetry_each((struct str){copy, len}, NULL, NULL);
		assert_int_equal(
			is_whole, telemetry_merge((struct str){copy, len}, &r, &scratch, &merged));
		assert_int_equal(is_whole, telemetry_forget((struct str){copy, len}, 1, &merged));
		whole += is_whole;
		free(copy);
	}
	assert_int_equal(whole, 13); /* nothing, the time alone, and after each of 11 items */
	for (size_t i = 0; i < out.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			out.at[i] = (char)(out.at[i] ^ 1 << bit);
			bool is_whole = telemetry_each(buf_str(&out), NULL, NULL);
			bool done = telemetry_merge(buf_str(&out), &r, &scratch, &merged);
			if (is_whole)
				assert_true(done && telemetry_each(buf_str(&merged), NULL, NULL));
			out.at[i] = (char)(out.at[i] ^ 1 << bit);
		}
	buf_clear(&out);
	buf_clear(&merged);
}

/* ---- state ---- */

static void count_ident(void *context, const struct ident_info *info)
{
	*(uint64_t *)context += info->count;
}

static void applying_again_changes_nothing(void **state)
{
	(void)state;
	struct state *s = state_new(), *again = state_new();
	char bodies[10][256], body[MESSAGE_PACK_MAX];
	struct record records[10];
	struct buf a, b;
	buf_init(&a, TELEMETRY_MAX);
	buf_init(&b, TELEMETRY_MAX);
	for (uint64_t i = 0; i < 10; i++) {
		records[i] = make(1, i + 1, 1000 - (int64_t)(i * 7 % 5), body);
		memcpy(bodies[i], body, records[i].body.len);
		records[i].body.at = bodies[i];
	}
	state_apply(s, records, 10);
	struct device_snapshot d, e;
	struct ident_info info;
	uint64_t last_seq, counted = 0;
	assert_true(state_save_device(s, 1, &d, &a));
	assert_int_equal(d.last_seq, 10);
	assert_true(state_load_device(again, &d, buf_str(&a)));
	for (uint64_t ident = 1000; ident < 1003; ident++) {
		assert_true(state_save_ident(s, 1, ident, &last_seq, &info));
		state_load_ident(again, 1, last_seq, &info);
	}
	state_apply(again, records + 3, 7);
	assert_true(state_save_device(again, 1, &e, &b));
	assert_int_equal(e.last_seq, 10);
	assert_int_equal(e.last_active_us, d.last_active_us);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.at, b.at, a.len);
	state_idents(again, 1, count_ident, &counted);
	assert_int_equal(counted, 10);
	assert_false(state_save_ident(again, 2, 1000, &last_seq, &info));
	assert_false(state_save_device(again, 2, &d, &a));
	buf_clear(&a);
	buf_clear(&b);
	state_free(s);
	state_free(again);
}

static void idents_without_device_are_limited(void **state)
{
	(void)state;
	struct state *s = state_new();
	char body[MESSAGE_PACK_MAX];
	struct record r = make(0, 1, 1, body);
	uint64_t counted = 0;
	for (uint64_t i = 0; i < IDENTS_WITHOUT_DEVICE_MAX + 10; i++) {
		r.seq = i + 1;
		r.origin.ident = i * 1000003;
		state_apply(s, &r, 1);
	}
	assert_int_equal(state_idents_dropped(s), 10);
	r.seq++;
	r.origin.device = 5; /* with a device it is remembered; so is one known before */
	state_apply(s, &r, 1);
	r.seq++;
	r.origin.ident = 0;
	state_apply(s, &r, 1);
	r.seq++;
	r.origin.device = 0; /* the place of ident 0 is not given away */
	state_apply(s, &r, 1);
	state_idents(s, 1, count_ident, &counted);
	assert_int_equal(counted, IDENTS_WITHOUT_DEVICE_MAX + 3);
	assert_int_equal(state_idents_dropped(s), 10);
	state_free(s);
}

/* ---- tail ---- */

static size_t count_rows(const struct tail_view *view)
{
	size_t rows = 0;
	for (size_t i = 0; i < view->count; i++)
		for (const struct tail_row *row = NULL; (row = tail_next(view, i, row));)
			rows += row->record.seq >= view->first;
	return rows;
}

static size_t count_chain(const struct tail_view *view)
{
	size_t rows = 0;
	for (const struct tail_row *row = view->newest; row; row = tail_previous(view, row))
		rows++;
	return rows;
}

/* A view stays what it was, whatever is appended and dropped meanwhile. */
static void a_pinned_view_stays(void **state)
{
	(void)state;
	enum { ROWS = 5000 };
	struct tail *t = tail_new();
	struct tail_view view, later;
	struct tail_figures figures;
	char body[MESSAGE_PACK_MAX];
	assert_int_equal(tail_seal(t), 0);
	for (uint64_t i = 1; i <= ROWS; i++) {
		struct record r = make(1 + (uint32_t)i % 2, i, (int64_t)i, body);
		tail_append(t, &r, 1);
	}
	tail_pin(t, 1, &view);
	assert_int_equal(tail_seal(t), ROWS + 1);
	for (uint64_t i = ROWS + 1; i <= ROWS + 10; i++) {
		struct record r = make(1, i, (int64_t)i, body);
		tail_append(t, &r, 1);
	}
	tail_drop(t, 10);
	tail_pin(t, 1, &later);
	assert_int_equal(count_rows(&later), ROWS);
	assert_int_equal(count_chain(&later), ROWS / 2 + 5);
	tail_unpin(t, &later);
	tail_drop(t, ROWS);
	assert_int_equal(count_rows(&view), ROWS);
	assert_int_equal(count_chain(&view), ROWS / 2);
	tail_unpin(t, &view);
	tail_figures(t, &figures);
	assert_int_equal(figures.records, 10);
	assert_true(figures.bytes < 10 * 256);
	assert_true(figures.oldest_us > 0);
	tail_drop(t, ROWS + 10);
	tail_figures(t, &figures);
	assert_int_equal(figures.records, 0);
	assert_int_equal(figures.bytes, 0);
	assert_int_equal(figures.oldest_us, 0);
	tail_pin(t, 1, &view);
	assert_int_equal(count_rows(&view), 0);
	assert_null(view.newest);
	tail_unpin(t, &view);
	tail_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_finds_what_was_put),
		cmocka_unit_test(items_stand_in_the_order_of_json),
		cmocka_unit_test(damaged_telemetry_is_seen),
		cmocka_unit_test(applying_again_changes_nothing),
		cmocka_unit_test(idents_without_device_are_limited),
		cmocka_unit_test(a_pinned_view_stays),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
