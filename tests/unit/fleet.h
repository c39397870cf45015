/* fleet: the queues of commands over the fake store, with devices whose trackers the test plays: it says
 * who is connected, sees what is sent, and answers. Time stands still but for what the test lets pass: however
 * late a thread is, nothing runs out meanwhile. A command's timeout is a second here. */
#ifndef TESTS_UNIT_FLEET_H
#define TESTS_UNIT_FLEET_H

#include "test.h"

#include "core/commands.h"
#include "fake_commands.h"

#include <pthread.h>

enum { DEVICES = 40, SENDINGS = 4096, EVENTS = 8192 };

struct sending {
	uint64_t ident, id;
	uint32_t device;
	char payload[COMMAND_MAX + 1];
};

struct fleet {
	struct store *store;
	struct registry *registry;
	struct commands *commands;
	struct commands_options options;
	struct connections connections;
	char refusal[512]; /* the last one */
	size_t refusals;

	/* who is connected, and what happens to a sending; guarded by the lock */
	pthread_mutex_t lock;
	bool is_online[DEVICES + 1];
	bool is_refusing; /* there is no such connection after all */
	bool is_broken;   /* there is, but it cannot be written to */
	bool is_silent;   /* the test tells what became of it */
	bool is_quiet;    /* nothing of what happens is kept: there is too much of it */
	struct sending sendings[SENDINGS];
	size_t sent;
};

/* A cmocka fixture; devices 1..DEVICES with the idents 1001... The commands run, nobody is connected. */
int fleet_begin(void **state);
int fleet_end(void **state);
#define WITH_FLEET(name) cmocka_unit_test_setup_teardown(name, fleet_begin, fleet_end)

/* In real time: what is asserted must not depend on who is late. */
int fleet_begin_in_time(void **state);
#define WITH_FLEET_IN_TIME(name)                                                                   \
	cmocka_unit_test_setup_teardown(name, fleet_begin_in_time, fleet_end)

/* Ends the commands and begins them again on the same store: another process. */
void fleet_restart(struct fleet *f);
void fleet_set(struct fleet *f, bool *flag, bool value);

/* A queued command out of a body with '' for quotes; its own timeout is forgotten. */
struct command fleet_command(const char *body);
struct command fleet_instant(const char *body);

/* The id; 0: refused, see f->refusal. */
uint64_t fleet_put(struct fleet *f, uint32_t device, const struct command *c);
uint64_t fleet_add(struct fleet *f, uint32_t device, const char *body);

void fleet_connect(struct fleet *f, uint32_t device);
void fleet_leave(struct fleet *f, uint32_t device);

/* Waits until so many were sent in all, and returns the newest of them; more must not have been. */
struct sending fleet_sent(struct fleet *f, size_t count);

/* All that was said until now is done, with what it led to: the thread sleeps. */
void fleet_settle(struct fleet *f);

/* So much time passes for what has settled, and what is due then is done. */
void fleet_pass(struct fleet *f, int ms);

/* Of a commit that fails: it waits for its next try by now, and the second until then passes. */
void fleet_retry(struct fleet *f);

/* While the thread is held up by the store. */
void fleet_pass_unseen(int ms);

/* How many orders stand in the row. */
size_t fleet_orders(struct fleet *f);
size_t fleet_sent_count(struct fleet *f);
size_t fleet_sent_to(struct fleet *f, uint32_t device);

/* The device says "*HQ,<ident>,<text>#". */
void fleet_says(struct fleet *f, uint32_t device, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A message of the device: of this time, with a status word (below 0: none) and speed in km/h. */
void fleet_message(
	struct fleet *f, uint32_t device, int64_t time_us, int64_t status, int64_t speed);
enum { STATUS_RUNS = 0x7fffffff, STATUS_CUT = 0x77ffffff };

/* Waits until it has ended. */
struct command fleet_result(struct fleet *f, uint64_t id);
/* What is known now. */
bool fleet_has_ended(struct fleet *f, uint64_t id, struct command *out);
/* It ended like this, after so many sendings. */
void fleet_ended(
	struct fleet *f, uint64_t id, enum command_state state, bool executed, int64_t attempts);
bool fleet_cancel(struct fleet *f, uint64_t id);

/* The codes of the device's events so far: "330 334 332". */
const char *fleet_events(uint32_t device);

void fleet_pause(int ms);
#define SOON(condition)                                                                            \
	do {                                                                                       \
		for (int tries_ = 0; !(condition); tries_++) {                                     \
			assert_in_range(tries_, 0, 4000);                                          \
			fleet_pause(2);                                                            \
		}                                                                                  \
	} while (0)

#endif
