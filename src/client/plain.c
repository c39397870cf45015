#include "client/plain.h"

#include "base/utf8.h"

void plain_print(FILE *out, const char *text)
{
	struct str rest = str_of(text);
	while (rest.len) {
		size_t len = utf8_length(rest);
		unsigned char first = (unsigned char)rest.at[0];
		/* U+0080..U+009F are control characters, too */
		bool control = !len || first < 0x20 || first == 0x7f ||
			       (first == 0xc2 && (unsigned char)rest.at[1] < 0xa0);
		if (!control)
			fwrite(rest.at, 1, len, out);
		else
			fputc(first == '\n' || first == '\r' || first == '\t' ? ' ' : '.', out);
		rest = str_from(rest, len ? len : 1);
	}
}
