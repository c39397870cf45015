/* varint: whole numbers in 1..10 bytes, small ones in few; zigzag makes small negative ones short.
 */
#ifndef BASE_VARINT_H
#define BASE_VARINT_H

#include "base/buf.h"
#include "base/die.h"

enum { VARINT_MAX = 10 };

static inline char *put_varint(char *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (char)value;
	return at;
}

static inline uint64_t zigzag(uint64_t value)
{
	return value << 1 ^ (0 - (value >> 63));
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

static inline bool get_long_varint(struct str *in, uint64_t *value)
{
	uint64_t v = 0;
	for (size_t i = 0; i < in->len && i < VARINT_MAX; i++) {
		uint8_t byte = (uint8_t)in->at[i];
		v |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*value = v;
			*in = str_from(*in, i + 1);
			return true;
		}
	}
	return false;
}

/* Cuts a number off *in. False: there is none, *in is unchanged. */
static inline bool get_varint(struct str *in, uint64_t *value)
{
	if (!in->len || (uint8_t)in->at[0] >= 0x80)
		return get_long_varint(in, value);
	*value = (uint8_t)in->at[0]; /* most are short */
	*in = str_from(*in, 1);
	return true;
}

/* Appends to a buffer whose maximum the caller has made large enough. */
static inline void add_varint(struct buf *b, uint64_t value)
{
	if (b->room - b->len < VARINT_MAX)
		check(buf_reserve(b, VARINT_MAX));
	b->len = (size_t)(put_varint(b->at + b->len, value) - b->at);
}

static inline void add_byte(struct buf *b, uint64_t byte)
{
	if (b->room == b->len)
		check(buf_reserve(b, 1));
	b->at[b->len++] = (char)byte;
}

#endif
