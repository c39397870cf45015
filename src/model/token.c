#include "model/token.h"

#include "model/networks.h"

#include <jansson.h>

void token_init(struct token *t)
{
	memset(t, 0, sizeof *t);
	t->enabled = true;
}

static void init(void *object)
{
	token_init(object);
}

static bool print_access(const void *object, struct buf *out)
{
	const struct token *t = object;
	return buf_printf(out, "{\"type\":%d", (int)t->access) &&
	       (t->access != ACCESS_ACL ||
		       (buf_add(out, ",\"acl\":", 7) && acl_print(&t->acl, out))) &&
	       buf_add_char(out, '}');
}

#define YEARS_10 315360000
#define AD_36812 INT64_C(1099511627776)

/* access is read by a function of this file, the rest by the table. */
/* clang-format off */
#define ROW(member, path, kind, use, min, max, text) FIELD(struct token, member, path, kind, use, min, max, text)
static const struct field fields[] = {
	ROW(id, "id", FIELD_NUMBER, FIELD_SHOWN, 0, UINT32_MAX, "Number of the token"),
	FIELD_OF_LITERAL("cid", FIELD_SHOWN, "1", "Account"),
	ROW(key, "key", FIELD_TEXT, FIELD_SHOWN | FIELD_OPTIONAL, TOKEN_CHARS, TOKEN_CHARS, "The key, 64 letters and digits; only in the answer that creates it"),
	ROW(info, "info", FIELD_TEXT, FIELD_SETTING, 0, TOKEN_INFO_MAX, "What it is for"),
	ROW(enabled, "enabled", FIELD_BOOLEAN, FIELD_SETTING, 0, 1, "Can it be used"),
	ROW(created, "created", FIELD_NUMBER, FIELD_SHOWN | FIELD_STORED, 0, AD_36812, "When it was made, seconds since 1970"),
	ROW(accessed, "accessed", FIELD_NUMBER, FIELD_SHOWN | FIELD_STORED, 0, AD_36812, "When it was used last, to the minute; 0: not yet"),
	ROW(expire, "expire", FIELD_NUMBER, FIELD_SETTING, 0, AD_36812, "Valid until then, seconds since 1970; 0: only by ttl"),
	ROW(ttl, "ttl", FIELD_NUMBER, FIELD_SETTING, 0, YEARS_10, "Valid while it is used at least once in so many seconds; 0: only by expire"),
	FIELD_CHECKED(struct token, ips, "ips", FIELD_TEXT, FIELD_SETTING, 0, TOKEN_IPS_MAX, networks_check, "Addresses and networks it can be used from, separated by commas; empty: any"),
	FIELD_OF_FUNCTION("access", FIELD_SHOWN | FIELD_STORED, print_access, "object", "{type, acl}: type 0 standard, 1 master, 2 what the acl grants"),
	ROW(metadata, "metadata", FIELD_OBJECT, FIELD_INPUT | FIELD_STORED, 0, TOKEN_METADATA_MAX, "Any JSON object of the owner"),
};
/* clang-format on */

const struct resource token_resource = {
	"token", fields, sizeof fields / sizeof *fields, sizeof(struct token), init, false};

/* ---- reading ---- */

static bool read_type(const json_t *value, struct token *t, struct refusal *refusal)
{
	json_int_t type = json_is_integer(value) ? json_integer_value(value) : -1;
	if (type < ACCESS_STANDARD || type > ACCESS_ACL)
		return refuse_member(refusal, "access.type",
			"access.type must be 0 (standard), 1 (master) or 2 (acl)");
	t->access = (enum token_access)type;
	return true;
}

/* PUT replaces the whole of it, as any inner object. */
static bool read_access(
	const json_t *json, enum parse_mode mode, struct token *t, struct refusal *refusal)
{
	const char *key;
	json_t *value;
	if (mode == PARSE_REPLACE) {
		t->access = ACCESS_STANDARD;
		memset(&t->acl, 0, sizeof t->acl);
	}
	if (!json_is_object(json))
		return refuse_member(refusal, "access", "access must be an object {type, acl}");
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		if (strcmp(key, "type") == 0      ? !read_type(value, t, refusal)
			: strcmp(key, "acl") == 0 ? !acl_parse(value, &t->acl, refusal)
						  : !refuse_member(refusal, "access",
							    "unknown property access.%s", key))
			return false;
	}
	if (t->access != ACCESS_ACL)
		memset(&t->acl, 0, sizeof t->acl);
	return true;
}

static bool is_limited(const struct token *t, struct refusal *refusal)
{
	return t->ttl || t->expire ||
	       refuse_member(
		       refusal, "ttl", "ttl or expire is needed: a token must end at some time");
}

bool token_parse(const json_t *body, enum parse_mode mode, struct token *t, struct refusal *refusal)
{
	const json_t *access = json_object_get(body, "access");
	if (!json_is_object(body))
		return refuse_member(refusal, "", "a token must be an object");
	if (access && !read_access(access, mode, t, refusal))
		return false;
	json_t *rest = json_copy((json_t *)(uintptr_t)body); /* not its values */
	json_object_del(rest, "access");
	bool done =
		resource_parse(&token_resource, rest, mode, t, refusal) && is_limited(t, refusal);
	json_decref(rest);
	return done;
}

/* ---- the stored form ---- */

bool token_save(const struct token *t, struct buf *out)
{
	return resource_save(&token_resource, t, out);
}

bool token_load(struct str json, struct token *t, struct error *e)
{
	struct refusal refusal;
	json_t *body = resource_json(json, e);
	if (!body)
		return false;
	const json_t *access = json_object_get(body, "access");
	bool done = resource_load(&token_resource, json, t, e);
	if (done && access && !read_access(access, PARSE_REPLACE, t, &refusal))
		done = fail(e, "stored token: %s", refusal.why.text);
	json_decref(body);
	return done;
}

/* ---- validity ---- */

bool token_is_expired(const struct token *t, int64_t now_s)
{
	int64_t used = t->accessed > t->created ? t->accessed : t->created;
	return t->expire <= now_s && (!t->ttl || used + t->ttl <= now_s);
}

bool token_admits(const struct token *t, const uint8_t *address, size_t bytes)
{
	return !*t->ips || networks_hold(str_of(t->ips), address, bytes);
}
