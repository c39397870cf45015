#include "base/number.h"

#include <math.h>

enum { EXPONENT_MAX = 400 };

static long double power_of_ten(unsigned exponent)
{
	long double power = 1, square = 10;
	for (; exponent; exponent >>= 1, square *= square)
		if (exponent & 1)
			power *= square;
	return power;
}

/* One rounding to long double and one to double: closer than the digits of a double can tell. */
static double scaled(uint64_t mantissa, int exponent)
{
	if (mantissa >> 53 == 0 && exponent >= -22 && exponent <= 0)
		return (double)mantissa / (double)power_of_ten((unsigned)-exponent);
	long double power = power_of_ten((unsigned)(exponent < 0 ? -exponent : exponent));
	return (double)(exponent < 0 ? (long double)mantissa / power
				     : (long double)mantissa * power);
}

struct digits {
	uint64_t mantissa;
	int exponent; /* of ten, of the mantissa's last digit */
};

/* Cuts a run of digits off *s; those that do not fit the mantissa only count. False: none. */
static bool take_digits(struct str *s, struct digits *d, bool behind_point)
{
	size_t n = 0;
	for (; n < s->len && is_digit(s->at[n]); n++) {
		bool fits = d->mantissa <= (UINT64_MAX - 9) / 10;
		if (fits)
			d->mantissa = d->mantissa * 10 + (uint64_t)(s->at[n] - '0');
		d->exponent += (fits ? 0 : 1) - (behind_point ? 1 : 0);
	}
	*s = str_from(*s, n);
	return n != 0;
}

static bool take_exponent(struct str *s, int *exponent)
{
	bool negative = s->len && s->at[0] == '-';
	if (s->len && (s->at[0] == '-' || s->at[0] == '+'))
		*s = str_from(*s, 1);
	if (!s->len)
		return false;
	int value = 0;
	for (; s->len && is_digit(s->at[0]); *s = str_from(*s, 1))
		value = value < 100000 ? value * 10 + (s->at[0] - '0') : value;
	*exponent += negative ? -value : value;
	return !s->len;
}

bool str_to_double(struct str s, double *out)
{
	struct digits d = {0, 0};
	bool negative = s.len && s.at[0] == '-';
	if (negative)
		s = str_from(s, 1);
	if (!take_digits(&s, &d, false))
		return false;
	if (s.len && s.at[0] == '.') {
		s = str_from(s, 1);
		if (!take_digits(&s, &d, true))
			return false;
	}
	if (s.len) {
		bool marked = s.at[0] == 'e' || s.at[0] == 'E';
		s = str_from(s, 1);
		if (!marked || !take_exponent(&s, &d.exponent))
			return false;
	}
	double value = 0;
	if (d.mantissa && d.exponent > EXPONENT_MAX)
		return false;
	if (d.mantissa && d.exponent >= -EXPONENT_MAX)
		value = scaled(d.mantissa, d.exponent);
	if (!isfinite(value))
		return false;
	*out = negative ? -value : value;
	return true;
}
