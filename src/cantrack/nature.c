/* nature: what a payload is about. Which spellings a tracker takes for a fuel cut the papers do not
 * say: a firmware may look for its word anywhere, in any case, behind blanks. So a cut is whatever holds
 * the word of one, unless it has exactly the form of another row of word and time. */
#include "cantrack/catalogue_inside.h"
#include "cantrack/words.h"

/* ---- the rows' templates ---- */

/* "CMD,{time},stop{password}" or "MD{password} 1": letters and a password, not word and time. */
static bool is_like_text(const struct command_type *type)
{
	return str_starts(str_of(type->payload), "CMD,") || !strstr(type->payload, "{time}");
}

/* "S20", "stop", "MD". */
static struct str row_word(const struct command_type *type)
{
	static const char wrapper[] = "CMD,{time},";
	struct str rest = str_of(type->payload), word;
	if (str_starts(rest, wrapper))
		rest = str_from(rest, sizeof wrapper - 1);
	return next_word(&rest, &word) ? word : (struct str){"", 0};
}

static struct str skip_blanks(struct str s)
{
	while (s.len && s.at[0] == ' ')
		s = str_from(s, 1);
	return s;
}

static bool literal_matches(struct str *rest, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		bool comma = text.at[i] == ',';
		if (comma)
			*rest = skip_blanks(*rest);
		if (rest->len == 0 || rest->at[0] != text.at[i])
			return false;
		*rest = str_from(*rest, 1);
		if (comma)
			*rest = skip_blanks(*rest);
	}
	return true;
}

/* What stands in the payload for a placeholder: all up to the byte that follows it in the template. */
static struct str cut_value(
	struct str *rest, const struct template_part *part, struct str behind_part)
{
	int commas = part->property && part->property->kind == PROPERTY_ADDRESS ? 3 : 0;
	size_t end = 0;
	if (behind_part.len == 0)
		end = rest->len;
	while (end < rest->len && (rest->at[end] != behind_part.at[0] || commas-- > 0))
		end++;
	struct str value = str_trim(str_upto(*rest, end));
	*rest = str_from(*rest, end);
	return value;
}

static bool row_matches(const struct command_type *type, struct str payload)
{
	struct str template = str_of(type->payload), rest = str_trim(payload);
	struct template_part part;
	while (template_next(type, &template, &part)) {
		if (!part.is_time && !part.property) {
			if (!literal_matches(&rest, part.text))
				return false;
			continue;
		}
		struct str value = cut_value(&rest, &part, template);
		bool good = part.is_time ? is_clock(value)
					 : part.property->kind == PROPERTY_ADDRESS ||
						   property_check(part.property, value, NULL);
		if (!good)
			return false;
	}
	return rest.len == 0;
}

/* ---- words ---- */

static bool is_wrapped(struct str payload)
{
	struct str word;
	return next_word(&payload, &word) && same_word(word, (struct str)STR("CMD"));
}

/* The first word; behind CMD the first one that is not a time. */
static struct str payload_word(struct str payload)
{
	struct str word;
	if (!next_word(&payload, &word) || !same_word(word, (struct str)STR("CMD")))
		return word;
	while (next_word(&payload, &word))
		if (leading_letters(word).len)
			return word;
	return (struct str){"", 0};
}

/* "S23" in "s23", "stop" in "stop654321", but not "S2" in "S20" nor "arm" in "army". */
static bool row_has_word(const struct command_type *type, struct str payload)
{
	struct str word = payload_word(payload), row = row_word(type);
	if (!starts_as(word, row))
		return false;
	char last = row.at[row.len - 1], next = word.len > row.len ? word.at[row.len] : ' ';
	return is_letter(last) ? !is_letter(next) : !is_digit(next);
}

/* Does the payload hold the row's word anywhere, whatever blanks lie in it? */
static bool row_is_held(const struct command_type *type, struct str payload)
{
	struct str word = row_word(type);
	for (size_t begin = 0; begin < payload.len; begin++) {
		size_t found = 0;
		for (size_t i = begin; i < payload.len && found < word.len; i++) {
			unsigned char c = (unsigned char)payload.at[i];
			if (c <= 0x20 || c >= 0x7f)
				continue;
			if (lower(payload.at[i]) != lower(word.at[found]))
				break;
			found++;
		}
		if (found == word.len)
			return true;
	}
	return false;
}

/* ---- together ---- */

typedef bool row_test(const struct command_type *type, struct str payload);

/* The most dangerous row that passes, the first one of these. NULL: none does. */
static const struct command_type *find_row(
	struct str payload, row_test *test, enum command_risk least)
{
	const struct command_type *found = NULL;
	for (size_t i = 0; i < command_type_count; i++) {
		const struct command_type *type = &command_types[i];
		bool is_custom =
			type->property_count && type->properties[0].kind == PROPERTY_PAYLOAD;
		if (!is_custom && type->risk >= least && (!found || type->risk > found->risk) &&
			test(type, payload))
			found = type;
	}
	return found;
}

static struct command_nature nature_of(const struct command_type *row, bool wrapped)
{
	return (struct command_nature){row->risk, wrapped ? ANSWER_TEXT : row->answer, row->proof};
}

struct command_nature payload_nature(struct str payload)
{
	bool wrapped = is_wrapped(payload);
	const struct command_type *row = find_row(payload, row_matches, RISK_NONE);
	if (row && !is_like_text(row))
		return nature_of(row, wrapped);
	const struct command_type *cut = find_row(payload, row_is_held, RISK_FUEL);
	if (cut)
		return nature_of(row && row->risk == RISK_FUEL ? row : cut, wrapped);
	if (!row)
		row = find_row(payload, row_has_word, RISK_NONE);
	if (row)
		return nature_of(row, wrapped);
	struct str rest = payload;
	(void)str_cut(&rest, ',');
	bool timed = rest.at && is_clock(str_trim(str_cut(&rest, ',')));
	return (struct command_nature){.answer = wrapped ? ANSWER_TEXT
						 : timed ? ANSWER_V4
							 : ANSWER_OPEN};
}
