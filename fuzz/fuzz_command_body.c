/* Commands that come over REST: the input is the JSON of one or of several. Each is refused with a
 * sentence, or its payload makes a frame for the longest id, and it comes back from its stored form as
 * it was. */
#include "fuzz.h"

#include "cantrack/command.h"
#include "model/command.h"

#include <jansson.h>
#include <string.h>

enum { NOW = 1789070047 };

static void check_stored(const struct command *c)
{
	static struct command again;
	struct buf text;
	struct error e;
	buf_init(&text, 1 << 16);
	CHECK(resource_save(&command_resource, c, &text));
	CHECK(resource_load(&command_resource, buf_str(&text), &again, &e));
	CHECK(memcmp(&again, c, sizeof again) == 0);
	buf_clear(&text);
}

static void check_payload(const struct command *c)
{
	struct str payload = str_of(c->payload);
	struct buf frame;
	struct error e;
	buf_init(&frame, COMMAND_MAX);
	CHECK(command_make(
		(struct str)STR("HQ"), (struct str)STR("9999999999999999"), payload, &frame, &e));
	CHECK(c->time_at == -1 || (c->time_at >= 0 && (size_t)c->time_at + 6 <= payload.len &&
					  memcmp(c->payload + c->time_at, "000000", 6) == 0));
	CHECK(command_nature(c).risk <= RISK_FUEL);
	buf_clear(&frame);
}

static void check_printed(const struct command *c)
{
	struct buf text;
	struct error e;
	buf_init(&text, 1 << 16);
	CHECK(resource_print(&command_resource, c, resource_shown(&command_resource), &text));
	json_t *json = resource_json(buf_str(&text), &e);
	CHECK(json);
	json_decref(json);
	buf_clear(&text);
}

static void try_one(const json_t *json, bool instant)
{
	static struct command c;
	struct refusal refusal = {{""}, ""};
	command_init(&c);
	if (!command_parse(json, instant, NOW, &c, &refusal)) {
		CHECK(refusal.why.text[0]);
		return;
	}
	CHECK(instant ? c.expires == 0 : c.expires > NOW && c.expires <= NOW + COMMAND_TTL_MAX);
	check_stored(&c);
	check_payload(&c);
	check_printed(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e;
	json_t *json = resource_json((struct str){(const char *)data, size}, &e), *one;
	size_t i;
	if (!json)
		return 0;
	json_array_foreach(json, i, one)
	{
		try_one(one, false);
		try_one(one, true);
	}
	try_one(json, false);
	json_decref(json);
	return 0;
}
