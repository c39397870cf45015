/* The lists of commands over REST: what waits and what became of the others; who may see what. */
#include "test.h"

#include "fake_commands.h"
#include "queues.h"

#include "base/die.h"

#include <unistd.h>

static void the_queue_is_cut_into_pages(void **state)
{
	struct gateway *g = *state;
	for (int i = 0; i < 4; i++) {
		char body[200];
		snprintf(body, sizeof body,
			"{\"name\":\"interval.set\",\"properties\":{\"seconds\":%d},\"priority\":%"
			"d}",
			60 + i, i % 2);
		ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", body);
	}
	ask(g, METHOD_GET, "/gw/devices/all/commands-queue/all?fields=device_id,payload&offset=3",
		NULL);
	assert_masked(g, 200,
		"{\"result\":[{\"device_id\":2,\"payload\":\"D1,000000,62\"},{\"device_id\":3,"
		"\"payload\":\"D1,000000,61\"},{\"device_id\":3,\"payload\":\"D1,000000,63\"},"
		"{\"device_id\":3,\"payload\":\"D1,000000,60\"},{\"device_id\":3,\"payload\":"
		"\"D1,000000,62\"}],\"pagination\":{\"limit\":0,\"offset\":3,\"count\":8}}\n");
	ask(g, METHOD_GET, "/gw/devices/all/commands-queue/all?fields=payload&limit=1&offset=4",
		NULL);
	assert_masked(g, 200,
		"{\"result\":[{\"payload\":\"D1,000000,61\"}],\"pagination\":{\"limit\":1,"
		"\"offset\":4,\"count\":8}}\n");
	ask(g, METHOD_GET, "/gw/devices/name=x/commands-queue/all", NULL);
	assert_masked(g, 200, "{\"result\":[]}\n");
	ask(g, METHOD_GET, "/gw/devices/2/commands-queue/1,x", NULL);
	assert_masked(g, 400,
		"{\"result\":[],\"errors\":[{\"code\":2,\"reason\":\"commands: 'x' is neither an "
		"id "
		"nor 'all'\"}]}\n");
	ask(g, METHOD_GET, "/gw/devices/2/commands-queue", NULL);
	assert_int_equal(g->rest->status, 405);
}

/* An id is known of the devices that were chosen only. */
static void commands_are_taken_out(void **state)
{
	struct gateway *g = *state;
	char target[200], expected[200];
	ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", "[" INTERVAL "," INTERVAL "]");
	uint64_t of_2 = id_of(g, 0), of_3 = id_of(g, 1);
	snprintf(target, sizeof target,
		"/gw/devices/2/commands-queue/%" PRIu64 ",%" PRIu64 "?fields=device_id", of_2,
		of_3);
	ask(g, METHOD_GET, target, NULL);
	assert_masked(g, 200,
		"{\"result\":[{\"device_id\":2}],\"errors\":[{\"code\":3,\"id\":N," DENIED "]}\n");
	snprintf(target, sizeof target, "/gw/devices/2/commands-queue/%" PRIu64, of_3);
	ask(g, METHOD_GET, target, NULL);
	assert_masked(g, 403, "{\"result\":[],\"errors\":[{\"code\":3,\"id\":N," DENIED "]}\n");
	ask(g, METHOD_DELETE, target, NULL);
	assert_masked(g, 403, "{\"result\":[],\"errors\":[{\"code\":3,\"id\":N," DENIED "]}\n");
	snprintf(target, sizeof target, "/gw/devices/3/commands-queue/1,%" PRIu64, of_3);
	ask(g, METHOD_DELETE, target, NULL);
	snprintf(expected, sizeof expected,
		"{\"result\":[{\"id\":%" PRIu64 "}],\"errors\":[{\"code\":3,\"id\":1," DENIED
		"]}\n",
		of_3);
	assert_string_equal(g->rest->text.at, expected);
	assert_int_equal(g->rest->status, 200);
	ask(g, METHOD_DELETE, target, NULL);
	assert_int_equal(g->rest->status, 403);
	ask(g, METHOD_DELETE, "/gw/devices/all/commands-queue/all", NULL);
	assert_masked(g, 200, "{\"result\":[{\"id\":N},{\"id\":N},{\"id\":N}]}\n");
	ask(g, METHOD_DELETE, "/gw/devices/all/commands-queue/all", NULL);
	assert_masked(g, 200, "{\"result\":[]}\n");
	assert_int_equal(fake_commands_waiting(g->rest->store), 0);
	ask(g, METHOD_GET,
		"/gw/devices/all/commands-result?data={\"fields\":\"device_id,state,executed,"
		"response\",\"count\":1}",
		NULL);
	assert_int_equal(g->rest->status, 200);
	assert_non_null(strstr(
		g->text, "\"executed\":false,\"response\":null,\"state\":\"canceled\"}]}\n"));
}

static void the_queue_of_a_device_is_shown_in_part(void **state)
{
	struct gateway *g = *state;
	char body[8000];
	size_t len = 0;
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(
			body + len, sizeof body - len, "%c" INTERVAL, i ? ',' : '[');
	snprintf(body + len, sizeof body - len, "]");
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue?fields=id", body);
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue?fields=id", body);
	ask(g, METHOD_GET, "/gw/devices/2?fields=commands_queue", NULL);
	size_t shown = 0;
	for (const char *at = g->text; (at = strstr(at, "\"device_id\":2")); at++)
		shown++;
	assert_int_equal(shown, 100);
	ask(g, METHOD_GET, "/gw/devices/2/commands-queue/all?fields=id&limit=1&offset=199", NULL);
	assert_masked(g, 200,
		"{\"result\":[{\"id\":N}],\"pagination\":{\"limit\":1,\"offset\":199,\"count\":"
		"200}}\n");
}

static void an_acl_shows_its_devices_only(void **state)
{
	struct gateway *g = *state;
	ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", INTERVAL);
	uint64_t foreign = id_of(g, 1);
	ask(g, METHOD_POST, "/gw/devices/2,3/commands-queue", INTERVAL);
	char target[100];
	struct token t = token_of(
		"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[2],\"submodules\":["
		"{\"name\":\"commands-queue\",\"methods\":[\"GET\",\"DELETE\"]}," GRANT(
			"commands-result", "GET") "]}]");
	ask_with(g, &t, METHOD_GET, "/gw/devices/all/commands-queue/all?fields=device_id", NULL);
	assert_masked(g, 200, "{\"result\":[{\"device_id\":2},{\"device_id\":2}]}\n");
	snprintf(target, sizeof target, "/gw/devices/all/commands-queue/%" PRIu64, foreign);
	ask_with(g, &t, METHOD_GET, target, NULL);
	assert_int_equal(g->rest->status, 403);
	ask_with(g, &t, METHOD_DELETE, target, NULL);
	assert_int_equal(g->rest->status, 403);
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands-queue", INTERVAL);
	assert_int_equal(g->rest->status, 403);
	ask_with(g, &t, METHOD_POST, "/gw/devices/2/commands", INTERVAL);
	assert_int_equal(g->rest->status, 403);
	ask_with(g, &t, METHOD_DELETE, "/gw/devices/all/commands-queue/all", NULL);
	assert_masked(g, 200, "{\"result\":[{\"id\":N},{\"id\":N}]}\n");
	ask(g, METHOD_DELETE, "/gw/devices/all/commands-queue/all", NULL);
	ask_with(g, &t, METHOD_GET, "/gw/devices/all/commands-result?fields=device_id", NULL);
	assert_masked(g, 200, "{\"result\":[{\"device_id\":2},{\"device_id\":2}]}\n");
	snprintf(target, sizeof target, "/gw/devices/all/commands-result/%" PRIu64, foreign);
	ask_with(g, &t, METHOD_GET, target, NULL);
	assert_masked(g, 403, "{\"result\":[],\"errors\":[{\"code\":3,\"id\":N," DENIED "]}\n");
	ask(g, METHOD_GET, target, NULL);
	assert_int_equal(g->rest->status, 200);
}

/* The queue lies below its device. */
static void a_device_shows_its_queue_to_those_who_may(void **state)
{
	struct gateway *g = *state;
	static const char target[] = "/gw/devices/2?fields=commands_queue";
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue", INTERVAL);
	struct token below = token_of(BELOW(GRANT("commands-queue", "GET"))),
		     beside = token_of(BELOW(GRANT("commands-result", "GET"))),
		     whole = token_of(WHOLE);
	ask_with(g, &beside, METHOD_GET, target, NULL);
	assert_masked(g, 200, "{\"result\":[{\"commands_queue\":null}]}\n");
	ask_with(g, &beside, METHOD_GET, "/gw/devices/%7Bcommands_queue%7D?fields=id", NULL);
	assert_masked(g, 200, "{\"result\":[]}\n");
	ask_with(g, &below, METHOD_GET, target, NULL);
	assert_non_null(strstr(g->text, "\"payload\":\"D1,000000,60\""));
	ask_with(g, &whole, METHOD_GET, target, NULL);
	assert_non_null(strstr(g->text, "\"payload\":\"D1,000000,60\""));
}

/* ---- what became of them ---- */

/* Four results of devices 2 and 3, in the order of their ends: 63, 62, 61, 60 seconds. */
static void make_results(struct gateway *g, uint64_t ids[4])
{
	char body[200], target[100];
	for (int i = 0; i < 4; i++) {
		snprintf(body, sizeof body,
			"{\"name\":\"interval.set\",\"properties\":{\"seconds\":%d}}", 60 + i);
		snprintf(target, sizeof target, "/gw/devices/%d/commands-queue", 2 + i % 2);
		ask(g, METHOD_POST, target, body);
		ids[i] = id_of(g, 0);
	}
	for (int i = 3; i >= 0; i--) {
		snprintf(target, sizeof target, "/gw/devices/all/commands-queue/%" PRIu64, ids[i]);
		ask(g, METHOD_DELETE, target, NULL);
		assert_int_equal(g->rest->status, 200);
		usleep(1000); /* so that their times differ */
	}
}

#define OF(a, b)                                                                                   \
	"{\"result\":[{\"payload\":\"D1,000000," a "\"},{\"payload\":\"D1,000000," b "\"}]}\n"

static void results_are_chosen(void **state)
{
	struct gateway *g = *state;
	static const struct {
		const char *target, *expected;
	} rows[] = {
		{"all/commands-result?fields=payload&count=2", OF("63", "62")},
		{"all/commands-result/?fields=payload&count=2&reverse=true", OF("60", "61")},
		{"3/commands-result?fields=payload", OF("63", "61")},
		{"2/commands-result/all?fields=payload&reverse=true", OF("60", "62")},
		{"all/commands-result?data={\"fields\":\"payload\",\"filter\":"
		 "\"properties.seconds>60%26%26device_id==3\"}",
			OF("63", "61")},
		{"all/commands-result?from=1&to=2", "{\"result\":[]}\n"},
		{"name=x/commands-result", "{\"result\":[]}\n"},
	};
	uint64_t ids[4];
	make_results(g, ids);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char target[300];
		snprintf(target, sizeof target, "/gw/devices/%s", rows[i].target);
		ask(g, METHOD_GET, target, NULL);
		assert_masked(g, 200, rows[i].expected);
	}
	ask(g, METHOD_GET, "/gw/devices/all/commands-result?what=1", NULL);
	assert_int_equal(g->rest->status, 400);
	ask(g, METHOD_GET, "/gw/devices/all/commands-result/x", NULL);
	assert_int_equal(g->rest->status, 400);
}

/* Those that are asked for by id, too, come in the order of their ends, and only what is in the range. */
static void results_by_id_are_in_order(void **state)
{
	struct gateway *g = *state;
	uint64_t ids[4];
	char target[300];
	make_results(g, ids);
	snprintf(target, sizeof target,
		"/gw/devices/all/commands-result/%" PRIu64 ",%" PRIu64 "?fields=payload", ids[1],
		ids[2]);
	ask(g, METHOD_GET, target, NULL);
	assert_masked(g, 200, OF("62", "61"));
	snprintf(target, sizeof target,
		"/gw/devices/all/commands-result/%" PRIu64 ",%" PRIu64
		"?fields=payload&reverse=true",
		ids[1], ids[2]);
	ask(g, METHOD_GET, target, NULL);
	assert_masked(g, 200, OF("61", "62"));
	snprintf(target, sizeof target,
		"/gw/devices/2/commands-result/7,%" PRIu64 ",%" PRIu64 "?fields=device_id", ids[0],
		ids[1]);
	ask(g, METHOD_GET, target, NULL);
	assert_masked(g, 200,
		"{\"result\":[{\"device_id\":2}],\"errors\":[{\"code\":3,\"id\":7," DENIED
		",{\"code\":3,\"id\":N," DENIED "]}\n");
	snprintf(target, sizeof target, "/gw/devices/all/commands-result/%" PRIu64 "?to=1", ids[0]);
	ask(g, METHOD_GET, target, NULL); /* it is there, but not in the range */
	assert_masked(g, 200, "{\"result\":[]}\n");
}

/* More than a page of 256 KB. */
static void large_results_by_id_are_all_there(void **state)
{
	struct gateway *g = *state;
	enum { COUNT = 200 };
	static char body[4000], target[20 * COUNT + 100], note[1901], list[20 * COUNT + 1];
	memset(note, 'x', sizeof note - 1);
	snprintf(body, sizeof body,
		"{\"name\":\"restart\",\"condition\":\"ident~\\\"%.900s\\\"\",\"meta\":{\"note\":"
		"\"%.1000s\"}}",
		note, note);
	size_t len = 0;
	for (int i = 0; i < COUNT; i++) {
		ask(g, METHOD_POST, "/gw/devices/2/commands-queue?fields=id", body);
		len += (size_t)snprintf(
			list + len, sizeof list - len, "%s%" PRIu64, i ? "," : "", id_of(g, 0));
	}
	ask(g, METHOD_DELETE, "/gw/devices/2/commands-queue/all", NULL);
	wait_for_ends(g, COUNT);
	snprintf(target, sizeof target, "/gw/devices/2/commands-result/%s?filter=device_id==2",
		list);
	rest_get(g->rest, target);
	size_t got = 0;
	for (const char *at = g->rest->text.at; (at = strstr(at, "\"device_id\":2")); at++)
		got++;
	assert_int_equal(got, COUNT);
	assert_null(strstr(g->rest->text.at, "\"errors\""));
}

static void a_failing_store_is_told(void **state)
{
	struct gateway *g = *state;
	uint64_t ids[4];
	char target[200];
	make_results(g, ids);
	snprintf(target, sizeof target, "/gw/devices/2/commands-result/%" PRIu64, ids[0]);
	fake_store_fail_after(g->rest->store, 0);
	ask(g, METHOD_GET, target, NULL);
	assert_int_equal(g->rest->status, 503);
	fake_store_fail_after(g->rest->store, SIZE_MAX);
	ask(g, METHOD_GET, target, NULL);
	assert_int_equal(g->rest->status, 200);
	ask(g, METHOD_POST, "/gw/devices/2/commands-queue", INTERVAL);
	fake_commands_fail(g->rest->store, true);
	ask(g, METHOD_DELETE, "/gw/devices/2/commands-queue/all", NULL);
	assert_masked(g, 503,
		"{\"result\":[],\"errors\":[{\"code\":4,\"reason\":\"the disk with the commands is "
		"on fire\"}]}\n");
	fake_commands_fail(g->rest->store, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_queue_is_cut_into_pages),
		TEST(commands_are_taken_out),
		TEST(the_queue_of_a_device_is_shown_in_part),
		TEST(an_acl_shows_its_devices_only),
		TEST(a_device_shows_its_queue_to_those_who_may),
		TEST(results_are_chosen),
		TEST(results_by_id_are_in_order),
		TEST(large_results_by_id_are_all_there),
		TEST(a_failing_store_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
