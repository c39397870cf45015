#include "live/queue.h"

#include "core/metrics.h"
#include "live/client.h"
#include "live/publish.h"
#include "live/session.h"
#include "live/spare.h"

#include <stdlib.h>

enum {
	ROOM_MIN = 8,
	IDS = 65535,      /* packet identifiers: 1..65535 */
	SENT_MAX = 60000, /* so that no identifier comes round while it is in use */
};

static struct entry *entry_at(const struct queue *q, uint32_t i)
{
	return &q->entries[(q->first + i) & (q->room - 1)];
}

static size_t bytes_of(const struct entry *e)
{
	return sizeof *e + (e->publication ? publication_bytes(e->publication) : 0) +
	       (e->id_count > 1 ? e->id_count * sizeof(uint32_t) : 0);
}

/* What it held is gone; it stays in its place until those before it are. */
static void entry_clear(struct live *l, struct queue *q, struct entry *e)
{
	q->bytes -= bytes_of(e) - sizeof *e;
	if (e->id_count > 1)
		free(e->ids.many);
	e->id_count = 0;
	publication_release(l, e->publication);
	e->publication = NULL;
}

static void grow(struct queue *q)
{
	uint32_t room = q->room ? 2 * q->room : ROOM_MIN;
	struct entry *entries = xmalloc(room * sizeof *entries);
	for (uint32_t i = 0; i < q->count; i++)
		entries[i] = *entry_at(q, i);
	free(q->entries);
	q->entries = entries;
	q->room = room;
	q->first = 0;
}

/* Drops what is done with at the front; an empty queue costs no memory. */
static void trim(struct live *l, struct queue *q)
{
	while (q->sent && !entry_at(q, 0)->publication) {
		q->first = (q->first + 1) & (q->room - 1);
		q->first_id = (uint16_t)((q->first_id + 1) % IDS);
		q->count--;
		q->sent--;
		q->bytes -= sizeof(struct entry);
		l->entry_bytes -= sizeof(struct entry);
	}
	if (q->count)
		return;
	free(q->entries);
	q->entries = NULL;
	q->room = q->first = 0;
}

void queue_clear(struct live *l, struct queue *q)
{
	for (uint32_t i = 0; i < q->count; i++)
		if (entry_at(q, i)->publication)
			entry_clear(l, q, entry_at(q, i));
	q->sent = q->count;
	trim(l, q);
	q->unacknowledged = 0;
}

void queue_rewind(struct queue *q)
{
	q->sent = 0;
	q->unacknowledged = 0;
}

/* ---- writing ---- */

/* The expiry that is left, then what all get. False: it has expired. */
static bool put_properties(
	struct live *l, const struct publication *p, int version, struct str *out)
{
	*out = publication_properties(p);
	if (!p->expires_us)
		return true;
	int64_t left_us = p->expires_us - clock_now_us();
	if (left_us <= 0)
		return false;
	if (version != MQTT_5)
		return true;
	l->properties.len = 0;
	bool fits = mqtt_put_number(&l->properties, MQTT_PROPERTY_MESSAGE_EXPIRY,
			    (uint32_t)((left_us + 999999) / 1000000)) &&
		    buf_add_str(&l->properties, *out);
	*out = buf_str(&l->properties);
	return fits;
}

/* False: the message is not for this client any more: expired, or larger than it takes. */
static bool write_one(
	struct live *l, struct client *c, const struct publication *p, struct mqtt_delivery *d)
{
	if (!put_properties(l, p, c->version, &d->properties))
		return false;
	spare_take(l, &c->out);
	d->topic = publication_topic(p);
	d->payload = publication_payload(p);
	if (mqtt_publish_size(c->version, d) > c->packet_max) /* it fits without ours, perhaps */
		d->properties.len -= p->properties_len - p->forwarded_len;
	if (mqtt_publish_size(c->version, d) > c->packet_max ||
		!mqtt_publish_write(&c->out, c->version, d)) {
		metric_add(live_too_large, 1);
		return false;
	}
	client_written(c);
	c->deliveries++;
	l->delivered++;
	return true;
}

/* The entry that is next is written, or was in vain. */
static void write_next(struct live *l, struct session *s)
{
	struct queue *q = &s->queue;
	struct entry *e = entry_at(q, q->sent);
	struct mqtt_delivery d = {
		.ids = e->id_count > 1 ? e->ids.many : &e->ids.one,
		.id_count = e->id_count,
		.qos = e->qos,
		.retain = e->retain,
		.duplicate = e->was_sent,
		.id = (uint16_t)((q->first_id + q->sent) % IDS + 1),
	};
	q->sent++;
	if (!e->publication)
		return; /* acknowledged before the client came back */
	if (!write_one(l, s->client, e->publication, &d) || !e->qos) {
		entry_clear(l, q, e);
		return;
	}
	e->was_sent = true;
	q->unacknowledged++;
}

void session_pump(struct live *l, struct session *s)
{
	struct queue *q = &s->queue;
	struct client *c = s->client;
	while (c && !c->is_ending && c->out.len < OUT_HIGH && queue_waiting(q) &&
		q->sent < SENT_MAX) {
		const struct entry *next = entry_at(q, q->sent);
		if (next->publication && next->qos && q->unacknowledged >= c->window)
			break;
		write_next(l, s);
	}
	trim(l, q);
}

bool session_acknowledge(struct live *l, struct session *s, uint16_t id)
{
	struct queue *q = &s->queue;
	uint32_t i = ((uint32_t)id - 1 + IDS - q->first_id) % IDS;
	if (!id || i >= q->sent || !entry_at(q, i)->publication)
		return false;
	entry_clear(l, q, entry_at(q, i));
	q->unacknowledged--;
	trim(l, q);
	return true;
}

/* ---- adding ---- */

static bool is_too_much(const struct live *l, const struct queue *q, const struct publication *p)
{
	return q->bytes + sizeof(struct entry) + publication_bytes(p) > l->options.queue_bytes;
}

/* Wills and retained messages have limits of their own. */
static bool are_too_much(const struct live *l)
{
	size_t publications = l->publication_bytes - l->will_bytes - l->retained_bytes;
	return l->entry_bytes + publications > l->options.queues_bytes;
}

static struct session *largest(const struct live *l)
{
	struct session *s, *next, *found = NULL;
	HASH_ITER(hh, l->sessions, s, next)
	{
		if (!found || s->queue.bytes > found->queue.bytes)
			found = s;
	}
	return found;
}

/* Who has most waiting pays for all. */
static void make_room(struct live *l)
{
	while (are_too_much(l)) {
		struct session *s = largest(l);
		if (!s || !s->queue.bytes)
			return;
		session_lose(l, s);
	}
}

static void add(struct live *l, struct queue *q, struct publication *p, const struct entry *entry,
	const uint32_t *ids)
{
	if (q->count == q->room)
		grow(q);
	struct entry *e = entry_at(q, q->count++);
	*e = *entry;
	e->publication = p ? publication_keep(p) : NULL;
	if (e->id_count == 1) {
		e->ids.one = ids[0];
	} else if (e->id_count) {
		e->ids.many = xmalloc(e->id_count * sizeof *ids);
		memcpy(e->ids.many, ids, e->id_count * sizeof *ids);
	}
	q->bytes += bytes_of(e);
	l->entry_bytes += sizeof *e;
}

void queue_restore(struct live *l, struct queue *q, struct publication *p,
	const struct entry *entry, const uint32_t *ids)
{
	add(l, q, p, entry, ids);
}

void queue_each(
	const struct queue *q, void (*each)(void *context, const struct entry *e), void *context)
{
	for (uint32_t i = 0; i < q->count; i++)
		each(context, entry_at(q, i));
}

void session_deliver(struct live *l, struct session *s, struct publication *p, uint8_t qos,
	bool retain, const uint32_t *ids, size_t id_count)
{
	struct client *c = s->client;
	if (s->is_lost || (!c && !qos))
		return;
	if (c && !qos && !queue_waiting(&s->queue) && c->out.len < OUT_HIGH && !c->is_ending) {
		struct mqtt_delivery d = {.ids = ids, .id_count = id_count, .retain = retain};
		(void)!write_one(l, c, p, &d);
		return;
	}
	if (is_too_much(l, &s->queue, p))
		session_lose(l, s);
	else
		make_room(l);
	if (s->is_lost)
		return;
	const struct entry entry = {.qos = qos, .retain = retain, .id_count = (uint16_t)id_count};
	if (c && c->out.len >= OUT_HIGH && !(c->events & UV_WRITABLE))
		l->is_full = true;
	add(l, &s->queue, p, &entry, ids);
	session_pump(l, s);
}
