/* town: a live door on its own thread, with all that it stands on: a store in memory, events on disk, a channel 1
 * with a connection, and devices 2, 3, ... with idents 1001, ... */
#ifndef TESTS_UNIT_TOWN_H
#define TESTS_UNIT_TOWN_H

#include "caller.h"

#include "live/live.h"

#include <stdatomic.h>

/* Of the administrator. */
#define TOWN_KEY "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"

enum { TOWN_DEVICES = 4 };

struct town {
	struct store *store;
	struct registry *registry;
	struct tokens *tokens;
	char directory[40];
	struct journal *journal;
	struct events *events;
	struct live *live; /* does not run yet; ends with the fixture, at the latest */
	const struct live_view *view;
	const struct presence *presence;
	struct connections connections;
	uint16_t port;
	/* the test's own: */
	atomic_bool is_closing;
	atomic_size_t passed;
};

/* For cmocka. At the end there are no clients and no sessions any more. */
int town_begin(void **state);
int town_end(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, town_begin, town_end)

/* The door listens, and runs. */
void town_opens(struct town *t);

#endif
