/* Subscriptions of the live door: what is asked for, who gets what, and what $filter
 * leaves out. */
#include "guests.h"

#include "live/session.h"

/* ---- who gets what ---- */

static void filters_choose(void **state)
{
	struct guests *g = *state;
	struct visitor *a = guest(g, 0), *b = guest(g, 1);
	assert_int_equal(want(g, 0, "car/+/speed", 0), MQTT_SUCCESS);
	assert_int_equal(want(g, 1, "car/#", 2), MQTT_GRANTED_1);
	assert_int_equal(tell(g, "car/1/speed", "a"), 2);
	assert_int_equal(tell(g, "car/1", "b"), 1);
	assert_int_equal(tell(g, "bus/1/speed", "c"), 0);
	visitor_gets(a, "a");
	assert_int_equal(a->caller.publish.qos, 0);
	assert_str(a->caller.publish.topic, "car/1/speed");
	visitor_gets_no_more(a);
	visitor_gets(b, "a");
	assert_int_equal(b->caller.publish.qos, 1);
	visitor_gets(b, "b");
	visitor_gets_no_more(b);
}

static void a_session_gets_one_of_each(void **state)
{
	struct guests *g = *state;
	struct visitor *a = guest(g, 0);
	static const char ids[] = "\x0b\x07\x0b\x08";
	wish(g, 0, &(struct wish){.topic = {.filter = str_of("a/#")}, .id = 7});
	wish(g, 0, &(struct wish){.topic = {.filter = str_of("a/b"), .qos = 1}, .id = 8});
	wish(g, 0, &(struct wish){.topic = {.filter = str_of("+/b")}});
	assert_int_equal(tell(g, "a/b", "x"), 1);
	visitor_gets(a, "x");
	assert_int_equal(a->caller.publish.qos, 1);
	struct str raw = a->caller.publish.properties.raw;
	assert_int_equal(mqtt_has(&a->caller.publish.properties, MQTT_PROPERTY_SUBSCRIPTION_ID), 1);
	uint8_t sum = (uint8_t)(raw.at[raw.len - 1] + raw.at[raw.len - 3]);
	assert_int_equal(sum, ids[1] + ids[3]);
	visitor_gets_no_more(a);
}

/* More identifiers than there is room for are left out, the message is not. */
static void many_filters_of_one_session_match(void **state)
{
	enum { LEVELS = 7 };
	struct guests *g = *state;
	struct visitor *a = guest(g, 0);
	for (unsigned bits = 0; bits < 1 << LEVELS; bits++) {
		char filter[2 * LEVELS + 1] = "";
		for (unsigned i = 0; i < LEVELS; i++)
			snprintf(filter + 2 * i, 3, "%c/", bits >> i & 1 ? '+' : 'x');
		filter[2 * LEVELS - 1] = '\0';
		wish(g, 0, &(struct wish){.topic = {.filter = str_of(filter)}, .id = bits + 1});
	}
	assert_int_equal(tell(g, "x/x/x/x/x/x/x", "found"), 1);
	visitor_gets(a, "found");
	visitor_gets_no_more(a);
}

static void the_retain_flag_is_kept_where_it_is_wanted(void **state)
{
	struct guests *g = *state;
	struct visitor *a = guest(g, 0), *b = guest(g, 1);
	want(g, 0, "t", 0);
	wish(g, 1, &(struct wish){.topic = {.filter = str_of("t"), .retain_as_published = true}});
	struct draft draft = about("t", "x");
	draft.retain = true;
	assert_int_equal(publish(g->live, &draft), 2);
	assert_int_equal(tell(g, "t", "y"), 2);
	visitor_gets(a, "x");
	assert_false(a->caller.publish.retain);
	visitor_gets(b, "x");
	assert_true(b->caller.publish.retain);
	visitor_gets(b, "y");
	assert_false(b->caller.publish.retain);
}

static void what_is_not_local_is_left_out(void **state)
{
	struct guests *g = *state;
	struct visitor *a = guest(g, 0), *b = guest(g, 1);
	for (size_t i = 0; i < 2; i++)
		wish(g, i, &(struct wish){.topic = {.filter = str_of("t"), .no_local = true}});
	struct draft draft = about("t", "x");
	draft.from = g->sessions[0];
	assert_int_equal(publish(g->live, &draft), 1);
	visitor_gets_no_more(a);
	visitor_gets(b, "x");
	want(g, 0, "+", 0); /* says nothing of the kind */
	assert_int_equal(publish(g->live, &draft), 2);
	visitor_gets(a, "x");
}

/* ---- subscriptions come and go ---- */

static void the_same_text_replaces(void **state)
{
	struct guests *g = *state;
	struct visitor *a = guest(g, 0);
	struct subscription *first, *second;
	bool is_new;
	struct wish w = {.topic = {.filter = str_of("$filter/cid=2/t"), .qos = 1}, .id = 3};
	session_subscribe(g->live, g->sessions[0], &w, &first, &is_new);
	assert_true(is_new);
	uint64_t serial = first->serial;
	w.topic.qos = 0;
	w.id = 0;
	w.topic.retain_as_published = true;
	session_subscribe(g->live, g->sessions[0], &w, &second, &is_new);
	assert_false(is_new);
	assert_ptr_equal(first, second);
	assert_true(second->serial > serial);
	assert_int_equal(g->sessions[0]->subscription_count, 1);
	assert_ptr_equal(session_subscription(g->sessions[0], w.topic.filter), second);
	assert_null(session_subscription(g->sessions[0], str_of("t")));
	assert_int_equal(tell(g, "t", "x"), 0);
	want(g, 0, "t", 1);
	want(g, 0, "t", 0);
	assert_int_equal(tell(g, "t", "x"), 1);
	visitor_gets(a, "x");
	assert_int_equal(a->caller.publish.qos, 0);
	visitor_gets_no_more(a);
}

static void what_is_unsubscribed_is_over(void **state)
{
	struct guests *g = *state;
	guest(g, 0);
	want(g, 0, "t", 1);
	want(g, 0, "t/#", 1);
	want(g, 0, "$share/s/t", 1);
	assert_int_equal(tell(g, "t", "x"), 2); /* a share has its own */
	assert_int_equal(want_no_more(g, 0, "t/"), MQTT_NO_SUBSCRIPTION);
	assert_int_equal(want_no_more(g, 0, "t"), MQTT_SUCCESS);
	assert_int_equal(want_no_more(g, 0, "t"), MQTT_NO_SUBSCRIPTION);
	assert_int_equal(tell(g, "t", "x"), 2);
	assert_int_equal(want_no_more(g, 0, "t/#"), MQTT_SUCCESS);
	assert_int_equal(tell(g, "t", "x"), 1);
	assert_int_equal(want_no_more(g, 0, "$share/s/t"), MQTT_SUCCESS);
	assert_int_equal(tell(g, "t", "x"), 0);
	assert_null(g->live->groups);
}

static void it_is_known_what_nobody_wants(void **state)
{
	struct guests *g = *state;
	const struct live *l = g->live;
	guest(g, 0);
	want(g, 0, "flespi/message/gw/channels/+/11", 0);
	assert_true(l->wants_channels);
	assert_false(l->wants_devices || l->wants_device_state || l->wants_channel_state);
	assert_false(l->wants_logs || l->wants_news);
	want(g, 0, "$share/s/flespi/message/gw/devices/1,2", 0);
	assert_true(l->wants_devices && !l->wants_news);
	want(g, 0, "+/state/+/devices/#", 0);
	assert_true(l->wants_device_state && !l->wants_channel_state && l->wants_news);
	want_no_more(g, 0, "+/state/+/devices/#");
	assert_false(l->wants_device_state || l->wants_news);
	want(g, 0, "#", 0);
	assert_true(l->wants_logs && l->wants_channel_state && l->wants_news);
	session_unsubscribe_all(g->live, g->sessions[0]);
	assert_false(l->wants_channels || l->wants_devices || l->wants_logs || l->wants_news);
}

static void a_session_has_so_many(void **state)
{
	struct guests *g = *state;
	char filter[32];
	guest(g, 0);
	for (int i = 0; i < SUBSCRIPTIONS_MAX; i++) {
		snprintf(filter, sizeof filter, "t/%d", i);
		assert_int_equal(want(g, 0, filter, 1), MQTT_GRANTED_1);
	}
	assert_int_equal(want(g, 0, "one more", 1), MQTT_QUOTA);
	assert_int_equal(want(g, 0, "t/7", 0), MQTT_SUCCESS);
	assert_int_equal(want_no_more(g, 0, "t/7"), MQTT_SUCCESS);
	assert_int_equal(want(g, 0, "one more", 1), MQTT_GRANTED_1);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct guests *g = *state;
	static const char *const bad[] = {"", "a/#/b", "a+", "$share/s", "$share/s/",
		"$share/a+b/t", "$filter/t", "$filter/color=red/t", "$filter/payload=/t",
		"$filter/payload=a%3D%3D/t", "$filter/payload=a&payload=b/t",
		"$filter/modified_since>x/t", "$filter/modified_since>9999999999999/t",
		"$filter/message=(/t"};
	guest(g, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(want(g, 0, bad[i], 1), MQTT_BAD_FILTER);
	assert_int_equal(g->sessions[0]->subscription_count, 0);
	want(g, 0, "$filter/payload=a/t", 1);
	assert_int_equal(want(g, 0, "$filter/payload=(/t", 1), MQTT_BAD_FILTER);
	assert_int_equal(g->sessions[0]->subscription_count, 1);
}

/* ---- $filter ---- */

static bool fits(struct guests *g, const char *spec, const struct draft *draft)
{
	char filter[300];
	size_t i = 0;
	snprintf(filter, sizeof filter, "$filter/%s/#", spec);
	if (!g->sessions[i])
		guest(g, i);
	assert_int_equal(want(g, i, filter, 1), MQTT_GRANTED_1);
	struct draft copy = *draft;
	bool is_told = publish(g->live, &copy) == 1;
	while (visitor_next(g->visitors[i]))
		;
	assert_int_equal(want_no_more(g, i, filter), MQTT_SUCCESS);
	return is_told;
}

static void filters_look_into_payloads(void **state)
{
	struct guests *g = *state;
	struct draft draft = about("t", "{\"speed\":70,\"driver\":{\"name\":\"Kim\"}}");
	assert_true(fits(g, "payload=speed%3E60", &draft));
	assert_true(fits(g, "payload=speed>60&&exists(driver.name)", &draft));
	assert_false(fits(g, "payload=speed>70", &draft));
	assert_false(fits(g, "payload=height>0", &draft));
	draft.payload = str_of("no JSON");
	assert_false(fits(g, "payload=speed>60", &draft));
	draft.payload = str_of("");
	assert_false(fits(g, "payload=speed>60", &draft));
	/* a message of a tracker is looked at as what it is made of */
	struct message m;
	message_clear(&m);
	message_number(&m, PARAM_POSITION_SPEED, 70 * 1000);
	draft.message = &m;
	assert_true(fits(g, "payload=position.speed>60", &draft));
	assert_false(fits(g, "payload=position.speed>80", &draft));
	assert_false(fits(g, "payload=speed>60", &draft));
}

static void filters_look_at_the_message_around(void **state)
{
	struct guests *g = *state;
	struct draft draft = about("a/b", "{\"speed\":70}");
	draft.time_us = INT64_C(1700000000500000);
	assert_true(fits(g, "message=topic==\"a%2Fb\"", &draft));
	assert_false(fits(g, "message=topic==\"a%2Fc\"", &draft));
	assert_true(fits(g, "message=payload.speed==70", &draft));
	assert_true(fits(g, "message=timestamp>1700000000", &draft));
	assert_true(fits(g, "message=qos==1 && !retain && cid==1", &draft));
	draft.retain = true;
	assert_false(fits(g, "message=!retain", &draft));
	draft.payload = str_of("say \"no\" JSON");
	assert_true(fits(g, "message=payload~\"*no*\"", &draft));
	assert_false(fits(g, "message=payload~\"*yes*\"", &draft));
	assert_false(fits(g, "message=topic==\"a%2Fb\"&payload=exists(x)", &draft));
}

static void filters_know_the_account_and_the_time(void **state)
{
	struct guests *g = *state;
	struct draft draft = about("t", "x");
	draft.time_us = INT64_C(1700000000500000);
	assert_true(fits(g, "cid=1", &draft));
	assert_false(fits(g, "cid=12", &draft));
	assert_false(fits(g, "cid=1&cid=2", &draft));
	assert_true(fits(g, "modified_since>1700000000", &draft));
	assert_true(fits(g, "modified_since>1700000000.499999", &draft));
	assert_false(fits(g, "modified_since>1700000000.5", &draft));
	assert_false(fits(g, "modified_since>1700000001", &draft));
	assert_true(fits(g, "modified_since>1700000000&cid=1", &draft));
	/* another account, by a property of SUBSCRIBE */
	assert_int_equal(
		wish(g, 0,
			&(struct wish){.topic = {.filter = str_of("t")}, .is_other_account = true}),
		MQTT_SUCCESS);
	assert_int_equal(publish(g->live, &draft), 0);
	want(g, 0, "t", 0);
	assert_int_equal(publish(g->live, &draft), 1);
}

/* What is made when somebody wants it, is made once, and not at all when nobody does. */
struct maker {
	size_t made;
	bool has_none;
};

static bool make(struct live *l, void *context)
{
	struct maker *m = context;
	m->made++;
	l->payload.len = 0;
	return !m->has_none && buf_printf(&l->payload, "{\"n\":%zu}", m->made);
}

static void payloads_are_made_when_they_are_wanted(void **state)
{
	struct guests *g = *state;
	struct maker maker = {0, false};
	struct draft draft = {.topic = str_of("t"), .qos = 1, .make = make, .context = &maker};
	struct visitor *a = guest(g, 0), *b = guest(g, 1);
	want(g, 0, "u", 0);
	assert_int_equal(publish(g->live, &draft), 0);
	assert_int_equal(maker.made, 0);
	want(g, 0, "t", 0);
	want(g, 1, "$filter/payload=n==1/#", 0);
	assert_int_equal(publish(g->live, &draft), 2);
	assert_int_equal(publish(g->live, &draft), 1);
	visitor_gets(a, "{\"n\":1}");
	visitor_gets(a, "{\"n\":2}");
	visitor_gets(b, "{\"n\":1}");
	visitor_gets_no_more(b);
	maker.has_none = true;
	assert_int_equal(publish(g->live, &draft), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(filters_choose),
		TEST(a_session_gets_one_of_each),
		TEST(many_filters_of_one_session_match),
		TEST(the_retain_flag_is_kept_where_it_is_wanted),
		TEST(what_is_not_local_is_left_out),
		TEST(the_same_text_replaces),
		TEST(what_is_unsubscribed_is_over),
		TEST(it_is_known_what_nobody_wants),
		TEST(a_session_has_so_many),
		TEST(what_makes_no_sense_is_refused),
		TEST(filters_look_into_payloads),
		TEST(filters_look_at_the_message_around),
		TEST(filters_know_the_account_and_the_time),
		TEST(payloads_are_made_when_they_are_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
