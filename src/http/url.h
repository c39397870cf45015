/* url: percent-decoding, strict. */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/error.h"
#include "base/str.h"

enum url_part { URL_PATH, URL_QUERY /* '+' is a blank */ };

/* Decodes `in` to *out (room for in.len bytes; it may be in.at), sets *len. False with a sentence
 * when a '%' is not followed by two hex digits, or by 00. */
MUST_USE bool url_decode(
	struct str in, enum url_part part, char *out, size_t *len, struct error *e);

#endif
