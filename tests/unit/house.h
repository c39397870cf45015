/* house: a gate with all that it stands on - a store on disk, the registry, the writer - and trackers
 * that talk to it over TCP. What the gate tells is kept as text. */
#ifndef TESTS_UNIT_HOUSE_H
#define TESTS_UNIT_HOUSE_H

#include "test.h"

#include "gate/gate.h"

struct house {
	char directory[64];
	struct store *store;
	struct registry *registry;
	struct writer *writer;
	struct gate *gate;
	uint32_t needed; /* of gate_options */
	const struct connections *connections;
	bool is_stopped;
};

enum { WORKERS = 3 };

/* A house with a channel 1 on a free port of 127.0.0.1; the gate runs. */
void house_build(struct house *h);
/* The same without the gate and without a channel. */
void house_found(struct house *h);
/* False with a sentence: the gate did not start. */
bool house_open(struct house *h, struct error *e);
/* The first half of it: the gate has stopped. */
void house_stop(struct house *h);
/* In the order of the program. Then nothing has been forgotten by the gate. */
void house_close(struct house *h);

/* A cmocka fixture with house_build. */
int house_begin(void **state);
int house_end(void **state);
#define IN_A_HOUSE(name) cmocka_unit_test_setup_teardown(name, house_begin, house_end)

/* ---- changes ---- */

/* The defaults on a free port of 127.0.0.1. */
struct channel free_channel(void);
struct channel channel_now(struct house *h, uint32_t id);
/* These check that it is done. */
uint32_t put_channel(struct house *h, struct channel *c);
void delete_channel(struct house *h, uint32_t id);
uint32_t put_device(struct house *h, uint32_t id, uint64_t ident, bool is_enabled);
/* The real port; 0: nowhere. Also checks that the registry's uri says the same. */
uint16_t port_of(struct house *h, uint32_t channel);

/* ---- trackers ---- */

/* A connected socket; with `source` from that address, else 127.0.0.1. -1: refused. */
int tracker(uint16_t port, const char *source);
/* Sends *HQ,ident,HTBT,<percent># and expects its echo. */
void beat(int fd, uint64_t ident);
/* The same without waiting. */
void say(int fd, const char *bytes);
/* The connection ends, with nothing more to read (a reset counts as well), and is closed here. */
void ends(int fd);

/* ---- what was told ---- */

/* Waits for an event of this code and origin that holds both texts (`other` may be NULL); false: not
 * in time. Its members are then in `event_text`. */
bool told(enum event_code code, uint32_t origin, const char *text, const char *other);
extern char event_text[4096];
/* How often an event of this code was posted. */
size_t told_count(enum event_code code);
/* "type ident channel bytes" of the packets of this connection, one a line. */
void packets_of(uint64_t connection, char *out, size_t room);

/* Tries until it is so, or fails. */
#define EVENTUALLY(condition)                                                                      \
	do {                                                                                       \
		int tries_ = 0;                                                                    \
		while (!(condition)) {                                                             \
			assert_in_range(tries_++, 0, 2000);                                        \
			pause_a_little();                                                          \
		}                                                                                  \
	} while (0)
void pause_a_little(void);

#endif
