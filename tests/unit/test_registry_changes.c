/* Changes of the registry: many at once, watched, several at the same time. */
#include "registry.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- many at once ---- */

struct crowd {
	size_t count, next, born, refused;
	uint64_t (*ident_of)(size_t i);
	uint32_t first;
	struct error last;
	size_t last_tag;
	enum verdict why;
};

static bool next_of_crowd(void *context, struct device *out, size_t *tag)
{
	struct crowd *c = context;
	if (c->next == c->count)
		return false;
	*tag = c->next;
	*out = device_named("one of many", c->ident_of(c->next++));
	return true;
}

static void born_in_crowd(void *context, size_t tag, const struct device *d)
{
	struct crowd *c = context;
	assert_int_equal(d->ident, c->ident_of(tag));
	c->first = c->born++ ? c->first : d->id;
}

static void refused_in_crowd(void *context, size_t tag, enum verdict why, const struct error *e)
{
	struct crowd *c = context;
	c->refused++;
	c->last = *e;
	c->last_tag = tag;
	c->why = why;
}

static void create_crowd(struct registry *r, struct crowd *c)
{
	const struct device_births births = {
		c, next_of_crowd, born_in_crowd, refused_in_crowd, false};
	registry_create_devices(r, &births);
}

static uint64_t rising(size_t i)
{
	return i + 1;
}

/* The 100th has the ident of the 50th. */
static uint64_t with_a_twin(size_t i)
{
	return 10000 + (i == 100 ? 50 : i);
}

static void thousands_are_one_commit(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct device taken = device_named("was here", 77);
	assert_true(registry_put_device(r, &taken, &e));
	size_t before = fake_store_transactions(s);
	struct crowd c = {.count = COUNT, .ident_of = rising};
	create_crowd(r, &c);
	assert_int_equal(c.born, COUNT - 1);
	assert_int_equal(c.refused, 1);
	assert_int_equal(c.last_tag, 76);
	assert_int_equal(c.why, VERDICT_REFUSED);
	assert_string_equal(c.last.text, "ident 77 belongs to device 1 already");
	c = (struct crowd){.count = 200, .ident_of = with_a_twin};
	create_crowd(r, &c);
	char sentence[80];
	snprintf(sentence, sizeof sentence, "ident 10050 belongs to device %u already",
		c.first + 50);
	assert_int_equal(c.born, 199);
	assert_int_equal(c.last_tag, 100);
	assert_string_equal(c.last.text, sentence);
	assert_int_equal(registry_device_of(r, 10050), c.first + 50);
	assert_int_equal(fake_store_transactions(s), before + 2);
	fake_store_fail_after(s, 0);
	c = (struct crowd){.count = 200, .ident_of = with_a_twin};
	create_crowd(r, &c);
	assert_int_equal(c.refused, 200); /* all are taken */
	assert_int_equal(c.why, VERDICT_REFUSED);
	registry_close(r);
	fake_store_fail_after(s, SIZE_MAX);
	r = open_registry(s);
	uint32_t *ids;
	assert_int_equal(registry_device_ids(r, &ids), COUNT + 199);
	free(ids);
	registry_close(r);
	fake_store_free(s);
}

static void a_failing_store_refuses_each_of_many(void **state)
{
	(void)state;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	fake_store_fail_after(s, 0);
	struct crowd c = {.count = 200, .ident_of = with_a_twin};
	create_crowd(r, &c);
	assert_int_equal(c.born, 0);
	assert_int_equal(c.refused, 200);
	assert_int_equal(c.why, VERDICT_FAILED);
	assert_int_equal(registry_device_of(r, 10000), 0);
	registry_close(r);
	fake_store_free(s);
}

struct tally {
	size_t changed, refused;
	enum verdict why;
	uint64_t ident; /* wanted by all */
};

static bool rename_device(void *context, struct device *d, struct error *e)
{
	const struct tally *t = context;
	snprintf(d->name, sizeof d->name, "%s", "renamed");
	snprintf(d->metadata, sizeof d->metadata, "{\"n\":%u}", d->id);
	d->ident = t->ident ? t->ident : d->ident;
	d->id = 0; /* is put right again */
	if (d->ident == 5)
		snprintf(e->text, sizeof e->text, "not this one");
	return d->ident != 5;
}

static void count_changed(void *context, const struct device *old, const struct device *new)
{
	struct tally *t = context;
	t->changed++;
	assert_string_equal(old->name, "one of many");
	assert_true(!new || new->id == old->id);
}

static void count_refused(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	(void)id;
	struct tally *t = context;
	t->refused++;
	t->why = why;
	assert_true(e->text[0] != '\0');
}

static void thousands_change_in_lots(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct crowd crowd = {.count = COUNT, .ident_of = rising};
	create_crowd(r, &crowd);
	uint32_t *ids;
	assert_int_equal(registry_device_ids(r, &ids), COUNT);
	size_t before = fake_store_transactions(s);
	struct tally t = {0};
	const struct device_changes rename = {&t, rename_device, count_changed, count_refused};
	registry_change_devices(r, ids, COUNT, &rename);
	assert_int_equal(t.changed, COUNT - 1);
	assert_int_equal(t.refused, 1);
	assert_in_range(fake_store_transactions(s) - before, 2, 10);
	struct device d;
	assert_true(registry_device(r, ids[COUNT - 1], &d));
	assert_string_equal(d.name, "renamed");
	assert_int_equal(d.ident, COUNT);
	assert_true(registry_device(r, ids[4], &d));
	assert_string_equal(d.name, "one of many");
	free(ids);
	registry_close(r);
	fake_store_free(s);
}

static void an_ident_that_all_want_goes_to_one(void **state)
{
	(void)state;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct crowd crowd = {.count = 10, .ident_of = rising};
	create_crowd(r, &crowd);
	uint32_t *ids;
	size_t count = registry_device_ids(r, &ids);
	struct tally t = {.ident = 99};
	const struct device_changes rename = {&t, rename_device, count_changed, count_refused};
	registry_change_devices(r, ids, count, &rename);
	assert_int_equal(t.changed, 1);
	assert_int_equal(t.refused, 9);
	assert_int_equal(t.why, VERDICT_REFUSED);
	assert_int_equal(registry_device_of(r, 99), ids[0]);
	assert_int_equal(registry_device_of(r, 2), ids[1]);
	free(ids);
	registry_close(r);
	fake_store_free(s);
}

static void many_go_at_once(void **state)
{
	(void)state;
	enum { COUNT = 1000 };
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct crowd crowd = {.count = COUNT, .ident_of = rising};
	create_crowd(r, &crowd);
	uint32_t *ids, odd[COUNT / 2 + 1];
	assert_int_equal(registry_device_ids(r, &ids), COUNT);
	for (size_t i = 0; i < COUNT / 2; i++)
		odd[i] = ids[2 * i];
	odd[COUNT / 2] = ids[COUNT - 1] + 1; /* there is none */
	free(ids);
	struct tally t = {0};
	const struct device_changes removal = {&t, NULL, count_changed, count_refused};
	registry_change_devices(r, odd, COUNT / 2 + 1, &removal);
	assert_int_equal(t.changed, COUNT / 2);
	assert_int_equal(t.refused, 1);
	assert_int_equal(t.why, VERDICT_ABSENT);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(registry_device_ids(r, &ids), COUNT / 2);
		for (size_t i = 0; i < COUNT / 2; i++) {
			struct device d;
			assert_true(registry_device(r, ids[i], &d));
			assert_int_equal(d.ident, 2 * i + 2);
			assert_int_equal(registry_device_of(r, d.ident), d.id);
			assert_int_equal(registry_device_of(r, 2 * i + 1), 0);
		}
		free(ids);
		registry_close(r);
		r = open_registry(s);
	}
	registry_close(r);
	fake_store_free(s);
}

/* ---- the watch ---- */

struct watcher {
	struct registry *registry;
	struct buf said;
	bool refuses;
};

static bool watch_prepare(
	void *context, const struct channel *old, const struct channel *new, struct error *e)
{
	struct watcher *w = context;
	assert_true(buf_printf(
		&w->said, "prepare %s>%s ", old ? old->name : "-", new ? new->name : "-"));
	if (w->refuses)
		snprintf(e->text, sizeof e->text, "port 1 is taken");
	return !w->refuses;
}

static void watch_finish(void *context, uint32_t id, bool stored)
{
	struct watcher *w = context;
	struct channel c;
	const char *name = registry_channel(w->registry, id, &c) ? c.name : "-";
	assert_true(
		buf_printf(&w->said, "finish %u %s %s\n", id, stored ? "stored" : "undo", name));
	if (stored)
		registry_set_uri(w->registry, id, "127.0.0.1:1");
}

static void watch_device(void *context, const struct device *old, const struct device *new)
{
	struct watcher *w = context;
	assert_true(buf_printf(
		&w->said, "device %s>%s\n", old ? old->name : "-", new ? new->name : "-"));
	if (new)
		assert_int_equal(registry_device_of(w->registry, new->ident), new->id);
}

static void the_watch_is_asked_and_told(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct watcher w = {.registry = r};
	buf_init(&w.said, 4096);
	const struct registry_watch watch = {&w, watch_prepare, watch_finish, watch_device};
	registry_set_watch(r, &watch);
	struct channel c, got;
	channel_init(&c);
	snprintf(c.name, sizeof c.name, "a");
	assert_true(registry_put_channel(r, &c, &e));
	assert_int_equal(c.id, 1);
	snprintf(c.name, sizeof c.name, "b");
	fake_store_fail_after(s, 0);
	assert_false(registry_put_channel(r, &c, &e));
	fake_store_fail_after(s, SIZE_MAX);
	w.refuses = true;
	assert_false(registry_put_channel(r, &c, &e));
	assert_string_equal(e.text, "port 1 is taken");
	assert_false(registry_delete_channel(r, c.id, &e));
	c.id = 0;
	assert_false(registry_put_channel(r, &c, &e));
	c.id = 1;
	w.refuses = false;
	assert_true(registry_put_channel(r, &c, &e));
	assert_true(registry_channel(r, 1, &got));
	assert_string_equal(got.uri, "127.0.0.1:1"); /* a change does not forget it */
	fake_store_fail_after(s, 0);
	assert_false(registry_delete_channel(r, c.id, &e));
	fake_store_fail_after(s, SIZE_MAX);
	assert_true(registry_delete_channel(r, c.id, &e));
	assert_true(registry_delete_channel(r, c.id, &e));
	assert_false(registry_put_channel(r, &c, &e));
	assert_string_equal(e.text, "there is no channel 1");
	struct device d = device_named("x", 5);
	assert_true(registry_put_device(r, &d, &e));
	snprintf(d.name, sizeof d.name, "y");
	assert_true(registry_put_device(r, &d, &e));
	assert_true(registry_delete_device(r, d.id, &e));
	registry_set_watch(r, NULL);
	d.id = 0;
	assert_true(registry_put_device(r, &d, &e));
	assert_buf(w.said, "prepare ->a finish 1 stored a\n"
			   "prepare a>b finish 1 undo a\n"
			   "prepare a>b prepare a>- prepare ->b prepare a>b finish 1 stored b\n"
			   "prepare b>- finish 1 undo b\n"
			   "prepare b>- finish 1 stored -\n"
			   "device ->x\n"
			   "device x>y\n"
			   "device y>-\n");
	buf_clear(&w.said);
	registry_close(r);
	fake_store_free(s);
}

static void channels_have_a_maximum(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct channel c;
	channel_init(&c);
	for (int i = 0; i < CHANNELS_MAX; i++) {
		c.id = 0;
		assert_true(registry_put_channel(r, &c, &e));
	}
	c.id = 0;
	assert_false(registry_put_channel(r, &c, &e));
	assert_string_equal(e.text, "there are 1000 channels already, the most");
	registry_close(r);
	fake_store_free(s);
}

/* ---- several at the same time ---- */

enum { CHANGERS = 4, CHANGES = 300 };

struct race {
	struct registry *registry;
	uint32_t devices[2], channel;
	atomic_bool is_over;
	size_t failures[CHANGERS];
};

struct racer {
	struct race *race;
	size_t number;
};

static bool increment(void *context, struct device *d, struct error *e)
{
	(void)context;
	(void)e;
	d->messages_ttl++;
	return true;
}

static void nothing_changed(void *context, const struct device *old, const struct device *new)
{
	(void)context;
	assert_int_equal(new->messages_ttl, old->messages_ttl + 1);
}

static bool increment_channel(void *context, struct channel *c, struct error *e)
{
	(void)context;
	(void)e;
	c->silence_s++;
	return true;
}

static void channel_changed(void *context, const struct channel *old, const struct channel *new)
{
	(void)context;
	(void)old;
	(void)new;
}

static void count_failure(void *context, uint32_t id, enum verdict why, const struct error *e)
{
	(void)id;
	(void)why;
	(void)e;
	const struct racer *racer = context;
	racer->race->failures[racer->number]++;
}

static void *run_changer(void *context)
{
	struct racer *racer = context;
	struct race *race = racer->race;
	const struct device_changes changes = {racer, increment, nothing_changed, count_failure};
	const struct channel_changes channel = {
		racer, increment_channel, channel_changed, count_failure};
	for (size_t i = 0; i < CHANGES; i++) {
		registry_change_devices(race->registry, race->devices, 2, &changes);
		registry_change_channels(race->registry, &race->channel, 1, &channel);
		registry_set_uri(race->registry, race->channel, "somewhere");
		const uint64_t idents[] = {1000 + racer->number, 2000 + i, 2000 + i};
		if (i % 50 == 0)
			seen_on_auto_channel(race->registry, 3, idents);
	}
	return NULL;
}

static void *run_reader(void *context)
{
	struct race *race = context;
	while (!atomic_load(&race->is_over)) {
		struct device d;
		struct channel c;
		assert_true(registry_device(race->registry, race->devices[0], &d));
		assert_true(registry_channel(race->registry, race->channel, &c));
		assert_int_equal(registry_device_of(race->registry, d.ident), d.id);
	}
	return NULL;
}

static void of_many_changes_none_is_lost(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct race race = {.registry = open_registry(s)};
	struct device d, a = device_named("a", 11), b = device_named("b", 12);
	struct channel c;
	channel_init(&c);
	c.silence_s = 0;
	assert_true(registry_put_device(race.registry, &a, &e));
	assert_true(registry_put_device(race.registry, &b, &e));
	assert_true(registry_put_channel(race.registry, &c, &e));
	seen_on_auto_channel(race.registry, 0, NULL);
	race.devices[0] = a.id;
	race.devices[1] = b.id;
	race.channel = c.id;
	pthread_t changers[CHANGERS], reader;
	struct racer racers[CHANGERS];
	assert_int_equal(pthread_create(&reader, NULL, run_reader, &race), 0);
	for (size_t i = 0; i < CHANGERS; i++) {
		racers[i] = (struct racer){&race, i};
		assert_int_equal(pthread_create(&changers[i], NULL, run_changer, &racers[i]), 0);
	}
	for (size_t i = 0; i < CHANGERS; i++)
		pthread_join(changers[i], NULL);
	atomic_store(&race.is_over, true);
	pthread_join(reader, NULL);
	for (size_t i = 0; i < CHANGERS; i++)
		assert_int_equal(race.failures[i], 0);
	for (size_t i = 0; i < 2; i++) {
		assert_true(registry_device(race.registry, race.devices[i], &d));
		assert_int_equal(d.messages_ttl, a.messages_ttl + CHANGERS * CHANGES);
	}
	assert_true(registry_channel(race.registry, c.id, &c));
	assert_int_equal(c.silence_s, CHANGERS * CHANGES);
	registry_close(race.registry);
	fake_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_are_one_commit),
		cmocka_unit_test(a_failing_store_refuses_each_of_many),
		cmocka_unit_test(thousands_change_in_lots),
		cmocka_unit_test(an_ident_that_all_want_goes_to_one),
		cmocka_unit_test(many_go_at_once),
		cmocka_unit_test(the_watch_is_asked_and_told),
		cmocka_unit_test(channels_have_a_maximum),
		cmocka_unit_test(of_many_changes_none_is_lost),
	};
	return cmocka_run_group_tests_name("registry_changes", tests, NULL, NULL);
}
