#include "live/catchup.h"

#include "base/log.h"
#include "core/metrics.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PAGE = 512, BODIES_MAX = PAGE * MESSAGE_PACK_MAX };

/* One pass over all channels. */
struct catchup {
	uint64_t from, to; /* behind the first, up to the second */
	uint64_t after;    /* of the channel at hand, in its log */
	uint32_t *channels;
	size_t count, at;
	uint64_t found; /* records of this pass */
};

bool catchup_is_on(const struct live *l)
{
	return l->catchup != NULL;
}

static void begin_pass(struct live *l, struct catchup *c, uint64_t from, uint64_t to)
{
	free(c->channels);
	*c = (struct catchup){.from = from, .to = to, .after = from};
	c->count = registry_channel_ids(l->options.registry, &c->channels);
}

void catchup_begin(struct live *l, uint64_t from, uint64_t to)
{
	l->catchup = xcalloc(1, sizeof *l->catchup);
	begin_pass(l, l->catchup, from, to);
	metric_add(live_catchups, 1);
	if (log_due(&l->complained_us, 60))
		log_warning("live", "behind", "messages=%" PRIu64 " reason=%s", to - from,
			log_quote("more is to be delivered than this thread can; it goes on in the "
				  "log"));
}

void catchup_end(struct live *l)
{
	if (l->catchup)
		free(l->catchup->channels);
	free(l->catchup);
	l->catchup = NULL;
}

/* ---- one page ---- */

struct page {
	struct record records[PAGE];
	size_t count;
	struct buf bodies;
	uint64_t to;
};

/* Copies: what publishing asks of the store must not happen while it reads. */
static bool take(void *context, const struct record *r)
{
	struct page *p = context;
	if (r->seq > p->to || p->count == PAGE || !buf_add_str(&p->bodies, r->body))
		return false;
	p->records[p->count] = *r;
	p->records[p->count].body.at = NULL; /* the buffer may still move */
	p->count++;
	return true;
}

static struct hub_group *group_of(struct page *p)
{
	const char *at = p->bodies.at;
	for (size_t i = 0; i < p->count; i++) {
		p->records[i].body.at = at;
		at += p->records[i].body.len;
	}
	return p->count ? hub_group_new(p->records, p->count) : NULL;
}

static struct hub_group *read_page(struct live *l, struct catchup *c)
{
	struct error e;
	struct page *p = xmalloc(sizeof *p);
	const struct query q = {
		.by = QUERY_CHANNEL,
		.id = c->channels[c->at],
		.from_us = INT64_MIN,
		.to_us = INT64_MAX,
		.count = PAGE,
		.after = true,
		.after_seq = c->after,
	};
	p->count = 0;
	p->to = c->to;
	buf_init(&p->bodies, BODIES_MAX);
	if (!store_read(l->options.store, &q, take, p, &e) && log_due(&l->complained_us, 60))
		log_error("live", "log_not_read", "reason=%s", log_quote(e.text));
	struct hub_group *g = group_of(p);
	if (g)
		c->after = g->records[g->count - 1].seq;
	if (p->count < PAGE) {
		c->at++;
		c->after = c->from;
	}
	c->found += p->count;
	buf_clear(&p->bodies);
	free(p);
	return g;
}

static void end_pass(struct live *l, struct catchup *c)
{
	uint64_t last, all = c->to - c->from;
	if (all > c->found)
		metric_add(live_skipped, all - c->found);
	if (hub_caught_up(l->hub, c->to, &last))
		catchup_end(l);
	else
		begin_pass(l, c, c->to, last);
}

struct hub_group *catchup_next(struct live *l)
{
	struct catchup *c = l->catchup;
	if (c->at < c->count)
		return read_page(l, c);
	end_pass(l, c);
	return NULL;
}
