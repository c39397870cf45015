/* Messages that come over REST: the input is the JSON of one or of several. Each is refused with a
 * sentence, or it can be stored, and read, printed and posted again it is the same. */
#include "fuzz.h"

#include "model/posted.h"

#include <jansson.h>
#include <string.h>

static struct buf printed(const struct message *m)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	CHECK(message_json(m, NULL, &out));
	return out;
}

static void check_stored(const struct message *m, struct str text)
{
	static struct message again;
	static char packed[MESSAGE_PACK_MAX];
	message_clear(&again);
	CHECK(message_unpack((struct str){packed, message_pack(m, 0, packed)}, &again));
	struct buf out = printed(&again);
	CHECK(str_eq(buf_str(&out), text));
	buf_clear(&out);
}

static void check_posted_again(struct str text)
{
	static struct message again;
	struct refusal refusal;
	struct error e;
	json_t *json = resource_json(text, &e);
	CHECK(json && posted_parse(json, &again, &refusal));
	struct buf out = printed(&again);
	CHECK(str_eq(buf_str(&out), text));
	buf_clear(&out);
	json_decref(json);
}

static void try_one(const json_t *json)
{
	static struct message m;
	struct refusal refusal = {{""}, ""};
	if (!posted_parse(json, &m, &refusal)) {
		CHECK(refusal.why.text[0]);
		return;
	}
	struct buf out = printed(&m);
	check_stored(&m, buf_str(&out));
	check_posted_again(buf_str(&out));
	buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e;
	json_t *json = resource_json((struct str){(const char *)data, size}, &e), *one;
	size_t i;
	if (!json)
		return 0;
	json_array_foreach(json, i, one) try_one(one);
	try_one(json);
	json_decref(json);
	return 0;
}
