/* Who may do what: every row of the route table with every kind of token, over real sockets; ACLs,
 * tokens and the platform as their callers see them; the limit of bad tries. */
#include "test.h"

#include "base/clock.h"
#include "base/die.h"
#include "http/access.h"
#include "http/attempts.h"
#include "http/server.h"
#include "rest.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADMIN  REST_KEY
#define NOBODY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ02"

struct live {
	struct rest *rest;
	struct http *http;
	char text[65536]; /* of the last answer, with its head */
};

static int set_up(void **state)
{
	struct live *l = xcalloc(1, sizeof *l);
	struct error e;
	l->rest = rest_new();
	struct http_options options = {
		.address = "127.0.0.1", .threads = 2, .context = l->rest->context};
	l->http = http_start(&options, &e);
	*state = l;
	return l->http == NULL;
}

static int tear_down(void **state)
{
	struct live *l = *state;
	http_stop(l->http);
	rest_free(l->rest);
	free(l);
	return 0;
}

/* ---- over sockets ---- */

/* Everybody comes from another address of 127.0.0.0/8, so that nobody is tiresome. */
static int connect_from(const struct live *l, uint32_t host)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_port(l->http))};
	struct sockaddr_in from = {.sin_family = AF_INET};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = {.tv_sec = 20};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The status of the answer. */
static unsigned ask_from(
	struct live *l, uint32_t host, const char *method, const char *target, const char *headers)
{
	char request[1000];
	int len = snprintf(request, sizeof request,
		"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, target,
		headers);
	int fd = connect_from(l, host);
	size_t got = 0;
	ssize_t piece;
	assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
	while ((piece = recv(fd, l->text + got, sizeof l->text - 1 - got, 0)) > 0)
		got += (size_t)piece;
	close(fd);
	l->text[got] = '\0';
	uint64_t status = 0;
	assert_true(got > 12 && str_to_u64((struct str){l->text + 9, 3}, &status));
	return (unsigned)status;
}

static unsigned ask_with_key(
	struct live *l, uint32_t host, const char *method, const char *target, const char *key)
{
	char headers[200] = "";
	if (key)
		snprintf(headers, sizeof headers, "Authorization: FlespiToken %s\r\n", key);
	return ask_from(l, host, method, target, headers);
}

/* A target of the row: every {part} becomes 1. */
static void target_of(const struct route *route, char *out)
{
	for (const char *p = route->pattern; *p; p++) {
		if (*p == '{') {
			*out++ = '1';
			p = strchr(p, '}');
		} else {
			*out++ = *p;
		}
	}
	*out = '\0';
}

static struct token token_of(struct live *l, const char *body)
{
	struct token t;
	struct refusal why;
	struct error e;
	json_t *json = json_loads(body, 0, NULL);
	token_init(&t);
	if (!token_parse(json, PARSE_REPLACE, &t, &why))
		die("%s", why.why.text);
	json_decref(json);
	assert_true(tokens_add(l->rest->context.tokens, &t, 1, clock_now_us(), &e));
	return t;
}

static void no_row_opens_without_the_right(void **state)
{
	struct live *l = *state;
	struct token expired = token_of(l, "{\"expire\":1,\"access\":{\"type\":1}}"),
		     disabled =
			     token_of(l, "{\"ttl\":60,\"enabled\":false,\"access\":{\"type\":1}}"),
		     elsewhere = token_of(
			     l, "{\"ttl\":60,\"ips\":\"10.0.0.0/8,::1\",\"access\":{\"type\":1}}"),
		     nothing = token_of(l, "{\"ttl\":60,\"access\":{\"type\":2,\"acl\":[]}}"),
		     standard = token_of(l, "{\"ttl\":60}");
	const char *const bad[] = {
		NULL, "", NOBODY, "short", expired.key, disabled.key, elsewhere.key};
	size_t guarded = 0, closed = 0, masters = 0;
	uint32_t host = 1;
	for (size_t i = 0; i < route_count; i++) {
		const struct route *route = &routes[i];
		const char *method = method_name(route->method);
		char target[200];
		target_of(route, target);
		if (route->scope == SCOPE_PUBLIC)
			continue;
		guarded++;
		host++;
		for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
			assert_int_equal(ask_with_key(l, host, method, target, bad[k]), 401);
			assert_non_null(
				strstr(l->text, "\r\n\r\n{\"errors\":[{\"code\":1,\"reason\":"
						"\"unauthorized\"}]}\n"));
		}
		struct str uri = access_uri(route->pattern);
		bool is_open = route->scope == SCOPE_ANY ||
			       (route->method == METHOD_GET &&
				       (str_is(uri, "gw/channel-protocols") ||
					       str_is(uri, "gw/message-parameters") ||
					       str_is(uri, "gw/protocols")));
		if (!is_open) {
			closed++;
			assert_int_equal(ask_with_key(l, host, method, target, nothing.key), 403);
			assert_non_null(strstr(l->text, "{\"result\":[],\"errors\":[{\"code\":3,"));
		}
		if (route->scope != SCOPE_MASTER)
			continue;
		masters++;
		assert_int_equal(ask_with_key(l, host, method, target, standard.key), 403);
		assert_non_null(
			strstr(l->text, "{\"code\":3,\"reason\":\"the token does not grant "));
	}
	assert_true(guarded > 40);
	assert_true(closed > 35);
	assert_true(masters > 15);
}

/* What is below /platform is the master's, but for the name of the account. */
/* The head of the answer to GET, without a body; what a page of another origin asks first. */
static void every_row_answers_head_and_options(void **state)
{
	struct live *l = *state;
	size_t heads = 0, refused = 0;
	for (size_t i = 0; i < route_count; i++) {
		char target[200];
		target_of(&routes[i], target);
		assert_int_equal(ask_from(l, 1, "OPTIONS", target, ""), 204);
		assert_non_null(
			strstr(l->text, "Access-Control-Allow-Methods: GET,POST,PUT,PATCH,DELETE"));
		unsigned got = ask_with_key(l, 1, "GET", target, ADMIN);
		assert_int_equal(ask_with_key(l, 1, "HEAD", target, ADMIN), got);
		assert_string_equal(strstr(l->text, "\r\n\r\n"), "\r\n\r\n");
		heads += got == 200;
		refused += got == 405;
		if (got == 405)
			assert_non_null(strstr(l->text, "\r\nAllow: "));
	}
	assert_true(heads > 20 && refused > 20);
}

static void the_platform_is_the_masters(void **state)
{
	(void)state;
	for (size_t i = 0; i < route_count; i++) {
		bool is_platform = str_starts(str_of(routes[i].pattern), "/platform/") &&
				   strcmp(routes[i].pattern, "/platform/customer") != 0;
		assert_int_equal(is_platform, routes[i].scope == SCOPE_MASTER);
	}
}

/* An ACL can name whatever the table has. */
static void every_submodule_can_be_granted(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *uri, *submodule;
	} rows[] = {{"/gw/devices", "gw/devices", ""}, {"/gw/devices/{d}", "gw/devices", ""},
		{"/gw/devices/{d}/messages", "gw/devices", "messages"},
		{"/gw/devices/{d}/telemetry/{n}", "gw/devices", "telemetry"},
		{"/gw/channels/{c}/idents/{i}/packets", "gw/channels", "packets"},
		{"/mqtt/sessions/{s}", "mqtt", "sessions"}, {"/mqtt/logs", "mqtt", "logs"},
		{"/health", "health", ""}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_str(access_uri(rows[i].pattern), rows[i].uri);
		assert_str(access_submodule(rows[i].pattern), rows[i].submodule);
	}
	for (size_t i = 0; i < route_count; i++) {
		struct str uri = access_uri(routes[i].pattern);
		if (!str_is(uri, "gw/channels") && !str_is(uri, "gw/devices") &&
			!str_is(uri, "mqtt"))
			continue;
		bool known = acl_knows_submodule(access_submodule(routes[i].pattern));
		if (!known)
			print_error("%s: src/model/acl.c lacks it\n", routes[i].pattern);
		assert_true(known);
	}
}

static void bad_tries_are_limited(void **state)
{
	struct live *l = *state;
	for (int i = 0; i < ATTEMPTS_AT_ONCE; i++)
		assert_int_equal(ask_with_key(l, 7, "GET", "/gw/channels/all", NOBODY), 401);
	unsigned status = 401;
	for (int i = 0; i < 50 && status == 401; i++) /* one a second may still come through */
		status = ask_with_key(l, 7, "GET", "/gw/channels/all", NOBODY);
	assert_int_equal(status, 429);
	assert_non_null(strstr(l->text, "\r\nRetry-After: 1\r\n"));
	assert_non_null(
		strstr(l->text, "{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"too many "
				"tries with a bad token"));
	/* whoever has a good one, has none, or asks for what needs none, is not concerned */
	assert_int_equal(ask_with_key(l, 7, "GET", "/gw/channels/all", ADMIN), 200);
	assert_int_equal(ask_with_key(l, 7, "GET", "/gw/channels/all", NULL), 401);
	assert_int_equal(ask_with_key(l, 7, "GET", "/auth/regions", NOBODY), 200);
	assert_int_equal(ask_with_key(l, 8, "GET", "/gw/channels/all", NOBODY), 401);
}

static void there_is_one_account(void **state)
{
	struct live *l = *state;
#define KEY "Authorization: " ADMIN "\r\n"
	assert_int_equal(ask_from(l, 1, "GET", "/gw/channels/all", KEY "x-flespi-cid: 1\r\n"), 200);
	assert_int_equal(ask_from(l, 1, "GET", "/gw/channels/all", KEY "X-Flespi-CID:\r\n"), 200);
	assert_int_equal(ask_from(l, 1, "GET", "/gw/channels/all", KEY "x-flespi-cid: 2\r\n"), 403);
	assert_non_null(strstr(l->text,
		"{\"code\":3,\"reason\":\"x-flespi-cid is '2', there is only account 1\"}"));
	assert_int_equal(ask_from(l, 1, "GET", "/auth/regions", KEY "x-flespi-cid: 2\r\n"), 200);
}

static void attempts_are_counted_by_address(void **state)
{
	(void)state;
	struct attempts *a = attempts_new();
	struct peer six = {6, {0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5}, 1};
	for (int i = 0; i < ATTEMPTS_AT_ONCE; i++) {
		six.addr[15] = (uint8_t)i; /* one network of a customer */
		six.port++;
		assert_true(attempts_take(a, &six, 1000000));
	}
	assert_false(attempts_take(a, &six, 1000000));
	assert_false(attempts_take(a, &six, 1999999));
	assert_true(attempts_take(a, &six, 2000000));
	assert_false(attempts_take(a, &six, 2000000));
	six.addr[7]++;
	assert_true(attempts_take(a, &six, 2000000));
	six.addr[7]--;
	for (int i = 0; i < ATTEMPTS_AT_ONCE; i++)
		assert_true(attempts_take(a, &six, 60000000));
	assert_false(attempts_take(a, &six, 60000000));
	/* a flood of addresses is none of a table's concern */
	for (uint32_t i = 0; i < 100000; i++) {
		struct peer four = {.family = 4};
		memcpy(four.addr, &i, sizeof i);
		(void)attempts_take(a, &four, 61000000);
	}
	attempts_free(a);
}

/* ---- ACLs ---- */

static void an_acl_shows_its_items_only(void **state)
{
	struct live *l = *state;
	struct rest *r = l->rest;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"name\":\"a\",\"configuration\":{\"ident\":\"11\"}},"
		"{\"name\":\"b\",\"configuration\":{\"ident\":\"12\"}},"
		"{\"name\":\"c\",\"configuration\":{\"ident\":\"13\"}}]");
	assert_answer(r, 200, r->text.at);
	struct token t = token_of(l,
		"{\"ttl\":60,\"access\":{\"type\":2,\"acl\":[{\"uri\":\"gw/devices\",\"methods\":"
		"[\"GET\",\"PUT\",\"POST\"],\"ids\":[3,4,77],\"submodules\":[{\"name\":"
		"\"telemetry\",\"methods\":[\"GET\"]}]}]}}");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/all?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":3},{\"id\":4}]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/name=*?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":3},{\"id\":4}]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/configuration.ident=11?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/2,3?fields=id", NULL);
	assert_answer(r, 200,
		"{\"result\":[{\"id\":3}],\"errors\":[{\"code\":3,\"id\":2,\"reason\":\"access "
		"denied or unable to process the item\"}]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/2?fields=id", NULL);
	assert_int_equal(r->status, 403);
	rest_ask_with(r, &t, METHOD_PATCH, "/gw/devices/all?fields=id,name", "{\"name\":\"x\"}");
	assert_answer(
		r, 200, "{\"result\":[{\"id\":3,\"name\":\"x\"},{\"id\":4,\"name\":\"x\"}]}\n");
	rest_ask_with(r, &t, METHOD_DELETE, "/gw/devices/all", NULL);
	assert_int_equal(r->status, 403);
	rest_ask_with(r, &t, METHOD_POST, "/gw/devices", "{\"configuration\":{\"ident\":\"14\"}}");
	assert_answer(r, 403,
		"{\"result\":[],\"errors\":[{\"code\":3,\"reason\":\"the token does not grant POST "
		"/gw/devices\"}]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/3/telemetry/all", NULL);
	assert_int_equal(r->status, 200);
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/2/telemetry/all", NULL);
	assert_int_equal(r->status, 403);
	rest_ask_with(r, &t, METHOD_GET, "/gw/devices/3/messages", NULL);
	assert_int_equal(r->status, 403);
	rest_ask_with(r, &t, METHOD_GET, "/gw/channels/all", NULL);
	assert_int_equal(r->status, 403);
	rest_ask_with(r, &t, METHOD_GET, "/gw/channel-protocols/all?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":441}]}\n");
	rest_ask_with(
		r, &t, METHOD_GET, "/gw/channel-protocols/all/device-types/1?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":1}]}\n");
	rest_ask_with(r, &t, METHOD_GET, "/auth/info", NULL);
	assert_int_equal(r->status, 200);
	/* in a row of another uri items are looked at, and those of no uri not at all */
	static const struct route row = {
		.method = METHOD_PUT, .pattern = "/gw/streams/{streams}/devices/{devices}"};
	struct request request = {.method = METHOD_PUT, .token = &t, .route = &row};
	assert_true(access_item(&request, &device_resource, 3));
	assert_false(access_item(&request, &device_resource, 2));
	assert_false(access_item(&request, &channel_resource, 1));
	assert_false(access_item(&request, &token_resource, 1));
}

/* Whatever a row does below an item: an ACL of other items neither sees nor changes this one. */
static void no_row_shows_foreign_items(void **state)
{
	struct live *l = *state;
	struct rest *r = l->rest;
	rest_ask(r, METHOD_POST, "/gw/devices?fields=id",
		"{\"name\":\"secret\",\"configuration\":{\"ident\":\"424242\"}}");
	assert_answer(r, 200, "{\"result\":[{\"id\":2}]}\n");
	fake_store_message(r->store, 1, 2, 424242, 1000000, 1000000);
	struct token t = token_of(l,
		"{\"ttl\":60,\"access\":{\"type\":2,\"acl\":["
		"{\"uri\":\"gw/"
		"devices\",\"ids\":[77],\"methods\":[\"GET\",\"POST\",\"PUT\",\"DELETE\"]},"
		"{\"uri\":\"gw/"
		"channels\",\"ids\":[77],\"methods\":[\"GET\",\"POST\",\"PUT\",\"DELETE\"]}"
		"]}}");
	size_t tried = 0;
	for (size_t i = 0; i < route_count; i++) {
		const char *pattern = routes[i].pattern;
		struct str uri = access_uri(pattern);
		bool is_channel = str_is(uri, "gw/channels");
		if (!strchr(pattern, '{') || (!is_channel && !str_is(uri, "gw/devices")))
			continue;
		const char *selectors[] = {is_channel ? "1" : "2", "all", "name=*", "%7Bid%3E0%7D",
			is_channel ? "id=1" : "configuration.ident=424242"};
		for (size_t k = 0; k < sizeof selectors / sizeof *selectors; k++) {
			char target[200];
			const char *rest = strchr(pattern, '}') + 1;
			int len = snprintf(
				target, sizeof target, "/%.*s/%s", STR_PRINT(uri), selectors[k]);
			const char *inner = strchr(rest, '{');
			snprintf(target + len, sizeof target - (size_t)len, "%.*s%s%s",
				(int)(inner ? inner - rest : (long)strlen(rest)), rest,
				inner ? "all" : "", inner ? strchr(rest, '}') + 1 : "");
			rest_ask_with(r, &t, routes[i].method, target, "{}");
			tried++;
			assert_null(strstr(r->text.at, "secret"));
			if (k == 0 && r->status != 400)
				assert_int_equal(r->status, 403);
			if (k < 4)
				assert_null(strstr(r->text.at, "424242"));
		}
	}
	assert_true(tried > 100);
	rest_ask(r, METHOD_GET, "/gw/devices/2?fields=name", NULL);
	assert_answer(r, 200, "{\"result\":[{\"name\":\"secret\"}]}\n");
	rest_ask(r, METHOD_GET, "/gw/devices/2/messages?data={%22fields%22:%22ident%22}", NULL);
	assert_answer(r, 200, "{\"result\":[{\"ident\":\"424242\"}]}\n");
	rest_ask(r, METHOD_GET, "/gw/devices/2/telemetry/all", NULL);
	assert_non_null(strstr(r->text.at, "\"position.latitude\""));
	rest_ask(r, METHOD_GET, "/gw/channels/1?fields=id", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":1}]}\n");
}

/* ---- tokens ---- */

static void tokens_are_made_read_changed_and_deleted(void **state)
{
	struct rest *r = ((struct live *)*state)->rest;
	rest_ask(r, METHOD_POST, "/platform/tokens",
		"[{\"info\":\"Master\",\"access\":{\"type\":1},\"ttl\":60}]");
	assert_int_equal(r->status, 200);
	json_t *answer = json_loads(r->text.at, 0, NULL);
	json_t *one = json_array_get(json_object_get(answer, "result"), 0);
	char id[16], target[64], expected[400];
	snprintf(id, sizeof id, "%d", (int)json_integer_value(json_object_get(one, "id")));
	snprintf(target, sizeof target, "/platform/tokens/%s", id);
	assert_int_equal(json_string_length(json_object_get(one, "key")), TOKEN_CHARS);
	snprintf(expected, sizeof expected,
		"{\"result\":[{\"id\":%s,\"cid\":1,\"info\":\"Master\",\"enabled\":true,"
		"\"created\":%d,\"accessed\":0,\"expire\":0,\"ttl\":60,\"ips\":\"\",\"access\":{"
		"\"type\":1}}]}\n",
		id, (int)json_integer_value(json_object_get(one, "created")));
	json_decref(answer);
	rest_ask(r, METHOD_GET, target, NULL);
	assert_answer(r, 200, expected);
	rest_ask(r, METHOD_GET, "/platform/tokens/info=Mas*", NULL);
	assert_answer(r, 200, expected);
	rest_ask(r, METHOD_PATCH, "/platform/tokens/all?fields=info,ttl,metadata",
		"{\"info\":\"x\",\"metadata\":{\"a\":1}}");
	assert_answer(
		r, 200, "{\"result\":[{\"info\":\"x\",\"ttl\":60,\"metadata\":{\"a\":1}}]}\n");
	rest_ask(r, METHOD_PUT, target, "{\"ttl\":0}");
	snprintf(expected, sizeof expected,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":%s,\"field\":\"ttl\",\"reason\":"
		"\"ttl or "
		"expire is needed: a token must end at some time\"}]}\n",
		id);
	assert_answer(r, 400, expected);
	rest_ask(r, METHOD_DELETE, target, NULL);
	snprintf(expected, sizeof expected, "{\"result\":[{\"id\":%s}]}\n", id);
	assert_answer(r, 200, expected);
	rest_ask(r, METHOD_DELETE, target, NULL);
	assert_int_equal(r->status, 403);
	rest_ask(r, METHOD_GET, "/platform/tokens/all", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_DELETE, "/platform/tokens/0", NULL);
	assert_int_equal(r->status, 403);
}

static void bad_tokens_change_nothing(void **state)
{
	struct rest *r = ((struct live *)*state)->rest;
	static const char *const bad[] = {"", "[", "1", "[1]", "[{\"ttl\":1},{\"ttl\":\"1\"}]",
		"{\"ttl\":1,\"id\":5}", "{\"ttl\":1,\"ips\":\"all\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		rest_ask(r, METHOD_POST, "/platform/tokens", bad[i]);
		assert_int_equal(r->status, 400);
	}
	rest_ask(r, METHOD_POST, "/platform/tokens?fields=hash", "{\"ttl\":1}");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"hash\",\"reason\":\"field is "
		"not "
		"allowed\"}]}\n");
	rest_ask(r, METHOD_GET, "/platform/tokens/all", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_POST, "/platform/tokens", "[]");
	assert_answer(r, 200, "{\"result\":[]}\n");
	fake_store_fail_after(r->store, 0);
	rest_ask(r, METHOD_POST, "/platform/tokens", "{\"ttl\":1}");
	assert_answer(r, 500,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"the disk is on fire\"}]}\n");
}

static void the_administrator_has_an_info(void **state)
{
	struct live *l = *state;
	assert_int_equal(ask_with_key(l, 1, "GET", "/auth/info", ADMIN), 200);
	assert_non_null(strstr(l->text,
		"\r\n\r\n{\"result\":[{\"id\":0,\"cid\":1,\"info\":\"administrator\",\"enabled\":"
		"true,"
		"\"created\":0,\"accessed\":0,\"expire\":0,\"ttl\":0,\"ips\":\"\",\"access\":{"
		"\"type\":1}}]}\n"));
}

/* ---- the platform ---- */

static void regions_follow_the_caller(void **state)
{
	struct live *l = *state;
	static const struct {
		const char *host, *rest, *ws;
	} rows[] = {{"192.0.2.7:8080", "http://192.0.2.7:8080", "192.0.2.7:8080"},
		{"example.org", "http://example.org", "example.org:80"},
		{"[::1]:81", "http://[::1]:81", "[::1]:81"}, {"[::1]", "http://[::1]", "[::1]:80"},
		{"a\"b", "http://localhost", "localhost:80"}, {"x:99999", "http://localhost", "x:"},
		{"<script>", "http://localhost", "localhost:80"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct request request = {.context = &l->rest->context,
			.method = METHOD_GET,
			.target = str_of("/auth/regions"),
			.host = str_of(rows[i].host)};
		struct answer a;
		char expected[200];
		answer_init(&a);
		dispatch(&request, &a);
		json_t *json = json_loadb(a.body.at, a.body.len, 0, NULL);
		json_t *one = json_array_get(json_object_get(json, "result"), 0);
		assert_true(json_is_true(json_object_get(one, "default")));
		assert_string_equal(json_string_value(json_object_get(one, "rest")), rows[i].rest);
		snprintf(expected, sizeof expected, "%s",
			strcmp(rows[i].ws, "x:") == 0 ? "localhost:80" : rows[i].ws);
		assert_string_equal(json_string_value(json_object_get(one, "mqtt-ws")), expected);
		json_decref(json);
		answer_clear(&a);
		free(request.decoded);
	}
	assert_int_equal(
		ask_from(l, 1, "GET", "/auth/regions", "X-Forwarded-Proto: https\r\n"), 200);
	assert_non_null(strstr(l->text, "\"mqtt-ws\":\"x:443\",\"name\":\"local\""));
	assert_non_null(strstr(l->text, "\"rest\":\"https://x\""));
}

static void what_is_not_here_is_said_politely(void **state)
{
	struct rest *r = ((struct live *)*state)->rest;
	rest_ask(r, METHOD_GET, "/storage/cdns/all?limit=10", NULL);
	assert_answer(
		r, 200, "{\"result\":[],\"pagination\":{\"limit\":10,\"offset\":0,\"count\":0}}\n");
	rest_ask(r, METHOD_GET, "/platform/realms/name=a,id=b", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_GET, "/platform/webhooks/5,6", NULL);
	assert_int_equal(r->status, 403);
	assert_non_null(strstr(r->text.at, "{\"code\":3,\"id\":6,"));
	rest_ask(r, METHOD_POST, "/gw/geofences", "{}");
	assert_answer(r, 403,
		"{\"result\":[],\"errors\":[{\"code\":3,\"reason\":\"there are no geofences here "
		"and "
		"none can be made\"}]}\n");
	rest_ask(r, METHOD_GET, "/platform/customer", NULL);
	assert_answer(r, 200, "{\"result\":[{\"id\":1,\"name\":\"cantrack\"}]}\n");
	rest_ask(r, METHOD_GET, "/platform/customer?fields=name", NULL);
	assert_answer(r, 200, "{\"result\":[{\"name\":\"cantrack\"}]}\n");
	rest_ask(r, METHOD_GET, "/mqtt/sessions/all", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(no_row_opens_without_the_right),
		TEST(every_row_answers_head_and_options),
		TEST(the_platform_is_the_masters),
		TEST(every_submodule_can_be_granted),
		TEST(bad_tries_are_limited),
		TEST(there_is_one_account),
		TEST(attempts_are_counted_by_address),
		TEST(an_acl_shows_its_items_only),
		TEST(no_row_shows_foreign_items),
		TEST(tokens_are_made_read_changed_and_deleted),
		TEST(bad_tokens_change_nothing),
		TEST(the_administrator_has_an_info),
		TEST(regions_follow_the_caller),
		TEST(what_is_not_here_is_said_politely),
	};
	return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
