#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- what commands have in common ---- */

static struct str keep(char **at, struct str text)
{
	struct str kept = {*at, text.len};
	if (text.len)
		memcpy(*at, text.at, text.len);
	*at += text.len;
	return kept;
}

struct spec *spec_new(const struct command *command, int default_timeout_s)
{
	struct buf json;
	struct error e;
	buf_init(&json, 64 * 1024);
	check(resource_save(&command_resource, command, &json));
	struct str name = str_of(command->name), payload = str_of(command->payload),
		   properties = str_of(*command->properties ? command->properties : "{}");
	struct spec *spec =
		xcalloc(1, sizeof *spec + json.len + name.len + payload.len + properties.len);
	char *at = spec->bytes;
	int64_t timeout_s = command->timeout ? command->timeout : default_timeout_s;
	spec->references = 1;
	spec->nature = command_nature(command);
	spec->json = keep(&at, buf_str(&json));
	spec->name = keep(&at, name);
	spec->payload = keep(&at, payload);
	spec->properties = keep(&at, properties);
	spec->created_us = command->created_us;
	spec->expires_us = command->instant ? INT64_MAX : command->expires * 1000000;
	spec->timeout_us = timeout_s * 1000000;
	spec->priority = command->priority;
	spec->allowed = (uint32_t)command_attempts(command);
	spec->time_at = command->time_at < 0 ? SIZE_MAX : (size_t)command->time_at;
	spec->instant = command->instant;
	spec->force = command->force;
	spec->is_conditional = *command->condition && !command->instant;
	if (spec->is_conditional)
		spec->condition = filter_parse(str_of(command->condition), &e);
	buf_clear(&json);
	return spec;
}

void spec_release(struct spec *spec)
{
	if (--spec->references)
		return;
	filter_free(spec->condition);
	free(spec);
}

/* ---- commands ---- */

struct job *job_new(struct spec *spec, uint32_t device, uint64_t id)
{
	struct job *job = xcalloc(1, sizeof *job);
	job->spec = spec;
	job->id = id;
	job->device = device;
	job->progress.clock = UINT32_MAX;
	job->deadline.kind = DEADLINE_JOB;
	spec->references++;
	return job;
}

void job_free(struct job *job)
{
	spec_release(job->spec);
	free(job->heard);
	free(job);
}

struct job *job_find(const struct commands *c, uint64_t id)
{
	struct job *job = NULL;
	HASH_FIND(hh, c->jobs, &id, sizeof id, job);
	return job;
}

struct str job_payload(const struct job *job, char *out)
{
	const struct spec *spec = job->spec;
	memcpy(out, spec->payload.at, spec->payload.len);
	uint32_t clock = job->progress.clock;
	if (spec->time_at != SIZE_MAX && clock != UINT32_MAX)
		for (int i = 5; i >= 0; i--, clock /= 10)
			out[spec->time_at + (size_t)i] = (char)('0' + clock % 10);
	return (struct str){out, spec->payload.len};
}

void job_read(const struct job *job, struct command *out)
{
	struct error e;
	if (!resource_load(&command_resource, job->spec->json, out, &e)) {
		log_error("commands", "unreadable", "id=%" PRIu64 " reason=%s", job->id,
			log_quote(e.text));
		command_init(out);
	}
}

void job_fill(const struct job *job, struct command *out)
{
	out->id = job->id;
	out->device = job->device;
	out->payload[job_payload(job, out->payload).len] = '\0';
	out->attempts = job->progress.attempts;
	out->sent_us = job->progress.sent_us;
	out->state = job->line && job->line->sent == job ? COMMAND_SENT : COMMAND_QUEUED;
}

/* ---- lines ---- */

struct line *line_find(const struct commands *c, uint32_t device)
{
	struct line *line = NULL;
	HASH_FIND(hh, c->lines, &device, sizeof device, line);
	return line;
}

struct line *line_of(struct commands *c, uint32_t device)
{
	struct line *line = line_find(c, device);
	if (line)
		return line;
	line = xcalloc(1, sizeof *line);
	line->device = device;
	line->deadline.kind = DEADLINE_LINE;
	HASH_ADD(hh, c->lines, device, sizeof line->device, line);
	atomic_fetch_add(&c->line_count, 1);
	return line;
}

void line_free(struct commands *c, struct line *line)
{
	HASH_DELETE(hh, c->lines, line);
	deadline_clear(&c->deadlines, &line->deadline);
	if (line->is_listening)
		atomic_fetch_sub(&c->listening, 1);
	atomic_fetch_sub(&c->line_count, 1);
	watch_no_more(line);
	free(line);
}

static bool goes_before(const struct job *a, const struct job *b)
{
	if (a->spec->instant != b->spec->instant)
		return a->spec->instant;
	if (a->spec->priority != b->spec->priority)
		return a->spec->priority > b->spec->priority;
	return a->id < b->id;
}

void line_add(struct commands *c, struct job *job)
{
	struct line *line = job->line = line_of(c, job->device);
	struct job *before = line->last; /* most are the newest */
	while (before && goes_before(job, before))
		before = before->previous;
	job->previous = before;
	job->next = before ? before->next : line->first;
	*(before ? &before->next : &line->first) = job;
	*(job->next ? &job->next->previous : &line->last) = job;
	line->count++;
	HASH_ADD(hh, c->jobs, id, sizeof job->id, job);
}

void line_remove(struct commands *c, struct job *job)
{
	struct line *line = job->line;
	*(job->previous ? &job->previous->next : &line->first) = job->next;
	*(job->next ? &job->next->previous : &line->last) = job->previous;
	line->count--;
	if (line->sent == job) {
		line->sent = NULL;
		c->under_way--;
	}
	deadline_clear(&c->deadlines, &job->deadline);
	HASH_DELETE(hh, c->jobs, job);
	job->line = NULL;
}

void line_make_ready(struct commands *c, struct line *line)
{
	if (line->is_ready)
		return;
	line->is_ready = true;
	line->ready = NULL;
	*c->ready_end = line;
	c->ready_end = &line->ready;
}

/* ---- what a line waits for ---- */

/* Can a message of the device decide something about it? */
static bool is_curious(const struct line *line, const struct job *job)
{
	const struct spec *spec = job->spec;
	if (line->sent == job)
		return spec->nature.proof != PROOF_NONE;
	return spec->is_conditional || (spec->nature.risk == RISK_FUEL && !spec->force);
}

/* A line remembers the times that it gave while answers to them may still come. They can be ahead of the
 * clock: each command has one of its own. */
static int64_t linger_us(const struct line *line)
{
	int64_t ahead_us = line->clock_s * 1000000 - clock_now_us();
	return LINGER_US + (ahead_us > 0 ? ahead_us : 0);
}

void line_review(struct commands *c, struct line *line)
{
	bool listens = line->watched != NULL;
	for (const struct job *job = line->first; job && !listens; job = job->next)
		listens = is_curious(line, job);
	if (listens != line->is_listening) {
		line->is_listening = listens;
		atomic_fetch_add(&c->listening, listens ? (size_t)1 : (size_t)-1);
	}
	int64_t due_us = INT64_MAX;
	if (line->rest_until_us)
		due_us = line->rest_until_us;
	if (line->watched && line->watched->until_us < due_us)
		due_us = line->watched->until_us;
	if (!line->count && due_us == INT64_MAX)
		due_us = clock_monotonic_us() + linger_us(line);
	if (due_us == INT64_MAX)
		deadline_clear(&c->deadlines, &line->deadline);
	else
		deadline_set(&c->deadlines, &line->deadline, due_us);
}
