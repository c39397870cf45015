/* MQTT over TLS: what a client of the library gets through, and what is no TLS. */
#include "porch.h"

#include "core/tls.h"
#include "live/client.h"

#include <gnutls/gnutls.h>
#include <sys/socket.h>
#include <unistd.h>

static char directory[] = "/tmp/cantrack-live-tls-XXXXXX";
static struct tls *tls;
static gnutls_certificate_credentials_t credentials;

static int make_certificate(void **state)
{
	(void)state;
	struct error e;
	if (!mkdtemp(directory))
		return 1;
	const struct tls_options options = {.directory = directory, .address = "127.0.0.1"};
	tls = tls_open(&options, &e);
	gnutls_certificate_allocate_credentials(&credentials);
	return tls == NULL;
}

static int remove_certificate(void **state)
{
	(void)state;
	static const char *const names[] = {"https.crt", "https.key"};
	char path[100];
	gnutls_certificate_free_credentials(credentials);
	tls_close(tls);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

/* ---- a client ---- */

struct secret {
	struct porch *porch;
	struct caller caller; /* in and out: MQTT */
	gnutls_session_t session;
	struct client *client;
	bool is_over; /* the other end said goodbye, or just went */
};

static void call(struct secret *s, struct porch *p)
{
	int pair[2];
	struct error e;
	const struct peer peer = {4, {127, 0, 0, 1}, 1};
	*s = (struct secret){.porch = p};
	if (!p->live->tls)
		p->live->tls = tls_shared_new(&e);
	assert_non_null(p->live->tls);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	const struct transport t = {.fd = pair[0], .tls = tls_stream_new(p->live->tls, pair[0])};
	caller_init(&s->caller, MQTT_5);
	s->caller.fd = pair[1];
	client_open(p->live, &t, &peer, true, str_of(""));
	s->client = p->live->clients;
	gnutls_init(&s->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(s->session);
	gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(s->session, pair[1]);
}

static void hang_up(struct secret *s)
{
	gnutls_deinit(s->session);
	caller_clear(&s->caller);
	for (int i = 0; i < 3; i++)
		porch_turn(s->porch);
	assert_int_equal(s->porch->live->client_count, 0);
}

static void shake_hands(struct secret *s)
{
	int result = GNUTLS_E_AGAIN;
	for (int i = 0; i < 50 && result == GNUTLS_E_AGAIN; i++) {
		result = gnutls_handshake(s->session);
		porch_turn(s->porch);
	}
	assert_int_equal(result, 0);
}

static void receive(struct secret *s)
{
	char room[20000];
	ssize_t got;
	for (int idle = 0; idle < 4; idle++) {
		porch_turn(s->porch);
		while ((got = gnutls_record_recv(s->session, room, sizeof room)) > 0) {
			assert_true(buf_add(&s->caller.in, room, (size_t)got));
			idle = 0;
		}
		s->is_over = got != GNUTLS_E_AGAIN && got != GNUTLS_E_INTERRUPTED;
		if (s->is_over)
			return;
	}
}

/* In records of so many bytes. */
static void say(struct secret *s, size_t piece)
{
	struct buf *out = &s->caller.out;
	for (size_t at = 0; at < out->len;) {
		size_t len = out->len - at < piece ? out->len - at : piece;
		ssize_t sent = gnutls_record_send(s->session, out->at + at, len);
		at += sent > 0 ? (size_t)sent : 0;
		if (sent < 0) {
			assert_int_equal(sent, GNUTLS_E_AGAIN);
			receive(s);
		}
	}
	out->len = 0;
}

static void expect(struct secret *s, enum mqtt_type type)
{
	bool found = caller_take(&s->caller);
	if (!found) {
		receive(s);
		found = caller_take(&s->caller);
	}
	assert_true(found);
	assert_int_equal(s->caller.type, type);
}

static void enter(struct secret *s, struct porch *p)
{
	call(s, p);
	shake_hands(s);
	caller_greet(&s->caller, &(struct greeting){.key = PORCH_KEY, .client_id = "secret"});
	say(s, SIZE_MAX);
	expect(s, MQTT_CONNACK);
}

/* ---- ---- */

static void packets_go_both_ways(void **state)
{
	struct secret s;
	enter(&s, *state);
	assert_true(s.client->session->is_secure);
	for (int i = 0; i < 300; i++)
		caller_ping(&s.caller);
	say(&s, 1);
	for (int i = 0; i < 300; i++)
		expect(&s, MQTT_PINGRESP);
	caller_leave(&s.caller);
	say(&s, SIZE_MAX);
	receive(&s);
	assert_true(s.is_over);
	hang_up(&s);
}

/* More than a record, and more than the socket takes at once. */
static void large_packets_go_both_ways(void **state)
{
	enum { BYTES = 250000 };
	static char payload[BYTES];
	struct secret s;
	enter(&s, *state);
	caller_subscribe(&s.caller, "t", 0);
	say(&s, SIZE_MAX);
	expect(&s, MQTT_SUBACK);
	for (size_t i = 0; i < BYTES; i++)
		payload[i] = (char)(i * 7 + i / 256);
	for (int i = 0; i < 3; i++)
		caller_publish(&s.caller, "t", (struct str){payload, BYTES}, 0, false);
	say(&s, 16384);
	for (int i = 0; i < 3; i++) {
		expect(&s, MQTT_PUBLISH);
		assert_int_equal(s.caller.publish.payload.len, BYTES);
		assert_memory_equal(s.caller.publish.payload.at, payload, BYTES);
	}
	hang_up(&s);
}

static void who_is_ended_is_told(void **state)
{
	struct secret s;
	enter(&s, *state);
	client_end(s.client, MQTT_ADMINISTRATIVE, CLOSE_BY_USER);
	expect(&s, MQTT_DISCONNECT);
	receive(&s);
	assert_true(s.is_over);
	hang_up(&s);
}

static void what_is_no_tls_ends(void **state)
{
	struct porch *p = *state;
	struct secret s;
	call(&s, p);
	caller_greet(&s.caller, &(struct greeting){.key = PORCH_KEY, .client_id = "bare"});
	assert_true(caller_send(&s.caller));
	for (int i = 0; i < 3; i++)
		porch_turn(p);
	assert_int_equal(p->live->client_count, 0);
	hang_up(&s);
	/* behind the handshake as well */
	enter(&s, p);
	assert_int_equal(send(s.caller.fd, "\x17\x03\x03\0\x05xxxxx", 10, 0), 10);
	for (int i = 0; i < 3; i++)
		porch_turn(p);
	assert_int_equal(p->live->client_count, 0);
	hang_up(&s);
}

static void who_does_not_shake_hands_ends(void **state)
{
	struct porch *p = *state;
	struct secret s;
	call(&s, p);
	assert_int_equal(gnutls_handshake(s.session), GNUTLS_E_AGAIN);
	porch_turn(p);
	assert_int_equal(p->live->client_count, 1);
	s.client->opened_us -= (CONNECT_MS + 1) * INT64_C(1000);
	clients_tick(p->live);
	assert_int_equal(p->live->client_count, 0);
	hang_up(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_THE_PORCH(packets_go_both_ways),
		ON_THE_PORCH(large_packets_go_both_ways),
		ON_THE_PORCH(who_is_ended_is_told),
		ON_THE_PORCH(what_is_no_tls_ends),
		ON_THE_PORCH(who_does_not_shake_hands_ends),
	};
	return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
