/* REST requests with a master token, and again with an ACL that grants nothing of the kind: the
 * input is "METHOD target\nbody". Whatever comes in, the answer is one JSON value (or a file, a
 * page, the text of /metrics) with a status that fits it, and the channels, devices and commands that
 * are left can be read again, also from the store. */
#include "fuzz.h"

#include "rest.h"

#include <jansson.h>

static bool ends_with(struct str text, const char *end)
{
	size_t len = strlen(end);
	return text.len >= len && str_is(str_from(text, text.len - len), end);
}

/* A file is whole. */
static void check_file(const struct rest *r)
{
	struct str type = str_of(r->type), text = buf_str(&r->text);
	CHECK(r->status == 200);
	if (str_starts(type, "text/csv"))
		CHECK(ends_with(text, "\r\n"));
	else if (str_is(type, "application/gpx+xml"))
		CHECK(str_starts(text, "<?xml ") && ends_with(text, "</gpx>\n"));
}

static void check_answer(const struct rest *r, struct str target)
{
	struct str type = str_of(r->type);
	bool is_json = str_is(type, "application/json"),
	     is_map = str_is(type, "application/geo+json");
	CHECK(r->status == 200 || (r->status >= 400 && r->status <= 405) || r->status == 503);
	CHECK(r->status != 401);
	if (!is_json && !is_map) {
		check_file(r);
		return;
	}
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	CHECK(json != NULL);
	bool has_errors = json_object_get(json, "errors") != NULL;
	CHECK(json_is_array(json_object_get(json, is_map ? "features" : "result")) ||
		str_starts(target, "/health") || str_starts(target, "/openapi.json"));
	CHECK(has_errors || r->status == 200);
	json_decref(json);
}

static void check_left(struct rest *r)
{
	static const char *const targets[] = {"/gw/devices/all?fields=metadata,configuration,name",
		"/gw/channels/all?fields=metadata,configuration,name",
		"/gw/channels/all/idents/all", "/gw/devices/all/commands-queue/all",
		"/gw/devices/all/commands-result", "/gw/devices/all?fields=id,commands_queue"};
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		rest_ask(r, METHOD_GET, targets[i], NULL);
		check_answer(r, str_of(targets[i]));
		CHECK(r->status == 200);
	}
	struct error e;
	struct registry *again = registry_open(r->store, &e);
	CHECK(again != NULL);
	uint32_t *ids, *ids_again;
	size_t count = registry_device_ids(r->context.registry, &ids);
	CHECK(registry_device_ids(again, &ids_again) == count);
	CHECK(count == 0 || memcmp(ids, ids_again, count * sizeof *ids) == 0);
	free(ids);
	free(ids_again);
	registry_close(again);
}

/* ---- commands: every tracker is there, and nothing can be sent to it, so that none is awaited ---- */

static bool is_connected(void *context, uint64_t ident)
{
	(void)context;
	return ident != 0;
}

static bool cannot_send(
	void *context, uint64_t ident, uint32_t device, uint64_t command, struct str payload)
{
	(void)context;
	(void)ident;
	(void)device;
	(void)command;
	CHECK(payload.len > 0 && payload.len <= COMMAND_MAX);
	return false;
}

static struct commands *run_commands(struct rest *r)
{
	static const struct connections connections = {
		.is_connected = is_connected, .send = cannot_send};
	struct commands_options options = {
		.store = r->store, .registry = r->context.registry, .timeout_s = 5};
	struct error e;
	struct commands *c = commands_open(&options, &e);
	CHECK(c != NULL);
	commands_run(c, &connections);
	return c;
}

/* ---- messages ---- */

/* A message of device 2 with a valid position and texts of the tracker. */
static void store_position(struct rest *r, int64_t time_us)
{
	static struct message m;
	static char body[MESSAGE_PACK_MAX];
	struct origin origin = {.ident = 11, .channel = 1, .device = 2, .vendor = {'H', 'Q'}};
	struct record record;
	struct error e;
	message_clear(&m);
	message_number(&m, PARAM_ENGINE_IGNITION_STATUS, 1);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("<V1>,\"\xff"));
	message_number(&m, PARAM_POSITION_DIRECTION, 18000);
	message_number(&m, PARAM_POSITION_LATITUDE, 225000000);
	message_number(&m, PARAM_POSITION_LONGITUDE, -1139720650);
	message_number(&m, PARAM_POSITION_SPEED, 61000);
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_number(&m, PARAM_SERVER_TIMESTAMP, time_us + 1);
	message_number(&m, PARAM_WIFI_MAC_ADDRESS, 0xF09FC2AABB01);
	record_make(&record, &m, &origin, body);
	CHECK(store_append(r->store, &record, 1, &e));
}

static char *text_of(struct str s)
{
	char *text = malloc(s.len + 1);
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return text;
}

/* An ACL that grants one device to look at shows and changes no other. */
static void check_restricted(
	struct rest *r, enum method method, const char *target, const char *body)
{
	struct token t;
	token_init(&t);
	t.access = ACCESS_ACL;
	t.acl.count = t.acl.id_count = 1;
	t.acl.ids[0] = 77;
	t.acl.entries[0] = (struct acl_entry){.uri = 3,
		.methods = ACL_GET | ACL_PUT | ACL_DELETE,
		.inherits = true,
		.id_count = 1};
	CHECK(acl_allows_id(&t.acl, str_of("gw/devices"), str_of(""), ACL_PUT, 77));
	rest_ask_with(r, &t, method, target, body);
	check_answer(r, str_of(target));
	bool echoes = strstr(target, "secret") || strchr(target, '%') || strstr(body, "secret");
	if (str_starts(str_of(target), "/gw/devices") && !echoes)
		CHECK(!strstr(r->text.at, "secret-name"));
	rest_ask(r, METHOD_GET, "/gw/devices/all?fields=name", NULL);
	CHECK(str_is(buf_str(&r->text), "{\"result\":[{\"name\":\"secret-name\"}]}\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = {(const char *)data, size};
	if (memchr(data, '\0', size))
		return 0; /* the texts of this target end there */
	struct str head = str_cut(&body, '\n'), word = str_cut(&head, ' ');
	char *method_text = text_of(word), *target = text_of(head.at ? head : (struct str){"", 0}),
	     *body_text = text_of(body.at ? body : (struct str){"", 0});
	enum method method;
	if (method_parse(method_text, &method)) {
		struct rest *r = rest_new();
		r->context.commands = run_commands(r);
		rest_ask(r, METHOD_POST, "/gw/devices",
			"{\"name\":\"secret-name\",\"configuration\":{\"ident\":\"11\"}}");
		CHECK(r->status == 200);
		fake_store_message(r->store, 1, 2, 11, 1000000, 2000000);
		store_position(r, 2000000);
		store_position(r, 65250000);
		check_restricted(r, method, target, body_text);
		rest_ask(r, method, target, body_text);
		check_answer(r, str_of(target));
		check_left(r);
		commands_stop(r->context.commands);
		commands_free(r->context.commands);
		rest_free(r);
	}
	free(method_text);
	free(target);
	free(body_text);
	return 0;
}
