/* Commands as REST takes, shows and keeps them. */
#include "test.h"

#include "model/command.h"
#include "model/filter.h"

#include <jansson.h>

#define NOW 1789070047

struct parsed {
	struct command command;
	struct refusal refusal;
	bool done;
};

static struct parsed *parse_as(const char *text, bool instant)
{
	static struct parsed p;
	struct error e;
	json_t *json = resource_json(str_of(text), &e);
	assert_non_null(json);
	command_init(&p.command);
	p.refusal = (struct refusal){{""}, ""};
	p.done = command_parse(json, instant, NOW, &p.command, &p.refusal);
	json_decref(json);
	return &p;
}

static struct parsed *parse(const char *text)
{
	return parse_as(text, false);
}

static struct command *parsed(const char *text)
{
	struct parsed *p = parse(text);
	assert_string_equal(p->refusal.why.text, "");
	assert_true(p->done);
	return &p->command;
}

static void all_of_a_request_is_read(void **state)
{
	(void)state;
	const struct command *c = parsed(
		"{\"name\":\"custom\",\"properties\": {\"payload\": \"CMD,130305,stop654321\"},"
		"\"ttl\":3600,\"max_attempts\":7,\"priority\":12,\"condition\":\"position.speed<"
		"5\","
		"\"meta\":{\"from\": \"me\"},\"timeout\":30,\"confirm\":true,\"force\":true,"
		"\"repeat\":true,\"address\":\"connection\"}");
	assert_string_equal(c->name, "custom");
	assert_string_equal(c->properties, "{\"payload\":\"CMD,130305,stop654321\"}");
	assert_string_equal(c->payload, "CMD,130305,stop654321");
	assert_int_equal(c->time_at, -1);
	assert_int_equal(c->ttl, 3600);
	assert_int_equal(c->expires, NOW + 3600);
	assert_int_equal(c->max_attempts, 7);
	assert_int_equal(c->priority, 12);
	assert_string_equal(c->condition, "position.speed<5");
	assert_string_equal(c->meta, "{\"from\":\"me\"}");
	assert_int_equal(c->timeout, 30);
	assert_true(c->confirm && c->force && c->repeat && !c->instant);
	assert_true(c->state == COMMAND_QUEUED && !c->executed && !c->has_response);
}

static void what_is_not_given_has_a_default(void **state)
{
	(void)state;
	const struct command *c = parsed("{\"name\":\"engine.stop\"}");
	assert_string_equal(c->properties, "");
	assert_string_equal(c->payload, "S20,000000,1,1");
	assert_int_equal(c->time_at, 4);
	assert_int_equal(c->expires, NOW + 86400);
	assert_true(c->ttl == 0 && c->timeout == 0 && c->priority == 0);
	assert_int_equal(c->max_attempts, 1); /* a fuel cut */
	assert_true(!*c->condition && !*c->meta && !c->confirm && !c->force && !c->repeat);
	c = parsed("{\"name\":\"restart\",\"properties\":null,\"meta\":null,\"ttl\":null,"
		   "\"timeout\":null,\"expires\":1791662047}");
	assert_int_equal(c->max_attempts, COMMAND_ATTEMPTS);
	assert_int_equal(c->expires, NOW + COMMAND_TTL_MAX);
}

/* The same object may go to the queue and to the tracker at once. */
static void an_instant_command_has_no_queue(void **state)
{
	(void)state;
	const struct parsed *p =
		parse_as("{\"name\":\"custom\",\"properties\":{\"payload\":\"R1\"},\"timeout\":10,"
			 "\"ttl\":1,\"expires\":-1,\"priority\":\"x\",\"condition\":\"((\","
			 "\"max_attempts\":0,\"meta\":{\"a\":1}}",
			true);
	assert_true(p->done);
	assert_true(p->command.instant && p->command.timeout == 10 && p->command.expires == 0);
	assert_true(p->command.ttl == 0 && p->command.priority == 0 && !*p->command.condition);
	assert_int_equal(p->command.max_attempts, 1);
	assert_string_equal(p->command.meta, "{\"a\":1}");
	assert_false(parse_as("{\"name\":\"restart\",\"timeout\":61}", true)->done);
}

static void values_become_payloads(void **state)
{
	(void)state;
	static const struct {
		const char *name, *properties, *payload;
	} rows[] = {
		{"interval.set", "{\"seconds\":20}", "D1,000000,20"},
		{"interval.set", "{\"seconds\":\"20\"}", "D1,000000,20"},
		{"cells.set", "{\"count\":6}", "S80,000000,06"},
		{"alarm.switch.set", "{\"alarm\":3,\"enabled\":true}", "S19,000000,3,1"},
		{"alarm.switch.set", "{\"alarm\":0,\"enabled\":false}", "S19,000000,0,0"},
		{"fence.set", "{\"radius\":500}", "S21,000000,500,3"},
		{"center.set", "{\"number\":\"+4915112345\"}", "S2,000000,+4915112345"},
		{"admins.set", "{\"numbers\":[\"13812341234\",13812341235]}",
			"S3,000000,13812341234,13812341235"},
		{"admins.set", "{\"numbers\":\"1,2\"}", "S3,000000,1,2"},
		{"engine.stop.pulsed", "{\"steps\":[2,10,\"5\"]}", "S20,000000,1,2,10,5"},
		{"engine.stop.pulsed", "{}", "S20,000000,1,3,10,3,5,5,3,5,3,5"},
		{"server.set", "{\"port\":5013,\"address\":\"192.0.2.1\"}",
			"S23,000000,192,0,2,1,5013"},
		{"apn.set", "{\"apn\":\"internet\"}", "S24,000000,internet,,"},
		{"move.alarm.set", "{}", "CMD,000000,move654321 0050"},
		{"mode.md.times", "{\"times\":[\"8:00\",\"20:30\"]}", "MD123456 2 3 8:00 20:30"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[300];
		snprintf(text, sizeof text, "{\"name\":\"%s\",\"properties\":%s}", rows[i].name,
			rows[i].properties);
		assert_string_equal(parsed(text)->payload, rows[i].payload);
	}
}

static const struct {
	const char *text, *member, *why;
} refused[] = {
	{"[]", "", "a command must be an object"},
	{"{}", "name", "name is missing"},
	{"{\"name\":5}", "name", "name must be a string"},
	{"{\"name\":\"restart\",\"colour\":1}", "colour", "unknown property colour"},
	{"{\"name\":\"restart\",\"stored\":{}}", "stored", "unknown property stored"},
	{"{\"name\":\"restart\",\"id\":1}", "id", "id cannot be set"},
	{"{\"name\":\"restart\",\"payload\":\"x\"}", "payload", "payload cannot be set"},
	{"{\"name\":\"restart\",\"address\":\"sms\"}", "address",
		"address can only be \"connection\""},
	{"{\"name\":\"restart\",\"ttl\":59}", "ttl", "ttl is 59, the limits are 60 and 2592000"},
	{"{\"name\":\"restart\",\"ttl\":0}", "ttl", "ttl is 0, the limits are 60 and 2592000"},
	{"{\"name\":\"restart\",\"ttl\":60,\"expires\":1789080000}", "expires",
		"ttl and expires are both given; one of them is enough"},
	{"{\"name\":\"restart\",\"expires\":1789070047}", "expires",
		"expires is 1789070047, which is past"},
	{"{\"name\":\"restart\",\"expires\":1791662048}", "expires",
		"expires is 1791662048, more than 2592000 seconds ahead"},
	{"{\"name\":\"restart\",\"max_attempts\":101}", "max_attempts",
		"max_attempts is 101, the limits are 1 and 100"},
	{"{\"name\":\"restart\",\"priority\":-1}", "priority",
		"priority is -1, the limits are 0 and 1000"},
	{"{\"name\":\"restart\",\"timeout\":4}", "timeout",
		"timeout is 4, the limits are 5 and 60"},
	{"{\"name\":\"restart\",\"meta\":[]}", "meta", "meta must be an object"},
	{"{\"name\":\"restart\",\"confirm\":1}", "confirm", "confirm must be true or false"},
	{"{\"name\":\"restart\",\"properties\":[]}", "properties", "properties must be an object"},
	{"{\"name\":\"restart\",\"properties\":{\"x\":1}}", "properties.x",
		"unknown property properties.x"},
	{"{\"name\":\"interval.set\"}", "properties.seconds", "properties.seconds is missing"},
	{"{\"name\":\"alarm.switch.set\",\"properties\":{\"alarm\":1}}", "properties.enabled",
		"properties.enabled is missing"},
	{"{\"name\":\"interval.set\",\"properties\":{\"seconds\":1.5}}", "properties.seconds",
		"properties.seconds must be a whole number"},
	{"{\"name\":\"interval.set\",\"properties\":{\"seconds\":true}}", "properties.seconds",
		"properties.seconds must be a whole number"},
	{"{\"name\":\"interval.set\",\"properties\":{\"seconds\":[5]}}", "properties.seconds",
		"properties.seconds must be a whole number"},
	{"{\"name\":\"apn.set\",\"properties\":{\"apn\":\"a\",\"user\":null}}", "properties.user",
		"properties.user must be a string"},
	{"{\"name\":\"admins.set\",\"properties\":{\"numbers\":[\"1,2\"]}}", "properties.numbers",
		"properties.numbers must be an array of strings without commas"},
	{"{\"name\":\"engine.stop.pulsed\",\"properties\":{\"steps\":[1.5]}}", "properties.steps",
		"properties.steps must be an array of whole numbers"},
	{"{\"name\":\"custom\",\"properties\":{\"payload\":\"*HQ\"}}", "properties.payload",
		"the payload begins with '*'; give the part behind the id only"},
};

static void what_is_not_right_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct parsed *p = parse(refused[i].text);
		assert_false(p->done);
		assert_string_equal(p->refusal.why.text, refused[i].why);
		assert_string_equal(p->refusal.member, refused[i].member);
	}
}

/* What the catalogue refuses: the member is told, the sentence names property and limit. */
static void values_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *text, *member, *name, *limit;
	} rows[] = {
		{"{\"name\":\"interval.set\",\"properties\":{\"seconds\":0}}", "properties.seconds",
			"seconds", "65535"},
		{"{\"name\":\"alarm.mode.set\",\"properties\":{\"mode\":3}}", "properties.mode",
			"mode", "2"},
		{"{\"name\":\"admins.set\",\"properties\":{\"numbers\":[]}}", "properties.numbers",
			"numbers", "5"},
		{"{\"name\":\"apn.set\",\"properties\":{\"apn\":\"\"}}", "properties.apn", "apn",
			"1"},
		{"{\"name\":\"server.set\",\"properties\":{\"address\":\"1.2.3\",\"port\":1}}",
			"properties.address", "address", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct parsed *p = parse(rows[i].text);
		assert_false(p->done);
		assert_string_equal(p->refusal.member, rows[i].member);
		assert_non_null(strstr(p->refusal.why.text, rows[i].name));
		assert_non_null(strstr(p->refusal.why.text, rows[i].limit));
	}
}

static void an_unknown_name_is_told_what_there_is(void **state)
{
	(void)state;
	struct parsed *p = parse("{\"name\":\"engine.explode\"}");
	static const char begin[] =
		"there is no command 'engine.explode'; there are custom, engine.stop, ";
	const char *text = p->refusal.why.text;
	assert_false(p->done);
	assert_string_equal(p->refusal.member, "name");
	assert_memory_equal(text, begin, strlen(begin));
	assert_string_equal(text + strlen(text) - 5, ", \xe2\x80\xa6");
	char body[1200];
	snprintf(body, sizeof body, "{\"name\":\"%0999d\"}", 0);
	p = parse(body);
	assert_false(p->done);
	assert_string_equal(text + strlen(text) - 5, ", \xe2\x80\xa6"); /* nothing was cut */
}

static void limits_hold(void **state)
{
	(void)state;
	char body[4000];
	/* with the longest id, "*HQ,9999999999999999," and '#' leave 490 bytes */
	snprintf(body, sizeof body, "{\"name\":\"custom\",\"properties\":{\"payload\":\"%0490d\"}}",
		0);
	assert_int_equal(strlen(parsed(body)->payload), 490);
	snprintf(body, sizeof body, "{\"name\":\"custom\",\"properties\":{\"payload\":\"%0491d\"}}",
		0);
	assert_string_equal(parse(body)->refusal.member, "properties.payload");
	assert_non_null(strstr(parse(body)->refusal.why.text, "490"));
	snprintf(body, sizeof body, "{\"name\":\"restart\",\"condition\":\"%01024d\"}", 0);
	(void)parsed(body);
	snprintf(body, sizeof body, "{\"name\":\"restart\",\"condition\":\"%01025d\"}", 0);
	assert_string_equal(
		parse(body)->refusal.why.text, "condition has 1025 bytes, the limit is 1024");
	struct parsed *p = parse("{\"name\":\"restart\",\"condition\":\"speed>(\"}");
	assert_false(p->done);
	assert_string_equal(p->refusal.member, "condition");
	assert_memory_equal(p->refusal.why.text, "condition: ", 11);
	snprintf(body, sizeof body, "{\"name\":\"restart\",\"meta\":{\"a\":\"%01020d\"}}", 0);
	assert_string_equal(
		parse(body)->refusal.why.text, "meta has more than 1024 bytes without blanks");
	snprintf(body, sizeof body, "{\"name\":\"restart\",\"properties\":{\"a\":\"%02048d\"}}", 0);
	assert_string_equal(parse(body)->refusal.why.text,
		"properties has more than 2048 bytes without blanks");
}

/* ---- the stored form ---- */

static void save(const struct command *c, struct buf *out)
{
	buf_init(out, 65536);
	assert_true(resource_save(&command_resource, c, out));
}

static void assert_comes_back(const struct command *c)
{
	static struct command again;
	struct buf text;
	struct error e = {""};
	save(c, &text);
	memset(&again, 0x55, sizeof again);
	assert_true(resource_load(&command_resource, buf_str(&text), &again, &e));
	assert_true(again.id == 0 && again.device == 0 && again.position == 0);
	again.id = c->id;
	again.device = c->device;
	again.position = c->position;
	assert_memory_equal(&again, c, sizeof again);
	buf_clear(&text);
}

static void the_stored_form_comes_back(void **state)
{
	(void)state;
	struct command *c = parsed("{\"name\":\"restart\"}");
	assert_comes_back(c);
	c = parsed("{\"name\":\"apn.set\",\"properties\":{\"apn\":\"\xc3\xbc\\\"\\\\x\"},"
		   "\"ttl\":60,\"max_attempts\":1,\"priority\":1000,\"condition\":\"a=="
		   "\\\"\\\\\\\"\\\"\","
		   "\"meta\":{\"\\\"\":[0.1,null,\"\\u20ac\"]},\"timeout\":5,\"confirm\":true,"
		   "\"force\":true,\"repeat\":true}");
	c->id = 1789070047258876;
	c->device = 7;
	c->position = 4;
	c->created_us = 1789070047258876;
	assert_comes_back(c);
	c->ended_us = 1789070060000001;
	c->sent_us = 1789070059999999;
	c->attempts = 2;
	c->executed = true;
	c->state = COMMAND_EXPIRED;
	c->confirmed = CONFIRMED_YES;
	c->has_response = true;
	snprintf(c->response, sizeof c->response, "*HQ,1,V4,\"\\\t\xe2\x82\xac\x7f#");
	snprintf(c->reply, sizeof c->reply, "\"\\\x01");
	assert_comes_back(c);
	c = &parse_as("{\"name\":\"fence.set\",\"properties\":{\"radius\":1}}", true)->command;
	c->has_response = true; /* of no bytes */
	assert_comes_back(c);
}

/* Bytes that are no characters take more room in JSON than they had; nothing is lost but them. */
static void a_broken_response_is_kept(void **state)
{
	(void)state;
	static struct command again;
	struct command *c = parsed("{\"name\":\"restart\"}");
	struct buf text;
	struct error e;
	c->has_response = true;
	snprintf(c->response, sizeof c->response, "*HQ,\xff,V4#");
	memset(c->reply, 0xff, sizeof c->reply - 1);
	save(c, &text);
	assert_true(resource_load(&command_resource, buf_str(&text), &again, &e));
	assert_string_equal(again.response, "*HQ,\xef\xbf\xbd,V4#");
	assert_int_equal(strlen(again.reply), COMMAND_RESPONSE_BYTES / 3 * 3);
	assert_memory_equal(again.reply + strlen(again.reply) - 3, "\xef\xbf\xbd", 3);
	buf_clear(&text);
}

static void a_stored_form_that_is_broken_is_refused(void **state)
{
	(void)state;
	static struct command c;
	struct error e;
	assert_false(resource_load(&command_resource,
		(struct str)STR("{\"name\":\"restart\",\"stored\":{\"state\":6}}"), &c, &e));
	assert_string_equal(e.text, "stored command: stored.state is 6, the limits are 0 and 5");
}

/* ---- printing ---- */

static void assert_shown(const struct command *c, const char *list, const char *expected)
{
	uint64_t rows = resource_shown(&command_resource);
	struct str unknown;
	struct buf out;
	buf_init(&out, 65536);
	assert_true(!list || resource_select(&command_resource, str_of(list), &rows, &unknown));
	assert_true(resource_print(&command_resource, c, rows, &out));
	assert_buf(out, expected);
	buf_clear(&out);
}

static struct command *example(void)
{
	struct command *c = parsed("{\"name\":\"custom\",\"properties\":{\"payload\":"
				   "\"S2,130305,13812341234\"},\"ttl\":86400}");
	c->id = 1789070047258876;
	c->device = 8958982;
	c->created_us = 1789070047258876;
	return c;
}

static void a_queue_item_is_printed(void **state)
{
	(void)state;
	struct command *c = example();
	assert_shown(c, NULL,
		"{\"id\":1789070047258876,\"device_id\":8958982,\"name\":\"custom\","
		"\"properties\":{\"payload\":\"S2,130305,13812341234\"},\"timestamp\":"
		"1789070047.258876,\"expires\":1789156447,\"executed\":false,\"response\":null,"
		"\"reply\":null,\"attempts\":0,\"max_attempts\":3,\"priority\":0,\"condition\":"
		"\"\","
		"\"meta\":null,\"sent\":null,\"state\":\"queued\",\"confirmed_by_status\":null,"
		"\"payload\":\"S2,130305,13812341234\"}");
	assert_shown(c, "position,timeout,force",
		"{\"timeout\":null,\"force\":false,\"position\":null}");
	c->position = 1;
	c->timeout = 10;
	assert_shown(c, "position,timeout", "{\"timeout\":10,\"position\":1}");
}

static void a_result_is_printed(void **state)
{
	(void)state;
	struct command *c = example();
	c->ended_us = 1789070060500000;
	c->sent_us = 1789070060250000;
	c->attempts = 1;
	c->state = COMMAND_DONE;
	c->executed = c->has_response = true;
	c->confirmed = CONFIRMED_NO;
	snprintf(c->response, sizeof c->response, "*HQ,130305,V4,S2,130305,OK#");
	snprintf(c->reply, sizeof c->reply, "OK");
	snprintf(c->meta, sizeof c->meta, "{\"a\":1}");
	assert_shown(c, NULL,
		"{\"id\":1789070047258876,\"device_id\":8958982,\"name\":\"custom\","
		"\"properties\":{\"payload\":\"S2,130305,13812341234\"},\"timestamp\":"
		"1789070060.5,\"expires\":1789156447,\"executed\":true,\"response\":"
		"\"*HQ,130305,V4,S2,130305,OK#\",\"reply\":\"OK\",\"attempts\":1,"
		"\"max_attempts\":3,\"priority\":0,\"condition\":\"\",\"meta\":{\"a\":1},"
		"\"sent\":1789070060.25,\"state\":\"done\",\"confirmed_by_status\":false,"
		"\"payload\":\"S2,130305,13812341234\"}");
}

static void the_stored_rows_are_nobodys(void **state)
{
	(void)state;
	uint64_t rows;
	struct str unknown;
	assert_false(resource_select(&command_resource, str_of("id,stored"), &rows, &unknown));
	assert_false(
		resource_select(&command_resource, str_of("stored.created_us"), &rows, &unknown));
}

/* What is null there is null to a filter, too. */
static void filters_ask_for_rows(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool before, after;
	} rows[] = {
		{"$sent==null&&$timeout==null&&$meta==null&&$reply==null&&$response==null", true,
			false},
		{"state=='queued'", true, false},
		{"exists(reply)||exists(sent)", false, true},
		{"reply~'O*'&&sent>1789070060&&timeout==5&&meta.a==1", false, true},
	};
	struct command *c = example();
	for (int after = 0; after < 2; after++) {
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
			struct error e;
			struct filter *f = filter_parse(str_of(rows[i].text), &e);
			assert_non_null(f);
			assert_true(filter_fits(f, &command_resource, &e));
			assert_int_equal(filter_object(f, &command_resource, c),
				after ? rows[i].after : rows[i].before);
			filter_free(f);
		}
		c->state = COMMAND_DONE;
		c->sent_us = 1789070060250000;
		c->timeout = 5;
		snprintf(c->reply, sizeof c->reply, "OK");
		snprintf(c->meta, sizeof c->meta, "{\"a\":1}");
	}
}

static void states_have_names(void **state)
{
	(void)state;
	static const char *const names[] = {
		"queued", "sent", "done", "failed", "canceled", "expired"};
	for (int i = 0; i < COMMAND_STATES; i++)
		assert_string_equal(command_state_name((enum command_state)i), names[i]);
}

static void a_command_is_about_something(void **state)
{
	(void)state;
	struct command_nature n = command_nature(parsed("{\"name\":\"engine.stop\"}"));
	assert_true(n.risk == RISK_FUEL && n.answer == ANSWER_V4 && n.proof == PROOF_CUT);
	n = command_nature(parsed("{\"name\":\"factory.reset\"}"));
	assert_true(n.risk == RISK_REACH && n.answer == ANSWER_V4 && n.proof == PROOF_NONE);
	n = command_nature(
		parsed("{\"name\":\"custom\",\"properties\":{\"payload\":\"S20,130305,1,1\"}}"));
	assert_true(n.risk == RISK_FUEL && n.answer == ANSWER_V4 && n.proof == PROOF_CUT);
	n = command_nature(parsed("{\"name\":\"check\",\"properties\":{\"password\":\"stop\"}}"));
	assert_true(n.risk == RISK_FUEL && n.answer == ANSWER_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_request_is_read),
		cmocka_unit_test(what_is_not_given_has_a_default),
		cmocka_unit_test(an_instant_command_has_no_queue),
		cmocka_unit_test(values_become_payloads),
		cmocka_unit_test(what_is_not_right_is_refused),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(an_unknown_name_is_told_what_there_is),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(the_stored_form_comes_back),
		cmocka_unit_test(a_broken_response_is_kept),
		cmocka_unit_test(a_stored_form_that_is_broken_is_refused),
		cmocka_unit_test(a_queue_item_is_printed),
		cmocka_unit_test(a_result_is_printed),
		cmocka_unit_test(the_stored_rows_are_nobodys),
		cmocka_unit_test(filters_ask_for_rows),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(a_command_is_about_something),
	};
	return cmocka_run_group_tests_name("command_object", tests, NULL, NULL);
}
