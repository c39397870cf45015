/* command: a payload from the server's user -> the bytes on the wire, and the V4 frame that
 * answers it. Source: SPEC 7.1, 7.2 (form), 4.6 (answer). */
#ifndef CANTRACK_COMMAND_H
#define CANTRACK_COMMAND_H

#include "cantrack/frame.h"

enum { COMMAND_MAX = 512 }; /* bytes of the whole frame */

/* Writes "*<vendor>,<raw id>,<payload>#" to `out`. False with a sentence when the payload is empty,
 * begins with '*', holds '#' or a control character, or the frame would exceed COMMAND_MAX, or
 * when the id is not 1..16 digits or the vendor not two letters. */
MUST_USE bool command_make(
	struct str vendor, struct str raw_id, struct str payload, struct buf *out, struct error *e);

/* What a V4 frame says. Views point into the frame. */
struct answer {
	struct str word;         /* "S20", "CMD", ... */
	struct str command_time; /* HHMMSS of the command, empty when the frame has none */
	struct str device_time;  /* HHMMSS of the device, empty when there is no position */
	struct str text;         /* what lies between: echoed parameters, result or reply text */
	bool has_position;
};

/* Reads a V4 frame (FRAME_TEXT, or FRAME_NOEND, as some answers lack the '#'). False: it is not
 * one, it is the server's own acknowledgement form, or it ends within its word. */
MUST_USE bool answer_parse(struct str bytes, struct answer *out);

/* Does this answer belong to the command with this payload ("S20,130305,1,0")? The words must be
 * equal and, where both have one, the times too; for the CMD wrapper the answer's text must begin
 * with the keyword of the wrapped command. */
bool answer_matches(const struct answer *a, struct str payload);

#endif
