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

/* "12.345": digits, a point, digits; either side may be empty, not both. */
struct decimal {
	int64_t whole, part;
	size_t whole_digits, part_digits; /* at most 9 of the part count */
	bool point;
};

enum { WHOLE_DIGITS = 18, PART_DIGITS = 9 };

/* Reads up to `most` digits; returns how many there were. */
static size_t read_digits(struct str s, size_t most, int64_t *out)
{
	if (most > s.len)
		most = s.len;
	int64_t value = 0;
	size_t i = 0;
	for (; i < most && is_digit(s.at[i]); i++)
		value = value * 10 + (s.at[i] - '0');
	*out = value;
	return i;
}

static bool read_decimal(struct str s, struct decimal *d)
{
	d->part = 0;
	d->part_digits = 0;
	d->whole_digits = read_digits(s, WHOLE_DIGITS, &d->whole);
	struct str rest = str_from(s, d->whole_digits);
	d->point = rest.len && rest.at[0] == '.';
	if (d->point) {
		rest = str_from(rest, 1);
		d->part_digits = read_digits(rest, PART_DIGITS, &d->part);
		rest = str_from(rest, d->part_digits);
		if (d->part_digits == PART_DIGITS && rest.len)
			return all_digits(rest);
	}
	return rest.len == 0 && d->whole_digits + d->part_digits > 0;
}

bool fixed_point(struct str s, int decimals, int64_t *out)
{
	struct decimal d;
	if (!read_decimal(s, &d) || d.whole_digits > 9)
		return false;
	int64_t unit = powers[d.part_digits];
	*out = d.whole * powers[decimals] + (d.part * powers[decimals] + unit / 2) / unit;
	return true;
}

/* ---- coordinates ---- */

/* "-23-29.0095": a dash, degrees, a dash, minutes (SPEC 3, other forms). */
static bool read_dashes(struct str s, int64_t *degrees, struct decimal *minutes)
{
	if (s.len && s.at[0] == '-')
		s = str_from(s, 1);
	uint64_t whole;
	struct str rest = s, first = str_cut(&rest, '-');
	if (!rest.at || first.len > 3 || !str_to_u64(first, &whole))
		return false;
	*degrees = (int64_t)whole;
	return read_decimal(rest, minutes) && minutes->whole_digits <= 2;
}

/* "DDMM.MMMM" with any number of leading digits missing, or "DDMMmmmm". */
static bool read_angle(struct str s, int64_t *degrees, struct decimal *minutes)
{
	if (!read_decimal(s, minutes))
		return read_dashes(s, degrees, minutes);
	if (!minutes->point && minutes->whole_digits >= 7) {
		minutes->part = minutes->whole % 10000;
		minutes->part_digits = 4;
		minutes->whole /= 10000;
		minutes->whole_digits -= 4;
	}
	if (minutes->whole_digits > 5)
		return false;
	*degrees = minutes->whole / 100;
	minutes->whole %= 100;
	return true;
}

bool coordinate(
	struct str s, struct str hemisphere, char positive, char negative, int limit, int64_t *out)
{
	if (hemisphere.len != 1)
		return false;
	char letter = hemisphere.at[0] & ~0x20; /* lower case is taken too */
	if (letter != positive && letter != negative)
		return false;
	int64_t degrees;
	struct decimal minutes;
	if (!read_angle(s, &degrees, &minutes) || minutes.whole >= 60)
		return false;
	/* minutes / 60 in units of 1e-7 degrees, rounded half up */
	int64_t unit = 60 * powers[minutes.part_digits];
	int64_t exact = (minutes.whole * powers[minutes.part_digits] + minutes.part) * 10000000;
	int64_t value = degrees * 10000000 + (exact + unit / 2) / unit;
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
