#include "model/filter_list.h"

#include "base/log.h"
#include "base/number.h"
#include "model/expression.h"

/* The place of the next comma outside of quotes and parentheses, or the length. */
static size_t next_comma(struct str text)
{
	char quote = '\0';
	size_t depth = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (quote) {
			i += c == '\\';
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth -= depth != 0;
		} else if (c == ',' && !depth) {
			return i;
		}
	}
	return text.len;
}

static bool is_name(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '.';
}

static size_t name_length(struct str text)
{
	size_t n = 0;
	if (text.len && !is_digit(text.at[0]) && text.at[0] != '.')
		while (n < text.len && is_name(text.at[n]))
			n++;
	return n;
}

/* `name=mask`: one condition of the old form, with nothing in it that only an expression has. */
static bool is_condition(struct str text)
{
	static const char of_expressions[] = "&|?()\"'<>=!~+/%";
	size_t len = name_length(text);
	struct str rest = str_trim(str_from(text, len));
	if (!len || rest.len < 2 || rest.at[0] != '=')
		return false;
	for (size_t i = 1; i < rest.len; i++)
		if (!rest.at[i] || strchr(of_expressions, rest.at[i]))
			return false;
	return true;
}

bool filter_is_list(struct str text)
{
	return next_comma(text) != text.len || is_condition(str_trim(text));
}

static const char *const operators[] = {"==", "=", "!=", ">=", "<=", ">", "<", "~"};

static const char *take_operator(struct str *rest)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
		if (str_starts(*rest, operators[i])) {
			*rest = str_trim(str_from(*rest, strlen(operators[i])));
			return operators[i];
		}
	return NULL;
}

static bool is_plain(struct str value)
{
	double number;
	return str_to_double(value, &number) || str_is(value, "true") || str_is(value, "false") ||
	       str_is(value, "null");
}

/* The text between quotes, or the value as it is. False: quotes that do not fit. */
static bool unquote(struct str *value)
{
	char c = value->len ? value->at[0] : '\0';
	if (c != '"' && c != '\'')
		return true;
	if (value->len < 2 || value->at[value->len - 1] != c)
		return false;
	*value = str_upto(str_from(*value, 1), value->len - 2);
	return !value->len ||
	       (!memchr(value->at, c, value->len) && !memchr(value->at, '\\', value->len));
}

static bool put_text(struct str value, struct buf *out)
{
	bool done = buf_add_char(out, '"');
	for (size_t i = 0; done && i < value.len; i++)
		done = ((value.at[i] != '"' && value.at[i] != '\\') || buf_add_char(out, '\\')) &&
		       buf_add_char(out, value.at[i]);
	return done && buf_add_char(out, '"');
}

/* `name=mask` asks for a match, `name>5` compares. */
static bool put_condition(struct str name, const char *op, struct str value, struct buf *out)
{
	if (is_plain(value))
		return buf_add_str(out, name) && buf_printf(out, "%s", *op == '~' ? "==" : op) &&
		       buf_add_str(out, value);
	if (*op == '>' || *op == '<')
		return buf_add_str(out, name) && buf_printf(out, "%s", op) && put_text(value, out);
	bool inverse = *op == '!';
	return buf_add(out, "!(", inverse ? 2 : 0) && buf_add_str(out, name) &&
	       buf_add_char(out, '~') && put_text(value, out) && buf_add(out, ")", inverse);
}

static bool put_part(struct str text, struct str part, struct buf *out, struct error *e)
{
	bool done = !out->len || buf_add(out, "&&", 2);
	struct str name = str_upto(part, name_length(part));
	struct str rest = str_trim(str_from(part, name.len));
	size_t column = (size_t)(part.at - text.at) + 1;
	if (!name.len)
		return fail(e,
			"column %zu: a list of conditions has name, name=mask or name>=5 "
			"between its commas",
			column);
	if (!rest.len) {
		done = done && buf_printf(out, "exists(%.*s)", STR_PRINT(name));
	} else {
		const char *op = take_operator(&rest);
		if (!op || !unquote(&rest))
			return fail(e, "column %zu: '%.*s' is followed by no comparison", column,
				(int)(name.len < 64 ? name.len : 64), name.at);
		done = done && put_condition(name, op, rest, out);
	}
	return done || fail(e, "column %zu: the list of conditions is too long", column);
}

bool filter_list_expression(struct str text, struct buf *out, struct error *e)
{
	struct str rest = text;
	for (int n = 0;; n++) {
		size_t end = next_comma(rest);
		struct str part = str_trim(str_upto(rest, end));
		if (n == EXPRESSION_NAMES_MAX)
			return fail(e, "column %zu: more than %d conditions",
				(size_t)(rest.at - text.at) + 1, n);
		if (!put_part(text, part, out, e))
			return false;
		if (end == rest.len)
			return true;
		rest = str_from(rest, end + 1);
	}
}
