#include "base/utf8.h"

size_t utf8_length(struct str s)
{
	const unsigned char *b = (const unsigned char *)s.at;
	size_t need = b[0] < 0x80                   ? 1
		      : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
		      : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
		      : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
						    : 0;
	if (need == 0 || need > s.len)
		return 0;
	for (size_t i = 1; i < need; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] >= 0xa0) ||
		(b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] >= 0x90))
		return 0;
	return need;
}
