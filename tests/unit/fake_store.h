/* fake_store: store.h in memory, without durability, that fails when it is told to. For tests of
 * what stands on the store; the store's own tests use the real one. */
#ifndef TESTS_UNIT_FAKE_STORE_H
#define TESTS_UNIT_FAKE_STORE_H

#include "store/store.h"

struct store *fake_store_new(void);
void fake_store_free(struct store *s);

/* The next `calls` calls succeed, then every call that can fail does, until it is told otherwise.
 * SIZE_MAX: never fail. */
void fake_store_fail_after(struct store *s, size_t calls);

/* Calls of store_add and store_change so far. Ask when nobody writes. */
size_t fake_store_transactions(const struct store *s);

/* Calls of store_read so far, and the most records that one of them was asked for. Ask when nobody
 * reads. */
size_t fake_store_reads(const struct store *s);
size_t fake_store_largest_page(const struct store *s);

/* The seq below which the channel's records were freed; 0: never. */
uint64_t fake_store_trimmed(const struct store *s, uint32_t channel);

/* For fake_commands.c: counts a call; false when it must fail. And what that file keeps. */
MUST_USE bool fake_store_works(struct store *s, struct error *e);
struct fake_commands *fake_store_commands(struct store *s);
struct fake_commands *fake_commands_new(void);
void fake_commands_free(struct fake_commands *f);

/* Appends a V1-like message: position, type, ident. */
void fake_store_message(struct store *s, uint32_t channel, uint32_t device, uint64_t ident,
	int64_t time_us, int64_t received_us);

/* What poster_post gives its records to; this file stands in for core/poster.c. */
struct poster *fake_poster(struct store *s);

/* What writer_is_failing answers, which this file stands in for. */
extern bool fake_writer_failing;

#endif
