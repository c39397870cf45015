#include "cantrack/message.h"

#include "base/json.h"

const struct param_info params[PARAM_COUNT] = {
#define PARAM(id, name, kind, decimals, unit, text, frames, group)                                 \
	{STR(name), KIND_##kind, decimals, unit, text, frames, GROUP_##group},
#include "cantrack/params.def"
#undef PARAM
};

/* `"name":` ready to copy: JSON keys cost one memcpy. */
static const struct str keys[PARAM_COUNT] = {
#define PARAM(id, name, kind, decimals, unit, text, frames, group) STR("\"" name "\":"),
#include "cantrack/params.def"
#undef PARAM
};

const struct param_info *param_find(struct str name)
{
	size_t low = 0, high = PARAM_COUNT;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_cmp(name, params[middle].name);
		if (order == 0)
			return &params[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

enum param param_split(struct str name, unsigned *index)
{
	*index = 0;
	const struct param_info *info = param_find(name);
	if (info)
		return (enum param)(info - params);
	size_t dot = name.len;
	while (dot && name.at[dot - 1] != '.')
		dot--;
	uint64_t number;
	struct str digits = str_from(name, dot);
	info = dot ? param_find(str_upto(name, dot - 1)) : NULL;
	if (!info || info->kind == KIND_TEXT || digits.len > 2 || !str_to_u64(digits, &number) ||
		digits.at[0] == '0')
		return PARAM_COUNT;
	*index = (unsigned)number;
	return (enum param)(info - params);
}

unsigned index_next(unsigned index, unsigned count)
{
	if (index == 0)
		return count ? 1 : 0;
	if (index < 10 && index * 10 <= count)
		return index * 10;
	if (index >= 10 && (index % 10 == 9 || index == count))
		index /= 10;
	if (index == 9)
		return 0;
	return index + 1 <= count ? index + 1 : 0;
}

/* ---- selection ---- */

/* The name of a further value: "gsm.lac" and 12 make "gsm.lac.12". `room` has 64 bytes. */
static struct str more_name(enum param p, unsigned index, char *room)
{
	struct str name = params[p].name;
	memcpy(room, name.at, name.len);
	room[name.len] = '.';
	size_t digits = json_put_decimal(room + name.len + 1, (int64_t)index, 0);
	return (struct str){room, name.len + 1 + digits};
}

static void select_mask(struct selection *s, struct str mask)
{
	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		if (str_matches(params[p].name, mask))
			s->params |= UINT64_C(1) << p;
		char room[64];
		for (unsigned i = 1; i < 100; i++)
			if (str_matches(more_name(p, i, room), mask))
				s->more[p][i / 64] |= UINT64_C(1) << i % 64;
	}
}

void selection_parse(struct selection *s, struct str list)
{
	*s = (struct selection){0};
	while (list.at) {
		struct str mask = str_trim(str_cut(&list, ','));
		if (mask.len)
			select_mask(s, mask);
	}
}

static bool is_selected(const struct selection *only, const struct more *more)
{
	return !only || (only->more[more->param][more->index / 64] >> more->index % 64 & 1);
}

/* ---- JSON ---- */

static char *put_mac(char *at, uint64_t mac)
{
	static const char digits[] = "0123456789ABCDEF";
	*at++ = '"';
	for (int shift = 40; shift >= 0; shift -= 8) {
		*at++ = digits[mac >> (shift + 4) & 15];
		*at++ = digits[mac >> shift & 15];
		*at++ = shift ? ':' : '"';
	}
	return at;
}

/* Writes a value that is no text: at most JSON_DECIMAL_MAX + 2 bytes. */
static char *put_value(char *at, enum param p, int64_t number)
{
	switch (params[p].kind) {
	case KIND_BOOLEAN: {
		size_t len = number ? 4 : 5;
		memcpy(at, number ? "true" : "false", len);
		return at + len;
	}
	case KIND_IDENT:
		*at++ = '"';
		at += json_put_decimal(at, number, 0);
		*at++ = '"';
		return at;
	case KIND_MAC: return put_mac(at, (uint64_t)number);
	case KIND_NUMBER: return at + json_put_decimal(at, number, params[p].decimals);
	case KIND_TEXT: break;
	}
	return at;
}

bool param_json(enum param p, union value value, struct buf *out)
{
	if (params[p].kind == KIND_TEXT)
		return json_string(out, value.text);
	if (!buf_reserve(out, JSON_DECIMAL_MAX + 2))
		return false;
	out->len = (size_t)(put_value(out->at + out->len, p, value.number) - out->at);
	return true;
}

static bool member_json(enum param p, union value value, struct buf *out)
{
	struct str key = keys[p];
	/* comma, key and any value but a text in one reservation */
	if (!buf_reserve(out, key.len + JSON_DECIMAL_MAX + 4))
		return false;
	char *at = out->at + out->len;
	*at++ = ',';
	memcpy(at, key.at, key.len);
	at += key.len;
	if (params[p].kind != KIND_TEXT)
		at = put_value(at, p, value.number);
	out->len = (size_t)(at - out->at);
	return params[p].kind != KIND_TEXT || json_string(out, value.text);
}

static bool more_json(const struct more *more, struct buf *out)
{
	char room[64];
	struct str name = more_name(more->param, more->index, room);
	if (!buf_reserve(out, name.len + JSON_DECIMAL_MAX + 8))
		return false;
	char *at = out->at + out->len;
	*at++ = ',';
	*at++ = '"';
	memcpy(at, name.at, name.len);
	at += name.len;
	*at++ = '"';
	*at++ = ':';
	at = put_value(at, more->param, more->number);
	out->len = (size_t)(at - out->at);
	return true;
}

bool message_json(const struct message *m, const struct selection *only, struct buf *out)
{
	size_t start = out->len;
	uint64_t left = only ? m->present & only->params : m->present;
	size_t next = 0;
	bool done = true;
	/* A further value stands directly behind the parameter it belongs to; when that one is
	 * absent or not selected, where it would be. */
	while (done && (left || next < m->more_count)) {
		unsigned p = left ? (unsigned)__builtin_ctzll(left) : PARAM_COUNT;
		if (next < m->more_count && m->more[next].param < p) {
			if (is_selected(only, &m->more[next]))
				done = more_json(&m->more[next], out);
			next++;
			continue;
		}
		done = member_json(p, m->value[p], out);
		left &= left - 1;
	}
	if (!done)
		return false;
	if (out->len == start)
		return buf_add(out, "{}", 2);
	out->at[start] = '{'; /* was the comma before the first member */
	return buf_add_char(out, '}');
}
