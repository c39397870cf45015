/* str: a borrowed view of bytes. Never freed, never NUL-terminated by contract; valid until the
 * owner of the bytes is written to. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *at;
	size_t len;
};

/* A view of a string literal, usable in initialisers. */
#define STR(literal)                                                                               \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}
#define STR_PRINT(s) (int)(s).len, (s).at /* for "%.*s" */

static inline struct str str_of(const char *text)
{
	return (struct str){text, strlen(text)};
}

static inline struct str str_from(struct str s, size_t begin)
{
	return (struct str){s.at + begin, s.len - begin};
}

static inline struct str str_upto(struct str s, size_t end)
{
	return (struct str){s.at, end};
}

static inline bool str_is(struct str s, const char *text)
{
	size_t len = strlen(text);
	return s.len == len && (len == 0 || memcmp(s.at, text, len) == 0);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool str_starts(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);
	return s.len >= len && memcmp(s.at, prefix, len) == 0;
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Value of one hex digit, or -1. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Negative, zero or positive as a sorts before, with or after b (bytewise). */
int str_cmp(struct str a, struct str b);

/* s without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/* Cuts the part before the first `separator` off *rest and returns it; the last part leaves *rest
 * with at == NULL, so `while (rest.at)` visits every part, empty ones included. */
struct str str_cut(struct str *rest, char separator);

/* True when s is 1..19 decimal digits and nothing else; *out is set then only. */
bool str_to_u64(struct str s, uint64_t *out);

/* True when s is 1..16 hex digits and nothing else; *out is set then only. */
bool str_to_hex(struct str s, uint64_t *out);

/* Wildcard match: '*' stands for any run of bytes, everything else for itself. */
bool str_matches(struct str s, struct str mask);

#endif
