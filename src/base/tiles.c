#include "base/tiles.h"

#define WANTED "such as https://tiles.example/{z}/{x}/{y}.png is wanted"

static const char *const needed[] = {"{z}", "{x}", "{y}"};

static bool is_of_host(char c)
{
	return is_digit(c) || is_letter(c) || (c && strchr(".-:[]", c));
}

static bool find_origin(struct str url, struct str *origin, struct error *e)
{
	size_t scheme = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
	size_t end = scheme;
	if (!scheme)
		return fail(e, "'%.*s' is neither http:// nor https://: an address " WANTED,
			STR_PRINT(url));
	while (end < url.len && is_of_host(url.at[end]))
		end++;
	if (end == scheme || end == url.len || url.at[end] != '/')
		return fail(e, "'%.*s' has no plain host with a path behind it: an address " WANTED,
			STR_PRINT(url));
	*origin = str_upto(url, end);
	return true;
}

/* Length of the place holder at the begin; 0: it is none that a map can fill. */
static size_t place_holder(struct str rest, bool found[])
{
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (str_starts(rest, needed[i]))
			found[i] = true;
	bool is_known = rest.len >= 3 && rest.at[2] == '}' && strchr("zxyr", rest.at[1]);
	return is_known ? 3 : 0;
}

static bool check_path(struct str url, struct str path, struct error *e)
{
	bool found[sizeof needed / sizeof *needed] = {false};
	for (size_t i = 0; i < path.len;) {
		char c = path.at[i];
		size_t step = c == '{' ? place_holder(str_from(path, i), found) : 1;
		if (!step || c == '}' || c <= ' ' || c > '~')
			return fail(e,
				"'%.*s' has more than {z}, {x}, {y} and {r} to be filled in, "
				"or a byte that no address has",
				STR_PRINT(url));
		i += step;
	}
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!found[i])
			return fail(e, "'%.*s' has no %s: an address " WANTED, STR_PRINT(url),
				needed[i]);
	return true;
}

bool tiles_origin(struct str url, struct str *origin, struct error *e)
{
	struct str found;
	if (!find_origin(url, &found, e) || !check_path(url, str_from(url, found.len), e))
		return false;
	*origin = found;
	return true;
}
