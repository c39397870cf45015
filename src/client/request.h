/* request: the body that asks for a command. Apart from the rest, as jansson.h and base/json.h do not
 * fit into one file. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/buf.h"
#include "client/arguments.h"

/* Appends an array of the one command: what was given; the rest is left to the gateway. `properties`
 * is the text of a JSON object. False: the buffer is full. */
MUST_USE bool request_put(const struct arguments *a, struct str properties, struct buf *out);

/* Appends a JSON string; a text that is no UTF-8 is refused. `name` says whose it is. */
MUST_USE bool request_put_text(const char *name, struct str text, struct buf *out, struct error *e);

#endif
