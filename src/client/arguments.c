#include "client/arguments.h"

enum kind { ARGUMENT_NUMBER, ARGUMENT_FLAG, ARGUMENT_TEXT };

static const struct row {
	const char *name, *arg, *help;
	size_t offset;
	enum kind kind;
} rows[] = {
#define NUMBER(member, name, arg, help)                                                            \
	{name, arg, help, offsetof(struct arguments, member), ARGUMENT_NUMBER},
#define FLAG(member, name, help)                                                                   \
	{name, NULL, help, offsetof(struct arguments, member), ARGUMENT_FLAG},
#define TEXT(member, name, arg, help)                                                              \
	{name, arg, help, offsetof(struct arguments, member), ARGUMENT_TEXT},
#include "client/arguments.def"
#undef NUMBER
#undef FLAG
#undef TEXT
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Where the row's value lies. */
static void *place(struct arguments *a, const struct row *row)
{
	return (char *)a + row->offset;
}

void arguments_help(FILE *out)
{
	fputs("usage: cantrack command DEVICE NAME [key=value]... [options]\n"
	      "       cantrack command DEVICE [--list [NAME]]\n"
	      "       cantrack command DEVICE --cancel ID\n\n"
	      "Sends a command to a tracker over the gateway's REST and shows what becomes of it.\n"
	      "DEVICE is an id, an ident, a name, or a selector (configuration.ident=86*), and "
	      "means one\ndevice. Without NAME its commands are listed. Lists have commas: "
	      "numbers=10086,10010.\n"
	      "Exit status: 0 done, 1 failed, expired, canceled or refused, 2 usage, 3 it may "
	      "still "
	      "be on its\nway, nobody watches any more (--wait, Ctrl-C).\n\n",
		out);
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		fprintf(out, "  --%s%s%s\n        %s\n", row->name, row->arg ? " " : "",
			row->arg ? row->arg : "", row->help);
	}
	fputs("  --help\n        this text\n", out);
}

static const struct row *find(struct str name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

static bool set(struct arguments *a, const struct row *row, const char *text, struct error *e)
{
	if (row->kind == ARGUMENT_FLAG)
		*(bool *)place(a, row) = true;
	else if (row->kind == ARGUMENT_TEXT)
		*(const char **)place(a, row) = text;
	else if (!str_to_u64(str_of(text), place(a, row)))
		return fail(e, "--%s takes a whole number, not '%s'", row->name, text);
	return true;
}

/* --name VALUE, --name=VALUE, --flag at argv[*i]; moves *i to the last part of it. */
static bool read_option(struct arguments *a, int argc, char **argv, int *i, struct error *e)
{
	struct str value = str_of(argv[*i]);
	struct str name = str_cut(&value, '=');
	const struct row *row = str_starts(name, "--") ? find(str_from(name, 2)) : NULL;
	if (!row)
		return fail(e, "'%s' is no option; --help lists them", argv[*i]);
	const char *text = value.at;
	if (row->kind == ARGUMENT_FLAG && text)
		return fail(e, "--%s takes no value", row->name);
	if (row->kind != ARGUMENT_FLAG && !text && *i + 1 < argc)
		text = argv[++*i];
	if (row->kind != ARGUMENT_FLAG && !text)
		return fail(e, "--%s needs a value", row->name);
	return set(a, row, text, e);
}

/* DEVICE, then NAME, then key=value. */
static bool read_word(struct arguments *a, const char *word, struct error *e)
{
	if (!a->device) {
		a->device = word;
		return *word ? true : fail(e, "DEVICE is empty");
	}
	struct str value = str_of(word);
	struct str key = str_cut(&value, '=');
	if (!a->name) {
		a->name = word;
		if (value.at)
			return fail(e, "'%s' stands where the NAME of a command must be", word);
		return *word ? true : fail(e, "NAME is empty");
	}
	if (!value.at || !key.len)
		return fail(e, "'%s' is no key=value", word);
	for (size_t i = 0; i < a->pair_count; i++)
		if (str_eq(a->pairs[i].key, key))
			return fail(e, "%.*s is given twice", STR_PRINT(key));
	if (a->pair_count == ARGUMENTS_PAIRS_MAX)
		return fail(e, "there are more than %d key=value", ARGUMENTS_PAIRS_MAX);
	a->pairs[a->pair_count++] = (struct pair){key, value};
	return true;
}

static bool suit(const struct arguments *a, struct error *e)
{
	if (!a->device)
		return fail(e, "DEVICE says which tracker is meant; --help tells more");
	if (a->cancel != ARGUMENT_ABSENT && (a->name || a->list))
		return fail(e, "--cancel takes an id, and no NAME besides DEVICE");
	if (a->list && a->pair_count)
		return fail(e, "--list sends nothing: it takes no key=value");
	if (a->now && (a->no_wait || a->wait != ARGUMENT_ABSENT))
		return fail(e,
			"--now waits for the answer; --timeout says how long, --%s does not go "
			"with it",
			a->no_wait ? "no-wait" : "wait");
	return true;
}

enum arguments_result arguments_parse(struct arguments *a, int argc, char **argv, struct error *e)
{
	*a = (struct arguments){0};
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].kind == ARGUMENT_NUMBER)
			*(uint64_t *)place(a, &rows[i]) = ARGUMENT_ABSENT;
	bool options = true;
	for (int i = 1; i < argc; i++) {
		struct str word = str_of(argv[i]);
		if (options && (str_is(word, "--help") || str_is(word, "-h")))
			return ARGUMENTS_HELP;
		if (options && str_is(word, "--"))
			options = false;
		else if (!(options && word.len > 1 && word.at[0] == '-'
					 ? read_option(a, argc, argv, &i, e)
					 : read_word(a, argv[i], e)))
			return ARGUMENTS_WRONG;
	}
	return suit(a, e) ? ARGUMENTS_RUN : ARGUMENTS_WRONG;
}
