#include "results.h"

static struct known *known_find(struct known_commands *k, uint64_t id)
{
	size_t i = k->count;
	while (i && k->at[i - 1].id > id)
		i--;
	if (i && k->at[i - 1].id == id)
		return &k->at[i - 1];
	assert_true(k->count < COMMANDS);
	memmove(&k->at[i + 1], &k->at[i], (k->count - i) * sizeof k->at[0]);
	k->count++;
	k->at[i] = (struct known){.id = id};
	return &k->at[i];
}

static void known_text(struct known *known, struct str json)
{
	assert_true(json.len < sizeof known->json);
	memcpy(known->json, json.at, json.len);
	known->json[json.len] = '\0';
}

void known_note(struct known_commands *k, const struct command_change *c)
{
	for (size_t i = 0; c->kind == COMMAND_FORGET && i < k->count; i++)
		if (k->at[i].device == c->device)
			k->at[i].condition = ABSENT;
	if (c->kind == COMMAND_FORGET)
		return;
	struct known *known = known_find(k, c->id);
	if (c->kind == COMMAND_PUT || (c->kind == COMMAND_MARK && known->condition == WAITS))
		known->progress = c->progress;
	if (c->kind == COMMAND_END)
		known->ended_us = c->ended_us;
	if (c->kind == COMMAND_PUT || c->kind == COMMAND_END) {
		known->condition = c->kind == COMMAND_PUT ? WAITS : ENDED;
		known->device = c->device;
	}
	if (c->kind != COMMAND_MARK && (c->kind != COMMAND_AMEND || known->condition == ENDED))
		known_text(known, c->json);
}

bool try_commands(
	struct store *s, const struct command_change *changes, size_t count, struct error *e)
{
	e->text[0] = '\0';
	return store_change_commands(s, changes, count, e);
}

void change_commands(struct store *s, struct known_commands *k,
	const struct command_change *changes, size_t count)
{
	struct error e;
	assert_done(try_commands(s, changes, count, &e), &e);
	for (size_t i = 0; i < count; i++)
		known_note(k, &changes[i]);
}

/* ---- one change ---- */

struct command_change command_put(uint64_t id, uint32_t device, const char *json)
{
	return (struct command_change){.kind = COMMAND_PUT,
		.id = id,
		.device = device,
		.progress = {0, 0, UINT32_MAX},
		.json = str_of(json)};
}

struct command_change command_mark(uint64_t id, uint32_t attempts, int64_t sent_us, uint32_t clock)
{
	return (struct command_change){
		.kind = COMMAND_MARK, .id = id, .progress = {attempts, sent_us, clock}};
}

struct command_change command_end(uint64_t id, uint32_t device, int64_t ended_us, const char *json)
{
	return (struct command_change){.kind = COMMAND_END,
		.id = id,
		.device = device,
		.ended_us = ended_us,
		.json = str_of(json)};
}

struct command_change command_amend(uint64_t id, const char *json)
{
	return (struct command_change){.kind = COMMAND_AMEND, .id = id, .json = str_of(json)};
}

struct command_change command_forget(uint32_t device)
{
	return (struct command_change){.kind = COMMAND_FORGET, .device = device};
}

/* ---- comparing ---- */

struct sight {
	struct known_commands *k;
	size_t next; /* in the queue */
	const struct known *answer[COMMANDS];
	size_t count, seen;
};

static bool see_waiting(void *context, const struct waiting_command *c)
{
	struct sight *sight = context;
	struct known_commands *k = sight->k;
	while (sight->next < k->count && k->at[sight->next].condition != WAITS)
		sight->next++;
	assert_true(sight->next < k->count);
	const struct known *known = &k->at[sight->next++];
	assert_int_equal(c->id, known->id);
	assert_int_equal(c->device, known->device);
	assert_int_equal(c->progress.attempts, known->progress.attempts);
	assert_int_equal(c->progress.sent_us, known->progress.sent_us);
	assert_int_equal(c->progress.clock, known->progress.clock);
	assert_str(c->json, known->json);
	sight->seen++;
	return true;
}

static bool see_result(void *context, const struct command_result *r)
{
	struct sight *sight = context;
	assert_true(sight->seen < sight->count);
	const struct known *known = sight->answer[sight->seen++];
	assert_int_equal(r->id, known->id);
	assert_int_equal(r->device, known->device);
	assert_int_equal(r->ended_us, known->ended_us);
	assert_str(r->json, known->json);
	return true;
}

static int known_cmp(int64_t a_us, uint64_t a_id, int64_t b_us, uint64_t b_id)
{
	if (a_us != b_us)
		return a_us < b_us ? -1 : 1;
	return a_id < b_id ? -1 : a_id > b_id;
}

static int compare_answers(const void *a, const void *b)
{
	const struct known *x = *(const struct known *const *)a;
	const struct known *y = *(const struct known *const *)b;
	return known_cmp(x->ended_us, x->id, y->ended_us, y->id);
}

static bool is_asked(const struct result_query *q, const struct known *known)
{
	bool is_one = !q->devices;
	for (size_t i = 0; q->devices && i < q->device_count; i++)
		is_one = is_one || q->devices[i] == known->device;
	int order = known_cmp(known->ended_us, known->id, q->after_us, q->after_id);
	return known->condition == ENDED && is_one && known->ended_us >= q->from_us &&
	       known->ended_us <= q->to_us && (!q->after || (q->reverse ? order < 0 : order > 0));
}

/* What the model says the answer is. */
static void sight_ask(struct sight *sight, const struct result_query *q)
{
	sight->count = sight->seen = 0;
	for (size_t i = 0; i < sight->k->count; i++)
		if (is_asked(q, &sight->k->at[i]))
			sight->answer[sight->count++] = &sight->k->at[i];
	qsort(sight->answer, sight->count, sizeof sight->answer[0], compare_answers);
	for (size_t i = 0; q->reverse && i < sight->count / 2; i++) {
		const struct known *other = sight->answer[i];
		sight->answer[i] = sight->answer[sight->count - 1 - i];
		sight->answer[sight->count - 1 - i] = other;
	}
	if (q->count && q->count < sight->count)
		sight->count = q->count;
}

/* Reads, and compares with the model; returns the number of results. */
size_t assert_results(struct store *s, struct known_commands *k, const struct result_query *q)
{
	struct sight sight = {.k = k};
	struct error e = {""};
	sight_ask(&sight, q);
	assert_done(store_read_results(s, q, see_result, &sight, &e), &e);
	assert_int_equal(sight.seen, sight.count);
	return sight.count;
}

const struct result_query everything = {.from_us = INT64_MIN, .to_us = INT64_MAX};

/* Each command is where the model has it, and nowhere else. */
void assert_commands(struct store *s, struct known_commands *k)
{
	struct sight sight = {.k = k};
	struct error e = {""};
	size_t waiting = 0;
	uint64_t last = 0, highest = 0;
	assert_done(store_each_waiting_command(s, see_waiting, &sight, &e), &e);
	for (size_t i = 0; i < k->count; i++) {
		bool has_ended = k->at[i].condition == ENDED;
		waiting += k->at[i].condition == WAITS;
		highest = k->at[i].condition != ABSENT ? k->at[i].id : highest;
		struct sight one = {.answer = {&k->at[i]}, .count = 1};
		(void)fail(&e, "to be emptied");
		bool found = store_read_result(s, k->at[i].id, see_result, &one, &e);
		assert_int_equal(found, has_ended);
		assert_int_equal(one.seen, has_ended);
		assert_true(found || !e.text[0]);
	}
	assert_int_equal(sight.seen, waiting);
	assert_results(s, k, &everything);
	assert_done(store_last_command_id(s, &last, &e), &e);
	assert_int_equal(last, highest);
}
