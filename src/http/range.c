#include "http/range.h"

#include <jansson.h>

static void init(void *object)
{
	*(struct range *)object = (struct range){0};
}

/* clang-format off */
#define ROW(member, path, kind, min, max, text) FIELD(struct range, member, path, kind, FIELD_INPUT, min, max, text)
static const struct field fields[] = {
	ROW(from_us, "from", FIELD_TIME, 0, RANGE_TIME_MAX_US, "First time, seconds since 1970, inclusive; 0: open"),
	ROW(to_us, "to", FIELD_TIME, 0, RANGE_TIME_MAX_US, "Last time, seconds since 1970, inclusive; 0: open"),
	ROW(count, "count", FIELD_NUMBER, 0, INT64_MAX, "Most messages; 0: all"),
	ROW(reverse, "reverse", FIELD_BOOLEAN, 0, 1, "Newest first"),
	ROW(fields, "fields", FIELD_TEXT, 0, 4095, "Names and masks of parameters, separated by commas"),
	ROW(filter, "filter", FIELD_TEXT, 0, EXPRESSION_BYTES_MAX, "Expression that the messages must fulfil"),
	ROW(generalize_s, "generalize", FIELD_NUMBER, 10, 31536000, "Seconds: one message for each interval of this length"),
	ROW(method_name, "method", FIELD_TEXT, 0, 15, "How numbers are generalized: average, minimum or maximum"),
};
/* clang-format on */

const struct resource range_resource = {
	"data object", fields, sizeof fields / sizeof *fields, sizeof(struct range), init, false};

/* ?data= or the body; an empty object when neither is given, NULL when both or broken. */
static json_t *data_object(const struct request *r, struct refusal *refusal)
{
	struct str data = request_query(r, "data"), body = str_trim(r->body);
	if (data.at && body.len) {
		refuse_member(refusal, "data", "data is given twice, in the address and as a body");
		return NULL;
	}
	if (!data.at && !body.len)
		return json_object();
	struct error e;
	json_t *object = resource_json(data.at ? data : body, &e);
	if (!object)
		refuse_member(refusal, "data", "%s", e.text);
	if (object && !json_is_object(object)) {
		json_decref(object);
		refuse_member(refusal, "data", "data must be an object");
		return NULL;
	}
	return object;
}

/* A query parameter as the JSON that the object would hold: a string as it is, others as written.
 * What is no JSON is taken for a string, so that the field refuses it with its own sentence. NULL:
 * it is not UTF-8. */
static json_t *value_of(const struct field *f, struct str text)
{
	json_t *value = NULL;
	if (f->kind != FIELD_TEXT)
		value = json_loadb(text.at, text.len, JSON_DECODE_ANY, NULL);
	return value ? value : json_stringn(text.at, text.len);
}

static bool add_parameters(const struct request *r, const struct resource *table, json_t *object,
	struct refusal *refusal)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *f = &table->fields[i];
		struct str text = request_query(r, f->path);
		if (!text.at)
			continue;
		if (json_object_get(object, f->path))
			return refuse_member(
				refusal, f->path, "%s is given twice, also in data", f->path);
		json_t *value = value_of(f, text);
		if (!value || json_object_set_new(object, f->path, value))
			return refuse_member(refusal, f->path, "%s is not UTF-8", f->path);
	}
	return true;
}

bool data_parse(
	const struct request *r, const struct resource *table, void *out, struct refusal *refusal)
{
	json_t *object = data_object(r, refusal);
	if (!object)
		return false;
	table->init(out);
	bool done = add_parameters(r, table, object, refusal) &&
		    resource_parse(table, object, PARSE_REPLACE, out, refusal);
	json_decref(object);
	return done;
}

static bool parse_method(struct range *range, struct refusal *refusal)
{
	if (!range->method_name[0])
		return true;
	if (!generalize_method_parse(range->method_name, &range->method))
		return refuse_member(
			refusal, "method", "method must be average, minimum or maximum");
	return range->generalize_s ||
	       refuse_member(refusal, "method", "method needs generalize beside it");
}

bool range_parse(const struct request *r, struct range *out, struct refusal *refusal)
{
	return data_parse(r, &range_resource, out, refusal) && parse_method(out, refusal);
}
