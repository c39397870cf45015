#include "client/command.h"

#include "client/key.h"
#include "client/listing.h"
#include "client/outcome.h"
#include "client/plain.h"
#include "client/request.h"
#include "client/target.h"
#include "client/typing.h"
#include "client/watch.h"

#include <inttypes.h>
#include <stdlib.h>

enum status { STATUS_DONE, STATUS_FAILED, STATUS_USAGE, STATUS_LEFT };

enum { INSTANT_S = 60 + 15 }; /* the longest that the gateway waits for a tracker, and its way */

static volatile sig_atomic_t stopped;

struct job {
	struct arguments a;
	struct rest *rest;
	struct target target;
	struct error e;
};

static enum status complain(const struct job *j, enum status status)
{
	fputs("cantrack command: ", stderr);
	plain_print(stderr, j->e.text);
	fputc('\n', stderr);
	return status;
}

static void print_json(const json_t *item)
{
	json_dumpf(item, stdout, JSON_COMPACT | JSON_REAL_PRECISION(16)); /* microseconds */
	putchar('\n');
}

/* ---- without sending ---- */

static enum status list(struct job *j)
{
	json_t *commands = j->target.commands;
	json_t *one = j->a.name ? offer_find(commands, j->a.name) : commands;
	if (!one) {
		fail(&j->e, "the device has no command '%s'; --list tells which it has", j->a.name);
		return complain(j, STATUS_USAGE);
	}
	if (j->a.json)
		print_json(one);
	else if (j->a.name)
		listing_detail(stdout, one);
	else
		listing_print(stdout, commands);
	return STATUS_DONE;
}

static enum status cancel(struct job *j)
{
	char path[120];
	struct rest_answer a;
	snprintf(path, sizeof path, "/gw/devices/%" PRIu64 "/commands-queue/%" PRIu64, j->target.id,
		j->a.cancel);
	if (!rest_call(j->rest, "DELETE", path, (struct str){0}, REST_TIMEOUT_S, &a, &j->e))
		return complain(j, STATUS_FAILED);
	json_t *gone = rest_first(&a);
	if (gone && j->a.json)
		print_json(gone);
	else if (gone)
		printf("canceled %" PRIu64 "\n", j->a.cancel);
	else if (a.status / 100 == 2 || a.status == 403)
		fail(&j->e, "command %" PRIu64 " does not wait (any more)", j->a.cancel);
	else
		(void)rest_refused(&a, &j->e);
	json_decref(a.body);
	return gone ? STATUS_DONE : complain(j, STATUS_FAILED);
}

/* ---- the request ---- */

/* *item is what came back, and the caller's. NULL: it was refused, or may not have arrived. */
static void post(struct job *j, struct str request, json_t **item)
{
	char path[120];
	struct rest_answer a;
	*item = NULL;
	snprintf(path, sizeof path, "/gw/devices/%" PRIu64 "/commands%s", j->target.id,
		j->a.now ? ""
			 : "-queue?fields=id,name,state,attempts,max_attempts,sent,position,"
			   "expires");
	if (!rest_call(j->rest, "POST", path, request, j->a.now ? INSTANT_S : REST_TIMEOUT_S, &a,
		    &j->e))
		return;
	*item = json_incref(rest_first(&a));
	if (!*item)
		(void)rest_refused(&a, &j->e);
	json_decref(a.body);
}

/* ---- and what becomes of it ---- */

/* The second time, the signal does what it does to others. */
static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void hear_signals(void)
{
	struct sigaction heard = {.sa_handler = stop, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &heard, NULL);
	sigaction(SIGTERM, &heard, NULL);
}

static enum status show(const struct job *j, const json_t *result)
{
	if (j->a.json)
		print_json(result);
	else
		outcome_print(result, stdout);
	return outcome_is_done(result) ? STATUS_DONE : STATUS_FAILED;
}

static enum status leave(const struct job *j, const struct watch *w)
{
	complain(j, STATUS_LEFT);
	fprintf(stderr,
		"command %" PRIu64 " stays in the queue; to take it out: cantrack command %" PRIu64
		" --cancel %" PRIu64 "\n",
		w->id, w->device, w->id);
	if (j->a.json)
		print_json(w->last);
	return STATUS_LEFT;
}

/* More seconds than anybody watches are as good as no end. */
static int64_t patience_us(uint64_t wait_s)
{
	return wait_s < 1000000000 ? (int64_t)wait_s * 1000000 : INT64_MAX;
}

static enum status follow(struct job *j, json_t *item)
{
	struct watch w = {.rest = j->rest,
		.device = j->target.id,
		.id = (uint64_t)json_integer_value(json_object_get(item, "id")),
		.patience_us = patience_us(j->a.wait),
		.quiet = j->a.json,
		.has_condition = j->a.condition != NULL,
		.stop = &stopped,
		.last = json_incref(item)};
	json_t *result = NULL;
	enum status status = STATUS_FAILED;
	rest_stop_by(j->rest, &stopped);
	switch (watch_run(&w, &result, &j->e)) {
	case WATCH_ENDED: status = show(j, result); break;
	case WATCH_LEFT: status = leave(j, &w); break;
	case WATCH_LOST: status = complain(j, STATUS_FAILED); break;
	}
	json_decref(result);
	json_decref(w.last);
	return status;
}

static enum status deliver(struct job *j, struct str request)
{
	json_t *item;
	hear_signals();
	if (j->a.now)
		rest_stop_by(j->rest, &stopped);
	post(j, request, &item);
	if (!item && j->a.now && stopped)
		fail(&j->e, "stopped; the command may have been sent, nobody hears the answer");
	if (!item)
		return complain(j, j->a.now && stopped ? STATUS_LEFT : STATUS_FAILED);
	enum status status = STATUS_DONE;
	if (j->a.now)
		status = show(j, item);
	else if (!j->a.no_wait)
		status = follow(j, item);
	else if (j->a.json)
		print_json(item);
	else
		printf("%" JSON_INTEGER_FORMAT "\n",
			json_integer_value(json_object_get(item, "id")));
	json_decref(item);
	return status;
}

static enum status send_it(struct job *j)
{
	json_t *command = offer_find(j->target.commands, j->a.name);
	if (!command)
		return list(j); /* says what is wrong */
	struct buf properties, request;
	buf_init(&properties, TYPING_MAX);
	buf_init(&request, 2 * TYPING_MAX);
	enum status status;
	if (!typing_put(command, j->a.pairs, j->a.pair_count, &properties, &j->e)) {
		status = complain(j, STATUS_USAGE);
	} else if (!request_put(&j->a, buf_str(&properties), &request)) {
		fail(&j->e, "the request is longer than %d bytes", 2 * TYPING_MAX);
		status = complain(j, STATUS_USAGE);
	} else {
		status = deliver(j, buf_str(&request));
	}
	buf_clear(&properties);
	buf_clear(&request);
	return status;
}

/* ---- the beginning ---- */

static bool connect_to(struct job *j)
{
	char key[KEY_MAX + 1];
	const char *url = j->a.url ? j->a.url : getenv("CANTRACK_URL");
	if (!url || (!*url && !j->a.url))
		url = "http://127.0.0.1:8080";
	if (!key_choose(j->a.token, getenv("CANTRACK_TOKEN"), j->a.data, key, &j->e))
		return false;
	j->rest = rest_open(url, key, j->a.insecure, &j->e);
	return j->rest != NULL;
}

static enum status run(struct job *j, int argc, char **argv)
{
	switch (arguments_parse(&j->a, argc, argv, &j->e)) {
	case ARGUMENTS_HELP: arguments_help(stdout); return STATUS_DONE;
	case ARGUMENTS_WRONG: return complain(j, STATUS_USAGE);
	case ARGUMENTS_RUN: break;
	}
	signal(SIGPIPE, SIG_IGN); /* TLS writes to a connection that may be gone */
	if (!connect_to(j))
		return complain(j, STATUS_USAGE);
	enum status status;
	if (!target_find(j->rest, j->a.device, &j->target, &j->e))
		status = complain(j, STATUS_FAILED);
	else if (j->a.cancel != ARGUMENT_ABSENT)
		status = cancel(j);
	else if (j->a.list || !j->a.name)
		status = list(j);
	else
		status = send_it(j);
	json_decref(j->target.device);
	rest_close(j->rest);
	return status;
}

int command_main(int argc, char **argv)
{
	struct job j = {0};
	return (int)run(&j, argc, argv);
}
