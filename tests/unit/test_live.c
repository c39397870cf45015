/* The live door as it runs: on its own thread, with sockets, while others commit, tell, ask and end. What is
 * asserted does not depend on who comes first. */
#include "caller.h"

#include "base/clock.h"
#include "core/metrics.h"
#include "fake_store.h"
#include "journals.h"
#include "live/door.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

enum { DEVICES = 4, GROUPS = 60, RECORDS = 10, TELLINGS = 150, VISITS = 25, PASSERS = 3 };

struct town {
	struct store *store;
	struct registry *registry;
	struct tokens *tokens;
	char directory[40];
	struct journal *journal;
	struct events *events;
	struct live *live;
	const struct live_view *view;
	const struct presence *presence;
	struct connections connections;
	uint16_t port;
	atomic_bool is_closing; /* calls may fail from now on */
	atomic_size_t passed;
};

/* ---- the town ---- */

static size_t list(void *context, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	(void)context;
	if (after || !room || (channel && channel != 1) || (ident && ident != 1001))
		return 0;
	*out = (struct connection){77, 1001, 1, 2, {4, {10, 0, 0, 1}, 5}, 1000000};
	return 1;
}

static bool is_connected(void *context, uint64_t ident)
{
	(void)context;
	return ident == 1001;
}

static void put_items(struct town *t)
{
	struct channel c;
	struct device d;
	struct error e;
	channel_init(&c);
	assert_true(registry_put_channel(t->registry, &c, &e));
	for (uint64_t i = 1; i <= DEVICES; i++) { /* 2, 3, ... */
		device_init(&d);
		d.ident = 1000 + i;
		assert_true(registry_put_device(t->registry, &d, &e));
		fake_store_message(
			t->store, 1, d.id, d.ident, (int64_t)i * 1000000, (int64_t)i * 1000000);
	}
}

static int begin(void **state)
{
	struct town *t = calloc(1, sizeof *t);
	struct error e;
	t->store = fake_store_new();
	t->registry = registry_open(t->store, &e);
	t->tokens = tokens_open(&(struct tokens_options){.store = t->store, .admin_key = KEY}, &e);
	assert_true(t->registry && t->tokens);
	snprintf(t->directory, sizeof t->directory, "/tmp/cantrack-live-XXXXXX");
	t->journal = journal_make(t->directory);
	t->events = events_new(t->journal);
	put_items(t);
	t->live = live_new(&(struct live_options){.store = t->store,
		.registry = t->registry,
		.events = t->events,
		.queue_bytes = 8 << 20});
	t->view = live_view(t->live);
	t->presence = live_presence(t->live);
	t->connections = (struct connections){.is_connected = is_connected, .list = list};
	*state = t;
	return 0;
}

static void open_door(struct town *t)
{
	struct error e;
	assert_true(live_listen(t->live, &(struct live_listen){.address = "127.0.0.1"}, &e));
	live_run(t->live, t->tokens, &t->connections);
	t->port = t->view->port(t->view->context, false);
	assert_int_not_equal(t->port, 0);
	assert_int_equal(t->view->port(t->view->context, true), 0);
}

static int end(void **state)
{
	struct town *t = *state;
	live_stop(t->live);
	events_free(t->events);
	live_free(t->live);
	journal_remove(t->journal, t->directory);
	tokens_close(t->tokens);
	registry_close(t->registry);
	fake_store_free(t->store);
	free(t);
	assert_int_equal(metric_get(live_clients), 0);
	assert_int_equal(metric_get(live_sessions), 0);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

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
	for (int64_t group = 0; group < GROUPS; group++) {
		struct record records[RECORDS];
		for (int64_t i = 0; i < RECORDS; i++) {
			int64_t number = group * RECORDS + i;
			make_record(
				&records[i], (uint32_t)(2 + number % DEVICES), number, bodies[i]);
		}
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
		const struct greeting g = {.key = KEY,
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
		&r->caller, t->port, &(struct greeting){.key = KEY, .client_id = "resident"}));
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
	open_door(t);
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
	open_door(t);
	settle(t, &r);
	caller_init(&quiet, MQTT_5);
	assert_true(caller_enter(
		&quiet, t->port, &(struct greeting){.key = KEY, .client_id = "quiet"}));
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

/* ---- many of them ---- */

/* Each ends in another stage, with a reset or without; then the door is as it was. */
static void many_go_without_a_word(void **state)
{
	enum { MANY = 160 };
	struct town *t = *state;
	struct caller c, last;
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	open_door(t);
	for (unsigned i = 0; i < MANY; i++) {
		caller_init(&c, i % 2 ? MQTT_5 : MQTT_311);
		assert_true(caller_call(&c, t->port));
		caller_greet(
			&c, &(struct greeting){.key = KEY, .client_id = "c", .will = "city/w"});
		if (i % 5 == 0)
			c.out.len /= 2;
		if (i % 5 > 1)
			caller_subscribe(&c, "#", 1);
		if (i % 5 > 2)
			caller_publish(&c, "city/x", str_of("x"), 1, true);
		assert_true(caller_send(&c));
		if (i % 5 == 4 && i % 3)
			(void)!caller_read(&c);
		if (i % 3)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		caller_clear(&c);
	}
	caller_init(&last, MQTT_5);
	assert_true(
		caller_enter(&last, t->port, &(struct greeting){.key = KEY, .client_id = "last"}));
	for (int tries = 0; metric_get(live_clients) > 1; tries++) {
		assert_in_range(tries, 0, 5000);
		usleep(1000);
	}
	struct live_session all[2];
	assert_int_equal(t->view->sessions(t->view->context, 0, all, 2), 1);
	caller_leave(&last);
	assert_true(caller_send(&last));
	assert_false(caller_read(&last));
	caller_clear(&last);
}

/* Bytes by chance, with a greeting before or without. */
static void *talk_nonsense(void *context)
{
	struct town *t = context;
	uint32_t dice = 1 + (uint32_t)atomic_fetch_add(&t->passed, 1);
	for (int i = 0; i < 40; i++) {
		struct caller c;
		char bytes[300];
		caller_init(&c, MQTT_5);
		for (size_t k = 0; k < sizeof bytes; k++) {
			dice = dice * 1664525 + 1013904223;
			bytes[k] = (char)(dice >> 24 & (k % 3 ? 0x13 : 0xff));
		}
		assert_true(caller_call(&c, t->port));
		if (i % 4)
			caller_greet(&c, &(struct greeting){.key = KEY, .client_id = ""});
		if (i % 4 > 1)
			caller_subscribe(&c, "#", 1);
		assert_true(buf_add(&c.out, bytes, sizeof bytes - (size_t)i));
		if (caller_send(&c))
			shutdown(c.fd, SHUT_WR);
		while (caller_read(&c))
			;
		caller_clear(&c);
	}
	return NULL;
}

static void nonsense_ends_who_says_it(void **state)
{
	struct town *t = *state;
	pthread_t threads[PASSERS];
	struct caller c;
	open_door(t);
	caller_init(&c, MQTT_311);
	assert_true(
		caller_enter(&c, t->port, &(struct greeting){.key = KEY, .client_id = "sober"}));
	for (size_t i = 0; i < PASSERS; i++)
		pthread_create(&threads[i], NULL, talk_nonsense, t);
	for (size_t i = 0; i < PASSERS; i++)
		pthread_join(threads[i], NULL);
	caller_ping(&c);
	assert_true(caller_send(&c));
	caller_expect(&c, MQTT_PINGRESP);
	caller_clear(&c);
}

/* It is ended, whatever waits for it is bounded, and who reads gets all. */
static void who_never_reads_ends_alone(void **state)
{
	enum { MANY = 900, BYTES = 20000 };
	struct town *t = *state;
	static char payload[BYTES];
	struct caller deaf, keen;
	struct error e;
	uint64_t before = metric_get(live_overflows);
	memset(payload, 'x', sizeof payload);
	open_door(t);
	caller_init(&deaf, MQTT_311);
	caller_init(&keen, MQTT_5);
	assert_true(
		caller_enter(&deaf, t->port, &(struct greeting){.key = KEY, .client_id = "deaf"}));
	assert_true(
		caller_enter(&keen, t->port, &(struct greeting){.key = KEY, .client_id = "keen"}));
	caller_subscribe(&deaf, "city/#", 1);
	assert_true(caller_send(&deaf));
	caller_expect(&deaf, MQTT_SUBACK);
	caller_subscribe(&keen, "city/#", 0);
	assert_true(caller_send(&keen));
	caller_expect(&keen, MQTT_SUBACK);
	for (int i = 0; i < MANY; i++) {
		assert_true(t->view->publish(t->view->context, str_of("city/x"),
			(struct str){payload, sizeof payload}, false, &e));
		caller_expect(&keen, MQTT_PUBLISH);
	}
	assert_int_equal(metric_get(live_overflows) - before, 1);
	struct live_session all[2];
	assert_int_equal(t->view->sessions(t->view->context, 0, all, 2), 1);
	assert_string_equal(all[0].client_id, "keen");
	caller_clear(&deaf);
	caller_clear(&keen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_stays_gets_all_while_others_come_and_go),
		TEST(the_door_stops_while_all_work),
		TEST(a_door_that_never_ran_is_freed),
		TEST(many_go_without_a_word),
		TEST(nonsense_ends_who_says_it),
		TEST(who_never_reads_ends_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
