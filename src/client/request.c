#include "client/request.h"

#include "base/json.h"
#include "base/utf8.h"

#include <inttypes.h>

bool request_put_text(const char *name, struct str text, struct buf *out, struct error *e)
{
	for (struct str rest = text; rest.len;) {
		size_t len = utf8_length(rest);
		if (!len)
			return fail(e, "%s is not UTF-8", name);
		rest = str_from(rest, len);
	}
	return json_string(out, text) ||
	       fail(e, "%s makes the properties longer than %zu bytes", name, out->max);
}

static bool put_number(struct buf *out, const char *member, uint64_t value)
{
	return value == ARGUMENT_ABSENT || buf_printf(out, ",\"%s\":%" PRIu64, member, value);
}

static bool put_flag(struct buf *out, const char *member, bool value)
{
	return !value || buf_printf(out, ",\"%s\":true", member);
}

bool request_put(const struct arguments *a, struct str properties, struct buf *out)
{
	return buf_printf(out, "[{\"name\":") && json_string(out, str_of(a->name)) &&
	       buf_printf(out, ",\"properties\":") && buf_add_str(out, properties) &&
	       put_number(out, "ttl", a->ttl) && put_number(out, "max_attempts", a->attempts) &&
	       put_number(out, "priority", a->priority) && put_number(out, "timeout", a->timeout) &&
	       (!a->condition || (buf_printf(out, ",\"condition\":") &&
					 json_string(out, str_of(a->condition)))) &&
	       put_flag(out, "confirm", a->confirm) && put_flag(out, "force", a->force) &&
	       put_flag(out, "repeat", a->repeat) && buf_printf(out, "}]");
}
