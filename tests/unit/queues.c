#include "test.h"

#include "queues.h"

#include "fake_commands.h"

#include "base/clock.h"
#include "base/die.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the trackers ---- */

static bool is_connected(void *context, uint64_t ident)
{
	struct gateway *g = context;
	return atomic_load(&g->are_connected) && ident != 13; /* the last is never there */
}

/* To S2,130305,1381: *HQ,11,V4,S2,130305,<FIX># */
static bool send_payload(
	void *context, uint64_t ident, uint32_t device, uint64_t command, struct str payload)
{
	struct gateway *g = context;
	char frame[200];
	struct str rest = payload, word = str_cut(&rest, ','), time = str_cut(&rest, ',');
	if (!is_connected(g, ident))
		return false;
	atomic_fetch_add(&g->sent, 1);
	commands_sent(g->commands, device, command, true);
	if (!atomic_load(&g->answer))
		return true;
	int len = snprintf(frame, sizeof frame, "*HQ,11,V4,%.*s,%.*s," FIX "#", STR_PRINT(word),
		STR_PRINT(time));
	commands_answer(g->commands, device, (struct str){frame, (size_t)len}, clock_now_us());
	return true;
}

/* ---- the gateway ---- */

int queues_set_up(void **state)
{
	struct gateway *g = xcalloc(1, sizeof *g);
	struct rest *r = g->rest = rest_new();
	struct error e;
	rest_ask(r, METHOD_POST, "/gw/devices",
		"[{\"configuration\":{\"ident\":\"11\"}},"
		"{\"device_type_id\":5,\"configuration\":{\"ident\":\"12\"}},"
		"{\"device_type_id\":8,\"configuration\":{\"ident\":\"13\"}}]");
	g->connections = (struct connections){
		.context = g, .is_connected = is_connected, .send = send_payload};
	struct commands_options options = {.store = r->store,
		.registry = r->context.registry,
		.timeout_s = 5,
		.cut_max_speed = 20};
	g->commands = r->context.commands = commands_open(&options, &e);
	commands_run(g->commands, &g->connections);
	*state = g;
	return r->status != 200;
}

int queues_tear_down(void **state)
{
	struct gateway *g = *state;
	commands_stop(g->commands);
	commands_free(g->commands);
	rest_free(g->rest);
	free(g);
	return 0;
}

/* ---- asking ---- */

static void mask(struct gateway *g)
{
	const char *from = g->rest->text.at;
	char *to = g->text;
	assert_true(g->rest->text.len < sizeof g->text);
	while (*from) {
		size_t digits = strspn(from, "0123456789");
		bool is_long = digits >= 9;
		if (is_long && from[digits] == '.')
			digits += 1 + strspn(from + digits + 1, "0123456789");
		if (is_long)
			*to++ = 'N';
		else
			memcpy(to, from, digits + (digits == 0));
		to += is_long ? 0 : digits + (digits == 0);
		from += digits + (digits == 0);
	}
	*to = '\0';
}

void ask_with(struct gateway *g, const struct token *token, enum method method, const char *target,
	const char *body)
{
	rest_ask_with(g->rest, token, method, target, body);
	mask(g);
}

void ask(struct gateway *g, enum method method, const char *target, const char *body)
{
	ask_with(g, &g->rest->master, method, target, body);
}

uint64_t id_of(const struct gateway *g, size_t n)
{
	json_t *json = json_loads(g->rest->text.at, 0, NULL);
	json_t *one = json_array_get(json_object_get(json, "result"), n);
	uint64_t id = (uint64_t)json_integer_value(json_object_get(one, "id"));
	json_decref(json);
	assert_true(id > 1000000000);
	return id;
}

void wait_for_ends(struct gateway *g, size_t count)
{
	for (int i = 0; i < 10000 && fake_commands_ended(g->rest->store) < count; i++)
		usleep(1000);
	assert_int_equal(fake_commands_ended(g->rest->store), count);
}

struct token token_of(const char *acl)
{
	struct token t;
	struct refusal why;
	json_t *json = acl ? json_pack("{s:i,s:{s:i,s:o}}", "ttl", 60, "access", "type", 2, "acl",
				     json_loads(acl, 0, NULL))
			   : json_pack("{s:i}", "ttl", 60);
	token_init(&t);
	assert_true(token_parse(json, PARSE_REPLACE, &t, &why));
	json_decref(json);
	return t;
}
