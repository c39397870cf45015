/* answer: does an answer belong to a payload, and what does it say.  SPEC 4.6, 7.2.
 *
 *   S20,130305,1,1           word and time: V4,S20,130305,...
 *   CMD,130305,stop654321    a text message, wrapped: V4,CMD,,stop654321,OK, or text without a frame
 *   MD123456 1 3 8 1         a text message, bare: as wrapped, or V4,MD...
 */
#include "cantrack/command.h"
#include "cantrack/words.h"

/* What the payload of a command is made of. Views into it. */
struct sent {
	struct str word, time; /* time: empty when there is none */
	struct str parameters; /* what follows */
	struct str keyword;    /* of a text message: the letters it begins with, else empty */
	struct str repeated;   /* how a wrapped answer to a text message begins at least */
};

static bool is_wrapper(struct str word)
{
	return same_word(word, (struct str)STR("CMD"));
}

/* "MD123456 1 3 8 1", "stop654321": letters, then a password or what stands behind a blank. */
static bool is_bare_text(struct str word, struct str keyword)
{
	size_t end = keyword.len;
	while (end < word.len && is_digit(word.at[end]))
		end++;
	return keyword.len >= 2 &&
	       (end - keyword.len >= 4 || memchr(word.at, ' ', word.len) != NULL);
}

static struct sent sent_of(struct str payload)
{
	struct sent s = {0};
	struct str rest = payload;
	s.word = str_trim(str_cut(&rest, ','));
	s.parameters = rest.at ? str_trim(rest) : (struct str){"", 0};
	struct str time = rest.at ? str_trim(str_cut(&rest, ',')) : (struct str){"", 0};
	if (is_clock(time))
		s.time = time;
	if (is_clock(time) || time.len == 0)
		s.parameters = rest.at ? str_trim(rest) : (struct str){"", 0};
	if (is_wrapper(s.word)) {
		s.keyword = s.repeated = leading_letters(s.parameters);
		return s;
	}
	struct str keyword = leading_letters(s.word);
	if (is_bare_text(s.word, keyword)) {
		s.keyword = keyword;
		s.repeated = memchr(s.word.at, ' ', s.word.len) ? keyword : s.word;
	}
	return s;
}

bool answer_matches(const struct answer *a, struct str payload)
{
	struct sent s = sent_of(payload);
	bool wrapper = is_wrapper(s.word);
	bool same = wrapper ? same_word(s.word, a->word) : str_eq(s.word, a->word);
	if (s.time.len && a->command_time.len && (same || s.keyword.len)) {
		if (!str_eq(s.time, a->command_time))
			return false;
		if (same)
			return true;
	}
	if (same && !wrapper)
		return true;
	if (s.keyword.len == 0)
		return false;
	if (is_wrapper(a->word))
		return starts_as(a->text, s.repeated);
	return same_word(leading_letters(a->word), s.keyword);
}

/* ---- what it says ---- */

/* ERROR, FAIL, FAILED as a word of its own: "SPEED:FAIL" is a setting, no verdict. */
static bool tells_failure(struct str text)
{
	static const struct str words[] = {STR("ERROR"), STR("FAIL"), STR("FAILED")};
	size_t begin = 0;
	while (begin < text.len) {
		size_t end = begin;
		while (end < text.len && !strchr(" ,;.!#\t\r\n", text.at[end]))
			end++;
		struct str word = {text.at + begin, end - begin};
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (same_word(word, words[i]))
				return true;
		begin = end + 1;
	}
	return false;
}

/* Is the reply what was sent, or its first parameter? "20" behind D1 is an interval. */
static bool is_echo(struct str reply, struct str parameters)
{
	while (parameters.len && strchr(", ", parameters.at[parameters.len - 1]))
		parameters.len--;
	struct str first = str_trim(str_cut(&(struct str){parameters.at, parameters.len}, ','));
	return str_eq(reply, parameters) || str_eq(reply, first);
}

enum answer_says answer_says(const struct answer *a, struct str payload)
{
	struct sent s = sent_of(payload);
	struct str reply = str_trim(a->text);
	uint64_t code;
	if (reply.len && is_echo(reply, s.parameters))
		return SAYS_DONE;
	if (!is_wrapper(a->word) && reply.len == 2 && str_to_hex(reply, &code))
		return code < 0x80 ? SAYS_FAILED : SAYS_DONE;
	return tells_failure(reply) ? SAYS_FAILED : SAYS_DONE;
}

/* ---- without a frame ---- */

bool plain_answer_matches(struct str text, struct str payload)
{
	struct str keyword = sent_of(payload).keyword, word;
	while (keyword.len && next_word(&text, &word))
		if (starts_as(word, keyword))
			return true;
	return false;
}

enum answer_says plain_answer_says(struct str text)
{
	return tells_failure(text) ? SAYS_FAILED : SAYS_DONE;
}
