/* api_const: what the numbers in logs mean, and which topics MQTT has, for the menus and texts of clients. */
#include "http/routes.h"

#include "base/json.h"
#include "core/events.h"

#include <stdio.h>

struct code {
	int number;
	const char *severity, *entity, *extra, *text;
};

static const struct code codes[] = {
#define EVENT(id, number, severity, entity, extra, text) {number, severity, entity, extra, text},
#include "core/events.def"
#undef EVENT
};
enum { CODE_COUNT = sizeof codes / sizeof *codes };

/* Values of close_code; those that only other gateways send are here, too: their logs are read with
 * the same clients. */
static const struct {
	int number;
	const char *severity, *text;
} closes[] = {
	{CLOSE_BY_TRACKER, "info", "closed by the other end"},
	{3, "info", "finished as planned"},
	{CLOSE_PROTOCOL, "warning", "too much that is not of the protocol"},
	{CLOSE_SLOW, "warning", "the other end did not take what was sent to it"},
	{6, "warning", "data could not be read"},
	{CLOSE_RESTART, "info", "the gateway was stopped"},
	{8, "info", "the gateway was updated"},
	{CLOSE_CHANNEL_CHANGED, "notice", "the channel was changed, disabled or deleted"},
	{CLOSE_BY_USER, "notice", "closed over REST"},
	{11, "warning", "an outgoing connection failed"},
	{CLOSE_REPLACED, "notice", "the same ident connected again"},
	{13, "warning", "the device is blocked"},
	{14, "warning", "authentication failed"},
	{CLOSE_DEVICE_CHANGED, "notice", "the device was created, changed or deleted"},
	{CLOSE_NOT_ALLOWED, "warning", "the address or the ident is not allowed"},
	{CLOSE_SILENT, "warning", "nothing came for too long"},
	{18, "warning", "a part of the protocol that is not supported"},
	{19, "warning", "another protocol"},
	{21, "warning", "the channel is blocked"},
	{CLOSE_DEVICE_DISABLED, "notice", "the device is disabled"},
};

static bool print_closes(struct buf *out)
{
	bool done = buf_printf(out, ",\"extra_name\":\"close_code\",\"extra_codes\":{");
	for (size_t i = 0; done && i < sizeof closes / sizeof *closes; i++)
		done = buf_printf(out,
			"%s\"%d\":{\"code\":%d,\"description\":\"%s\",\"severity\":\"%s\"}",
			i ? "," : "", closes[i].number, closes[i].number, closes[i].text,
			closes[i].severity);
	return done && buf_add_char(out, '}');
}

static bool print_code(const struct code *c, struct buf *out)
{
	return buf_printf(out,
		       "\"%d\":{\"code\":%d,\"description\":\"%s\",\"severity\":\"%s\","
		       "\"doc\":\"\",\"entity\":\"%s\"",
		       c->number, c->number, c->text, c->severity, c->entity) &&
	       (!*c->extra || print_closes(out)) && buf_add_char(out, '}');
}

static bool is_first_of(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(codes[i].entity, codes[n].entity) == 0)
			return false;
	return true;
}

static bool print_entity(const char *entity, struct buf *out)
{
	bool done = buf_printf(out, "\"%s\":[", entity), any = false;
	for (size_t i = 0; done && i < CODE_COUNT; i++) {
		if (strcmp(codes[i].entity, entity) != 0)
			continue;
		done = buf_printf(out, any ? ",%d" : "%d", codes[i].number);
		any = true;
	}
	return done && buf_add_char(out, ']');
}

static bool print_codes(struct buf *out)
{
	bool done = buf_printf(out, "{\"codes\":{"), any = false;
	for (size_t i = 0; done && i < CODE_COUNT; i++)
		done = (!i || buf_add_char(out, ',')) && print_code(&codes[i], out);
	done = done && buf_printf(out, "},\"entities\":{");
	for (size_t i = 0; done && i < CODE_COUNT; i++) {
		if (!is_first_of(i))
			continue;
		done = (!any || buf_add_char(out, ',')) && print_entity(codes[i].entity, out);
		any = true;
	}
	return done && buf_printf(out, "}}");
}

static const struct {
	const char *name, *text;
} topics[] = {
#define TOPIC(name, text) {name, text},
#include "http/topics.def"
#undef TOPIC
};

static bool print_topics(struct buf *out)
{
	bool done = buf_printf(out, "{\"topics\":{");
	for (size_t i = 0; done && i < sizeof topics / sizeof *topics; i++)
		done = buf_printf(out, "%s\"%s\":{\"description\":\"%s\"}", i ? "," : "",
			topics[i].name, topics[i].text);
	return done && buf_printf(out, "}}");
}

static const struct {
	const char *name;
	bool (*print)(struct buf *out);
} values[] = {{"toolbox/codes", print_codes}, {"toolbox/topics", print_topics}};

/* One item with a member for each name that is known; none when no name is. */
static bool print_values(struct str names, struct buf *out)
{
	bool any = false, done = buf_printf(out, "{\"result\":[");
	for (size_t i = 0; done && i < sizeof values / sizeof *values; i++) {
		struct str rest = names;
		bool is_asked = false;
		while (rest.at)
			is_asked |= str_is(str_trim(str_cut(&rest, ',')), values[i].name);
		if (!is_asked)
			continue;
		done = buf_printf(out, "%s\"%s\":", any ? "," : "{", values[i].name) &&
		       values[i].print(out);
		any = true;
	}
	return done && buf_printf(out, any ? "}]}\n" : "]}\n");
}

void get_const_values(const struct request *r, struct answer *a)
{
	a->begun = a->ended = print_values(request_query(r, "names"), &a->body);
}
