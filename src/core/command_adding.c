#include "core/commands_inside.h"

#include "base/clock.h"
#include "model/protocol.h"

#include <inttypes.h>
#include <stdlib.h>

struct adding {
	struct commands *commands;
	struct spec *spec;
	const struct command_type *type;
	struct command_wait *wait;
	struct device device;
	struct latest latest;
};

static bool is_reachable(const struct commands *c, const struct device *d)
{
	return d->enabled && d->ident &&
	       c->connections->is_connected(c->connections->context, d->ident);
}

static bool fits_type(const struct adding *a, struct error *e)
{
	struct device_type type;
	if (!device_type_get(a->device.device_type_id, &type) ||
		!command_type_suits(a->type, str_of(type.name)))
		return fail(e, "device type '%s' has no command '%s'", type.name, a->type->name);
	return true;
}

static bool is_slow_enough(struct adding *a, struct error *e)
{
	double speed;
	int limit;
	if (a->spec->nature.risk != RISK_FUEL || a->spec->force)
		return true;
	latest_get(a->commands->options.store, a->device.id, &a->latest);
	if (!is_too_fast(a->commands, &a->device, &a->latest.message, &speed, &limit))
		return true;
	return fail(e,
		"the last position says %.1f km/h, above %d km/h no fuel is cut; \"force\": true "
		"sends it all the same",
		speed, limit);
}

static bool has_room(const struct commands *c, uint32_t device, struct error *e)
{
	const struct line *line = line_find(c, device);
	if (line && line->count >= COMMANDS_OF_DEVICE_MAX)
		return fail(e, "%zu commands wait for device %" PRIu32 " already, the most is %d",
			line->count, device, (int)COMMANDS_OF_DEVICE_MAX);
	size_t all = HASH_COUNT(c->jobs) + c->adding;
	return all < COMMANDS_MAX ||
	       fail(e, "%zu commands wait already, the most is %d", all, (int)COMMANDS_MAX);
}

static bool may_be_added(struct adding *a, uint32_t device, struct error *e)
{
	const struct commands *c = a->commands;
	if (!registry_device(c->options.registry, device, &a->device))
		return fail(e, "there is no device %" PRIu32, device);
	if (!fits_type(a, e) || !has_room(c, device, e))
		return false;
	if (a->spec->instant && !is_reachable(c, &a->device))
		return fail(e,
			"failed to deliver command '%s' with timeout pending, device with id "
			"%" PRIu32 " is not connected",
			a->type->name, device);
	return is_slow_enough(a, e);
}

static void build(struct adding *a, struct order *order, const uint32_t *devices, size_t count,
	uint64_t *ids, command_refused_fn *refused, void *context)
{
	struct commands *c = a->commands;
	uint64_t now_us = (uint64_t)a->spec->created_us;
	struct error e;
	for (size_t i = 0; i < count; i++) {
		ids[i] = 0;
		if (!may_be_added(a, devices[i], &e)) {
			refused(context, devices[i], e.text);
			continue;
		}
		c->last_id = ids[i] = now_us > c->last_id ? now_us : c->last_id + 1;
		struct job *job = job_new(a->spec, devices[i], ids[i]);
		job->wait = a->wait;
		order->jobs[order->count++] = job;
		c->adding++;
	}
	if (a->wait)
		command_wait_expect(a->wait, order->count);
}

bool commands_add(struct commands *c, const struct command *command, const uint32_t *devices,
	size_t count, uint64_t *ids, struct command_wait *wait, command_refused_fn *refused,
	void *context, struct error *e)
{
	struct adding *a = xcalloc(1, sizeof *a);
	struct order *order = order_new(ORDER_ADD, 0, (struct str)STR(""));
	a->commands = c;
	a->spec = spec_new(command, c->options.timeout_s);
	a->type = command_type_find(str_of(command->name));
	a->wait = wait;
	order->jobs = xcalloc(count + 1, sizeof(struct job *));
	check(a->type);
	pthread_mutex_lock(&c->lock);
	bool done = is_open_locked(c, e);
	if (done)
		build(a, order, devices, count, ids, refused, context);
	size_t added = order->count;
	if (added)
		done = serve_locked(c, order, e); /* it is the thread's now */
	if (added && wait && !done)
		command_wait_forgo(wait, added);
	spec_release(a->spec);
	pthread_mutex_unlock(&c->lock);
	if (!added) {
		free(order->jobs);
		free(order);
	}
	free(a);
	return done;
}
