#include "core/commands_inside.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>

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
	return true;
}

bool commands_load(struct commands *c, struct error *e)
{
	struct loading *l = xcalloc(1, sizeof *l);
	l->commands = c;
	bool done = store_each_waiting_command(c->options.store, load, l, e) &&
		    store_last_command_id(c->options.store, &c->last_id, e) && forget_unknown(l, e);
	free(l->unknown);
	free(l);
	return done;
}
