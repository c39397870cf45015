/* api_page: the web page, as it was built into the program. It is sent gzipped, always: every
 * browser takes that, so that the program carries no second copy and no code to unpack the first.
 * Who refuses gzip is told so. */
#include "base/die.h"
#include "base/json.h"
#include "base/machine.h"
#include "base/tiles.h"
#include "http/assets.h"
#include "http/page.h"
#include "http/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

/* ---- what the client says ---- */

/* "q=0" and "q=0.000" refuse. */
static bool is_refused(struct str parameters)
{
	while (parameters.at) {
		struct str one = str_trim(str_cut(&parameters, ';'));
		if (!str_starts(one, "q=") && !str_starts(one, "Q="))
			continue;
		bool is_zero = one.len > 2;
		for (size_t i = 2; i < one.len; i++)
			is_zero &= one.at[i] == '0' || one.at[i] == '.';
		return is_zero;
	}
	return false;
}

bool page_takes_gzip(struct str encodings)
{
	bool takes = !encodings.at; /* who says nothing takes anything */
	while (encodings.at) {
		struct str parameters = str_cut(&encodings, ',');
		struct str name = str_trim(str_cut(&parameters, ';'));
		if (name.len == 4 && strncasecmp(name.at, "gzip", 4) == 0)
			return !is_refused(parameters);
		if (str_is(name, "*"))
			takes = !is_refused(parameters);
	}
	return takes;
}

bool page_has_tag(struct str tags, const char *tag)
{
	while (tags.at) {
		struct str one = str_trim(str_cut(&tags, ','));
		if (str_starts(one, "W/"))
			one = str_from(one, 2); /* a proxy may have weakened it */
		if (str_is(one, tag) || str_is(one, "*"))
			return true;
	}
	return false;
}

/* ---- what it gets ---- */

/* The name without its folder; NULL: there is none. */
static const struct asset *find(const char *folder, struct str name)
{
	for (size_t i = 0; i < web_file_count; i++) {
		struct str have = str_of(web_files[i].name);
		if (str_starts(have, folder) && str_eq(str_from(have, strlen(folder)), name))
			return &web_files[i];
	}
	return NULL;
}

void page_policy(struct answer *a, struct str pictures)
{
	snprintf(a->policy, sizeof a->policy,
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
		"img-src 'self' data:%s%.*s; font-src 'self'; worker-src 'self'; base-uri 'none'; "
		"form-action 'none'; frame-ancestors 'none'",
		pictures.len ? " " : "", STR_PRINT(pictures));
}

static bool answer_file(const struct request *r, struct answer *a, const struct asset *file)
{
	if (!page_takes_gzip(r->encodings)) {
		answer_error(a, 406,
			"the web page is there as gzip only, which Accept-Encoding does not allow");
		return false;
	}
	a->type = file->type;
	a->is_gzip = true;
	a->begun = a->ended = buf_add_str(&a->body, file->bytes);
	return true;
}

/* What may load what is a part of the page, too: a browser that keeps the page keeps it. */
static void make_tag(struct answer *a, const struct asset *file)
{
	uint32_t sum = 2166136261; /* FNV-1a */
	for (const char *c = a->policy; *c; c++)
		sum = (sum ^ (unsigned char)*c) * 16777619;
	snprintf(a->tag, sizeof a->tag, "\"%s-%08" PRIx32 "\"", file->tag, sum);
}

static bool has_tiles(const struct context *c)
{
	return c->web_tiles && *c->web_tiles;
}

static struct str tiles_host(const struct context *c)
{
	struct str origin = STR("");
	if (has_tiles(c))
		check(tiles_origin(str_of(c->web_tiles), &origin, NULL)); /* so it was promised */
	return origin;
}

void get_page(const struct request *r, struct answer *a)
{
	const struct asset *file = find("", str_of("index.html"));
	check(file != NULL);
	if (!answer_file(r, a, file))
		return;
	page_policy(a, tiles_host(r->context));
	make_tag(a, file);
	if (page_has_tag(r->tags, a->tag))
		a->status = 304; /* the server leaves out the body and tells its length */
}

void get_page_part(const struct request *r, struct answer *a)
{
	const struct asset *file = find("assets/", r->segment[0]);
	if (!file)
		answer_error(a, 404, "the web page has no such part");
	else
		a->is_immutable = answer_file(r, a, file); /* a sum of the bytes is in the name */
}

/* ---- what it asks ---- */

static bool put_addresses(struct buf *out)
{
	struct machine_addresses all;
	machine_addresses(&all);
	bool done = buf_add(out, "\"addresses\":[", 13);
	for (size_t i = 0; done && i < all.count; i++)
		done = (!i || buf_add_char(out, ',')) && json_string(out, str_of(all.text[i]));
	return done && buf_add(out, "],", 2);
}

/* null when it is empty. */
static bool put_text(struct buf *out, const char *name, const char *text)
{
	return buf_printf(out, "\"%s\":", name) &&
	       (text && *text ? json_string(out, str_of(text)) : buf_add(out, "null", 4)) &&
	       buf_add_char(out, ',');
}

static bool put_web(const struct context *c, struct buf *out)
{
	return buf_printf(out, "{\"result\":[{\"version\":\"%s\",", CANTRACK_VERSION) &&
	       put_addresses(out) && put_text(out, "tiles", c->web_tiles) &&
	       put_text(out, "attribution", c->web_attribution) &&
	       buf_printf(out,
		       "\"auto_devices\":%s,\"confirm\":%s,\"limits\":{\"body_bytes\":%d}}]}\n",
		       c->auto_devices ? "true" : "false", c->no_confirm ? "false" : "true",
		       HTTP_BODY_MAX);
}

void get_web(const struct request *r, struct answer *a)
{
	a->begun = a->ended = put_web(r->context, &a->body);
}
