#include "store/journal_parts.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "store/ranks.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	FLUSH_MS = 1000,
	NICE = 5,
	TRIM_S = 2, /* memory is given back to the system at most so often */
	PENDING_BYTES = 16 << 20,
	SPARE_BYTES = 4 << 20,
	BURST_BYTES = 256 << 10, /* a pile of more is not kept for less */
	WAKE_BYTES = 1 << 20,    /* so much does not wait for its time */
};

/* ---- piles ---- */

void pile_add(struct pile *p, const struct journal_entry *entry)
{
	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		p->entries = xrealloc(p->entries, p->room * sizeof *p->entries);
	}
	if (entry->body.len > p->bytes_room - p->len) {
		p->bytes_room = 2 * p->bytes_room + entry->body.len + 4096;
		p->bytes = xrealloc(p->bytes, p->bytes_room);
	}
	if (entry->body.len)
		memcpy(p->bytes + p->len, entry->body.at, entry->body.len);
	p->len += entry->body.len;
	p->entries[p->count++] = *entry;
}

void pile_aim(struct pile *p)
{
	const char *at = p->bytes;
	for (size_t i = 0; i < p->count; i++) {
		p->entries[i].body.at = at;
		at += p->entries[i].body.len;
	}
}

void pile_clear(struct pile *p)
{
	free(p->entries);
	free(p->bytes);
	*p = (struct pile){0};
}

static size_t pile_bytes(const struct pile *p)
{
	return p->room * sizeof *p->entries + p->bytes_room;
}

/* ---- batches ---- */

/* Threads overtake each other by little: mostly it is sorted, or in a few runs. */
static void sort(struct pile *p, int64_t now_us)
{
	bool is_sorted = true;
	for (size_t i = 0; i < p->count; i++) {
		if (p->entries[i].time_us > now_us + JOURNAL_AHEAD_US)
			p->entries[i].time_us = now_us;
		is_sorted =
			is_sorted && (i == 0 || p->entries[i - 1].time_us <= p->entries[i].time_us);
	}
	if (is_sorted)
		return;
	struct ranks ranks = {0};
	struct rank *rank = ranks_begin(&ranks, p->count);
	for (size_t i = 0; i < p->count; i++) /* INT64_MIN is the least */
		rank[i] = (struct rank){
			(uint64_t)p->entries[i].time_us ^ UINT64_C(1) << 63, (uint32_t)i};
	const struct rank *sorted = ranks_sort(&ranks, p->count);
	struct journal_entry *entries = xmalloc(p->count * sizeof *entries);
	for (size_t i = 0; i < p->count; i++)
		entries[i] = p->entries[sorted[i].place];
	free(p->entries);
	p->entries = entries;
	p->room = p->count;
	ranks_clear(&ranks);
}

void journal_seal_locked(struct journal *j)
{
	if (!j->incoming.count)
		return;
	struct journal_batch *b = xcalloc(1, sizeof *b);
	b->pile = j->incoming;
	j->incoming = j->spare;
	j->spare = (struct pile){0};
	pile_aim(&b->pile);
	sort(&b->pile, journal_now_us(j));
	for (size_t i = 0; i < b->pile.count; i++) {
		struct journal_entry *entry = &b->pile.entries[i];
		if (entry->time_us < j->newest_us)
			entry->time_us = j->newest_us;
		j->newest_us = entry->time_us;
		entry->no = j->next_no++;
	}
	if (j->last)
		j->last->next = b;
	else
		j->first = b;
	j->last = b;
}

static size_t pile_pending(const struct pile *p)
{
	return p->len + p->count * sizeof *p->entries;
}

/* While much comes, piles that have grown are filled again: new memory would have to be zeroed. */
static void recycle_locked(struct journal *j, struct pile *p)
{
	if (j->spare.room || pile_bytes(p) > SPARE_BYTES) {
		j->has_freed = j->has_freed || pile_bytes(p) > BURST_BYTES;
		pile_clear(p);
		return;
	}
	j->spare = *p;
	j->spare.count = j->spare.len = 0;
}

/* Takes the batches up to `last`, which are on disk, out of the row. */
static void release_locked(struct journal *j, const struct journal_batch *last)
{
	for (bool is_last = false; !is_last;) {
		struct journal_batch *b = j->first;
		is_last = b == last;
		j->first = b->next;
		j->pending_bytes -= pile_pending(&b->pile);
		j->durable_no = b->pile.entries[b->pile.count - 1].no;
		b->is_on_disk = true;
		if (b->pins)
			continue; /* its last reader frees it */
		recycle_locked(j, &b->pile);
		free(b);
	}
	if (!j->first)
		j->last = NULL;
}

/* ---- the writer's thread ---- */

/* One line a minute while it fails, one when it goes on. */
static void tell(struct journal *j, bool had_failed, const struct error *e, uint64_t dropped)
{
	if (e && log_due(&j->warned_us, 60)) {
		log_warning("journal", "write_failed", "file=%s dropped=%" PRIu64 " reason=%s",
			j->file, dropped - j->dropped_told, log_quote(e->text));
		j->dropped_told = dropped;
	} else if (!e && had_failed) {
		log_info("journal", "write_recovered", "file=%s dropped=%" PRIu64, j->file,
			dropped - j->dropped_told);
		j->dropped_told = dropped;
	}
}

/* Lets go of what a burst needed when less comes. */
static void calm_down_locked(struct journal *j)
{
	struct pile *piles[] = {&j->spare, &j->incoming};
	for (size_t i = 0; i < 2; i++)
		if (!piles[i]->count && pile_bytes(piles[i]) > BURST_BYTES &&
			j->incoming.count < piles[i]->room / 8) {
			pile_clear(piles[i]);
			j->has_freed = true;
		}
}

/* Writes what waits now. Called with the lock, which it gives up meanwhile. */
static void flush_locked(struct journal *j)
{
	struct error e = {""};
	uint64_t asked = j->asked;
	calm_down_locked(j);
	journal_seal_locked(j);
	struct journal_batch *first = j->first, *last = j->last;
	pthread_mutex_unlock(&j->lock);
	bool is_written = !first || journal_write(j, first, last, &e);
	pthread_mutex_lock(&j->lock);
	if (is_written && first)
		release_locked(j, last);
	pthread_mutex_unlock(&j->lock);
	bool done = is_written && journal_follow_clock(j, &e) && journal_retain(j, &e);
	pthread_mutex_lock(&j->lock);
	bool had_failed = j->has_failed;
	j->has_failed = !done;
	j->why = e;
	j->finished = asked;
	uint64_t dropped = j->dropped;
	pthread_cond_broadcast(&j->done);
	pthread_mutex_unlock(&j->lock);
	tell(j, had_failed, done ? NULL : &e, dropped);
	if (j->has_freed && log_due(&j->trimmed_us, TRIM_S)) {
		/* a burst is over: what it took lies free in the middle of what stays */
		malloc_trim(0);
		j->has_freed = false;
	}
	pthread_mutex_lock(&j->lock);
}

/* After a failure only time (or whoever asks) brings the next try. */
static bool is_due_locked(const struct journal *j)
{
	bool is_much = j->incoming.len >= WAKE_BYTES && !j->has_failed;
	return j->is_stopping || j->asked != j->finished || is_much;
}

static void *run(void *context)
{
	struct journal *j = context;
	/* this thread alone: compressing must not take the processor from those who answer */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	pthread_mutex_lock(&j->lock);
	while (!j->is_stopping) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		int64_t ns = until.tv_nsec + (int64_t)j->options.flush_ms * 1000000;
		until.tv_sec += ns / 1000000000;
		until.tv_nsec = ns % 1000000000;
		while (!is_due_locked(j))
			if (pthread_cond_timedwait(&j->wake, &j->lock, &until) != 0)
				break;
		flush_locked(j);
	}
	flush_locked(j); /* what came during the last one */
	pthread_mutex_unlock(&j->lock);
	return NULL;
}

/* ---- life ---- */

int64_t journal_now_us(const struct journal *j)
{
	return j->options.clock_us ? j->options.clock_us() : clock_now_us();
}

int64_t journal_oldest_us(const struct journal *j)
{
	return j->options.keep_us ? journal_now_us(j) - j->options.keep_us : INT64_MIN;
}

static struct journal *journal_new(const struct journal_options *options)
{
	struct journal *j = xcalloc(1, sizeof *j);
	j->options = *options;
	j->directory = xstrdup(options->directory);
	j->file = xstrdup(options->file);
	if (!j->options.flush_ms)
		j->options.flush_ms = FLUSH_MS;
	if (!j->options.pending_bytes)
		j->options.pending_bytes = PENDING_BYTES;
	j->next_no = 1;
	j->newest_us = INT64_MIN;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&j->wake, &monotonic);
	pthread_cond_init(&j->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&j->lock, NULL);
	return j;
}

struct journal *journal_open(const struct journal_options *options, struct error *e)
{
	struct journal *j = journal_new(options);
	if (!journal_writer_open(j, e)) {
		journal_close(j);
		return NULL;
	}
	check(pthread_create(&j->thread, NULL, run, j) == 0);
	j->is_started = true;
	return j;
}

static void end_thread(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->is_stopping = true;
	pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	if (!j->first && !j->incoming.count)
		return;
	log_error("journal", "not_written", "file=%s bytes=%zu reason=%s", j->file,
		j->pending_bytes, log_quote(j->why.text));
	journal_seal_locked(j);
	release_locked(j, j->last);
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->is_started)
		end_thread(j);
	journal_readers_close(j);
	journal_writer_close(j);
	pile_clear(&j->incoming);
	pile_clear(&j->spare);
	pthread_mutex_destroy(&j->lock);
	pthread_cond_destroy(&j->wake);
	pthread_cond_destroy(&j->done);
	free(j->directory);
	free(j->file);
	free(j);
}

/* ---- what others ask ---- */

static bool add_locked(struct journal *j, const struct journal_entry *entry)
{
	size_t bytes = entry->body.len + sizeof *entry;
	if (entry->body.len > JOURNAL_BODY_MAX ||
		bytes > j->options.pending_bytes - j->pending_bytes) {
		j->dropped++;
		return false;
	}
	pile_add(&j->incoming, entry);
	j->pending_bytes += bytes;
	j->added++;
	return true;
}

size_t journal_add_many(struct journal *j, const struct journal_entry *entries, size_t count)
{
	size_t added = 0;
	pthread_mutex_lock(&j->lock);
	size_t before = j->incoming.len;
	for (size_t i = 0; i < count; i++)
		added += add_locked(j, &entries[i]);
	if (before < WAKE_BYTES && j->incoming.len >= WAKE_BYTES)
		pthread_cond_signal(&j->wake);
	pthread_mutex_unlock(&j->lock);
	return added;
}

bool journal_add(struct journal *j, int64_t time_us, uint64_t key, struct str body)
{
	struct journal_entry entry = {time_us, 0, key, body};
	return journal_add_many(j, &entry, 1) == 1;
}

bool journal_flush(struct journal *j, struct error *e)
{
	pthread_mutex_lock(&j->lock);
	uint64_t mine = ++j->asked;
	pthread_cond_signal(&j->wake);
	while (j->finished < mine)
		pthread_cond_wait(&j->done, &j->lock);
	bool done = !j->has_failed || fail(e, "%s", j->why.text);
	pthread_mutex_unlock(&j->lock);
	return done;
}

static uint64_t file_bytes(const struct journal *j, const char *end)
{
	char path[4096];
	struct stat status;
	int len = snprintf(path, sizeof path, "%s/%s%s", j->directory, j->file, end);
	return len > 0 && len < (int)sizeof path && stat(path, &status) == 0
		       ? (uint64_t)status.st_size
		       : 0;
}

void journal_figures(struct journal *j, struct journal_figures *out)
{
	pthread_mutex_lock(&j->lock);
	*out = (struct journal_figures){
		.added = j->added, .dropped = j->dropped, .damaged = j->damaged};
	pthread_mutex_unlock(&j->lock);
	out->disk_bytes = file_bytes(j, "") + file_bytes(j, "-wal") + file_bytes(j, "-shm");
}
