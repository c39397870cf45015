/* An own walk over argv instead of getopt_long: one path sets an option, wherever it comes from, so
 * the file and the command line take the same values and refuse them with the same sentences. */
#include "app/config.h"

#include "base/tiles.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>

enum kind { FLAG, NUMBER, TEXT, TILES, ADDRESS, ADDRESS_OR_NONE, LEVEL };

static const struct row {
	const char *name;
	enum kind kind;
	const char *fallback;
	int64_t min, max;
	const char *argument, *help;
	size_t offset; /* of the member in struct config */
} rows[OPTION_COUNT] = {
#define OPTION(member, name, kind, fallback, min, max, argument, help)                             \
	{name, kind, fallback, min, max, argument, help, offsetof(struct config, member)},
#include "app/config.def"
#undef OPTION
};

/* ---- values ---- */

static bool set_flag(bool *out, struct str value, struct error *e)
{
	static const char *const yes[] = {"yes", "on", "true", "1"};
	static const char *const no[] = {"no", "off", "false", "0"};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (str_is(value, yes[i]) || str_is(value, no[i])) {
			*out = str_is(value, yes[i]);
			return true;
		}
	}
	return fail(e, "'%.*s' is neither yes nor no", STR_PRINT(value));
}

static bool set_number(int64_t *out, const struct row *row, struct str value, struct error *e)
{
	uint64_t number;
	if (!str_to_u64(value, &number) || number > INT64_MAX || (int64_t)number < row->min ||
		(int64_t)number > row->max)
		return fail(e, "'%.*s' is not a number from %lld to %lld", STR_PRINT(value),
			(long long)row->min, (long long)row->max);
	*out = (int64_t)number;
	return true;
}

static bool set_text(struct text *out, const struct row *row, struct str value, struct error *e)
{
	if ((int64_t)value.len < row->min || (int64_t)value.len > row->max)
		return fail(e, "a text of %lld to %lld bytes is wanted", (long long)row->min,
			(long long)row->max);
	memcpy(out->at, value.at, value.len);
	out->at[value.len] = '\0';
	return true;
}

static bool set_tiles(struct text *out, const struct row *row, struct str value, struct error *e)
{
	struct str origin;
	return (!value.len || tiles_origin(value, &origin, e)) && set_text(out, row, value, e);
}

static bool set_level(enum log_level *out, struct str value, struct error *e)
{
	static const struct {
		const char *name;
		enum log_level level;
	} levels[] = {{"error", LOG_ERROR}, {"warning", LOG_WARNING}, {"info", LOG_INFO},
		{"debug", LOG_DEBUG}};
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (str_is(value, levels[i].name)) {
			*out = levels[i].level;
			return true;
		}
	}
	return fail(e, "'%.*s' is not error, warning, info or debug", STR_PRINT(value));
}

static bool is_numeric_host(const char *host, bool bracketed)
{
	unsigned char room[sizeof(struct in6_addr)];
	return inet_pton(bracketed ? AF_INET6 : AF_INET, host, room) == 1;
}

bool address_parse(struct address *out, struct str text, struct error *e)
{
	size_t colon = text.len;
	while (colon && text.at[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return fail(e, "'%.*s' has no port: write ADDR:PORT, [V6]:PORT or :PORT",
			STR_PRINT(text));
	uint64_t port;
	struct str digits = str_from(text, colon), host = str_upto(text, colon - 1);
	if (!str_to_u64(digits, &port) || port > 65535)
		return fail(e, "port '%.*s' is not 0..65535", STR_PRINT(digits));
	struct address parsed = *out;
	parsed.port = (uint16_t)port;
	if (host.len) {
		bool bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
		if (bracketed)
			host = (struct str){host.at + 1, host.len - 2};
		size_t len = host.len < sizeof parsed.host ? host.len : sizeof parsed.host - 1;
		memcpy(parsed.host, host.at, len);
		parsed.host[len] = '\0';
		if (len < host.len || !is_numeric_host(parsed.host, bracketed))
			return fail(e, "'%.*s' is not a numeric address such as 127.0.0.1 or [::1]",
				STR_PRINT(host));
	}
	*out = parsed;
	return true;
}

const char *address_text(const struct address *a, uint16_t port, char *out)
{
	bool is_v6 = strchr(a->host, ':') != NULL;
	snprintf(out, 80, is_v6 ? "[%s]:%u" : "%s:%u", a->host, port);
	return out;
}

/* ":PORT" is every address: who turns it on means the world. */
static bool set_address_or_none(struct address *out, struct str value, struct error *e)
{
	struct address parsed = {"0.0.0.0", 0};
	if (!value.len)
		parsed = (struct address){"", 0};
	else if (!address_parse(&parsed, value, e))
		return false;
	*out = parsed;
	return true;
}

static bool set_value(struct config *c, const struct row *row, struct str value, struct error *e)
{
	void *member = (char *)c + row->offset;
	switch (row->kind) {
	case FLAG: return set_flag(member, value, e);
	case NUMBER: return set_number(member, row, value, e);
	case TEXT: return set_text(member, row, value, e);
	case TILES: return set_tiles(member, row, value, e);
	case ADDRESS: return address_parse(member, value, e);
	case ADDRESS_OR_NONE: return set_address_or_none(member, value, e);
	case LEVEL: return set_level(member, value, e);
	}
	return false;
}

static const struct row *find(struct str name, struct error *e)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (str_is(name, rows[i].name))
			return &rows[i];
	char known[360];
	size_t len = 0;
	for (size_t i = 0; i < OPTION_COUNT && len < sizeof known; i++)
		len += (size_t)snprintf(
			known + len, sizeof known - len, i ? ", %s" : "%s", rows[i].name);
	(void)fail(e, "unknown option '%.*s'; known are %s", STR_PRINT(name), known);
	return NULL;
}

static bool set_option(struct config *c, const struct row *row, struct str value, struct error *e)
{
	struct error why;
	if (!set_value(c, row, value, &why))
		return fail(e, "%s: %s", row->name, why.text);
	c->given[row - rows] = true;
	return true;
}

static void set_defaults(struct config *c)
{
	static const struct address any = {"0.0.0.0", 0};
	*c = (struct config){.listen = any, .http = any};
	for (size_t i = 0; i < OPTION_COUNT; i++)
		(void)!set_value(c, &rows[i], str_of(rows[i].fallback), NULL);
}

/* ---- the file ---- */

struct ini_source {
	FILE *file;
	struct config *config;
	bool seen[OPTION_COUNT];
	int line;
	bool too_long;
	int why_line; /* where `why` belongs; the library finds other mistakes by itself */
	struct error why;
};

/* fgets that counts lines. The library would take the rest of a line that is too long for a line of
 * its own: the end of the file comes instead. */
static char *read_line(char *out, int room, void *context)
{
	struct ini_source *source = context;
	if (source->too_long || !fgets(out, room, source->file))
		return NULL;
	source->line++;
	size_t len = strlen(out);
	source->too_long = len + 1 == (size_t)room && out[len - 1] != '\n';
	if (!source->too_long)
		return out;
	source->why_line = source->line;
	(void)fail(&source->why, "the line is longer than %d bytes", room - 2);
	return NULL;
}

static bool take_pair(
	struct ini_source *source, const char *section, const char *name, const char *value)
{
	if (*section)
		return fail(&source->why, "[%s]: there are no sections here", section);
	const struct row *row = find(str_of(name), &source->why);
	if (!row)
		return false;
	size_t i = (size_t)(row - rows);
	if (i == OPTION_config)
		return fail(&source->why, "config: only the command line may name a file");
	if (source->seen[i])
		return fail(&source->why, "%s is given twice", name);
	source->seen[i] = true;
	return set_option(source->config, row, str_of(value), &source->why);
}

static int on_pair(void *context, const char *section, const char *name, const char *value)
{
	struct ini_source *source = context;
	if (source->why_line)
		return 0;
	if (take_pair(source, section, name, value))
		return 1;
	source->why_line = source->line;
	return 0;
}

static bool read_file(struct config *c, const char *path, struct error *e)
{
	struct ini_source source = {.file = fopen(path, "re"), .config = c};
	if (!source.file)
		return fail(e, "cannot read '%s': %s", path, strerror(errno));
	int line = ini_parse_stream(read_line, &source, on_pair, &source);
	bool readable = !ferror(source.file);
	fclose(source.file);
	if (!readable)
		return fail(e, "cannot read '%s'", path);
	if (line == 0)
		line = source.why_line;
	if (line == 0)
		return true;
	const char *why = "a line should be `name = value`";
	return fail(e, "%s:%d: %s", path, line, line == source.why_line ? source.why.text : why);
}

/* ---- the command line ---- */

static bool read_argument(struct config *c, int *i, int argc, char **argv, struct error *e)
{
	struct str rest = str_of(argv[*i]);
	if (!str_starts(rest, "--") || rest.len == 2)
		return fail(e, "'%s' is not an option", argv[*i]);
	rest = str_from(rest, 2);
	struct str name = str_cut(&rest, '=');
	const struct row *row = find(name, e);
	if (!row)
		return false;
	if (rest.at)
		return set_option(c, row, rest, e);
	if (row->kind == FLAG)
		return set_option(c, row, str_of("yes"), e);
	if (*i + 1 == argc)
		return fail(e, "--%s needs %s", row->name, row->argument);
	return set_option(c, row, str_of(argv[++*i]), e);
}

static bool read_arguments(struct config *c, int argc, char **argv, struct error *e)
{
	for (int i = 1; i < argc; i++)
		if (!read_argument(c, &i, argc, argv, e))
			return false;
	return true;
}

bool config_parse(struct config *c, int argc, char **argv, struct error *e)
{
	set_defaults(c);
	for (int i = 1; i < argc && !c->help; i++)
		c->help = !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h");
	if (c->help)
		return true;
	if (!read_arguments(c, argc, argv, e))
		return false;
	if (!c->given[OPTION_config])
		return true;
	/* Again, from the beginning: what the file says must not win. */
	struct text path = c->config;
	set_defaults(c);
	return read_file(c, path.at, e) && read_arguments(c, argc, argv, e);
}

void config_help(FILE *to)
{
	fputs("usage: cantrack serve [OPTION]...\n\n"
	      "Receives from trackers, keeps their messages, answers REST.\n\n",
		to);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		char left[64];
		snprintf(left, sizeof left, "--%s %s", rows[i].name, rows[i].argument);
		fprintf(to, "  %-28s %s", left, rows[i].help);
		if (rows[i].kind != FLAG && *rows[i].fallback)
			fprintf(to, " (%s)", rows[i].fallback);
		fputc('\n', to);
	}
	fputs("\nAn address is ADDR:PORT, [V6]:PORT, or :PORT to keep the default address; port 0\n"
	      "takes a free one. A file given with --config has the same names, without the "
	      "dashes:\n"
	      "silence-timeout = 300\n",
		to);
}
