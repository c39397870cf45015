/* Random messages: packing loses nothing, and the JSON is what a strict parser reads back. */
#include "test.h"

#include "cantrack/message.h"
#include "random.h"

#include <jansson.h>

enum { ROUNDS = 4000 };

static char texts[PARAM_COUNT][64];

static struct str random_text(enum param p)
{
	static const char *const pieces[] = {
		"a", "Z", "9", " ", "\"", "\\", "/", "\t", "é", "\x7f"};
	char *room = texts[p];
	size_t len = 0;
	for (unsigned n = random_below(12); n; n--) {
		const char *piece = pieces[random_below(sizeof pieces / sizeof *pieces)];
		memcpy(room + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return (struct str){room, len};
}

static int64_t random_number(enum param_kind kind)
{
	int64_t number = (int64_t)(random_u64() >> (1 + random_below(63)));
	switch (kind) {
	case KIND_BOOLEAN: return number & 1;
	case KIND_MAC: return number & INT64_C(0xffffffffffff);
	case KIND_IDENT: return number % INT64_C(10000000000000000);
	default: return random_below(2) ? number : -number;
	}
}

static void random_message(struct message *m)
{
	message_clear(m);
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (random_below(2))
			continue;
		if (params[p].kind == KIND_TEXT)
			message_text(m, p, random_text(p));
		else
			message_number(m, p, random_number(params[p].kind));
	}
	static const enum param listed[] = {PARAM_GSM_CELLID, PARAM_GSM_LAC, PARAM_GSM_SIGNAL_DBM,
		PARAM_WIFI_MAC_ADDRESS, PARAM_WIFI_SIGNAL_STRENGTH};
	for (size_t k = 0; k < sizeof listed / sizeof *listed; k++) {
		unsigned count = random_below(3) ? 0 : random_below(61);
		for (unsigned i = index_next(0, count); i; i = index_next(i, count))
			message_more(m, listed[k], i, random_number(params[listed[k]].kind));
	}
}

static void packing_loses_nothing(void **state)
{
	(void)state;
	static struct message m, again;
	static char packed[MESSAGE_PACK_MAX];
	struct buf before, after;
	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	for (int round = 0; round < ROUNDS; round++) {
		random_message(&m);
		uint64_t without = random_below(2) ? 0 : random_u64();
		struct str body = {packed, message_pack(&m, without, packed)};
		message_clear(&again);
		assert_true(message_unpack(body, &again));
		m.present &= ~without;
		assert_int_equal(again.present, m.present);
		before.len = after.len = 0;
		assert_true(message_json(&again, NULL, &after));
		if (!without) {
			assert_true(message_json(&m, NULL, &before));
			assert_int_equal(before.len, after.len);
			assert_memory_equal(before.at, after.at, before.len);
		}
	}
	buf_clear(&before);
	buf_clear(&after);
}

/* Bytes that are no packed message are refused or read, never followed out of their end. */
static void damaged_packs_are_survived(void **state)
{
	(void)state;
	static struct message m, again;
	static char packed[MESSAGE_PACK_MAX];
	for (int round = 0; round < 4 * ROUNDS; round++) {
		random_message(&m);
		size_t len = message_pack(&m, 0, packed);
		for (unsigned n = 1 + random_below(4); n && len; n--)
			packed[random_below((unsigned)len)] = (char)random_below(256);
		size_t cut = random_below((unsigned)len + 1);
		char *exact =
			malloc(cut ? cut : 1); /* a reader beyond the end meets the sanitizer */
		memcpy(exact, packed, cut);
		message_clear(&again);
		bool whole = message_unpack((struct str){exact, cut}, &again);
		if (whole)
			assert_true(again.more_count <= MORE_MAX);
		free(exact);
	}
}

static void the_json_is_strict_and_sorted(void **state)
{
	(void)state;
	static struct message m;
	struct buf out;
	buf_init(&out, 1 << 20);
	for (int round = 0; round < ROUNDS; round++) {
		random_message(&m);
		out.len = 0;
		assert_true(message_json(&m, NULL, &out));
		json_error_t where;
		json_t *object = json_loadb(out.at, out.len, JSON_REJECT_DUPLICATES, &where);
		if (!object)
			print_error("%s at %d of %.*s\n", where.text, where.position, (int)out.len,
				out.at);
		assert_non_null(object);
		size_t members = (size_t)__builtin_popcountll(m.present) + m.more_count;
		assert_int_equal(json_object_size(object), members);
		char last[80] = "";
		const char *key;
		json_t *value;
		json_object_foreach(object, key, value)
		{ /* in the order of the text */
			assert_true(strcmp(last, key) < 0);
			snprintf(last, sizeof last, "%s", key);
		}
		for (enum param p = 0; p < PARAM_COUNT; p++) {
			if (!message_has(&m, p) || params[p].kind != KIND_TEXT)
				continue;
			char name[80];
			snprintf(name, sizeof name, "%.*s", STR_PRINT(params[p].name));
			assert_str(
				m.value[p].text, json_string_value(json_object_get(object, name)));
		}
		json_decref(object);
	}
	buf_clear(&out);
}

int main(void)
{
	random_seed();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packing_loses_nothing),
		cmocka_unit_test(damaged_packs_are_survived),
		cmocka_unit_test(the_json_is_strict_and_sorted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
