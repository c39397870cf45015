/* api_commands: commands to devices: put into their queues, or sent at once and waited for; what waits;
 * what became of the others. A body is read whole before anything of it is accepted. */
#include "http/access.h"
#include "http/ids.h"
#include "http/routes.h"

#include "base/clock.h"
#include "base/die.h"
#include "core/commands.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

enum {
	AT_ONCE_MAX = 100,      /* commands of one body */
	ACCEPTED_MAX = 200000,  /* commands times devices */
	DEVICES_AT_ONCE = 5000, /* of one commit: others must not wait for long, nor memory grow */
};

/* ---- the body ---- */

struct posted {
	/* of the handler; NULL when it has returned */
	const struct request *request;
	struct answer *answer;
	struct commands *queues; /* NULL: there are none */
	struct chosen devices;
	struct command *commands;
	size_t command_count;
	bool is_instant, has_right;
	/* what was accepted, in this order */
	struct accepted {
		uint64_t id;
		uint32_t device, command; /* command: its place in the body */
	} * accepted;
	size_t accepted_count, next;
	struct command_wait *wait;
	uint64_t rows;
};

static void posted_free(void *producer)
{
	struct posted *p = producer;
	command_wait_free(p->wait);
	chosen_clear(&p->devices);
	free(p->commands);
	free(p->accepted);
	free(p);
}

/* May the token do without "confirm"? Its right must be named: what an entry that names nothing grants
 * is no such right. */
static bool has_right(const struct posted *p)
{
	const struct token *token = p->request->token;
	if (!token || token->access == ACCESS_MASTER)
		return true;
	if (token->access != ACCESS_ACL)
		return false;
	for (size_t i = 0; i < p->devices.count; i++)
		if (!acl_names_id(&token->acl, str_of("gw/devices"), str_of("commands-dangerous"),
			    ACL_POST, p->devices.ids[i]))
			return false;
	return true;
}

static const char *risk_text(enum command_risk risk)
{
	return risk == RISK_FUEL ? "it may stop a car" : "the tracker may not find back";
}

/* False: it is dangerous, and nobody says that this is meant. */
static bool is_meant(const struct posted *p, const struct command *c, size_t index)
{
	enum command_risk risk = command_nature(c).risk;
	if (risk == RISK_NONE || c->confirm || p->request->context->no_confirm || p->has_right)
		return true;
	answer_item_error(p->answer, 400, index, "confirm",
		"command '%s' is dangerous, %s: \"confirm\": true is needed, or a token with the "
		"right to POST commands-dangerous",
		c->name, risk_text(risk));
	return false;
}

static bool read_one(struct posted *p, const json_t *json, size_t index, int64_t now_us)
{
	struct command *c = &p->commands[index];
	struct refusal refusal;
	command_init(c);
	c->created_us = now_us;
	if (command_parse(json, p->is_instant, now_us / 1000000, c, &refusal))
		return is_meant(p, c, index);
	answer_item_error(p->answer, 400, index, refusal.member, "%s", refusal.why.text);
	return false;
}

static bool fits(struct posted *p)
{
	size_t all = p->devices.count * p->command_count;
	if (p->command_count < 1 || p->command_count > AT_ONCE_MAX)
		answer_error(p->answer, 400, "%zu commands in one request, 1 to %d are possible",
			p->command_count, (int)AT_ONCE_MAX);
	else if (all > ACCEPTED_MAX)
		answer_error(p->answer, 400,
			"%zu commands for %zu devices are too many, the limit is %d",
			p->command_count, p->devices.count, (int)ACCEPTED_MAX);
	else
		return true;
	return false;
}

static bool read_all(struct posted *p, const json_t *body)
{
	int64_t now_us = clock_now_us();
	bool is_array = json_is_array(body);
	p->command_count = is_array ? json_array_size(body) : 1;
	if (!fits(p))
		return false;
	p->commands = xcalloc(p->command_count, sizeof *p->commands);
	p->accepted = xcalloc(p->devices.count * p->command_count + 1, sizeof *p->accepted);
	p->has_right = has_right(p);
	for (size_t i = 0; i < p->command_count; i++)
		if (!read_one(p, is_array ? json_array_get(body, i) : body, i, now_us))
			return false;
	return true;
}

/* False: answered already. */
static bool read_body(struct posted *p)
{
	struct error e;
	json_t *body = resource_json(p->request->body, &e);
	bool done = body && read_all(p, body);
	if (!body)
		answer_error(p->answer, 400, "%s", e.text);
	json_decref(body);
	return done;
}

/* ---- accepting ---- */

static void refused(void *context, uint32_t device, const char *sentence)
{
	struct posted *p = context;
	answer_item_error(p->answer, 400, device, "", "%s", sentence);
}

/* For `count` devices from the given one on. */
static bool accept_some(struct posted *p, uint32_t command, size_t first, size_t count)
{
	struct commands *queue = p->request->context->commands;
	const uint32_t *on = p->devices.ids + first;
	uint64_t *ids = xcalloc(count, sizeof *ids);
	struct error e;
	fail(&e, "this gateway sends no commands");
	bool done = queue && commands_add(queue, &p->commands[command], on, count, ids, p->wait,
				     refused, p, &e);
	for (size_t i = 0; done && i < count; i++)
		if (ids[i])
			p->accepted[p->accepted_count++] =
				(struct accepted){ids[i], on[i], command};
	free(ids);
	if (!done)
		answer_error(p->answer, 503, "%s", e.text);
	return done;
}

static bool accept_one(struct posted *p, uint32_t command)
{
	size_t count = p->devices.count;
	for (size_t i = 0; i < count; i += DEVICES_AT_ONCE) {
		size_t some = count - i < DEVICES_AT_ONCE ? count - i : DEVICES_AT_ONCE;
		if (!accept_some(p, command, i, some))
			return false;
	}
	return true;
}

/* ---- the answers ---- */

static enum item put(
	const struct posted *p, const struct command *c, struct buf *out, struct error *e)
{
	if (resource_print(&command_resource, c, p->rows, out))
		return ITEM_PUT;
	fail(e, "command %" PRIu64 " exceeds the answer", c->id);
	return ITEM_FAILED;
}

/* flespi's clients get it with instant commands. */
static uint64_t position_row(void)
{
	uint64_t rows;
	struct str unknown;
	check(resource_select(&command_resource, (struct str)STR("position"), &rows, &unknown));
	return rows;
}

/* As it was put into the queue, whatever has happened to it since; but its place is that of now. */
static enum item next_queued(void *producer, struct buf *out, struct error *e)
{
	struct posted *p = producer;
	if (p->next == p->accepted_count)
		return ITEM_END;
	const struct accepted *accepted = &p->accepted[p->next++];
	struct command *c = &p->commands[accepted->command];
	c->id = accepted->id;
	c->device = accepted->device;
	struct command now;
	bool is_there = p->rows & position_row() && commands_get(p->queues, accepted->id, &now);
	c->position = is_there ? now.position : 0;
	return put(p, c, out, e);
}

static enum item next_ended(void *producer, struct buf *out, struct error *e)
{
	struct posted *p = producer;
	struct command c;
	if (!p->wait)
		return ITEM_END;
	if (command_wait_open(p->wait))
		return ITEM_WAIT; /* until all have ended */
	if (!command_wait_take(p->wait, &c)) {
		if (p->next == p->accepted_count)
			return ITEM_END;
		fail(e,
			"%zu of %zu commands have not ended: the store is failing, or the gateway "
			"stops",
			p->accepted_count - p->next, p->accepted_count);
		return ITEM_FAILED;
	}
	p->next++;
	c.position = 1;
	return put(p, &c, out, e);
}

static void sleep_until_ends(void *producer, void (*wake)(void *context), void *context)
{
	command_wait_sleep(((struct posted *)producer)->wait, wake, context);
}

static void post(const struct request *r, struct answer *a, bool is_instant)
{
	struct posted *p = xcalloc(1, sizeof *p);
	p->request = r;
	p->answer = a;
	p->queues = r->context->commands;
	p->is_instant = is_instant;
	a->producer = p;
	a->release = posted_free;
	if (!fields_parse(r, a, &command_resource, &p->rows))
		return;
	if (is_instant && !request_query(r, "fields").len)
		p->rows |= position_row();
	if (!choose(r, a, &devices, r->segment[0], &p->devices))
		return;
	unsigned before = a->status;
	a->status = 0;
	if (!read_body(p))
		return;
	if (is_instant && r->context->commands)
		p->wait = command_wait_new(r->context->commands);
	for (uint32_t i = 0; i < p->command_count; i++)
		if (!accept_one(p, i))
			break;
	if (p->accepted_count || !a->status)
		a->status = before;
	p->request = NULL;
	p->answer = NULL;
	a->next = is_instant ? next_ended : next_queued;
	a->sleep = sleep_until_ends;
}

void post_commands(const struct request *r, struct answer *a)
{
	post(r, a, true);
}

void post_commands_queue(const struct request *r, struct answer *a)
{
	post(r, a, false);
}
