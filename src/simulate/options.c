#include "simulate/options.h"

#include "base/str.h"

#include <stddef.h>

enum { PAIRS_MAX = 100 * 1000 * 1000 }; /* of watcher and tracker, 16 bytes each */

enum kind { OPTION_NUMBER, OPTION_FLAG, OPTION_TEXT };

static const struct row {
	const char *name, *arg, *help;
	size_t offset;
	uint64_t initial, least, most;
	enum kind kind;
} rows[] = {
#define NUMBER(member, name, initial, least, most, help)                                           \
	{name, "N", help, offsetof(struct options, member), initial, least, most, OPTION_NUMBER},
#define FLAG(member, name, help)                                                                   \
	{name, NULL, help, offsetof(struct options, member), 0, 0, 0, OPTION_FLAG},
#define TEXT(member, name, arg, help)                                                              \
	{name, arg, help, offsetof(struct options, member), 0, 0, 0, OPTION_TEXT},
#include "simulate/options.def"
#undef NUMBER
#undef FLAG
#undef TEXT
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Where the row's value lies. */
static void *place(struct options *o, const struct row *row)
{
	return (char *)o + row->offset;
}

void options_help(FILE *out)
{
	fputs("usage: cantrack simulate --to HOST:PORT [--watch HOST:PORT --token KEY] "
	      "[options]\n\n"
	      "Virtual trackers that drive roads, report as real ones do and check every reply;\n"
	      "and subscribers who check every message. Exit status: 0 all was answered and came,\n"
	      "1 something was lost or wrong, 2 usage.\n\n",
		out);
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		fprintf(out, "  --%s%s%s\n        %s", row->name, row->arg ? " " : "",
			row->arg ? row->arg : "", row->help);
		if (row->kind == OPTION_NUMBER)
			fprintf(out, " [%llu]", (unsigned long long)row->initial);
		fputc('\n', out);
	}
	fputs("  --help\n        this text\n", out);
}

static bool set(struct options *o, const struct row *row, const char *text, struct error *e)
{
	if (row->kind == OPTION_FLAG) {
		*(bool *)place(o, row) = true;
		return true;
	}
	if (row->kind == OPTION_TEXT) {
		*(const char **)place(o, row) = text;
		return true;
	}
	uint64_t number;
	if (!str_to_u64(str_of(text), &number) || number < row->least || number > row->most)
		return fail(e, "--%s takes a number from %llu to %llu, not '%s'", row->name,
			(unsigned long long)row->least, (unsigned long long)row->most, text);
	*(uint64_t *)place(o, row) = number;
	return true;
}

static const struct row *find(struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* --name VALUE, --name=VALUE, --flag */
static enum options_result read_all(struct options *o, int argc, char **argv, struct error *e)
{
	for (int i = 1; i < argc; i++) {
		struct str value = str_of(argv[i]);
		if (str_is(value, "--help") || str_is(value, "-h"))
			return OPTIONS_HELP;
		bool is_option = str_starts(value, "--");
		struct str name = str_cut(&value, '=');
		const struct row *row = is_option ? find(str_from(name, 2)) : NULL;
		if (!row) {
			fail(e, "'%s' is no option; --help lists them", argv[i]);
			return OPTIONS_WRONG;
		}
		const char *text = value.at;
		if (row->kind == OPTION_FLAG && text) {
			fail(e, "--%s takes no value", row->name);
			return OPTIONS_WRONG;
		}
		if (row->kind != OPTION_FLAG && !text && ++i < argc)
			text = argv[i];
		if (row->kind != OPTION_FLAG && !text) {
			fail(e, "--%s needs a value", row->name);
			return OPTIONS_WRONG;
		}
		if (!set(o, row, text, e))
			return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

/* One of two words, the first by default. */
static bool choose(
	bool *is_second, const char *name, const char *text, const char *words[2], struct error *e)
{
	struct str word = str_of(text ? text : words[0]);
	*is_second = str_is(word, words[1]);
	if (*is_second || str_is(word, words[0]))
		return true;
	return fail(e, "--%s takes %s or %s, not '%s'", name, words[0], words[1], text);
}

/* Who watches whom. */
static bool complete_watch(struct options *o, struct error *e)
{
	if (!o->to)
		o->devices = 0;
	if (!o->watch) {
		o->watchers = 0;
		return o->to ||
		       fail(e, "--to HOST:PORT says where to connect; --help lists the options");
	}
	if (o->resend)
		return fail(
			e, "--watch does not go with --resend: what is sent again may come twice");
	if (!o->watch_each && o->watchers * o->devices > PAIRS_MAX)
		return fail(e, "%llu watchers of %llu trackers are more than can be kept apart",
			(unsigned long long)o->watchers, (unsigned long long)o->devices);
	return endpoint_resolve(&o->door, "--watch", o->watch, e);
}

static bool complete(struct options *o, struct error *e)
{
	bool no_acks;
	if (!complete_watch(o, e) ||
		!choose(&o->is_flood, "mode", o->mode, (const char *[]){"real", "flood"}, e) ||
		!choose(&no_acks, "acks", o->acks, (const char *[]){"messages", "none"}, e))
		return false;
	o->has_acks = !no_acks;
	if (o->window < o->batch)
		o->window = o->batch;
	if (!o->is_flood && !o->rate)
		o->rate = o->devices / 5 ? o->devices / 5 : 1;
	if (o->first_ident + o->devices > UINT64_C(9999999999999999))
		return fail(e, "--first-ident %llu leaves no idents for %llu trackers",
			(unsigned long long)o->first_ident, (unsigned long long)o->devices);
	return !o->to || endpoint_resolve(&o->gate, "--to", o->to, e);
}

enum options_result options_parse(struct options *o, int argc, char **argv, struct error *e)
{
	*o = (struct options){0};
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].kind == OPTION_NUMBER)
			*(uint64_t *)place(o, &rows[i]) = rows[i].initial;
	enum options_result result = read_all(o, argc, argv, e);
	if (result == OPTIONS_RUN && !complete(o, e))
		return OPTIONS_WRONG;
	return result;
}
