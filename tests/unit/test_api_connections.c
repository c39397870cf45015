/* The routes of connections, over connections of the test's own. */
#include "test.h"

#include "rest.h"

#include <inttypes.h>

enum { MANY = 1000 };

static struct crowd {
	struct connection all[MANY]; /* rising ids; 0: closed */
	size_t count;
	enum close_code last_code;
} crowd;

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	struct crowd *c = context;
	size_t count = 0;
	for (size_t i = 0; i < c->count && count < room; i++)
		if (c->all[i].id > after && (!channel || c->all[i].channel == channel) &&
			(!ident || c->all[i].ident == ident))
			out[count++] = c->all[i];
	return count;
}

static bool close_one(void *context, uint64_t id, enum close_code code)
{
	struct crowd *c = context;
	c->last_code = code;
	for (size_t i = 0; i < c->count; i++)
		if (id && c->all[i].id == id) {
			c->all[i].id = 0;
			return true;
		}
	return false;
}

static const struct connections connections = {&crowd, NULL, list, close_one, NULL};

static void connect_one(uint64_t id, uint32_t channel, uint64_t ident)
{
	crowd.all[crowd.count++] = (struct connection){.id = id,
		.ident = ident,
		.channel = channel,
		.peer = {4, {10, 0, 0, 9}, 40112},
		.established_us = (int64_t)id};
}

/* Channels 1 and 2, devices 3 (ident 77) and 4 (ident 78). */
static int set_up(void **state)
{
	struct rest *r = rest_new();
	struct error e;
	struct channel c;
	struct device d;
	channel_init(&c);
	c.port = 5014;
	assert_true(registry_put_channel(r->context.registry, &c, &e));
	for (uint64_t ident = 77; ident <= 78; ident++) {
		device_init(&d);
		d.ident = ident;
		assert_true(registry_put_device(r->context.registry, &d, &e));
	}
	r->context.connections = &connections;
	crowd.count = 0;
	connect_one(1706877098857462, 1, 77);
	connect_one(1706877098857463, 1, 0);
	connect_one(1706877098857464, 2, 78);
	connect_one(1706877098857465, 2, 99);
	*state = r;
	return 0;
}

#define DENIED(id)                                                                                 \
	"{\"code\":3,\"id\":" id ",\"reason\":\"access denied or unable to process the item\"}"

static void a_connection_has_its_members(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channels/1/connections/all");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1706877098857462,\"ident\":\"77\",\"source\":"
		"\"10.0.0.9:40112\",\"established\":1706877098.857462,\"transport\":\"tcp\","
		"\"channel_id\":1,\"device_id\":3,\"secondary\":false,\"meta\":null},"
		"{\"id\":1706877098857463,\"ident\":null,\"source\":\"10.0.0.9:40112\","
		"\"established\":1706877098.857463,\"transport\":\"tcp\",\"channel_id\":1,"
		"\"device_id\":null,\"secondary\":false,\"meta\":null}]}\n");
	rest_get(r, "/gw/channels/all/connections/all?fields=id,device_id");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1706877098857462,\"device_id\":3},"
		"{\"id\":1706877098857463,\"device_id\":null},"
		"{\"id\":1706877098857464,\"device_id\":4},"
		"{\"id\":1706877098857465,\"device_id\":null}]}\n");
	rest_get(r, "/gw/devices/all/connections/all?fields=id");
	assert_answer(
		r, 200, "{\"result\":[{\"id\":1706877098857462},{\"id\":1706877098857464}]}\n");
	rest_get(r, "/gw/devices/4/connections/all?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":1706877098857464}]}\n");
	rest_get(r, "/gw/devices/4/connections/all?fields=name");
	assert_int_equal(r->status, 400);
}

static void ids_are_those_of_their_owner(void **state)
{
	struct rest *r = *state;
	rest_get(r, "/gw/channels/1/connections/1706877098857462,1706877098857464?fields=id");
	assert_answer(r, 200,
		"{\"result\":[{\"id\":1706877098857462}],\"errors\":[" DENIED(
			"1706877098857464") "]}\n");
	rest_get(r, "/gw/devices/3/connections/1706877098857464");
	assert_answer(r, 403, "{\"result\":[],\"errors\":[" DENIED("1706877098857464") "]}\n");
	rest_get(r, "/gw/devices/3/connections/0");
	assert_int_equal(r->status, 403);
	rest_get(r, "/gw/devices/9/connections/all");
	assert_answer(r, 403, "{\"result\":[],\"errors\":[" DENIED("9") "]}\n");
	rest_get(r, "/gw/devices/3/connections/x");
	assert_answer(r, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"connections: 'x' is neither "
		"an id nor 'all'\"}]}\n");
}

static void closing_answers_the_ids(void **state)
{
	struct rest *r = *state;
	rest_ask(r, METHOD_DELETE, "/gw/channels/1/connections/1706877098857464", NULL);
	assert_int_equal(r->status, 403);
	assert_int_equal(crowd.all[2].id, 1706877098857464);
	rest_ask(r, METHOD_DELETE, "/gw/devices/all/connections/1706877098857464,5", NULL);
	assert_answer(
		r, 200, "{\"result\":[{\"id\":1706877098857464}],\"errors\":[" DENIED("5") "]}\n");
	assert_int_equal(crowd.all[2].id, 0);
	assert_int_equal(crowd.last_code, 10);
	rest_ask(r, METHOD_DELETE, "/gw/channels/1/connections/all", NULL);
	assert_answer(
		r, 200, "{\"result\":[{\"id\":1706877098857462},{\"id\":1706877098857463}]}\n");
	rest_get(r, "/gw/channels/all/connections/all?fields=id");
	assert_answer(r, 200, "{\"result\":[{\"id\":1706877098857465}]}\n");
}

static void long_lists_are_cut(void **state)
{
	struct rest *r = *state;
	crowd.count = 0;
	for (uint64_t i = 1; i <= MANY; i++)
		connect_one(i, 1 + i % 2, i);
	rest_get(r, "/gw/channels/all/connections/all?fields=id&limit=2&offset=700");
	assert_non_null(strstr(r->text.at, "{\"id\":701},{\"id\":702}"));
	assert_null(strstr(r->text.at, "{\"id\":703}"));
	assert_non_null(strstr(
		r->text.at, "],\"pagination\":{\"limit\":2,\"offset\":700,\"count\":1000}}"));
	rest_get(r, "/gw/channels/2/connections/all?fields=id");
	assert_non_null(strstr(r->text.at, "{\"id\":999}]}"));
	assert_null(strstr(r->text.at, "{\"id\":998}"));
	rest_ask(r, METHOD_DELETE, "/gw/channels/all/connections/all", NULL);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(crowd.all[i].id, 0);
}

static void without_a_gate_there_are_none(void **state)
{
	struct rest *r = *state;
	r->context.connections = NULL;
	rest_get(r, "/gw/channels/all/connections/all");
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_ask(r, METHOD_DELETE, "/gw/channels/all/connections/all", NULL);
	assert_answer(r, 200, "{\"result\":[]}\n");
	rest_get(r, "/gw/channels/1/connections/7");
	assert_int_equal(r->status, 403);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rest_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_connection_has_its_members),
		TEST(ids_are_those_of_their_owner),
		TEST(closing_answers_the_ids),
		TEST(long_lists_are_cut),
		TEST(without_a_gate_there_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
