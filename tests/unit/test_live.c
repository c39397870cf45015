/* The live door as it runs: on its own thread, with sockets, while others commit, tell, ask and end. What is
 * asserted does not depend on who comes first. */
#include "town.h"

#include "core/metrics.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DEVICES = TOWN_DEVICES };
enum { GROUPS = 40, RECORDS = 10, TELLINGS = 150, VISITS = 25 };

/* ---- those who tell ---- */

static void make_record(struct record *r, uint32_t device, int64_t number, char *body)
{
	struct message m;
	const struct origin origin = {.ident = 999 + device, .channel = 1, .device = device};
	message_clear(&m);
	message_number(&m, PARAM_IDENT, (int64_t)origin.ident);
	message_number(&m, PARAM_TIMESTAMP, number * 1000000);
	message_number(&m, PARAM_SERVER_TIMESTAMP, number * 1000000);
	message_number(&m, PARAM_GSM_LAC, number);
	record_make(r, &m, &origin, body);
}

static void *commit(void *context)
{
	struct town *t = context;
	static char bodies[RECORDS][MESSAGE_PACK_MAX];
	struct error e;
	for (int64_t group = 0; group < GROUPS; group++) {
		struct record records[RECORDS];
		for (int64_t i = 0; i < RECORDS; i++) {
			int64_t number = group * RECORDS + i;
			make_record(
				&records[i], (uint32_t)(2 + number % DEVICES), number, bodies[i]);
		}
		assert_true(store_append(t->store, records, RECORDS, &e));
		live_committed(t->live, records, RECORDS);
	}
	return NULL;
}

static void *come_and_go(void *context)
{
	struct town *t = context;
	for (uint64_t i = 0; i < TELLINGS; i++) {
		struct connection c = {.id = 100 + i, .channel = 1};
		t->presence->changed(t->presence->context, &c, true);
		c.ident = 1001;
		c.device = 2;
		t->presence->changed(t->presence->context, &c, true);
		t->presence->changed(t->presence->context, &c, false);
	}
	return NULL;
}

static void *post_events(void *context)
{
	struct town *t = context;
	static const enum event_code codes[] = {
		EVENT_CONNECTED, EVENT_CHANGED, EVENT_COMMAND_QUEUED, EVENT_DELETED};
	for (size_t i = 0; i < TELLINGS; i++) {
		const struct event event = {.code = codes[i % 4],
			.origin_type = ORIGIN_DEVICE,
			.origin_id = 2 + (uint32_t)i % DEVICES,
			.members = str_of(""),
			.fold = str_of(""),
			.subject = i,
			.subject_text = str_of("name,enabled")};
		events_post(t->events, &event);
	}
	return NULL;
}

static void *rename_devices(void *context)
{
	struct town *t = context;
	for (uint32_t i = 0; i < TELLINGS; i++) {
		struct device d;
		struct error e;
		assert_true(registry_device(t->registry, 2 + i % DEVICES, &d));
		snprintf(d.name, sizeof d.name, "car %u", i);
		assert_true(registry_put_device(t->registry, &d, &e));
	}
	return NULL;
}

/* Looks at sessions, ends those of passers-by now and then, and publishes. */
static void *govern(void *context)
{
	struct town *t = context;
	const struct live_view *v = t->view;
	enum { ROOM = 3 };
	struct live_session page[ROOM];
	struct error e;
	uint64_t after = 0;
	for (unsigned i = 0; i < TELLINGS; i++) {
		size_t count = v->sessions(v->context, after, page, ROOM);
		for (size_t k = 0; k < count; k++) {
			assert_true(page[k].id > after);
			after = page[k].id;
			if (i % 8 == 0 && strncmp(page[k].client_id, "passer", 6) == 0)
				(void)!v->end(v->context, page[k].id);
		}
		after = count < ROOM ? 0 : after;
		bool done = v->publish(v->context, str_of("city/news"), str_of("n"), i % 2, &e);
		assert_true(done || t->is_closing);
		assert_false(v->publish(v->context, str_of("flespi/x"), str_of(""), false, &e));
	}
	assert_false(v->end(v->context, 1));
	return NULL;
}

/* ---- those who listen ---- */

/* Until its ping is answered. False: the door has ended it. */
static bool listen_a_while(struct caller *c)
{
	caller_ping(c);
	bool is_there = caller_send(c);
	while (is_there && (is_there = caller_read(c)) && c->type != MQTT_PINGRESP)
		if (c->type == MQTT_PUBLISH && c->publish.qos && c->publish.id % 3)
			caller_acknowledge(c, c->publish.id);
	return is_there;
}

/* Ways to go. */
static void go(struct caller *c, unsigned how)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	switch (how % 4) {
	case 0:
		caller_leave(c);
		if (caller_send(c))
			while (caller_read(c))
				;
		break;
	case 1: setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger); break;
	case 2:
		assert_true(buf_add(&c->out, "\x82\x05\0\1\0\x10x", 7));
		if (caller_send(c))
			while (caller_read(c))
				;
		break;
	default: break;
	}
	caller_clear(c);
}

/* Comes and goes, in ever other ways; ends before the door is opened again. */
static void *pass_by(void *context)
{
	struct town *t = context;
	static const char *const filters[] = {"#", "flespi/message/gw/channels/1/+",
		"flespi/state/gw/devices/+/telemetry/+", "$share/p/flespi/message/gw/devices/+",
		"$share/p:0:5/flespi/log/#", "flespi/state/gw/channels/#",
		"$filter/payload=gsm.lac%3E5/flespi/message/#", "city/+"};
	unsigned me = (unsigned)atomic_fetch_add(&t->passed, 1);
	for (unsigned i = 0; i < VISITS && !t->is_closing; i++) {
		struct caller c;
		char id[20];
		snprintf(id, sizeof id, "passer %u", (me + i) % 4);
		caller_init(&c, i % 2 ? MQTT_5 : MQTT_311);
		const struct greeting g = {.key = TOWN_KEY,
			.client_id = id,
			.goes_on = i % 3 == 0,
			.expiry_s = i % 3 == 0 ? 100 : 0,
			.window = 5,
			.will = i % 4 ? "city/wills" : NULL};
		if (caller_enter(&c, t->port, &g)) {
			caller_subscribe(&c, filters[(me * 3 + i) % 8], i % 2);
			caller_publish(&c, "city/gossip", str_of("g"), i % 2, i % 5 == 0);
			if (listen_a_while(&c))
				caller_unsubscribe(&c, filters[(me * 3 + i) % 8]);
			(void)!listen_a_while(&c);
		}
		if (c.fd >= 0)
			go(&c, me + i);
	}
	return NULL;
}

/* One who stays, and must get all of it. */
struct resident {
	struct caller caller;
	size_t messages, news, opened, closed, connected, lines;
	int64_t expected[DEVICES]; /* the next number of each device */
};

static int64_t number_in(struct str payload, const char *name)
{
	char text[2000];
	assert_true(payload.len < sizeof text);
	memcpy(text, payload.at, payload.len);
	text[payload.len] = '\0';
	const char *at = strstr(text, name);
	assert_non_null(at);
	return strtoll(at + strlen(name), NULL, 10);
}

static void take(struct resident *r)
{
	const struct mqtt_publish *p = &r->caller.publish;
	if (str_starts(p->topic, "flespi/message/")) {
		int64_t number = number_in(p->payload, "\"gsm.lac\":");
		int64_t *expected = &r->expected[number % DEVICES];
		assert_int_equal(number_in(p->payload, "\"device.id\":"), 2 + number % DEVICES);
		assert_int_equal(number, *expected);
		*expected += DEVICES;
		r->messages++;
	} else if (str_starts(p->topic, "city/")) {
		r->news++;
	} else if (str_starts(p->topic, "flespi/state/")) {
		r->opened += p->payload.len != 0;
		r->closed += p->payload.len == 0;
	} else {
		assert_true(str_starts(p->topic, "flespi/log/gw/devices/"));
		r->lines++;
	}
	caller_acknowledge(&r->caller, p->id);
}

static bool has_all(const struct resident *r)
{
	return r->messages == GROUPS * RECORDS && r->news == TELLINGS &&
	       r->opened == 2 * TELLINGS && r->closed == TELLINGS && r->lines == TELLINGS;
}

static void *reside(void *context)
{
	struct resident *r = context;
	while (!has_all(r)) {
		assert_true(caller_send(&r->caller));
		caller_expect(&r->caller, MQTT_PUBLISH);
		take(r);
	}
	return NULL;
}

static void settle(struct town *t, struct resident *r)
{
	static const char *const filters[] = {"flespi/message/gw/devices/+", "city/news",
		"flespi/state/gw/channels/1/connections/+", "flespi/log/gw/devices/#"};
	*r = (struct resident){.expected = {0, 1, 2, 3}};
	caller_init(&r->caller, MQTT_5);
	assert_true(caller_enter(
		&r->caller, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "resident"}));
	for (size_t i = 0; i < 4; i++) {
		caller_subscribe(&r->caller, filters[i], 1);
		assert_true(caller_send(&r->caller));
		if (i == 2) { /* the one of list() */
			caller_expect(&r->caller, MQTT_PUBLISH);
			caller_acknowledge(&r->caller, r->caller.publish.id);
		}
		caller_expect(&r->caller, MQTT_SUBACK);
	}
}

/* ---- all at once ---- */

typedef void *work_fn(void *context);
static work_fn *const works[] = {
	commit, come_and_go, post_events, rename_devices, govern, pass_by, pass_by, pass_by};
enum { WORKS = sizeof works / sizeof *works };

static void begin_to_work(struct town *t, pthread_t threads[WORKS])
{
	for (size_t i = 0; i < WORKS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, works[i], t), 0);
}

static void end_work(const pthread_t threads[WORKS])
{
	for (size_t i = 0; i < WORKS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void who_stays_gets_all_while_others_come_and_go(void **state)
{
	struct town *t = *state;
	pthread_t threads[WORKS], residence;
	struct resident r;
	struct live_session one;
	town_opens(t);
	settle(t, &r);
	begin_to_work(t, threads);
	pthread_create(&residence, NULL, reside, &r);
	end_work(threads);
	pthread_join(residence, NULL);
	assert_int_equal(t->view->sessions(t->view->context, 0, &one, 1), 1);
	assert_string_equal(one.client_id, "resident");
	assert_true(one.is_connected && one.subscriptions == 4 && one.version == MQTT_5);
	assert_true(t->view->end(t->view->context, one.id));
	caller_expect(&r.caller, MQTT_DISCONNECT);
	assert_int_equal(r.caller.ack.reason, MQTT_ADMINISTRATIVE);
	assert_false(caller_read(&r.caller));
	caller_clear(&r.caller);
}

static void the_door_stops_while_all_work(void **state)
{
	struct town *t = *state;
	pthread_t threads[WORKS];
	struct resident r;
	struct caller quiet;
	struct error e;
	struct live_session one;
	town_opens(t);
	settle(t, &r);
	caller_init(&quiet, MQTT_5);
	assert_true(caller_enter(
		&quiet, t->port, &(struct greeting){.key = TOWN_KEY, .client_id = "quiet"}));
	begin_to_work(t, threads);
	for (int i = 0; i < 50; i++) {
		caller_expect(&r.caller, MQTT_PUBLISH);
		take(&r);
		assert_true(caller_send(&r.caller));
	}
	t->is_closing = true;
	live_stop(t->live);
	caller_expect(&quiet, MQTT_DISCONNECT);
	assert_int_equal(quiet.ack.reason, MQTT_SHUTTING_DOWN);
	assert_false(caller_read(&quiet));
	while (caller_read(&r.caller)) /* it may have no time left to be told */
		;
	assert_false(t->view->publish(t->view->context, str_of("t"), str_of("x"), false, &e));
	assert_string_equal(e.text, "the gateway stops");
	assert_int_equal(t->view->sessions(t->view->context, 0, &one, 1), 0);
	end_work(threads);
	caller_clear(&quiet);
	caller_clear(&r.caller);
}

/* ---- a door that never ran ---- */

static void release(void *handle)
{
	++*(int *)handle;
}

static void *ask_for_sessions(void *context)
{
	struct town *t = context;
	struct live_session one;
	(void)t->view->sessions(t->view->context, 0, &one, 1);
	t->passed++;
	return NULL;
}

static void a_door_that_never_ran_is_freed(void **state)
{
	struct town *t = *state;
	struct error e;
	pthread_t waiting;
	int released = 0, pair[2];
	assert_true(live_listen(t->live, &(struct live_listen){.address = "127.0.0.1"}, &e));
	assert_false(live_listen(t->live, &(struct live_listen){.address = "192.0.2.1"}, &e));
	assert_non_null(strstr(e.text, "192.0.2.1"));
	commit(t);
	come_and_go(t);
	post_events(t);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	const struct upgraded u = {
		.fd = pair[0], .early = str_of("early"), .release = release, .handle = &released};
	assert_true(t->view->take(t->view->context, &u));
	pthread_create(&waiting, NULL, ask_for_sessions, t);
	assert_int_equal(released, 0);
	live_stop(t->live);
	pthread_join(waiting, NULL); /* nobody waits for ever */
	assert_int_equal(t->passed, 1);
	assert_int_equal(released, 1);
	assert_false(t->view->take(t->view->context, &u));
	assert_int_equal(released, 1);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_stays_gets_all_while_others_come_and_go),
		TEST(the_door_stops_while_all_work),
		TEST(a_door_that_never_ran_is_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
