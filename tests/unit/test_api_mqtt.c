/* What REST says of MQTT and does with it, over a live door that only remembers. */
#include "test.h"

#include "base/die.h"
#include "rest.h"

#include <jansson.h>

enum { MANY = 150 }; /* more than a page of the answer */

struct bench {
	struct rest *rest;
	struct live_view view;
	uint16_t port, secure_port;
	struct live_session sessions[MANY];
	size_t count;
	char published[500]; /* one behind the other */
};

static size_t sessions(void *context, uint64_t after, struct live_session *out, size_t room)
{
	const struct bench *b = context;
	size_t count = 0;
	for (size_t i = 0; i < b->count && count < room; i++)
		if (b->sessions[i].id > after)
			out[count++] = b->sessions[i];
	return count;
}

static bool end(void *context, uint64_t id)
{
	struct bench *b = context;
	size_t i = 0;
	while (i < b->count && b->sessions[i].id != id)
		i++;
	if (i == b->count)
		return false;
	memmove(&b->sessions[i], &b->sessions[i + 1], (--b->count - i) * sizeof *b->sessions);
	return true;
}

static bool publish(
	void *context, struct str topic, struct str payload, bool retain, struct error *e)
{
	struct bench *b = context;
	size_t len = strlen(b->published);
	if (str_starts(topic, "flespi/"))
		return fail(e, "not there");
	snprintf(b->published + len, sizeof b->published - len, "%.*s=%.*s%s;", STR_PRINT(topic),
		STR_PRINT(payload), retain ? "!" : "");
	return true;
}

static uint16_t port(void *context, bool is_secure)
{
	const struct bench *b = context;
	return is_secure ? b->secure_port : b->port;
}

static int set_up(void **state)
{
	struct bench *b = xcalloc(1, sizeof *b);
	b->rest = rest_new();
	b->view = (struct live_view){
		.context = b,
		.sessions = sessions,
		.end = end,
		.publish = publish,
		.port = port,
	};
	b->rest->context.live = &b->view;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	rest_free(b->rest);
	free(b);
	return 0;
}

static void has(const struct bench *b, const char *text)
{
	assert_non_null(strstr(b->rest->text.at, text));
}

/* ---- where and what ---- */

static void regions_name_the_port(void **state)
{
	struct bench *b = *state;
	struct request r = {.context = &b->rest->context,
		.method = METHOD_GET,
		.target = str_of("/auth/regions"),
		.host = str_of("example.org:8080")};
	rest_request(b->rest, &r);
	has(b, "\"mqtt\":\"\",\"mqtt-ws\":\"example.org:8080\"");
	b->port = 1884;
	rest_request(b->rest, &r);
	has(b, "\"mqtt\":\"example.org:1884\",");
	b->secure_port = 8884;
	rest_request(b->rest, &r);
	has(b, "\"mqtt\":\"example.org:8884\",");
	r.host = str_of("[::1]");
	rest_request(b->rest, &r);
	has(b, "\"mqtt\":\"[::1]:8884\",");
	b->rest->context.live = NULL;
	rest_request(b->rest, &r);
	has(b, "\"mqtt\":\"\",");
}

static void topics_are_told(void **state)
{
	struct bench *b = *state;
	rest_ask_bare(b->rest, METHOD_GET, "/const/values?names=toolbox/topics");
	json_t *root = json_loads(b->rest->text.at, 0, NULL), *topics = NULL, *topic;
	assert_int_equal(
		json_unpack(root, "{s:[{s:{s:o}}]}", "result", "toolbox/topics", "topics", &topics),
		0);
	const char *name, *text;
	assert_true(json_object_size(topics) > 10);
	json_object_foreach(topics, name, topic)
	{
		assert_int_equal(json_unpack(topic, "{s:s}", "description", &text), 0);
		assert_int_equal(strncmp(name, "flespi/", 7), 0);
	}
	assert_non_null(json_object_get(topics, "flespi/message/gw/devices/{device-id}"));
	json_decref(root);
}

/* ---- sessions ---- */

static void add(struct bench *b, uint64_t id)
{
	struct live_session *s = &b->sessions[b->count++];
	*s = (struct live_session){.id = id,
		.client_id = "panel",
		.peer = {.family = 4, .addr = {192, 0, 2, 7}, .port = 40000},
		.is_connected = true,
		.version = 5,
		.established_us = 1700000000250000};
}

static void sessions_have_their_form(void **state)
{
	struct bench *b = *state;
	add(b, 1700000000000001);
	add(b, 1700000000000002);
	b->sessions[1] = (struct live_session){.id = 1700000000000002,
		.client_id = "a\"b",
		.peer = {.family = 6, .addr = {[15] = 1}, .port = 1},
		.is_clean = true,
		.is_secure = true,
		.is_websocket = true,
		.version = 4,
		.token = 7,
		.subscriptions = 3,
		.bytes = 1000,
		.messages = 2,
		.expires_s = 1800000000};
	rest_get(b->rest, "/mqtt/sessions/all");
	assert_answer(b->rest, 200,
		"{\"result\":[{\"id\":1700000000000001,\"cid\":1,\"client_id\":\"panel\","
		"\"connected\":true,\"clean\":false,\"expires\":0,\"ip\":\"192.0.2.7\","
		"\"source\":\"192.0.2.7:40000\",\"size\":0,\"messages\":0,\"subscriptions\":0,"
		"\"version\":\"5.0\",\"token_id\":0,\"transport\":\"tcp\",\"established\":"
		"1700000000.25},"
		"{\"id\":1700000000000002,\"cid\":1,\"client_id\":\"a\\\"b\","
		"\"connected\":false,\"clean\":true,\"expires\":1800000000,\"ip\":\"::1\","
		"\"source\":\"[::1]:1\",\"size\":1000,\"messages\":2,\"subscriptions\":3,"
		"\"version\":\"3.1.1\",\"token_id\":7,\"transport\":\"wss\",\"established\":0}]}"
		"\n");
	b->sessions[0].is_secure = b->sessions[1].is_secure = false;
	rest_get(b->rest, "/mqtt/sessions/1700000000000002?fields=transport,id");
	assert_answer(
		b->rest, 200, "{\"result\":[{\"id\":1700000000000002,\"transport\":\"ws\"}]}\n");
	b->sessions[0].is_secure = true;
	rest_get(b->rest, "/mqtt/sessions/all?fields=transport&limit=1");
	assert_answer(b->rest, 200,
		"{\"result\":[{\"transport\":\"tls\"}],"
		"\"pagination\":{\"limit\":1,\"offset\":0,\"count\":2}}\n");
}

static size_t count_of(const struct bench *b, const char *text)
{
	size_t n = 0;
	for (const char *at = b->rest->text.at; (at = strstr(at, text)); at++)
		n++;
	return n;
}

static void sessions_are_chosen(void **state)
{
	struct bench *b = *state;
	for (uint64_t i = 0; i < MANY; i++)
		add(b, 10 + i);
	rest_get(b->rest, "/mqtt/sessions/all");
	assert_int_equal(count_of(b, "\"client_id\""), MANY);
	rest_get(b->rest, "/mqtt/sessions/all?fields=id&offset=148");
	assert_answer(b->rest, 200,
		"{\"result\":[{\"id\":158},{\"id\":159}],"
		"\"pagination\":{\"limit\":0,\"offset\":148,\"count\":150}}\n");
	rest_get(b->rest, "/mqtt/sessions/159,10,9,10?fields=id");
	assert_answer(b->rest, 200,
		"{\"result\":[{\"id\":10},{\"id\":159}],\"errors\":[{\"code\":3,\"id\":9,"
		"\"reason\":"
		"\"access denied or unable to process the item\"}]}\n");
	rest_get(b->rest, "/mqtt/sessions/9");
	assert_int_equal(b->rest->status, 403);
	rest_get(b->rest, "/mqtt/sessions/panel");
	assert_int_equal(b->rest->status, 400);
	has(b, "sessions: 'panel' is neither an id nor 'all'");
	rest_get(b->rest, "/mqtt/sessions/all?fields=password");
	assert_int_equal(b->rest->status, 400);
}

static void sessions_are_ended(void **state)
{
	struct bench *b = *state;
	for (uint64_t i = 0; i < MANY; i++)
		add(b, 10 + i);
	rest_ask(b->rest, METHOD_DELETE, "/mqtt/sessions/12,11,5", NULL);
	assert_int_equal(b->rest->status, 200);
	has(b, "{\"result\":[{\"id\":11},{\"id\":12}],\"errors\":[{\"code\":3,\"id\":5,");
	assert_int_equal(b->count, MANY - 2);
	rest_ask(b->rest, METHOD_DELETE, "/mqtt/sessions/11", NULL);
	assert_int_equal(b->rest->status, 403);
	rest_ask(b->rest, METHOD_DELETE, "/mqtt/sessions/all", NULL);
	assert_int_equal(count_of(b, "\"id\""), MANY - 2);
	assert_int_equal(b->count, 0);
	rest_ask(b->rest, METHOD_DELETE, "/mqtt/sessions/all", NULL);
	assert_answer(b->rest, 200, "{\"result\":[]}\n");
}

/* ---- messages ---- */

static void messages_are_published(void **state)
{
	struct bench *b = *state;
	rest_ask(b->rest, METHOD_POST, "/mqtt/messages",
		"[{\"topic\":\"a/\\u00e4\",\"payload\":\"1\",\"retain\":true},{\"topic\":\"b\"}]");
	assert_answer(
		b->rest, 200, "{\"result\":[{\"topic\":\"a/\xc3\xa4\"},{\"topic\":\"b\"}]}\n");
	assert_string_equal(b->published, "a/\xc3\xa4=1!;b=;");
	rest_ask(b->rest, METHOD_POST, "/mqtt/messages", "{\"topic\":\"c\",\"payload\":\"{}\"}");
	assert_answer(b->rest, 200, "{\"result\":[{\"topic\":\"c\"}]}\n");
	/* what one topic is refused for does not hold up the others */
	rest_ask(b->rest, METHOD_POST, "/mqtt/messages",
		"[{\"topic\":\"flespi/x\"},{\"topic\":\"d\"},{\"topic\":\"flespi/y\"}]");
	assert_answer(b->rest, 200,
		"{\"result\":[{\"topic\":\"d\"}],\"errors\":["
		"{\"code\":2,\"id\":0,\"field\":\"topic\",\"reason\":\"message 0: not there\"},"
		"{\"code\":2,\"id\":2,\"field\":\"topic\",\"reason\":\"message 2: not "
		"there\"}]}\n");
	rest_ask(b->rest, METHOD_POST, "/mqtt/messages", "[{\"topic\":\"flespi/x\"}]");
	assert_int_equal(b->rest->status, 400);
	assert_string_equal(b->published, "a/\xc3\xa4=1!;b=;c={};d=;");
}

static void wrong_messages_publish_nothing(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *body, *sentence;
	} rows[] = {
		{"[", "line 1"},
		{"[7]", "message 0: a message must be an object"},
		{"[{\"topic\":\"a\"},{}]", "message 1: topic is missing"},
		{"[{\"topic\":\"a\"},{\"topic\":\"\"}]", "message 1: topic is missing"},
		{"[{\"topic\":\"a\"},{\"topic\":[]}]", "message 1: topic must be a string"},
		{"[{\"topic\":\"a\",\"payload\":1}]", "message 0: payload must be a string"},
		{"[{\"topic\":\"a\",\"retain\":1}]", "message 0: retain must be true or false"},
		{"[{\"topic\":\"a\",\"qos\":1}]", "message 0: unknown property qos"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		rest_ask(b->rest, METHOD_POST, "/mqtt/messages", rows[i].body);
		assert_int_equal(b->rest->status, 400);
		has(b, rows[i].sentence);
	}
	assert_string_equal(b->published, "");
}

static void without_mqtt_there_is_nothing(void **state)
{
	struct bench *b = *state;
	add(b, 1);
	b->rest->context.live = NULL;
	rest_get(b->rest, "/mqtt/sessions/all?limit=10");
	assert_answer(b->rest, 200,
		"{\"result\":[],\"pagination\":{\"limit\":10,\"offset\":0,\"count\":0}}\n");
	rest_get(b->rest, "/mqtt/sessions/1");
	assert_int_equal(b->rest->status, 403);
	rest_get(b->rest, "/mqtt/logs");
	assert_answer(b->rest, 200, "{\"result\":[]}\n");
	rest_ask(b->rest, METHOD_POST, "/mqtt/messages", "[{\"topic\":\"a\"}]");
	assert_answer(b->rest, 403,
		"{\"result\":[],\"errors\":[{\"code\":3,\"reason\":\"MQTT is not served "
		"here\"}]}\n");
}

/* ---- who may ---- */

static struct token token_of(const char *acl)
{
	static struct token t;
	struct refusal refusal;
	json_t *json = json_pack("{s:i,s:{s:i,s:o}}", "ttl", 60, "access", "type", 2, "acl",
		json_loads(acl, 0, NULL));
	token_init(&t);
	assert_true(token_parse(json, PARSE_REPLACE, &t, &refusal));
	json_decref(json);
	return t;
}

static void an_acl_grants_what_is_below_mqtt(void **state)
{
	struct bench *b = *state;
	static const struct {
		const char *acl;
		unsigned reads, ends, logs, posts;
	} rows[] = {
		{"[]", 403, 403, 403, 403},
		{"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\",\"DELETE\"]}]", 403, 403,
			403, 403},
		{"[{\"uri\":\"mqtt\",\"methods\":[\"GET\"]}]", 200, 403, 200, 403},
		{"[{\"uri\":\"mqtt\",\"methods\":[\"GET\"],\"submodules\":[{\"name\":\"logs\","
		 "\"methods\":[\"GET\"]}]}]",
			403, 403, 200, 403},
		{"[{\"uri\":\"mqtt\",\"methods\":[\"DELETE\",\"POST\"]}]", 403, 200, 403, 403},
		{"[{\"uri\":\"mqtt\",\"topic\":\"own/#\",\"actions\":[\"publish\"]}]", 403, 403,
			403, 403},
		{"[{\"uri\":\"mqtt\",\"methods\":[\"POST\"],\"topic\":\"own/#\",\"actions\":"
		 "[\"publish\"]}]",
			403, 403, 403, 200},
		{"[{\"uri\":\"mqtt\",\"methods\":[\"POST\"],\"topic\":\"own/#\",\"actions\":"
		 "[\"subscribe\"]}]",
			403, 403, 403, 403},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct token t = token_of(rows[i].acl);
		rest_ask_with(b->rest, &t, METHOD_GET, "/mqtt/sessions/all", NULL);
		assert_int_equal(b->rest->status, rows[i].reads);
		rest_ask_with(b->rest, &t, METHOD_DELETE, "/mqtt/sessions/all", NULL);
		assert_int_equal(b->rest->status, rows[i].ends);
		rest_ask_with(b->rest, &t, METHOD_GET, "/mqtt/logs", NULL);
		assert_int_equal(b->rest->status, rows[i].logs);
		rest_ask_with(b->rest, &t, METHOD_POST, "/mqtt/messages",
			"[{\"topic\":\"else\"},{\"topic\":\"own/1\"}]");
		assert_int_equal(b->rest->status, rows[i].posts);
	}
	assert_string_equal(b->published, "own/1=;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(regions_name_the_port),
		TEST(topics_are_told),
		TEST(sessions_have_their_form),
		TEST(sessions_are_chosen),
		TEST(sessions_are_ended),
		TEST(messages_are_published),
		TEST(wrong_messages_publish_nothing),
		TEST(without_mqtt_there_is_nothing),
		TEST(an_acl_grants_what_is_below_mqtt),
	};
	return cmocka_run_group_tests_name("api_mqtt", tests, NULL, NULL);
}
