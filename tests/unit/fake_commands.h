/* fake_commands: store/commands.h in memory, beside fake_store. Its functions fail as those of the fake
 * store do (fake_store_fail_after), and changes when they are told to. */
#ifndef TESTS_UNIT_FAKE_COMMANDS_H
#define TESTS_UNIT_FAKE_COMMANDS_H

#include "fake_store.h"

#include "store/commands.h"

/* store_change_commands and store_trim_results fail from now on, or work again. */
void fake_commands_fail(struct store *s, bool fails);

/* store_change_commands waits before it changes anything, as on a slow disk, until told otherwise. */
void fake_commands_stall(struct store *s, bool stalls);

/* How many calls wait in a stall. */
size_t fake_commands_stalled(struct store *s);

/* Successful calls of store_change_commands with at least one change: fsyncs. */
size_t fake_commands_changes(struct store *s);

/* What is in the store: how many wait, how many have ended. */
size_t fake_commands_waiting(struct store *s);
size_t fake_commands_ended(struct store *s);

#endif
