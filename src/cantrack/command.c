#include "cantrack/command.h"

bool command_payload_check(struct str payload, struct error *e)
{
	if (payload.len == 0)
		return fail(e, "the payload is empty");
	if (payload.at[0] == '*')
		return fail(e, "the payload begins with '*'; give the part behind the id only");
	for (size_t i = 0; i < payload.len; i++) {
		unsigned char c = (unsigned char)payload.at[i];
		if (c == '#')
			return fail(
				e, "the payload has '#' at byte %zu, which would end the frame", i);
		if (c < 0x20 || c == 0x7f)
			return fail(e, "the payload has the control character 0x%02x at byte %zu",
				c, i);
	}
	return true;
}

bool command_make(
	struct str vendor, struct str raw_id, struct str payload, struct buf *out, struct error *e)
{
	uint64_t number;
	if (vendor.len != 2 || !is_letter(vendor.at[0]) || !is_letter(vendor.at[1]))
		return fail(e, "the vendor code is not two letters");
	if (raw_id.len > ID_MAX || !str_to_u64(raw_id, &number))
		return fail(e, "the id is not 1..%d digits", ID_MAX);
	if (!command_payload_check(payload, e))
		return false;
	size_t bytes = 1 + vendor.len + 1 + raw_id.len + 1 + payload.len + 1;
	if (bytes > COMMAND_MAX)
		return fail(
			e, "the frame would have %zu bytes, the limit is %d", bytes, COMMAND_MAX);
	if (!buf_reserve(out, bytes))
		return fail(e, "the frame does not fit into the buffer");
	char *at = out->at + out->len;
	*at++ = '*';
	memcpy(at, vendor.at, vendor.len);
	at += vendor.len;
	*at++ = ',';
	memcpy(at, raw_id.at, raw_id.len);
	at += raw_id.len;
	*at++ = ',';
	memcpy(at, payload.at, payload.len);
	at[payload.len] = '#';
	out->len += bytes;
	return true;
}
