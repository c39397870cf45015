/* What tokens may not read, they do not get: topics of the gateway follow the rights of REST. What an ACL says
 * of topics of clients is not asked here. */
#include "guests.h"

#include "base/clock.h"
#include "live/rights.h"
#include "live/session.h"

#include <jansson.h>

static struct token token_of(struct guests *g, const char *acl)
{
	struct token t;
	struct refusal why;
	struct error e;
	json_t *json = json_pack("{s:i}", "ttl", 3600);
	if (acl)
		json_object_set_new(json, "access",
			json_pack("{s:i,s:o}", "type", 2, "acl", json_loads(acl, 0, NULL)));
	token_init(&t);
	assert_true(token_parse(json, PARSE_REPLACE, &t, &why));
	json_decref(json);
	assert_true(tokens_add(g->tokens, &t, 1, clock_now_us(), &e));
	return t;
}

/* ---- what is told ---- */

static const struct fact {
	const char *topic, *uri, *submodule;
	uint32_t id;
	bool is_for_masters;
} facts[] = {
	{"flespi/message/gw/channels/1/11", "gw/channels", "messages", 1, false},
	{"flespi/message/gw/devices/1", "gw/devices", "messages", 1, false},
	{"flespi/message/gw/devices/2", "gw/devices", "messages", 2, false},
	{"flespi/log/gw/devices/2/connected", "gw/devices", "logs", 2, false},
	{"flespi/state/gw/devices/2", "gw/devices", "", 2, false},
	{"flespi/state/gw/devices/2/telemetry/ident", "gw/devices", "telemetry", 2, false},
	{"flespi/state/gw/devices/2/commands-queue/7", "gw/devices", "commands-queue", 2, false},
	{"flespi/state/gw/channels/1/idents/11", "gw/channels", "idents", 1, false},
	{"flespi/state/gw/channels/1/connections/5", "gw/channels", "connections", 1, false},
	{"flespi/log/mqtt/sessions/3/closed", "mqtt/sessions", "logs", 0, false},
	{"flespi/state/platform/customer", "platform/customer", "", 0, true},
	{"flespi/log/platform/tokens/3/created", "platform/tokens", "logs", 3, true},
};
enum { FACTS = sizeof facts / sizeof *facts };

/* A digit or letter for each of them that guest 0 gets. */
static const char *received(struct guests *g)
{
	static char text[FACTS + 1];
	size_t len = 0;
	for (size_t i = 0; i < FACTS; i++) {
		const struct fact *fact = &facts[i];
		struct draft draft = about(fact->topic, "x");
		draft.scope = (struct scope){
			str_of(fact->uri), str_of(fact->submodule), fact->id, fact->is_for_masters};
		if (publish(g->live, &draft) == 1)
			text[len++] = (char)(i < 10 ? '0' + i : 'a' + i - 10);
	}
	text[len] = '\0';
	while (visitor_next(g->visitors[0]))
		;
	return text;
}

static void comes_with(struct guests *g, const char *acl)
{
	const struct token token = token_of(g, acl);
	if (g->visitors[0])
		guest_leaves(g, 0);
	while (g->live->sessions)
		session_end(g->live, g->live->sessions);
	guest_of(g, 0, &token);
	assert_int_equal(want(g, 0, "#", 1), MQTT_GRANTED_1);
}

static void masters_get_all_and_others_what_is_theirs(void **state)
{
	struct guests *g = *state;
	guest(g, 0);
	want(g, 0, "#", 1);
	assert_string_equal(received(g), "0123456789ab");
	comes_with(g, NULL);
	assert_string_equal(received(g), "0123456789");
}

static void an_acl_gets_what_it_may_get(void **state)
{
	struct guests *g = *state;
	static const struct {
		const char *acl, *gets;
	} cases[] = {
		{"[]", ""},
		{"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"]}]", "123456"},
		{"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[2]}]", "23456"},
		{"[{\"uri\":\"gw/devices\",\"methods\":[\"POST\"]}]", ""},
		{"[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[2],\"submodules\":[]}]",
			"4"},
		{"[{\"uri\":\"gw/devices\",\"methods\":[],\"submodules\":[{\"name\":\"messages\","
		 "\"methods\":[\"GET\"]},{\"name\":\"telemetry\",\"methods\":[\"GET\"]}]}]",
			"125"},
		{"[{\"uri\":\"gw/channels\",\"methods\":[\"GET\"],\"ids\":[1],\"submodules\":["
		 "{\"name\":\"idents\",\"methods\":[\"GET\"]}]},"
		 "{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[1]}]",
			"17"},
		{"[{\"uri\":\"gw/channels\",\"methods\":[\"GET\"],\"ids\":[2]}]", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		comes_with(g, cases[i].acl);
		assert_string_equal(received(g), cases[i].gets);
	}
}

/* A filter that is only about what may not be read is refused; of others each message tells. */
static void filters_for_nothing_are_refused(void **state)
{
	struct guests *g = *state;
	static const char *const good[] = {"flespi/#", "+/message/gw/devices/1", "flespi/+/gw/#",
		"flespi/message/gw/devices/2", "flespi/message/gw/devices/+",
		"flespi/message/gw/devices/#", "flespi/message/gw/devices/1,2",
		"flespi/message/gw/channels,devices/1", "flespi/message/+/devices/1",
		"$share/s/flespi/message/gw/devices/2",
		"$filter/payload=a/flespi/message/gw/devices/2", "flespi/state/gw/devices/1",
		"flespi/state/gw/channels/1", "flespi/message", "flespi"};
	static const char *const bad[] = {"flespi/message/gw/devices/1",
		"flespi/message/gw/devices/1/#", "flespi/message/gw/channels/+/+",
		"flespi/log/gw/devices/2/#", "flespi/log/gw/devices/#",
		"flespi/message/gw/devices/4294967298", "$share/s/flespi/message/gw/devices/1",
		"$filter/payload=a/flespi/log/gw/devices/2"};
	comes_with(g, "[{\"uri\":\"gw/devices\",\"methods\":[],\"ids\":[2],\"submodules\":["
		      "{\"name\":\"messages\",\"methods\":[\"GET\"]}]}]");
	want_no_more(g, 0, "#");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(want(g, 0, bad[i], 1), MQTT_NOT_AUTHORIZED);
	assert_string_equal(received(g), "");
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(want(g, 0, good[i], 1), MQTT_GRANTED_1);
	assert_int_equal(want_no_more(g, 0, "$share/s/flespi/message/gw/devices/2"), MQTT_SUCCESS);
	assert_string_equal(received(g), "2");
}

/* ---- tokens change ---- */

static bool become(void *context, struct token *t)
{
	const struct token *as = context;
	uint32_t id = t->id;
	*t = *as;
	t->id = id;
	return true;
}

static void change(struct guests *g, uint32_t id, const struct token *as)
{
	struct error e;
	struct token copy = *as;
	assert_int_equal(tokens_change(g->tokens, id, become, &copy, &e), TOKENS_DONE);
	holders_review(g->live);
}

static void changed_rights_are_taken_over(void **state)
{
	struct guests *g = *state;
	comes_with(g, "[]");
	uint32_t id = g->sessions[0]->token;
	assert_string_equal(received(g), "");
	struct token more = token_of(g, "[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"]}]");
	change(g, id, &more);
	assert_string_equal(received(g), "123456");
	struct token none = token_of(g, "[]");
	change(g, id, &none);
	assert_string_equal(received(g), "");
}

static void sessions_end_with_their_token(void **state)
{
	struct guests *g = *state;
	struct error e;
	const struct token first = token_of(g, NULL), second = token_of(g, NULL);
	guest_of(g, 0, &first);
	guest_of(g, 1, &first);
	guest_of(g, 2, &second);
	guest(g, 3);
	guest_leaves(g, 1);
	holders_review(g->live);
	assert_int_equal(g->live->session_count, 4);
	assert_int_equal(tokens_delete(g->tokens, first.id, &e), TOKENS_DONE);
	holders_review(g->live);
	assert_int_equal(g->live->session_count, 2);
	assert_true(visitor_next(g->visitors[0]));
	assert_int_equal(g->visitors[0]->caller.type, MQTT_DISCONNECT);
	assert_int_equal(g->visitors[0]->caller.ack.reason, MQTT_NOT_AUTHORIZED);
	assert_true(g->visitors[0]->client.is_ending);
	assert_false(g->visitors[2]->client.is_ending);
	struct token disabled = second;
	disabled.enabled = false;
	change(g, second.id, &disabled);
	assert_true(g->visitors[2]->client.is_ending);
	assert_int_equal(g->live->session_count, 1);
	assert_false(g->visitors[3]->client.is_ending);
}

/* Who is away is looked at when he comes. */
static void sessions_end_where_they_may_not_be(void **state)
{
	struct guests *g = *state;
	struct token token = token_of(g, NULL);
	for (size_t i = 0; i < 3; i++) {
		guest_of(g, i, &token);
		g->sessions[i]->peer = (struct peer){4, {10, 0, 0, (uint8_t)i}, 1};
	}
	guest_leaves(g, 2);
	snprintf(token.ips, sizeof token.ips, "10.0.0.1");
	change(g, token.id, &token);
	assert_true(g->visitors[0]->client.is_ending);
	assert_false(g->visitors[1]->client.is_ending);
	assert_int_equal(g->live->session_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(masters_get_all_and_others_what_is_theirs),
		TEST(an_acl_gets_what_it_may_get),
		TEST(filters_for_nothing_are_refused),
		TEST(changed_rights_are_taken_over),
		TEST(sessions_end_with_their_token),
		TEST(sessions_end_where_they_may_not_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
