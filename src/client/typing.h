/* typing: key=value of the command line becomes the properties of a command, typed by its schema. */
#ifndef CLIENT_TYPING_H
#define CLIENT_TYPING_H

#include "client/arguments.h"
#include "client/offer.h"

enum { TYPING_MAX = 65536 }; /* bytes of the properties; the gateway takes far less */

/* Appends the JSON object. Strings as they are, whole numbers, true/false (also yes/no, on/off, 1/0),
 * lists with commas; of choices the value or its title. False with a sentence that names what is known:
 * a property that the command does not have, a value that does not fit, one that is missing. */
MUST_USE bool typing_put(const json_t *command, const struct pair *pairs, size_t count,
	struct buf *out, struct error *e);

#endif
