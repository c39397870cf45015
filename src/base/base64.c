#include "base/base64.h"

bool base64_add(struct buf *out, struct str bytes)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	if (!bytes.len)
		return true;
	if (bytes.len > out->max || !buf_reserve(out, (bytes.len + 2) / 3 * 4))
		return false;
	const uint8_t *in = (const uint8_t *)bytes.at;
	char *at = out->at + out->len;
	for (size_t left = bytes.len; left;) {
		size_t n = left < 3 ? left : 3;
		uint32_t word = (uint32_t)in[0] << 16;
		word |= n > 1 ? (uint32_t)in[1] << 8 : 0;
		word |= n > 2 ? (uint32_t)in[2] : 0;
		at[0] = letters[word >> 18];
		at[1] = letters[word >> 12 & 63];
		at[2] = n > 1 ? letters[word >> 6 & 63] : '=';
		at[3] = n > 2 ? letters[word & 63] : '=';
		at += 4;
		in += n;
		left -= n;
	}
	out->len += (bytes.len + 2) / 3 * 4;
	return true;
}
