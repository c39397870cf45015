/* The web page as it is served, less the socket; of files of our own instead of those of web/. */
#include "test.h"

#include "http/assets.h"
#include "http/page.h"
#include "rest.h"

#include <stdlib.h>

/* The linker takes these for those of the program. */
const struct asset web_files[] = {
	{"assets/index-1.js", "text/javascript; charset=utf-8", "aa", STR("\x1f\x8b script")},
	{"assets/a/deep-2.css", "text/css; charset=utf-8", "bb", STR("\x1f\x8b style")},
	{"index.html", "text/html; charset=utf-8", "cc", STR("\x1f\x8b page")},
	{"other.txt", "text/plain", "dd", STR("\x1f\x8b other")},
};
const size_t web_file_count = sizeof web_files / sizeof *web_files;

struct visit {
	struct rest *rest;
	struct answer answer; /* the last */
};

static int set_up(void **state)
{
	struct visit *v = calloc(1, sizeof *v);
	v->rest = rest_new();
	answer_init(&v->answer);
	*state = v;
	return 0;
}

static int tear_down(void **state)
{
	struct visit *v = *state;
	answer_clear(&v->answer);
	rest_free(v->rest);
	free(v);
	return 0;
}

/* Without a token. NULL: the header was not sent. */
static const struct answer *ask(
	struct visit *v, const char *target, const char *encodings, const char *tags)
{
	struct request r = {
		.context = &v->rest->context,
		.method = METHOD_GET,
		.target = str_of(target),
		.encodings = encodings ? str_of(encodings) : (struct str){NULL, 0},
		.tags = str_of(tags ? tags : ""),
	};
	answer_clear(&v->answer);
	answer_init(&v->answer);
	dispatch(&r, &v->answer);
	free(r.decoded);
	return &v->answer;
}

static void the_page_needs_no_token_and_is_asked_about_again(void **state)
{
	const struct answer *a = ask(*state, "/", "gzip, deflate, br", NULL);
	assert_int_equal(a->status, 200);
	assert_buf(a->body, "\x1f\x8b page");
	assert_string_equal(a->type, "text/html; charset=utf-8");
	assert_true(a->is_gzip);
	assert_false(a->is_immutable);
	assert_non_null(strstr(a->tag, "\"cc-"));
	assert_non_null(strstr(a->policy, "default-src 'none'; "));
	assert_non_null(strstr(a->policy, "img-src 'self' data:; "));
	assert_null(strstr(a->policy, "unsafe"));
}

static void a_copy_that_is_good_is_not_sent_again(void **state)
{
	char tag[64], list[200];
	snprintf(tag, sizeof tag, "%s", ask(*state, "/", NULL, NULL)->tag);
	assert_int_equal(ask(*state, "/", NULL, tag)->status, 304);
	assert_string_equal(ask(*state, "/", NULL, tag)->tag, tag);
	snprintf(list, sizeof list, "\"other\", W/%s", tag);
	assert_int_equal(ask(*state, "/", NULL, list)->status, 304);
	assert_int_equal(ask(*state, "/", NULL, "*")->status, 304);
	assert_int_equal(ask(*state, "/", NULL, "\"cc\"")->status, 200);
	assert_int_equal(ask(*state, "/", NULL, "")->status, 200);
}

static void parts_are_kept_for_good(void **state)
{
	const struct answer *a = ask(*state, "/assets/index-1.js", "gzip", NULL);
	assert_int_equal(a->status, 200);
	assert_buf(a->body, "\x1f\x8b script");
	assert_string_equal(a->type, "text/javascript; charset=utf-8");
	assert_true(a->is_gzip && a->is_immutable);
	assert_string_equal(a->policy, "");
	static const char *const none[] = {"/assets/", "/assets/index-2.js", "/assets/index-1.j",
		"/assets/index.html", "/assets/..%2findex.html", "/assets/deep-2.css",
		"/index.html", "/other.txt", "/assets/a/deep-2.css", "/assets/..%2fother.txt"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		a = ask(*state, none[i], "gzip", NULL);
		assert_int_equal(a->status, 404);
		assert_false(a->is_immutable || a->is_gzip);
	}
	assert_int_equal(ask(*state, "/assets/index-1.js?x=1", "gzip", NULL)->status, 400);
}

static void a_link_may_bring_words_of_its_own(void **state)
{
	assert_int_equal(ask(*state, "/?from=mail&x&x=%zz", "gzip", NULL)->status, 200);
	assert_int_equal(ask(*state, "/docs?from=mail", NULL, NULL)->status, 200);
}

static void who_cannot_read_gzip_is_told(void **state)
{
	static const struct {
		const char *encodings;
		bool takes;
	} rows[] = {
		{NULL, true},
		{"gzip", true},
		{"GZIP;q=0.001", true},
		{"identity;q=1, gzip ; q=0.5", true},
		{"*", true},
		{"br;q=1, *;q=0.1", true},
		{"", false},
		{"identity", false},
		{"br", false},
		{"gzip;q=0", false},
		{"gzip;q=0.000", false},
		{"gzip;q=0, *", false},
		{"*;q=0", false},
		{"gzipped", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct answer *a = ask(*state, "/", rows[i].encodings, NULL);
		assert_int_equal(a->status, rows[i].takes ? 200 : 406);
		a = ask(*state, "/assets/index-1.js", rows[i].encodings, NULL);
		assert_int_equal(a->status, rows[i].takes ? 200 : 406);
		assert_true(a->is_immutable == rows[i].takes && a->is_gzip == rows[i].takes);
	}
}

/* A copy of the page from before must not be taken for good: it forbids the tiles. */
static void tiles_come_from_their_host_only(void **state)
{
	struct visit *v = *state;
	char tag[64];
	snprintf(tag, sizeof tag, "%s", ask(v, "/", NULL, NULL)->tag);
	v->rest->context.web_tiles = "https://tiles.example:8443/a;b/{z}/{x}/{y}.png";
	v->rest->context.web_attribution = "\"Tiles\" & co";
	const struct answer *a = ask(v, "/", NULL, tag);
	assert_int_equal(a->status, 200);
	assert_non_null(strstr(a->policy, "img-src 'self' data: https://tiles.example:8443; font"));
	assert_null(strstr(ask(v, "/docs", NULL, NULL)->policy, "tiles.example"));
	rest_get(v->rest, "/web.json");
	assert_non_null(strstr(v->rest->text.at,
		"\"tiles\":\"https://tiles.example:8443/a;b/{z}/{x}/{y}.png\","
		"\"attribution\":\"\\\"Tiles\\\" & co\","));
}

static void the_page_learns_about_the_gateway(void **state)
{
	struct visit *v = *state;
	assert_int_equal(ask(v, "/web.json", NULL, NULL)->status, 401);
	struct token weak = v->rest->master;
	weak.access = ACCESS_ACL;
	rest_ask_with(v->rest, &weak, METHOD_GET, "/web.json", NULL);
	assert_int_equal(v->rest->status, 200);
	assert_non_null(strstr(v->rest->text.at,
		"{\"result\":[{\"version\":\"" CANTRACK_VERSION "\",\"addresses\":["));
	assert_non_null(strstr(v->rest->text.at,
		"],\"tiles\":null,\"attribution\":null,\"auto_devices\":false,\"confirm\":true,"
		"\"limits\":{\"body_bytes\":1048576}}]}\n"));
	v->rest->context.auto_devices = v->rest->context.no_confirm = true;
	rest_get(v->rest, "/web.json");
	assert_non_null(strstr(v->rest->text.at, "\"auto_devices\":true,\"confirm\":false,"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_page_needs_no_token_and_is_asked_about_again),
		TEST(a_copy_that_is_good_is_not_sent_again),
		TEST(parts_are_kept_for_good),
		TEST(a_link_may_bring_words_of_its_own),
		TEST(who_cannot_read_gzip_is_told),
		TEST(tiles_come_from_their_host_only),
		TEST(the_page_learns_about_the_gateway),
	};
	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
