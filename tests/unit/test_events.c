/* What is posted is read back as JSON; what comes in masses is counted. */
#include "test.h"

#include "core/events.h"
#include "core/folds.h"
#include "core/metrics.h"
#include "journals.h"

#include <pthread.h>

struct fixture {
	char directory[40];
	struct journal *journal;
	struct events *events;
	struct buf text;
};

static int64_t now_us;

static int64_t test_clock(void)
{
	return now_us;
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	snprintf(f->directory, sizeof f->directory, "/tmp/cantrack-events-XXXXXX");
	f->journal = journal_make(f->directory);
	f->events = events_new_at(f->journal, test_clock);
	buf_init(&f->text, 64 << 20);
	now_us = 1;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	events_free(f->events);
	journal_remove(f->journal, f->directory);
	buf_clear(&f->text);
	free(f);
	return 0;
}

static bool take(void *context, const struct journal_entry *entry)
{
	struct buf *text = context;
	assert_true(event_json(entry, text) && buf_add_char(text, '\n'));
	return true;
}

/* All events of an origin, a line each. */
static const char *read_all(struct fixture *f, enum origin_type type, uint32_t id)
{
	struct journal_query q = {
		.key = event_key(type, id), .from_us = INT64_MIN, .to_us = INT64_MAX};
	struct error e;
	f->text.len = 0;
	assert_true(journal_read(f->journal, &q, take, &f->text, &e));
	assert_true(buf_add_char(&f->text, '\0'));
	return f->text.at;
}

static void an_event_is_an_object(void **state)
{
	struct fixture *f = *state;
	struct event event = {.code = EVENT_CLOSED,
		.origin_type = ORIGIN_CHANNEL,
		.origin_id = 7,
		.time_us = 1732263400300000,
		.members = str_of("\"ident\":\"130305\",\"close_code\":17"),
		.fold = str_of("")};
	events_post(f->events, &event);
	event = (struct event){.code = EVENT_CREATED,
		.origin_type = ORIGIN_TOKEN,
		.origin_id = 3,
		.time_us = 1732263400300001,
		.members = str_of(""),
		.fold = str_of("")};
	events_post(f->events, &event);
	events_post(NULL, &event);
	assert_string_equal(read_all(f, ORIGIN_CHANNEL, 7),
		"{\"event_code\":102,\"event_origin\":\"gw/channels/7\",\"event_text\":"
		"\"connection closed\",\"ident\":\"130305\",\"close_code\":17,\"origin_id\":7,"
		"\"origin_type\":9,\"timestamp\":1732263400.3}\n");
	assert_string_equal(read_all(f, ORIGIN_TOKEN, 3),
		"{\"event_code\":1,\"event_origin\":\"platform/tokens/3\",\"event_text\":"
		"\"item created over REST\",\"origin_id\":3,\"origin_type\":33,"
		"\"timestamp\":1732263400.300001}\n");
	assert_string_equal(read_all(f, ORIGIN_DEVICE, 7), "");
}

static void what_is_no_event_is_told(void **state)
{
	struct fixture *f = *state;
	struct journal_entry entry = {1, 1, 1, str_of("")};
	assert_false(event_json(&entry, &f->text));
	entry.body = str_of("\x04");
	assert_false(event_json(&entry, &f->text));
}

static void large_members_are_left_out(void **state)
{
	struct fixture *f = *state;
	static char members[JOURNAL_BODY_MAX];
	memset(members, ' ', sizeof members);
	struct event event = {.code = EVENT_CHANGED,
		.origin_type = ORIGIN_DEVICE,
		.origin_id = 1,
		.time_us = 1000000,
		.members = {members, sizeof members},
		.fold = str_of("")};
	events_post(f->events, &event);
	assert_non_null(strstr(read_all(f, ORIGIN_DEVICE, 1),
		"\"error_text\":\"65536 bytes of members are left out\",\"origin_id\":1"));
}

/* ---- folding ---- */

static void post(struct fixture *f, uint32_t device, int64_t time_s, const char *fold)
{
	char members[40];
	int len = snprintf(members, sizeof members, "\"n\":%d", (int)time_s);
	struct event event = {.code = EVENT_DEVICE_DATA,
		.origin_type = ORIGIN_DEVICE,
		.origin_id = device,
		.time_us = time_s * 1000000,
		.members = {members, (size_t)len},
		.fold = str_of(fold)};
	events_post(f->events, &event);
}

static void assert_lines(struct fixture *f, uint32_t device, const char *expected)
{
	char got[2000] = "";
	struct str rest = str_of(read_all(f, ORIGIN_DEVICE, device));
	while (rest.len) {
		struct str line = str_cut(&rest, '\n');
		const char *from = strstr(line.at, "\"n\":"), *to = strstr(from, ",\"origin_id\"");
		size_t len = strlen(got);
		snprintf(got + len, sizeof got - len, "%.*s;", (int)(to - from), from);
	}
	assert_string_equal(got, expected);
}

static void like_events_are_counted(void **state)
{
	struct fixture *f = *state;
	post(f, 1, 1, "a");
	post(f, 1, 2, "a");
	post(f, 1, 3, "b");
	post(f, 2, 4, "a");
	post(f, 1, 5, "a");
	post(f, 1, 6, "");
	post(f, 1, 7, "");
	assert_lines(f, 1, "\"n\":1;\"n\":3;\"n\":6;\"n\":7;");
	now_us += FOLD_US - 1;
	events_tick(f->events);
	assert_lines(f, 1, "\"n\":1;\"n\":3;\"n\":6;\"n\":7;");
	now_us++;
	events_tick(f->events);
	assert_lines(f, 1, "\"n\":1;\"n\":3;\"n\":6;\"n\":7;\"n\":5,\"count\":2;");
	assert_lines(f, 2, "\"n\":4;");
	/* the flood goes on: one a minute; b has ended, so it is written at once
	 * (they are sorted by time) */
	post(f, 1, 8, "a");
	post(f, 1, 9, "b");
	now_us += FOLD_US;
	events_tick(f->events);
	now_us += FOLD_US;
	events_tick(f->events);
	post(f, 1, 10, "a");
	assert_lines(f, 1,
		"\"n\":1;\"n\":3;\"n\":6;\"n\":7;\"n\":5,\"count\":2;\"n\":8,\"count\":1;\"n\":9;"
		"\"n\":10;");
}

/* Minutes of many texts begin and end in between one another. */
static void every_text_has_its_minute(void **state)
{
	enum { TEXTS = 3000, STEPS = 40, POSTS = 700 };
	struct fixture *f = *state;
	static struct {
		int64_t end_us; /* 0: none */
		bool is_counted;
	} model[TEXTS];
	uint32_t dice = 1;
	for (int step = 0; step < STEPS; step++) {
		now_us += step == STEPS / 2 ? 3 * FOLD_US : 7000000;
		events_tick(f->events);
		for (int i = 0; i < TEXTS; i++)
			if (model[i].end_us && model[i].end_us <= now_us) {
				model[i].end_us = model[i].is_counted ? now_us + FOLD_US : 0;
				model[i].is_counted = false;
			}
		for (int i = 0; i < POSTS; i++) {
			char fold[20];
			dice = dice * 1103515245 + 12345;
			uint32_t text = (dice >> 8) % TEXTS;
			uint64_t kept = metric_get(events_kept);
			snprintf(fold, sizeof fold, "%u", (unsigned)text);
			post(f, 1, 1, fold);
			assert_int_equal(metric_get(events_kept) - kept, !model[text].end_us);
			model[text].is_counted = model[text].end_us != 0;
			if (!model[text].end_us)
				model[text].end_us = now_us + FOLD_US;
		}
	}
}

static void counts_are_written_at_the_end(void **state)
{
	struct fixture *f = *state;
	post(f, 1, 1, "a");
	post(f, 1, 2, "a");
	events_free(f->events);
	f->events = NULL;
	assert_lines(f, 1, "\"n\":1;\"n\":2,\"count\":1;");
}

static void a_flood_of_kinds_is_bounded(void **state)
{
	struct fixture *f = *state;
	enum { FLOOD = 200000, WRITTEN = 2 * FOLDS_MAX + FOLDS_BEYOND };
	uint64_t dropped = metric_get(events_dropped), kept = metric_get(events_kept);
	for (int i = 0; i < FLOOD; i++) {
		char fold[20];
		snprintf(fold, sizeof fold, "%d", i);
		post(f, 1, 1, fold);
	}
	assert_int_equal(metric_get(events_kept) - kept, FOLDS_MAX + 1);
	for (uint32_t i = 0; i < FLOOD; i++)
		post(f, i + 2, 1, "x");
	assert_int_equal(metric_get(events_kept) + metric_get(events_dropped) - kept - dropped,
		FLOOD + FOLDS_MAX + 1);
	/* the journal may have dropped some, too */
	assert_true(metric_get(events_kept) - kept <= WRITTEN);
	assert_true(metric_get(events_dropped) - dropped >= FLOOD + FOLDS_MAX + 1 - WRITTEN);
	now_us += FOLD_US;
	kept = metric_get(events_kept);
	events_tick(f->events);
	assert_int_equal(metric_get(events_kept) - kept, 1);
	char expected[40];
	snprintf(expected, sizeof expected, ",\"count\":%d,", FLOOD - FOLDS_MAX - 1);
	assert_non_null(strstr(read_all(f, ORIGIN_DEVICE, 1), expected));
}

static void members_that_wait_are_bounded(void **state)
{
	struct fixture *f = *state;
	static char members[60000];
	memset(members, ' ', sizeof members);
	memcpy(members, "\"x\":\"y\"", 7);
	for (int i = 0; i < 400; i++) {
		char fold[20];
		snprintf(fold, sizeof fold, "%d", i / 2);
		struct event event = {.code = EVENT_DEVICE_DATA,
			.origin_type = ORIGIN_DEVICE,
			.origin_id = 1,
			.time_us = 1000000,
			.members = {members, i % 2 ? sizeof members : 0},
			.fold = str_of(fold)};
		events_post(f->events, &event);
	}
	now_us += FOLD_US;
	events_tick(f->events);
	struct journal_figures figures;
	journal_figures(f->journal, &figures);
	assert_int_equal(figures.added, 400);
	size_t with = 0;
	for (const char *p = read_all(f, ORIGIN_DEVICE, 1); (p = strstr(p, "\"x\"")); p++)
		with++;
	assert_int_equal(with, FOLDS_BYTES_MAX / sizeof members);
}

/* ---- followers, threads ---- */

static void follow(void *context, const struct event *event, struct str json)
{
	struct buf *out = context;
	assert_true(
		buf_printf(out, "%d %d %u %lld %.*s\n", (int)event->code, (int)event->origin_type,
			(unsigned)event->origin_id, (long long)event->time_us, STR_PRINT(json)));
}

static bool wants;

static bool follower_wants(void *context)
{
	(void)context;
	return wants;
}

static void followers_see_what_is_written(void **state)
{
	struct fixture *f = *state;
	struct buf seen;
	buf_init(&seen, 10000);
	events_follow(f->events, follow, follower_wants, &seen);
	wants = false;
	post(f, 6, 1, "");
	wants = true;
	post(f, 5, 1, "a");
	post(f, 5, 2, "a");
	now_us += FOLD_US;
	events_tick(f->events);
#define HEAD                                                                                       \
	"{\"event_code\":304,\"event_origin\":\"gw/devices/5\",\"event_text\":\"data of the "      \
	"device could not be processed\","
	assert_buf(seen,
		"304 11 5 1000000 " HEAD
		"\"n\":1,\"origin_id\":5,\"origin_type\":11,\"timestamp\":1}\n"
		"304 11 5 2000000 " HEAD
		"\"n\":2,\"count\":1,\"origin_id\":5,\"origin_type\":11,\"timestamp\":2}\n");
	buf_clear(&seen);
}

static void *post_often(void *context)
{
	for (int i = 0; i < 3000; i++)
		post(context, (uint32_t)i % 4, 1, i % 3 ? "a" : "");
	return NULL;
}

static void threads_may_post(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[3];
	uint64_t all = metric_get(events_kept) + metric_get(events_folded);
	events_free(f->events);
	f->events = events_new(f->journal);
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, post_often, f);
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(events_kept) + metric_get(events_folded) - all, 9000);
	events_free(f->events);
	f->events = NULL;
	struct journal_figures figures;
	journal_figures(f->journal, &figures);
	assert_int_equal(figures.added, 3000 + 4 + 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_an_object),
		TEST(what_is_no_event_is_told),
		TEST(large_members_are_left_out),
		TEST(like_events_are_counted),
		TEST(every_text_has_its_minute),
		TEST(counts_are_written_at_the_end),
		TEST(a_flood_of_kinds_is_bounded),
		TEST(members_that_wait_are_bounded),
		TEST(followers_see_what_is_written),
		TEST(threads_may_post),
	};
	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
