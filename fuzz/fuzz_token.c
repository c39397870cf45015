/* The text of an Authorization header, and behind the first line a token as it is posted. Whatever
 * is taken comes back the same from its stored form, and an ACL grants with an id, or in a filter,
 * only what it grants at all. */
#include "fuzz.h"

#include "core/tokens.h"
#include "mqtt/topic.h"

#include <jansson.h>

static void check_header(struct str head)
{
	char *text = malloc(head.len + 1);
	struct str key;
	memcpy(text, head.at, head.len);
	text[head.len] = '\0';
	CHECK(tokens_key(text, &key) == (key.len != 0));
	CHECK(lies_in(key, str_of(text)));
	free(text);
}

static void check_acl(const struct acl *acl)
{
	static const char *const uris[] = {"gw/devices", "gw/channels", "platform/tokens", ""};
	static const char *const submodules[] = {"", "messages", "packets", "nothing"};
	for (size_t u = 0; u < 4; u++)
		for (size_t s = 0; s < 4; s++)
			for (unsigned m = ACL_GET; m <= ACL_DELETE; m <<= 1) {
				struct str uri = str_of(uris[u]), below = str_of(submodules[s]);
				bool any = acl_allows(acl, uri, below, (enum acl_method)m);
				for (uint32_t id = 0; id < 10; id++)
					CHECK(any || !acl_allows_id(acl, uri, below,
							     (enum acl_method)m, id));
				CHECK(u < 2 || !any);
			}
}

/* Who may subscribe to a filter may read all that it matches, but flespi's own. */
static void check_topics(const struct acl *acl)
{
	static const char *const filters[] = {"#", "+", "a/#", "a/+", "+/a", "a", "a/b,c", "a,b/+",
		"/a", "a/", "flespi/#", "a,flespi/a", "$a/#"};
	static const char *const names[] = {"a", "b", "a/a", "a/b", "a/c", "a/b,c", "a,b/c", "b/a",
		"a/b/c", "/a", "a/", "flespi", "flespi/a", "$a", "$a/a"};
	for (size_t f = 0; f < sizeof filters / sizeof *filters; f++)
		for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
			struct str filter = str_of(filters[f]), name = str_of(names[n]);
			bool reads = acl_allows_topic(acl, name, ACL_SUBSCRIBE);
			bool is_flespis = str_starts(name, "flespi");
			CHECK(!reads || !is_flespis);
			if (acl_allows_filter(acl, filter) && topic_matches(filter, name))
				CHECK(reads || (is_flespis && strchr("+#", filter.at[0])));
		}
}

static void check_stored(const struct token *t)
{
	static struct token again;
	struct buf once, twice;
	struct error e;
	buf_init(&once, 1024 * 1024);
	buf_init(&twice, 1024 * 1024);
	CHECK(token_save(t, &once));
	CHECK(token_load(buf_str(&once), &again, &e));
	CHECK(token_save(&again, &twice));
	CHECK(str_eq(buf_str(&once), buf_str(&twice)));
	CHECK(again.access == t->access && again.ttl == t->ttl && again.expire == t->expire);
	buf_clear(&once);
	buf_clear(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct token t;
	static const uint8_t address[16] = {10, 1, 2, 3};
	struct str body = {(const char *)data, size};
	struct str head = str_cut(&body, '\n');
	struct refusal why;
	struct error e;
	check_header(head);
	json_t *json = resource_json(body.at ? body : (struct str){"", 0}, &e);
	if (json) {
		token_init(&t);
		if (token_parse(json, PARSE_REPLACE, &t, &why)) {
			check_stored(&t);
			check_acl(&t.acl);
			check_topics(&t.acl);
			(void)token_admits(&t, address, size % 2 ? 4 : 16);
			CHECK(token_is_expired(&t, INT64_MAX / 2));
		}
	}
	json_decref(json);
	return 0;
}
