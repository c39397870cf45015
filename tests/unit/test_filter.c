/* Filters: expressions about messages, JSON objects and objects of the API; the old form. */
#include "test.h"

#include "model/device.h"
#include "model/filter.h"
#include "model/filter_list.h"

static struct filter *parsed(const char *text)
{
	struct error e;
	struct filter *f = filter_parse(str_of(text), &e);
	if (!f)
		print_error("%s: %s\n", text, e.text);
	assert_non_null(f);
	return f;
}

static void fill(struct message *m)
{
	message_clear(m);
	message_number(m, PARAM_BATTERY_VOLTAGE, 4123);
	message_number(m, PARAM_ENGINE_IGNITION_STATUS, 1);
	message_number(m, PARAM_GSM_LAC, 9763);
	message_more(m, PARAM_GSM_LAC, 1, 9764);
	message_more(m, PARAM_GSM_LAC, 10, 9773);
	message_more(m, PARAM_GSM_LAC, 2, 9765);
	message_number(m, PARAM_IDENT, 7301151405);
	message_text(m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(m, PARAM_POSITION_LATITUDE, -226758636);
	message_number(m, PARAM_POSITION_SPEED, 55560);
	message_number(m, PARAM_POSITION_VALID, 0);
	message_number(m, PARAM_TIMESTAMP, 1732262402512345);
	message_text(m, PARAM_VENDOR_CODE, str_of("HQ"));
	message_number(m, PARAM_WIFI_MAC_ADDRESS, 0xF09FC2AABB01);
	message_more(m, PARAM_WIFI_MAC_ADDRESS, 2, 0xF09FC2AABB02);
}

static void one_condition_of_the_old_form(void **state)
{
	(void)state;
	static struct message m;
	fill(&m);
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {{"message.type=V1", true}, {" message.type = V* ", true},
		{"message.type=V2", false}, {"ident=73*", true}, {"ident=7*9", false}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error e;
		struct filter *f = filter_parse(str_of(rows[i].text), &e);
		assert_non_null(f);
		assert_int_equal(filter_message(f, &m), rows[i].holds);
		filter_free(f);
	}
}

static void messages(void **state)
{
	(void)state;
	static struct message m;
	fill(&m);
	static const struct {
		const char *text;
		bool passes;
	} rows[] = {
		{"position.speed==55.56", true},
		{"position.speed>55.56", false},
		{"position.latitude<-22.6758635", true},
		{"position.latitude==-22.6758636", true},
		{"timestamp==1732262402.512345", true},
		{"battery.voltage<=4.123", true},
		{"engine.ignition.status", true},
		{"engine.ignition.status==true&&!position.valid", true},
		{"$position.valid", false},
		{"ident=='7301151405'", true},
		{"ident==7301151405", true},
		{"ident~'73*'", true},
		{"message.type=='V1'&&vendor.code=='HQ'", true},
		{"gsm.lac==9763", true},
		{"gsm.lac.1==9764", true},
		{"gsm.lac.10==9773", true},
		{"gsm.lac.2==9765", true},
		{"exists(gsm.lac.3)", false},
		{"exists(gsm.lac.01)", false},
		{"exists(gsm.lac.0)", false},
		{"exists(gsm.lac.100)", false},
		{"exists(gsm.lac.)", false},
		{"exists(gsm.lac.x)", false},
		{"exists(message.type.1)", false},
		{"wifi.mac.address=='F0:9F:C2:AA:BB:01'", true},
		{"wifi.mac.address.2~'*:02'&&wifi.mac.address~'*:01'", true},
		{"battery.level>0||!exists(battery.level)", true},
		{"battery.level<1000", false},
		{"no.such.name==1", false},
		{"$no.such.name==null", true},
		{"position.speed>50,engine.ignition.status,message.type=V*", true},
		{"position.speed>50,battery.level", false},
		{"message.type=V1,vendor.code=HQ", true},
		{"message.type==V1 , vendor.code!=H*", false},
		{"message.type!=V2,position.speed>=55.56,position.speed<55.561", true},
		{"message.type=\"V1\",message.type='V*'", true},
		{"message.type>V0,message.type<V2", true},
		{"engine.ignition.status=true,position.valid=false", true},
		{"ident=7301151405,ident=73*", true},
		{"ident=7301151406,ident=73*", false},
		{"position.speed,gsm.lac.1=9764", true},
		{"battery.level!=5,position.speed", false},
		{"vendor.code~H*,vendor.code='H,Q'", false},
		{"(position.speed>50&&exists(gsm.lac))", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter *f = parsed(rows[i].text);
		if (filter_message(f, &m) != rows[i].passes)
			print_error("%s\n", rows[i].text);
		assert_int_equal(filter_message(f, &m), rows[i].passes);
		filter_free(f);
	}
	filter_free(NULL);
}

static void json_objects(void **state)
{
	(void)state;
	static const char json[] =
		"{\"event_code\":301,\"close_code\":17,\"source\":\"1.2.3.4:5\",\"deep\":{\"name\":"
		"\"x\",\"in.ner\":{\"n\":1.5}},\"flat.name\":true,\"none\":null,\"list\":[],"
		"\"nul\":\"a\\u0000b\",\"flat\":{\"name\":false,\"other\":2}}";
	static const struct {
		const char *text;
		bool passes;
	} rows[] = {
		{"event_code==301&&close_code==17", true},
		{"event_code=301,close_code<17", false},
		{"source~'1.2.*'", true},
		{"deep.name=='x'", true},
		{"deep.in.ner.n==1.5", true},
		{"flat.name", true},
		{"flat.other==2", true},
		{"exists(deep)&&deep&&list", true},
		{"exists(deep.name.more)", false},
		{"exists(none)", false},
		{"none==null", true},
		{"missing==null", false},
		{"nul~'a*b'", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter *f = parsed(rows[i].text);
		assert_int_equal(filter_json(f, str_of(json)), rows[i].passes);
		assert_false(filter_json(f, str_of("{\"event_code\":301")));
		filter_free(f);
	}
	struct filter *f = parsed("true");
	assert_true(filter_json(f, str_of("{}")));
	assert_false(filter_json(f, str_of("{")));
	filter_free(f);
}

static int64_t last_active_us(const void *context, const struct device *d)
{
	(void)context, (void)d;
	return 1500000;
}

static void objects(void **state)
{
	(void)state;
	static const struct device_live live = {.last_active_us = last_active_us};
	struct device d;
	device_init(&d);
	d.id = 5;
	d.ident = 7301151405;
	d.live = &live;
	snprintf(d.name, sizeof d.name, "Truck \"1\"");
	static const struct {
		const char *text;
		bool passes;
	} rows[] = {
		{"name==\"Truck \\\"1\\\"\"||id==42", true},
		{"name==\"x\"||device_type_id==42", false},
		{"name==\"x\"||device_type_id==1", true},
		{"name~\"truck*\"", false},
		{"configuration.ident~'73*'", true},
		{"exists(configuration.phone)", false},
		{"exists(configuration)", true},
		{"enabled&&messages_ttl>86400", true},
		{"last_active==1.5", true},
		{"device_type_name=='generic'&&protocol_id==441", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error e;
		struct filter *f = parsed(rows[i].text);
		assert_true(filter_fits(f, &device_resource, &e));
		assert_int_equal(filter_object(f, &device_resource, &d), rows[i].passes);
		filter_free(f);
	}
	static const char *const foreign[] = {"colour==1", "1||configuration.colour==2",
		"exists(configuration.iden)", "$names==null"};
	static const char *const sentences[] = {"a device has no member 'colour'",
		"a device has no member 'configuration.colour'",
		"a device has no member 'configuration.iden'", "a device has no member 'names'"};
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		struct error e;
		struct filter *f = parsed(foreign[i]);
		assert_false(filter_fits(f, &device_resource, &e));
		assert_string_equal(e.text, sentences[i]);
		filter_free(f);
	}
}

static void lists_become_expressions(void **state)
{
	(void)state;
	static const struct {
		const char *list, *expression;
	} rows[] = {
		{"a,b", "exists(a)&&exists(b)"},
		{" a = x* , b>=5,c=true ", "a~\"x*\"&&b>=5&&c=true"},
		{"a==5,b!=x,c~5", "a==5&&!(b~\"x\")&&c==5"},
		{"a='x,y',b=\"\"", "a~\"x,y\"&&b~\"\""},
		{"a=x\\,b=", "a~\"x\\\\\"&&b~\"\""},
		{"a=x\"y\",b='\"'", "a~\"x\\\"y\\\"\"&&b~\"\\\"\""},
		{"a<zz,b=(1,2)", "a<\"zz\"&&b~\"(1,2)\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out;
		struct error e;
		buf_init(&out, 1000);
		assert_true(filter_is_list(str_of(rows[i].list)));
		assert_true(filter_list_expression(str_of(rows[i].list), &out, &e));
		assert_buf(out, rows[i].expression);
		buf_clear(&out);
	}
	static const char *const conditions[] = {
		"a=b", "a.b=c*", "a = Truck 1-2", "a=10.0.0.1:5*", "a=5"};
	for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
		assert_true(filter_is_list(str_of(conditions[i])));
	static const char *const expressions[] = {
		"a==b", "a=", "a", "a=\"b\"", "a=b&&c", "a=b?c:d", "a=(b)", "$a=b", "a!=b", "5=a"};
	for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
		assert_false(filter_is_list(str_of(expressions[i])));
	assert_false(filter_is_list(str_of("f(a,b)=='c,d'")));
	assert_false(filter_is_list(str_of("a==\"x,y")));
}

static void lists_are_refused(void **state)
{
	(void)state;
	static const char need[] =
		"a list of conditions has name, name=mask or name>=5 between its commas";
	static const struct {
		const char *text, *sentence;
		size_t column;
	} rows[] = {
		{",a", need, 1},
		{"a,", need, 3},
		{"a,,b", need, 3},
		{"a,5", need, 3},
		{"a, >=5", need, 4},
		{"a,b c", "'b' is followed by no comparison", 3},
		{"a,b=\"", "'b' is followed by no comparison", 3},
		{"a,b>5&&c==1", "", 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error e;
		struct filter *f = filter_parse(str_of(rows[i].text), &e);
		char sentence[200];
		snprintf(sentence, sizeof sentence, "column %zu: %s", rows[i].column,
			rows[i].sentence);
		if (rows[i].column) {
			assert_null(f);
			assert_string_equal(e.text, sentence);
		} else {
			assert_non_null(f); /* a text compared with a number: never equal */
		}
		filter_free(f);
	}
	struct buf list;
	struct error e;
	buf_init(&list, 10000);
	for (int i = 0; i < 65; i++)
		assert_true(buf_printf(&list, "%sn%d", i ? "," : "", i));
	assert_null(filter_parse(buf_str(&list), &e));
	assert_string_equal(e.text, "column 247: more than 64 conditions");
	list.len = 0;
	assert_true(buf_add_str(&list, str_of("a,b=")));
	for (int i = 0; i < 3000; i++)
		assert_true(buf_add_char(&list, '\\')); /* two in a quoted text */
	assert_null(filter_parse(buf_str(&list), &e));
	assert_string_equal(e.text, "column 3: the list of conditions is too long");
	buf_clear(&list);
}

static bool is_connected(const void *context, const struct device *d)
{
	(void)context;
	return d->id == 7;
}

static uint64_t messages_size(const void *context, const struct device *d)
{
	(void)context;
	return 440 + d->enabled;
}

static bool print_telemetry(const void *context, const struct device *d, struct buf *out)
{
	(void)context;
	return buf_printf(out, "{\"ident\":{\"value\":%u}}", d->id);
}

static bool print_queue(const void *context, const struct device *d, struct buf *out)
{
	(void)context, (void)d;
	return buf_add(out, "[]", 2);
}

static const struct device_live all_live = {
	is_connected, last_active_us, messages_size, print_telemetry, print_queue};

/* Each @ of the form becomes the name. */
static void put_name(const char *form, const char *name, char *out)
{
	for (; *form; form++) {
		if (*form == '@') {
			memcpy(out, name, strlen(name));
			out += strlen(name);
		} else {
			*out++ = *form;
		}
	}
	*out = '\0';
}

/* Whatever the kind of a row: asked directly it answers as its printed form does. */
static void a_row_is_what_is_printed_of_it(void **state)
{
	(void)state;
	static const char *const forms[] = {"exists(@)", "$@==null", "@", "!@", "@==\"\"",
		"@~\"*1*\"", "@==441", "@>0.5", "tonumber(@)==7301151405", "@==true", "@<\"b\"",
		"@+1==2.5", "@==\"a\\\\\\\"b\""};
	struct device d;
	size_t held = 0;
	for (int variant = 0; variant < 3; variant++) {
		device_init(&d);
		d.id = 7;
		if (variant) {
			d.ident = 7301151405;
			d.live = &all_live;
			d.messages_rotate = INT64_C(1) << 50;
			snprintf(d.name, sizeof d.name, variant == 1 ? "a\\\"b" : "\x01\xc3\xa9");
			snprintf(d.phone, sizeof d.phone, "+491");
			snprintf(d.metadata, sizeof d.metadata, "{\"a\":1}");
		}
		for (size_t i = 0; i < device_resource.count; i++)
			for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
				const struct field *row = &device_resource.fields[i];
				char text[200];
				struct buf json;
				buf_init(&json, 65536);
				put_name(forms[k], row->path, text);
				struct filter *f = parsed(text);
				assert_true(resource_print(
					&device_resource, &d, UINT64_C(1) << i, &json));
				bool holds = filter_json(f, buf_str(&json));
				assert_int_equal(filter_object(f, &device_resource, &d), holds);
				held += holds;
				filter_free(f);
				buf_clear(&json);
			}
	}
	assert_true(held > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(one_condition_of_the_old_form),
		cmocka_unit_test(json_objects),
		cmocka_unit_test(objects),
		cmocka_unit_test(lists_become_expressions),
		cmocka_unit_test(lists_are_refused),
		cmocka_unit_test(a_row_is_what_is_printed_of_it),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
