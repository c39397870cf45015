#include "core/connection_form.h"

#include <inttypes.h>
#include <stdio.h>

static bool print_ident(const void *object, struct buf *out)
{
	const struct connection_form *s = object;
	return s->ident ? buf_printf(out, "\"%" PRIu64 "\"", s->ident) : buf_add(out, "null", 4);
}

static bool print_device(const void *object, struct buf *out)
{
	const struct connection_form *s = object;
	return s->device ? buf_printf(out, "%" PRIu32, s->device) : buf_add(out, "null", 4);
}

/* clang-format off */
#define ROW(member, path, kind, min, max, text) FIELD(struct connection_form, member, path, kind, FIELD_SHOWN, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, 1, INT64_MAX, "Number of the connection"),
	FIELD_OF_FUNCTION("ident", FIELD_SHOWN, print_ident, "string null", "Who it is; null: it did not say yet"),
	ROW(source, "source", FIELD_TEXT, 0, PEER_TEXT_MAX - 1, "Address and port of the tracker"),
	ROW(established_us, "established", FIELD_TIME, 0, INT64_MAX, "When it began"),
	FIELD_OF_LITERAL("transport", FIELD_SHOWN, "\"tcp\"", "Always tcp"),
	ROW(channel, "channel_id", FIELD_NUMBER, 1, UINT32_MAX, "Its channel"),
	FIELD_OF_FUNCTION("device_id", FIELD_SHOWN, print_device, "integer null", "Its device; null: none"),
	FIELD_OF_LITERAL("secondary", FIELD_SHOWN, "false", "Always false"),
	FIELD_OF_LITERAL("meta", FIELD_SHOWN, "null", "Always null"),
};
/* clang-format on */

const struct resource connection_resource = {"connection", fields, sizeof fields / sizeof *fields,
	sizeof(struct connection_form), NULL, false};

void connection_form_make(const struct connection *c, uint32_t device, struct connection_form *out)
{
	char room[PEER_TEXT_MAX];
	*out = (struct connection_form){
		.id = (int64_t)c->id,
		.established_us = c->established_us,
		.ident = c->ident,
		.channel = c->channel,
		.device = device,
	};
	snprintf(out->source, sizeof out->source, "%.*s", STR_PRINT(peer_text(&c->peer, room)));
}
