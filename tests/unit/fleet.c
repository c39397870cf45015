#include "fleet.h"

#include "base/clock.h"
#include "base/die.h"
#include "core/commands_inside.h"

#include <inttypes.h>
#include <jansson.h>
#include <time.h>

/* ---- time: this file stands in for base/clock.c, and the linker brings here who sleeps until a time ---- */

static _Atomic int64_t now_us; /* 0: it runs */
static atomic_bool is_asleep;  /* the thread; changed with the lock of the commands held */

static int64_t read_us(clockid_t id)
{
	struct timespec t;
	int64_t standing_us = atomic_load(&now_us);
	clock_gettime(id, &t);
	return standing_us ? standing_us : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + 1;
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int __real_pthread_cond_timedwait(
	pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_timedwait(
	pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

int __wrap_pthread_cond_timedwait(
	pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	atomic_store(&is_asleep, true);
	int result = atomic_load(&now_us) ? pthread_cond_wait(cond, mutex)
					  : __real_pthread_cond_timedwait(cond, mutex, until);
	atomic_store(&is_asleep, false);
	return result;
}

/* ---- events: this file stands in for core/events.c ---- */

static struct {
	pthread_mutex_t lock;
	struct {
		int code;
		uint32_t device;
	} at[EVENTS];
	size_t count;
	char text[EVENTS];
} told = {.lock = PTHREAD_MUTEX_INITIALIZER};

void events_post(struct events *e, const struct event *event)
{
	const struct fleet *f = (struct fleet *)(void *)e;
	check(event->origin_type == ORIGIN_DEVICE);
	if (f->is_quiet)
		return;
	pthread_mutex_lock(&told.lock);
	check(told.count < EVENTS);
	told.at[told.count].code = (int)event->code;
	told.at[told.count++].device = event->origin_id;
	pthread_mutex_unlock(&told.lock);
}

const char *fleet_events(uint32_t device)
{
	size_t len = 0;
	pthread_mutex_lock(&told.lock);
	told.text[0] = '\0';
	for (size_t i = 0; i < told.count; i++)
		if (told.at[i].device == device)
			len += (size_t)snprintf(told.text + len, sizeof told.text - len, "%s%d",
				len ? " " : "", told.at[i].code);
	pthread_mutex_unlock(&told.lock);
	return told.text;
}

/* ---- connections ---- */

static bool is_connected(void *context, uint64_t ident)
{
	struct fleet *f = context;
	pthread_mutex_lock(&f->lock);
	bool is = ident > 1000 && ident <= 1000 + DEVICES && f->is_online[ident - 1000];
	pthread_mutex_unlock(&f->lock);
	return is;
}

static bool send_to(
	void *context, uint64_t ident, uint32_t device, uint64_t command, struct str payload)
{
	struct fleet *f = context;
	pthread_mutex_lock(&f->lock);
	bool is_taken = !f->is_refusing && f->is_online[ident - 1000];
	bool is_told = is_taken && !f->is_silent, is_written = !f->is_broken;
	pthread_mutex_unlock(&f->lock);
	if (is_told) /* before it is to be seen: an answer comes behind that */
		commands_sent(f->commands, device, command, is_written);
	pthread_mutex_lock(&f->lock);
	if (is_taken && is_written && !f->is_quiet) {
		check(f->sent < SENDINGS);
		struct sending *s = &f->sendings[f->sent++];
		*s = (struct sending){.ident = ident, .id = command, .device = device};
		memcpy(s->payload, payload.at, payload.len);
	}
	pthread_mutex_unlock(&f->lock);
	return is_taken;
}

void fleet_set(struct fleet *f, bool *flag, bool value)
{
	pthread_mutex_lock(&f->lock);
	*flag = value;
	pthread_mutex_unlock(&f->lock);
}

void fleet_connect(struct fleet *f, uint32_t device)
{
	fleet_set(f, &f->is_online[device], true);
	commands_connected(f->commands, device);
}

void fleet_leave(struct fleet *f, uint32_t device)
{
	fleet_set(f, &f->is_online[device], false);
}

size_t fleet_sent_count(struct fleet *f)
{
	pthread_mutex_lock(&f->lock);
	size_t sent = f->sent;
	pthread_mutex_unlock(&f->lock);
	return sent;
}

size_t fleet_sent_to(struct fleet *f, uint32_t device)
{
	size_t count = 0;
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->sent; i++)
		count += f->sendings[i].device == device;
	pthread_mutex_unlock(&f->lock);
	return count;
}

struct sending fleet_sent(struct fleet *f, size_t count)
{
	SOON(fleet_sent_count(f) >= count);
	assert_int_equal(fleet_sent_count(f), count);
	pthread_mutex_lock(&f->lock);
	struct sending s = f->sendings[count - 1];
	pthread_mutex_unlock(&f->lock);
	return s;
}

/* ---- life ---- */

static void start(struct fleet *f)
{
	struct error e;
	f->commands = commands_open(&f->options, &e);
	assert_non_null(f->commands);
	commands_run(f->commands, &f->connections);
}

static void stop(struct fleet *f)
{
	commands_stop(f->commands);
	commands_free(f->commands);
	f->commands = NULL;
}

void fleet_restart(struct fleet *f)
{
	stop(f);
	start(f);
}

static int begin(void **state)
{
	struct fleet *f = xcalloc(1, sizeof *f);
	struct error e;
	pthread_mutex_init(&f->lock, NULL);
	f->store = fake_store_new();
	f->registry = registry_open(f->store, &e);
	assert_non_null(f->registry);
	for (uint32_t i = 1; i <= DEVICES; i++) {
		struct device d;
		device_init(&d);
		snprintf(d.name, sizeof d.name, "car %u", i);
		d.ident = 1000 + i;
		assert_true(registry_put_device(f->registry, &d, &e));
		assert_int_equal(d.id, i);
	}
	f->options = (struct commands_options){.store = f->store,
		.registry = f->registry,
		.events = (struct events *)(void *)f,
		.timeout_s = 1,
		.cut_max_speed = 20};
	f->connections =
		(struct connections){.context = f, .is_connected = is_connected, .send = send_to};
	told.count = 0;
	start(f);
	*state = f;
	return 0;
}

int fleet_begin(void **state)
{
	atomic_store(&now_us, INT64_C(1700000000000000));
	return begin(state);
}

int fleet_begin_in_time(void **state)
{
	atomic_store(&now_us, 0);
	return begin(state);
}

int fleet_end(void **state)
{
	struct fleet *f = *state;
	stop(f);
	registry_close(f->registry);
	fake_store_free(f->store);
	pthread_mutex_destroy(&f->lock);
	free(f);
	return 0;
}

/* ---- commands ---- */

static struct command parse(const char *body, bool is_instant)
{
	struct command c;
	struct refusal refusal;
	char *text = xstrdup(body);
	for (char *at = text; (at = strchr(at, '\''));)
		*at = '"';
	json_t *json = json_loads(text, 0, NULL);
	assert_non_null(json);
	command_init(&c);
	c.created_us = clock_now_us();
	if (!command_parse(json, is_instant, c.created_us / 1000000, &c, &refusal))
		die("%s: %s: %s", body, refusal.member, refusal.why.text);
	json_decref(json);
	free(text);
	c.timeout = 0;
	return c;
}

struct command fleet_command(const char *body)
{
	return parse(body, false);
}

struct command fleet_instant(const char *body)
{
	return parse(body, true);
}

static void refused(void *context, uint32_t device, const char *sentence)
{
	struct fleet *f = context;
	(void)device;
	f->refusals++;
	snprintf(f->refusal, sizeof f->refusal, "%s", sentence);
}

uint64_t fleet_put(struct fleet *f, uint32_t device, const struct command *c)
{
	uint64_t id = 0;
	struct error e;
	if (!commands_add(f->commands, c, &device, 1, &id, NULL, refused, f, &e)) {
		snprintf(f->refusal, sizeof f->refusal, "%s", e.text);
		return 0;
	}
	return id;
}

uint64_t fleet_add(struct fleet *f, uint32_t device, const char *body)
{
	struct command c = fleet_command(body);
	return fleet_put(f, device, &c);
}

bool fleet_cancel(struct fleet *f, uint64_t id)
{
	struct error e;
	assert_true(commands_cancel(f->commands, &id, 1, &e));
	return id != 0;
}

/* ---- what was said is done, and time passes ---- */

/* It sleeps only when nothing is left to do; an order that was posted since stands in the row until it wakes. */
static bool has_settled(struct fleet *f)
{
	pthread_mutex_lock(&f->commands->lock);
	bool has = atomic_load(&is_asleep) && !f->commands->orders;
	pthread_mutex_unlock(&f->commands->lock);
	return has;
}

void fleet_settle(struct fleet *f)
{
	SOON(has_settled(f));
}

size_t fleet_orders(struct fleet *f)
{
	pthread_mutex_lock(&f->commands->lock);
	size_t count = f->commands->order_count;
	pthread_mutex_unlock(&f->commands->lock);
	return count;
}

void fleet_pass_unseen(int ms)
{
	assert_true(atomic_load(&now_us));
	atomic_fetch_add(&now_us, ms * INT64_C(1000));
}

/* The order means nothing to it: it wakes and looks at the clock. */
static void pass(struct fleet *f, int ms)
{
	fleet_pass_unseen(ms);
	commands_sent(f->commands, 0, 0, false);
}

void fleet_pass(struct fleet *f, int ms)
{
	fleet_settle(f);
	pass(f, ms);
	fleet_settle(f);
}

void fleet_retry(struct fleet *f)
{
	SOON(atomic_load(&is_asleep));
	pass(f, 1000);
}

/* ---- what trackers say ---- */

void fleet_says(struct fleet *f, uint32_t device, const char *format, ...)
{
	char text[1024], frame[1100];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	snprintf(frame, sizeof frame, "*HQ,%u,%s#", 1000 + device, text);
	commands_answer(f->commands, device, str_of(frame), clock_now_us());
}

void fleet_message(struct fleet *f, uint32_t device, int64_t time_us, int64_t status, int64_t speed)
{
	struct message m;
	struct error e;
	char body[MESSAGE_PACK_MAX];
	struct origin origin = {.ident = 1000 + device, .channel = 1, .device = device};
	struct record r;
	message_clear(&m);
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_number(&m, PARAM_SERVER_TIMESTAMP, clock_now_us());
	message_number(&m, PARAM_POSITION_SPEED, speed * 1000);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(&m, PARAM_ENGINE_IGNITION_STATUS, speed != 0);
	if (status >= 0)
		message_number(&m, PARAM_VEHICLE_STATE_BITMASK, status);
	record_make(&r, &m, &origin, body);
	assert_true(store_append(f->store, &r, 1, &e));
	commands_committed(f->commands, &r, 1);
}

/* ---- ends ---- */

struct found {
	struct command *out;
	bool is_read;
};

static bool take(void *context, const struct command_result *result)
{
	struct found *found = context;
	struct error e;
	found->is_read = resource_load(&command_resource, result->json, found->out, &e);
	found->out->id = result->id;
	found->out->device = result->device;
	return true;
}

bool fleet_has_ended(struct fleet *f, uint64_t id, struct command *out)
{
	struct found found = {out, false};
	struct error e;
	return store_read_result(f->store, id, take, &found, &e) && found.is_read;
}

struct command fleet_result(struct fleet *f, uint64_t id)
{
	struct command c;
	SOON(fleet_has_ended(f, id, &c));
	return c;
}

void fleet_ended(
	struct fleet *f, uint64_t id, enum command_state state, bool executed, int64_t attempts)
{
	struct command c = fleet_result(f, id);
	assert_string_equal(command_state_name(c.state), command_state_name(state));
	assert_int_equal(c.executed, executed);
	assert_int_equal(c.attempts, attempts);
	assert_true(c.ended_us >= c.created_us);
}

void fleet_pause(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};
	nanosleep(&t, NULL);
}
