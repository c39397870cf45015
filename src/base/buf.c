#include "base/buf.h"

#include "base/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){.max = max_bytes};
}

void buf_clear(struct buf *b)
{
	free(b->at);
	buf_init(b, b->max);
}

bool buf_reserve(struct buf *b, size_t bytes)
{
	if (bytes <= b->room - b->len)
		return true;
	if (bytes > b->max - b->len)
		return false;
	size_t room = b->room ? b->room * 2 : 256;
	if (room < b->len + bytes)
		room = b->len + bytes;
	if (room > b->max)
		room = b->max;
	b->at = xrealloc(b->at, room);
	b->room = room;
	return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!buf_reserve(b, len))
		return false;
	if (len)
		memcpy(b->at + b->len, bytes, len);
	b->len += len;
	return true;
}

bool buf_add_str(struct buf *b, struct str s)
{
	return buf_add(b, s.at, s.len);
}

bool buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

bool buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	bool done = need >= 0 && buf_reserve(b, (size_t)need + 1);
	if (done) {
		vsnprintf(b->at + b->len, (size_t)need + 1, format, again);
		b->len += (size_t)need;
	}
	va_end(again);
	return done;
}

void buf_drop(struct buf *b, size_t bytes)
{
	check(bytes <= b->len);
	if (bytes && bytes < b->len)
		memmove(b->at, b->at + bytes, b->len - bytes);
	b->len -= bytes;
}
