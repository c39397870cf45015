/* What REST says of MQTT and does with it, over a live door that only remembers. */
#include "test.h"

#include "base/die.h"
#include "rest.h"

#include <jansson.h>

struct bench {
	struct rest *rest;
	struct live_view view;
	uint16_t port, secure_port;
};

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(regions_name_the_port),
		TEST(topics_are_told),
	};
	return cmocka_run_group_tests_name("api_mqtt", tests, NULL, NULL);
}
