/* The conditions between $filter/ and the filter. */
#include "mqtt/topic.h"

#include "base/log.h"
#include "base/utf8.h"

static const struct kind {
	const char *name; /* with its sign */
	enum topic_spec kind;
} kinds[] = {
	{"payload=", TOPIC_SPEC_PAYLOAD},
	{"message=", TOPIC_SPEC_MESSAGE},
	{"cid=", TOPIC_SPEC_CID},
	{"modified_since>", TOPIC_SPEC_SINCE},
};

static const struct kind *find_kind(struct str spec)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_starts(spec, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* Cuts at the first & that has no other beside it: && is a word of expressions. */
static struct str cut_spec(struct str *specs)
{
	struct str all = *specs;
	size_t i = 0;
	while (i < all.len) {
		size_t run = 0;
		while (i + run < all.len && all.at[i + run] == '&')
			run++;
		if (run == 1) {
			*specs = str_from(all, i + 1);
			return str_upto(all, i);
		}
		i += run ? run : 1;
	}
	*specs = (struct str){NULL, 0};
	return all;
}

/* The byte that %XX at the begin of `in` stands for, or -1. */
static int percent(struct str in)
{
	int high = in.len > 1 ? hex_digit(in.at[1]) : -1;
	int low = in.len > 2 ? hex_digit(in.at[2]) : -1;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool decode(struct str in, struct buf *out, struct error *e)
{
	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.at[i];
		if (c == '+' || c == '#')
			return fail(e, "$filter has a %c, which must be written %s", c,
				c == '+' ? "%2B" : "%23");
		if (c == '%') {
			c = percent(str_from(in, i));
			if (c < 0)
				return fail(e, "$filter has a %% without two hex digits behind it");
			i += 2;
		}
		if (!c)
			return fail(e, "$filter has a NUL");
		if (!buf_add_char(out, (char)c))
			return fail(e, "a condition of $filter has more than %zu bytes", out->max);
	}
	return true;
}

static bool is_utf8(struct str text)
{
	while (text.len) {
		size_t len = utf8_length(text);
		if (!len)
			return false;
		text = str_from(text, len);
	}
	return true;
}

static bool is_seconds(struct str text)
{
	uint64_t digits;
	struct str whole = str_cut(&text, '.');
	return str_to_u64(whole, &digits) && (!text.at || str_to_u64(text, &digits));
}

static bool check_value(const struct kind *kind, struct str value, struct error *e)
{
	uint64_t cid;
	char quoted[48];
	int name = (int)strlen(kind->name);
	if (!value.len)
		return fail(e, "nothing stands behind %s in $filter", kind->name);
	if (!is_utf8(value))
		return fail(e, "what stands behind %s in $filter is not UTF-8", kind->name);
	if (kind->kind == TOPIC_SPEC_CID ? !str_to_u64(value, &cid)
					 : kind->kind == TOPIC_SPEC_SINCE && !is_seconds(value))
		return fail(e, "$filter has %.*s'%s', which is no number", name, kind->name,
			escape_bytes(value, quoted, sizeof quoted));
	return true;
}

int topic_spec_next(struct str *specs, enum topic_spec *kind, struct buf *value, struct error *e)
{
	char quoted[48];
	value->len = 0;
	if (!specs->at)
		return 0;
	struct str spec = cut_spec(specs);
	const struct kind *found = find_kind(spec);
	if (!found) {
		(void)fail(e,
			"$filter has '%s', which begins with none of payload=, message=, cid= and "
			"modified_since>",
			escape_bytes(spec, quoted, sizeof quoted));
		return -1;
	}
	*kind = found->kind;
	if (!decode(str_from(spec, strlen(found->name)), value, e) ||
		!check_value(found, buf_str(value), e))
		return -1;
	return 1;
}
