#include "test.h"

#include "http/selector.h"
#include "http/telemetry.h"
#include "http/url.h"
#include "model/device.h"
#include "model/protocol.h"

static struct selector parsed(const char *text)
{
	struct selector s;
	struct error e;
	assert_true(selector_parse(&s, &device_resource, str_of(text), &e));
	return s;
}

static void ids_are_sorted_and_single(void **state)
{
	(void)state;
	struct selector s = parsed("all");
	assert_int_equal(s.kind, SELECT_ALL);
	selector_clear(&s);
	s = parsed("7,3,07,99999999999");
	assert_int_equal(s.kind, SELECT_IDS);
	assert_int_equal(s.id_count, 3);
	assert_int_equal(s.ids[0], 3);
	assert_int_equal(s.ids[1], 7);
	assert_int_equal(s.ids[2], 99999999999);
	selector_clear(&s);
}

static void conditions_must_all_hold(void **state)
{
	(void)state;
	struct device d;
	device_init(&d);
	d.id = 5;
	d.ident = 7301151405;
	snprintf(d.name, sizeof d.name, "Truck 1");
	snprintf(d.metadata, sizeof d.metadata, "%s",
		"{\"plate\":\"B-1\",\"number\":\"12\",\"a\":{\"b\":true},\"c.d\":\"x\"}");
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {
		{"name=Truck 1", true},
		{"name=*uck*", true},
		{"name=truck*", false},
		{"name=", false},
		{"configuration.ident=7301151405", true},
		{"configuration.ident=0007301151405", true},
		{"configuration.ident=73*", true},
		{"configuration.ident=*9", false},
		{"configuration.phone=", true},
		{"enabled=true", true},
		{"protocol_id=441", true},
		{"protocol_name=cantrack", true},
		{"id=5,name=Truck*,enabled=true", true},
		{"id=5,name=Truck*,enabled=false", false},
		{"device_type_name=generic", true},
		{"name=Truck 1,2", false},
		{"metadata.plate=B-1", true},
		{"metadata.plate=B*,id=5", true},
		{"metadata.plate=C*", false},
		{"metadata.number=12", true},
		{"metadata.a.b=true", true},
		{"metadata.c.d=x", true},
		{"metadata.nothing=", true},
		{"metadata.nothing.inside=x", false},
		{"{name==\"x\"||id==5}", true},
		{"{name==\"x\"||device_type_id==42}", false},
		{"{name~\"Truck*\"&&configuration.ident~\"73*\"}", true},
		{"{ !enabled }", false},
		{"{$configuration.phone==null}", true},
		{"{true}", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct selector s = parsed(rows[i].text);
		assert_int_equal(s.kind, SELECT_WHERE);
		assert_int_equal(selector_matches(&s, &d), rows[i].holds);
		selector_clear(&s);
	}
}

static void one_ident_is_looked_up(void **state)
{
	(void)state;
	uint64_t ident = 0;
	struct selector s = parsed("configuration.ident=0042");
	assert_true(selector_is_ident(&s, &ident));
	assert_int_equal(ident, 42);
	s = parsed("configuration.ident=42*");
	assert_false(selector_is_ident(&s, &ident));
	s = parsed("configuration.ident=42,name=x");
	assert_false(selector_is_ident(&s, &ident));
}

static void nonsense_is_refused_with_a_sentence(void **state)
{
	(void)state;
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "selector: '' is neither all, nor ids, nor conditions member=mask"},
		{"Truck", "selector: 'Truck' is neither all, nor ids, nor conditions member=mask"},
		{"1,x", "selector: 'x' is no id; ids stand alone: 1,2,3"},
		{"1,", "selector: '' is no id; ids stand alone: 1,2,3"},
		{"all,1", "selector: all stands alone, nothing can be beside it"},
		{"name=a,all", "selector: all stands alone, nothing can be beside it"},
		{"-1", "selector: '-1' is neither all, nor ids, nor conditions member=mask"},
		{"12345678901234567890",
			"selector: '12345678901234567890' is no id; ids stand alone: 1,2,3"},
		{"colour=red", "selector: a device has no member 'colour'"},
		{"name=a,", "selector: '' is neither all, nor ids, nor conditions member=mask"},
		{"{name==\"x\"", "selector: the expression in braces does not end with }"},
		{"{", "selector: the expression in braces does not end with }"},
		{"{}", "selector: column 1: a value is expected, not the end"},
		{"{name==}", "selector: column 7: a value is expected, not the end"},
		{"{name==\"x\"},id=5", "selector: the expression in braces does not end with }"},
		{"{colour==5||true}", "selector: a device has no member 'colour'"},
		{"{exists(configuration.colour)}",
			"selector: a device has no member 'configuration.colour'"},
		{"id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,id=1,"
		 "id=1",
			"selector: more than 16 conditions"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct selector s;
		struct error e;
		assert_false(selector_parse(&s, &device_resource, str_of(rows[i].text), &e));
		assert_string_equal(e.text, rows[i].sentence);
	}
}

static void protocols_are_called_by_name(void **state)
{
	(void)state;
	struct selector s;
	struct error e;
	char nothing = 0;
	assert_true(selector_parse(&s, &protocol_resource, str_of("cantrack"), &e));
	assert_true(selector_matches(&s, &nothing));
	assert_true(selector_parse(&s, &protocol_resource, str_of("teltonika"), &e));
	assert_false(selector_matches(&s, &nothing));
}

static void telemetry_names_choose_what_is_below(void **state)
{
	(void)state;
	static const struct {
		const char *list, *name;
		bool chosen;
	} rows[] = {
		{"all", "ident", true},
		{"position", "position", true},
		{"position", "position.speed", true},
		{"position", "positional", false},
		{"position.*", "position.speed", true},
		{"position.*", "position", false},
		{"gsm.lac", "gsm.lac.1", true},
		{"gsm.lac", "gsm.lac", true},
		{"gsm.lac.1", "gsm.lac", false},
		{"ident, gsm", "gsm.mcc", true},
		{"", "ident", false},
		{"*", "ident", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(telemetry_is_selected(str_of(rows[i].list), str_of(rows[i].name)),
			rows[i].chosen);
}

static void urls_are_decoded_strictly(void **state)
{
	(void)state;
	char out[64];
	size_t len;
	struct error e;
	assert_true(url_decode(str_of("a%20b+%2cC%2F"), URL_PATH, out, &len, &e));
	assert_str((struct str){out, len}, "a b+,C/");
	assert_true(url_decode(str_of("a+b%2B"), URL_QUERY, out, &len, &e));
	assert_str((struct str){out, len}, "a b+");
	static const char *const bad[] = {"a%00b", "%", "a%2", "%zz", "%2x", "%%41", "%-1"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(url_decode(str_of(bad[i]), URL_PATH, out, &len, &e));
	assert_string_equal(e.text, "the address has '%-1' at byte 0, % needs two hex digits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_sorted_and_single),
		cmocka_unit_test(conditions_must_all_hold),
		cmocka_unit_test(one_ident_is_looked_up),
		cmocka_unit_test(nonsense_is_refused_with_a_sentence),
		cmocka_unit_test(protocols_are_called_by_name),
		cmocka_unit_test(telemetry_names_choose_what_is_below),
		cmocka_unit_test(urls_are_decoded_strictly),
	};
	return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
