#include "model/posted.h"

#include <jansson.h>
#include <math.h>

enum { TEXT_MAX = 512, MAC_CHARS = 17 };

/* 2^52: below it, no two numbers of smallest steps are the same double */
static const double number_limit = 4503599627370496;

/* Those that may have further values: "gsm.lac.1". */
static const uint64_t repeated = UINT64_C(1) << PARAM_GSM_CELLID | UINT64_C(1) << PARAM_GSM_LAC |
				 UINT64_C(1) << PARAM_GSM_SIGNAL_DBM |
				 UINT64_C(1) << PARAM_WIFI_MAC_ADDRESS |
				 UINT64_C(1) << PARAM_WIFI_SIGNAL_STRENGTH;

/* Where a value goes. */
struct target {
	const char *name; /* as it was given */
	unsigned param, index;
};

/* ---- names ---- */

static bool is_of_gateway(const char *name)
{
	const struct param_info *p = param_find(str_of(name));
	return (p && (p->group == GROUP_SERVICE || p == &params[PARAM_IDENT])) ||
	       str_starts(str_of(name), "device.") || str_starts(str_of(name), "channel.");
}

/* "gsm.lac.12": the parameter before the last point, and 1..99 behind it. */
static const struct param_info *find_further(struct str name, unsigned *index)
{
	size_t digits = 0;
	while (digits < name.len && is_digit(name.at[name.len - digits - 1]))
		digits++;
	uint64_t number;
	if (digits < 1 || digits > 2 || name.len < digits + 2 ||
		name.at[name.len - digits - 1] != '.' || name.at[name.len - digits] == '0' ||
		!str_to_u64(str_from(name, name.len - digits), &number))
		return NULL;
	const struct param_info *p = param_find(str_upto(name, name.len - digits - 1));
	*index = (unsigned)number;
	return p && repeated >> (p - params) & 1 ? p : NULL;
}

static bool find_target(const char *name, struct target *out, struct refusal *refusal)
{
	*out = (struct target){.name = name};
	const struct param_info *p = param_find(str_of(name));
	if (!p)
		p = find_further(str_of(name), &out->index);
	if (!p)
		return refuse_member(refusal, name, "there is no parameter %.100s", name);
	out->param = (unsigned)(p - params);
	return true;
}

/* ---- values ---- */

/* Places of further values are in the order of their JSON names: 1, 10, 11, 2. */
static unsigned rank_of(unsigned param, unsigned index)
{
	unsigned text = index < 10 ? index * 11 : index / 10 * 11 + index % 10 + 1;
	return param << 8 | text;
}

static bool put_number(
	struct message *m, const struct target *t, int64_t number, struct refusal *refusal)
{
	if (!t->index) {
		message_number(m, t->param, number);
		return true;
	}
	if (m->more_count == MORE_MAX)
		return refuse_member(
			refusal, t->name, "a message has at most %d further values", (int)MORE_MAX);
	size_t at = m->more_count++;
	for (; at &&
		rank_of(m->more[at - 1].param, m->more[at - 1].index) > rank_of(t->param, t->index);
		at--)
		m->more[at] = m->more[at - 1];
	m->more[at] = (struct more){(uint8_t)t->param, (uint8_t)t->index, number};
	return true;
}

/* number * power rounded, half away from zero. The product may miss both what the JSON text said and
 * what it calls a half, since the double is only near to the text; a division, which gives the same
 * double for the same decimals, finds them exactly. */
static int64_t scale(double number, double power)
{
	double magnitude = fabs(number), low = floor(magnitude * power) - 1;
	int64_t scaled = llround(magnitude * power);
	for (double near = low < 0 ? 0 : low; near <= low + 3; near++) {
		if (near / power == magnitude) {
			scaled = (int64_t)near;
			break;
		}
		if ((2 * near + 1) / (2 * power) == magnitude)
			scaled = (int64_t)near + 1;
	}
	return number < 0 ? -scaled : scaled;
}

/* Most degrees of a coordinate, as frames are held to them; 0: no coordinate. */
static int most_degrees(unsigned param)
{
	return param == PARAM_POSITION_LATITUDE ? 90 : param == PARAM_POSITION_LONGITUDE ? 180 : 0;
}

static bool read_number(
	struct message *m, const struct target *t, const json_t *value, struct refusal *refusal)
{
	if (!json_is_number(value))
		return refuse_member(refusal, t->name, "%s must be a number", t->name);
	double power = 1, number = json_number_value(value);
	for (int i = 0; i < params[t->param].decimals; i++)
		power *= 10;
	/* what is only rounded up to the limit is beyond it as well: it could not be posted again */
	int64_t scaled = fabs(number) * power < number_limit ? scale(number, power) : 0;
	if (!(fabs(number) * power < number_limit) || fabs((double)scaled) >= number_limit)
		return refuse_member(refusal, t->name, "%s is %.17g, which is beyond %.17g",
			t->name, number, number_limit / power);
	if (t->param == PARAM_TIMESTAMP && number < 0)
		return refuse_member(refusal, t->name, "%s is %.17g: before 1970", t->name, number);
	int degrees = most_degrees(t->param);
	if (degrees && fabs(number) > degrees)
		return refuse_member(refusal, t->name, "%s is %.17g, the limits are -%d and %d",
			t->name, number, degrees, degrees);
	return put_number(m, t, scaled, refusal);
}

static bool read_text(
	struct message *m, const struct target *t, const json_t *value, struct refusal *refusal)
{
	struct str text = {json_string_value(value), json_string_length(value)};
	if (!text.at)
		return refuse_member(refusal, t->name, "%s must be a string", t->name);
	if (text.len > TEXT_MAX)
		return refuse_member(refusal, t->name, "%s has %zu bytes, the limit is %d", t->name,
			text.len, (int)TEXT_MAX);
	if (t->param == PARAM_VENDOR_CODE && text.len != 2)
		return refuse_member(refusal, t->name, "%s must have 2 bytes", t->name);
	message_text(m, t->param, text);
	return true;
}

static bool read_mac(
	struct message *m, const struct target *t, const json_t *value, struct refusal *refusal)
{
	struct str text = {json_string_value(value), json_string_length(value)};
	uint64_t mac = 0, byte;
	bool done = text.at && text.len == MAC_CHARS;
	while (done && text.at) {
		struct str part = str_cut(&text, ':');
		done = part.len == 2 && str_to_hex(part, &byte);
		mac = done ? mac << 8 | byte : 0;
	}
	if (!done)
		return refuse_member(
			refusal, t->name, "%s must be a string like 0A:1B:2C:3D:4E:5F", t->name);
	return put_number(m, t, (int64_t)mac, refusal);
}

static bool read_value(
	struct message *m, const struct target *t, const json_t *value, struct refusal *refusal)
{
	switch (params[t->param].kind) {
	case KIND_BOOLEAN:
		if (!json_is_boolean(value))
			return refuse_member(refusal, t->name, "%s must be true or false", t->name);
		return put_number(m, t, json_is_true(value), refusal);
	case KIND_NUMBER: return read_number(m, t, value, refusal);
	case KIND_TEXT: return read_text(m, t, value, refusal);
	case KIND_MAC: return read_mac(m, t, value, refusal);
	case KIND_IDENT: break; /* the gateway's own */
	}
	return true;
}

bool posted_parse(const struct json_t *object, struct message *m, struct refusal *refusal)
{
	message_clear(m);
	if (!json_is_object(object))
		return refuse_member(refusal, "", "a message must be an object");
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		struct target target;
		if (is_of_gateway(name))
			continue;
		if (!find_target(name, &target, refusal) || !read_value(m, &target, value, refusal))
			return false;
	}
	return true;
}
