/* command: a payload from the server's user -> the bytes on the wire, and the V4 frame that
 * answers it. Source: SPEC 7.1, 7.2 (form), 4.6 (answer). */
#ifndef CANTRACK_COMMAND_H
#define CANTRACK_COMMAND_H

#include "cantrack/catalogue.h"
#include "cantrack/frame.h"

/* False with a sentence when the payload is empty, begins with '*', or holds '#' or a control
 * character. */
MUST_USE bool command_payload_check(struct str payload, struct error *e);

/* Writes "*<vendor>,<raw id>,<payload>#" to `out`. False with a sentence when the payload is
 * none by command_payload_check, the frame would exceed COMMAND_MAX, the id is not 1..16 digits or the
 * vendor not two letters. */
MUST_USE bool command_make(
	struct str vendor, struct str raw_id, struct str payload, struct buf *out, struct error *e);

/* What a V4 frame says. Views point into the frame. */
struct answer {
	struct str word;         /* "S20", "CMD", ... */
	struct str command_time; /* HHMMSS of the command, empty when the frame has none */
	struct str device_time;  /* HHMMSS of the device, empty when there is no position */
	struct str text;         /* what lies between: echoed parameters, result or reply text */
	struct str status;       /* the status word behind a position; empty when there is none */
	bool has_position;
};

/* Reads a V4 frame (FRAME_TEXT, or FRAME_NOEND, as some answers lack the '#'). False: it is not
 * one, it is the server's own acknowledgement form, or it ends within its word. */
MUST_USE bool answer_parse(struct str bytes, struct answer *out);

/* Does this answer belong to the command with this payload ("S20,130305,1,0")? The words must be
 * equal and, where both have one, the times too; for the CMD wrapper the answer's text must begin
 * with the keyword of the wrapped command. A payload in the manner of text messages ("MD123456 1 3 8
 * 1") is matched by its keyword, the letters it begins with ("MD"), with or without the wrapper. */
bool answer_matches(const struct answer *a, struct str payload);

/* What an answer says of itself. */
enum answer_says {
	SAYS_DONE,   /* confirmed, as far as an answer can */
	SAYS_FAILED, /* a result code 00..7F (HuaSunTeK), or ERROR, FAIL, FAILED */
};

/* Judges a matching answer to this payload. What only repeats the command's parameters is no code. */
enum answer_says answer_says(const struct answer *a, struct str payload);

/* Text outside of frames ("stop engine succeed", "#stopoil#OK#"), as much as has come: could it be the
 * answer to this payload? Only for commands in the manner of text messages: their keyword must begin a
 * word of it, in any case. */
bool plain_answer_matches(struct str text, struct str payload);
enum answer_says plain_answer_says(struct str text);

#endif
