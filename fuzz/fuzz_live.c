/* What a client with a good token may say to the live door. The first byte of the input says how it comes:
 * version, WebSocket, whether its session outlives it, whether it greets by itself, in what pieces. The rest
 * is said a piece at a time, with news of the gateway in between; half way the client may come anew. Whatever
 * it says: what it gets are packets, the door answers another client, and when all are gone nothing is left. */
#include "fuzz.h"

#include "base/clock.h"
#include "fake_store.h"
#include "live/client.h"
#include "live/inbox.h"
#include "live/news.h"
#include "live/retained.h"
#include "live/session.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

enum { OLD = 1, WEBSOCKET = 2, STAYS = 4, BARE = 8, TWICE = 16, PIECE = 5 };
enum { DEVICE = 2, IN_MAX = 1 << 24, TURNS_MAX = 2000 };

struct end {
	int fd, version;
	bool is_websocket;
	struct buf in;
};

static struct live *live;
static int released_fd = -1;

/* ---- the gateway ---- */

static void open_door(void)
{
	struct error e;
	struct channel c;
	struct device d;
	struct store *store = fake_store_new();
	struct registry *registry = registry_open(store, &e);
	struct tokens_options tokens = {.store = store, .admin_key = KEY};
	live = live_new(&(struct live_options){
		.store = store, .registry = registry, .queue_bytes = 1 << 16});
	live->tokens = tokens_open(&tokens, &e);
	channel_init(&c);
	CHECK(registry_put_channel(registry, &c, &e));
	for (uint64_t ident = 11; ident < 14; ident++) {
		device_init(&d);
		d.ident = ident;
		CHECK(registry_put_device(registry, &d, &e));
	}
	fake_store_message(store, 1, DEVICE, 11, 1000000, 2000000);
}

static void publish_a_record(void)
{
	struct message m;
	struct record r;
	char body[MESSAGE_PACK_MAX];
	const struct origin origin = {.ident = 11, .channel = 1, .device = DEVICE};
	message_clear(&m);
	message_number(&m, PARAM_IDENT, 11);
	message_number(&m, PARAM_TIMESTAMP, 1000000);
	message_number(&m, PARAM_SERVER_TIMESTAMP, 2000000);
	message_number(&m, PARAM_POSITION_SPEED, 70000);
	record_make(&r, &m, &origin, body);
	record_publish(live, &r);
}

static void tell_news(void)
{
	const struct connection c = {5, 11, 1, DEVICE, {4, {10, 0, 0, 1}, 1}, 1000000};
	const struct event event = {.code = EVENT_CHANGED,
		.origin_type = ORIGIN_DEVICE,
		.origin_id = DEVICE,
		.time_us = 1000000,
		.subject_text = STR("name")};
	publish_a_record();
	inbox_presence(live, &c, true);
	inbox_event(live, &event, (struct str)STR("{\"event_code\":2}"));
}

/* ---- both ends ---- */

/* Reads all that is there. */
static bool fill(struct end *e)
{
	char room[16384];
	ssize_t got;
	bool any = false;
	while (e->fd >= 0 && (got = recv(e->fd, room, sizeof room, MSG_DONTWAIT)) > 0) {
		CHECK(buf_add(&e->in, room, (size_t)got));
		any = true;
	}
	return any;
}

static void turn(struct end *e)
{
	for (int idle = 0, turns = 0; idle < 3 && turns < TURNS_MAX; idle++, turns++) {
		uv_run(&live->loop, UV_RUN_NOWAIT);
		if (fill(e))
			idle = 0;
	}
}

static void say(struct end *e, struct str bytes)
{
	while (bytes.len) {
		ssize_t sent = send(e->fd, bytes.at, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN)
			return; /* it has been ended */
		bytes = str_from(bytes, sent > 0 ? (size_t)sent : 0);
		turn(e);
	}
}

static void release(void *handle)
{
	(void)handle;
	close(released_fd);
	released_fd = -1;
}

static void connect_end(struct end *e, int version, bool is_websocket)
{
	int pair[2];
	const struct peer peer = {4, {127, 0, 0, 1}, 1};
	*e = (struct end){.version = version, .is_websocket = is_websocket};
	buf_init(&e->in, IN_MAX);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
	e->fd = pair[1];
	if (is_websocket) {
		const struct upgraded u = {.fd = pair[0], .peer = peer, .release = release};
		released_fd = pair[0];
		CHECK(inbox_client(live, &u));
	} else {
		const struct transport t = {.fd = pair[0]};
		client_open(live, &t, &peer, false, (struct str)STR(""));
	}
	turn(e);
}

static void hang_up(struct end *e)
{
	close(e->fd);
	e->fd = -1;
	turn(e);
	buf_clear(&e->in);
}

static void put_frame(struct buf *out, struct str payload)
{
	CHECK(buf_add(out, "\x82", 1));
	if (payload.len < 126)
		CHECK(buf_add_char(out, (char)(0x80 | payload.len)));
	else
		CHECK(buf_add_char(out, (char)0xfe) &&
			buf_add_char(out, (char)(payload.len >> 8)) &&
			buf_add_char(out, (char)payload.len));
	CHECK(buf_add(out, "\0\0\0\0", 4) && buf_add_str(out, payload)); /* a mask of nothing */
}

static void greet(struct end *e, const char *client_id, bool stays)
{
	struct buf packet, properties, frame;
	struct mqtt_connect c = {.version = (uint8_t)e->version,
		.clean = !stays,
		.client_id = str_of(client_id),
		.username = STR(KEY),
		.has_username = true};
	buf_init(&packet, 4096);
	buf_init(&properties, 64);
	buf_init(&frame, 8192);
	CHECK(!stays || mqtt_put_number(&properties, MQTT_PROPERTY_SESSION_EXPIRY, 100));
	CHECK(mqtt_connect_write(&packet, &c, buf_str(&properties)));
	put_frame(&frame, buf_str(&packet));
	say(e, buf_str(e->is_websocket ? &frame : &packet));
	turn(e);
	buf_clear(&packet);
	buf_clear(&properties);
	buf_clear(&frame);
}

/* ---- what it gets ---- */

static void check_body(const struct mqtt_header *h, struct str body, int version)
{
	enum mqtt_reason why;
	struct mqtt_connack connack;
	struct mqtt_publish publish;
	struct mqtt_suback suback;
	struct mqtt_ack ack;
	switch (h->type) {
	case MQTT_CONNACK: CHECK(mqtt_connack_read(body, version, &connack, &why)); break;
	case MQTT_PUBLISH:
		CHECK(mqtt_publish_read(h->flags, body, version, &publish, &why));
		CHECK(publish.qos < 2);
		break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK: CHECK(mqtt_suback_read(h->type, body, version, &suback, &why)); break;
	case MQTT_PUBACK:
	case MQTT_DISCONNECT: CHECK(mqtt_ack_read(h->type, body, version, &ack, &why)); break;
	default: CHECK(h->type == MQTT_PINGRESP);
	}
}

/* All of it is packets, the last of which may be cut. Returns the type of the last. */
static int check_packets(const struct end *e)
{
	struct str rest = buf_str(&e->in);
	struct mqtt_header h;
	enum mqtt_reason why;
	int last = 0;
	enum mqtt_read read = MQTT_PARTIAL;
	while ((read = mqtt_header_read(rest, IN_MAX, &h, &why)) == MQTT_READ &&
		rest.len >= h.head + h.body) {
		check_body(&h, str_upto(str_from(rest, h.head), h.body), e->version);
		rest = str_from(rest, h.head + h.body);
		last = (int)h.type;
	}
	CHECK(read != MQTT_REFUSED);
	return last;
}

/* ---- one input ---- */

static void talk(int flags, struct str bytes, bool is_again)
{
	struct end e;
	size_t piece = 1 + (size_t)(flags >> PIECE) * (size_t)(flags >> PIECE) * 40;
	int version = flags & OLD ? MQTT_311 : MQTT_5;
	connect_end(&e, version, flags & WEBSOCKET);
	if (!(flags & BARE) || is_again)
		greet(&e, "fuzzer", flags & STAYS);
	for (size_t at = 0; at < bytes.len; at += piece) {
		size_t len = bytes.len - at < piece ? bytes.len - at : piece;
		say(&e, str_upto(str_from(bytes, at), len));
		if (at / piece % 8 == 0)
			tell_news();
	}
	turn(&e);
	/* who greets by itself may be of another version */
	if (!(flags & (WEBSOCKET | BARE)))
		(void)check_packets(&e);
	hang_up(&e);
}

static void check_another(void)
{
	struct end e;
	connect_end(&e, MQTT_5, false);
	greet(&e, "another", false);
	say(&e, (struct str)STR("\xc0\0"));
	turn(&e);
	CHECK(check_packets(&e) == MQTT_PINGRESP);
	hang_up(&e);
}

static void check_nothing_is_left(void)
{
	struct end nobody = {.fd = -1};
	CHECK(!live->client_count && !live->clients && released_fd < 0);
	while (live->sessions)
		session_end(live, live->sessions);
	retained_clear(live);
	turn(&nobody);
	CHECK(!live->session_count && !live->holders && !live->groups && !live->lost);
	CHECK(!live->entry_bytes && !live->publication_bytes && !live->retained_bytes);
	CHECK(!live->wants_logs && !live->wants_devices && !live->wants_device_state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (!live)
		open_door();
	int flags = data[0];
	struct str bytes = {(const char *)data + 1, size - 1};
	size_t half = flags & TWICE ? bytes.len / 2 : bytes.len;
	talk(flags, str_upto(bytes, half), false);
	if (flags & TWICE)
		talk(flags, str_from(bytes, half), true);
	check_another();
	check_nothing_is_left();
	return 0;
}
