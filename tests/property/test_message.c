/* Any message packs and unpacks to itself, and its JSON says its values exactly. Damaged packed
 * bytes are refused or read as some message that can be printed. */
#include "guard.h"
#include "property.h"

#include <jansson.h>

static char texts[PARAM_COUNT][64];

static struct str chance_text(enum param p)
{
	size_t len = chance_below(sizeof texts[p]);
	for (size_t i = 0; i < len; i++)
		texts[p][i] = chance() & 1 ? chance_byte() : (char)(' ' + chance_below(95));
	return (struct str){texts[p], len};
}

static int64_t chance_value(enum param p)
{
	switch (params[p].kind) {
	case KIND_BOOLEAN: return chance() & 1;
	case KIND_IDENT: return (int64_t)(1 + chance() % UINT64_C(9999999999999999));
	case KIND_MAC: return (int64_t)(chance() >> 16);
	default: return chance_number();
	}
}

static void chance_more(struct message *m, enum param p)
{
	unsigned count = (unsigned)chance_below(chance() & 1 ? 100 : 12);
	for (unsigned i = index_next(0, count); i; i = index_next(i, count))
		if (chance_below(4))
			message_more(m, p, i, chance_value(p));
}

static void chance_message(struct message *m)
{
	message_clear(m);
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (chance() & 1) {
			if (params[p].kind == KIND_TEXT)
				message_text(m, p, chance_text(p));
			else
				message_number(m, p, chance_value(p));
		}
		bool numbers = params[p].kind == KIND_NUMBER || params[p].kind == KIND_MAC;
		if (numbers && !chance_below(8))
			chance_more(m, p);
	}
}

static void holds_same(const struct message *a, const struct message *b)
{
	HOLDS(a->present == b->present && a->more_count == b->more_count);
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!message_has(a, p))
			continue;
		if (params[p].kind == KIND_TEXT)
			HOLDS(str_eq(a->value[p].text, b->value[p].text));
		else
			HOLDS(a->value[p].number == b->value[p].number);
	}
	for (unsigned i = 0; i < a->more_count; i++) {
		HOLDS(a->more[i].param == b->more[i].param);
		HOLDS(a->more[i].index == b->more[i].index);
		HOLDS(a->more[i].number == b->more[i].number);
	}
}

/* The value that the text "-12.5" says, times 10^decimals. */
static int64_t read_decimal(struct str text, int decimals)
{
	bool negative = text.len && text.at[0] == '-';
	uint64_t value = 0;
	int places = -1; /* behind the point, once there is one */
	for (size_t i = negative; i < text.len; i++) {
		if (text.at[i] == '.') {
			places = 0;
			continue;
		}
		HOLDS(is_digit(text.at[i]));
		value = value * 10 + (uint64_t)(text.at[i] - '0');
		places += places >= 0;
	}
	for (places = places < 0 ? 0 : places; places < decimals; places++)
		value *= 10;
	return (int64_t)(negative ? 0 - value : value);
}

static void holds_value(enum param p, int64_t number, json_t *said)
{
	if (params[p].kind == KIND_TEXT) {
		HOLDS(json_is_string(said));
		return;
	}
	struct buf text;
	buf_init(&text, 64);
	union value value = {.number = number};
	HOLDS(param_json(p, value, &text));
	char room[32];
	switch (params[p].kind) {
	case KIND_BOOLEAN: HOLDS(json_is_true(said) == (number == 1)); break;
	case KIND_NUMBER:
		HOLDS(read_decimal(buf_str(&text), params[p].decimals) == number);
		HOLDS(json_is_number(said));
		break;
	case KIND_IDENT: HOLDS(read_decimal(str_of(json_string_value(said)), 0) == number); break;
	case KIND_MAC:
		snprintf(room, sizeof room, "%02X:%02X:%02X:%02X:%02X:%02X",
			(unsigned)(number >> 40 & 255), (unsigned)(number >> 32 & 255),
			(unsigned)(number >> 24 & 255), (unsigned)(number >> 16 & 255),
			(unsigned)(number >> 8 & 255), (unsigned)(number & 255));
		HOLDS(strcmp(json_string_value(said), room) == 0);
		break;
	case KIND_TEXT: break;
	}
	buf_clear(&text);
}

static void holds_members(const struct message *m, struct str text)
{
	json_t *object =
		json_loadb(text.at, text.len, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, NULL);
	HOLDS(object);
	size_t members = 0;
	char name[64];
	for (enum param p = 0; p < PARAM_COUNT; p++) {
		if (!message_has(m, p))
			continue;
		members++;
		snprintf(name, sizeof name, "%.*s", STR_PRINT(params[p].name));
		json_t *said = json_object_get(object, name);
		HOLDS(said);
		holds_value(p, m->value[p].number, said);
	}
	for (unsigned i = 0; i < m->more_count; i++, members++) {
		enum param p = m->more[i].param;
		snprintf(name, sizeof name, "%.*s.%u", STR_PRINT(params[p].name), m->more[i].index);
		json_t *said = json_object_get(object, name);
		HOLDS(said);
		holds_value(p, m->more[i].number, said);
	}
	HOLDS(json_object_size(object) == members);
	json_decref(object);
}

static void holds_when_damaged(char *packed, size_t len, struct buf *json)
{
	static struct message m;
	for (size_t changes = 1 + chance_below(3); changes; changes--)
		packed[chance_below(len)] = (char)chance();
	len = chance() & 1 ? len : chance_below(len + 1);
	message_clear(&m);
	if (!message_unpack(guarded((struct str){packed, len}), &m))
		return;
	json->len = 0;
	HOLDS(message_json(&m, NULL, json));
	json_t *object =
		json_loadb(json->at, json->len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	HOLDS(json_is_object(object));
	json_decref(object);
}

static void round_of_messages(void)
{
	static struct message m, back;
	static char packed[MESSAGE_PACK_MAX];
	static struct buf json;
	if (!json.max)
		buf_init(&json, 1 << 17);
	chance_message(&m);
	uint64_t without = chance() & 1 ? 0 : chance() & m.present;
	size_t len = message_pack(&m, without, packed);
	HOLDS(len <= sizeof packed);
	message_clear(&back);
	HOLDS(message_unpack((struct str){packed, len}, &back));
	m.present &= ~without;
	holds_same(&m, &back);
	json.len = 0;
	HOLDS(message_json(&back, NULL, &json));
	holds_json(buf_str(&json));
	holds_members(&m, buf_str(&json));
	holds_when_damaged(packed, len, &json);
}

int main(int argc, char **argv)
{
	return property_main(argc, argv, round_of_messages);
}
