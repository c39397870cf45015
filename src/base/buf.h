/* buf: a growable byte buffer with a mandatory maximum. Reaching the maximum is an expected
 * failure (the add returns false and changes nothing); running out of memory is not (see die.h). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/error.h"
#include "base/str.h"

struct buf {
	char *at;
	size_t len, room, max;
};

/* No memory is taken until the first byte comes. */
void buf_init(struct buf *b, size_t max_bytes);

/* Frees the memory; the buffer is empty and usable again. */
void buf_clear(struct buf *b);

/* Makes room for `bytes` more without a move afterwards. False: that would pass the maximum. */
MUST_USE bool buf_reserve(struct buf *b, size_t bytes);

MUST_USE bool buf_add(struct buf *b, const void *bytes, size_t len);
MUST_USE bool buf_add_str(struct buf *b, struct str s);
MUST_USE bool buf_add_char(struct buf *b, char c);
MUST_USE bool buf_printf(struct buf *b, const char *format, ...) PRINTF(2, 3);

/* Drops the first `bytes` bytes. */
void buf_drop(struct buf *b, size_t bytes);

/* Valid until the next add or clear. */
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){b->at ? b->at : "", b->len};
}

#endif
