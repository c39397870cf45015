#include "cantrack/fields.h"

#include "cantrack/when.h"

static const int64_t powers[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return s.len > 0;
}

static int64_t digits(struct str s)
{
	int64_t value = 0;
	for (size_t i = 0; i < s.len; i++)
		value = value * 10 + (s.at[i] - '0');
	return value;
}

/* Cuts "whole.part" apart; no point: part is empty. At most 9 digits of the part count. */
static bool split_point(struct str s, struct str *whole, struct str *part)
{
	const char *point = s.len ? memchr(s.at, '.', s.len) : NULL;
	*whole = point ? str_upto(s, (size_t)(point - s.at)) : s;
	*part = point ? str_from(s, whole->len + 1) : str_upto(s, 0);
	if (part->len && !all_digits(*part))
		return false;
	if (part->len > 9)
		part->len = 9;
	return true;
}

bool fixed_point(struct str s, int decimals, int64_t *out)
{
	struct str whole, part;
	if (!split_point(s, &whole, &part) || whole.len > 9 || whole.len + part.len == 0)
		return false;
	if (whole.len && !all_digits(whole))
		return false;
	int64_t scaled = digits(part) * powers[decimals];
	int64_t unit = powers[part.len];
	*out = digits(whole) * powers[decimals] + (scaled + unit / 2) / unit;
	return true;
}

/* ---- coordinates ---- */

/* "-23-29.0095": a dash, degrees, a dash, minutes (SPEC 3, other forms). */
static bool split_dashes(struct str s, struct str *degrees, struct str *minutes)
{
	if (s.len && s.at[0] == '-')
		s = str_from(s, 1);
	*minutes = s;
	*degrees = str_cut(minutes, '-');
	return minutes->at != NULL;
}

/* Degrees and minutes of "DDMM" with any number of leading digits missing or more. */
static void split_degrees(struct str whole, struct str *degrees, struct str *minutes)
{
	size_t cut = whole.len > 2 ? whole.len - 2 : 0;
	*degrees = str_upto(whole, cut);
	*minutes = str_from(whole, cut);
}

static bool split_coordinate(
	struct str s, struct str *degrees, struct str *minutes, struct str *part)
{
	struct str whole;
	if (memchr(s.at, '-', s.len)) {
		struct str rest;
		return split_dashes(s, degrees, &rest) && split_point(rest, minutes, part);
	}
	if (!split_point(s, &whole, part))
		return false;
	bool pointless = whole.len == s.len && s.len >= 7; /* DDMMmmmm */
	if (pointless) {
		*part = str_from(s, s.len - 4);
		whole.len -= 4;
	}
	split_degrees(whole, degrees, minutes);
	return true;
}

bool coordinate(
	struct str s, struct str hemisphere, char positive, char negative, int limit, int64_t *out)
{
	if (hemisphere.len != 1 || s.len == 0)
		return false;
	char letter = hemisphere.at[0] & ~0x20; /* lower case is taken too */
	if (letter != positive && letter != negative)
		return false;
	struct str degrees, minutes, part;
	if (!split_coordinate(s, &degrees, &minutes, &part))
		return false;
	if (degrees.len > 3 || minutes.len > 2 || minutes.len + part.len == 0 ||
		(degrees.len && !all_digits(degrees)) || (minutes.len && !all_digits(minutes)))
		return false;
	int64_t whole = digits(minutes);
	if (whole >= 60)
		return false;
	/* minutes / 60 in units of 1e-7 degrees, rounded half up */
	int64_t unit = 60 * powers[part.len];
	int64_t exact = (whole * powers[part.len] + digits(part)) * 10000000;
	int64_t value = digits(degrees) * 10000000 + (exact + unit / 2) / unit;
	if (value > (int64_t)limit * 10000000)
		return false;
	*out = letter == negative ? -value : value;
	return true;
}

/* ---- time ---- */

static int pair(struct str s, size_t at)
{
	return (s.at[at] - '0') * 10 + (s.at[at + 1] - '0');
}

bool device_time(struct str time, struct str date, int64_t now_us, int64_t *out)
{
	if (time.len != 6 || date.len != 6 || !all_digits(time) || !all_digits(date))
		return false;
	int year = pair(date, 4);
	struct when w = {
		.year = year >= 80 ? 1900 + year : 2000 + year,
		.month = pair(date, 2),
		.day = pair(date, 0),
		.hour = pair(time, 0),
		.minute = pair(time, 2),
		.second = pair(time, 4),
	};
	if (w.year < 2010 || !when_is_legal(&w)) /* clocks after a cold start */
		return false;
	int64_t us = when_to_seconds(&w) * 1000000;
	if (us > now_us + INT64_C(86400) * 1000000)
		return false;
	*out = us;
	return true;
}
