#include "registry.h"

static void devices_are_found_by_id_and_ident(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	uint32_t before = registry_version(r);
	struct device a = device_named("a", 11), b = device_named("", 22), got;
	assert_true(registry_put_device(r, &a, &e));
	assert_true(registry_put_device(r, &b, &e));
	assert_true(a.id && b.id && a.id != b.id);
	assert_true(registry_version(r) != before);
	assert_int_equal(registry_device_of(r, 11), a.id);
	assert_int_equal(registry_device_of(r, 22), b.id);
	assert_int_equal(registry_device_of(r, 33), 0);
	assert_int_equal(registry_device_of(r, 0), 0);
	assert_true(registry_device(r, a.id, &got));
	assert_string_equal(got.name, "a");
	assert_int_equal(got.ident, 11);
	assert_false(registry_device(r, 99, &got));
	uint32_t *ids;
	assert_int_equal(registry_device_ids(r, &ids), 2);
	assert_true(ids[0] < ids[1]);
	free(ids);
	registry_close(r);
	/* what it holds comes from the store alone */
	r = open_registry(s);
	assert_int_equal(registry_device_of(r, 22), b.id);
	registry_close(r);
	fake_store_free(s);
}

static void an_ident_belongs_to_one_device(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct device a = device_named("a", 11), b = device_named("b", 11), twelve;
	assert_true(registry_put_device(r, &a, &e));
	assert_false(registry_put_device(r, &b, &e));
	assert_string_equal(e.text, "ident 11 belongs to device 1 already");
	assert_int_equal(b.id, 0);
	seen_on_auto_channel(r, 3, (const uint64_t[]){11, 12, 14});
	assert_int_equal(registry_device_of(r, 11), a.id);
	uint32_t made = registry_device_of(r, 12);
	assert_true(made && made != a.id);
	assert_int_equal(registry_device_of(r, 14), made + 1);
	assert_true(registry_device(r, made, &twelve));
	assert_string_equal(twelve.name, "12");
	assert_int_equal(twelve.id, made);
	uint32_t version = registry_version(r);
	seen_on_auto_channel(r, 3, (const uint64_t[]){11, 12, 14});
	assert_int_equal(registry_version(r), version);
	a.ident = 12;
	assert_false(registry_put_device(r, &a, &e));
	a.ident = 13;
	assert_true(registry_put_device(r, &a, &e));
	assert_int_equal(registry_device_of(r, 11), 0);
	assert_int_equal(registry_device_of(r, 13), a.id);
	b.id = 77;
	assert_false(registry_put_device(r, &b, &e));
	assert_string_equal(e.text, "there is no device 77");
	assert_true(registry_delete_device(r, a.id, &e));
	assert_int_equal(registry_device_of(r, 13), 0);
	assert_false(registry_device(r, a.id, &b));
	assert_int_equal(registry_device_of(r, 12), made);
	registry_close(r);
	fake_store_free(s);
}

static void a_failing_store_changes_nothing(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct device a = device_named("a", 11);
	struct channel c;
	channel_init(&c);
	seen_on_auto_channel(r, 0, NULL); /* makes the channel */
	fake_store_fail_after(s, 0);
	uint32_t before = registry_version(r);
	assert_false(registry_put_device(r, &a, &e));
	assert_string_equal(e.text, "the disk is on fire");
	assert_int_equal(a.id, 0);
	assert_false(registry_put_channel(r, &c, &e));
	assert_int_equal(c.id, 0);
	seen_on_auto_channel(r, 1, &a.ident);
	assert_int_equal(registry_device_of(r, 11), 0);
	assert_int_equal(registry_version(r), before);
	fake_store_fail_after(s, SIZE_MAX);
	assert_true(registry_put_device(r, &a, &e));
	fake_store_fail_after(s, 0);
	assert_false(registry_delete_device(r, a.id, &e));
	assert_int_equal(registry_device_of(r, 11), a.id);
	a.ident = 12;
	assert_false(registry_put_device(r, &a, &e));
	assert_int_equal(registry_device_of(r, 12), 0);
	assert_null(registry_open(s, &e));
	registry_close(r);
	fake_store_free(s);
}

static void channels_keep_their_uri_until_the_end(void **state)
{
	(void)state;
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	struct channel c, got, *list;
	channel_init(&c);
	assert_true(registry_put_channel(r, &c, &e));
	registry_set_uri(r, c.id, "127.0.0.1:5013");
	assert_true(registry_channel(r, c.id, &got));
	assert_string_equal(got.uri, "127.0.0.1:5013");
	assert_int_equal(registry_channels(r, &list), 1);
	assert_int_equal(list[0].id, c.id);
	free(list);
	assert_false(registry_channel(r, c.id + 1, &got));
	registry_close(r);
	r = open_registry(s);
	assert_true(registry_channel(r, c.id, &got));
	assert_string_equal(got.uri, "");
	registry_close(r);
	fake_store_free(s);
}

/* Random creations, changes and removals against a plain array. */
static void many_devices_stay_in_order(void **state)
{
	(void)state;
	enum { IDENTS = 200, STEPS = 3000 };
	struct error e;
	struct store *s = fake_store_new();
	struct registry *r = open_registry(s);
	uint32_t owner[IDENTS] = {0};
	srandom(7);
	for (int step = 0; step < STEPS; step++) {
		size_t ident = (size_t)random() % (IDENTS - 1) + 1, next = ident % (IDENTS - 1) + 1;
		struct device d = device_named("some name", ident);
		if (!owner[ident]) {
			assert_true(registry_put_device(r, &d, &e));
			owner[ident] = d.id;
		} else if (random() % 2) {
			assert_true(registry_delete_device(r, owner[ident], &e));
			owner[ident] = 0;
		} else {
			d.id = owner[ident];
			d.ident = next;
			bool is_free = owner[next] == 0 || next == ident;
			assert_int_equal(registry_put_device(r, &d, &e), is_free);
			if (is_free) {
				owner[ident] = 0;
				owner[next] = d.id;
			}
		}
	}
	uint32_t *ids;
	size_t count = registry_device_ids(r, &ids), owners = 0;
	for (size_t i = 1; i < count; i++)
		assert_true(ids[i - 1] < ids[i]);
	for (size_t i = 1; i < IDENTS; i++) {
		assert_int_equal(registry_device_of(r, i), owner[i]);
		owners += owner[i] != 0;
	}
	assert_int_equal(count, owners);
	free(ids);
	registry_close(r);
	fake_store_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_are_found_by_id_and_ident),
		cmocka_unit_test(an_ident_belongs_to_one_device),
		cmocka_unit_test(a_failing_store_changes_nothing),
		cmocka_unit_test(channels_keep_their_uri_until_the_end),
		cmocka_unit_test(many_devices_stay_in_order),
	};
	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
