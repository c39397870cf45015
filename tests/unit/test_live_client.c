/* Connections of the live door: what clients may say and when, who is ended and why, and that nobody who
 * misbehaves costs memory or keeps others waiting. */
#include "porch.h"

#include "live/client.h"
#include "live/session.h"

#include <sys/socket.h>
#include <unistd.h>

#define S INT64_C(1000000)

static void turns(struct porch *p, int count)
{
	while (count--)
		porch_turn(p);
}

/* The connection ends, and nothing more comes. */
static void assert_end(struct porch *p, struct caller *c)
{
	char byte;
	assert_false(porch_next(p, c));
	assert_int_equal(c->in.len, 0);
	assert_int_equal(recv(c->fd, &byte, 1, MSG_DONTWAIT), 0);
	caller_clear(c);
	turns(p, 2);
}

/* It is told why, and then the connection ends. */
static void assert_ended(struct porch *p, struct caller *c, enum mqtt_reason reason)
{
	if (c->version == MQTT_5) {
		porch_expect(p, c, MQTT_DISCONNECT);
		assert_int_equal(c->ack.reason, reason);
	}
	assert_end(p, c);
}

static void say(struct caller *c, const char *bytes, size_t len)
{
	assert_true(buf_add(&c->out, bytes, len));
}
#define SAY(c, literal) say(c, literal, sizeof literal - 1)

static void assert_message(struct porch *p, struct caller *c, const char *payload)
{
	porch_expect(p, c, MQTT_PUBLISH);
	assert_str(c->publish.payload, payload);
}

static void subscribe(struct porch *p, struct caller *c, const char *filter)
{
	uint16_t id = caller_subscribe(c, filter, 1);
	porch_expect(p, c, MQTT_SUBACK);
	assert_int_equal(c->suback.id, id);
	assert_int_equal(c->suback.codes.at[0], 1);
}

static struct client *greet(struct porch *p, struct caller *c, const struct greeting *g)
{
	struct client *client = porch_call(p, c, c->version, 0);
	struct greeting whole = *g;
	whole.key = g->key ? g->key : PORCH_KEY;
	caller_greet(c, &whole);
	porch_expect(p, c, MQTT_CONNACK);
	return client;
}

/* ---- what is said ---- */

/* However its bytes are split, each has its answer. */
static void packets_come_in_any_pieces(void **state)
{
	struct porch *p = *state;
	for (size_t piece = 1; piece < 200; piece = piece < 8 ? piece + 1 : piece * 2) {
		struct caller c;
		porch_call(p, &c, MQTT_5, 0);
		caller_greet(&c, &(struct greeting){.key = PORCH_KEY, .client_id = "c"});
		caller_subscribe(&c, "t", 0);
		caller_publish(&c, "t", str_of("x"), 1, false);
		caller_ping(&c);
		caller_unsubscribe(&c, "t");
		for (size_t at = 0; at < c.out.len; at += piece) {
			size_t len = c.out.len - at < piece ? c.out.len - at : piece;
			assert_int_equal(send(c.fd, c.out.at + at, len, 0), len);
			porch_turn(p);
		}
		c.out.len = 0;
		unsigned got = 0; /* a digit for each type */
		for (int i = 0; i < 6; i++) {
			assert_true(porch_next(p, &c));
			got += 1u << 2 * c.type;
		}
		assert_int_equal(got, 1u << 2 * MQTT_CONNACK | 1u << 2 * MQTT_SUBACK |
					      1u << 2 * MQTT_PUBLISH | 1u << 2 * MQTT_PUBACK |
					      1u << 2 * MQTT_PINGRESP | 1u << 2 * MQTT_UNSUBACK);
		caller_leave(&c);
		assert_end(p, &c);
	}
	assert_int_equal(p->live->session_count, 0);
}

static void who_is_not_known_is_refused(void **state)
{
	struct porch *p = *state;
	static const struct {
		const char *key, *client_id;
		int version, code;
	} cases[] = {
		{"", "c", MQTT_5, MQTT_NOT_AUTHORIZED},
		{"", "c", MQTT_311, 5},
		{"nobody's", "c", MQTT_5, MQTT_BAD_CREDENTIALS},
		{"FlespiToken nobody's", "c", MQTT_311, 4},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct caller c = {.version = cases[i].version};
		greet(p, &c,
			&(struct greeting){.key = cases[i].key, .client_id = cases[i].client_id});
		assert_int_equal(c.connack.code, cases[i].code);
		assert_end(p, &c);
	}
	struct caller c = {.version = MQTT_5};
	greet(p, &c, &(struct greeting){.key = "FlespiToken " PORCH_KEY, .client_id = ""});
	assert_int_equal(c.connack.code, 0);
	assert_true(mqtt_has(&c.connack.properties, MQTT_PROPERTY_ASSIGNED_CLIENT_ID));
	caller_leave(&c);
	assert_end(p, &c);
	assert_int_equal(p->live->session_count, 0);
}

static void what_is_no_mqtt_ends(void **state)
{
	struct porch *p = *state;
	static const char *const first[] = {"GET / HTTP/1.1\r\n\r\n", "*HQ,1,HTBT,1#", "\xc0",
		"\xe0", "\x20\x02",
		"\x82\x05"
		"12345",
		"\x10\x0c"
		"12MQTT456789",
		"\x10\xff\xff\xff\xff\x7f", "\x16\x03\x01\x02"};
	for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
		struct caller c;
		porch_call(p, &c, MQTT_5, 0);
		say(&c, first[i], strlen(first[i]));
		if (*first[i] == '\xc0' || *first[i] == '\xe0' || *first[i] == '\x20')
			say(&c, "\0\0", 2);
		assert_end(p, &c);
	}
	assert_int_equal(p->live->client_count, 0);
}

static void what_may_not_be_said_ends(void **state)
{
	struct porch *p = *state;
	static const struct {
		const char *bytes;
		size_t len;
		enum mqtt_reason reason;
	} cases[] = {
#define CASE(bytes, reason) {bytes, sizeof bytes - 1, reason}
		CASE("\x10\x10\0\4MQTT\5\2\0\0\0\0\3abc", MQTT_PROTOCOL_ERROR),
		CASE("\x20\x03\0\0\0", MQTT_PROTOCOL_ERROR), CASE("\xf0\0", MQTT_PROTOCOL_ERROR),
		CASE("\x50\x02\0\1", MQTT_PROTOCOL_ERROR), CASE("\xd0\0", MQTT_PROTOCOL_ERROR),
		CASE("\0\0", MQTT_MALFORMED), CASE("\xc0\1", MQTT_MALFORMED),
		CASE("\x80\2\0\1", MQTT_MALFORMED),
		CASE("\x82\3\0\1\0", MQTT_PROTOCOL_ERROR), /* no topic */
		CASE("\x82\x10\0\1\0\0\012$share/s/t\4", MQTT_PROTOCOL_ERROR),
		CASE("\x30\xff\xff\xff\xff", MQTT_MALFORMED),
		CASE("\x30\x80\x80\x40", MQTT_TOO_LARGE), CASE("\x34\6\0\1t\0\1\0", MQTT_NO_QOS),
		CASE("\x36\6\0\1t\0\1\0", MQTT_MALFORMED),
		CASE("\x30\7\0\1t\3\x23\0\1", MQTT_BAD_ALIAS),
		CASE("\x30\6\0\1t\2\x0b\1", MQTT_PROTOCOL_ERROR),
		CASE("\x30\4\0\1\xff\0", MQTT_MALFORMED),
		CASE("\xe0\7\0\5\x11\0\0\0\1", MQTT_PROTOCOL_ERROR), /* an expiry at last */
#undef CASE
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct caller c;
		porch_enter(p, &c, MQTT_5, "c");
		caller_ping(&c); /* is obeyed before */
		say(&c, cases[i].bytes, cases[i].len);
		caller_publish(&c, "t", str_of("is not heard"), 1, false);
		porch_expect(p, &c, MQTT_PINGRESP);
		assert_ended(p, &c, cases[i].reason);
	}
	struct caller old;
	porch_enter(p, &old, MQTT_311, "c");
	SAY(&old, "\x34\5\0\1t\0\1");
	assert_ended(p, &old, MQTT_NO_QOS);
	assert_int_equal(p->live->session_count, 0);
}

/* ---- time ---- */

static void who_does_not_greet_in_time_ends(void **state)
{
	struct porch *p = *state;
	struct caller silent, slow;
	struct client *a = porch_call(p, &silent, MQTT_5, 0);
	struct client *b = porch_call(p, &slow, MQTT_5, 0);
	a->opened_us = b->opened_us -= (CONNECT_MS - 5000) * INT64_C(1000);
	clients_tick(p->live);
	turns(p, 2);
	assert_int_equal(p->live->client_count, 2);
	a->opened_us = b->opened_us -= 5001 * INT64_C(1000);
	SAY(&slow, "\x10"); /* a beginning is no CONNECT */
	assert_false(porch_next(p, &slow));
	clients_tick(p->live);
	assert_end(p, &silent);
	assert_end(p, &slow);
}

static void who_is_silent_ends(void **state)
{
	struct porch *p = *state;
	struct caller c;
	struct client *client = porch_enter(p, &c, MQTT_5, "c");
	client->keep_us = 15 * S; /* as if it had asked for 10 seconds */
	client->heard_us -= 14 * S;
	clients_tick(p->live);
	caller_ping(&c);
	porch_expect(p, &c, MQTT_PINGRESP);
	client->heard_us -= 14 * S;
	clients_tick(p->live);
	assert_false(porch_next(p, &c));
	client->heard_us -= 2 * S;
	clients_tick(p->live);
	assert_ended(p, &c, MQTT_KEEP_ALIVE_TIMEOUT);
}

/* Its socket is closed when it does not go by itself. */
static void who_will_not_go_is_cut_off(void **state)
{
	struct porch *p = *state;
	struct caller c;
	struct client *client = porch_enter(p, &c, MQTT_5, "c");
	SAY(&c, "\xf0\0");
	porch_expect(p, &c, MQTT_DISCONNECT);
	turns(p, 3);
	assert_int_equal(p->live->client_count, 1);
	client->ends_us = 1;
	clients_tick(p->live);
	assert_int_equal(p->live->client_count, 0);
	turns(p, 3);
	caller_clear(&c);
}

/* ---- sessions ---- */

static void the_same_client_id_takes_over(void **state)
{
	struct porch *p = *state;
	struct caller first = {.version = MQTT_5}, second = {.version = MQTT_5}, third;
	const struct greeting g = {.client_id = "c", .goes_on = true, .expiry_s = 60};
	greet(p, &first, &g);
	assert_false(first.connack.session_present);
	subscribe(p, &first, "t");
	greet(p, &second, &g);
	assert_true(second.connack.session_present);
	assert_ended(p, &first, MQTT_TAKEN_OVER);
	caller_publish(&second, "t", str_of("x"), 0, false);
	assert_message(p, &second, "x");
	porch_enter(p, &third, MQTT_311, "c"); /* clean */
	assert_false(third.connack.session_present);
	assert_ended(p, &second, MQTT_TAKEN_OVER);
	caller_publish(&third, "t", str_of("x"), 0, false);
	assert_false(porch_next(p, &third));
	caller_leave(&third);
	assert_end(p, &third);
	assert_int_equal(p->live->session_count, 0);
}

static void a_session_waits_for_its_client(void **state)
{
	struct porch *p = *state;
	struct caller c = {.version = MQTT_5}, other;
	const struct greeting g = {.client_id = "c", .goes_on = true, .expiry_s = 60};
	greet(p, &c, &g);
	subscribe(p, &c, "t");
	caller_clear(&c); /* at once */
	turns(p, 2);
	assert_int_equal(p->live->session_count, 1);
	porch_enter(p, &other, MQTT_5, "other");
	for (int i = 0; i < 3; i++) {
		caller_publish(&other, "t", str_of("x"), 1, false);
		porch_expect(p, &other, MQTT_PUBACK);
		assert_int_equal(other.ack.reason, MQTT_SUCCESS);
	}
	c.version = MQTT_5;
	greet(p, &c, &g);
	for (int i = 0; i < 3; i++)
		assert_message(p, &c, "x");
	caller_clear(&c);
	turns(p, 2);
	p->live->sessions->expires_us = 1;
	struct session *s = session_find(p->live, 0, str_of("c"));
	assert_non_null(s);
	s->expires_us = 1;
	sessions_tick(p->live);
	assert_null(session_find(p->live, 0, str_of("c")));
	caller_publish(&other, "t", str_of("x"), 1, false);
	porch_expect(p, &other, MQTT_PUBACK);
	assert_int_equal(other.ack.reason, MQTT_NO_SUBSCRIBERS);
	caller_clear(&other);
}

static void wills_are_published(void **state)
{
	struct porch *p = *state;
	struct caller heir, c = {.version = MQTT_5};
	const struct greeting now = {.client_id = "c", .will = "w"}, later = {.client_id = "c",
									     .will = "w",
									     .goes_on = true,
									     .expiry_s = 60,
									     .will_delay_s = 30};
	porch_enter(p, &heir, MQTT_5, "heir");
	subscribe(p, &heir, "w");
	greet(p, &c, &now); /* goes without a word */
	caller_clear(&c);
	assert_message(p, &heir, "gone");
	c.version = MQTT_5;
	greet(p, &c, &now); /* says farewell */
	caller_leave(&c);
	assert_end(p, &c);
	assert_false(porch_next(p, &heir));
	c.version = MQTT_5;
	greet(p, &c, &now); /* and wants it all the same */
	assert_true(mqtt_ack_write(
		&c.out, MQTT_DISCONNECT, MQTT_5, 0, MQTT_DISCONNECT_WITH_WILL, str_of("")));
	assert_end(p, &c);
	assert_message(p, &heir, "gone");
	c.version = MQTT_5;
	greet(p, &c, &later); /* comes back in time */
	caller_clear(&c);
	turns(p, 2);
	c.version = MQTT_5;
	greet(p, &c, &later);
	assert_true(c.connack.session_present);
	caller_clear(&c); /* and does not */
	turns(p, 2);
	assert_false(porch_next(p, &heir));
	session_find(p->live, 0, str_of("c"))->will_us = 1;
	sessions_tick(p->live);
	assert_message(p, &heir, "gone");
	assert_false(porch_next(p, &heir));
	caller_clear(&heir);
}

/* ---- those who do not read ---- */

static void who_takes_no_answers_is_not_heard(void **state)
{
	struct porch *p = *state;
	struct caller deaf, other;
	struct client *client = porch_enter(p, &deaf, MQTT_5, "deaf");
	size_t most = 0, asked = 0;
	bool is_stuck = false;
	for (int i = 0; i < 20000; i++)
		caller_ping(&deaf);
	for (int i = 0; i < 2000 && !is_stuck; i++) {
		ssize_t sent = send(deaf.fd, deaf.out.at, deaf.out.len, MSG_DONTWAIT);
		asked += sent > 0 ? (size_t)sent : 0;
		porch_turn(p);
		most = client->out.len > most ? client->out.len : most;
		is_stuck = sent < 0;
	}
	assert_true(is_stuck);
	assert_in_range(most, OUT_DEAF, OUT_DEAF + 8 * READ_BYTES);
	porch_enter(p, &other, MQTT_5, "other");
	caller_ping(&other);
	porch_expect(p, &other, MQTT_PINGRESP);
	/* it hears again, and gets all that it asked for */
	deaf.out.len = 0;
	for (size_t i = 0; i < asked / 2; i++)
		porch_expect(p, &deaf, MQTT_PINGRESP);
	caller_clear(&deaf);
	caller_clear(&other);
}

static void who_takes_no_messages_ends(void **state)
{
	struct porch *p = *state;
	static char payload[10000];
	struct caller other;
	memset(payload, 'x', sizeof payload);
	p->live->options.queue_bytes = 500000;
	porch_enter(p, &other, MQTT_5, "other");
	subscribe(p, &other, "t");
	for (int version = MQTT_311; version <= MQTT_5; version++)
		for (uint8_t qos = 0; qos < 2; qos++) {
			struct caller deaf = {.version = version};
			struct client *client = greet(p, &deaf,
				&(struct greeting){.client_id = "deaf", .expiry_s = 9 * qos});
			caller_subscribe(&deaf, "#", qos);
			while (!client->is_ending) {
				caller_publish(&other, "t", (struct str){payload, sizeof payload},
					1, false);
				porch_expect(p, &other, MQTT_PUBLISH);
				caller_acknowledge(&other, other.publish.id);
				porch_expect(p, &other, MQTT_PUBACK);
				assert_true(p->live->publication_bytes < 600000);
				(void)!caller_send(&deaf);
			}
			assert_int_equal(p->live->session_count, 1);
			caller_clear(&deaf);
			turns(p, 2);
			assert_int_equal(p->live->client_count, 1);
		}
	caller_clear(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(packets_come_in_any_pieces),
		ON_THE_PORCH(who_is_not_known_is_refused),
		ON_THE_PORCH(what_is_no_mqtt_ends),
		ON_THE_PORCH(what_may_not_be_said_ends),
		ON_THE_PORCH(who_does_not_greet_in_time_ends),
		ON_THE_PORCH(who_is_silent_ends),
		ON_THE_PORCH(who_will_not_go_is_cut_off),
		ON_THE_PORCH(the_same_client_id_takes_over),
		ON_THE_PORCH(a_session_waits_for_its_client),
		ON_THE_PORCH(wills_are_published),
		ON_THE_PORCH(who_takes_no_answers_is_not_heard),
		ON_THE_PORCH(who_takes_no_messages_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
