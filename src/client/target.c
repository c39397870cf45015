#include "client/target.h"

#include <inttypes.h>

static bool is_number(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return s.len > 0;
}

bool target_path(struct str device, enum target_way way, struct buf *out)
{
	const char *before = "";
	if (way == TARGET_IDENT)
		before = "configuration.ident=";
	else if (way == TARGET_SELECTOR && !memchr(device.at, '=', device.len) &&
		 !str_starts(device, "{"))
		before = "name=";
	return buf_printf(out, "/gw/devices/") && rest_put_part(out, str_of(before)) &&
	       rest_put_part(out, device) && buf_printf(out, "?fields=id,name,commands");
}

/* True: there was an answer, and `out` is the caller's. */
static bool ask(struct rest *r, struct str device, enum target_way way, struct rest_answer *out,
	struct error *e)
{
	struct buf path;
	buf_init(&path, 8192);
	bool done = target_path(device, way, &path)
			    ? rest_call(r, "GET", path.at, (struct str){0}, REST_TIMEOUT_S, out, e)
			    : fail(e, "DEVICE is longer than an address can be");
	buf_clear(&path);
	return done;
}

/* Takes the device out of an answer that has one. */
static bool take(
	const struct rest_answer *a, const char *device, struct target *out, struct error *e)
{
	size_t count = json_array_size(json_object_get(a->body, "result"));
	json_t *first = rest_first(a);
	if (a->status == 401 || (a->status / 100 != 2 && a->status != 403))
		return rest_refused(a, e);
	if (!first)
		return fail(e, "there is no device '%s' that this token may see", device);
	if (count > 1)
		return fail(e, "'%s' means %zu devices; a command goes to one", device, count);
	json_int_t id = json_integer_value(json_object_get(first, "id"));
	json_t *commands = json_object_get(first, "commands");
	if (id <= 0 || !json_is_array(commands))
		return fail(e, "the gateway does not tell the commands of '%s'", device);
	*out = (struct target){(uint64_t)id, json_incref(first), commands};
	return true;
}

bool target_find(struct rest *r, const char *device, struct target *out, struct error *e)
{
	struct str text = str_of(device);
	bool number = is_number(text);
	struct rest_answer a;
	if (!ask(r, text, number ? TARGET_ID : TARGET_SELECTOR, &a, e))
		return false;
	if (number && a.status != 401 && !rest_first(&a)) {
		json_decref(a.body);
		if (!ask(r, text, TARGET_IDENT, &a, e))
			return false;
	}
	bool done = take(&a, device, out, e);
	json_decref(a.body);
	return done;
}
