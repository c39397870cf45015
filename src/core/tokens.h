/* tokens: who may use the API. The store keeps a hash of each key, the cache here finds a token by
 * it; the key itself is known only to whom it was given. The administrator's token is none of the
 * items: it lies in a file of its own, is a master and cannot be changed here. All functions from
 * any thread. */
#ifndef CORE_TOKENS_H
#define CORE_TOKENS_H

#include "model/token.h"
#include "store/store.h"

enum { TOKENS_MAX = 2000, TOKEN_HEAD_CHARS = 16 };

struct tokens;

struct tokens_options {
	struct store *store;      /* stays the caller's; NULL: only the administrator's token */
	const char *admin_key;    /* TOKEN_CHARS characters */
	int64_t admin_created_us; /* 0: not known */
	/* Called for each token that expired and was deleted; may be NULL. */
	void (*expired)(void *context, const struct token *t);
	void *context;
};

/* NULL with a sentence. */
struct tokens *tokens_open(const struct tokens_options *options, struct error *e);

/* Starts the thread that calls tokens_tick every few seconds. */
void tokens_start(struct tokens *t);

/* Writes the times of the last use. */
void tokens_close(struct tokens *t);

/* Deletes what has expired; writes when tokens were used last, for each once a minute at most. */
void tokens_tick(struct tokens *t, int64_t now_us);

/* Whose key is it? False: nobody's, or the token is disabled, expired or not to be used from this
 * address (`peer` NULL or of family 0: any will do). A good one counts as used. */
bool tokens_check(struct tokens *t, struct str key, const struct peer *peer, int64_t now_us,
	struct token *out);

/* The same for who shows the id of a token and the first TOKEN_HEAD_CHARS of its key, as MQTT clients may.
 * False also for tokens that were made before their hash of those was kept. */
bool tokens_check_head(struct tokens *t, uint64_t id, struct str head, const struct peer *peer,
	int64_t now_us, struct token *out);

/* As tokens_check, for who has shown the key before and goes on (`is_used`) using it: is the token with
 * this id still good? Where it may be used from is the caller's to look at. */
bool tokens_still(struct tokens *t, uint32_t id, bool is_used, int64_t now_us, struct token *out);

/* The text of an "Authorization" header: "FlespiToken <key>" or the bare key. False: it is none,
 * or empty. */
bool tokens_key(const char *header, struct str *key);

/* ---- the items ---- */

/* The ids of all, rising; the caller frees *out. Returns the number. */
size_t tokens_ids(struct tokens *t, uint32_t **out);
/* No token has or had a higher id, as far as is known since the start. */
uint32_t tokens_last_id(struct tokens *t);

MUST_USE bool tokens_get(struct tokens *t, uint32_t id, struct token *out);

/* Makes `count` tokens (at least 1), all or none: sets their id, key and created. Durable when it
 * returns true. */
MUST_USE bool tokens_add(
	struct tokens *t, struct token *made, size_t count, int64_t now_us, struct error *e);

enum tokens_result { TOKENS_DONE, TOKENS_NO_SUCH, TOKENS_REFUSED, TOKENS_FAILED };

/* Changes one: `change` gets a copy and says false to leave everything as it was. Changes come one
 * after the other. TOKENS_FAILED: the store did, with a sentence. */
typedef bool token_change_fn(void *context, struct token *t);
enum tokens_result tokens_change(
	struct tokens *t, uint32_t id, token_change_fn *change, void *context, struct error *e);

/* Durable. */
enum tokens_result tokens_delete(struct tokens *t, uint32_t id, struct error *e);

#endif
