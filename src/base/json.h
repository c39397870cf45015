/* json: JSON text into a buffer. Numbers are scaled integers (value / 10^decimals), so the text is
 * exact, the shortest that says the value, and the same in every locale. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/* The most bytes one json_decimal() or json_put_decimal() writes. */
enum { JSON_DECIMAL_MAX = 32 };

/* A quoted string. Bytes that are not UTF-8 become U+FFFD; control characters are escaped. */
MUST_USE bool json_string(struct buf *out, struct str text);

/* value / 10^decimals (0 <= decimals <= 18) without trailing zeros: (1852, 2) is 18.52,
 * (-500, 2) is -5. */
MUST_USE bool json_decimal(struct buf *out, int64_t value, int decimals);

/* The same into `out`, which has JSON_DECIMAL_MAX bytes; returns the number of bytes written. */
size_t json_put_decimal(char *out, int64_t value, int decimals);

#endif
