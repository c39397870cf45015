/* posted: a message that somebody gives as a JSON object, with the names of params.def. */
#ifndef MODEL_POSTED_H
#define MODEL_POSTED_H

#include "cantrack/message.h"
#include "model/resource.h"

/* Reads one message. A number with more decimals than its parameter has is rounded, half away from
 * zero; 2^52 of its smallest steps are the limit, beyond which a JSON number is not exact. What the
 * gateway says itself (ident, device.*, channel.*, server.timestamp, peer, protocol.id) may be there
 * and is passed over. `timestamp` may be missing, and so may everything else. Texts point into
 * `object`. False with the member at fault: a name that is none, a value of another type, a text
 * that is too long; then *m is half filled. */
MUST_USE bool posted_parse(const struct json_t *object, struct message *m, struct refusal *refusal);

#endif
