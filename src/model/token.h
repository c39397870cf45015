/* token: a key to the API, as REST shows it. The key itself is in the answer that creates it and
 * nowhere else. */
#ifndef MODEL_TOKEN_H
#define MODEL_TOKEN_H

#include "model/acl.h"

enum {
	TOKEN_CHARS = 64, /* of a key: letters and digits */
	TOKEN_INFO_MAX = 256,
	TOKEN_IPS_MAX = 1024,
	TOKEN_METADATA_MAX = 1024,
};

enum token_access {
	ACCESS_STANDARD, /* everything but tokens and the platform */
	ACCESS_MASTER,   /* everything */
	ACCESS_ACL,      /* what its acl grants */
};

struct token {
	uint32_t id; /* 0: the administrator's, which is none of the items */
	enum token_access access;
	bool enabled;
	/* seconds since 1970; 0: never */
	int64_t created, accessed, expire;
	int64_t ttl;               /* seconds that it stays valid without being used; 0: off */
	char key[TOKEN_CHARS + 1]; /* empty but in the answer that creates it */
	char info[TOKEN_INFO_MAX + 1];
	char ips[TOKEN_IPS_MAX + 1];           /* see model/networks.h; empty: from anywhere */
	char metadata[TOKEN_METADATA_MAX + 1]; /* a JSON object; empty: {} */
	struct acl acl;                        /* empty but with ACCESS_ACL */
};

extern const struct resource token_resource;

void token_init(struct token *t);

/* Reads a request body into *t, as resource_parse does. */
MUST_USE bool token_parse(
	const struct json_t *body, enum parse_mode mode, struct token *t, struct refusal *refusal);

/* The stored form and back, without the key. */
MUST_USE bool token_save(const struct token *t, struct buf *out);
MUST_USE bool token_load(struct str json, struct token *t, struct error *e);

/* Valid while `expire` is in the future or it was made or used within `ttl`. */
bool token_is_expired(const struct token *t, int64_t now_s);

/* May it be used from this address of 4 or 16 bytes? */
bool token_admits(const struct token *t, const uint8_t *address, size_t bytes);

#endif
