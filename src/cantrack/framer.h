/* framer: the byte stream of one connection -> frames. Pure: the caller owns the bytes and keeps
 * what is not consumed yet. Any split of the same bytes into reads gives the same frames.
 * Source: SPEC 1, 1.1 (text), 8 ($ records), 9 (JT/T 808), 10 (GT06). */
#ifndef CANTRACK_FRAMER_H
#define CANTRACK_FRAMER_H

#include "base/str.h"

enum { FRAME_MAX = 2048 }; /* bytes of one frame with its delimiters */

enum frame_kind {
	FRAME_TEXT,     /* *XX,...#  complete */
	FRAME_NOEND,    /* *XX,...   the next frame (or the end of the stream) came before '#' */
	FRAME_RECORD,   /* $...      binary record of cousins, skipped whole */
	FRAME_JT808,    /* 7E ... 7E JT/T 808, skipped whole */
	FRAME_GT06,     /* 78 78 ... 0D 0A or 79 79 ..., skipped whole */
	FRAME_JUNK,     /* bytes that begin nothing; neighbouring junk may come in several pieces */
	FRAME_BROKEN,   /* a text frame with a byte that may not stand in one: dropped up to it */
	FRAME_OVERLONG, /* '*' that begins a frame of more than FRAME_MAX bytes: the '*' alone */
	FRAME_KINDS
};

struct frame {
	enum frame_kind kind;
	struct str
		bytes; /* within the input, delimiters included; CR LF etc. between frames is not */
};

/* What a connection remembers between reads. Start with all zero. */
struct framer {
	uint8_t record_len; /* length of $ records once one was measured, 0 again after junk */
};

/* Takes the next frame off `input`, which begins where the last call stopped. Returns the number
 * of bytes that are done with (separators, then the frame) and sets *out; `out->bytes.len == 0`
 * means: no frame yet, keep the rest and call again with more bytes behind it. `final` says that
 * no more bytes will come, so that waiting is over; call until the whole input is consumed.
 * The rest to keep is never longer than FRAME_MAX. */
size_t framer_next(struct framer *f, struct str input, bool final, struct frame *out);

/* "text", "junk", ... for logs and counters. */
const char *frame_kind_name(enum frame_kind kind);

#endif
