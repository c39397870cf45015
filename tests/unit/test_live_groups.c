/* Those who share subscriptions: whose turn it is, and who sticks to what. */
#include "guests.h"

#include "live/session.h"

#define SHARED "$share/s/t"

static void those_who_share_take_turns(void **state)
{
	struct guests *g = *state;
	for (size_t i = 0; i < 3; i++) {
		guest(g, i);
		want(g, i, SHARED, 1);
	}
	want(g, 1, "$share/other/t", 1); /* another group */
	want(g, 2, "t", 1);              /* and none */
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(tell(g, "t", "x"), 3);
			for (size_t k = 0; k < 3; k++) {
				size_t expected = (size_t)(k == i) + (k > 0);
				while (expected--)
					visitor_gets(g->visitors[k], "x");
				visitor_gets_no_more(g->visitors[k]);
			}
		}
	assert_int_equal(want_no_more(g, 1, SHARED), MQTT_SUCCESS);
	assert_int_equal(want_no_more(g, 1, "$share/other/t"), MQTT_SUCCESS);
	assert_int_equal(want_no_more(g, 2, "t"), MQTT_SUCCESS);
	for (int i = 0; i < 4; i++)
		assert_int_equal(tell(g, "t", "y"), 1);
	for (size_t i = 0; i < 3; i += 2) {
		visitor_gets(g->visitors[i], "y");
		visitor_gets(g->visitors[i], "y");
		visitor_gets_no_more(g->visitors[i]);
	}
}

static void who_is_connected_comes_first(void **state)
{
	struct guests *g = *state;
	for (size_t i = 0; i < 3; i++) {
		guest(g, i);
		want(g, i, SHARED, i != 1);
	}
	guest_leaves(g, 0);
	guest_leaves(g, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tell(g, "t", "x"), 1);
		visitor_gets(g->visitors[2], "x");
	}
	guest_leaves(g, 2);
	for (int i = 0; i < 6; i++)
		assert_int_equal(tell(g, "t", "y"), 1);
	assert_int_equal(g->sessions[1]->queue.count, 0); /* of QoS 0 nothing waits */
	assert_int_equal(g->sessions[0]->queue.count, 3);
	assert_int_equal(g->sessions[2]->queue.count, 3 + 3); /* and three not acknowledged */
	struct draft draft = about("t", "z");
	draft.qos = 0;
	assert_int_equal(publish(g->live, &draft), 0);
	guest_returns(g, 1);
	assert_int_equal(tell(g, "t", "z"), 1);
	visitor_gets(g->visitors[1], "z");
}

/* One that does not want a message leaves it to the others. */
static void who_may_not_is_passed_over(void **state)
{
	struct guests *g = *state;
	struct token token;
	token_init(&token);
	token.id = 5;
	guest(g, 0);
	guest_of(g, 1, &token);
	want(g, 0, "$share/s/flespi/log/#", 1);
	want(g, 1, "$share/s/flespi/log/#", 1);
	struct draft draft = about("flespi/log/x", "secret");
	draft.scope = (struct scope){STR("platform/customer"), STR("logs"), 0, true};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(publish(g->live, &draft), 1);
		visitor_gets(g->visitors[0], "secret");
	}
	guest_leaves(g, 0);
	assert_int_equal(publish(g->live, &draft), 1);
	visitor_gets_no_more(g->visitors[1]);
}

static bool anybody(const struct subscription *s, const struct draft *draft)
{
	(void)s;
	(void)draft;
	return true;
}

enum { KEYS = 2000 };

/* Whose each key is. The topics are equal in the levels 1 and 2 where the key is. */
static void divide(struct group *group, size_t who[KEYS])
{
	char topic[64];
	struct draft draft = {.qos = 1};
	for (unsigned i = 0; i < KEYS; i++) {
		for (unsigned more = 0; more < 2; more++) {
			snprintf(topic, sizeof topic, "%u/devices/%u/%u", more, i, more);
			draft.topic = str_of(topic);
			const struct subscription *s = group_next(group, &draft, anybody);
			assert_non_null(s);
			size_t found = (size_t)(s->session->client_id[6] - '0');
			assert_true(!more || who[i] == found);
			who[i] = found;
		}
	}
}

static void who_sticks_keeps_what_he_has(void **state)
{
	struct guests *g = *state;
	static size_t before[KEYS], after[KEYS];
	for (size_t i = 0; i < 4; i++) {
		guest(g, i);
		want(g, i, "$share/s:1:2/#", 1);
	}
	struct group *group = g->sessions[0]->subscriptions->group;
	assert_true(group->is_sticky);
	divide(group, before);
	size_t had[GUESTS] = {0}, moved = 0;
	for (size_t i = 0; i < KEYS; i++)
		had[before[i]]++;
	for (size_t i = 0; i < 4; i++)
		assert_in_range(had[i], KEYS / 4 - KEYS / 10, KEYS / 4 + KEYS / 10);
	/* one comes: he takes from all, and nobody else gets anything */
	guest(g, 4);
	want(g, 4, "$share/s:1:2/#", 1);
	divide(group, after);
	for (size_t i = 0; i < KEYS; i++) {
		assert_true(after[i] == before[i] || after[i] == 4);
		moved += after[i] == 4;
	}
	assert_in_range(moved, KEYS / 5 - KEYS / 10, KEYS / 5 + KEYS / 10);
	/* one goes: what was his is divided, and nobody else loses anything */
	memcpy(before, after, sizeof before);
	want_no_more(g, 1, "$share/s:1:2/#");
	divide(group, after);
	for (size_t i = 0; i < KEYS; i++)
		assert_true(before[i] == 1 ? after[i] != 1 : after[i] == before[i]);
	/* one is away for a while */
	memcpy(before, after, sizeof before);
	guest_leaves(g, 2);
	divide(group, after);
	for (size_t i = 0; i < KEYS; i++)
		assert_true(before[i] == 2 ? after[i] != 2 : after[i] == before[i]);
	guest_returns(g, 2);
	divide(group, after);
	assert_memory_equal(before, after, sizeof before);
}

static void nobody_there_to_share(void **state)
{
	struct guests *g = *state;
	static const char *const filters[] = {"$share/s/t", "$share/s:1/t"};
	for (size_t i = 0; i < 2; i++) {
		guest(g, i);
		want(g, i, filters[i], 1);
		guest_leaves(g, i);
	}
	assert_int_equal(tell(g, "t", "x"), 2);
	struct draft draft = about("t", "y");
	draft.qos = 0;
	assert_int_equal(publish(g->live, &draft), 0);
	session_end(g->live, g->sessions[0]);
	assert_int_equal(tell(g, "t", "z"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_who_share_take_turns),
		TEST(who_is_connected_comes_first),
		TEST(who_may_not_is_passed_over),
		TEST(who_sticks_keeps_what_he_has),
		TEST(nobody_there_to_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
