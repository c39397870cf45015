#include "client/listing.h"

#include "client/plain.h"

enum {
	COLUMN_MAX = 44,  /* a longer cell shifts its line only */
	CELL_BYTES = 4096 /* of text in a cell; what is longer is left out */
};

static const json_t *schema_of(const json_t *command)
{
	return json_object_get(command, "schema");
}

/* What it does: the longer text of the two that there may be. */
static const char *words_of(const json_t *command)
{
	const char *text = offer_text(schema_of(command), "description");
	return *text ? text : offer_text(schema_of(command), "title");
}

/* "integer", "list of string" */
static bool put_type(struct buf *out, const json_t *property)
{
	const char *type = offer_text(property, "type");
	if (strcmp(type, "array") != 0)
		return buf_printf(out, "%s", type);
	return buf_printf(
		out, "list of %s", offer_text(json_object_get(property, "items"), "type"));
}

/* "0|1|2"; where there is no choice its type. */
static bool put_short(struct buf *out, const json_t *property)
{
	const json_t *value;
	const char *title;
	if (!offer_choice(property, 0, &value, &title))
		return put_type(out, property);
	for (size_t i = 0; offer_choice(property, i, &value, &title); i++)
		if ((i && !buf_add_char(out, '|')) || !offer_put_value(out, value))
			return false;
	return true;
}

/* "radius=<integer> [mode=3]": in brackets what need not be given, with what is taken then. */
static bool put_usage(struct buf *out, const json_t *command)
{
	json_t *all = offer_properties(command);
	for (void *i = json_object_iter(all); i; i = json_object_iter_next(all, i)) {
		const char *name = json_object_iter_key(i);
		const json_t *property = json_object_iter_value(i);
		const json_t *initial = json_object_get(property, "default");
		bool needed = offer_needs(command, name) && !initial;
		bool done = (!out->len || buf_add_char(out, ' ')) &&
			    (needed || buf_add_char(out, '[')) && buf_printf(out, "%s=", name) &&
			    (initial ? offer_put_value(out, initial)
				     : buf_add_char(out, '<') && put_short(out, property) &&
						    buf_add_char(out, '>')) &&
			    (needed || buf_add_char(out, ']'));
		if (!done)
			return false;
	}
	return true;
}

static void print_cell(FILE *out, const char *text, size_t width)
{
	plain_print(out, text);
	fputs("  ", out);
	for (size_t len = strlen(text); len < width; len++)
		fputc(' ', out);
}

/* The text of a cell: NUL-terminated, valid until the next use of `room`. */
static const char *usage_of(const json_t *command, struct buf *room)
{
	room->len = 0;
	return put_usage(room, command) && buf_add(room, "", 1) ? room->at : "...";
}

static size_t wider(size_t width, const char *text)
{
	size_t len = strlen(text);
	return len > width && len <= COLUMN_MAX ? len : width;
}

void listing_print(FILE *out, const json_t *commands)
{
	struct buf room;
	buf_init(&room, CELL_BYTES);
	size_t first = 0, second = 0, count = json_array_size(commands);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(commands, i);
		first = wider(first, offer_name(one));
		second = wider(second, usage_of(one, &room));
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(commands, i);
		print_cell(out, offer_name(one), first);
		print_cell(out, usage_of(one, &room), second);
		plain_print(out, words_of(one));
		fputc('\n', out);
	}
	buf_clear(&room);
}

/* "integer from 1 to 3, default 3", "string, required" */
static bool put_kind(
	struct buf *out, const json_t *command, const char *name, const json_t *property)
{
	const json_t *least = json_object_get(property, "minimum");
	const json_t *most = json_object_get(property, "maximum");
	const json_t *initial = json_object_get(property, "default");
	bool done = put_type(out, property);
	if (done && json_is_integer(least) && json_is_integer(most))
		done = buf_printf(out, " from ") && offer_put_value(out, least) &&
		       buf_printf(out, " to ") && offer_put_value(out, most);
	if (done && initial)
		done = buf_printf(out, ", default ") && offer_put_value(out, initial);
	else if (done && offer_needs(command, name))
		done = buf_printf(out, ", required");
	return done && buf_add(out, "", 1);
}

static void print_property(
	FILE *out, const json_t *command, const char *name, const json_t *property, size_t width)
{
	struct buf room;
	buf_init(&room, CELL_BYTES);
	fputs("  ", out);
	print_cell(out, name, width);
	plain_print(out, put_kind(&room, command, name, property) ? room.at : "...");
	if (*offer_text(property, "title")) {
		fputs(": ", out);
		plain_print(out, offer_text(property, "title"));
	}
	room.len = 0;
	if (offer_put_choices(&room, property) && room.len && buf_add(&room, "", 1)) {
		fputs(": ", out);
		plain_print(out, room.at);
	}
	fputc('\n', out);
	buf_clear(&room);
}

void listing_detail(FILE *out, const json_t *command)
{
	plain_print(out, offer_name(command));
	fputs(": ", out);
	plain_print(out, words_of(command));
	fputc('\n', out);
	json_t *all = offer_properties(command);
	size_t width = 0;
	for (void *i = json_object_iter(all); i; i = json_object_iter_next(all, i))
		width = wider(width, json_object_iter_key(i));
	for (void *i = json_object_iter(all); i; i = json_object_iter_next(all, i))
		print_property(
			out, command, json_object_iter_key(i), json_object_iter_value(i), width);
}
