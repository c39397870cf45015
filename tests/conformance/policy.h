/* policy: how long what is kept, and the records that such a policy leaves of a model. */
#ifndef TESTS_CONFORMANCE_POLICY_H
#define TESTS_CONFORMANCE_POLICY_H

#include "fixture.h"

enum { NEVER = -1, GONE = -2 };
#define SECOND INT64_C(1000000)

struct policy {
	int64_t now_us;
	int64_t ttl_us[2][8]; /* by enum query_by and id; NEVER, GONE */
	uint64_t bytes[2][8];
};

static bool retention_of(void *context, enum query_by by, uint32_t id, struct retention *out)
{
	const struct policy *p = context;
	int64_t ttl_us = p->ttl_us[by][id];
	*out = (struct retention){ttl_us == NEVER ? INT64_MAX : ttl_us, p->bytes[by][id]};
	return ttl_us != GONE;
}

static bool limit_of(void *context, enum query_by by, uint32_t id, int64_t *oldest_us)
{
	const struct policy *p = context;
	int64_t ttl_us = p->ttl_us[by][id];
	if (ttl_us > 0)
		*oldest_us = p->now_us - ttl_us;
	return ttl_us != 0 && ttl_us != GONE;
}

static struct policy keep_all(void)
{
	struct policy p = {0};
	for (int i = 0; i < 8; i++)
		p.ttl_us[QUERY_DEVICE][i] = p.ttl_us[QUERY_CHANNEL][i] = NEVER;
	return p;
}

static uint64_t retain(struct store *s, struct policy *p)
{
	uint64_t deleted = 0;
	struct error e;
	assert_done(store_retain(s, p->now_us, retention_of, p, &deleted, &e), &e);
	return deleted;
}

/* All ids that the traffic uses were given out once. */
static void register_all(struct store *s)
{
	struct error e;
	for (int i = 0; i < TRAFFIC_DEVICES; i++)
		assert_true(store_next_id(s, "device", &e) != 0);
	for (int i = 0; i < TRAFFIC_CHANNELS; i++)
		assert_true(store_next_id(s, "channel", &e) != 0);
}

static int begin_registered(void **state)
{
	begin(state);
	register_all(((struct fixture *)*state)->store);
	return 0;
}

#define TEST_HERE(name) cmocka_unit_test_setup_teardown(name, begin_registered, end)

/* A record of channel 1 that says `time_s` and came at `received_s`. */
static void add(struct fixture *f, uint32_t device, int64_t time_us, int64_t received_us)
{
	struct record r = record_plain(1, device, time_us, 1);
	r.received_us = received_us;
	append(f->store, &f->model, &r, 1);
	record_drop(&r);
}

static bool count_one(void *context, const struct record *r)
{
	(void)r;
	++*(size_t *)context;
	return true;
}

static size_t count_of(struct store *s, enum query_by by, uint32_t id)
{
	struct query q = query_all(by, id);
	struct error e;
	size_t count = 0;
	assert_done(store_read(s, &q, count_one, &count, &e), &e);
	return count;
}

static int64_t later_of(const struct record *r)
{
	return r->time_us > r->received_us ? r->time_us : r->received_us;
}

/* What the policy leaves of an item, with the channel's records from seq `trim` on. */
static struct model living(
	const struct model *m, const struct policy *p, enum query_by by, uint32_t id, uint64_t trim)
{
	struct model left = {0};
	int64_t oldest_us = INT64_MIN;
	if (!limit_of((void *)(uintptr_t)p, by, id, &oldest_us))
		return left;
	for (size_t i = 0; i < m->count; i++)
		if (later_of(&m->at[i]) >= oldest_us &&
			(by == QUERY_DEVICE || m->at[i].seq >= trim))
			model_add(&left, &m->at[i], 1);
	return left;
}

static void assert_living(
	struct store *s, const struct model *m, const struct policy *p, const uint64_t *trims)
{
	for (int by = 0; by < 2; by++)
		for (uint32_t id = 1; id <= (by ? TRAFFIC_CHANNELS : TRAFFIC_DEVICES); id++) {
			struct query q = query_all((enum query_by)by, id);
			struct model left = living(m, p, q.by, id, trims ? trims[id] : 0);
			assert_answer(s, &left, &q);
			q.reverse = true;
			assert_answer(s, &left, &q);
			model_clear(&left);
		}
}

#endif
