/* utf8: characters of text that may be anything. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

/* What stands for bytes that are no character. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Length of the UTF-8 sequence at the begin of s, which is not empty, or 0 when there is none
 * (overlong forms, surrogates and values above U+10FFFF are none). */
size_t utf8_length(struct str s);

#endif
