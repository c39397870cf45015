/* results: commands for tests, and the model that queue and results are compared with: an array of what
 * every command is. */
#ifndef TESTS_CONFORMANCE_RESULTS_H
#define TESTS_CONFORMANCE_RESULTS_H

#include "traffic.h"

#include "store/commands.h"

enum { COMMANDS = 4000 };

enum condition { ABSENT, WAITS, ENDED };

struct known {
	enum condition condition;
	uint64_t id;
	uint32_t device;
	struct command_progress progress;
	int64_t ended_us;
	char json[24];
};

struct known_commands {
	struct known at[COMMANDS]; /* by rising id */
	size_t count;
};

struct command_change command_put(uint64_t id, uint32_t device, const char *json);
struct command_change command_mark(uint64_t id, uint32_t attempts, int64_t sent_us, uint32_t clock);
struct command_change command_end(uint64_t id, uint32_t device, int64_t ended_us, const char *json);
struct command_change command_amend(uint64_t id, const char *json);
struct command_change command_forget(uint32_t device);

/* Tells the model of a change that was made. */
void known_note(struct known_commands *k, const struct command_change *c);

/* Nothing is told to the model. */
bool try_commands(
	struct store *s, const struct command_change *changes, size_t count, struct error *e);

void change_commands(struct store *s, struct known_commands *k,
	const struct command_change *changes, size_t count);

#define CHANGE(s, k, ...)                                                                          \
	change_commands(s, k, (const struct command_change[]){__VA_ARGS__},                        \
		sizeof((struct command_change[]){__VA_ARGS__}) / sizeof(struct command_change))

/* Asks for all results, the oldest first. */
extern const struct result_query everything;

/* Reads, and compares with the model; returns the number of results. */
size_t assert_results(struct store *s, struct known_commands *k, const struct result_query *q);

/* Each command is where the model has it, and nowhere else. */
void assert_commands(struct store *s, struct known_commands *k);

#endif
