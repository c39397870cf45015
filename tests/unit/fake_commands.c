#include "fake_commands.h"

#include "base/die.h"

#include <pthread.h>
#include <stdlib.h>

struct fake_command {
	uint64_t id;
	uint32_t device;
	bool has_ended;
	struct command_progress progress;
	int64_t ended_us;
	char *json;
	size_t json_bytes;
};

struct fake_commands {
	pthread_mutex_t lock;
	pthread_cond_t go_on;
	struct fake_command *at; /* by rising id */
	size_t count, room, changes, stalled;
	bool fails, stalls;
};

struct fake_commands *fake_commands_new(void)
{
	struct fake_commands *f = xcalloc(1, sizeof *f);
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->go_on, NULL);
	return f;
}

void fake_commands_free(struct fake_commands *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->at[i].json);
	free(f->at);
	pthread_cond_destroy(&f->go_on);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* ---- for tests ---- */

static struct fake_commands *lock(struct store *s)
{
	struct fake_commands *f = fake_store_commands(s);
	pthread_mutex_lock(&f->lock);
	return f;
}

void fake_commands_fail(struct store *s, bool fails)
{
	struct fake_commands *f = lock(s);
	f->fails = fails;
	pthread_mutex_unlock(&f->lock);
}

void fake_commands_stall(struct store *s, bool stalls)
{
	struct fake_commands *f = lock(s);
	f->stalls = stalls;
	pthread_cond_broadcast(&f->go_on);
	pthread_mutex_unlock(&f->lock);
}

size_t fake_commands_stalled(struct store *s)
{
	struct fake_commands *f = lock(s);
	size_t stalled = f->stalled;
	pthread_mutex_unlock(&f->lock);
	return stalled;
}

size_t fake_commands_changes(struct store *s)
{
	struct fake_commands *f = lock(s);
	size_t changes = f->changes;
	pthread_mutex_unlock(&f->lock);
	return changes;
}

static size_t count_locked(const struct fake_commands *f, bool has_ended)
{
	size_t count = 0;
	for (size_t i = 0; i < f->count; i++)
		count += f->at[i].has_ended == has_ended;
	return count;
}

size_t fake_commands_waiting(struct store *s)
{
	struct fake_commands *f = lock(s);
	size_t count = count_locked(f, false);
	pthread_mutex_unlock(&f->lock);
	return count;
}

size_t fake_commands_ended(struct store *s)
{
	struct fake_commands *f = lock(s);
	size_t count = count_locked(f, true);
	pthread_mutex_unlock(&f->lock);
	return count;
}

/* ---- changes ---- */

/* The place of the first whose id is not below. */
static size_t place_of_id(const struct fake_commands *f, uint64_t id)
{
	size_t low = 0, high = f->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (f->at[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct fake_command *find(struct fake_commands *f, uint64_t id)
{
	size_t i = place_of_id(f, id);
	return i < f->count && f->at[i].id == id ? &f->at[i] : NULL;
}

static struct fake_command *find_or_add(struct fake_commands *f, uint64_t id)
{
	size_t i = place_of_id(f, id);
	if (i < f->count && f->at[i].id == id)
		return &f->at[i];
	if (f->count == f->room) {
		f->room = f->room ? f->room * 2 : 64;
		f->at = xrealloc(f->at, f->room * sizeof *f->at);
	}
	memmove(&f->at[i + 1], &f->at[i], (f->count - i) * sizeof *f->at);
	f->count++;
	f->at[i] = (struct fake_command){.id = id};
	return &f->at[i];
}

static void drop(struct fake_commands *f, size_t i)
{
	free(f->at[i].json);
	f->count--;
	memmove(&f->at[i], &f->at[i + 1], (f->count - i) * sizeof *f->at);
}

static void set_text(struct fake_command *c, struct str json)
{
	free(c->json);
	c->json = xcalloc(1, json.len + 1);
	memcpy(c->json, json.at, json.len);
	c->json_bytes = json.len;
}

static void put_locked(struct fake_commands *f, const struct command_change *change)
{
	struct fake_command *c = find_or_add(f, change->id);
	c->device = change->device;
	c->has_ended = change->kind == COMMAND_END;
	if (c->has_ended)
		c->ended_us = change->ended_us;
	else
		c->progress = change->progress;
	set_text(c, change->json);
}

static void change_locked(struct fake_commands *f, const struct command_change *change)
{
	struct fake_command *c = find(f, change->id);
	switch (change->kind) {
	case COMMAND_PUT:
	case COMMAND_END: put_locked(f, change); break;
	case COMMAND_MARK:
		if (c && !c->has_ended)
			c->progress = change->progress;
		break;
	case COMMAND_AMEND:
		if (c && c->has_ended)
			set_text(c, change->json);
		break;
	case COMMAND_FORGET:
		for (size_t i = f->count; i-- > 0;)
			if (f->at[i].device == change->device)
				drop(f, i);
	}
}

static bool works_locked(struct fake_commands *f, struct store *s, struct error *e)
{
	return f->fails ? fail(e, "the disk with the commands is on fire") : fake_store_works(s, e);
}

bool store_change_commands(
	struct store *s, const struct command_change *changes, size_t count, struct error *e)
{
	struct fake_commands *f = lock(s);
	f->stalled++;
	while (f->stalls)
		pthread_cond_wait(&f->go_on, &f->lock);
	f->stalled--;
	bool done = works_locked(f, s, e);
	for (size_t i = 0; done && i < count; i++)
		change_locked(f, &changes[i]);
	f->changes += done && count > 0;
	pthread_mutex_unlock(&f->lock);
	return done;
}

/* ---- reading ---- */

bool store_each_waiting_command(
	struct store *s, waiting_command_fn *each, void *context, struct error *e)
{
	struct fake_commands *f = lock(s);
	bool done = fake_store_works(s, e), go_on = true;
	for (size_t i = 0; done && go_on && i < f->count; i++) {
		const struct fake_command *c = &f->at[i];
		const struct waiting_command waiting = {
			c->id, c->device, c->progress, {c->json, c->json_bytes}};
		go_on = c->has_ended || each(context, &waiting);
	}
	pthread_mutex_unlock(&f->lock);
	return done;
}

bool store_last_command_id(struct store *s, uint64_t *last, struct error *e)
{
	struct fake_commands *f = lock(s);
	bool done = fake_store_works(s, e);
	*last = f->count ? f->at[f->count - 1].id : 0;
	pthread_mutex_unlock(&f->lock);
	return done;
}

static int compare_places(int64_t a_us, uint64_t a_id, int64_t b_us, uint64_t b_id)
{
	if (a_us != b_us)
		return a_us < b_us ? -1 : 1;
	return a_id < b_id ? -1 : a_id > b_id;
}

static bool is_asked(const struct result_query *q, const struct fake_command *c)
{
	bool is_one = !q->devices;
	for (size_t i = 0; q->devices && i < q->device_count; i++)
		is_one = is_one || q->devices[i] == c->device;
	int order = compare_places(c->ended_us, c->id, q->after_us, q->after_id);
	return c->has_ended && is_one && c->ended_us >= q->from_us && c->ended_us <= q->to_us &&
	       (!q->after || (q->reverse ? order < 0 : order > 0));
}

/* The first in order of those behind the place; slow and plain. */
static const struct fake_command *next_locked(
	const struct fake_commands *f, const struct result_query *q)
{
	const struct fake_command *best = NULL;
	for (size_t i = 0; i < f->count; i++) {
		const struct fake_command *c = &f->at[i];
		if (!is_asked(q, c))
			continue;
		int order = best ? compare_places(c->ended_us, c->id, best->ended_us, best->id) : 0;
		if (!best || (q->reverse ? order > 0 : order < 0))
			best = c;
	}
	return best;
}

static bool tell(const struct fake_command *c, command_result_fn *each, void *context)
{
	const struct command_result result = {
		c->id, c->device, c->ended_us, {c->json, c->json_bytes}};
	return each(context, &result);
}

bool store_read_results(struct store *s, const struct result_query *query, command_result_fn *each,
	void *context, struct error *e)
{
	struct result_query q = *query;
	struct fake_commands *f = lock(s);
	bool done = fake_store_works(s, e);
	for (size_t left = q.count ? q.count : SIZE_MAX; done && left; left--) {
		const struct fake_command *c = next_locked(f, &q);
		if (!c || !tell(c, each, context))
			break;
		q.after = true;
		q.after_us = c->ended_us;
		q.after_id = c->id;
	}
	pthread_mutex_unlock(&f->lock);
	return done;
}

bool store_read_result(
	struct store *s, uint64_t id, command_result_fn *each, void *context, struct error *e)
{
	struct fake_commands *f = lock(s);
	bool done = fake_store_works(s, e);
	const struct fake_command *c = done ? find(f, id) : NULL;
	bool found = c && c->has_ended;
	if (found)
		(void)tell(c, each, context);
	else if (done && e)
		e->text[0] = '\0';
	pthread_mutex_unlock(&f->lock);
	return found;
}

/* ---- trimming ---- */

bool store_trim_results(
	struct store *s, int64_t before_us, uint64_t most, bool *more, struct error *e)
{
	static const struct result_query oldest = {.from_us = INT64_MIN, .to_us = INT64_MAX};
	struct fake_commands *f = lock(s);
	bool done = works_locked(f, s, e);
	const struct fake_command *c;
	*more = false;
	while (done && (c = next_locked(f, &oldest)) &&
		(c->ended_us < before_us || (most && count_locked(f, true) > most)))
		drop(f, (size_t)(c - f->at));
	pthread_mutex_unlock(&f->lock);
	return done;
}
