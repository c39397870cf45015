/* Sessions and retained messages go on when the gateway was stopped in order, as if nothing had happened. */
#include "porch.h"
#include "visitor.h"

#include "base/clock.h"
#include "base/log.h"
#include "live/inbox.h"
#include "live/keep.h"
#include "live/queue.h"
#include "live/retained.h"
#include "live/session.h"

#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

struct fixture {
	struct porch *porch;
	char directory[40], path[80];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	porch_begin(state);
	f->porch = *state;
	snprintf(f->directory, sizeof f->directory, "/tmp/cantrack-keep-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof f->path, "%s/live.sessions", f->directory);
	f->porch->options.directory = f->directory;
	porch_reopen(f->porch);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	void *porch = f->porch;
	porch_end(&porch);
	unlink(f->path);
	assert_int_equal(rmdir(f->directory), 0); /* nothing else lies there */
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0;
}

/* ---- clients ---- */

static void come(struct porch *p, struct caller *c, const char *key, int expected)
{
	porch_call(p, c, MQTT_5, 0);
	caller_greet(c, &(struct greeting){.key = key,
				.client_id = "c",
				.goes_on = true,
				.expiry_s = 1000,
				.window = 3});
	porch_expect(p, c, MQTT_CONNACK);
	assert_int_equal(c->connack.session_present, expected);
}

static void go(struct porch *p, struct caller *c)
{
	caller_clear(c);
	for (int i = 0; i < 4; i++)
		porch_turn(p);
}

static void subscribe(struct porch *p, struct caller *c, const char *filter, uint8_t qos)
{
	caller_subscribe(c, filter, qos);
	porch_expect(p, c, MQTT_SUBACK);
	assert_int_equal(c->suback.codes.at[0], qos);
}

/* From another client. */
static void tell(struct porch *p, const char *topic, const char *payload, bool retain)
{
	struct caller c;
	porch_enter(p, &c, MQTT_5, "publisher");
	caller_publish(&c, topic, str_of(payload), 1, retain);
	porch_expect(p, &c, MQTT_PUBACK);
	go(p, &c);
}

/* All that comes, "1=a 2+=b": identifier and payload, with + what is duplicate. */
static const char *taken(struct porch *p, struct caller *c)
{
	static char text[4096];
	size_t len = 0;
	text[0] = '\0';
	while (porch_next(p, c)) {
		const struct mqtt_publish *m = &c->publish;
		assert_int_equal(c->type, MQTT_PUBLISH);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%u%s=%.*s",
			len ? " " : "", m->id, m->duplicate ? "+" : "", STR_PRINT(m->payload));
	}
	return text;
}

/* ---- what goes on ---- */

static void queues_go_on(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c;
	come(p, &c, PORCH_KEY, 0);
	subscribe(p, &c, "t/#", 1);
	for (int i = 0; i < 6; i++) {
		const char text[] = {(char)('a' + i), '\0'};
		tell(p, "t/1", text, false);
	}
	assert_string_equal(taken(p, &c), "1=a 2=b 3=c");
	caller_acknowledge(&c, 2);
	assert_string_equal(taken(p, &c), "4=d");
	go(p, &c);
	porch_reopen(p);
	assert_false(is_file(f->path)); /* it is true once */
	tell(p, "t/2", "g", false);
	come(p, &c, PORCH_KEY, 1);
	assert_string_equal(taken(p, &c), "1+=a 3+=c 4+=d");
	go(p, &c);
	porch_reopen(p); /* and again */
	come(p, &c, PORCH_KEY, 1);
	assert_string_equal(taken(p, &c), "1+=a 3+=c 4+=d");
	for (uint16_t id = 1; id < 8; id++)
		caller_acknowledge(&c, id);
	assert_string_equal(taken(p, &c), "5=e 6=f 7=g");
	go(p, &c);
}

/* Publishes one with all that may be said of it; it is two messages for the caller. */
static void publish_all(struct porch *p, struct caller *c)
{
	struct buf properties;
	buf_init(&properties, 1000);
	assert_true(mqtt_put_text(&properties, MQTT_PROPERTY_CONTENT_TYPE, str_of("text")) &&
		    mqtt_put_number(&properties, MQTT_PROPERTY_MESSAGE_EXPIRY, 10000) &&
		    mqtt_put_text(&properties, MQTT_PROPERTY_CORRELATION_DATA, str_of("\xff")) &&
		    mqtt_put_user(&properties, str_of("k"), str_of("v")) &&
		    mqtt_put_user(&properties, str_of("k"), str_of("w")));
	const struct mqtt_delivery d = {.topic = str_of("t"),
		.payload = str_of("payload"),
		.properties = buf_str(&properties),
		.qos = 1,
		.id = 77};
	assert_true(mqtt_publish_write(&c->out, MQTT_5, &d));
	buf_clear(&properties);
	porch_expect(p, c, MQTT_PUBLISH);
	porch_expect(p, c, MQTT_PUBACK);
}

static void messages_are_what_they_were(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c;
	come(p, &c, PORCH_KEY, 0);
	subscribe(p, &c, "t", 1);
	subscribe(p, &c, "+", 1);
	publish_all(p, &c);
	go(p, &c);
	char *before = strndup("", 0);
	for (int i = 0; i < 2; i++) {
		come(p, &c, PORCH_KEY, 1);
		porch_expect(p, &c, MQTT_PUBLISH);
		const struct mqtt_properties *got = &c.publish.properties;
		assert_in_range(got->number[MQTT_PROPERTY_MESSAGE_EXPIRY], 9900, 10000);
		assert_str(got->text[MQTT_PROPERTY_CONTENT_TYPE], "text");
		assert_str(got->text[MQTT_PROPERTY_CORRELATION_DATA], "\xff");
		assert_str(c.publish.payload, "payload");
		struct str rest = got->raw, name, value;
		char *users = NULL;
		size_t len = 0;
		FILE *to = open_memstream(&users, &len);
		while (mqtt_user_next(&rest, &name, &value))
			fprintf(to, "%.*s=%.*s ", STR_PRINT(name), STR_PRINT(value));
		fclose(to);
		assert_true(str_starts(str_of(users), "k=v k=w timestamp="));
		assert_true(!i || strcmp(users, before) == 0);
		free(before);
		before = users;
		go(p, &c);
		porch_reopen(p);
	}
	free(before);
}

static void subscriptions_go_on(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c, other;
	come(p, &c, PORCH_KEY, 0);
	subscribe(p, &c, "$filter/payload=speed>5/cars/+", 1);
	subscribe(p, &c, "$share/s:0:1/shared/#", 1);
	struct mqtt_topic topic = {
		.filter = str_of("own"), .qos = 0, .no_local = true, .retain_as_published = true};
	assert_true(mqtt_subscribe_write(&c.out, MQTT_5, 9, &topic, 1, str_of("\x0b\x05")));
	porch_expect(p, &c, MQTT_SUBACK);
	topic.filter = str_of("foreign");
	assert_true(mqtt_subscribe_write(
		&c.out, MQTT_5, 10, &topic, 1, (struct str){"\x26\0\3cid\0\0017", 9}));
	porch_expect(p, &c, MQTT_SUBACK);
	go(p, &c);
	porch_reopen(p);
	come(p, &c, PORCH_KEY, 1);
	caller_publish(&c, "own", str_of("mine"), 0, false);
	porch_enter(p, &other, MQTT_5, "other");
	static const char *const topics[] = {"cars/1", "cars/2", "shared/x", "foreign", "gone"};
	static const char *const payloads[] = {"{\"speed\":5}", "{\"speed\":6}", "s", "f", "g"};
	for (size_t i = 0; i < 5; i++) {
		caller_publish(&other, topics[i], str_of(payloads[i]), 1, false);
		porch_expect(p, &other, MQTT_PUBACK);
		assert_int_equal(
			other.ack.reason, i == 1 || i == 2 ? MQTT_SUCCESS : MQTT_NO_SUBSCRIBERS);
	}
	assert_string_equal(taken(p, &c), "1={\"speed\":6} 2=s");
	caller_publish(&other, "own", str_of("yours"), 0, true);
	assert_false(porch_next(p, &other));
	porch_expect(p, &c, MQTT_PUBLISH);
	assert_str(c.publish.payload, "yours");
	assert_true(c.publish.retain);
	assert_int_equal(c.publish.properties.number[MQTT_PROPERTY_SUBSCRIPTION_ID], 5);
	go(p, &c);
	go(p, &other);
}

static void retained_messages_go_on(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c;
	tell(p, "a", "kept", true);
	tell(p, "b", "forgotten", true);
	tell(p, "b", "", true);
	porch_reopen(p);
	assert_int_equal(p->live->retained_count, 1);
	porch_enter(p, &c, MQTT_5, "c");
	caller_subscribe(&c, "+", 1);
	porch_expect(p, &c, MQTT_PUBLISH);
	assert_str(c.publish.payload, "kept");
	porch_expect(p, &c, MQTT_SUBACK);
	go(p, &c);
}

/* ---- what does not ---- */

static void sessions_of_bad_tokens_do_not_go_on(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c, other;
	struct token t[2];
	struct error e;
	for (size_t i = 0; i < 2; i++) {
		token_init(&t[i]);
		t[i].ttl = 1000;
	}
	assert_true(tokens_add(p->tokens, t, 2, clock_now_us(), &e));
	come(p, &c, t[0].key, 0);
	subscribe(p, &c, "t", 1);
	come(p, &other, t[1].key, 0);
	subscribe(p, &other, "t", 1);
	go(p, &c);
	go(p, &other);
	tell(p, "t", "x", false);
	assert_int_equal(p->live->session_count, 2);
	inbox_stop(p->live);
	assert_int_equal(tokens_delete(p->tokens, t[0].id, &e), TOKENS_DONE);
	porch_reopen(p);
	assert_int_equal(p->live->session_count, 1);
	come(p, &other, t[1].key, 1);
	assert_string_equal(taken(p, &other), "1=x");
	go(p, &other);
}

static void what_ends_with_its_client_does_not_go_on(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	struct caller c;
	porch_enter(p, &c, MQTT_5, "clean");
	subscribe(p, &c, "t", 1);
	caller_clear(&c);
	porch_reopen(p);
	assert_int_equal(p->live->session_count, 0);
	come(p, &c, PORCH_KEY, 0);
	go(p, &c);
	p->live->sessions->expires_us = 1; /* its time is over when it is looked for again */
	porch_reopen(p);
	sessions_tick(p->live);
	assert_int_equal(p->live->session_count, 0);
}

/* ---- damage ---- */

static size_t read_file(const char *path, char *out)
{
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	size_t len = fread(out, 1, FILE_MAX, file);
	fclose(file);
	assert_in_range(len, 100, FILE_MAX - 1);
	return len;
}

/* Loads these bytes. Whatever they are, the door can throw away what came of it. */
static void load(struct fixture *f, const char *bytes, size_t len)
{
	struct live *l = f->porch->live;
	FILE *file = fopen(f->path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
	keep_load(l);
	assert_false(is_file(f->path));
	for (struct session *s = l->sessions, *next; s; s = next) { /* it is written as well */
		next = s->hh.next;
		struct visitor *v = visitor_come(l, s, MQTT_5);
		session_pump(l, s);
		visitor_go(v);
	}
	sessions_tick(l);
	retained_tick(l);
}

static void throw_away(struct live *l)
{
	while (l->sessions)
		session_end(l, l->sessions);
	retained_clear(l);
	assert_int_equal(l->entry_bytes, 0);
	assert_int_equal(l->publication_bytes, 0);
	assert_int_equal(l->session_count, 0);
	assert_null(l->groups);
	assert_null(l->holders);
}

static void what_is_damaged_is_left_out(void **state)
{
	struct fixture *f = *state;
	struct porch *p = f->porch;
	static char whole[FILE_MAX], bytes[FILE_MAX];
	struct caller c;
	tell(p, "kept", "retained", true);
	come(p, &c, PORCH_KEY, 0);
	const struct mqtt_topic topics[] = {{.filter = str_of("t"), .qos = 1},
		{.filter = str_of("#"), .qos = 1}, {.filter = str_of("$share/s/t"), .qos = 1},
		{.filter = str_of("$filter/payload=a/x"), .qos = 1}};
	assert_true(mqtt_subscribe_write(&c.out, MQTT_5, 9, topics, 4, str_of("\x0b\x05")));
	while (porch_next(p, &c) && c.type == MQTT_PUBLISH) /* what is retained */
		caller_acknowledge(&c, c.publish.id);
	for (int i = 0; i < 3; i++)
		tell(p, "t", "message", false);
	porch_expect(p, &c, MQTT_PUBLISH);
	porch_expect(p, &c, MQTT_PUBLISH);
	caller_acknowledge(&c, 2);
	go(p, &c);
	keep_save(p->live);
	throw_away(p->live);
	size_t len = read_file(f->path, whole);
	log_set_level((enum log_level)0); /* each would be told */
	for (size_t i = 0; i <= len; i++) {
		load(f, whole, i);
		assert_int_equal(p->live->session_count, i + 1 >= len); /* a 1 ends it */
		throw_away(p->live);
	}
	for (size_t i = 0; i < len; i++)
		for (int how = 0; how < 3; how++) {
			memcpy(bytes, whole, len);
			bytes[i] = (char)(how ? bytes[i] ^ (how == 1 ? 1 : 0xff) : 0x80);
			load(f, bytes, len);
			throw_away(p->live);
		}
	for (size_t i = 0; i < len; i++) { /* very large numbers */
		static const char large[] = "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
		memcpy(bytes, whole, i);
		memcpy(bytes + i, large, 9);
		memcpy(bytes + i + 9, whole + i + 1, len - i - 1);
		load(f, bytes, len + 8);
		throw_away(p->live);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(queues_go_on),
		TEST(messages_are_what_they_were),
		TEST(subscriptions_go_on),
		TEST(retained_messages_go_on),
		TEST(sessions_of_bad_tokens_do_not_go_on),
		TEST(what_ends_with_its_client_does_not_go_on),
		TEST(what_is_damaged_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
