#include "http/url.h"

#include "base/log.h"

bool url_decode(struct str in, enum url_part part, char *out, size_t *len, struct error *e)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len; i++) {
		char c = in.at[i];
		if (c == '+' && part == URL_QUERY) {
			c = ' ';
		} else if (c == '%') {
			int high = i + 1 < in.len ? hex_digit(in.at[i + 1]) : -1;
			int low = i + 2 < in.len ? hex_digit(in.at[i + 2]) : -1;
			if (high < 0 || low < 0) {
				char room[32];
				struct str bad = str_from(in, i);
				if (bad.len > 3)
					bad.len = 3;
				return fail(e,
					"the address has '%s' at byte %zu, %% needs two hex digits",
					escape_bytes(bad, room, sizeof room), i);
			}
			c = (char)(high << 4 | low);
			if (!c)
				return fail(e,
					"the address has '%%00' at byte %zu: no text holds it", i);
			i += 2;
		}
		out[n++] = c;
	}
	*len = n;
	return true;
}
