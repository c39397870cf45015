/* A lane has a few buffers. Its thread fills one without a lock; what waits to be taken stands in a
 * queue under the lane's lock, the last of it is filled up before another buffer is used, so that a
 * hand-over at the end of every turn needs no more buffers than one when they are full. Taking
 * (drain) copies from the queues to the journal: the packets' own thread does it some times a
 * second, and whoever reads does it first.
 *
 * An entry of the journal: its key is the ident; varint type, channel and connection, at most
 * PACKET_HEAD bytes, then the bytes of the packet. */
#include "core/packets.h"

#include "base/die.h"
#include "base/varint.h"
#include "core/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	LANE_BUFFER = 256 * 1024,
	LANE_BUFFERS = 8,
	DRAIN_MS = 100,
	TAKEN_AT_ONCE = 128, /* packets that the journal gets in one go */
};

/* Before the body of each entry in a buffer. */
struct packet_head {
	int64_t time_us;
	uint64_t ident;
	size_t len; /* of the body */
};

struct lane_buffer {
	size_t len;
	char bytes[LANE_BUFFER];
};

struct packets_lane {
	struct packets_lane *next;
	struct packets *packets;
	struct lane_buffer *filling; /* its thread's own, as is: */
	uint64_t dropped;
	pthread_mutex_t lock;                      /* of what follows */
	struct lane_buffer *waiting[LANE_BUFFERS]; /* oldest first */
	size_t waiting_count, taken_count;
	struct lane_buffer *spare[LANE_BUFFERS];
	size_t spare_count;
	bool is_closed;
};

struct packets {
	struct journal *journal;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;
	struct packets_lane *lanes;
	bool is_stopping, is_woken;
	pthread_t thread;
	pthread_mutex_t drain_lock; /* held by whoever takes: packets of a lane keep their order */
};

/* ---- lanes ---- */

static struct lane_buffer *buffer_new(void)
{
	struct lane_buffer *b = xmalloc(sizeof *b);
	b->len = 0;
	return b;
}

struct packets_lane *packets_lane_open(struct packets *p)
{
	if (!p)
		return NULL;
	struct packets_lane *lane = xcalloc(1, sizeof *lane);
	lane->packets = p;
	pthread_mutex_init(&lane->lock, NULL);
	lane->filling = buffer_new();
	pthread_mutex_lock(&p->lock);
	lane->next = p->lanes;
	p->lanes = lane;
	pthread_mutex_unlock(&p->lock);
	return lane;
}

static void wake(struct packets *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_woken = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void packets_lane_flush(struct packets_lane *lane)
{
	if (!lane)
		return;
	if (lane->dropped)
		metric_add(packets_dropped, lane->dropped);
	lane->dropped = 0;
	if (!lane->filling->len)
		return;
	pthread_mutex_lock(&lane->lock);
	struct lane_buffer *last =
		lane->waiting_count ? lane->waiting[lane->waiting_count - 1] : NULL;
	bool is_full = false;
	if (last && lane->filling->len <= LANE_BUFFER - last->len) {
		memcpy(last->bytes + last->len, lane->filling->bytes, lane->filling->len);
		last->len += lane->filling->len;
		lane->filling->len = 0;
	} else if (lane->waiting_count + lane->taken_count < LANE_BUFFERS - 1) {
		lane->waiting[lane->waiting_count++] = lane->filling;
		lane->filling = lane->spare_count ? lane->spare[--lane->spare_count] : buffer_new();
		is_full = lane->waiting_count > 1;
	}
	pthread_mutex_unlock(&lane->lock);
	if (is_full)
		wake(lane->packets);
}

void packets_add(struct packets_lane *lane, const struct packet *packet)
{
	if (!lane)
		return;
	struct packet_head head = {packet->time_us, packet->ident, 0};
	size_t most = sizeof head + PACKET_HEAD + packet->bytes.len;
	if (most > LANE_BUFFER - lane->filling->len)
		packets_lane_flush(lane);
	struct lane_buffer *b = lane->filling;
	if (most > LANE_BUFFER - b->len || packet->bytes.len > JOURNAL_BODY_MAX - PACKET_HEAD) {
		lane->dropped++;
		return;
	}
	char *body = b->bytes + b->len + sizeof head, *at = put_varint(body, packet->type);
	at = put_varint(put_varint(at, packet->channel), packet->connection);
	if (packet->bytes.len)
		memcpy(at, packet->bytes.at, packet->bytes.len);
	head.len = (size_t)(at - body) + packet->bytes.len;
	memcpy(body - sizeof head, &head, sizeof head);
	b->len += sizeof head + head.len;
}
/* type 1 byte, channel 5, connection 10 */
_Static_assert(PACKET_HEAD == 1 + 5 + VARINT_MAX, "the head of a packet fits");

/* ---- taking ---- */

static void take_buffer(struct journal *j, struct lane_buffer *b)
{
	struct journal_entry entries[TAKEN_AT_ONCE];
	struct packet_head head;
	uint64_t kept = 0, all = 0;
	for (size_t at = 0; at < b->len;) {
		size_t count = 0;
		for (; at < b->len && count < TAKEN_AT_ONCE; at += sizeof head + head.len) {
			memcpy(&head, b->bytes + at, sizeof head);
			entries[count++] = (struct journal_entry){head.time_us, 0, head.ident,
				{b->bytes + at + sizeof head, head.len}};
		}
		all += count;
		kept += journal_add_many(j, entries, count);
	}
	metric_add(packets_kept, kept);
	metric_add(packets_dropped, all - kept);
	b->len = 0;
}

/* Puts an emptied buffer back, or NULL after a quiet while: then one that is too many goes. */
static void give_back(struct packets_lane *lane, struct lane_buffer *b)
{
	struct lane_buffer *gone = NULL;
	pthread_mutex_lock(&lane->lock);
	if (b) {
		lane->spare[lane->spare_count++] = b;
		lane->taken_count--;
	} else if (lane->spare_count > 1) {
		gone = lane->spare[--lane->spare_count];
	}
	pthread_mutex_unlock(&lane->lock);
	free(gone);
}

static void take_lane(struct packets *p, struct packets_lane *lane)
{
	struct lane_buffer *taken[LANE_BUFFERS];
	pthread_mutex_lock(&lane->lock);
	size_t count = lane->waiting_count;
	for (size_t i = 0; i < count; i++)
		taken[i] = lane->waiting[i];
	lane->waiting_count = 0;
	lane->taken_count = count;
	pthread_mutex_unlock(&lane->lock);
	for (size_t i = 0; i < count; i++) {
		take_buffer(p->journal, taken[i]);
		give_back(lane, taken[i]);
	}
	if (count < 2)
		give_back(lane, NULL);
}

static void lane_free(struct packets_lane *lane)
{
	for (size_t i = 0; i < lane->spare_count; i++)
		free(lane->spare[i]);
	free(lane->filling);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
}

/* Takes closed lanes, which hold nothing any more, out of the list. */
static void free_closed(struct packets *p)
{
	pthread_mutex_lock(&p->lock);
	for (struct packets_lane **at = &p->lanes; *at;) {
		struct packets_lane *lane = *at;
		pthread_mutex_lock(&lane->lock);
		bool is_over = lane->is_closed && !lane->waiting_count;
		pthread_mutex_unlock(&lane->lock);
		if (!is_over) {
			at = &lane->next;
			continue;
		}
		*at = lane->next;
		lane_free(lane);
	}
	pthread_mutex_unlock(&p->lock);
}

static void drain(struct packets *p)
{
	pthread_mutex_lock(&p->drain_lock);
	pthread_mutex_lock(&p->lock);
	struct packets_lane *first = p->lanes;
	pthread_mutex_unlock(&p->lock);
	/* new lanes come in front, and only here they go */
	for (struct packets_lane *lane = first; lane; lane = lane->next)
		take_lane(p, lane);
	free_closed(p);
	pthread_mutex_unlock(&p->drain_lock);
}

static void *run(void *context)
{
	struct packets *p = context;
	pthread_mutex_lock(&p->lock);
	while (!p->is_stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		int64_t ns = until.tv_nsec + (int64_t)DRAIN_MS * 1000000;
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		while (!p->is_woken && !p->is_stopping)
			if (pthread_cond_timedwait(&p->wake, &p->lock, &until) != 0)
				break;
		p->is_woken = false;
		pthread_mutex_unlock(&p->lock);
		drain(p);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

void packets_lane_close(struct packets_lane *lane)
{
	if (!lane)
		return;
	struct packets *p = lane->packets;
	packets_lane_flush(lane);
	drain(p);
	packets_lane_flush(lane); /* when there was no room for it */
	pthread_mutex_lock(&lane->lock);
	lane->is_closed = true;
	pthread_mutex_unlock(&lane->lock);
	drain(p);
}

/* ---- life ---- */

struct packets *packets_new(struct journal *journal)
{
	struct packets *p = xcalloc(1, sizeof *p);
	p->journal = journal;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->drain_lock, NULL);
	check(pthread_create(&p->thread, NULL, run, p) == 0);
	return p;
}

void packets_free(struct packets *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->is_stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	drain(p);
	check(p->lanes == NULL); /* all were closed */
	pthread_mutex_destroy(&p->lock);
	pthread_mutex_destroy(&p->drain_lock);
	pthread_cond_destroy(&p->wake);
	free(p);
}

void packets_figures(struct packets *p, struct journal_figures *out)
{
	*out = (struct journal_figures){0};
	if (p)
		journal_figures(p->journal, out);
}

/* ---- reading ---- */

struct reading {
	uint32_t channel;
	size_t left;
	packet_fn *each;
	void *context;
};

static bool read_one(void *context, const struct journal_entry *entry)
{
	struct reading *r = context;
	struct packet packet = {.time_us = entry->time_us, .ident = entry->key};
	struct str body = entry->body;
	uint64_t type, channel;
	if (!get_varint(&body, &type) || !get_varint(&body, &channel) ||
		!get_varint(&body, &packet.connection))
		return true; /* no packet */
	packet.type = (enum packet_type)type;
	packet.channel = (uint32_t)channel;
	packet.bytes = body;
	if (r->channel && packet.channel != r->channel)
		return true;
	return r->each(r->context, &packet, entry->no) && --r->left > 0;
}

bool packets_read(struct packets *p, uint64_t ident, uint32_t channel,
	const struct journal_query *range, packet_fn *each, void *context, struct error *e)
{
	struct reading r = {channel, range->count ? range->count : SIZE_MAX, each, context};
	struct journal_query q = *range;
	q.count = 0;
	if (!q.keys)
		q.key = ident;
	drain(p);
	return journal_read(p->journal, &q, read_one, &r, e);
}
