#include "cantrack/message.h"

#include "base/varint.h"

/* Layout: varint presence; varint values of the present booleans, in order; then for each other
 * present parameter, in order, a zigzag varint or a length and the text; varint count of further
 * values, each param byte, index byte, zigzag varint. */

enum { TEXT_MAX = 512 };

/* The most bytes that any message can take. */
enum {
	PACKED_MAX = 3 * VARINT_MAX + MORE_MAX * (2 + VARINT_MAX)
#define PARAM(id, name, kind, decimals, unit, text, frames, group)                                 \
	+(KIND_##kind == KIND_TEXT ? 2 + TEXT_MAX : VARINT_MAX)
#include "cantrack/params.def"
#undef PARAM
};
_Static_assert((int)PACKED_MAX <= (int)MESSAGE_PACK_MAX, "message_pack needs no look at its room");

static char *put_zigzag(char *at, int64_t value)
{
	return put_varint(at, zigzag((uint64_t)value));
}

static bool get_zigzag(struct str *in, int64_t *value)
{
	uint64_t v;
	if (!get_varint(in, &v))
		return false;
	*value = (int64_t)unzigzag(v);
	return true;
}

size_t message_pack(const struct message *m, uint64_t without, char *out)
{
	uint64_t present = m->present & ~without;
	char *at = put_varint(out, present);
	uint64_t booleans = 0;
	unsigned boolean = 0;
	for (uint64_t left = present; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		if (params[p].kind == KIND_BOOLEAN)
			booleans |= (uint64_t)(m->value[p].number != 0) << boolean++;
	}
	if (boolean)
		at = put_varint(at, booleans);
	for (uint64_t left = present; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		if (params[p].kind == KIND_TEXT) {
			struct str text = m->value[p].text;
			size_t len = text.len < TEXT_MAX ? text.len : TEXT_MAX;
			at = put_varint(at, len);
			memcpy(at, text.at, len);
			at += len;
		} else if (params[p].kind != KIND_BOOLEAN) {
			at = put_zigzag(at, m->value[p].number);
		}
	}
	at = put_varint(at, m->more_count);
	for (unsigned i = 0; i < m->more_count; i++) {
		*at++ = (char)m->more[i].param;
		*at++ = (char)m->more[i].index;
		at = put_zigzag(at, m->more[i].number);
	}
	return (size_t)(at - out);
}

static bool unpack_more(struct str *in, struct message *m)
{
	uint64_t count;
	if (!get_varint(in, &count) || count > MORE_MAX)
		return false;
	for (; count; count--) {
		if (in->len < 3)
			return false;
		uint8_t param = (uint8_t)in->at[0], index = (uint8_t)in->at[1];
		*in = str_from(*in, 2);
		int64_t number;
		if (param >= PARAM_COUNT || params[param].kind == KIND_TEXT || index < 1 ||
			index > 99 || !get_zigzag(in, &number))
			return false;
		message_more(m, param, index, number);
	}
	return true;
}

bool message_unpack(struct str packed, struct message *m)
{
	uint64_t present, booleans = 0;
	if (!get_varint(&packed, &present) || present >> (PARAM_COUNT - 1) > 1)
		return false;
	bool any_boolean = false;
	for (uint64_t left = present; left && !any_boolean; left &= left - 1)
		any_boolean = params[__builtin_ctzll(left)].kind == KIND_BOOLEAN;
	if (any_boolean && !get_varint(&packed, &booleans))
		return false;
	for (uint64_t left = present; left; left &= left - 1) {
		unsigned p = (unsigned)__builtin_ctzll(left);
		uint64_t len;
		int64_t number;
		if (params[p].kind == KIND_BOOLEAN) {
			message_number(m, p, (int64_t)(booleans & 1));
			booleans >>= 1;
		} else if (params[p].kind == KIND_TEXT) {
			if (!get_varint(&packed, &len) || len > packed.len)
				return false;
			message_text(m, p, str_upto(packed, len));
			packed = str_from(packed, len);
		} else {
			if (!get_zigzag(&packed, &number))
				return false;
			message_number(m, p, number);
		}
	}
	return unpack_more(&packed, m);
}
