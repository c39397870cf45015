#include "cantrack/catalogue_inside.h"

/* ---- the table ---- */

/* How many properties each command has: "= 0 + 1 + 1" of its rows. */
enum {
	PROPERTIES_none = 0
#define COMMAND(id, ...)  , PROPERTIES_##id = 0
#define PROPERTY(id, ...) +1
#include "cantrack/commands.def"
#undef COMMAND
#undef PROPERTY
};

/* Where they begin in the table of all: behind the last one of the command before. */
enum {
#define COMMAND(id, ...) FIRST_##id, LAST_##id = FIRST_##id + PROPERTIES_##id - 1,
#define PROPERTY(...)
#include "cantrack/commands.def"
#undef COMMAND
#undef PROPERTY
};

#define COMMAND(id, name, ...)                                                                     \
	_Static_assert(                                                                            \
		PROPERTIES_##id <= (int)COMMAND_PROPERTIES_MAX, name " has too many properties");  \
	_Static_assert(sizeof(name) - 1 <= COMMAND_NAME_MAX, name " is too long a name");
#define PROPERTY(...)
#include "cantrack/commands.def"
#undef COMMAND
#undef PROPERTY

static const struct command_property properties[] = {
#define COMMAND(...)
#define PROPERTY(id, name, kind, min, max, initial, title, choices)                                \
	{name, PROPERTY_##kind, min, max, initial, title, choices},
#include "cantrack/commands.def"
#undef COMMAND
#undef PROPERTY
};

const struct command_type command_types[] = {
#define COMMAND(id, name, models, risk, answer, proof, payload, title, text)                       \
	{name, models, RISK_##risk, ANSWER_##answer, PROOF_##proof, payload, title, text,          \
		properties + FIRST_##id, PROPERTIES_##id},
#define PROPERTY(...)
#include "cantrack/commands.def"
#undef COMMAND
#undef PROPERTY
};
const size_t command_type_count = sizeof command_types / sizeof *command_types;

const struct command_type *command_type_find(struct str name)
{
	for (size_t i = 0; i < command_type_count; i++)
		if (str_is(name, command_types[i].name))
			return &command_types[i];
	return NULL;
}

bool command_type_suits(const struct command_type *type, struct str model)
{
	struct str models = str_of(type->models);
	if (models.len == 0 || str_is(model, "generic"))
		return true;
	while (models.at)
		if (str_eq(str_cut(&models, ','), model))
			return true;
	return false;
}

/* ---- payloads ---- */

static const struct command_property *property_named(
	const struct command_type *type, struct str name)
{
	for (size_t i = 0; i < type->property_count; i++)
		if (str_is(name, type->properties[i].name))
			return &type->properties[i];
	return NULL;
}

bool template_next(const struct command_type *type, struct str *rest, struct template_part *part)
{
	*part = (struct template_part){.digits = 1};
	if (rest->len == 0)
		return false;
	if (rest->at[0] != '{') {
		const char *brace = memchr(rest->at, '{', rest->len);
		part->text = str_upto(*rest, brace ? (size_t)(brace - rest->at) : rest->len);
		*rest = str_from(*rest, part->text.len);
		return true;
	}
	struct str inside = str_from(*rest, 1), behind = inside;
	inside = str_cut(&behind, '}');
	part->text = str_cut(&inside, '%');
	if (inside.at)
		part->digits = inside.at[0] - '0';
	part->is_time = str_is(part->text, "time");
	part->property = property_named(type, part->text);
	*rest = behind.at ? behind : (struct str){"", 0};
	return true;
}

static struct str value_of(
	const struct command_type *type, const struct str *values, const struct command_property *p)
{
	struct str value = values ? values[p - type->properties] : (struct str){NULL, 0};
	return value.at || !p->initial ? value : str_of(p->initial);
}

static bool check_values(const struct command_type *type, const struct str *values, struct error *e)
{
	for (size_t i = 0; i < type->property_count; i++) {
		const struct command_property *p = &type->properties[i];
		struct str value = value_of(type, values, p);
		if (!value.at)
			return property_missing(p, e);
		if (!property_check(p, value, e))
			return false;
	}
	return true;
}

bool command_payload(const struct command_type *type, const struct str *values, struct buf *out,
	size_t *time_at, struct error *e)
{
	struct str rest = str_of(type->payload);
	struct template_part part;
	size_t begin = out->len;
	*time_at = SIZE_MAX;
	if (!check_values(type, values, e))
		return false;
	bool done = true;
	while (done && template_next(type, &rest, &part)) {
		if (part.is_time)
			*time_at = out->len;
		if (part.property)
			done = property_write(part.property, value_of(type, values, part.property),
				part.digits, out);
		else
			done = buf_add_str(
				out, part.is_time ? (struct str)STR("000000") : part.text);
	}
	if (!done) {
		out->len = begin;
		return fail(e, "the payload does not fit into the buffer");
	}
	return true;
}
