#include "base/die.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cantrack/when.h"
#include "http/form.h"

/* Which device's track is open. */
struct track {
	uint32_t device; /* 0: none */
};

static void *open(struct str fields)
{
	(void)fields;
	return xcalloc(1, sizeof(struct track));
}

static bool begin(void *state, struct buf *out)
{
	(void)state;
	return buf_printf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<gpx version=\"1.1\" creator=\"cantrack " CANTRACK_VERSION "\" "
		"xmlns=\"http://www.topografix.com/GPX/1/1\" "
		"xmlns:tpx=\"http://www.garmin.com/xmlschemas/TrackPointExtension/v2\">\n");
}

/* XML has no place for control characters and for two that Unicode calls none. */
static bool put_character(struct str c, struct buf *out)
{
	static const struct {
		char byte;
		const char *text;
	} escapes[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}};
	for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
		if (c.at[0] == escapes[i].byte)
			return buf_add_str(out, str_of(escapes[i].text));
	bool is_control = (unsigned char)c.at[0] < ' ' && c.at[0] != '\t' && c.at[0] != '\n';
	bool is_none = c.len == 0 || str_is(c, "\xef\xbf\xbe") || str_is(c, "\xef\xbf\xbf");
	if (is_control || is_none)
		return buf_add(out, UTF8_REPLACEMENT, 3);
	return buf_add_str(out, c);
}

static bool put_text(struct str text, struct buf *out)
{
	bool done = true;
	while (done && text.len) {
		size_t len = utf8_length(text);
		done = put_character(str_upto(text, len), out);
		text = str_from(text, len ? len : 1);
	}
	return done;
}

static bool put_track_end(struct track *t, struct buf *out)
{
	return !t->device || buf_printf(out, "</trkseg></trk>\n");
}

static bool put_track_begin(struct track *t, const struct record_device *d, struct buf *out)
{
	if (t->device == d->id)
		return true;
	bool done = put_track_end(t, out) && buf_printf(out, "<trk><name>") &&
		    (d->name[0] ? put_text(str_of(d->name), out)
				: buf_printf(out, "Device %u", d->id)) &&
		    buf_printf(out, "</name><trkseg>\n");
	t->device = d->id;
	return done;
}

/* " lat=\"22.5\"" */
static bool put_attribute(const char *name, const struct message *m, enum param p, struct buf *out)
{
	return buf_printf(out, " %s=\"", name) &&
	       json_decimal(out, m->value[p].number, params[p].decimals) && buf_add_char(out, '"');
}

/* UTC, with a fraction of the second when there is one. */
static bool put_time(int64_t time_us, struct buf *out)
{
	int64_t seconds = time_us / 1000000, part = time_us % 1000000;
	if (part < 0) {
		part += 1000000;
		seconds--;
	}
	struct when w = when_of_seconds(seconds);
	char fraction[JSON_DECIMAL_MAX + 1];
	fraction[json_put_decimal(fraction, part, 6)] = '\0'; /* "0.25" */
	return buf_printf(out, "<time>%04d-%02d-%02dT%02d:%02d:%02d%sZ</time>", w.year, w.month,
		w.day, w.hour, w.minute, w.second, fraction + 1);
}

/* Thousandths of a kilometre per hour are shown as metres per second. */
static bool put_extensions(const struct message *m, struct buf *out)
{
	bool has_speed = message_has(m, PARAM_POSITION_SPEED);
	bool has_course = message_has(m, PARAM_POSITION_DIRECTION);
	if (!has_speed && !has_course)
		return true;
	bool done = buf_printf(out, "<extensions><tpx:TrackPointExtension>");
	if (has_speed)
		done = done && buf_printf(out, "<tpx:speed>") &&
		       json_decimal(
			       out, (m->value[PARAM_POSITION_SPEED].number * 10 + 18) / 36, 3) &&
		       buf_printf(out, "</tpx:speed>");
	if (has_course)
		done = done && buf_printf(out, "<tpx:course>") &&
		       json_decimal(out, m->value[PARAM_POSITION_DIRECTION].number,
			       params[PARAM_POSITION_DIRECTION].decimals) &&
		       buf_printf(out, "</tpx:course>");
	return done && buf_printf(out, "</tpx:TrackPointExtension></extensions>");
}

static bool is_point(const struct message *m)
{
	bool is_invalid =
		message_has(m, PARAM_POSITION_VALID) && !m->value[PARAM_POSITION_VALID].number;
	return message_has(m, PARAM_POSITION_LATITUDE) &&
	       message_has(m, PARAM_POSITION_LONGITUDE) && !is_invalid;
}

static bool put_point(void *state, const struct read *read, struct buf *out)
{
	const struct message *m = read->message;
	if (!is_point(m))
		return true;
	return put_track_begin(state, read->device, out) && buf_printf(out, "<trkpt") &&
	       put_attribute("lat", m, PARAM_POSITION_LATITUDE, out) &&
	       put_attribute("lon", m, PARAM_POSITION_LONGITUDE, out) && buf_add_char(out, '>') &&
	       put_time(m->value[PARAM_TIMESTAMP].number, out) && put_extensions(m, out) &&
	       buf_printf(out, "</trkpt>\n");
}

static bool end(void *state, struct buf *out)
{
	return put_track_end(state, out) && buf_printf(out, "</gpx>\n");
}

const struct form gpx_form = {
	.name = "gpx",
	.type = "application/gpx+xml",
	.suffix = "gpx",
	.separator = "",
	.idle = "\n",
	.broken = "",
	.in_turn = true,
	.open = open,
	.begin = begin,
	.put = put_point,
	.end = end,
};
