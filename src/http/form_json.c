/* Messages as JSON objects, and as GeoJSON features around such objects. */
#include "http/form.h"

#include "base/die.h"
#include "base/json.h"

struct chosen_fields {
	bool selects;
	struct selection only;
};

static void *open(struct str fields)
{
	struct chosen_fields *s = xcalloc(1, sizeof *s);
	s->selects = fields.len != 0;
	if (s->selects)
		selection_parse(&s->only, fields);
	return s;
}

/* Leaves nothing where the object is empty. */
static bool put_message(void *state, const struct read *read, struct buf *out)
{
	const struct chosen_fields *s = state;
	size_t start = out->len;
	if (!message_json(read->message, s->selects ? &s->only : NULL, out))
		return false;
	if (out->len - start == 2) /* {} */
		out->len = start;
	return true;
}

const struct form json_form = {
	.name = "json",
	.type = "application/json",
	.open = open,
	.put = put_message,
};

/* ---- GeoJSON ---- */

static bool begin(void *state, struct buf *out)
{
	(void)state;
	return buf_printf(out, "{\"type\":\"FeatureCollection\",\"features\":[");
}

static bool put_number(const struct message *m, enum param p, struct buf *out)
{
	return json_decimal(out, m->value[p].number, params[p].decimals);
}

static bool put_feature(void *state, const struct read *read, struct buf *out)
{
	const struct message *m = read->message;
	size_t start = out->len;
	if (!message_has(m, PARAM_POSITION_LATITUDE) || !message_has(m, PARAM_POSITION_LONGITUDE))
		return true;
	bool done = buf_printf(out, "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\","
				    "\"coordinates\":[") &&
		    put_number(m, PARAM_POSITION_LONGITUDE, out) && buf_add_char(out, ',') &&
		    put_number(m, PARAM_POSITION_LATITUDE, out) &&
		    buf_printf(out, "]},\"properties\":");
	size_t properties = out->len;
	if (!done || !put_message(state, read, out))
		return false;
	if (out->len == properties) {
		out->len = start;
		return true;
	}
	return buf_add_char(out, '}');
}

static bool end(void *state, struct buf *out)
{
	(void)state;
	return buf_add(out, "]}\n", 3);
}

const struct form geojson_form = {
	.name = "geojson",
	.type = "application/geo+json",
	.suffix = "geojson",
	.separator = ",",
	.idle = "\n",
	.broken = "",
	.open = open,
	.begin = begin,
	.put = put_feature,
	.end = end,
};
