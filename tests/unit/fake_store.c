#include "fake_store.h"

#include "base/die.h"
#include "core/poster.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHANNELS_MAX = 16, FORGOTTEN_MAX = 16 };

struct forgotten {
	uint32_t device;
	uint64_t params, seq; /* of records up to it */
};

struct resource_row {
	struct resource_row *next;
	char kind[16];
	uint32_t id;
	char *json;
};

struct store {
	pthread_mutex_t lock;
	struct record *records;
	size_t count, room;
	struct resource_row *rows, *newest; /* NULL, or one of them: the one that came last */
	uint32_t next_id;
	size_t calls_left, transactions, reads, largest_page;
	uint64_t trimmed[CHANNELS_MAX]; /* by channel */
	struct forgotten forgotten[FORGOTTEN_MAX];
	size_t forgotten_count;
	struct fake_commands *commands;
};

bool fake_writer_failing;

bool writer_is_failing(struct writer *w)
{
	(void)w;
	return fake_writer_failing;
}

struct poster *fake_poster(struct store *s)
{
	return (struct poster *)(void *)s;
}

bool poster_post(struct poster *p, const struct record *records, size_t count, struct error *e)
{
	struct record *copy = xcalloc(count, sizeof *copy);
	memcpy(copy, records, count * sizeof *copy);
	bool done = store_append((struct store *)(void *)p, copy, count, e);
	free(copy);
	return done;
}

struct store *fake_store_new(void)
{
	struct store *s = xcalloc(1, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	s->next_id = 1;
	s->calls_left = SIZE_MAX;
	s->commands = fake_commands_new();
	return s;
}

static void free_row(struct resource_row *row)
{
	free(row->json);
	free(row);
}

void fake_store_free(struct store *s)
{
	for (size_t i = 0; i < s->count; i++)
		free((char *)(uintptr_t)s->records[i].body.at);
	while (s->rows) {
		struct resource_row *row = s->rows;
		s->rows = row->next;
		free_row(row);
	}
	free(s->records);
	fake_commands_free(s->commands);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void fake_store_fail_after(struct store *s, size_t calls)
{
	pthread_mutex_lock(&s->lock);
	s->calls_left = calls;
	pthread_mutex_unlock(&s->lock);
}

size_t fake_store_reads(const struct store *s)
{
	return s->reads;
}

size_t fake_store_largest_page(const struct store *s)
{
	return s->largest_page;
}

size_t fake_store_transactions(const struct store *s)
{
	return s->transactions;
}

static bool works_locked(struct store *s, struct error *e)
{
	if (s->calls_left == 0)
		return fail(e, "the disk is on fire");
	if (s->calls_left != SIZE_MAX)
		s->calls_left--;
	return true;
}

bool fake_store_works(struct store *s, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool works = works_locked(s, e);
	pthread_mutex_unlock(&s->lock);
	return works;
}

struct fake_commands *fake_store_commands(struct store *s)
{
	return s->commands;
}

/* ---- log ---- */

bool store_append(struct store *s, struct record *records, size_t count, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	for (size_t i = 0; done && i < count; i++) {
		if (s->count == s->room) {
			s->room = s->room ? s->room * 2 : 64;
			s->records = xrealloc(s->records, s->room * sizeof *s->records);
		}
		records[i].seq = s->count + 1;
		struct record *r = &s->records[s->count++];
		*r = records[i];
		r->body.at = memcpy(xmalloc(r->body.len), records[i].body.at, r->body.len);
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

uint64_t store_head(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t head = s->count;
	pthread_mutex_unlock(&s->lock);
	return head;
}

static int64_t key_of(const struct query *q, const struct record *r)
{
	return q->by == QUERY_DEVICE ? r->time_us : r->received_us;
}

/* Does a stand before b in the order of the query, direction aside? */
static bool is_before(
	const struct query *q, int64_t a_us, uint64_t a_seq, int64_t b_us, uint64_t b_seq)
{
	if (q->by == QUERY_DEVICE && a_us != b_us)
		return a_us < b_us;
	return a_seq < b_seq;
}

/* The first in order of those behind the place; slow and plain. */
static const struct record *next_locked(struct store *s, const struct query *q)
{
	const struct record *best = NULL;
	for (size_t i = 0; i < s->count; i++) {
		const struct record *r = &s->records[i];
		int64_t key = key_of(q, r);
		uint32_t id = q->by == QUERY_DEVICE ? r->origin.device : r->origin.channel;
		if (id != q->id || key < q->from_us || key > q->to_us)
			continue;
		if (q->by == QUERY_CHANNEL && r->seq < fake_store_trimmed(s, id))
			continue;
		if (q->after &&
			!(q->reverse ? is_before(q, key, r->seq, q->after_us, q->after_seq)
				     : is_before(q, q->after_us, q->after_seq, key, r->seq)))
			continue;
		bool better = !best ||
			      (q->reverse ? is_before(q, key_of(q, best), best->seq, key, r->seq)
					  : is_before(q, key, r->seq, key_of(q, best), best->seq));
		if (better)
			best = r;
	}
	return best;
}

bool store_read(
	struct store *s, const struct query *query, record_fn *each, void *context, struct error *e)
{
	struct query q = *query;
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	s->reads++;
	size_t left = q.count ? q.count : SIZE_MAX;
	if (left > s->largest_page)
		s->largest_page = left;
	for (; done && left; left--) {
		const struct record *r = next_locked(s, &q);
		if (!r || !each(context, r))
			break;
		q.after = true;
		q.after_us = key_of(&q, r);
		q.after_seq = r->seq;
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool store_settle(struct store *s, struct error *e)
{
	(void)s;
	(void)e;
	return true;
}

uint64_t fake_store_trimmed(const struct store *s, uint32_t channel)
{
	return channel < CHANNELS_MAX ? s->trimmed[channel] : 0;
}

bool store_trim_channel(struct store *s, uint32_t channel, uint64_t seq, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	if (done && channel < CHANNELS_MAX && s->trimmed[channel] < seq)
		s->trimmed[channel] = seq;
	pthread_mutex_unlock(&s->lock);
	return done;
}

/* ---- latest state ---- */

bool store_forget_telemetry(struct store *s, uint32_t device, uint64_t list, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	if (done) {
		check(s->forgotten_count < FORGOTTEN_MAX);
		s->forgotten[s->forgotten_count++] = (struct forgotten){device, list, s->count};
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

static bool is_forgotten(const struct store *s, const struct record *r, unsigned param)
{
	for (size_t i = 0; i < s->forgotten_count; i++) {
		const struct forgotten *f = &s->forgotten[i];
		if (f->device == r->origin.device && f->params >> param & 1 && r->seq <= f->seq)
			return true;
	}
	return false;
}

static void tell_telemetry(const struct record *const newest[], telemetry_fn *each, void *context)
{
	for (unsigned p = 0; p < PARAM_COUNT; p++) {
		struct message m;
		message_clear(&m);
		if (!newest[p] || !message_unpack(newest[p]->body, &m))
			continue;
		struct telemetry_item item = {
			.param = (uint8_t)p, .time_us = newest[p]->time_us, .value = m.value[p]};
		each(context, &item);
		for (unsigned i = 0; i < m.more_count; i++) {
			if (m.more[i].param != p)
				continue;
			item.index = m.more[i].index;
			item.value.number = m.more[i].number;
			each(context, &item);
		}
	}
}

bool store_telemetry(struct store *s, uint32_t device, telemetry_fn *each, void *context)
{
	const struct record *newest[PARAM_COUNT] = {NULL};
	bool any = false;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++) {
		const struct record *r = &s->records[i];
		struct message m;
		message_clear(&m);
		if (r->origin.device != device || !message_unpack(r->body, &m))
			continue;
		any = true;
		for (unsigned p = 0; p < PARAM_COUNT; p++)
			if (message_has(&m, p) && !is_forgotten(s, r, p) &&
				(!newest[p] || r->time_us >= newest[p]->time_us))
				newest[p] = r;
	}
	tell_telemetry(newest, each, context);
	pthread_mutex_unlock(&s->lock);
	return any;
}

int64_t store_last_active(struct store *s, uint32_t device)
{
	int64_t last = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		if (s->records[i].origin.device == device && s->records[i].received_us > last)
			last = s->records[i].received_us;
	pthread_mutex_unlock(&s->lock);
	return last;
}

uint64_t store_bytes(struct store *s, enum query_by by, uint32_t id)
{
	uint64_t bytes = 0;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++) {
		const struct origin *o = &s->records[i].origin;
		if ((by == QUERY_DEVICE ? o->device : o->channel) == id)
			bytes += s->records[i].body.len;
	}
	pthread_mutex_unlock(&s->lock);
	return bytes;
}

/* An ident is told when its last record comes by. */
void store_idents(struct store *s, uint32_t channel, ident_fn *each, void *context)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++) {
		const struct record *last = &s->records[i];
		struct ident_info info = {.ident = last->origin.ident,
			.last_us = last->received_us,
			.device = last->origin.device,
			.peer = last->origin.peer};
		bool is_last = last->origin.channel == channel;
		for (size_t k = 0; k < s->count; k++) {
			const struct record *r = &s->records[k];
			if (r->origin.channel != channel || r->origin.ident != info.ident)
				continue;
			is_last = is_last && k <= i;
			info.count++;
			info.bytes += r->body.len;
		}
		if (is_last)
			each(context, &info);
	}
	pthread_mutex_unlock(&s->lock);
}

struct sought {
	uint64_t ident;
	struct ident_info *out;
	bool found;
};

static void compare_ident(void *context, const struct ident_info *info)
{
	struct sought *x = context;
	if (info->ident != x->ident)
		return;
	*x->out = *info;
	x->found = true;
}

bool store_ident(struct store *s, uint32_t channel, uint64_t ident, struct ident_info *out)
{
	struct sought x = {ident, out, false};
	store_idents(s, channel, compare_ident, &x);
	return x.found;
}

/* ---- resources ---- */

static struct resource_row **find_locked(struct store *s, const char *kind, uint32_t id)
{
	struct resource_row *newest = s->newest, **at = &s->rows;
	if (newest && newest->id < id && strcmp(newest->kind, kind) == 0)
		at = &newest->next; /* ids rise: a thousand of them are made in no time */
	while (*at && (strcmp((*at)->kind, kind) != 0 || (*at)->id < id))
		at = &(*at)->next;
	return at;
}

static bool is_row(const struct resource_row *row, const char *kind, uint32_t id)
{
	return row && strcmp(row->kind, kind) == 0 && row->id == id;
}

bool store_delete(struct store *s, const char *kind, uint32_t id, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	struct resource_row **at = find_locked(s, kind, id);
	if (done && is_row(*at, kind, id)) {
		struct resource_row *row = *at;
		*at = row->next;
		s->newest = NULL;
		free_row(row);
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

bool store_put(struct store *s, const char *kind, uint32_t id, struct str json, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e);
	struct resource_row **at = find_locked(s, kind, id);
	if (done && is_row(*at, kind, id)) {
		free((*at)->json);
	} else if (done) {
		struct resource_row *row = xcalloc(1, sizeof *row);
		snprintf(row->kind, sizeof row->kind, "%s", kind);
		row->id = id;
		row->next = *at;
		*at = s->newest = row;
	}
	if (done) {
		(*at)->json = xcalloc(1, json.len + 1);
		memcpy((*at)->json, json.at, json.len);
	}
	pthread_mutex_unlock(&s->lock);
	return done;
}

/* A transaction counts as one call and fails as a whole. Returns the calls that are left. */
static size_t transaction(struct store *s, bool *done, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	*done = works_locked(s, e);
	size_t calls_left = s->calls_left;
	s->calls_left = SIZE_MAX;
	s->transactions++;
	pthread_mutex_unlock(&s->lock);
	return calls_left;
}

bool store_change(struct store *s, const char *kind, const uint32_t *ids, const struct str *json,
	size_t count, struct error *e)
{
	bool done;
	size_t calls_left = transaction(s, &done, e);
	for (size_t i = 0; done && i < count; i++)
		done = json[i].at ? store_put(s, kind, ids[i], json[i], e)
				  : store_delete(s, kind, ids[i], e);
	fake_store_fail_after(s, calls_left);
	return done;
}

uint32_t store_next_id(struct store *s, const char *kind, struct error *e)
{
	(void)kind;
	pthread_mutex_lock(&s->lock);
	uint32_t id = works_locked(s, e) ? s->next_id++ : 0;
	pthread_mutex_unlock(&s->lock);
	return id;
}

bool store_add(struct store *s, const char *kind, const struct str *json, size_t count,
	uint32_t *first, struct error *e)
{
	bool done;
	size_t calls_left = transaction(s, &done, e);
	for (size_t i = 0; done && i < count; i++) {
		uint32_t id = store_next_id(s, kind, e);
		done = id && store_put(s, kind, id, json[i], e);
		*first = i ? *first : id;
	}
	fake_store_fail_after(s, calls_left);
	return done;
}

bool store_each(
	struct store *s, const char *kind, resource_fn *each, void *context, struct error *e)
{
	pthread_mutex_lock(&s->lock);
	bool done = works_locked(s, e), go_on = true;
	for (struct resource_row *row = s->rows; done && go_on && row; row = row->next)
		if (strcmp(row->kind, kind) == 0)
			go_on = each(context, row->id, str_of(row->json));
	pthread_mutex_unlock(&s->lock);
	return done;
}

void store_figures(struct store *s, struct store_figures *out)
{
	*out = (struct store_figures){.appended = store_head(s)};
}

/* ---- for tests ---- */

void fake_store_message(struct store *s, uint32_t channel, uint32_t device, uint64_t ident,
	int64_t time_us, int64_t received_us)
{
	struct message m;
	message_clear(&m);
	message_number(&m, PARAM_IDENT, (int64_t)ident);
	message_text(&m, PARAM_VENDOR_CODE, str_of("HQ"));
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_number(&m, PARAM_SERVER_TIMESTAMP, received_us);
	message_number(&m, PARAM_POSITION_LATITUDE, 225000000);
	message_number(&m, PARAM_POSITION_SPEED, 55560);
	message_number(&m, PARAM_GSM_LAC, 9763);
	message_more(&m, PARAM_GSM_LAC, 1, 9764);
	struct origin origin = {.ident = ident,
		.channel = channel,
		.device = device,
		.peer = {4, {10, 0, 0, 9}, 40112},
		.vendor = {'H', 'Q'}};
	struct record r;
	char body[MESSAGE_PACK_MAX];
	record_make(&r, &m, &origin, body);
	struct error e;
	check(store_append(s, &r, 1, &e));
}
