/* obey: what a tracker does with a command and what it answers, as the papers show it. Pure. Reads the
 * payload with code of its own: what is tested with it must not agree with itself. Source: SPEC 4.6,
 * 7.2, 7.3. */
#ifndef SIMULATE_OBEY_H
#define SIMULATE_OBEY_H

#include "base/str.h"
#include "cantrack/command.h"
#include "simulate/track.h"

enum { OBEY_ROOM = 2 * COMMAND_MAX }; /* bytes of an answer */

enum obey_how {
	OBEY_PLAIN = 1,   /* a stop or resume by text is answered by text without a frame */
	OBEY_FAILING = 2, /* nothing is done, and the answer says so */
	OBEY_WRONG = 4,   /* it is done, but the answer is one to another command */
};

struct obeyed {
	size_t len;    /* of the answer; 0: the payload is more than a tracker can hold */
	bool restarts; /* when it has answered */
};

/* Carries the payload out and writes the answer to `out` (OBEY_ROOM bytes). `how`: of enum obey_how.
 *
 *   S20,130305,1,1          V4,S20,130305,050316,A,...   failing: V4,S20,07,130305,...
 *   CMD,130305,check123456  V4,CMD,,check,CHECK,IMEI:... failing: V4,CMD,,check,FAIL
 *   CMD,130305,stop654321   V4,CMD,,stop,OK, or plain: stop engine succeed
 *   MD123456 1 3 8 1        V4,CMD,,MD123456 1 3 8 1,OK
 *   CR                      V4,CR */
struct obeyed obey(struct track *t, struct str payload, unsigned how, char *out);

#endif
