/* base64: bytes as text, with padding (RFC 4648, section 4). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* False: the buffer is full; nothing was added. */
MUST_USE bool base64_add(struct buf *out, struct str bytes);

#endif
