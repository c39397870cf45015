#include "base/die.h"
#include "base/utf8.h"
#include "http/form.h"

#include <stdlib.h>

struct column {
	struct str name;
	uint8_t param, index; /* param PARAM_COUNT: no message has it */
};

/* One allocation: the columns and a copy of their names' text follow. */
struct table {
	size_t count;
	struct column *columns;
};

/* ---- columns ---- */

static void add_column(struct table *t, struct str name, unsigned param, unsigned index)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->columns[i].name, name))
			return;
	t->columns[t->count++] = (struct column){name, (uint8_t)param, (uint8_t)index};
}

static void add_name(struct table *t, struct str name)
{
	unsigned index;
	enum param param = param_split(name, &index);
	add_column(t, name, param, index);
}

static void add_mask(struct table *t, struct str mask)
{
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		if (str_matches(params[p].name, mask))
			add_column(t, params[p].name, p, 0);
}

static void *open(struct str fields)
{
	size_t room = PARAM_COUNT;
	for (size_t i = 0; i < fields.len; i++)
		room += fields.at[i] == ',';
	room++;
	struct table *t = xcalloc(1, sizeof *t + room * sizeof *t->columns + fields.len);
	t->columns = (struct column *)(t + 1);
	char *copy = (char *)(t->columns + room);
	if (fields.len)
		memcpy(copy, fields.at, fields.len);
	struct str rest = {copy, fields.len};
	if (!fields.len)
		rest = str_of("*");
	while (rest.at) {
		struct str name = str_trim(str_cut(&rest, ','));
		if (memchr(name.at, '*', name.len))
			add_mask(t, name);
		else if (name.len)
			add_name(t, name);
	}
	return t;
}

/* ---- rows ---- */

/* Spreadsheet programs would run what begins so as a formula. */
static bool is_formula(struct str text)
{
	return text.len && memchr("=+-@\t\r\n", text.at[0], 7);
}

static bool put_quoted(struct str text, struct buf *out)
{
	bool done = buf_add_char(out, '"') && (!is_formula(text) || buf_add_char(out, '\''));
	while (done && text.len) {
		size_t len = utf8_length(text);
		done = (text.at[0] != '"' || buf_add_char(out, '"')) &&
		       (len ? buf_add(out, text.at, len) : buf_add(out, UTF8_REPLACEMENT, 3));
		text = str_from(text, len ? len : 1);
	}
	return done && buf_add_char(out, '"');
}

/* Quotes also blanks, which are trimmed elsewhere, bytes that need a look at their characters, a text
 * that is there but empty, and what could be a formula. */
static bool put_text(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f || text.at[i] == '"' ||
			text.at[i] == ',')
			return put_quoted(text, out);
	return text.len && !is_formula(text) ? buf_add_str(out, text) : put_quoted(text, out);
}

static bool put_value(enum param p, union value value, struct buf *out)
{
	if (params[p].kind == KIND_TEXT)
		return put_text(value.text, out);
	size_t start = out->len;
	if (!param_json(p, value, out))
		return false;
	if (out->at[start] == '"') { /* digits and colons */
		memmove(out->at + start, out->at + start + 1, out->len - start - 2);
		out->len -= 2;
	}
	return true;
}

static const struct more *find_more(const struct message *m, const struct column *c)
{
	for (unsigned i = 0; i < m->more_count; i++)
		if (m->more[i].param == c->param && m->more[i].index == c->index)
			return &m->more[i];
	return NULL;
}

static bool put_cell(const struct message *m, const struct column *c, struct buf *out)
{
	if (c->param == PARAM_COUNT)
		return true;
	if (!c->index)
		return !message_has(m, c->param) || put_value(c->param, m->value[c->param], out);
	const struct more *more = find_more(m, c);
	union value value = {.number = more ? more->number : 0};
	return !more || put_value(c->param, value, out);
}

static bool begin(void *state, struct buf *out)
{
	const struct table *t = state;
	bool done = true;
	for (size_t i = 0; done && i < t->count; i++)
		done = (i == 0 || buf_add_char(out, ',')) && put_text(t->columns[i].name, out);
	return done && buf_add(out, "\r\n", 2);
}

/* A row without any value is left out. */
static bool put_row(void *state, const struct read *read, struct buf *out)
{
	const struct table *t = state;
	size_t start = out->len;
	bool done = true;
	for (size_t i = 0; done && i < t->count; i++)
		done = (i == 0 || buf_add_char(out, ',')) &&
		       put_cell(read->message, &t->columns[i], out);
	if (done && out->len - start < t->count + !t->count) { /* commas at most */
		out->len = start;
		return true;
	}
	return done && buf_add(out, "\r\n", 2);
}

static bool end(void *state, struct buf *out)
{
	(void)state;
	(void)out;
	return true;
}

const struct form csv_form = {
	.name = "csv",
	.type = "text/csv; charset=utf-8; header=present",
	.suffix = "csv",
	.separator = "",
	.idle = "",
	.broken = "\"the rest is missing: the gateway failed",
	.open = open,
	.begin = begin,
	.put = put_row,
	.end = end,
};
