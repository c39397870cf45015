/* The bytes of a blob; shared by columns.c and columns_read.c alone.
 *
 *   byte form, then
 *   FORM_ROWS     varint records; their numbers and texts one after another (few records)
 *   FORM_COLUMNS  a zstd frame of: varint records; varint planes; for each: byte plane, varint
 *                 length; then their bytes
 *
 * All numbers are varints (zigzag where a difference may be negative). In columns a number goes to
 * its stream, and each stream has PLANES planes: the first byte of its varints is in plane 0, the
 * second in plane 1, the last plane has what remains. Bytes of like meaning lie together, and each
 * plane has statistics of its own in zstd. Zeros at a plane's end are not written: reading on gives
 * zeros, and a stream of nothing but zeros takes no byte. Each record takes in turn what it needs:
 *
 *   SEQ       zigzag(difference - 1) from the record before
 *   RECEIVED  zigzag difference from the record before
 *   TIME_FORM TIME_RECEIVED: time_us is received_us; TIME_SECONDS: TIME is zigzag of whole seconds
 *             from received_us, cut to seconds; TIME_MICROS: zigzag of microseconds from it
 *   ORIGIN    zigzag difference of the origin's number from that of the record before; the next
 *             free number is a new origin, whose fields follow in the streams NEW_*
 *   SHAPE     which parameters are present: 0: as in the origin's record before; n + 1: shape n;
 * the next free number is a new shape, whose bits follow in NEW_SHAPE BOOLEANS  present booleans,
 * packed, exclusive-or the origin's last ones MORE      number of further values; for each
 * MORE_PLACE param, index; MORE_NUMBER zigzag difference from the last further value of the
 * parameter PARAM + p numbers: zigzag difference from the origin's last. Texts: 0: the origin's
 * last; n + 1: text n of this parameter; the next free number is a new text, followed by its
 * length; its bytes are in TEXT
 *
 * A new origin starts with the last values of the record before. */
#ifndef STORE_COLUMNS_FORMAT_H
#define STORE_COLUMNS_FORMAT_H

#include "store/record.h"

enum form { FORM_ROWS = 1, FORM_COLUMNS = 2 };

enum { PLANES = 4 };

enum time_form { TIME_RECEIVED, TIME_SECONDS, TIME_MICROS };

enum stream {
	STREAM_SEQ,
	STREAM_RECEIVED,
	STREAM_TIME_FORM,
	STREAM_TIME,
	STREAM_ORIGIN,
	STREAM_SHAPE,
	STREAM_BOOLEANS,
	STREAM_MORE,
	STREAM_MORE_PLACE,
	STREAM_MORE_NUMBER,
	STREAM_NEW_IDENT,
	STREAM_NEW_CHANNEL,
	STREAM_NEW_DEVICE,
	STREAM_NEW_VENDOR,
	STREAM_NEW_PEER,
	STREAM_NEW_ADDRESS,
	STREAM_NEW_SHAPE,
	STREAM_STEP,
	STREAM_TEXT, /* plane 0 only; bytes as they are */
	STREAM_PARAM,
	STREAM_COUNT = STREAM_PARAM + PARAM_COUNT,
};

/* The last values of an origin. Texts: their number. */
struct track {
	int64_t last[PARAM_COUNT]; /* in steps */
	uint64_t booleans;         /* bit p: the last value of p was true */
	uint32_t shape;
};

/* The parameters of kind BOOLEAN, as presence bits. */
static const uint64_t boolean_params = 0
#define PARAM(id, name, kind, decimals, unit, text, frames, group)                                 \
	| (uint64_t)(KIND_##kind == KIND_BOOLEAN) << PARAM_##id
#include "cantrack/params.def"
#undef PARAM
	;

#endif
