/* fields: a text frame cut at its commas, and the field formats of SPEC 3. Private to the decoders
 * of this folder. */
#ifndef CANTRACK_FIELDS_H
#define CANTRACK_FIELDS_H

#include "cantrack/frame.h"

struct fields {
	const struct frame_context *context;
	int count;
	struct str at[FIELDS_MAX]; /* blanks at both ends removed; 0 vendor, 1 id, 2 type */
};

/* Cuts a frame ("*" to "#", the "#" may be missing) at its commas. Fields beyond FIELDS_MAX are
 * left out. False: it does not begin like a frame. Views point into `bytes`. */
MUST_USE bool fields_split(struct str bytes, const struct frame_context *context, struct fields *f);

/* One decoder of a frame type. Returns RESULT_MESSAGE or RESULT_IGNORED, or another result with
 * the reason in *e. The parameters of the head and the times are set by the caller, who takes
 * server time where `message_has(m, PARAM_TIMESTAMP)` is false. */
typedef enum frame_result decode_fn(const struct fields *f, struct message *m, struct error *e);

decode_fn decode_bare, decode_htbt, decode_iccid, decode_position, decode_v3, decode_v4, decode_v5;

/* The layout validity, lat, N|S, lon, E|W, speed, direction of V1, V2, V4, V5 at field `at`. False
 * with a sentence: these fields cannot be that. */
MUST_USE bool position_decode(const struct fields *f, int at, struct message *m, struct error *e);

/* Date and status word at fields `date` and `date + 1`, with the time of field `time` (< 0: none).
 * Fields beyond the frame's end are absent. */
void tail_decode(const struct fields *f, int time, int date, struct message *m);

/* Four hex digits of the battery's converter -> battery.voltage (SPEC 4.4). */
void battery_decode(struct str field, struct message *m);

bool all_digits(struct str s);

/* A non-negative decimal ("12", "0.286", "3.") times 10^decimals, rounded half up. False: it is
 * none, or has more than 9 digits before the point. */
MUST_USE bool fixed_point(struct str s, int decimals, int64_t *out);

/* Degrees times 10^7 from any coordinate form of SPEC 3; sign from the hemisphere letter, which
 * must be `positive` or `negative`. False: unparsable or beyond `limit` degrees. */
MUST_USE bool coordinate(
	struct str s, struct str hemisphere, char positive, char negative, int limit, int64_t *out);

/* HHMMSS and DDMMYY -> UTC microseconds, by the rules of SPEC 3.1. False: use the server's time. */
MUST_USE bool device_time(struct str time, struct str date, int64_t now_us, int64_t *out);

#endif
