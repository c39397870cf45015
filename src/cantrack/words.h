/* words: comparing without regard to case, for what people wrote and what trackers answer. Private to
 * the files of this folder. ASCII only, the same in every locale. */
#ifndef CANTRACK_WORDS_H
#define CANTRACK_WORDS_H

#include "base/str.h"

static inline char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_word_byte(char c)
{
	return is_letter(c) || is_digit(c);
}

static inline bool starts_as(struct str s, struct str prefix)
{
	if (s.len < prefix.len)
		return false;
	for (size_t i = 0; i < prefix.len; i++)
		if (lower(s.at[i]) != lower(prefix.at[i]))
			return false;
	return true;
}

static inline bool same_word(struct str a, struct str b)
{
	return a.len == b.len && starts_as(a, b);
}

/* The letters that s begins with. */
static inline struct str leading_letters(struct str s)
{
	size_t len = 0;
	while (len < s.len && is_letter(s.at[len]))
		len++;
	return str_upto(s, len);
}

/* Cuts the next run of letters and digits off *rest. False: there is none left. */
static inline bool next_word(struct str *rest, struct str *word)
{
	size_t begin = 0;
	while (begin < rest->len && !is_word_byte(rest->at[begin]))
		begin++;
	size_t end = begin;
	while (end < rest->len && is_word_byte(rest->at[end]))
		end++;
	*word = (struct str){rest->at + begin, end - begin};
	*rest = str_from(*rest, end);
	return end > begin;
}

static inline bool is_clock(struct str s)
{
	bool digits = s.len == 6;
	for (size_t i = 0; digits && i < s.len; i++)
		digits = is_digit(s.at[i]);
	return digits;
}

#endif
