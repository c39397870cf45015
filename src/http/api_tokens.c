/* api_tokens: making, changing and deleting tokens, and what a token may know of itself. A key is
 * only in the answer that creates it. */
#include "http/items.h"

#include "base/clock.h"
#include "base/die.h"
#include "http/changes.h"
#include "http/ids.h"
#include "http/routes.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static size_t token_ids(const struct context *c, uint32_t **out)
{
	if (c->tokens)
		return tokens_ids(c->tokens, out);
	*out = NULL;
	return 0;
}

static bool token_get(const struct context *c, uint32_t id, union object *out)
{
	return c->tokens && tokens_get(c->tokens, id, &out->token);
}

const struct collection token_items = {&token_resource, token_ids, token_get, NULL, NULL};

/* ---- creating ---- */

struct made {
	struct token *tokens;
	size_t count, next;
	uint64_t rows;
};

static enum item next_made(void *producer, struct buf *out, struct error *e)
{
	struct made *m = producer;
	if (m->next == m->count)
		return ITEM_END;
	if (resource_print(&token_resource, &m->tokens[m->next++], m->rows, out))
		return ITEM_PUT;
	fail(e, "the tokens exceed the answer");
	return ITEM_FAILED;
}

static void release_made(void *producer)
{
	struct made *m = producer;
	memset(m->tokens, 0, m->count * sizeof *m->tokens); /* the keys */
	free(m->tokens);
	free(m);
}

/* A token that would be gone before it is used is a slip. */
static bool is_to_live(const struct token *t, int64_t now_s, struct refusal *refusal)
{
	return t->ttl || t->expire > now_s ||
	       refuse_member(refusal, "expire", "expire is %" PRIi64 ", which is past", t->expire);
}

/* Reads all or refuses all. */
static bool parse_tokens(const json_t *body, struct made *m, struct answer *a)
{
	for (size_t i = 0; i < m->count; i++) {
		const json_t *one = json_is_array(body) ? json_array_get(body, i) : body;
		struct refusal refusal;
		token_init(&m->tokens[i]);
		if (!token_parse(one, PARSE_REPLACE, &m->tokens[i], &refusal) ||
			!is_to_live(&m->tokens[i], clock_now_us() / 1000000, &refusal))
			answer_item_error(a, 400, i, refusal.member, "%s", refusal.why.text);
	}
	return a->errors.len == 0;
}

static bool is_room(const struct request *r, struct answer *a, size_t count)
{
	uint32_t *ids = NULL;
	size_t now = token_ids(r->context, &ids);
	free(ids);
	if (r->context->tokens && now + count <= TOKENS_MAX)
		return true;
	answer_error(a, 400, "there are %zu tokens and may be %d at most", now, (int)TOKENS_MAX);
	return false;
}

/* The events see no key. */
static void tell_made(const struct request *r, const struct made *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct token t = m->tokens[i];
		memset(t.key, 0, sizeof t.key);
		tell_change(r, ORIGIN_TOKEN, t.id, &token_resource, NULL, &t);
	}
}

static void make(const struct request *r, struct answer *a, const json_t *body)
{
	struct error e;
	size_t count = json_is_array(body) ? json_array_size(body) : 1;
	if (!is_room(r, a, count))
		return;
	struct made *m = xcalloc(1, sizeof *m);
	m->tokens = xcalloc(count + 1, sizeof *m->tokens);
	m->count = count;
	a->producer = m;
	a->release = release_made;
	if (!fields_parse(r, a, &token_resource, &m->rows) || !parse_tokens(body, m, a))
		return;
	if (count && !tokens_add(r->context->tokens, m->tokens, count, clock_now_us(), &e)) {
		answer_error(a, 500, "%s", e.text);
		return;
	}
	tell_made(r, m);
	a->next = next_made;
}

void post_tokens(const struct request *r, struct answer *a)
{
	struct error e;
	json_t *body = resource_json(r->body, &e);
	if (body)
		make(r, a, body);
	else
		answer_error(a, 400, "%s", e.text);
	json_decref(body);
}

void get_tokens(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	struct page page;
	if (page_parse(r, a, &page) && choose(r, a, &token_items, r->segment[0], &chosen))
		answer_items(r, a, &token_items, &chosen, &page);
}

/* ---- changing and deleting ---- */

struct change {
	const json_t *body;
	enum parse_mode mode;
	struct refusal refusal;
	struct token old, new;
};

static bool apply(void *context, struct token *t)
{
	struct change *c = context;
	c->old = *t;
	bool done = token_parse(c->body, c->mode, t, &c->refusal);
	c->new = *t;
	return done;
}

/* False: an error of the answer says why. */
static bool is_done(struct answer *a, uint32_t id, enum tokens_result result,
	const struct change *c, const struct error *e)
{
	switch (result) {
	case TOKENS_DONE: return true;
	case TOKENS_NO_SUCH: answer_denied(a, id); break;
	case TOKENS_REFUSED:
		answer_item_error(a, 400, id, c->refusal.member, "%s", c->refusal.why.text);
		break;
	case TOKENS_FAILED: answer_item_error(a, 500, id, "", "%s", e->text); break;
	}
	return false;
}

/* With at least one done the answer is 200 and the errors stand beside. */
static void keep_done(struct answer *a, struct chosen *chosen, size_t done)
{
	if (done || !a->errors.len)
		a->status = 200;
	chosen->count = done;
}

static void change_chosen(
	const struct request *r, struct answer *a, struct change *c, struct chosen *chosen)
{
	size_t done = 0;
	a->status = 0;
	for (size_t i = 0; i < chosen->count; i++) {
		struct error e;
		uint32_t id = chosen->ids[i];
		enum tokens_result result = tokens_change(r->context->tokens, id, apply, c, &e);
		if (!is_done(a, id, result, c, &e))
			continue;
		chosen->ids[done++] = id;
		tell_change(r, ORIGIN_TOKEN, id, &token_resource, &c->old, &c->new);
	}
	keep_done(a, chosen, done);
	if (a->status == 200)
		answer_items(r, a, &token_items, chosen, NULL);
}

static void change_tokens(const struct request *r, struct answer *a, enum parse_mode mode)
{
	struct chosen chosen = {NULL, 0};
	struct error e;
	uint64_t rows;
	struct change c = {.mode = mode};
	if (!fields_parse(r, a, &token_resource, &rows))
		return;
	json_t *body = resource_json(r->body, &e);
	c.body = body;
	if (!body)
		answer_error(a, 400, "%s", e.text);
	else if (choose(r, a, &token_items, r->segment[0], &chosen))
		change_chosen(r, a, &c, &chosen);
	chosen_clear(&chosen);
	json_decref(body);
}

void put_tokens(const struct request *r, struct answer *a)
{
	change_tokens(r, a, PARSE_REPLACE);
}

void patch_tokens(const struct request *r, struct answer *a)
{
	change_tokens(r, a, PARSE_MERGE);
}

void delete_tokens(const struct request *r, struct answer *a)
{
	struct chosen chosen;
	size_t done = 0;
	if (!choose(r, a, &token_items, r->segment[0], &chosen))
		return;
	a->status = 0;
	for (size_t i = 0; i < chosen.count; i++) {
		struct token old;
		struct error e;
		uint32_t id = chosen.ids[i];
		token_init(&old);
		(void)!tokens_get(r->context->tokens, id, &old);
		if (!is_done(a, id, tokens_delete(r->context->tokens, id, &e), NULL, &e))
			continue;
		chosen.ids[done++] = id;
		tell_change(r, ORIGIN_TOKEN, id, &token_resource, &old, NULL);
	}
	chosen.count = done;
	answer_ids(a, &chosen);
}

/* ---- itself ---- */

void get_auth_info(const struct request *r, struct answer *a)
{
	struct made *m = xcalloc(1, sizeof *m);
	m->tokens = xmalloc(sizeof *m->tokens);
	m->tokens[0] = *r->token;
	m->count = 1;
	m->rows = resource_shown(&token_resource);
	a->producer = m;
	a->release = release_made;
	a->next = next_made;
}
