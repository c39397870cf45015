/* Tokens and what an ACL grants, without a door. */
#include "test.h"

#include "model/networks.h"
#include "model/token.h"

#include <jansson.h>

static struct refusal why;

static bool parse(struct token *t, const char *body, enum parse_mode mode)
{
	json_t *json = json_loads(body, 0, NULL);
	assert_non_null(json);
	why = (struct refusal){.member = ""};
	bool done = token_parse(json, mode, t, &why);
	json_decref(json);
	return done;
}

static struct acl acl_of(const char *entries)
{
	static struct acl acl;
	json_t *json = json_loads(entries, 0, NULL);
	assert_true(acl_parse(json, &acl, &why));
	json_decref(json);
	return acl;
}

static bool may(const struct acl *acl, const char *uri, const char *submodule, enum acl_method m)
{
	return acl_allows(acl, str_of(uri), str_of(submodule), m);
}

static bool may_id(const struct acl *acl, const char *submodule, enum acl_method m, uint32_t id)
{
	return acl_allows_id(acl, str_of("gw/devices"), str_of(submodule), m, id);
}

static void what_no_entry_grants_is_forbidden(void **state)
{
	(void)state;
	struct acl acl = acl_of("[]");
	assert_false(may(&acl, "gw/devices", "", ACL_GET));
	acl = acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\"]}]");
	assert_true(may(&acl, "gw/devices", "", ACL_GET));
	assert_true(may(&acl, "gw/devices", "", ACL_POST));
	assert_false(may(&acl, "gw/devices", "", ACL_DELETE));
	assert_false(may(&acl, "gw/devices", "", ACL_PATCH));
	assert_false(may(&acl, "gw/channels", "", ACL_GET));
	assert_false(may(&acl, "gw/device", "", ACL_GET));
	assert_false(may(&acl, "platform/tokens", "", ACL_GET));
	assert_false(may(&acl, "", "", ACL_GET));
	assert_true(may_id(&acl, "", ACL_POST, 0));
	assert_true(may_id(&acl, "", ACL_GET, 7));
}

static void submodules_inherit_only_when_none_are_named(void **state)
{
	(void)state;
	struct acl acl = acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"]}]");
	assert_true(may(&acl, "gw/devices", "messages", ACL_GET));
	assert_false(may(&acl, "gw/devices", "messages", ACL_DELETE));
	acl = acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"submodules\":[]}]");
	assert_true(may(&acl, "gw/devices", "", ACL_GET));
	assert_false(may(&acl, "gw/devices", "messages", ACL_GET));
	acl = acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"PUT\"],\"submodules\":"
		     "[{\"name\":\"messages\",\"methods\":[\"GET\",\"DELETE\"]},"
		     "{\"name\":\"settings\",\"methods\":[]}]}]");
	assert_true(may(&acl, "gw/devices", "messages", ACL_DELETE));
	assert_true(may(&acl, "gw/devices", "messages", ACL_GET));
	assert_false(may(&acl, "gw/devices", "messages", ACL_PUT));
	assert_false(may(&acl, "gw/devices", "settings", ACL_GET));
	assert_false(may(&acl, "gw/devices", "logs", ACL_GET));
	assert_false(may(&acl, "gw/devices", "nothing", ACL_GET));
	assert_true(may(&acl, "gw/devices", "", ACL_PATCH)); /* PUT covers it */
	assert_false(may(&acl, "gw/devices", "", ACL_DELETE));
}

static void ids_restrict_the_items(void **state)
{
	(void)state;
	struct acl acl =
		acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\"],\"ids\":[9,3,9]},"
		       "{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":\"5, 4\"},"
		       "{\"uri\":\"gw/devices\",\"methods\":[\"DELETE\"],\"ids\":[]},"
		       "{\"uri\":\"gw/channels\",\"methods\":[\"GET\"],\"ids\":\"all\"}]");
	for (uint32_t id = 1; id < 12; id++)
		assert_int_equal(
			may_id(&acl, "", ACL_GET, id), id == 3 || id == 4 || id == 5 || id == 9);
	assert_true(may_id(&acl, "", ACL_POST, 9));
	assert_false(may_id(&acl, "", ACL_POST, 5));
	assert_false(may_id(&acl, "", ACL_POST, 0)); /* a new one is on no list */
	assert_false(may(&acl, "gw/devices", "", ACL_DELETE));
	struct buf out;
	buf_init(&out, 4096);
	assert_true(acl_print(&acl, &out));
	assert_buf(out, "[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\"],\"ids\":[3,9]},"
			"{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],\"ids\":[4,5]},"
			"{\"uri\":\"gw/devices\",\"methods\":[\"DELETE\"],\"ids\":[]},"
			"{\"uri\":\"gw/channels\",\"methods\":[\"GET\"],\"ids\":\"all\"}]");
	buf_clear(&out);
}

/* ---- topics ---- */

static bool reads(const struct acl *acl, const char *name)
{
	return acl_allows_topic(acl, str_of(name), ACL_SUBSCRIBE);
}

static bool subscribes(const struct acl *acl, const char *filter)
{
	return acl_allows_filter(acl, str_of(filter));
}

static void topics_are_granted_by_action(void **state)
{
	(void)state;
	struct acl acl = acl_of(
		"[{\"uri\":\"mqtt\",\"topic\":\"own/#\",\"actions\":[\"subscribe\",\"publish\"]},"
		"{\"actions\":[\"subscribe\"],\"topic\":\"pub/+/x\",\"uri\":\"mqtt\"}]");
	static const struct {
		const char *name;
		bool reads, writes;
	} rows[] = {{"own", true, true}, {"own/a/b", true, true}, {"owner", false, false},
		{"pub/1/x", true, false}, {"pub/1/y", false, false}, {"pub/1/x/y", false, false},
		{"flespi/message/gw/devices/1", false, false}, {"", false, false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(reads(&acl, rows[i].name), rows[i].reads);
		assert_int_equal(
			acl_allows_topic(&acl, str_of(rows[i].name), ACL_PUBLISH), rows[i].writes);
	}
	assert_false(may(&acl, "mqtt", "sessions", ACL_GET));
	acl = acl_of("[{\"uri\":\"mqtt\",\"methods\":[\"GET\"]}]");
	assert_true(may(&acl, "mqtt", "sessions", ACL_GET));
	assert_true(may(&acl, "mqtt", "logs", ACL_GET));
	assert_false(may(&acl, "mqtt", "messages", ACL_POST));
	assert_false(reads(&acl, "own/a"));
	assert_false(subscribes(&acl, "own/a"));
	acl = acl_of("[{\"uri\":\"gw/devices\",\"methods\":[\"GET\",\"POST\"]}]");
	assert_false(reads(&acl, "own"));
	assert_false(subscribes(&acl, "#"));
}

static void flespis_topics_are_never_granted(void **state)
{
	(void)state;
	struct acl acl = acl_of("[{\"uri\":\"mqtt\",\"topic\":\"#\",\"actions\":[\"subscribe\","
				"\"publish\"]},{\"uri\":\"mqtt\",\"topic\":\"+/state\",\"actions\":"
				"[\"subscribe\"]}]");
	assert_true(reads(&acl, "a/b"));
	assert_true(reads(&acl, "flespie/b"));
	assert_false(reads(&acl, "flespi"));
	assert_false(reads(&acl, "flespi/state"));
	assert_false(acl_allows_topic(&acl, str_of("flespi/x"), ACL_PUBLISH));
	assert_false(reads(&acl, "$SYS/x"));
	assert_true(subscribes(&acl, "#"));
	assert_true(subscribes(&acl, "+/state"));
	assert_true(subscribes(&acl, "a/#"));
	assert_false(subscribes(&acl, "flespi/#"));
	assert_false(subscribes(&acl, "flespi"));
	assert_false(subscribes(&acl, "a,flespi/x"));
	assert_false(subscribes(&acl, "$SYS/#"));
}

/* A filter is granted when all that it can match is. */
static void filters_lie_within_filters(void **state)
{
	(void)state;
	static const struct {
		const char *granted, *filter;
		bool covers;
	} rows[] = {
		{"own/#", "own/#", true},
		{"own/#", "own/+", true},
		{"own/#", "own/+/x/#", true},
		{"own/#", "own/a,b/x", true},
		{"own/#", "own", true},
		{"own/#", "+/a", false},
		{"own/#", "#", false},
		{"own/#", "owner/a", false},
		{"own/#", "own,b/a", false},
		{"own/+", "own/a", true},
		{"own/+", "own/+", true},
		{"own/+", "own/a,b", true},
		{"own/+", "own/", true},
		{"own/+", "own/#", false},
		{"own/+", "own", false},
		{"own/+", "own/a/b", false},
		{"own/+/x", "own/+/x", true},
		{"own/+/x", "own/a/x", true},
		{"own/+/x", "own/a/+", false},
		{"own/+/#", "own/+", true},
		{"own/+/#", "own/#", false},
		{"own/a", "own/a", true},
		{"own/a", "own/a/#", false},
		{"own/a", "own/+", false},
		{"own/a", "own/a,b", false},
		{"own/a", "own/a/", false},
		{"/a", "/a", true},
		{"/a", "a", false},
		{"+/a", "/a", true},
		{"+/a", "b,c/a", true},
		{"+/a", "b,$c/a", false},
		{"+/a", "$c/a", false},
		{"#", "+/+", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		snprintf(text, sizeof text,
			"[{\"uri\":\"mqtt\",\"topic\":\"%s\",\"actions\":[\"subscribe\"]}]",
			rows[i].granted);
		struct acl acl = acl_of(text);
		if (subscribes(&acl, rows[i].filter) != rows[i].covers)
			print_error("'%s' in '%s'\n", rows[i].filter, rows[i].granted);
		assert_int_equal(subscribes(&acl, rows[i].filter), rows[i].covers);
	}
}

static void topics_are_printed_as_they_came(void **state)
{
	(void)state;
	static const char text[] =
		"[{\"uri\":\"mqtt\",\"methods\":[],\"topic\":\"a \\\"b\\\"/\xc3\xa4\",\"actions\":"
		"[\"publish\"]},{\"uri\":\"mqtt\",\"methods\":[\"GET\"],\"submodules\":"
		"[{\"name\":\"sessions\",\"methods\":[\"GET\"]}],\"topic\":\"c/#\",\"actions\":"
		"[\"publish\",\"subscribe\"]},{\"uri\":\"mqtt\",\"methods\":[],\"topic\":\"d\","
		"\"actions\":[]}]";
	struct acl acl = acl_of(text);
	struct buf out;
	buf_init(&out, 4096);
	assert_true(acl_print(&acl, &out));
	assert_buf(out, text);
	buf_clear(&out);
	assert_false(reads(&acl, "d"));
}

static void topics_have_limits(void **state)
{
	(void)state;
	static struct acl acl;
	char topic[ACL_TOPIC_MAX + 2], text[8000];
	memset(topic, 't', sizeof topic);
	for (size_t len = ACL_TOPIC_MAX; len <= ACL_TOPIC_MAX + 1; len++)
		for (size_t count = 1; count <= 9; count++) {
			size_t end = 0;
			for (size_t i = 0; i < count; i++)
				end += (size_t)snprintf(text + end, sizeof text - end,
					"%s{\"uri\":\"mqtt\",\"topic\":\"%.*s\",\"actions\":[]}",
					i ? "," : "[", (int)len, topic);
			snprintf(text + end, sizeof text - end, "]");
			json_t *json = json_loads(text, 0, NULL);
			assert_int_equal(acl_parse(json, &acl, &why),
				len <= ACL_TOPIC_MAX && len * count <= ACL_TOPICS_MAX);
			json_decref(json);
		}
}

static void a_token_is_read_kept_and_shown(void **state)
{
	(void)state;
	static struct token t, again;
	token_init(&t);
	assert_true(parse(&t,
		"{\"info\":\"ro\",\"ttl\":31536000,\"expire\":1900000000,\"ips\":\"10.0.0.0/8\","
		"\"metadata\":{\"b\":1,\"a\":[2]},\"access\":{\"type\":2,\"acl\":[{\"uri\":"
		"\"gw/devices\",\"methods\":[\"GET\"],\"submodules\":[{\"name\":\"messages\","
		"\"methods\":[\"GET\"]},{\"name\":\"logs\"},{\"name\":\"messages\"}]}]}}",
		PARSE_REPLACE));
	t.created = 1707335420;
	struct buf out;
	struct error e;
	buf_init(&out, 65536);
	assert_true(token_save(&t, &out));
	assert_true(token_load(buf_str(&out), &again, &e));
	again.id = 5;
	out.len = 0;
	snprintf(again.key, sizeof again.key, "%064d", 1);
	assert_true(resource_print(
		&token_resource, &again, UINT64_MAX >> (64 - token_resource.count), &out));
	assert_buf(out,
		"{\"id\":5,\"cid\":1,"
		"\"key\":\"0000000000000000000000000000000000000000000000000000000000000001\","
		"\"info\":\"ro\",\"enabled\":true,\"created\":1707335420,\"accessed\":0,"
		"\"expire\":1900000000,\"ttl\":31536000,\"ips\":\"10.0.0.0/8\",\"access\":"
		"{\"type\":2,\"acl\":[{\"uri\":\"gw/devices\",\"methods\":[\"GET\"],"
		"\"submodules\":[{\"name\":\"messages\",\"methods\":[\"GET\"]},"
		"{\"name\":\"logs\",\"methods\":[]}]}]},"
		"\"metadata\":{\"b\":1,\"a\":[2]}}");
	/* a change keeps what it does not name, a replacement of access takes the acl along */
	assert_true(parse(&again, "{\"enabled\":false}", PARSE_MERGE));
	assert_int_equal(again.acl.count, 1);
	assert_true(parse(&again, "{\"access\":{\"type\":1}}", PARSE_REPLACE));
	assert_int_equal(again.acl.count, 0);
	assert_string_equal(again.info, "ro");
	buf_clear(&out);
}

/* As for channels and devices: what a change names goes into the object, null takes away. */
static void metadata_is_merged(void **state)
{
	(void)state;
	static struct token t;
	static const struct {
		const char *body;
		enum parse_mode mode;
		const char *expected;
	} rows[] = {{"{\"ttl\":1,\"metadata\":{\"a\":1,\"b\":0.1}}", PARSE_REPLACE,
			    "{\"a\":1,\"b\":0.1}"},
		{"{\"metadata\":{\"a\":null,\"c\":2}}", PARSE_MERGE, "{\"b\":0.1,\"c\":2}"},
		{"{\"metadata\":{\"d\":3}}", PARSE_REPLACE, "{\"d\":3}"},
		{"{\"metadata\":null}", PARSE_MERGE, ""},
		{"{\"metadata\":null}", PARSE_REPLACE, ""}};
	token_init(&t);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(parse(&t, rows[i].body, rows[i].mode));
		assert_string_equal(t.metadata, rows[i].expected);
	}
}

static void bad_bodies_are_refused_by_name(void **state)
{
	(void)state;
	static struct token t;
	static const struct {
		const char *body, *member, *part;
	} rows[] = {
		{"[]", "", "must be an object"},
		{"{}", "ttl", "ttl or expire is needed"},
		{"{\"ttl\":1,\"key\":\"x\"}", "key", "key cannot be set"},
		{"{\"ttl\":1,\"hash\":\"x\"}", "hash", "unknown property hash"},
		{"{\"ttl\":-1}", "ttl", "ttl is -1"},
		{"{\"ttl\":1,\"ips\":\"10.0.0.0/33\"}", "ips", "'10.0.0.0/33' is no address"},
		{"{\"ttl\":1,\"ips\":\"10.0.0.1,,\"}", "ips", "'' is no address"},
		{"{\"ttl\":1,\"metadata\":1}", "metadata", "must be an object"},
		{"{\"ttl\":1,\"access\":1}", "access", "must be an object"},
		{"{\"ttl\":1,\"access\":{\"type\":3}}", "access.type", "must be 0"},
		{"{\"ttl\":1,\"access\":{\"typ\":0}}", "access", "unknown property access.typ"},
		{"{\"ttl\":1,\"access\":{\"acl\":{}}}", "access.acl", "must be an array"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{}]}}", "access.acl",
			"access.acl[0]: uri is missing"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"platform/tokens\"}]}}", "access.acl",
			"'platform/tokens' cannot be granted"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"methods\":[\"get\"]}]"
		 "}}",
			"access.acl", "methods are GET"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"ids\":[0]}]}}",
			"access.acl", "from 1 to"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"ids\":\"1;2\"}]}}",
			"access.acl", "ids are \"all\""},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"submodules\":[{"
		 "\"name\":\"x\"}]}]}}",
			"access.acl", "there is no submodule 'x'"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"submodules\":[{}]}]}}",
			"access.acl", "needs its name"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"id\":1}]}}",
			"access.acl", "unknown property id"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		token_init(&t);
		assert_false(parse(&t, rows[i].body, PARSE_REPLACE));
		assert_string_equal(why.member, rows[i].member);
		if (!strstr(why.why.text, rows[i].part))
			print_error("said: %s\n", why.why.text);
		assert_non_null(strstr(why.why.text, rows[i].part));
	}
}

static void bad_topics_are_refused(void **state)
{
	(void)state;
	static struct token t;
	static const struct {
		const char *body, *part;
	} rows[] = {
#define MQTT(members) "{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"mqtt\"," members "}]}}"
		{MQTT("\"topic\":\"a\""), "topic and actions go together"},
		{MQTT("\"actions\":[]"), "topic and actions go together"},
		{MQTT("\"actions\":[],\"topic\":\"\""), "the filter is empty"},
		{MQTT("\"topic\":1"), "topic must be a string"},
		{MQTT("\"topic\":\"a/b#\""), "+ or # beside others"},
		{MQTT("\"topic\":\"a,b/c\""), "a topic must have no comma"},
		{MQTT("\"topic\":\"flespi/#\""), "such as gw/devices"},
		{MQTT("\"topic\":\"flespi\""), "such as gw/devices"},
		{MQTT("\"topic\":\"$share/a/b\""), "begins with $"},
		{MQTT("\"actions\":[\"read\"]"), "actions are publish and subscribe"},
		{MQTT("\"actions\":\"publish\""), "in an array"},
		{MQTT("\"ids\":[1]"), "the uri mqtt has no ids"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"topic\":\"a\"}]}}",
			"for the uri mqtt"},
		{"{\"ttl\":1,\"access\":{\"acl\":[{\"uri\":\"gw/devices\",\"actions\":[]}]}}",
			"for the uri mqtt"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		token_init(&t);
		assert_false(parse(&t, rows[i].body, PARSE_REPLACE));
		assert_string_equal(why.member, "access.acl");
		if (!strstr(why.why.text, rows[i].part))
			print_error("said: %s\n", why.why.text);
		assert_non_null(strstr(why.why.text, rows[i].part));
	}
}

static void lists_have_limits(void **state)
{
	(void)state;
	static struct token t;
	struct buf body;
	buf_init(&body, 65536);
	assert_true(buf_printf(&body, "{\"ttl\":1,\"access\":{\"type\":2,\"acl\":["
				      "{\"uri\":\"gw/devices\",\"ids\":[1"));
	for (int i = 2; i <= ACL_IDS_MAX; i++)
		assert_true(buf_printf(&body, ",%d", i));
	size_t mark = body.len;
	assert_true(buf_printf(&body, "]}]}}%c", '\0'));
	token_init(&t);
	assert_true(parse(&t, body.at, PARSE_REPLACE));
	body.len = mark;
	assert_true(buf_printf(&body, "]},{\"uri\":\"gw/channels\",\"ids\":[1]}]}}%c", '\0'));
	assert_false(parse(&t, body.at, PARSE_REPLACE));
	assert_non_null(strstr(why.why.text, "access.acl[1]: more than 1000 ids"));
	body.len = 0;
	assert_true(buf_printf(&body, "{\"ttl\":1,\"access\":{\"acl\":[{}"));
	for (int i = 0; i < ACL_ENTRIES_MAX; i++)
		assert_true(buf_printf(&body, ",{}"));
	assert_true(buf_printf(&body, "]}}%c", '\0'));
	assert_false(parse(&t, body.at, PARSE_REPLACE));
	assert_non_null(strstr(why.why.text, "has 25 entries, the limit is 24"));
	buf_clear(&body);
}

static void validity(void **state)
{
	(void)state;
	static struct token t;
	token_init(&t);
	t.created = 1000;
	t.expire = 2000;
	assert_false(token_is_expired(&t, 1999));
	assert_true(token_is_expired(&t, 2000));
	t.ttl = 100;
	t.accessed = 1950;
	assert_false(token_is_expired(&t, 2049));
	assert_true(token_is_expired(&t, 2050));
	t.accessed = t.expire = 0;
	assert_false(token_is_expired(&t, 1099));
	assert_true(token_is_expired(&t, 1100));
}

static bool is_sound(const char *list, struct error *e)
{
	struct str text = str_of(list);
	return networks_check(&text, e);
}

static void networks(void **state)
{
	(void)state;
	static const uint8_t v4[4] = {10, 1, 2, 3}, v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	static const struct {
		const char *list;
		bool has_v4, has_v6;
	} rows[] = {{"10.1.2.3", true, false}, {"10.1.2.4", false, false},
		{"10.0.0.0/8", true, false}, {"10.1.2.0/31", false, false},
		{"10.1.2.2/31", true, false}, {"0.0.0.0/0", true, false}, {"::/0", false, true},
		{"2001:db8::/32", false, true}, {"2001:db8::1", false, true},
		{"2001:db8::2", false, false}, {"192.0.2.1, 10.1.2.3 ,::1", true, false},
		{"", false, false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error e;
		assert_true(is_sound(rows[i].list, &e));
		assert_int_equal(networks_hold(str_of(rows[i].list), v4, 4), rows[i].has_v4);
		assert_int_equal(networks_hold(str_of(rows[i].list), v6, 16), rows[i].has_v6);
	}
	static const char *const bad[] = {"x", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0",
		"10.0.0.0/8/8", "localhost", "10.0.0.0/-1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error e;
		assert_false(is_sound(bad[i], &e));
		assert_false(networks_hold(str_of(bad[i]), v4, 4));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_no_entry_grants_is_forbidden),
		cmocka_unit_test(submodules_inherit_only_when_none_are_named),
		cmocka_unit_test(ids_restrict_the_items),
		cmocka_unit_test(topics_are_granted_by_action),
		cmocka_unit_test(flespis_topics_are_never_granted),
		cmocka_unit_test(filters_lie_within_filters),
		cmocka_unit_test(topics_are_printed_as_they_came),
		cmocka_unit_test(topics_have_limits),
		cmocka_unit_test(a_token_is_read_kept_and_shown),
		cmocka_unit_test(metadata_is_merged),
		cmocka_unit_test(bad_bodies_are_refused_by_name),
		cmocka_unit_test(bad_topics_are_refused),
		cmocka_unit_test(lists_have_limits),
		cmocka_unit_test(validity),
		cmocka_unit_test(networks),
	};
	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
