#include "cantrack/reply.h"

#include "cantrack/when.h"

static char *put(char *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static char *put_pair(char *at, int value)
{
	*at++ = (char)('0' + value / 10 % 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

/* "*XX,<id>," */
static char *put_head(char *at, const struct frame_head *head, struct str id)
{
	*at++ = '*';
	at = put(at, head->vendor, 2);
	*at++ = ',';
	at = put(at, id.at, id.len);
	*at++ = ',';
	return at;
}

/* *HQ,<id>,V4,V1,20260211212008# */
static char *put_v1_ack(char *at, const struct frame_head *head, struct str id, int64_t now_us)
{
	struct when w = when_of_seconds(now_us / 1000000);
	at = put_head(at, head, id);
	at = put(at, "V4,V1,", 6);
	at = put_pair(at, w.year / 100);
	at = put_pair(at, w.year);
	at = put_pair(at, w.month);
	at = put_pair(at, w.day);
	at = put_pair(at, w.hour);
	at = put_pair(at, w.minute);
	at = put_pair(at, w.second);
	*at++ = '#';
	return at;
}

size_t reply_make(struct str bytes, const struct frame_head *head, struct str learned_id,
	bool ack_v1, int64_t now_us, char *out)
{
	struct str id = head->raw_id.len ? head->raw_id : learned_id;
	if (id.len > ID_MAX)
		id = learned_id; /* no number: the frame counts for the ident of the connection */
	char *end = out;
	if (str_is(head->type, "V1")) {
		if (ack_v1)
			end = put_v1_ack(out, head, id, now_us);
	} else if (str_is(head->type, "V0") || str_is(head->type, "HTBT")) {
		if (bytes.len <= REPLY_MAX)
			end = put(out, bytes.at, bytes.len);
	} else if (str_is(head->type, "ICCID")) {
		end = put_head(out, head, id);
		end = put(end, "ICCID#", 6);
	}
	return (size_t)(end - out);
}
