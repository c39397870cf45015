/* api_post: messages of devices that come over REST. A body is read whole before anything is stored,
 * and all of it is one group for the writer: on disk when it is answered, or not at all. */
#include "base/clock.h"
#include "base/die.h"
#include "core/poster.h"
#include "http/items.h"
#include "http/routes.h"
#include "model/posted.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* The messages of a body, packed; of no device yet. */
struct posted {
	struct record *records;
	size_t count;
	struct buf bodies;
};

static void posted_clear(struct posted *p)
{
	free(p->records);
	buf_clear(&p->bodies);
}

/* The bodies are aimed at when all are there: the buffer moves. */
static bool add_message(struct posted *p, const struct message *m, struct error *e)
{
	char body[MESSAGE_PACK_MAX];
	struct origin origin = {0};
	if (message_has(m, PARAM_VENDOR_CODE))
		memcpy(origin.vendor, m->value[PARAM_VENDOR_CODE].text.at, sizeof origin.vendor);
	struct record *r = &p->records[p->count];
	record_make(r, m, &origin, body);
	if (!buf_add_str(&p->bodies, r->body))
		return fail(e, "the messages have more than %d bytes when packed; send fewer",
			(int)POST_BYTES_MAX);
	p->count++;
	return true;
}

static void aim_bodies(struct posted *p)
{
	const char *at = p->bodies.at;
	for (size_t i = 0; i < p->count; i++) {
		p->records[i].body.at = at;
		at += p->records[i].body.len;
	}
}

/* Reads all or refuses all. */
static bool read_messages(const json_t *body, struct answer *a, struct posted *out)
{
	size_t count = json_is_array(body) ? json_array_size(body) : 1;
	if (count > POST_RECORDS_MAX) {
		answer_error(a, 400, "%zu messages are too many at once, the limit is %d", count,
			(int)POST_RECORDS_MAX);
		return false;
	}
	int64_t now_us = clock_now_us();
	struct message *m = xmalloc(sizeof *m);
	out->records = xcalloc(count, sizeof *out->records);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_array(body) ? json_array_get(body, i) : body;
		struct refusal refusal;
		struct error e;
		if (!posted_parse(one, m, &refusal)) {
			answer_item_error(
				a, 400, i, refusal.member, "message %zu: %s", i, refusal.why.text);
			continue;
		}
		message_number(m, PARAM_SERVER_TIMESTAMP, now_us);
		if (!add_message(out, m, &e)) {
			answer_error(a, 400, "%s", e.text);
			break;
		}
	}
	free(m);
	aim_bodies(out);
	return a->errors.len == 0;
}

/* The records of each chosen device; ids that are gone leave `chosen`. The caller frees. */
static struct record *spread(
	const struct request *r, const struct posted *posted, struct chosen *chosen)
{
	struct record *all = xcalloc(chosen->count * posted->count, sizeof *all);
	size_t kept = 0;
	for (size_t i = 0; i < chosen->count; i++) {
		struct device d;
		if (!registry_device(r->context->registry, chosen->ids[i], &d))
			continue;
		for (size_t k = 0; k < posted->count; k++) {
			struct record *one = &all[kept * posted->count + k];
			*one = posted->records[k];
			one->origin.device = d.id;
			one->origin.ident = d.ident;
		}
		chosen->ids[kept++] = d.id;
	}
	chosen->count = kept;
	return all;
}

static bool store(const struct request *r, struct answer *a, const struct posted *posted,
	struct chosen *chosen)
{
	struct error e;
	if (chosen->count * posted->count > POST_RECORDS_MAX ||
		chosen->count * posted->bodies.len > POST_BYTES_MAX) {
		answer_error(a, 400,
			"%zu messages for %zu devices are too many at once, the limit is %d",
			posted->count, chosen->count, (int)POST_RECORDS_MAX);
		return false;
	}
	struct record *all = spread(r, posted, chosen);
	fail(&e, "this gateway takes no messages over REST");
	bool done = r->context->poster &&
		    poster_post(r->context->poster, all, chosen->count * posted->count, &e);
	free(all);
	if (!done) {
		answer_error(a, 503, "%s", e.text);
	}
	return done;
}

/* ---- the answer ---- */

struct list {
	struct chosen chosen;
	size_t next, count;
};

static enum item next_device(void *producer, struct buf *out, struct error *e)
{
	struct list *l = producer;
	if (l->next == l->chosen.count)
		return ITEM_END;
	if (buf_printf(
		    out, "{\"id\":%" PRIu32 ",\"count\":%zu}", l->chosen.ids[l->next++], l->count))
		return ITEM_PUT;
	fail(e, "the list of devices exceeds the answer");
	return ITEM_FAILED;
}

static void release(void *producer)
{
	struct list *l = producer;
	chosen_clear(&l->chosen);
	free(l);
}

void post_device_messages(const struct request *r, struct answer *a)
{
	struct error e;
	struct posted posted = {0};
	buf_init(&posted.bodies, POST_BYTES_MAX);
	struct list *l = xcalloc(1, sizeof *l);
	a->producer = l;
	a->release = release;
	json_t *body = resource_json(r->body, &e);
	if (!body)
		answer_error(a, 400, "%s", e.text);
	if (body && read_messages(body, a, &posted) &&
		choose(r, a, &devices, r->segment[0], &l->chosen) &&
		store(r, a, &posted, &l->chosen)) {
		l->count = posted.count;
		a->next = next_device;
	}
	posted_clear(&posted);
	json_decref(body);
}
