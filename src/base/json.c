#include "base/json.h"

#include "base/utf8.h"

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
				  "2021222324252627282930313233343536373839"
				  "4041424344454647484950515253545556575859"
				  "6061626364656667686970717273747576777879"
				  "8081828384858687888990919293949596979899";

static const uint64_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
	1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
	UINT64_C(10000000000000000000)};

/* Writes the digits of value so that they end at `end`; returns where they begin. */
static char *put_digits(char *end, uint64_t value)
{
	while (value >= 100) {
		end -= 2;
		memcpy(end, digit_pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, digit_pairs + value * 2, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

/* Decimal digits of value: a guess from its bits (1233 / 4096 is a bit more than log10 of 2). */
static size_t count_digits(uint64_t value)
{
	size_t guess = (size_t)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;
	return guess + ((value | 1) >= powers[guess]);
}

/* "." and the part behind it, which is not 0: `digits` digits less the zeros at their end. */
static char *put_part(char *at, uint64_t part, int digits)
{
	while (part % 10 == 0) {
		part /= 10;
		digits--;
	}
	*at++ = '.';
	char *end = at + digits;
	for (char *begin = put_digits(end, part); begin > at;)
		*--begin = '0';
	return end;
}

size_t json_put_decimal(char *out, int64_t value, int decimals)
{
	char *at = out;
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	uint64_t whole = decimals ? magnitude / powers[decimals] : magnitude;
	uint64_t part = decimals ? magnitude % powers[decimals] : 0;
	if (value < 0)
		*at++ = '-';
	at += count_digits(whole);
	put_digits(at, whole);
	if (part)
		at = put_part(at, part, decimals);
	return (size_t)(at - out);
}

bool json_decimal(struct buf *out, int64_t value, int decimals)
{
	if (!buf_reserve(out, JSON_DECIMAL_MAX))
		return false;
	out->len += json_put_decimal(out->at + out->len, value, decimals);
	return true;
}

static bool json_escape(struct buf *out, char c)
{
	switch (c) {
	case '"': return buf_add(out, "\\\"", 2);
	case '\\': return buf_add(out, "\\\\", 2);
	case '\n': return buf_add(out, "\\n", 2);
	case '\r': return buf_add(out, "\\r", 2);
	case '\t': return buf_add(out, "\\t", 2);
	default: return buf_printf(out, "\\u%04x", (unsigned char)c);
	}
}

bool json_string(struct buf *out, struct str text)
{
	bool done = buf_add_char(out, '"');
	while (done && text.len) {
		size_t plain = 0;
		while (plain < text.len && text.at[plain] >= 0x20 && text.at[plain] < 0x7f &&
			text.at[plain] != '"' && text.at[plain] != '\\')
			plain++;
		done = buf_add(out, text.at, plain);
		text = str_from(text, plain);
		if (!done || !text.len)
			break;
		if ((unsigned char)text.at[0] < 0x80) {
			done = json_escape(out, text.at[0]);
			text = str_from(text, 1);
			continue;
		}
		size_t len = utf8_length(text);
		done = len ? buf_add(out, text.at, len) : buf_add(out, UTF8_REPLACEMENT, 3);
		text = str_from(text, len ? len : 1);
	}
	return done && buf_add_char(out, '"');
}
