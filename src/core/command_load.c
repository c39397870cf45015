#include "core/commands_inside.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DAY_S = 86400 };

struct loading {
	struct commands *commands;
	struct command command;
	struct device device;
	uint32_t *unknown; /* devices that are gone */
	size_t unknown_count;
};

static void add_unknown(struct loading *l, uint32_t device)
{
	if (l->unknown_count && l->unknown[l->unknown_count - 1] == device)
		return;
	l->unknown = xrealloc(l->unknown, (l->unknown_count + 1) * sizeof *l->unknown);
	l->unknown[l->unknown_count++] = device;
}

/* Their numbers may be given to others: nobody must get a command that was meant for them. */
static bool forget_unknown(struct loading *l, struct error *e)
{
	bool done = true;
	for (size_t i = 0; done && i < l->unknown_count; i++) {
		const struct command_change change = {
			.kind = COMMAND_FORGET, .device = l->unknown[i]};
		done = store_change_commands(l->commands->options.store, &change, 1, e);
		log_warning("commands", "forgotten", "device=%" PRIu32 " reason=%s", l->unknown[i],
			log_quote("there is no such device any more"));
	}
	return done;
}

/* HHMMSS as the second that is nearest to another one. */
static int64_t second_of(uint32_t clock, int64_t near_s)
{
	int64_t second = clock / 10000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
	second += near_s - near_s % DAY_S;
	if (second < near_s - DAY_S / 2)
		return second + DAY_S;
	return second > near_s + DAY_S / 2 ? second - DAY_S : second;
}

/* The time that was given to a command is not given to another while an answer to it may still come. */
static void take_time(struct line *line, uint32_t clock, int64_t near_us)
{
	int64_t second = second_of(clock, near_us / 1000000);
	line->clock_s = second > line->clock_s ? second : line->clock_s;
}

/* What cannot be read stays where it is. */
static bool load(void *context, const struct waiting_command *stored)
{
	struct loading *l = context;
	struct commands *c = l->commands;
	struct error e;
	if (!registry_device(c->options.registry, stored->device, &l->device)) {
		add_unknown(l, stored->device);
		return true;
	}
	if (!resource_load(&command_resource, stored->json, &l->command, &e)) {
		log_error("commands", "unreadable", "id=%" PRIu64 " device=%" PRIu32 " reason=%s",
			stored->id, stored->device, log_quote(e.text));
		return true;
	}
	struct spec *spec = spec_new(&l->command, c->options.timeout_s);
	struct job *job = job_new(spec, stored->device, stored->id);
	spec_release(spec);
	job->progress = stored->progress;
	line_add(c, job);
	if (job->progress.clock != UINT32_MAX)
		take_time(job->line, job->progress.clock, clock_now_us());
	return true;
}

static bool take_time_of_ended(void *context, const struct command_result *result)
{
	struct loading *l = context;
	struct command *command = &l->command;
	struct error e;
	uint64_t clock;
	if (!resource_load(&command_resource, result->json, command, &e) || !command->attempts ||
		command->time_at < 0 ||
		!registry_device(l->commands->options.registry, result->device, &l->device))
		return true;
	if (str_to_u64((struct str){command->payload + command->time_at, 6}, &clock))
		take_time(line_of(l->commands, result->device), (uint32_t)clock, result->ended_us);
	return true;
}

static bool load_times(struct loading *l, struct error *e)
{
	const struct result_query q = {.from_us = clock_now_us() - LINGER_US, .to_us = INT64_MAX};
	return store_read_results(l->commands->options.store, &q, take_time_of_ended, l, e);
}

bool commands_load(struct commands *c, struct error *e)
{
	struct loading *l = xcalloc(1, sizeof *l);
	l->commands = c;
	bool done = store_each_waiting_command(c->options.store, load, l, e) &&
		    store_last_command_id(c->options.store, &c->last_id, e) &&
		    forget_unknown(l, e) && load_times(l, e);
	free(l->unknown);
	free(l);
	return done;
}
