/* REST requests with a token: the input is "METHOD target\nbody". Whatever comes in, the answer is
 * one JSON value (or the text of /metrics) with a status that fits it, and the devices that are
 * left can be read again. */
#include "fuzz.h"

#include "rest.h"

#include <jansson.h>

static void check_answer(const struct rest *r, struct str target)
{
	CHECK(r->status == 200 || (r->status >= 400 && r->status <= 405) || r->status == 503);
	if (str_starts(target, "/metrics"))
		return;
	struct error e;
	json_t *json = resource_json(buf_str(&r->text), &e);
	CHECK(json != NULL);
	bool has_errors = json_object_get(json, "errors") != NULL;
	CHECK(json_is_array(json_object_get(json, "result")) || str_starts(target, "/health"));
	CHECK(has_errors || r->status == 200);
	json_decref(json);
}

static char *text_of(struct str s)
{
	char *text = malloc(s.len + 1);
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = {(const char *)data, size};
	if (memchr(data, '\0', size))
		return 0; /* the texts of this target end there */
	struct str head = str_cut(&body, '\n'), word = str_cut(&head, ' ');
	char *method_text = text_of(word), *target = text_of(head.at ? head : (struct str){"", 0}),
	     *body_text = text_of(body.at ? body : (struct str){"", 0});
	enum method method;
	if (method_parse(method_text, &method)) {
		struct rest *r = rest_new();
		rest_ask(r, METHOD_POST, "/gw/devices",
			"{\"name\":\"a\",\"configuration\":{\"ident\":\"11\"}}");
		CHECK(r->status == 200);
		fake_store_message(r->store, 1, 2, 11, 1000000, 2000000);
		rest_ask(r, method, target, body_text);
		check_answer(r, str_of(target));
		rest_ask(r, METHOD_GET, "/gw/devices/all", NULL);
		check_answer(r, str_of("/gw/devices/all"));
		CHECK(r->status == 200);
		rest_free(r);
	}
	free(method_text);
	free(target);
	free(body_text);
	return 0;
}
