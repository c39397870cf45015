#include "model/command.h"

#include "base/json.h"
#include "base/log.h"
#include "cantrack/command.h"
#include "model/filter.h"

#include <inttypes.h>

/* jansson has a function of this name too, which is not called here */
#define json_string jansson_string
#include <jansson.h>
#undef json_string

void command_init(struct command *c)
{
	memset(c, 0, sizeof *c);
	c->max_attempts = COMMAND_ATTEMPTS;
	c->time_at = -1;
}

static void init(void *object)
{
	command_init(object);
}

/* ---- printing ---- */

static bool print_time(const void *object, struct buf *out)
{
	const struct command *c = object;
	return json_decimal(out, c->ended_us ? c->ended_us : c->created_us, 6);
}

static bool print_response(const void *object, struct buf *out)
{
	const struct command *c = object;
	return c->has_response ? json_string(out, str_of(c->response)) : buf_add(out, "null", 4);
}

const char *command_state_name(enum command_state state)
{
	switch (state) {
	case COMMAND_QUEUED: return "queued";
	case COMMAND_SENT: return "sent";
	case COMMAND_DONE: return "done";
	case COMMAND_FAILED: return "failed";
	case COMMAND_CANCELED: return "canceled";
	case COMMAND_EXPIRED: return "expired";
	case COMMAND_STATES: break;
	}
	return "";
}

static bool print_state(const void *object, struct buf *out)
{
	return json_string(
		out, str_of(command_state_name(((const struct command *)object)->state)));
}

static bool print_confirmed(const void *object, struct buf *out)
{
	static const char *const words[] = {
		[CONFIRMED_UNKNOWN] = "null", [CONFIRMED_NO] = "false", [CONFIRMED_YES] = "true"};
	return buf_add_str(out, str_of(words[((const struct command *)object)->confirmed]));
}

/* ---- the table ---- */

static bool check_condition(struct str *text, struct error *e)
{
	if (!str_trim(*text).len)
		return true;
	struct filter *f = filter_parse(*text, e);
	filter_free(f);
	return f != NULL;
}

#define EXACT_MAX (INT64_C(1) << 53)
#define AD_36812  INT64_C(1099511627776)

/* The rows "stored.*" are for the stored form; it has neither id nor device. */
/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct command, member, path, kind, use, min, max, text)
#define KEPT(member, kind, min, max) FIELD(struct command, member, "stored." #member, kind, FIELD_STORED, min, max, "")
#define TOLD(member, path, use, text) ROW(member, path, FIELD_TEXT, FIELD_STORED | (use), 0, sizeof((struct command *)NULL)->member - 1, text)
#define ASKED (FIELD_INPUT | FIELD_STORED)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 0, EXACT_MAX, "Number of the command: microseconds of its making"),
	ROW(device, "device_id", FIELD_NUMBER, FIELD_SHOWN, 1, UINT32_MAX, "Number of its device"),
	ROW(name, "name", FIELD_TEXT, FIELD_SETTING | FIELD_REQUIRED, 1, COMMAND_NAME_MAX, "Name of the command, see the device's commands"),
	ROW(properties, "properties", FIELD_OBJECT, FIELD_SETTING, 0, COMMAND_PROPERTIES_BYTES, "What the command's schema asks for"),
	FIELD_OF_FUNCTION("timestamp", FIELD_SHOWN, print_time, "number", "When it was made, in the queue; when it ended, in the results; seconds since 1970"),
	ROW(expires, "expires", FIELD_NUMBER, FIELD_SETTING, 0, AD_36812, "It leaves the queue then, seconds since 1970; 0: it never was there"),
	ROW(executed, "executed", FIELD_BOOLEAN, FIELD_SHOWN | FIELD_STORED, 0, 1, "Is it carried out, as far as the tracker says"),
	FIELD_OF_FUNCTION("response", FIELD_SHOWN, print_response, "string null", "The frame that answered it, or how it ended without one; null: it waits"),
	TOLD(reply, "reply", FIELD_SHOWN | FIELD_NULL | FIELD_CUT, "The text inside the answer; null: none"),
	ROW(attempts, "attempts", FIELD_NUMBER, FIELD_SHOWN | FIELD_STORED, 0, EXACT_MAX, "How often its sending was begun"),
	ROW(max_attempts, "max_attempts", FIELD_NUMBER, FIELD_SETTING, 1, COMMAND_ATTEMPTS_MAX, "How often it is sent at most"),
	ROW(priority, "priority", FIELD_NUMBER, FIELD_SETTING, 0, COMMAND_PRIORITY_MAX, "Those with a higher one are sent first"),
	FIELD_CHECKED(struct command, condition, "condition", FIELD_TEXT, FIELD_SETTING, 0, COMMAND_CONDITION_BYTES, check_condition, "Expression that a message of the device must fulfil before it is sent; empty: none"),
	ROW(meta, "meta", FIELD_OBJECT, FIELD_SETTING | FIELD_NULL, 0, COMMAND_META_BYTES, "Any JSON object of the sender"),
	ROW(sent_us, "sent", FIELD_TIME, FIELD_SHOWN | FIELD_STORED | FIELD_NULL, 0, EXACT_MAX, "When it was sent last, seconds since 1970; null: not yet"),
	FIELD_OF_FUNCTION("state", FIELD_SHOWN, print_state, "string", "queued, sent, done, failed, canceled or expired"),
	FIELD_OF_FUNCTION("confirmed_by_status", FIELD_SHOWN, print_confirmed, "boolean null", "Does the next status word bear it out; null: none came, or none can tell"),
	TOLD(payload, "payload", FIELD_SHOWN, "What is sent between ident and '#'; a time in it is 000000 before the first sending"),
	ROW(timeout, "timeout", FIELD_NUMBER, ASKED | FIELD_NULL, COMMAND_TIMEOUT_MIN, COMMAND_TIMEOUT_MAX, "Seconds until an answer must be there; null: the gateway's"),
	ROW(ttl, "ttl", FIELD_NUMBER, ASKED | FIELD_NULL, COMMAND_TTL_MIN, COMMAND_TTL_MAX, "Seconds that it may wait, instead of expires"),
	FIELD_OF_LITERAL("address", FIELD_INPUT, "\"connection\"", "The way it goes: by the tracker's connection"),
	ROW(confirm, "confirm", FIELD_BOOLEAN, ASKED, 0, 1, "The sender knows what a dangerous command does"),
	ROW(force, "force", FIELD_BOOLEAN, ASKED, 0, 1, "Cut fuel also while the car is fast"),
	ROW(repeat, "repeat", FIELD_BOOLEAN, ASKED, 0, 1, "A fuel cut may be sent again when no answer came"),
	ROW(position, "position", FIELD_NUMBER, FIELD_NULL, 0, EXACT_MAX, "Its place in the queue, from 1; null: it is in none"),
	KEPT(created_us, FIELD_TIME, 0, EXACT_MAX),
	KEPT(ended_us, FIELD_TIME, 0, EXACT_MAX),
	KEPT(instant, FIELD_BOOLEAN, 0, 1),
	KEPT(time_at, FIELD_NUMBER, -1, COMMAND_MAX),
	KEPT(state, FIELD_NUMBER, 0, COMMAND_STATES - 1),
	KEPT(confirmed, FIELD_NUMBER, 0, CONFIRMED_YES),
	KEPT(has_response, FIELD_BOOLEAN, 0, 1),
	TOLD(response, "stored.response", FIELD_CUT, ""),
};
/* clang-format on */

const struct resource command_resource = {
	"command", fields, sizeof fields / sizeof *fields, sizeof(struct command), init, false};

/* ---- reading: the properties ---- */

struct reading {
	const struct command_type *type;
	const json_t *given; /* the properties */
	struct command *command;
	struct refusal *refusal;
	struct buf texts[COMMAND_PROPERTIES_MAX]; /* of those that are given */
};

static bool refuse_property(struct reading *r, const char *name, const char *sentence)
{
	char member[64];
	snprintf(member, sizeof member, "properties.%s", name);
	return refuse_member(r->refusal, member, "%s %s", member, sentence);
}

static bool is_list(const struct command_property *p)
{
	return p->kind == PROPERTY_PHONES || p->kind == PROPERTY_NUMBERS ||
	       p->kind == PROPERTY_CLOCKS;
}

/* A text or a number; false: it is neither, or too long. */
static bool put_scalar(const json_t *value, struct buf *out)
{
	if (json_is_integer(value))
		return buf_printf(out, "%" PRIi64, (int64_t)json_integer_value(value));
	return json_is_string(value) &&
	       buf_add(out, json_string_value(value), json_string_length(value));
}

static bool put_entries(const json_t *value, struct buf *out)
{
	size_t i;
	json_t *entry;
	json_array_foreach(value, i, entry)
	{
		const char *text = json_string_value(entry);
		if ((i && !buf_add_char(out, ',')) || (text && strchr(text, ',')) ||
			!put_scalar(entry, out))
			return false;
	}
	return true;
}

static bool put_value(const struct command_property *p, const json_t *value, struct buf *out)
{
	if (json_is_array(value))
		return is_list(p) && put_entries(value, out);
	if (json_is_boolean(value))
		return p->kind == PROPERTY_CHOICE &&
		       buf_add_char(out, json_is_true(value) ? '1' : '0');
	return put_scalar(value, out);
}

static const char *wanted(const struct command_property *p)
{
	switch (p->kind) {
	case PROPERTY_NUMBER:
	case PROPERTY_CHOICE: return "must be a whole number";
	case PROPERTY_NUMBERS: return "must be an array of whole numbers";
	case PROPERTY_PHONES:
	case PROPERTY_CLOCKS: return "must be an array of strings without commas";
	case PROPERTY_TEXT:
	case PROPERTY_PHONE:
	case PROPERTY_ADDRESS:
	case PROPERTY_PAYLOAD: break;
	}
	return "must be a string";
}

static bool has_property(const struct command_type *type, const char *name)
{
	for (size_t i = 0; i < type->property_count; i++)
		if (strcmp(type->properties[i].name, name) == 0)
			return true;
	return false;
}

static bool are_known(struct reading *r)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)r->given, name, value)
	{
		char member[64];
		snprintf(member, sizeof member, "properties.%s", name);
		if (!has_property(r->type, name))
			return refuse_member(r->refusal, member, "unknown property %s", member);
	}
	return true;
}

/* *value: the property as a text of the catalogue; at == NULL: it is not given. */
static bool read_property(struct reading *r, size_t i, struct str *value)
{
	const struct command_property *p = &r->type->properties[i];
	const json_t *given = json_object_get(r->given, p->name);
	struct error e;
	char member[64];
	*value = (struct str){NULL, 0};
	if (!given)
		return p->initial || refuse_property(r, p->name, "is missing");
	if (!put_value(p, given, &r->texts[i]))
		return refuse_property(r, p->name, wanted(p));
	*value = buf_str(&r->texts[i]);
	snprintf(member, sizeof member, "properties.%s", p->name);
	return property_check(p, *value, &e) || refuse_member(r->refusal, member, "%s", e.text);
}

/* The longest id makes the longest frame. */
static bool fits_frame(struct str payload, struct error *e)
{
	struct buf frame;
	buf_init(&frame, COMMAND_MAX);
	bool done = command_make(
		(struct str)STR("HQ"), (struct str)STR("9999999999999999"), payload, &frame, e);
	buf_clear(&frame);
	return done;
}

static bool make_payload(struct reading *r, const struct str *values)
{
	struct buf payload;
	struct error e;
	size_t time_at = SIZE_MAX;
	buf_init(&payload, COMMAND_MAX);
	bool done = command_payload(r->type, values, &payload, &time_at, &e) &&
		    fits_frame(buf_str(&payload), &e);
	if (done) {
		memcpy(r->command->payload, payload.at, payload.len);
		r->command->payload[payload.len] = '\0';
		r->command->time_at = time_at == SIZE_MAX ? -1 : (int64_t)time_at;
	}
	buf_clear(&payload);
	return done ||
	       refuse_member(r->refusal,
		       has_property(r->type, "payload") ? "properties.payload" : "properties", "%s",
		       e.text);
}

static bool read_properties(struct reading *r)
{
	struct str values[COMMAND_PROPERTIES_MAX];
	bool done = are_known(r);
	for (size_t i = 0; i < r->type->property_count; i++)
		buf_init(&r->texts[i], COMMAND_PROPERTIES_BYTES);
	for (size_t i = 0; done && i < r->type->property_count; i++)
		done = read_property(r, i, &values[i]);
	done = done && make_payload(r, values);
	for (size_t i = 0; i < r->type->property_count; i++)
		buf_clear(&r->texts[i]);
	return done;
}

/* ---- reading: the rest ---- */

static bool refuse_name(const char *name, struct refusal *refusal)
{
	struct buf names;
	char shown[64];
	size_t i = 0;
	buf_init(&names, 280); /* with the rest it fits into a sentence */
	while (i < command_type_count &&
		buf_printf(&names, "%s%s", i ? ", " : "", command_types[i].name))
		i++;
	(void)refuse_member(refusal, "name", "there is no command '%s'; there are %.*s%s",
		escape_bytes(str_of(name), shown, sizeof shown), STR_PRINT(buf_str(&names)),
		i < command_type_count ? ", \xe2\x80\xa6" : "");
	buf_clear(&names);
	return false;
}

static const struct command_type *find_type(const json_t *body, struct refusal *refusal)
{
	const json_t *name = json_object_get(body, "name");
	const struct command_type *type = NULL;
	if (!json_is_object(body))
		(void)refuse_member(refusal, "", "a command must be an object");
	else if (!name)
		(void)refuse_member(refusal, "name", "name is missing");
	else if (!json_is_string(name))
		(void)refuse_member(refusal, "name", "name must be a string");
	else if (!(type = command_type_find(str_of(json_string_value(name)))))
		(void)refuse_name(json_string_value(name), refusal);
	return type;
}

/* What an instant command passes over. */
static bool read_members(
	const json_t *body, bool instant, struct command *c, struct refusal *refusal)
{
	static const char *const queued[] = {
		"ttl", "expires", "priority", "condition", "max_attempts"};
	json_t *rest = json_copy((json_t *)(uintptr_t)body); /* not its values */
	for (size_t i = 0; instant && i < sizeof queued / sizeof *queued; i++)
		(void)json_object_del(rest, queued[i]);
	bool done = resource_parse(&command_resource, rest, PARSE_REPLACE, c, refusal);
	json_decref(rest);
	return done;
}

static bool set_expiry(
	const json_t *body, int64_t now_s, struct command *c, struct refusal *refusal)
{
	bool is_given = json_object_get(body, "expires");
	if (is_given && c->ttl)
		return refuse_member(refusal, "expires",
			"ttl and expires are both given; one of them is enough");
	if (!is_given)
		c->expires = now_s + (c->ttl ? c->ttl : COMMAND_TTL);
	if (c->expires <= now_s)
		return refuse_member(
			refusal, "expires", "expires is %" PRIi64 ", which is past", c->expires);
	if (c->expires > now_s + COMMAND_TTL_MAX)
		return refuse_member(refusal, "expires",
			"expires is %" PRIi64 ", more than %d seconds ahead", c->expires,
			(int)COMMAND_TTL_MAX);
	return true;
}

bool command_parse(
	const json_t *body, bool instant, int64_t now_s, struct command *c, struct refusal *refusal)
{
	struct reading r = {.type = find_type(body, refusal),
		.given = json_object_get(body, "properties"),
		.command = c,
		.refusal = refusal};
	c->instant = instant;
	if (!r.type || !read_members(body, instant, c, refusal) || !read_properties(&r) ||
		(!instant && !set_expiry(body, now_s, c, refusal)))
		return false;
	c->max_attempts = command_attempts(c);
	return true;
}

int64_t command_attempts(const struct command *c)
{
	bool is_once = c->instant || (command_nature(c).risk == RISK_FUEL && !c->repeat);
	return is_once ? 1 : c->max_attempts;
}

struct command_nature command_nature(const struct command *c)
{
	const struct command_type *type = command_type_find(str_of(c->name));
	struct command_nature by_payload = payload_nature(str_of(c->payload));
	/* a text value can make a cut out of what is harmless: "check" with the password "stop" */
	if (!type || strcmp(type->name, "custom") == 0 || by_payload.risk > type->risk)
		return by_payload;
	return (struct command_nature){type->risk, type->answer, type->proof};
}
