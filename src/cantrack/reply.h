/* reply: what the server answers to a frame. Source: SPEC 4.9. */
#ifndef CANTRACK_REPLY_H
#define CANTRACK_REPLY_H

#include "cantrack/frame.h"

enum { REPLY_MAX = 256 };

/* Writes the reply to a decoded, terminated frame (`bytes`, `head` as frame_decode gave it) into
 * `out` (REPLY_MAX bytes) and returns its length; 0: this frame is not answered. `ack_v1` switches
 * the acknowledgement of V1 on, which carries now_us. `learned_id` is the raw id of the connection,
 * used where the frame's own id is empty. No CR LF is added. A V0 or HTBT longer than REPLY_MAX is
 * not answered. */
size_t reply_make(struct str bytes, const struct frame_head *head, struct str learned_id,
	bool ack_v1, int64_t now_us, char *out);

#endif
