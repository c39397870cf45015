/* What is asked of logs and packets: the input is "target\nbody", where a target is one of four by
 * its first byte and goes on behind it, such as "d?count=1". The journals hold the same each time.
 * Whatever comes in, the answer is one JSON value with a status that fits it, and never has more
 * items than there are entries. */
#include "fuzz.h"

#include "journals.h"
#include "rest.h"

#include <jansson.h>

enum { ENTRIES = 40 };

static struct {
	char directories[2][40];
	struct journal *journals[2];
	struct events *events;
	struct packets *packets;
} house;

static void close_house(void)
{
	events_free(house.events);
	packets_free(house.packets);
	for (int i = 0; i < 2; i++)
		journal_remove(house.journals[i], house.directories[i]);
}

static void add_event(int i)
{
	static const char *const members[] = {"", "\"ident\":\"11\",\"close_code\":17",
		"\"new\":{\"name\":\"a\\\"}\",\"n\":[1,null,-0.5]},\"old\":null",
		"\"error_text\":\"\\u0007,{\",\"traffic\":{\"timestamp\":1.5}"};
	struct event event = {.code = i % 3 ? EVENT_DISCONNECTED : EVENT_CHANGED,
		.origin_type = i % 2 ? ORIGIN_DEVICE : ORIGIN_CHANNEL,
		.origin_id = i % 2 ? 2 : 1,
		.time_us = (i + 1) * 1000000,
		.members = str_of(members[i % 4])};
	events_post(house.events, &event);
}

static void open_house(void)
{
	for (int i = 0; i < 2; i++) {
		snprintf(house.directories[i], sizeof house.directories[i],
			"/tmp/cantrack-fuzz-XXXXXX");
		house.journals[i] = journal_make(house.directories[i]);
	}
	house.events = events_new(house.journals[0]);
	house.packets = packets_new(house.journals[1]);
	struct packets_lane *lane = packets_lane_open(house.packets);
	for (int i = 0; i < ENTRIES; i++) {
		struct packet packet = {(i + 1) * 1000000, 11, 1, 7, (enum packet_type)(i % 4),
			str_of(i % 4 < 2 ? "" : "*HQ#")};
		packets_add(lane, &packet);
		add_event(i);
	}
	packets_lane_close(lane);
	atexit(close_house);
}

static void check_answer(const struct rest *r)
{
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	CHECK(json != NULL);
	CHECK(r->status == 200 || r->status == 400);
	CHECK(json_array_size(json_object_get(json, "result")) <= ENTRIES);
	CHECK((json_object_get(json, "errors") != NULL) == (r->status != 200));
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/gw/devices/2/logs", "/gw/channels/1/logs",
		"/gw/devices/2/packets", "/gw/channels/1/idents/11/packets"};
	struct str rest = {(const char *)data, size};
	if (!size || memchr(data, '\0', size))
		return 0; /* texts end there */
	if (!house.events)
		open_house();
	struct str tail = str_cut(&rest, '\n');
	char target[8192], body[8192];
	const char *path = paths[(uint8_t)data[0] % 4];
	tail = tail.len ? str_from(tail, 1) : tail;
	int len = snprintf(target, sizeof target, "%s%.*s", path,
		tail.len && tail.at[0] == '?' ? (int)tail.len : 0, tail.at);
	if (len >= (int)sizeof target || rest.len >= sizeof body)
		return 0;
	snprintf(body, sizeof body, "%.*s", (int)rest.len, rest.at ? rest.at : "");
	struct rest *r = rest_new();
	rest_ask(r, METHOD_POST, "/gw/devices", "{\"configuration\":{\"ident\":\"11\"}}");
	r->context.event_journal = house.journals[0];
	r->context.packets = house.packets;
	rest_ask(r, METHOD_GET, target, body);
	check_answer(r);
	rest_free(r);
	return 0;
}
