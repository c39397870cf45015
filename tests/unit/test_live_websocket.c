/* Connections that HTTP has upgraded: MQTT in the frames of a WebSocket (RFC 6455, 5.2), written down by hand. */
#include "porch.h"

#include "live/client.h"
#include "live/inbox.h"

#include <sys/socket.h>
#include <unistd.h>

enum { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, FIN = 0x80, MASK = 0x80 };

/* The client's end of it. */
struct surfer {
	struct porch *porch;
	struct caller caller; /* in and out: MQTT */
	struct buf wire, in;  /* frames: to be sent, received */
	int fd;               /* of the door's end, which stays ours */
	int released;
	int opcode; /* of the last frame that was no message */
	struct client *client;
};

static void release(void *handle)
{
	struct surfer *s = handle;
	s->released++;
	close(s->fd);
}

static bool take(struct surfer *s, int fd, struct str early)
{
	const struct upgraded u = {.fd = fd,
		.early = early,
		.peer = {4, {127, 0, 0, 1}, 9},
		.release = release,
		.handle = s};
	const struct live_view *v = live_view(s->porch->live);
	return v->take(v->context, &u);
}

/* The connection is taken over with what is in `wire`. */
static void surf(struct surfer *s)
{
	int pair[2];
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	s->caller.fd = pair[1];
	s->fd = pair[0];
	assert_true(take(s, pair[0], buf_str(&s->wire)));
	s->wire.len = 0;
	porch_turn(s->porch);
	s->client = s->porch->live->clients;
}

static void surfer_init(struct surfer *s, struct porch *p)
{
	*s = (struct surfer){.porch = p};
	caller_init(&s->caller, MQTT_5);
	buf_init(&s->wire, 1 << 22);
	buf_init(&s->in, 1 << 22);
}

static void surfer_clear(struct surfer *s)
{
	caller_clear(&s->caller);
	buf_clear(&s->wire);
	buf_clear(&s->in);
	for (int i = 0; i < 3; i++)
		porch_turn(s->porch);
	assert_int_equal(s->released, 1);
}

static void put_frame(struct buf *out, int first, struct str payload, int mask)
{
	static const char key[4] = {0x11, 0x22, 0x33, 0x44};
	bool is_long = payload.len > 125, is_longer = payload.len > 65535;
	size_t bytes = is_longer ? 8 : is_long ? 2 : 0;
	int length = is_longer ? 127 : is_long ? 126 : (int)payload.len;
	assert_true(buf_add_char(out, (char)first) && buf_add_char(out, (char)(mask | length)));
	for (size_t i = bytes; i-- > 0;)
		assert_true(buf_add_char(out, (char)((uint64_t)payload.len >> 8 * i)));
	assert_true(!mask || buf_add(out, key, sizeof key));
	for (size_t i = 0; i < payload.len; i++)
		assert_true(buf_add_char(out, (char)(payload.at[i] ^ (mask ? key[i % 4] : 0))));
}

/* What the caller said goes into one message. */
static void frame_it(struct surfer *s)
{
	put_frame(&s->wire, FIN | BINARY, buf_str(&s->caller.out), MASK);
	s->caller.out.len = 0;
}

static void send_wire(struct surfer *s)
{
	assert_int_equal(send(s->caller.fd, s->wire.at, s->wire.len, MSG_NOSIGNAL), s->wire.len);
	s->wire.len = 0;
	for (int i = 0; i < 3; i++)
		porch_turn(s->porch);
}

/* Takes frames off that are whole: what messages carry goes to the caller. False: the end is there. */
static bool receive(struct surfer *s)
{
	char room[65536];
	ssize_t got;
	for (int i = 0; i < 3; i++)
		porch_turn(s->porch);
	while ((got = recv(s->caller.fd, room, sizeof room, MSG_DONTWAIT)) > 0) {
		assert_true(buf_add(&s->in, room, (size_t)got));
		porch_turn(s->porch);
	}
	for (;;) {
		const uint8_t *at = (const uint8_t *)s->in.at;
		size_t head = 2, len = s->in.len < 4 ? 0 : at[1];
		if (s->in.len < 2)
			break;
		assert_false(at[1] & MASK);
		len = at[1];
		if (len > 125) {
			size_t bytes = len == 126 ? 2 : 8;
			head += bytes;
			len = 0;
			assert_true(s->in.len >= head);
			for (size_t i = 0; i < bytes; i++)
				len = len << 8 | at[2 + i];
		}
		if (s->in.len < head + len)
			break;
		if ((at[0] & 15) == BINARY)
			assert_true(buf_add(&s->caller.in, s->in.at + head, len));
		else
			s->opcode = at[0] & 15;
		buf_drop(&s->in, head + len);
	}
	return got != 0;
}

static void expect(struct surfer *s, enum mqtt_type type)
{
	bool found = caller_take(&s->caller);
	if (!found) {
		receive(s);
		found = caller_take(&s->caller);
	}
	assert_true(found);
	assert_int_equal(s->caller.type, type);
}

static void greet(struct surfer *s)
{
	caller_greet(&s->caller, &(struct greeting){.key = PORCH_KEY, .client_id = "surfer"});
}

/* ---- ---- */

static void what_came_early_is_heard(void **state)
{
	struct surfer s;
	surfer_init(&s, *state);
	greet(&s);
	frame_it(&s);
	caller_ping(&s.caller);
	frame_it(&s);
	surf(&s);
	assert_true(s.client->session && s.client->session->is_websocket);
	expect(&s, MQTT_CONNACK);
	expect(&s, MQTT_PINGRESP);
	surfer_clear(&s);
	surfer_init(&s, *state);
	assert_true(buf_add(&s.wire, "GET / HTTP", 10));
	surf(&s);
	assert_false(receive(&s));
	surfer_clear(&s);
}

/* Packets are not messages: one may hold several, or a part. */
static void frames_and_packets_are_split_as_they_like(void **state)
{
	for (size_t piece = 1; piece < 64; piece = piece < 6 ? piece + 1 : piece * 2) {
		struct surfer s;
		surfer_init(&s, *state);
		surf(&s);
		greet(&s);
		caller_subscribe(&s.caller, "t", 1);
		caller_ping(&s.caller);
		struct str all = buf_str(&s.caller.out);
		for (size_t at = 0; at < all.len; at += piece) {
			size_t len = all.len - at < piece ? all.len - at : piece;
			struct str part = {all.at + at, len};
			if (at / piece % 3 == 0)
				put_frame(&s.wire, FIN | BINARY, part, MASK);
			else { /* a message in two frames, with a ping between them */
				put_frame(&s.wire, BINARY, str_upto(part, len / 2), MASK);
				put_frame(&s.wire, FIN | PING, str_of("still there?"), MASK);
				put_frame(&s.wire, FIN, str_from(part, len / 2), MASK);
			}
		}
		struct str wire = buf_str(&s.wire);
		for (size_t at = 0; at < wire.len; at += piece) {
			size_t len = wire.len - at < piece ? wire.len - at : piece;
			assert_int_equal(send(s.caller.fd, wire.at + at, len, 0), len);
			porch_turn(s.porch);
		}
		unsigned got = 0;
		s.opcode = 0;
		receive(&s);
		for (int i = 0; i < 3; i++) {
			assert_true(caller_take(&s.caller));
			got += 1u << 2 * s.caller.type;
		}
		assert_int_equal(got,
			1u << 2 * MQTT_CONNACK | 1u << 2 * MQTT_SUBACK | 1u << 2 * MQTT_PINGRESP);
		assert_int_equal(s.opcode, PONG);
		surfer_clear(&s);
	}
}

static void large_messages_go_both_ways(void **state)
{
	enum { BYTES = 200000 };
	static char payload[BYTES];
	struct surfer s;
	surfer_init(&s, *state);
	surf(&s);
	greet(&s);
	caller_subscribe(&s.caller, "t", 0);
	frame_it(&s);
	send_wire(&s);
	expect(&s, MQTT_CONNACK);
	expect(&s, MQTT_SUBACK);
	for (size_t i = 0; i < BYTES; i++)
		payload[i] = (char)(i * 7 + i / 256);
	caller_publish(&s.caller, "t", (struct str){payload, BYTES}, 1, false);
	frame_it(&s);
	for (size_t at = 0; at < s.wire.len;) {
		ssize_t sent = send(s.caller.fd, s.wire.at + at, s.wire.len - at, MSG_DONTWAIT);
		at += sent > 0 ? (size_t)sent : 0;
		porch_turn(s.porch);
	}
	s.wire.len = 0;
	expect(&s, MQTT_PUBLISH);
	assert_int_equal(s.caller.publish.payload.len, BYTES);
	assert_memory_equal(s.caller.publish.payload.at, payload, BYTES);
	expect(&s, MQTT_PUBACK);
	surfer_clear(&s);
}

static void a_close_is_answered(void **state)
{
	struct surfer s;
	surfer_init(&s, *state);
	surf(&s);
	greet(&s);
	frame_it(&s);
	put_frame(&s.wire, FIN | CLOSE, str_of("\x03\xe8"), MASK);
	send_wire(&s);
	receive(&s);
	assert_int_equal(s.opcode, CLOSE);
	assert_int_equal(s.released, 1);
	assert_int_equal(s.porch->live->client_count, 0);
	assert_int_equal(s.porch->live->session_count, 0);
	surfer_clear(&s);
}

/* It gets a DISCONNECT in a frame, then a close. */
static void who_is_ended_is_told_in_frames(void **state)
{
	struct surfer s;
	surfer_init(&s, *state);
	surf(&s);
	greet(&s);
	frame_it(&s);
	send_wire(&s);
	expect(&s, MQTT_CONNACK);
	client_end(s.client, MQTT_ADMINISTRATIVE, CLOSE_BY_USER);
	expect(&s, MQTT_DISCONNECT);
	assert_int_equal(s.caller.ack.reason, MQTT_ADMINISTRATIVE);
	assert_int_equal(s.opcode, CLOSE);
	assert_int_equal(s.released, 0); /* until the other end goes */
	put_frame(&s.wire, FIN | CLOSE, str_of("\x03\xe8"), MASK);
	send_wire(&s);
	assert_int_equal(s.released, 1);
	surfer_clear(&s);
}

static void what_is_no_frame_ends(void **state)
{
	static const struct {
		int first, mask;
		const char *payload;
	} bad[] = {{FIN | TEXT, MASK, "text"}, {TEXT, MASK, "text"}, {FIN | BINARY, 0, "bare"},
		{FIN | 3, MASK, "none"}, {0x70 | FIN | BINARY, MASK, "reserved"},
		{FIN, MASK, "goes on with nothing"}, {PING, MASK, "in parts"}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct surfer s;
		surfer_init(&s, *state);
		surf(&s);
		if (i % 2) {
			greet(&s);
			frame_it(&s);
		}
		put_frame(&s.wire, bad[i].first, str_of(bad[i].payload), bad[i].mask);
		send_wire(&s);
		(void)receive(&s);
		assert_int_equal(s.porch->live->client_count, 0);
		surfer_clear(&s);
	}
}

/* Of one that the door does not take over, the caller is told so, and releases it himself. */
static void a_door_that_stops_takes_nothing(void **state)
{
	struct surfer s;
	surfer_init(&s, *state);
	surf(&s);
	greet(&s);
	frame_it(&s);
	send_wire(&s);
	inbox_stop(s.porch->live);
	assert_false(take(&s, 1, str_of("")));
	assert_int_equal(s.released, 0);
	uv_run(&s.porch->live->loop, UV_RUN_DEFAULT);
	assert_int_equal(s.released, 1);
	expect(&s, MQTT_CONNACK);
	expect(&s, MQTT_DISCONNECT);
	assert_int_equal(s.caller.ack.reason, MQTT_SHUTTING_DOWN);
	surfer_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(what_came_early_is_heard),
		ON_THE_PORCH(frames_and_packets_are_split_as_they_like),
		ON_THE_PORCH(large_messages_go_both_ways),
		ON_THE_PORCH(a_close_is_answered),
		ON_THE_PORCH(who_is_ended_is_told_in_frames),
		ON_THE_PORCH(what_is_no_frame_ends),
		ON_THE_PORCH(a_door_that_stops_takes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
