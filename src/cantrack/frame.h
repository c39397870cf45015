/* frame: one text frame -> message. Pure: no clock, no I/O, no allocation, no state.
 * Source: SPEC 2 (header), 3 (field formats), 4 (types), 5 (status word), 6 (derivation). */
#ifndef CANTRACK_FRAME_H
#define CANTRACK_FRAME_H

#include "base/error.h"
#include "cantrack/message.h"

enum { ID_MAX = 16, FIELDS_MAX = 512 };

/* What the decoder has to know beside the frame. */
struct frame_context {
	int64_t now_us;  /* server time of the read, UTC microseconds */
	uint64_t ident;  /* ident learned on this connection, 0: none yet (SPEC 2) */
	bool extended;   /* also the parameters of group NEWER */
	bool terminated; /* false for FRAME_NOEND: the last field may be cut, no reply */
};

enum frame_result {
	RESULT_MESSAGE,  /* a type we decode */
	RESULT_UNKNOWN,  /* a message with ident, message.type, vendor.code only */
	RESULT_IGNORED,  /* known and meant for nobody (V4,V1,<14 digits>: the server's own form) */
	RESULT_NO_IDENT, /* id empty or not 1..16 digits, and none learned */
	RESULT_NO_TYPE,  /* the second field is not a type word */
	RESULT_TOO_SHORT,  /* fewer fields than the type needs */
	RESULT_BAD_LAYOUT, /* fields that cannot be this type's */
	RESULT_COUNT
};

/* Where the parts of a frame lie; all views into the frame. */
struct frame_head {
	char vendor[2];    /* as received */
	struct str raw_id; /* as received, leading zeros included; may be empty */
	struct str type;
	uint64_t
		ident; /* digits of raw_id as a number (or the learned ident), never 0 on success */
};

/* Decodes `bytes` (a FRAME_TEXT or FRAME_NOEND of framer.h). RESULT_MESSAGE and RESULT_UNKNOWN fill
 * *m with ident, message.type, vendor.code, timestamp, server.timestamp and the parameters of the
 * frame; texts point into `bytes`. Any other result leaves *m cleared and puts the reason into *e.
 * *head is filled as far as the frame was understood. */
enum frame_result frame_decode(struct str bytes, const struct frame_context *context,
	struct message *m, struct frame_head *head, struct error *e);

/* "decoded", "unknown_type", ... for logs and counters. */
const char *frame_result_name(enum frame_result result);

#endif
