/* Filters: the input is "expression\nJSON". A text is refused with a column, or it is a filter that
 * answers about a message, a JSON object and a device, and twice the same. */
#include "fuzz.h"

#include "model/device.h"
#include "model/filter.h"

#include <string.h>

static void fill(struct message *m)
{
	message_clear(m);
	message_number(m, PARAM_ENGINE_IGNITION_STATUS, 1);
	message_number(m, PARAM_GSM_LAC, 9763);
	message_more(m, PARAM_GSM_LAC, 1, 9764);
	message_number(m, PARAM_IDENT, 7301151405);
	message_text(m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(m, PARAM_POSITION_SPEED, 55560);
	message_number(m, PARAM_TIMESTAMP, 1732262402512345);
	message_number(m, PARAM_WIFI_MAC_ADDRESS, 0xF09FC2AABB01);
}

static void ask(const struct filter *f, struct str json)
{
	static struct message m;
	struct device d;
	struct error e = {""};
	device_init(&d);
	d.id = 5;
	d.ident = 11;
	memcpy(d.name, "Truck 1", sizeof "Truck 1");
	fill(&m);
	CHECK(filter_message(f, &m) == filter_message(f, &m));
	CHECK(filter_json(f, json) == filter_json(f, json));
	if (filter_fits(f, &device_resource, &e))
		CHECK(filter_object(f, &device_resource, &d) ==
			filter_object(f, &device_resource, &d));
	else
		CHECK(e.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str json = {(const char *)data, size};
	struct str text = str_cut(&json, '\n');
	if (!json.at)
		json = str_of("{}");
	struct error e = {""};
	struct filter *f = filter_parse(text, &e);
	if (f)
		ask(f, json);
	else
		CHECK(str_starts(str_of(e.text), "column "));
	filter_free(f);
	return 0;
}
