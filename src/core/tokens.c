/* Two locks: `change` is held from the start of a change to its end, over the store's fsync; `lock`
 * guards the cache and is held for a look-up or a swap alone. The hash is of a random key of 380
 * bits, so it needs no salt and no slow function; that two hashes are compared in constant time
 * costs nothing.
 * Longer than 400 lines: the cache and all that changes it keep the rules of the two locks together. */
#include "core/tokens.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "base/order.h"

#include <inttypes.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define uthash_fatal(message) die("%s", message)
#include <uthash.h>

enum {
	HASH_BYTES = 32,
	STORED_MAX = 64 * 1024,
	TICK_S = 5,
	WRITE_EVERY_S = 60,
	USES_AT_ONCE = 256
};

/* What is kept of a key: hashes of it and of its first TOKEN_HEAD_CHARS. */
struct proof {
	uint8_t hash[HASH_BYTES], head[HASH_BYTES];
	bool has_head; /* tokens of older versions have none */
};

struct cached {
	struct proof proof;
	uint32_t id;
	int64_t used_s; /* atomic; token.accessed is what the store has */
	struct token token;
	UT_hash_handle by_hash, by_id;
};

struct tokens {
	struct tokens_options options;
	struct proof admin;
	pthread_mutex_t change;
	pthread_rwlock_t lock;
	struct cached *hashes, *ids;
	uint32_t last_id;
	pthread_t thread;
	bool started, ending; /* `wake` and `ending` under `change` */
	pthread_cond_t wake;
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static void hash_of(struct str key, uint8_t *out)
{
	check(crypto_generichash(
		      out, HASH_BYTES, (const unsigned char *)key.at, key.len, NULL, 0) == 0);
}

static struct proof proof_of(struct str key)
{
	struct proof proof = {.has_head = true};
	hash_of(key, proof.hash);
	hash_of(str_upto(key, TOKEN_HEAD_CHARS), proof.head);
	return proof;
}

/* ---- the cache; the caller holds the lock ---- */

static struct cached *find_locked(const struct tokens *t, uint32_t id)
{
	struct cached *found = NULL;
	HASH_FIND(by_id, t->ids, &id, sizeof id, found);
	return found;
}

static struct cached *find_hash_locked(const struct tokens *t, const uint8_t *hash)
{
	struct cached *found = NULL;
	HASH_FIND(by_hash, t->hashes, hash, HASH_BYTES, found);
	return found && sodium_memcmp(found->proof.hash, hash, HASH_BYTES) == 0 ? found : NULL;
}

static void keep_locked(struct tokens *t, struct cached *c)
{
	c->id = c->token.id;
	c->used_s = c->token.accessed;
	if (c->id > t->last_id)
		t->last_id = c->id;
	HASH_ADD(by_hash, t->hashes, proof.hash, HASH_BYTES, c);
	HASH_ADD(by_id, t->ids, id, sizeof c->id, c);
}

static void forget_locked(struct tokens *t, struct cached *c)
{
	HASH_DELETE(by_hash, t->hashes, c);
	HASH_DELETE(by_id, t->ids, c);
	free(c);
}

/* With the time of its last use. */
static void copy_locked(const struct cached *c, struct token *out)
{
	*out = c->token;
	out->accessed = __atomic_load_n(&c->used_s, __ATOMIC_RELAXED);
}

/* ---- the stored form: the token's, behind the members "hash" and, perhaps, "head" ---- */

static bool stored_text(
	const struct token *token, const struct proof *proof, struct buf *out, struct error *e)
{
	char hex[2 * HASH_BYTES + 1], head[2 * HASH_BYTES + 1];
	struct buf json;
	buf_init(&json, STORED_MAX);
	sodium_bin2hex(hex, sizeof hex, proof->hash, HASH_BYTES);
	sodium_bin2hex(head, sizeof head, proof->head, HASH_BYTES);
	bool done = token_save(token, &json) && buf_printf(out, "{\"hash\":\"%s\",", hex) &&
		    (!proof->has_head || buf_printf(out, "\"head\":\"%s\",", head)) &&
		    buf_add(out, json.at + 1, json.len - 1);
	buf_clear(&json);
	return done || fail(e, "the token exceeds %d bytes", (int)STORED_MAX);
}

/* Cuts `"name":"HEX",` off. False: it does not begin with that. */
static bool cut_hash(struct str *json, const char *name, uint8_t *out)
{
	size_t len = 0, head = strlen(name), hex = 2 * HASH_BYTES;
	if (!str_starts(*json, name) || json->len < head + hex + 2 ||
		sodium_hex2bin(out, HASH_BYTES, json->at + head, hex, NULL, &len, NULL) != 0 ||
		len != HASH_BYTES)
		return false;
	*json = str_from(*json, head + hex + 2);
	return true;
}

static bool stored_proof(struct str json, struct proof *out)
{
	if (!cut_hash(&json, "{\"hash\":\"", out->hash))
		return false;
	out->has_head = cut_hash(&json, "\"head\":\"", out->head);
	return true;
}

struct loading {
	struct tokens *tokens;
	struct error *e;
	bool failed;
};

static bool load_one(void *context, uint32_t id, struct str json)
{
	struct loading *l = context;
	struct cached *c = xcalloc(1, sizeof *c);
	struct error why = {"its hash is damaged"};
	if (!stored_proof(json, &c->proof) || !token_load(json, &c->token, &why)) {
		free(c);
		l->failed = true;
		return fail(l->e, "token %" PRIu32 ": %s", id, why.text);
	}
	c->token.id = id;
	keep_locked(l->tokens, c);
	return true;
}

/* ---- opening and closing ---- */

struct tokens *tokens_open(const struct tokens_options *options, struct error *e)
{
	if (sodium_init() < 0 || strlen(options->admin_key) != TOKEN_CHARS) {
		fail(e, "the administrator's token must have %d characters", (int)TOKEN_CHARS);
		return NULL;
	}
	struct tokens *t = xcalloc(1, sizeof *t);
	t->options = *options;
	t->options.admin_key = NULL;
	t->admin = proof_of(str_of(options->admin_key));
	pthread_mutex_init(&t->change, NULL);
	pthread_rwlock_init(&t->lock, NULL);
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&t->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	struct loading l = {t, e, false};
	if (t->options.store &&
		(!store_each(t->options.store, "token", load_one, &l, e) || l.failed)) {
		tokens_close(t);
		return NULL;
	}
	return t;
}

static void *tick_now_and_then(void *context)
{
	struct tokens *t = context;
	pthread_mutex_lock(&t->change);
	while (!t->ending) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += TICK_S;
		if (pthread_cond_timedwait(&t->wake, &t->change, &until) == 0)
			continue;
		pthread_mutex_unlock(&t->change);
		tokens_tick(t, clock_now_us());
		pthread_mutex_lock(&t->change);
	}
	pthread_mutex_unlock(&t->change);
	return NULL;
}

void tokens_start(struct tokens *t)
{
	t->started = pthread_create(&t->thread, NULL, tick_now_and_then, t) == 0;
	if (!t->started)
		die("no thread for the tokens");
}

static void write_uses(struct tokens *t, int64_t age_s);

void tokens_close(struct tokens *t)
{
	if (!t)
		return;
	if (t->started) {
		pthread_mutex_lock(&t->change);
		t->ending = true;
		pthread_cond_signal(&t->wake);
		pthread_mutex_unlock(&t->change);
		pthread_join(t->thread, NULL);
	}
	write_uses(t, 1);
	struct cached *c, *next;
	HASH_ITER(by_id, t->ids, c, next) forget_locked(t, c);
	pthread_cond_destroy(&t->wake);
	pthread_rwlock_destroy(&t->lock);
	pthread_mutex_destroy(&t->change);
	free(t);
}

/* ---- checking ---- */

bool tokens_key(const char *header, struct str *key)
{
	struct str given = header ? str_trim(str_of(header)) : (struct str){NULL, 0};
	if (str_starts(given, "FlespiToken ") || str_is(given, "FlespiToken"))
		given = str_trim(str_from(given, sizeof "FlespiToken" - 1));
	*key = given;
	return given.len != 0;
}

static void administrator(const struct tokens *t, struct token *out)
{
	token_init(out);
	out->access = ACCESS_MASTER;
	out->created = t->options.admin_created_us / 1000000;
	snprintf(out->info, sizeof out->info, "administrator");
}

static bool admits(const struct token *t, const struct peer *peer)
{
	return !peer || !peer->family || token_admits(t, peer->addr, peer->family == 4 ? 4 : 16);
}

/* Good enough to be used now? Counts as a use. */
static bool use_locked(struct cached *c, const struct peer *peer, int64_t now_us, struct token *out)
{
	copy_locked(c, out);
	bool good = out->enabled && !token_is_expired(out, now_us / 1000000) && admits(out, peer);
	if (good)
		__atomic_store_n(&c->used_s, now_us / 1000000, __ATOMIC_RELAXED);
	return good;
}

bool tokens_check(struct tokens *t, struct str key, const struct peer *peer, int64_t now_us,
	struct token *out)
{
	uint8_t hash[HASH_BYTES];
	if (key.len != TOKEN_CHARS)
		return false;
	hash_of(key, hash);
	if (sodium_memcmp(hash, t->admin.hash, HASH_BYTES) == 0) {
		administrator(t, out);
		return true;
	}
	pthread_rwlock_rdlock(&t->lock);
	struct cached *c = find_hash_locked(t, hash);
	bool good = c && use_locked(c, peer, now_us, out);
	pthread_rwlock_unlock(&t->lock);
	return good;
}

bool tokens_check_head(struct tokens *t, uint64_t id, struct str head, const struct peer *peer,
	int64_t now_us, struct token *out)
{
	uint8_t hash[HASH_BYTES];
	if (head.len != TOKEN_HEAD_CHARS || id > UINT32_MAX)
		return false;
	hash_of(head, hash);
	if (!id && sodium_memcmp(hash, t->admin.head, HASH_BYTES) == 0) {
		administrator(t, out);
		return true;
	}
	pthread_rwlock_rdlock(&t->lock);
	struct cached *c = id ? find_locked(t, (uint32_t)id) : NULL;
	bool good = c && c->proof.has_head && sodium_memcmp(hash, c->proof.head, HASH_BYTES) == 0 &&
		    use_locked(c, peer, now_us, out);
	pthread_rwlock_unlock(&t->lock);
	return good;
}

bool tokens_still(struct tokens *t, uint32_t id, bool is_used, int64_t now_us, struct token *out)
{
	pthread_rwlock_rdlock(&t->lock);
	struct cached *c = find_locked(t, id);
	if (c)
		copy_locked(c, out);
	bool good = c && out->enabled && !token_is_expired(out, now_us / 1000000);
	if (good && is_used)
		__atomic_store_n(&c->used_s, now_us / 1000000, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&t->lock);
	return good;
}

/* ---- the items ---- */

size_t tokens_ids(struct tokens *t, uint32_t **out)
{
	struct cached *c, *next;
	size_t count = 0;
	pthread_rwlock_rdlock(&t->lock);
	*out = xmalloc((HASH_CNT(by_id, t->ids) + 1) * sizeof **out);
	HASH_ITER(by_id, t->ids, c, next)(*out)[count++] = c->id;
	pthread_rwlock_unlock(&t->lock);
	qsort(*out, count, sizeof **out, order_u32);
	return count;
}

uint32_t tokens_last_id(struct tokens *t)
{
	pthread_rwlock_rdlock(&t->lock);
	uint32_t id = t->last_id;
	pthread_rwlock_unlock(&t->lock);
	return id;
}

bool tokens_get(struct tokens *t, uint32_t id, struct token *out)
{
	pthread_rwlock_rdlock(&t->lock);
	const struct cached *c = find_locked(t, id);
	if (c)
		copy_locked(c, out);
	pthread_rwlock_unlock(&t->lock);
	return c != NULL;
}

static void make_key(char *out)
{
	for (int i = 0; i < TOKEN_CHARS; i++)
		out[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
	out[TOKEN_CHARS] = '\0';
}

/* The texts stand behind one another from `at` on, and move no more. */
static void aim(struct str *texts, size_t count, const char *at)
{
	for (size_t i = 0; i < count; at += texts[i++].len)
		texts[i].at = at;
}

/* Keys, and the texts behind one another in `all`. */
static bool prepare(struct token *made, struct cached **fresh, struct str *texts, size_t count,
	struct buf *all, struct error *e)
{
	size_t begin = 0;
	for (size_t i = 0; i < count; i++) {
		make_key(made[i].key);
		fresh[i]->proof = proof_of(str_of(made[i].key));
		if (!stored_text(&made[i], &fresh[i]->proof, all, e))
			return false;
		texts[i].len = all->len - begin;
		begin = all->len;
	}
	aim(texts, count, all->at);
	return true;
}

static void keep_new(
	struct tokens *t, struct token *made, struct cached **fresh, size_t count, uint32_t first)
{
	pthread_rwlock_wrlock(&t->lock);
	for (size_t i = 0; i < count; i++) {
		made[i].id = first + (uint32_t)i;
		fresh[i]->token = made[i];
		sodium_memzero(fresh[i]->token.key, sizeof fresh[i]->token.key);
		keep_locked(t, fresh[i]);
		fresh[i] = NULL;
	}
	pthread_rwlock_unlock(&t->lock);
}

bool tokens_add(struct tokens *t, struct token *made, size_t count, int64_t now_us, struct error *e)
{
	struct cached **fresh = xcalloc(count, sizeof *fresh);
	struct str *texts = xcalloc(count, sizeof *texts);
	struct buf all;
	uint32_t first = 0;
	buf_init(&all, count * STORED_MAX);
	for (size_t i = 0; i < count; i++) {
		fresh[i] = xcalloc(1, sizeof **fresh);
		made[i].created = now_us / 1000000;
	}
	pthread_mutex_lock(&t->change);
	bool done = t->options.store
			    ? HASH_CNT(by_id, t->ids) + count <= TOKENS_MAX ||
				      fail(e, "there may be %d tokens at most", (int)TOKENS_MAX)
			    : fail(e, "there is no store for tokens");
	done = done && prepare(made, fresh, texts, count, &all, e) &&
	       store_add(t->options.store, "token", texts, count, &first, e);
	if (done)
		keep_new(t, made, fresh, count, first);
	pthread_mutex_unlock(&t->change);
	for (size_t i = 0; i < count; i++)
		free(fresh[i]);
	buf_clear(&all);
	free(texts);
	free(fresh);
	return done;
}

/* Stores it and swaps it in. The change lock is held. */
static bool put_locked(struct tokens *t, const struct token *token, struct error *e)
{
	struct buf text;
	buf_init(&text, STORED_MAX);
	struct cached *c = find_locked(t, token->id);
	bool done = stored_text(token, &c->proof, &text, e) &&
		    store_put(t->options.store, "token", token->id, buf_str(&text), e);
	buf_clear(&text);
	if (!done)
		return false;
	pthread_rwlock_wrlock(&t->lock);
	c->token = *token;
	pthread_rwlock_unlock(&t->lock);
	return true;
}

enum tokens_result tokens_change(
	struct tokens *t, uint32_t id, token_change_fn *change, void *context, struct error *e)
{
	struct token token;
	enum tokens_result result = TOKENS_DONE;
	pthread_mutex_lock(&t->change);
	if (!tokens_get(t, id, &token))
		result = TOKENS_NO_SUCH;
	else if (!change(context, &token))
		result = TOKENS_REFUSED;
	else if (!put_locked(t, &token, e))
		result = TOKENS_FAILED;
	pthread_mutex_unlock(&t->change);
	return result;
}

/* The change lock is held. */
static enum tokens_result delete_locked(struct tokens *t, uint32_t id, struct error *e)
{
	struct cached *c = find_locked(t, id);
	if (!c)
		return TOKENS_NO_SUCH;
	if (!store_delete(t->options.store, "token", id, e))
		return TOKENS_FAILED;
	pthread_rwlock_wrlock(&t->lock);
	forget_locked(t, c);
	pthread_rwlock_unlock(&t->lock);
	return TOKENS_DONE;
}

enum tokens_result tokens_delete(struct tokens *t, uint32_t id, struct error *e)
{
	pthread_mutex_lock(&t->change);
	enum tokens_result result = delete_locked(t, id, e);
	pthread_mutex_unlock(&t->change);
	return result;
}

/* ---- what comes with time ---- */

/* Writes the uses of these with one fsync. The change lock is held. */
static bool put_uses_locked(struct tokens *t, struct cached **used, size_t count, struct error *e)
{
	uint32_t ids[USES_AT_ONCE];
	int64_t times[USES_AT_ONCE];
	struct str texts[USES_AT_ONCE];
	struct buf all;
	bool done = true;
	buf_init(&all, count * STORED_MAX);
	for (size_t i = 0; done && i < count; i++) {
		struct token token;
		size_t begin = all.len;
		copy_locked(used[i], &token);
		ids[i] = token.id;
		times[i] = token.accessed;
		done = stored_text(&token, &used[i]->proof, &all, e);
		texts[i].len = all.len - begin;
	}
	aim(texts, count, all.at);
	done = done && store_change(t->options.store, "token", ids, texts, count, e);
	buf_clear(&all);
	pthread_rwlock_wrlock(&t->lock);
	for (size_t i = 0; done && i < count; i++)
		used[i]->token.accessed = times[i];
	pthread_rwlock_unlock(&t->lock);
	return done;
}

/* Writes those uses that are at least so much younger than what the store has. */
static void write_uses(struct tokens *t, int64_t age_s)
{
	static int64_t warned_us;
	struct cached *c, *next;
	struct error e;
	size_t count = 0;
	bool done = true;
	pthread_mutex_lock(&t->change);
	struct cached **used = xmalloc((HASH_CNT(by_id, t->ids) + 1) * sizeof *used);
	HASH_ITER(by_id, t->ids, c, next)
	if (__atomic_load_n(&c->used_s, __ATOMIC_RELAXED) - c->token.accessed >= age_s)
		used[count++] = c;
	for (size_t at = 0; done && at < count; at += USES_AT_ONCE)
		done = put_uses_locked(
			t, used + at, count - at < USES_AT_ONCE ? count - at : USES_AT_ONCE, &e);
	pthread_mutex_unlock(&t->change);
	free(used);
	if (!done && log_due(&warned_us, 60))
		log_warning("tokens", "use_not_written", "reason=%s", log_quote(e.text));
}

static void delete_expired(struct tokens *t, int64_t now_s)
{
	uint32_t *ids;
	size_t count = tokens_ids(t, &ids);
	for (size_t i = 0; i < count; i++) {
		struct token token;
		struct error e;
		bool gone = false;
		/* a change that lets it live on comes before this look or after its end */
		pthread_mutex_lock(&t->change);
		if (tokens_get(t, ids[i], &token) && token_is_expired(&token, now_s))
			gone = delete_locked(t, ids[i], &e) == TOKENS_DONE;
		pthread_mutex_unlock(&t->change);
		if (!gone)
			continue;
		log_info("tokens", "expired", "id=%" PRIu32 " info=%s", ids[i],
			log_quote(token.info));
		if (t->options.expired)
			t->options.expired(t->options.context, &token);
	}
	free(ids);
}

void tokens_tick(struct tokens *t, int64_t now_us)
{
	delete_expired(t, now_us / 1000000);
	write_uses(t, WRITE_EVERY_S);
}
