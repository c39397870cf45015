/* Whatever the bytes: the decoder, the reply and the answer to a command keep their promises, and
 * what is decoded packs, unpacks and prints as the same JSON. */
#include "property.h"

#include "cantrack/command.h"
#include "cantrack/reply.h"

static bool lies_in(struct str part, struct str whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static void holds_message(const struct message *m)
{
	static struct message back;
	static char packed[MESSAGE_PACK_MAX];
	static struct buf json, again;
	if (!json.max) {
		buf_init(&json, 1 << 17);
		buf_init(&again, 1 << 17);
	}
	json.len = again.len = 0;
	HOLDS(message_json(m, NULL, &json));
	holds_json(buf_str(&json));
	message_clear(&back);
	HOLDS(message_unpack((struct str){packed, message_pack(m, 0, packed)}, &back));
	HOLDS(message_json(&back, NULL, &again));
	HOLDS(str_eq(buf_str(&json), buf_str(&again)));
}

static void holds_texts(const struct message *m, struct str frame)
{
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (message_has(m, p) && params[p].kind == KIND_TEXT)
			HOLDS(lies_in(m->value[p].text, frame));
}

/* No number leaves its range, a position has two coordinates, a parameter has its option. */
static void holds_values(const struct message *m, bool extended)
{
	static const struct {
		enum param param;
		int64_t least, most;
	} ranges[] = {
		{PARAM_BATTERY_LEVEL, 0, 100},
		{PARAM_BATTERY_VOLTAGE, 0, 5600},
		{PARAM_GSM_MCC, 0, 999},
		{PARAM_GSM_MNC, 0, 999},
		{PARAM_GSM_SIGNAL_DBM, -199, -1},
		{PARAM_GSM_SIGNAL_LEVEL, 0, 100},
		{PARAM_POSITION_DIRECTION, 0, 35999},
		{PARAM_POSITION_LATITUDE, -900000000, 900000000},
		{PARAM_POSITION_LONGITUDE, -1800000000, 1800000000},
		{PARAM_POSITION_SPEED, 0, INT64_MAX},
		{PARAM_TIMESTAMP, INT64_C(1262304000000000), INT64_C(1790086400999999)},
		{PARAM_VEHICLE_STATE_BITMASK, 0, UINT32_MAX},
		{PARAM_WIFI_MAC_ADDRESS, 0, INT64_C(0xffffffffffff)},
		{PARAM_WIFI_SIGNAL_STRENGTH, -128, 127},
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		int64_t number = m->value[ranges[i].param].number;
		HOLDS(!message_has(m, ranges[i].param) ||
			(number >= ranges[i].least && number <= ranges[i].most));
	}
	HOLDS(message_has(m, PARAM_POSITION_LATITUDE) == message_has(m, PARAM_POSITION_LONGITUDE));
	HOLDS(message_has(m, PARAM_TIMESTAMP) && message_has(m, PARAM_SERVER_TIMESTAMP));
	for (enum param p = 0; p < PARAM_COUNT; p++)
		HOLDS(extended || params[p].group != GROUP_NEWER || !message_has(m, p));
}

static void holds_answer(struct str frame)
{
	struct answer a;
	if (!answer_parse(frame, &a))
		return;
	HOLDS(a.word.at && lies_in(a.word, frame) && lies_in(a.text, frame));
	HOLDS(lies_in(a.command_time, frame) && lies_in(a.device_time, frame));
	answer_matches(&a, golden_read());
}

static void holds_frame(const struct frame *frame, struct frame_context *context)
{
	static struct message m;
	struct frame_head head;
	struct error e = {""};
	char reply[REPLY_MAX];
	context->terminated = frame->kind == FRAME_TEXT;
	enum frame_result result = frame_decode(frame->bytes, context, &m, &head, &e);
	HOLDS(lies_in(head.raw_id, frame->bytes) && lies_in(head.type, frame->bytes));
	holds_answer(frame->bytes);
	if (result != RESULT_MESSAGE && result != RESULT_UNKNOWN) {
		HOLDS(m.present == 0 && m.more_count == 0);
		HOLDS(result == RESULT_IGNORED || e.text[0]);
		return;
	}
	HOLDS(head.ident && m.value[PARAM_IDENT].number == (int64_t)head.ident);
	holds_texts(&m, frame->bytes);
	holds_values(&m, context->extended);
	holds_message(&m);
	if (frame->kind == FRAME_TEXT) {
		size_t len = reply_make(frame->bytes, &head, str_of("0123456789012345"), true,
			context->now_us, reply);
		HOLDS(len <= REPLY_MAX && (!len || reply[len - 1] == '#'));
	}
}

static void round_of_decoding(void)
{
	struct framer f = {0};
	struct frame_context context = {
		.now_us = INT64_C(1790000000000000) + (int64_t)chance_below(1000000),
		.ident = chance() & 1 ? 4711 : 0,
		.extended = chance() & 1,
	};
	struct str stream = chance_stream();
	for (struct frame frame;;) {
		stream = str_from(stream, framer_next(&f, stream, true, &frame));
		if (!frame.bytes.len)
			break;
		if (frame.kind == FRAME_TEXT || frame.kind == FRAME_NOEND)
			holds_frame(&frame, &context);
	}
	HOLDS(stream.len == 0);
}

int main(int argc, char **argv)
{
	return property_main(argc, argv, round_of_decoding);
}
