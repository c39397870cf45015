/* The cache of tokens over a store that can fail. */
#include "test.h"

#include "base/die.h"
#include "core/tokens.h"
#include "fake_store.h"

#define ADMIN "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"
#define S     INT64_C(1000000)

struct fixture {
	struct store *store;
	struct tokens *tokens;
	struct token token, expired; /* the last one that expired */
	size_t expired_count;
};

static void on_expired(void *context, const struct token *t)
{
	struct fixture *f = context;
	f->expired = *t;
	f->expired_count++;
}

static void reopen(struct fixture *f)
{
	struct error e;
	tokens_close(f->tokens);
	struct tokens_options options = {.store = f->store,
		.admin_key = ADMIN,
		.admin_created_us = 7 * S,
		.expired = on_expired,
		.context = f};
	f->tokens = tokens_open(&options, &e);
	assert_non_null(f->tokens);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof *f);
	f->store = fake_store_new();
	reopen(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	tokens_close(f->tokens);
	fake_store_free(f->store);
	free(f);
	return 0;
}

/* Made at second 1000, valid until 2000 and for 100 seconds without use. */
static struct token made(struct fixture *f)
{
	struct token t;
	struct error e;
	token_init(&t);
	t.expire = 2000;
	t.ttl = 100;
	assert_true(tokens_add(f->tokens, &t, 1, 1000 * S, &e));
	assert_int_equal(strspn(t.key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789"),
		TOKEN_CHARS);
	return t;
}

static bool is_good(struct fixture *f, const char *key, int64_t now_s)
{
	return tokens_check(f->tokens, str_of(key), NULL, now_s * S, &f->token);
}

static void the_administrator_is_a_master_and_no_item(void **state)
{
	struct fixture *f = *state;
	assert_true(is_good(f, ADMIN, 1));
	assert_int_equal(f->token.id, 0);
	assert_int_equal(f->token.access, ACCESS_MASTER);
	assert_int_equal(f->token.created, 7);
	assert_false(tokens_get(f->tokens, 0, &f->token));
	struct error e;
	assert_int_equal(tokens_delete(f->tokens, 0, &e), TOKENS_NO_SUCH);
	uint32_t *ids;
	assert_int_equal(tokens_ids(f->tokens, &ids), 0);
	free(ids);
}

static bool find_text(void *context, uint32_t id, struct str json)
{
	(void)id;
	struct buf *all = context;
	return buf_add_str(all, json);
}

static void only_a_hash_of_the_key_is_stored(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	struct buf all;
	struct error e;
	buf_init(&all, 65536);
	assert_true(store_each(f->store, "token", find_text, &all, &e));
	assert_true(buf_add_char(&all, '\0'));
	assert_non_null(strstr(all.at, "\"expire\":2000"));
	assert_null(strstr(all.at, t.key));
	assert_null(strstr(all.at, "\"key\""));
	buf_clear(&all);
	assert_true(tokens_get(f->tokens, t.id, &f->token));
	assert_string_equal(f->token.key, "");
	reopen(f);
	assert_true(is_good(f, t.key, 1001));
	assert_int_equal(f->token.id, t.id);
	assert_string_equal(f->token.key, "");
}

static void other_keys_are_nobodys(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	char key[TOKEN_CHARS + 2];
	for (int i = 0; i < TOKEN_CHARS; i++) {
		snprintf(key, sizeof key, "%s", t.key);
		key[i] = key[i] == 'x' ? 'y' : 'x';
		assert_false(is_good(f, key, 1001));
	}
	snprintf(key, sizeof key, "%sx", t.key);
	assert_false(is_good(f, key, 1001));
	key[TOKEN_CHARS - 1] = '\0';
	assert_false(is_good(f, key, 1001));
	assert_false(is_good(f, "", 1001));
	assert_true(is_good(f, t.key, 1001));
}

static bool disable(void *context, struct token *t)
{
	(void)context;
	t->enabled = false;
	return true;
}

static bool only_from_ten(void *context, struct token *t)
{
	snprintf(t->ips, sizeof t->ips, "10.0.0.0/8");
	return context == NULL;
}

static void changes_take_effect_at_once(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	struct error e;
	static const struct peer ten = {4, {10, 1, 2, 3}, 5}, eleven = {4, {11, 1, 2, 3}, 5},
				 six = {6, {10, 1, 2, 3}, 5};
	struct str key = str_of(t.key);
	assert_int_equal(tokens_change(f->tokens, t.id, only_from_ten, f, &e), TOKENS_REFUSED);
	assert_true(tokens_check(f->tokens, key, &eleven, 1001 * S, &f->token));
	assert_int_equal(tokens_change(f->tokens, t.id, only_from_ten, NULL, &e), TOKENS_DONE);
	assert_true(tokens_check(f->tokens, key, &ten, 1001 * S, &f->token));
	assert_false(tokens_check(f->tokens, key, &eleven, 1001 * S, &f->token));
	assert_false(tokens_check(f->tokens, key, &six, 1001 * S, &f->token));
	fake_store_fail_after(f->store, 0);
	assert_int_equal(tokens_change(f->tokens, t.id, disable, NULL, &e), TOKENS_FAILED);
	assert_string_equal(e.text, "the disk is on fire");
	assert_true(is_good(f, t.key, 1001));
	assert_int_equal(tokens_delete(f->tokens, t.id, &e), TOKENS_FAILED);
	struct token none;
	token_init(&none);
	assert_false(tokens_add(f->tokens, &none, 1, 1000 * S, &e));
	fake_store_fail_after(f->store, SIZE_MAX);
	assert_int_equal(tokens_change(f->tokens, t.id, disable, NULL, &e), TOKENS_DONE);
	assert_false(is_good(f, t.key, 1001));
	assert_int_equal(tokens_change(f->tokens, 99, disable, NULL, &e), TOKENS_NO_SUCH);
	assert_int_equal(tokens_delete(f->tokens, t.id, &e), TOKENS_DONE);
	assert_int_equal(tokens_delete(f->tokens, t.id, &e), TOKENS_NO_SUCH);
	reopen(f);
	assert_false(tokens_get(f->tokens, t.id, &f->token));
}

static void use_prolongs_and_expiry_deletes(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	assert_true(is_good(f, t.key, 1950));
	assert_true(tokens_get(f->tokens, t.id, &f->token));
	assert_int_equal(f->token.accessed, 1950);
	assert_true(is_good(f, t.key, 2049)); /* expired, but used 99 s ago */
	assert_false(is_good(f, t.key, 2149));
	tokens_tick(f->tokens, 2148 * S);
	assert_true(tokens_get(f->tokens, t.id, &f->token));
	tokens_tick(f->tokens, 2149 * S);
	assert_false(tokens_get(f->tokens, t.id, &f->token));
	assert_int_equal(f->expired_count, 1);
	assert_int_equal(f->expired.id, t.id);
	reopen(f);
	assert_false(tokens_get(f->tokens, t.id, &f->token));
}

/* One that is not used any more is deleted, too, also when the store was away for a while. */
static void expiry_waits_for_the_store(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	fake_store_fail_after(f->store, 0);
	tokens_tick(f->tokens, 3000 * S);
	assert_false(is_good(f, t.key, 3000));
	assert_int_equal(f->expired_count, 0);
	fake_store_fail_after(f->store, SIZE_MAX);
	tokens_tick(f->tokens, 3001 * S);
	assert_int_equal(f->expired_count, 1);
}

static bool has_accessed(struct fixture *f, const char *expected)
{
	struct buf all;
	struct error e;
	buf_init(&all, 65536);
	assert_true(store_each(f->store, "token", find_text, &all, &e));
	assert_true(buf_add_char(&all, '\0'));
	bool found = strstr(all.at, expected) != NULL;
	buf_clear(&all);
	return found;
}

static void uses_are_written_once_a_minute(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	assert_true(is_good(f, t.key, 1010));
	tokens_tick(f->tokens, 1011 * S);
	assert_true(has_accessed(f, "\"accessed\":1010,"));
	assert_true(is_good(f, t.key, 1069));
	tokens_tick(f->tokens, 1070 * S);
	assert_true(has_accessed(f, "\"accessed\":1010,"));
	assert_true(is_good(f, t.key, 1070));
	tokens_tick(f->tokens, 1071 * S);
	assert_true(has_accessed(f, "\"accessed\":1070,"));
	assert_true(is_good(f, t.key, 1075));
	reopen(f);
	assert_true(has_accessed(f, "\"accessed\":1075,"));
	assert_true(tokens_get(f->tokens, t.id, &f->token));
	assert_int_equal(f->token.accessed, 1075);
}

/* A minute's uses of hundreds of tokens are few fsyncs. */
static void uses_are_written_together(void **state)
{
	enum { MANY = 300 };
	struct fixture *f = *state;
	static struct token many[MANY];
	struct error e;
	for (size_t i = 0; i < MANY; i++) {
		token_init(&many[i]);
		many[i].expire = 5000;
	}
	assert_true(tokens_add(f->tokens, many, MANY, 1000 * S, &e));
	for (size_t i = 0; i < MANY; i++)
		assert_true(is_good(f, many[i].key, 1100));
	size_t before = fake_store_transactions(f->store);
	tokens_tick(f->tokens, 1100 * S);
	assert_int_equal(fake_store_transactions(f->store), before + 2);
	fake_store_fail_after(f->store, 0);
	tokens_tick(f->tokens, 1101 * S); /* nothing to do */
	fake_store_fail_after(f->store, SIZE_MAX);
	reopen(f);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(tokens_get(f->tokens, many[i].id, &f->token));
		assert_int_equal(f->token.accessed, 1100);
	}
}

static void many_at_once_are_all_or_none(void **state)
{
	struct fixture *f = *state;
	static struct token many[TOKENS_MAX];
	struct error e;
	for (size_t i = 0; i < TOKENS_MAX; i++) {
		token_init(&many[i]);
		many[i].expire = 5000;
	}
	assert_true(tokens_add(f->tokens, many, TOKENS_MAX - 1, 1000 * S, &e));
	assert_false(tokens_add(f->tokens, many, 2, 1000 * S, &e));
	assert_string_equal(e.text, "there may be 2000 tokens at most");
	assert_true(is_good(f, many[TOKENS_MAX - 2].key, 1001));
	assert_int_equal(f->token.id, many[TOKENS_MAX - 2].id);
	uint32_t *ids;
	assert_int_equal(tokens_ids(f->tokens, &ids), TOKENS_MAX - 1);
	assert_true(ids[0] < ids[TOKENS_MAX - 2]);
	free(ids);
}

static bool put_damaged(struct fixture *f, const char *json)
{
	struct error e;
	return store_put(f->store, "token", 5, str_of(json), &e);
}

static void a_damaged_token_is_named(void **state)
{
	struct fixture *f = *state;
	struct error e;
	struct tokens_options options = {.store = f->store, .admin_key = ADMIN};
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
	static const char *const bad[] = {"", "{}", "{\"hash\":\"00\"}", "{\"hash\":\"" ZEROS "\",",
		"{\"hash\":\"zz" ZEROS "\",\"ttl\":1}"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_true(put_damaged(f, bad[i]));
		assert_null(tokens_open(&options, &e));
		assert_true(str_starts(str_of(e.text), "token 5: "));
	}
	options.admin_key = "short";
	assert_null(tokens_open(&options, &e));
}

static void headers_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *header, *key;
	} rows[] = {{"FlespiToken abc", "abc"}, {"abc", "abc"}, {" FlespiToken   abc ", "abc"},
		{"FlespiToken", ""}, {"FlespiToken ", ""}, {"", ""},
		{"FlespiTokenabc", "FlespiTokenabc"}, {"Bearer abc", "Bearer abc"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str key;
		assert_int_equal(tokens_key(rows[i].header, &key), *rows[i].key != '\0');
		assert_str(key, rows[i].key);
	}
	struct str key;
	assert_false(tokens_key(NULL, &key));
}

/* The thread ends when it is told to, whatever it does. */
static void the_thread_comes_and_goes(void **state)
{
	struct fixture *f = *state;
	tokens_start(f->tokens);
	struct token t = made(f);
	assert_true(is_good(f, t.key, 1001));
	reopen(f);
	assert_true(is_good(f, t.key, 1001));
}

static bool is_good_head(struct fixture *f, uint64_t id, const char *key, int64_t now_s)
{
	struct str head = {key, TOKEN_HEAD_CHARS};
	return tokens_check_head(f->tokens, id, head, NULL, now_s * S, &f->token);
}

static void an_id_and_the_head_of_its_key_are_enough(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f), other = made(f);
	for (int i = 0; i < 2; i++, reopen(f)) {
		assert_true(is_good_head(f, t.id, t.key, 1001));
		assert_int_equal(f->token.id, t.id);
		assert_true(is_good_head(f, 0, ADMIN, 1001));
		assert_int_equal(f->token.access, ACCESS_MASTER);
		assert_false(is_good_head(f, t.id, other.key, 1001));
		assert_false(is_good_head(f, t.id, t.key + 1, 1001));
		assert_false(is_good_head(f, 0, t.key, 1001));
		assert_false(is_good_head(f, t.id, t.key, 2001));
		assert_false(is_good_head(f, UINT64_C(1) << 32 | t.id, t.key, 1001));
		assert_false(tokens_check_head(
			f->tokens, t.id, str_of(t.key), NULL, 1001 * S, &f->token));
	}
}

static void a_token_without_a_head_is_known_by_its_whole_key(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	struct error e;
	struct buf all;
	buf_init(&all, 65536);
	assert_true(store_each(f->store, "token", find_text, &all, &e));
	assert_true(buf_add_char(&all, '\0'));
	char *head = strstr(all.at, "\"head\":\"");
	assert_non_null(head);
	memmove(head, head + 74, strlen(head + 74) + 1); /* as older versions stored it */
	assert_true(store_put(f->store, "token", t.id, str_of(all.at), &e));
	reopen(f);
	assert_true(is_good(f, t.key, 1001));
	assert_false(is_good_head(f, t.id, t.key, 1001));
	buf_clear(&all);
}

static void who_goes_on_with_a_token_sees_it_end(void **state)
{
	struct fixture *f = *state;
	struct token t = made(f);
	struct error e;
	assert_true(tokens_still(f->tokens, t.id, false, 1990 * S, &f->token));
	assert_int_equal(f->token.accessed, 0); /* that was no use */
	assert_true(tokens_still(f->tokens, t.id, true, 1990 * S, &f->token));
	assert_true(tokens_still(f->tokens, t.id, false, 2089 * S, &f->token));
	assert_int_equal(f->token.accessed, 1990);
	assert_false(tokens_still(f->tokens, t.id, true, 2091 * S, &f->token));
	assert_int_equal(tokens_delete(f->tokens, t.id, &e), TOKENS_DONE);
	assert_false(tokens_still(f->tokens, t.id, true, 1100 * S, &f->token));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_administrator_is_a_master_and_no_item),
		TEST(only_a_hash_of_the_key_is_stored),
		TEST(an_id_and_the_head_of_its_key_are_enough),
		TEST(a_token_without_a_head_is_known_by_its_whole_key),
		TEST(who_goes_on_with_a_token_sees_it_end),
		TEST(other_keys_are_nobodys),
		TEST(changes_take_effect_at_once),
		TEST(use_prolongs_and_expiry_deletes),
		TEST(expiry_waits_for_the_store),
		TEST(uses_are_written_once_a_minute),
		TEST(uses_are_written_together),
		TEST(many_at_once_are_all_or_none),
		TEST(a_damaged_token_is_named),
		TEST(headers_are_read),
		TEST(the_thread_comes_and_goes),
	};
	return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
