/* property: the values of commands.def: is a text one, and how it stands in a payload. */
#include "cantrack/catalogue_inside.h"
#include "cantrack/command.h"
#include "cantrack/words.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	PHONE_LENGTH = 20,   /* of each of PHONES */
	LIST_NUMBER = 65535, /* the highest of NUMBERS */
	SHOWN = 40,          /* bytes of a value that a sentence repeats */
};

/* ---- sentences ---- */

/* What is needed: the limits stand between the two texts. */
static const struct need {
	const char *before, *after;
} needs[] = {
	[PROPERTY_TEXT] = {"a text of ", " bytes without ',', '*', '#' and control characters"},
	[PROPERTY_PHONE] = {"a telephone number of ",
		" characters, digits behind at most one '+',"},
	[PROPERTY_NUMBER] = {"a whole number from ", ""},
	[PROPERTY_CHOICE] = {"one of ", NULL},
	[PROPERTY_PHONES] = {"a list of ",
		" telephone numbers of at most 20 characters, ',' between them,"},
	[PROPERTY_NUMBERS] = {"a list of ", " whole numbers from 0 to 65535, ',' between them,"},
	[PROPERTY_ADDRESS] = {"an IPv4 address like 192.0.2.1", NULL},
	[PROPERTY_CLOCKS] = {"a list of ",
		" times from 0:00 to 23:59, blanks or ',' between them,"},
	[PROPERTY_PAYLOAD] = {"a payload of ", " bytes"},
};

/* `state`: "missing", or the value. */
static bool refuse(const struct command_property *p, const char *state, struct error *e)
{
	const struct need *need = &needs[p->kind];
	if (!need->after)
		return fail(
			e, "%s is %s, %s%s is needed", p->name, state, need->before, p->choices);
	return fail(e, "%s is %s, %s%" PRId64 " to %" PRId64 "%s is needed", p->name, state,
		need->before, p->min, p->max, need->after);
}

static bool refuse_value(const struct command_property *p, struct str value, struct error *e)
{
	char state[SHOWN + 8];
	bool cut = value.len > SHOWN;
	snprintf(state, sizeof state, "'%.*s%s'", cut ? SHOWN : (int)value.len, value.at,
		cut ? "..." : "");
	return refuse(p, state, e);
}

bool property_missing(const struct command_property *property, struct error *e)
{
	return refuse(property, "missing", e);
}

/* ---- checking ---- */

static bool is_phone(struct str s, int64_t min, int64_t max)
{
	size_t plus = s.len && s.at[0] == '+';
	for (size_t i = plus; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return s.len > plus && (int64_t)s.len >= min && (int64_t)s.len <= max;
}

static bool is_number(struct str s, int64_t min, int64_t max, uint64_t *out)
{
	return str_to_u64(s, out) && *out <= INT64_MAX && (int64_t)*out >= min &&
	       (int64_t)*out <= max;
}

/* A choice by its number, or by its word in any case. */
static bool is_choice(const struct command_property *p, struct str value, uint64_t *out)
{
	struct str choices = str_of(p->choices);
	uint64_t number;
	bool is_numeric = str_to_u64(value, &number);
	while (choices.at) {
		struct str word = str_cut(&choices, ',');
		if (str_to_u64(str_cut(&word, '='), out) &&
			(is_numeric ? *out == number : word.at && same_word(word, value)))
			return true;
	}
	return false;
}

static bool is_clock_time(struct str s, uint64_t *hour, uint64_t *minute)
{
	struct str rest = s, first = str_cut(&rest, ':');
	return first.len <= 2 && is_number(first, 0, 23, hour) && rest.at && rest.len == 2 &&
	       is_number(rest, 0, 59, minute);
}

/* An octet with a zero before it is refused: some read it as octal. */
static bool is_address(struct str rest)
{
	int octets = 0;
	for (; rest.at; octets++) {
		struct str octet = str_cut(&rest, '.');
		uint64_t number;
		if (!is_number(octet, 0, 255, &number) || (octet.len > 1 && octet.at[0] == '0'))
			return false;
	}
	return octets == 4;
}

/* Cuts the next entry of a list off. Clock times have blanks or commas between them. */
static bool next_entry(const struct command_property *p, struct str *rest, struct str *entry)
{
	if (!rest->at)
		return false;
	if (p->kind != PROPERTY_CLOCKS) {
		*entry = str_trim(str_cut(rest, ','));
		return true;
	}
	size_t begin = 0;
	while (begin < rest->len && strchr(", ", rest->at[begin]))
		begin++;
	size_t end = begin;
	while (end < rest->len && !strchr(", ", rest->at[end]))
		end++;
	*entry = (struct str){rest->at + begin, end - begin};
	*rest = str_from(*rest, end);
	return end > begin;
}

static bool is_list(const struct command_property *p, struct str rest)
{
	struct str entry;
	int64_t count = 0;
	uint64_t number;
	while (next_entry(p, &rest, &entry)) {
		bool good = p->kind == PROPERTY_PHONES ? is_phone(entry, 1, PHONE_LENGTH)
			    : p->kind == PROPERTY_NUMBERS
				    ? is_number(entry, 0, LIST_NUMBER, &number)
				    : is_clock_time(entry, &number, &number);
		if (!good || ++count > p->max)
			return false;
	}
	return count >= p->min;
}

static bool is_text(const struct command_property *p, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == ',' || s.at[i] == '*' || s.at[i] == '#' ||
			(unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
			return false;
	return (int64_t)s.len >= p->min && (int64_t)s.len <= p->max;
}

static bool is_value(const struct command_property *p, struct str value)
{
	uint64_t number;
	switch (p->kind) {
	case PROPERTY_TEXT: return is_text(p, value);
	case PROPERTY_PHONE: return is_phone(value, p->min, p->max);
	case PROPERTY_NUMBER: return is_number(value, p->min, p->max, &number);
	case PROPERTY_CHOICE: return is_choice(p, value, &number);
	case PROPERTY_ADDRESS: return is_address(value);
	case PROPERTY_PHONES:
	case PROPERTY_NUMBERS:
	case PROPERTY_CLOCKS: return is_list(p, value);
	case PROPERTY_PAYLOAD: return (int64_t)value.len >= p->min && (int64_t)value.len <= p->max;
	}
	return false;
}

bool property_check(const struct command_property *property, struct str value, struct error *e)
{
	if (!is_value(property, value))
		return refuse_value(property, value, e);
	return property->kind != PROPERTY_PAYLOAD || command_payload_check(value, e);
}

/* ---- writing ---- */

static bool write_entry(const struct command_property *p, struct str entry, struct buf *out)
{
	uint64_t hour, minute;
	if (p->kind == PROPERTY_CLOCKS)
		return is_clock_time(entry, &hour, &minute) &&
		       buf_printf(out, "%" PRIu64 ":%02" PRIu64, hour, minute);
	return buf_add_str(out, entry);
}

static bool write_list(const struct command_property *p, struct str rest, struct buf *out)
{
	struct str entry;
	const char *separator = "";
	while (next_entry(p, &rest, &entry)) {
		if (!buf_add_str(out, str_of(separator)) || !write_entry(p, entry, out))
			return false;
		separator = p->kind == PROPERTY_CLOCKS ? " " : ",";
	}
	return true;
}

static bool write_address(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.len; i++)
		if (!buf_add_char(out, value.at[i] == '.' ? ',' : value.at[i]))
			return false;
	return true;
}

bool property_write(const struct command_property *p, struct str value, int digits, struct buf *out)
{
	uint64_t number = 0;
	switch (p->kind) {
	case PROPERTY_NUMBER:
	case PROPERTY_CHOICE:
		return (p->kind == PROPERTY_CHOICE ? is_choice(p, value, &number)
						   : str_to_u64(value, &number)) &&
		       buf_printf(out, "%0*" PRIu64, digits, number);
	case PROPERTY_PHONES:
	case PROPERTY_NUMBERS:
	case PROPERTY_CLOCKS: return write_list(p, value, out);
	case PROPERTY_ADDRESS: return write_address(value, out);
	default: return buf_add_str(out, value);
	}
}
