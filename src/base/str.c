#include "base/str.h"

int str_cmp(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.at, b.at, common) : 0;
	if (order)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_blank(s.at[0]))
		s = str_from(s, 1);
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct str str_cut(struct str *rest, char separator)
{
	struct str part = *rest;
	const char *end = part.len ? memchr(part.at, separator, part.len) : NULL;
	if (!end) {
		*rest = (struct str){NULL, 0};
		return part;
	}
	part.len = (size_t)(end - part.at);
	*rest = str_from(*rest, part.len + 1);
	return part;
}

bool str_to_u64(struct str s, uint64_t *out)
{
	if (s.len < 1 || s.len > 19)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.at[i]))
			return false;
		value = value * 10 + (uint64_t)(s.at[i] - '0');
	}
	*out = value;
	return true;
}

bool str_to_hex(struct str s, uint64_t *out)
{
	if (s.len < 1 || s.len > 16)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_digit(s.at[i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return true;
}

/* Greedy with one point of return: linear in practice, quadratic at worst, no recursion. */
bool str_matches(struct str s, struct str mask)
{
	size_t at = 0, m = 0, star = SIZE_MAX, resume = 0;
	while (at < s.len) {
		if (m < mask.len && mask.at[m] == '*') {
			star = m++;
			resume = at;
		} else if (m < mask.len && mask.at[m] == s.at[at]) {
			m++;
			at++;
		} else if (star != SIZE_MAX) {
			m = star + 1;
			at = ++resume;
		} else {
			return false;
		}
	}
	while (m < mask.len && mask.at[m] == '*')
		m++;
	return m == mask.len;
}
