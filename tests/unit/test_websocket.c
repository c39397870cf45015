/* How a connection of HTTP becomes a WebSocket and reaches the live door, over real sockets on 127.0.0.1, with
 * TLS and without. */
#include "test.h"

#include "base/die.h"
#include "core/tls.h"
#include "http/server.h"
#include "rest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* The key of RFC 6455, 1.3, and the answer that belongs to it. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define HEAD(path, upgrade, connection, version, key, protocol)                                    \
	"GET " path " HTTP/1.1\r\nHost: x\r\nUpgrade: " upgrade "\r\nConnection: " connection      \
	"\r\nSec-WebSocket-Version: " version "\r\nSec-WebSocket-Key: " key                        \
	"\r\nSec-WebSocket-Protocol: " protocol                                                    \
	"\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
#define GOOD HEAD("/", "websocket", "Upgrade", "13", KEY, "mqtt")

enum { PATIENCE_MS = 20000, MANY = 300 * 1024 };

/* One end of a connection: the client's or the live door's. */
struct end {
	int fd;
	gnutls_session_t tls; /* NULL: none */
};

struct bench {
	struct rest *rest;
	struct http *http;
	gnutls_certificate_credentials_t credentials;
	bool is_secure; /* the client speaks TLS */
	struct end client;
	struct buf text; /* what the client has read */
	/* the live door */
	struct live_view view;
	atomic_bool refuses;
	sem_t taken;
	struct upgraded upgraded;
	char early[100];
	struct end door;
};

static char directory[] = "/tmp/cantrack-websocket-XXXXXX";
static struct tls *tls;

static bool take(void *context, const struct upgraded *u)
{
	struct bench *b = context;
	if (b->refuses)
		return false;
	b->upgraded = *u;
	snprintf(b->early, sizeof b->early, "%.*s", STR_PRINT(u->early));
	b->door = (struct end){u->fd, u->tls};
	sem_post(&b->taken);
	return true;
}

static int set_up_for(void **state, bool is_secure)
{
	struct bench *b = xcalloc(1, sizeof *b);
	struct error e;
	b->rest = rest_new();
	b->is_secure = is_secure;
	b->view = (struct live_view){.context = b, .take = take};
	b->client.fd = -1;
	sem_init(&b->taken, 0, 0);
	gnutls_certificate_allocate_credentials(&b->credentials);
	struct http_options options = {.address = "127.0.0.1",
		.https_address = "127.0.0.1",
		.token = REST_KEY,
		.threads = 2,
		.context = b->rest->context};
	options.context.live = &b->view;
	b->http = http_start(&options, &e);
	buf_init(&b->text, 1024 * 1024);
	*state = b;
	return b->http == NULL;
}

static int set_up(void **state)
{
	return set_up_for(state, false);
}

static int set_up_secure(void **state)
{
	return set_up_for(state, true);
}

static void leave(struct bench *b)
{
	if (b->client.tls)
		gnutls_deinit(b->client.tls);
	if (b->client.fd >= 0)
		close(b->client.fd);
	b->client = (struct end){-1, NULL};
}

static void release(struct bench *b)
{
	if (b->upgraded.release)
		b->upgraded.release(b->upgraded.handle);
	b->upgraded = (struct upgraded){.release = NULL};
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	release(b);
	http_stop(b->http);
	leave(b);
	rest_free(b->rest);
	gnutls_certificate_free_credentials(b->credentials);
	sem_destroy(&b->taken);
	buf_clear(&b->text);
	free(b);
	return 0;
}

/* ---- bytes ---- */

/* Bytes; 0: the end; -1: not now. What breaks is an end, too. */
static ssize_t end_read(const struct end *e, char *out, size_t room)
{
	ssize_t got = e->tls ? gnutls_record_recv(e->tls, out, room) : recv(e->fd, out, room, 0);
	bool is_later = e->tls ? got == GNUTLS_E_AGAIN : got < 0 && errno == EAGAIN;
	return is_later ? -1 : got < 0 ? 0 : got;
}

static size_t end_write(const struct end *e, const char *bytes, size_t len)
{
	ssize_t sent = e->tls ? gnutls_record_send(e->tls, bytes, len)
			      : send(e->fd, bytes, len, MSG_NOSIGNAL);
	return sent < 0 ? 0 : (size_t)sent;
}

static void wait_for(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

static void connect_to(struct bench *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(b->is_secure ? http_https_port(b->http) : http_port(b->http))};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int on = 1;
	leave(b);
	b->text.len = 0;
	b->client.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(b->client.fd, (struct sockaddr *)&at, sizeof at), 0);
	setsockopt(b->client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (b->is_secure) {
		gnutls_init(&b->client.tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
		gnutls_set_default_priority(b->client.tls);
		gnutls_credentials_set(b->client.tls, GNUTLS_CRD_CERTIFICATE, b->credentials);
		gnutls_transport_set_int(b->client.tls, b->client.fd);
		assert_int_equal(gnutls_handshake(b->client.tls), 0);
	}
	assert_int_equal(fcntl(b->client.fd, F_SETFL, O_NONBLOCK), 0);
}

static void say(struct bench *b, const char *text)
{
	assert_int_equal(end_write(&b->client, text, strlen(text)), strlen(text));
}

/* Reads until `text` has come, or, when that is NULL, the end. */
static void expect(struct bench *b, const char *text)
{
	char piece[4096];
	for (;;) {
		assert_true(buf_add_char(&b->text, '\0'));
		b->text.len--;
		if (text && strstr(b->text.at, text))
			return;
		ssize_t got = end_read(&b->client, piece, sizeof piece);
		if (got == 0) {
			assert_null(text); /* else it came too early */
			return;
		}
		if (got > 0)
			assert_true(buf_add(&b->text, piece, (size_t)got));
		else
			wait_for(b->client.fd, POLLIN);
	}
}

static bool has(const struct bench *b, const char *text)
{
	return strcasestr(b->text.at, text) != NULL;
}

static void await_take(struct bench *b)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	assert_int_equal(sem_timedwait(&b->taken, &until), 0);
}

/* A good handshake with `rest` behind it. */
static void open_socket(struct bench *b, const char *rest)
{
	char request[1000];
	snprintf(request, sizeof request, "%s%s", GOOD, rest);
	connect_to(b);
	say(b, request);
	await_take(b);
	expect(b, "\r\n\r\n");
}

/* `len` bytes from one end to the other, who must be the same. */
static void carry(const struct end *from, const struct end *to, size_t len)
{
	char piece[10007], got[16384];
	size_t sent = 0, read = 0;
	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = (char)(i * 7);
	while (read < len) {
		size_t at = sent % sizeof piece, room = sizeof piece - at;
		if (sent < len)
			sent += end_write(from, piece + at, room < len - sent ? room : len - sent);
		ssize_t more = end_read(to, got, sizeof got);
		assert_int_not_equal(more, 0);
		for (ssize_t i = 0; i < more; i++, read++)
			assert_int_equal(got[i], piece[read % sizeof piece]);
		if (more < 0 && sent == len)
			wait_for(to->fd, POLLIN);
	}
	assert_int_equal(read, len);
}

/* ---- tests ---- */

static void the_handshake_is_answered(void **state)
{
	struct bench *b = *state;
	open_socket(b, "");
	assert_true(has(b, "HTTP/1.1 101 Switching Protocols\r\n"));
	assert_true(has(b, "\r\nUpgrade: websocket\r\n"));
	assert_true(has(b, "\r\nConnection: Upgrade\r\n"));
	assert_true(has(b, "\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"));
	assert_true(has(b, "\r\nSec-WebSocket-Protocol: mqtt\r\n"));
	assert_false(has(b, "Sec-WebSocket-Extensions"));
	assert_false(has(b, "Content-Length"));
	assert_int_equal(b->upgraded.tls != NULL, b->is_secure);
	char room[PEER_TEXT_MAX];
	assert_true(str_starts(peer_text(&b->upgraded.peer, room), "127.0.0.1:"));
	release(b);

	static const char *const others[] = {
		HEAD("/mqtt", "WebSocket", "keep-alive, Upgrade", "13", KEY, "mqttv3.1, mqtt"),
		HEAD("/mqtt/?x=1", "h2c, websocket", "upgrade", "13", KEY, "mqtt,mqttv3.1"),
		HEAD("/", "websocket", "Upgrade", "13", KEY, "a\r\nSec-WebSocket-Protocol: mqtt"),
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		connect_to(b);
		say(b, others[i]);
		await_take(b);
		expect(b, "\r\n\r\n");
		assert_true(has(b, "HTTP/1.1 101 "));
		release(b);
	}
}

static void bytes_pass_both_ways(void **state)
{
	struct bench *b = *state;
	open_socket(b, "");
	carry(&b->client, &b->door, 3);
	carry(&b->door, &b->client, MANY);
	carry(&b->client, &b->door, MANY);
	carry(&b->door, &b->client, 1);
}

/* Clients that do not wait for the answer are wrong, but harmless. */
static void early_bytes_arrive(void **state)
{
	struct bench *b = *state;
	open_socket(b, "early bird");
	assert_string_equal(b->early, "early bird");
	carry(&b->client, &b->door, 100);
	release(b);
	open_socket(b, "");
	assert_string_equal(b->early, "");
}

/* ... over TLS, when they come in a record of their own. */
static void early_records_arrive(void **state)
{
	struct bench *b = *state;
	connect_to(b);
	say(b, GOOD);
	say(b, "early bird");
	await_take(b);
	char got[100];
	ssize_t len;
	while ((len = end_read(&b->door, got, sizeof got)) < 0)
		wait_for(b->door.fd, POLLIN);
	assert_str((struct str){got, (size_t)len}, "early bird");
}

static void releasing_closes(void **state)
{
	struct bench *b = *state;
	open_socket(b, "");
	assert_int_equal(end_write(&b->door, "last words", 10), 10);
	release(b);
	expect(b, "last words");
	expect(b, NULL);
}

static void the_door_sees_the_client_leave(void **state)
{
	struct bench *b = *state;
	char one;
	open_socket(b, "");
	leave(b);
	wait_for(b->door.fd, POLLIN);
	assert_int_equal(end_read(&b->door, &one, 1), 0);
}

/* A connection that was used for REST before, and one that goes on to be. */
static void rest_goes_on(void **state)
{
	struct bench *b = *state;
	open_socket(b, "");
	struct end first = b->client;
	b->client = (struct end){-1, NULL};
	connect_to(b);
	say(b, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	expect(b, "{\"status\":\"ok\"}\n");
	carry(&first, &b->door, 10);
	release(b);
	say(b, GOOD);
	await_take(b);
	expect(b, ACCEPT);
	carry(&b->door, &b->client, 0);
	struct bench other = {.client = first};
	leave(&other);
}

static void wrong_requests_are_told_why(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *request, *status, *sentence;
	} rows[] = {
		{HEAD("/", "h2c", "Upgrade", "13", KEY, "mqtt"), "426",
			"here HTTP can be upgraded to websocket only"},
		{HEAD("/", "websocket", "close", "13", KEY, "mqtt"), "400",
			"the header Connection must say Upgrade; a proxy in between has to pass "
			"both on"},
		{HEAD("/mqtt", "websocket", "Upgrade", "8", KEY, "mqtt"), "426",
			"a WebSocket needs Sec-WebSocket-Version: 13"},
		{HEAD("/", "websocket", "Upgrade", "13", "", "mqtt"), "400",
			"a WebSocket needs a Sec-WebSocket-Key, 16 bytes in Base64"},
		{HEAD("/", "websocket", "Upgrade", "13", "dGhlIHNhbXBsZSBub25jZQ", "mqtt"), "400",
			"a WebSocket needs a Sec-WebSocket-Key, 16 bytes in Base64"},
		{HEAD("/", "websocket", "Upgrade", "13", KEY, "mqttv3.1"), "400",
			"a WebSocket here needs the subprotocol mqtt"},
		{"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", "404", "there is nothing at /nothing"},
		{"GET /mqtt HTTP/1.1\r\nHost: x\r\n\r\n", "404", "there is nothing at /mqtt"},
		{HEAD("/nowhere", "websocket", "Upgrade", "13", KEY, "mqtt"), "404",
			"there is nothing at /nowhere"},
		{HEAD("/health", "h2c", "Upgrade", "13", KEY, "mqtt"), "200", "ok"},
	};
	char status[40];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		connect_to(b);
		say(b, rows[i].request);
		expect(b, "}\n");
		snprintf(status, sizeof status, "HTTP/1.1 %s ", rows[i].status);
		assert_true(has(b, status));
		assert_true(has(b, rows[i].sentence));
		assert_int_equal(has(b, "\r\nUpgrade: websocket\r\n"), rows[i].status[1] == '2');
		assert_int_equal(
			has(b, "\r\nSec-WebSocket-Version: 13\r\n"), rows[i].status[1] == '2');
	}
}

static void a_door_that_is_full_says_when_to_come_again(void **state)
{
	struct bench *b = *state;
	b->refuses = true;
	connect_to(b);
	say(b, GOOD);
	expect(b, NULL);
	assert_true(has(b, "HTTP/1.1 101 "));
	assert_true(has(b, "\r\n\r\n\x88\x11\x03\xf5"
			   "try again later"));
	b->refuses = false;
	open_socket(b, "");
	carry(&b->client, &b->door, 10);
}

static void without_a_live_door_there_is_none(void **state)
{
	struct bench *b = *state;
	struct error e;
	http_stop(b->http);
	struct http_options options = {.address = "127.0.0.1", .token = REST_KEY};
	b->http = http_start(&options, &e);
	assert_non_null(b->http);
	connect_to(b);
	say(b, GOOD);
	expect(b, "MQTT is not served here");
	assert_true(has(b, "HTTP/1.1 503 "));
}

/* What was released a moment ago, and what is refused meanwhile, does not hold up the end. */
static void the_server_stops_after_the_door(void **state)
{
	struct bench *b = *state;
	open_socket(b, "");
	b->refuses = true;
	release(b);
	http_stop(b->http);
	b->http = NULL;
	expect(b, NULL);
}

static int make_certificate(void **state)
{
	(void)state;
	struct error e;
	if (!mkdtemp(directory))
		return 1;
	struct tls_options options = {.directory = directory, .address = "127.0.0.1"};
	tls = tls_open(&options, &e);
	return tls == NULL;
}

static int remove_certificate(void **state)
{
	(void)state;
	static const char *const names[] = {"https.crt", "https.key"};
	char path[100];
	tls_close(tls);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SECURE(name)                                                                               \
	{                                                                                          \
		"secure_" #name, name, set_up_secure, tear_down, NULL                              \
	}
#define BOTH(name) PLAIN(name), SECURE(name)
	const struct CMUnitTest tests[] = {
		BOTH(the_handshake_is_answered),
		BOTH(bytes_pass_both_ways),
		PLAIN(early_bytes_arrive),
		SECURE(early_records_arrive),
		BOTH(releasing_closes),
		BOTH(the_door_sees_the_client_leave),
		BOTH(rest_goes_on),
		PLAIN(wrong_requests_are_told_why),
		BOTH(a_door_that_is_full_says_when_to_come_again),
		PLAIN(without_a_live_door_there_is_none),
		BOTH(the_server_stops_after_the_door),
	};
	return cmocka_run_group_tests_name(
		"websocket", tests, make_certificate, remove_certificate);
}
