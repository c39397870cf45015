/* Commands over REST: what is taken in and what is refused, whole or in part; who waits for an answer; who
 * may send what is dangerous. */
#include "test.h"

#include "fake_commands.h"
#include "queues.h"

#include "base/die.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void a_queued_command_has_its_members(void **state)
{
	struct gateway *g = *state;
	static const char shown[] =
		"{\"result\":[{\"id\":N,\"device_id\":3,\"name\":\"interval.set\",\"properties\":"
		"{\"seconds\":60},\"timestamp\":N,\"expires\":N,\"executed\":false,\"response\":"
		"null,\"reply\":null,\"attempts\":0,\"max_attempts\":2,\"priority\":7,"
		"\"condition\":\"position.speed<5\",\"meta\":{\"a\":1},\"sent\":null,\"state\":"
		"\"queued\",\"confirmed_by_status\":null,\"payload\":\"D1,000000,60\"}]}\n";
	ask(g, METHOD_POST, "/gw/devices/3/commands-queue",
		"{\"name\":\"interval.set\",\"properties\":{\"seconds\":60},\"priority\":7,\"ttl\":"
		"60,\"max_attempts\":2,\"condition\":\"position.speed<5\",\"meta\":{\"a\":1}}");
	assert_masked(g, 200, shown);
	char *first = xstrdup(g->rest->text.at);
	ask(g, METHOD_GET, "/gw/devices/3/commands-queue/all", NULL);
	assert_string_equal(g->rest->text.at, first);
	free(first);
	ask(g, METHOD_GET, "/gw/devices/3/commands-queue/all?fields=position,state", NULL);
	assert_masked(g, 200, "{\"result\":[{\"state\":\"queued\",\"position\":1}]}\n");
	ask(g, METHOD_GET, "/gw/devices/2,3?fields=id,commands_queue", NULL);
	assert_non_null(strstr(g->text, "{\"id\":2,\"commands_queue\":[]},{\"id\":3,"
					"\"commands_queue\":[{\"id\":N,\"device_id\":3,"));
}

/* Commands times devices; what is of no device's type is refused with the device's number. */
static void each_device_gets_each_command(void **state)
{
	struct gateway *g = *state;
	ask(g, METHOD_POST, "/gw/devices/all/commands-queue/?fields=device_id,name",
		"[" INTERVAL ",{\"name\":\"custom\",\"properties\":{\"payload\":\"S99\"}}]");
	assert_masked(g, 200,
		"{\"result\":[{\"device_id\":2,\"name\":\"interval.set\"},{\"device_id\":3,"
		"\"name\":\"interval.set\"},{\"device_id\":2,\"name\":\"custom\"},{\"device_id\":3,"
		"\"name\":\"custom\"},{\"device_id\":4,\"name\":\"custom\"}],\"errors\":[{\"code\":"
		"2,\"id\":4,\"reason\":\"device type 'gf50' has no command 'interval.set'\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/4,99/commands-queue", INTERVAL);
	assert_masked(g, 400,
		"{\"result\":[],\"errors\":[{\"code\":3,\"id\":99," DENIED
		",{\"code\":2,\"id\":4,\"reason\":\"device type 'gf50' has no command "
		"'interval.set'\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/99/commands-queue", INTERVAL);
	assert_masked(g, 403, "{\"result\":[],\"errors\":[{\"code\":3,\"id\":99," DENIED "]}\n");
	ask(g, METHOD_POST, "/gw/devices/name=x/commands-queue", INTERVAL);
	assert_masked(g, 200, "{\"result\":[]}\n");
	assert_int_equal(fake_commands_waiting(g->rest->store), 5);
}

/* More than one commit takes. */
static void many_devices_get_it(void **state)
{
	struct gateway *g = *state;
	enum { MORE = 5500 };
	char *body = xmalloc(50 * MORE);
	size_t len = 0;
	for (int i = 0; i < MORE; i++)
		len += (size_t)snprintf(body + len, 50,
			"%c{\"configuration\":{\"ident\":\"%d\"}}%s", i ? ',' : '[', 1000000 + i,
			i + 1 < MORE ? "" : "]");
	rest_ask(g->rest, METHOD_POST, "/gw/devices", body);
	assert_int_equal(g->rest->status, 200);
	free(body);
	size_t changes = fake_commands_changes(g->rest->store);
	rest_ask(g->rest, METHOD_POST, "/gw/devices/all/commands-queue?fields=device_id", INTERVAL);
	assert_int_equal(g->rest->status, 200);
	assert_non_null(strstr(g->rest->text.at, "{\"device_id\":2},{\"device_id\":3},{"));
	assert_non_null(strstr(g->rest->text.at, "{\"device_id\":5504}]"));
	assert_int_equal(fake_commands_waiting(g->rest->store), MORE + 2);
	assert_int_equal(fake_commands_changes(g->rest->store), changes + 2);
}

/* One that is wrong, and nothing is accepted; the number is its place in the body. */
static void a_wrong_body_is_refused_whole(void **state)
{
	struct gateway *g = *state;
	static const struct {
		const char *body, *error;
	} rows[] = {
		{"", NULL},
		{"{", NULL},
		{"[]", "{\"code\":2,\"reason\":\"0 commands in one request, 1 to 100 are "
		       "possible\"}"},
		{"[7]", "{\"code\":2,\"id\":0,\"reason\":\"a command must be an object\"}"},
		{"[" INTERVAL ",{\"properties\":{}}]",
			"{\"code\":2,\"id\":1,\"field\":\"name\",\"reason\":\"name is missing\"}"},
		{"[" INTERVAL "," INTERVAL ",{\"name\":\"interval.set\",\"properties\":{}}]",
			"{\"code\":2,\"id\":2,\"field\":\"properties.seconds\",\"reason\":"
			"\"properties.seconds is missing\"}"},
		{"{\"name\":\"custom\",\"properties\":{\"payload\":\"*HQ\"}}", NULL},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", rows[i].body);
		assert_int_equal(g->rest->status, 400);
		assert_non_null(strstr(g->text, "{\"result\":[],\"errors\":[{\"code\":2,"));
		if (rows[i].error)
			assert_non_null(strstr(g->text, rows[i].error));
		ask(g, METHOD_POST, "/gw/devices/2,3/commands", rows[i].body);
		assert_int_equal(g->rest->status, 400);
	}
	assert_int_equal(fake_commands_changes(g->rest->store), 0);
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue?fields=nothing", INTERVAL);
	assert_masked(g, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"field\":\"nothing\",\"reason\":\"field "
		"is "
		"not allowed\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue?timeout=5", INTERVAL);
	assert_int_equal(g->rest->status, 400);
}

/* A body of half a million elements costs no room for so many commands. */
static void a_long_array_is_refused(void **state)
{
	struct gateway *g = *state;
	enum { COUNT = 500000 };
	char *body = xmalloc(2 * COUNT + 2);
	memset(body, '[', 1);
	for (size_t i = 0; i < COUNT; i++)
		memcpy(body + 1 + 2 * i, i + 1 < COUNT ? "1," : "1]", 3);
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue", body);
	free(body);
	assert_masked(g, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"500000 commands in one "
		"request, 1 to 100 are possible\"}]}\n");
}

static void who_waits_gets_the_answer(void **state)
{
	struct gateway *g = *state;
	atomic_store(&g->are_connected, true);
	atomic_store(&g->answer, true);
	ask(g, METHOD_POST, "/gw/devices/2,4/commands",
		"[{\"name\":\"custom\",\"properties\":{\"payload\":\"S2,130305,1381\"},\"timeout\":"
		"5}]");
	assert_masked(g, 200,
		"{\"result\":[{\"id\":N,\"device_id\":2,\"name\":\"custom\",\"properties\":"
		"{\"payload\":\"S2,130305,1381\"},\"timestamp\":N,\"expires\":0,\"executed\":true,"
		"\"response\":\"*HQ,11,V4,S2,130305," FIX "#\",\"reply\":null,\"attempts\":1,"
		"\"max_attempts\":1,\"priority\":0,\"condition\":\"\",\"meta\":null,\"sent\":N,"
		"\"state\":\"done\",\"confirmed_by_status\":null,\"payload\":\"S2,130305,1381\","
		"\"position\":1}],\"errors\":[{\"code\":2,\"id\":4,\"reason\":\"failed to deliver "
		"command 'custom' with timeout pending, device with id 4 is not connected\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/2,3/commands?fields=device_id,state",
		"[" INTERVAL "," INTERVAL "]");
	assert_int_equal(g->rest->status, 200);
	size_t done = 0;
	for (const char *at = g->text; (at = strstr(at, "\"state\":\"done\"")); at++)
		done++;
	assert_int_equal(done, 4);
	atomic_store(&g->are_connected, false);
	ask(g, METHOD_POST, "/gw/devices/2/commands", INTERVAL);
	assert_masked(g, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"id\":2,\"reason\":\"failed to deliver "
		"command 'interval.set' with timeout pending, device with id 2 is not "
		"connected\"}]}\n");
	assert_int_equal(atomic_load(&g->sent), 5);
}

static void *stop_soon(void *context)
{
	struct gateway *g = context;
	while (!atomic_load(&g->sent))
		usleep(1000);
	commands_stop(g->commands);
	return NULL;
}

/* Who still waits when the gateway stops is not told that nothing was sent. */
static void a_stop_wakes_who_waits(void **state)
{
	struct gateway *g = *state;
	pthread_t stopper;
	atomic_store(&g->are_connected, true);
	assert_int_equal(pthread_create(&stopper, NULL, stop_soon, g), 0);
	ask(g, METHOD_POST, "/gw/devices/2/commands", INTERVAL);
	pthread_join(stopper, NULL);
	assert_non_null(strstr(g->text, "FAILED 1 of 1 commands have not ended: the store is "
					"failing, or the gateway stops"));
	ask(g, METHOD_POST, "/gw/devices/2/commands", INTERVAL);
	assert_masked(g, 503,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"the gateway is "
		"stopping\"}]}\n");
}

static void no_fuel_is_cut_at_speed(void **state)
{
	struct gateway *g = *state;
	ask(g, METHOD_POST, "/gw/devices/3/messages",
		"[{\"timestamp\":1700000000,\"position.latitude\":22.5,\"position.longitude\":114,"
		"\"position.speed\":72.5}]");
	assert_int_equal(g->rest->status, 200);
	ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue?fields=device_id,max_attempts", CUT);
	assert_masked(g, 200,
		"{\"result\":[{\"device_id\":2,\"max_attempts\":1}],\"errors\":[{\"code\":2,\"id\":"
		"3,\"reason\":\"the last position says 72.5 km/h, above 20 km/h no fuel is cut; "
		"\\\"force\\\": true sends it all the same\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/3/commands-queue?fields=device_id,max_attempts",
		"{\"name\":\"custom\",\"properties\":{\"payload\":\"S20,130305,1,1\"},\"confirm\":"
		"true,\"force\":true,\"repeat\":true}");
	assert_masked(g, 200, "{\"result\":[{\"device_id\":3,\"max_attempts\":3}]}\n");
}

static void a_dangerous_one_is_meant(void **state)
{
	struct gateway *g = *state;
	static const struct {
		const char *acl;
		unsigned status;
	} rows[] = {
		{NULL, 400},
		{WHOLE, 400},
		{BELOW(GRANT("commands-queue", "POST")), 400},
		{BELOW(GRANT("commands-queue", "POST") "," GRANT("commands-dangerous", "GET")),
			400},
		{BELOW(GRANT("commands-queue", "POST") "," GRANT("commands-dangerous", "POST")),
			200},
		{BELOW(GRANT("commands-dangerous", "POST")), 403},
	};
	static const char *const bodies[] = {"{\"name\":\"engine.stop\"}",
		"{\"name\":\"factory.reset\"}",
		"{\"name\":\"custom\",\"properties\":{\"payload\":\"S23,130305,192.0.2.1,1\"}}"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
			struct token t = token_of(rows[i].acl);
			ask_with(g, &t, METHOD_POST, "/gw/devices/2,3/commands-queue", bodies[k]);
			if (g->rest->status != rows[i].status)
				print_error("row %zu, body %zu: %s", i, k, g->text);
			assert_int_equal(g->rest->status, rows[i].status);
			if (rows[i].status == 400)
				assert_non_null(strstr(
					g->text, "{\"code\":2,\"id\":0,\"field\":\"confirm\","));
		}
	struct token t = token_of(NULL);
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands-queue", CUT);
	assert_int_equal(g->rest->status, 200);
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue", bodies[0]); /* the master's */
	assert_int_equal(g->rest->status, 200);
	g->rest->context.no_confirm = true;
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands-queue", bodies[0]);
	assert_int_equal(g->rest->status, 200);
}

/* The right is one for each device: an entry that names it for one says nothing of another. */
static void the_right_is_of_a_device(void **state)
{
	struct gateway *g = *state;
	struct token t = token_of(
		"[{\"uri\":\"gw/devices\",\"methods\":[],\"ids\":[2],\"submodules\":[" GRANT(
			"commands", "POST") "," GRANT("commands-dangerous",
			"POST") "]},"
				"{\"uri\":\"gw/"
				"devices\",\"methods\":[],\"ids\":[3],\"submodules\":[" GRANT(
					"commands", "POST") "]}]");
	atomic_store(&g->are_connected, true);
	atomic_store(&g->answer, true);
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands?fields=state",
		"{\"name\":\"restart\"}");
	assert_masked(g, 200, "{\"result\":[{\"state\":\"done\"}]}\n");
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands?fields=state",
		"{\"name\":\"factory.reset\"}");
	assert_masked(g, 200, "{\"result\":[{\"state\":\"done\"}]}\n");
	ask_with(g, &t, METHOD_POST, "/gw/devices/all/commands", "{\"name\":\"factory.reset\"}");
	assert_int_equal(g->rest->status, 400);
	assert_int_equal(atomic_load(&g->sent), 2);
}

static void a_failing_store_is_told(void **state)
{
	struct gateway *g = *state;
	fake_commands_fail(g->rest->store, true);
	ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", INTERVAL);
	assert_masked(g, 503,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"the disk with the commands is "
		"on fire\"}]}\n");
	fake_commands_fail(g->rest->store, false);
	assert_int_equal(fake_commands_waiting(g->rest->store), 0);
}

/* A gateway without queues, such as one for reading. */
static void without_queues_nothing_waits(void **state)
{
	struct gateway *g = *state;
	static const char *const lists[] = {"/gw/devices/all/commands-queue/all",
		"/gw/devices/2/commands-result", "/gw/devices/2/commands-result/all"};
	g->rest->context.commands = NULL;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		ask(g, METHOD_GET, lists[i], NULL);
		assert_masked(g, 200, "{\"result\":[]}\n");
	}
	ask(g, METHOD_DELETE, "/gw/devices/all/commands-queue/all", NULL);
	assert_masked(g, 200, "{\"result\":[]}\n");
	ask(g, METHOD_GET, "/gw/devices/2/commands-queue/7", NULL);
	assert_int_equal(g->rest->status, 403);
	ask(g, METHOD_GET, "/gw/devices/2?fields=commands_queue", NULL);
	assert_masked(g, 200, "{\"result\":[{\"commands_queue\":[]}]}\n");
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue", INTERVAL);
	assert_masked(g, 503,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"this gateway sends no "
		"commands\"}]}\n");
	ask(g, METHOD_POST, "/gw/devices/2/commands", INTERVAL);
	assert_int_equal(g->rest->status, 503);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_queued_command_has_its_members),
		TEST(each_device_gets_each_command),
		TEST(many_devices_get_it),
		TEST(a_wrong_body_is_refused_whole),
		TEST(a_long_array_is_refused),
		TEST(who_waits_gets_the_answer),
		TEST(a_stop_wakes_who_waits),
		TEST(no_fuel_is_cut_at_speed),
		TEST(a_dangerous_one_is_meant),
		TEST(the_right_is_of_a_device),
		TEST(a_failing_store_is_told),
		TEST(without_queues_nothing_waits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
