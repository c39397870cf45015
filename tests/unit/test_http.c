/* The HTTP server over real sockets on 127.0.0.1. */
#include "test.h"

#include "base/die.h"
#include "http/server.h"
#include "rest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"
#define AUTH  "Authorization: FlespiToken " TOKEN "\r\n"

struct live {
	struct rest *rest;
	struct http *http;
	struct buf text; /* of the last answer, with its head */
};

static int set_up(void **state)
{
	struct live *l = xcalloc(1, sizeof *l);
	struct error e;
	l->rest = rest_new();
	struct http_options options = {.address = "127.0.0.1",
		.token = TOKEN,
		.threads = 2,
		.context = {.store = l->rest->store, .registry = l->rest->context.registry}};
	l->http = http_start(&options, &e);
	buf_init(&l->text, 64 * 1024 * 1024);
	*state = l;
	return l->http == NULL;
}

static int tear_down(void **state)
{
	struct live *l = *state;
	http_stop(l->http);
	rest_free(l->rest);
	buf_clear(&l->text);
	free(l);
	return 0;
}

static int connect_to(const struct live *l)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(http_port(l->http))};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 20};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		len -= (size_t)sent;
	}
}

/* Everything until the server closes. */
static void receive_all(struct live *l, int fd)
{
	char piece[65536];
	ssize_t got;
	l->text.len = 0;
	while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
		assert_true(buf_add(&l->text, piece, (size_t)got));
	assert_true(buf_add_char(&l->text, '\0'));
	close(fd);
}

/* `head` is the request line and headers without the last empty line. */
static void ask(struct live *l, const char *head, const char *body)
{
	struct buf request;
	buf_init(&request, 64 * 1024 * 1024);
	assert_true(buf_printf(&request, "%sHost: x\r\nConnection: close\r\n", head));
	if (body)
		assert_true(buf_printf(&request, "Content-Length: %zu\r\n", strlen(body)));
	assert_true(buf_printf(&request, "\r\n"));
	assert_true(buf_add_str(&request, str_of(body ? body : "")));
	int fd = connect_to(l);
	send_all(fd, request.at, request.len);
	buf_clear(&request);
	receive_all(l, fd);
}

static bool has(const struct live *l, const char *text)
{
	return strcasestr(l->text.at, text) != NULL;
}

static void the_token_opens(void **state)
{
	struct live *l = *state;
	static const char *const good[] = {"FlespiToken " TOKEN, TOKEN};
	static const char *const bad[] = {"", "FlespiToken", "FlespiToken ", "FlespiToken x",
		"Bearer " TOKEN, TOKEN "0",
		"FlespiToken 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ02"};
	char head[300];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(head, sizeof head,
			"GET /gw/channels/all?fields=id HTTP/1.1\r\nAuthorization: %s\r\n",
			good[i]);
		ask(l, head, NULL);
		assert_true(has(l, "HTTP/1.1 200 "));
		assert_true(has(l, "\r\n\r\n{\"result\":[{\"id\":1}]}\n"));
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(head, sizeof head,
			"GET /gw/channels/all HTTP/1.1\r\nAuthorization: %s\r\n", bad[i]);
		ask(l, head, NULL);
		assert_true(has(l, "HTTP/1.1 401 "));
		assert_true(has(
			l, "\r\n\r\n{\"errors\":[{\"code\":1,\"reason\":\"unauthorized\"}]}\n"));
	}
	ask(l, "GET /health HTTP/1.1\r\n", NULL);
	assert_true(has(l, "HTTP/1.1 200 "));
}

static void answers_carry_their_headers(void **state)
{
	struct live *l = *state;
	ask(l, "GET /gw/channels/all HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "\r\nCache-Control: no-store\r\n"));
	assert_true(has(l, "\r\nContent-Type: application/json\r\n"));
	assert_true(has(l, "\r\nAccess-Control-Allow-Origin: *\r\n"));
	ask(l, "DELETE /gw/message-parameters/all HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "HTTP/1.1 405 "));
	assert_true(has(l, "\r\nAllow: GET, HEAD\r\n"));
	ask(l, "BREW /gw/channels/all HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "HTTP/1.1 501 "));
	ask(l, "HEAD /gw/channels/all HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "HTTP/1.1 200 "));
	assert_false(has(l, "result"));
}

static void browsers_may_ask_first(void **state)
{
	struct live *l = *state;
	ask(l,
		"OPTIONS /gw/devices/all HTTP/1.1\r\nOrigin: http://a\r\n"
		"Access-Control-Request-Headers: authorization,x-flespi-app\r\n",
		NULL);
	assert_true(has(l, "HTTP/1.1 204 "));
	assert_true(has(l, "\r\nAccess-Control-Allow-Origin: *\r\n"));
	assert_true(has(l, "\r\nAccess-Control-Allow-Methods: GET,POST,PUT,PATCH,DELETE\r\n"));
	assert_true(has(l, "authorization,content-type,x-flespi-app,x-flespi-cid"));
}

static void bodies_arrive(void **state)
{
	struct live *l = *state;
	ask(l, "POST /gw/devices?fields=configuration HTTP/1.1\r\n" AUTH,
		"[{\"configuration\":{\"ident\":\"007\"}}]");
	assert_true(has(l, "{\"result\":[{\"configuration\":{\"ident\":\"7\",\"settings_polling\":"
			   "\"once\"}}]}"));
	fake_store_message(l->rest->store, 1, 2, 7, 1000000, 1000000);
	fake_store_message(l->rest->store, 1, 2, 7, 2000000, 2000000);
	ask(l, "GET /gw/devices/all/messages HTTP/1.1\r\n" AUTH,
		"{\"from\":2,\"fields\":\"timestamp\"}");
	assert_true(has(l, "\r\n\r\n{\"result\":[{\"timestamp\":2}]}\n"));
}

static char *text_of(size_t len)
{
	char *text = xmalloc(len + 1);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static void large_bodies_are_refused(void **state)
{
	struct live *l = *state;
	char *body = text_of(1024 * 1024 + 1);
	ask(l, "POST /gw/devices HTTP/1.1\r\n" AUTH, body);
	assert_true(has(l, "HTTP/1.1 413 "));
	assert_true(has(l, "the body exceeds 1048576 bytes"));
	/* without a token it is not even kept */
	ask(l, "POST /gw/devices HTTP/1.1\r\n", body);
	assert_true(has(l, "HTTP/1.1 401 "));
	body[1024 * 1024] = '\0';
	ask(l, "POST /gw/devices HTTP/1.1\r\n" AUTH, body);
	assert_true(has(l, "HTTP/1.1 400 "));
	free(body);
	/* nobody sends so much in good faith */
	body = text_of(18 * 1024 * 1024);
	ask(l, "POST /gw/devices HTTP/1.1\r\n" AUTH, body);
	assert_false(has(l, "HTTP/1.1 200 "));
	free(body);
	ask(l, "GET /health HTTP/1.1\r\n", NULL);
	assert_true(has(l, "HTTP/1.1 200 "));
}

static void broken_requests_harm_nobody(void **state)
{
	struct live *l = *state;
	static const char *const heads[] = {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n",
		"GET /gw/devices/%00 HTTP/1.1\r\n" AUTH, "GET /gw/devices/%zz HTTP/1.1\r\n" AUTH,
		"GET /gw/devices/all HTTP/1.1\r\nContent-Length: -1\r\n" AUTH,
		"GET /gw/devices/all HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" AUTH "\r\nzz\r\n"};
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		ask(l, heads[i], NULL);
		assert_false(has(l, "HTTP/1.1 200 "));
	}
	/* a head that does not fit, and one that never ends */
	char *path = text_of(100 * 1024), *head = xmalloc(101 * 1024);
	snprintf(head, 101 * 1024, "GET /%s HTTP/1.1\r\n", path);
	ask(l, head, NULL);
	assert_false(has(l, "HTTP/1.1 200 "));
	free(path);
	free(head);
	int fd = connect_to(l);
	send_all(fd, "GET /gw/devices/all HTTP/1.1\r\nAuth", 34);
	close(fd);
	ask(l, "GET /health HTTP/1.1\r\n", NULL);
	assert_true(has(l, "HTTP/1.1 200 "));
}

static void store_messages(struct live *l, int count)
{
	ask(l, "POST /gw/devices HTTP/1.1\r\n" AUTH, "{\"configuration\":{\"ident\":\"7\"}}");
	for (int i = 0; i < count; i++)
		fake_store_message(l->rest->store, 1, 2, 7, i, i);
}

static size_t count_of(const struct live *l, const char *text)
{
	size_t n = 0;
	for (const char *at = l->text.at; (at = strstr(at, text)); at++)
		n++;
	return n;
}

static void long_answers_are_streamed(void **state)
{
	struct live *l = *state;
	store_messages(l, 2500);
	ask(l, "GET /gw/devices/2/messages HTTP/1.0\r\n" AUTH, NULL);
	assert_true(has(l, " 200 "));
	assert_int_equal(count_of(l, "\"server.timestamp\""), 2500);
	assert_true(has(l, "}]}\n"));
	ask(l, "GET /gw/devices/2/messages HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "\r\nTransfer-Encoding: chunked\r\n"));
	assert_true(has(l, "\r\n0\r\n\r\n"));
	ask(l, "GET /gw/devices/2/messages?count=9 HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "\r\nContent-Length: "));
	assert_int_equal(count_of(l, "\"server.timestamp\""), 9);
}

static void an_answer_that_breaks_ends_uncleanly(void **state)
{
	struct live *l = *state;
	store_messages(l, 1500);
	fake_store_fail_after(l->rest->store, 1);
	ask(l, "GET /gw/devices/2/messages HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, " 200 "));
	assert_false(has(l, "\r\n0\r\n\r\n"));
	fake_store_fail_after(l->rest->store, 0);
	ask(l, "GET /gw/devices/2/messages HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "HTTP/1.1 500 "));
	assert_true(has(l, "{\"code\":4,\"reason\":\"the disk is on fire\"}"));
}

/* A file has a head of its own; it may neither end well when it is not whole, nor contain what keeps
 * the connection alive while records are read in vain. */
static void files_are_streamed(void **state)
{
	struct live *l = *state;
	store_messages(l, 4500);
	ask(l, "GET /gw/devices/2/messages?format=csv&fields=ident HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "\r\nContent-Type: text/csv; charset=utf-8; header=present\r\n"));
	assert_true(has(l, "\r\nContent-Disposition: attachment; filename=\"device-2.csv\"\r\n"));
	assert_int_equal(count_of(l, "\n7\r"), 4500);
	ask(l,
		"GET /gw/devices/2/messages?format=csv&fields=ident&filter=battery.level "
		"HTTP/1.1\r\n" AUTH,
		NULL);
	assert_true(has(l, "\r\n7\r\nident\r\n\r\n0\r\n\r\n"));
	fake_store_fail_after(l->rest->store, 3);
	ask(l, "GET /gw/devices/2/messages?format=csv HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, " 200 "));
	assert_false(has(l, "\r\n0\r\n\r\n"));
	/* a client of old, or a proxy, does not see that the connection broke */
	fake_store_fail_after(l->rest->store, 3);
	ask(l, "GET /gw/devices/2/messages?format=csv HTTP/1.0\r\n" AUTH, NULL);
	assert_true(has(l, "\r\n\"the rest is missing: the gateway failed"));
	assert_int_equal(count_of(l, "\"the rest"), 1);
	fake_store_fail_after(l->rest->store, 0);
	ask(l, "GET /gw/devices/2/messages?format=csv HTTP/1.1\r\n" AUTH, NULL);
	assert_true(has(l, "HTTP/1.1 500 "));
	assert_false(has(l, "Content-Disposition"));
	assert_true(has(l, "\r\nContent-Type: application/json\r\n"));
}

/* The server stops while a client sits on an answer that it does not read. */
static void stopping_does_not_wait_for_readers(void **state)
{
	struct live *l = *state;
	static const char head[] = "GET /gw/devices/2/messages HTTP/1.1\r\nHost: x\r\n" AUTH "\r\n";
	store_messages(l, 2500);
	int fd = connect_to(l), little = 4096;
	char one;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
	send_all(fd, head, sizeof head - 1);
	assert_int_equal(recv(fd, &one, 1, 0), 1);
	http_stop(l->http);
	l->http = NULL;
	close(fd);
}

static void a_taken_port_is_named(void **state)
{
	struct live *l = *state;
	struct error e;
	struct http_options options = {
		.address = "127.0.0.1", .port = http_port(l->http), .token = TOKEN};
	assert_null(http_start(&options, &e));
	char expected[100];
	snprintf(expected, sizeof expected,
		"cannot listen at 127.0.0.1:%u: Address already in use (see --http)",
		http_port(l->http));
	assert_string_equal(e.text, expected);
	options.address = "localhost";
	assert_null(http_start(&options, &e));
	assert_string_equal(e.text, "'localhost' is no numeric address (see --http)");
	options.token = "short";
	assert_null(http_start(&options, &e));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_token_opens),
		TEST(answers_carry_their_headers),
		TEST(browsers_may_ask_first),
		TEST(bodies_arrive),
		TEST(large_bodies_are_refused),
		TEST(broken_requests_harm_nobody),
		TEST(long_answers_are_streamed),
		TEST(an_answer_that_breaks_ends_uncleanly),
		TEST(files_are_streamed),
		TEST(stopping_does_not_wait_for_readers),
		TEST(a_taken_port_is_named),
	};
	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
