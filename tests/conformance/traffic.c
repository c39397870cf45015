#include "traffic.h"

#include "base/clock.h"
#include "base/die.h"

#include <ftw.h>
#include <unistd.h>

void assert_done(bool done, const struct error *e)
{
	if (!done)
		print_error("%s\n", e->text);
	assert_true(done);
}

/* ---- directories ---- */

char *directory_make(void)
{
	char *name = xstrdup("/tmp/cantrack-store-XXXXXX");
	assert_non_null(mkdtemp(name));
	return name;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

void directory_remove(const char *directory)
{
	assert_int_equal(nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- random ---- */

static uint64_t state;

void random_start(void)
{
	const char *seed = getenv("SEED");
	state = seed ? strtoull(seed, NULL, 10) : (uint64_t)clock_now_us();
	fprintf(stderr, "# SEED=%ju\n", (uintmax_t)state);
	state = (state + 1) * UINT64_C(0x9E3779B97F4A7C15) | 1;
}

uint64_t random_below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % limit;
}

/* ---- records ---- */

static struct record own(const struct message *m, const struct origin *origin)
{
	struct record r = {0};
	char body[MESSAGE_PACK_MAX];
	record_make(&r, m, origin, body);
	char *copy = xmalloc(r.body.len + 1);
	memcpy(copy, body, r.body.len);
	r.body.at = copy;
	return r;
}

void record_drop(struct record *r)
{
	free((char *)(uintptr_t)r->body.at);
}

struct record record_plain(uint32_t channel, uint32_t device, int64_t time_us, int64_t speed)
{
	struct message m;
	message_clear(&m);
	message_number(&m, PARAM_SERVER_TIMESTAMP, time_us + 1500000);
	message_number(&m, PARAM_TIMESTAMP, time_us);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(&m, PARAM_POSITION_SPEED, speed);
	struct origin origin = {.ident = 1000 + device,
		.channel = channel,
		.device = device,
		.peer = {4, {127, 0, 0, 1}, 40112},
		.vendor = {'H', 'Q'}};
	return own(&m, &origin);
}

static void random_value(struct message *m, enum param p)
{
	static const char *const texts[] = {"V1", "HTBT", "", "FFFFFBFF", "a\"b\\c"};
	static char lengthy[1024];
	switch (params[p].kind) {
	case KIND_TEXT:
		memset(lengthy, 'x', sizeof lengthy);
		message_text(m, p,
			random_below(50) ? str_of(texts[random_below(5)])
					 : (struct str){lengthy, random_below(1024)});
		break;
	case KIND_BOOLEAN: message_number(m, p, (int64_t)random_below(2)); break;
	default:
		message_number(m, p,
			random_below(9) ? (int64_t)random_below(100) - 50
					: (int64_t)(random_below(UINT64_MAX) << 1));
	}
}

struct record record_random(void)
{
	struct message m;
	message_clear(&m);
	int64_t time_us = INT64_C(1700000000000000) + (int64_t)random_below(40) * 500000;
	if (random_below(200) == 0)
		time_us = random_below(2) ? INT64_MIN : INT64_MAX;
	for (unsigned p = 0; p < PARAM_COUNT; p++)
		if (!(RECORD_OUTSIDE >> p & 1) && random_below(4) == 0)
			random_value(&m, p);
	if (random_below(5) == 0) {
		unsigned count = (unsigned)random_below(100);
		for (unsigned i = index_next(0, count); i; i = index_next(i, count))
			message_more(&m, PARAM_GSM_LAC, i, (int64_t)random_below(70000));
	}
	message_number(&m, PARAM_SERVER_TIMESTAMP,
		INT64_C(1700000000000000) + (int64_t)random_below(20000000));
	if (random_below(5))
		message_number(&m, PARAM_TIMESTAMP, time_us);
	uint32_t device = (uint32_t)random_below(TRAFFIC_DEVICES + 1);
	struct origin origin = {.ident = device ? 1000 + device : random_below(1000),
		.channel = 1 + (uint32_t)random_below(TRAFFIC_CHANNELS),
		.device = device,
		.peer = {(uint8_t)(random_below(3) * 2), {0}, 0},
		.vendor = {'H', random_below(2) ? 'Q' : 'R'}};
	if (origin.peer.family == 2)
		origin.peer.family = 6;
	for (int i = 0; i < (origin.peer.family == 6 ? 16 : origin.peer.family); i++)
		origin.peer.addr[i] = (uint8_t)random_below(4);
	if (origin.peer.family)
		origin.peer.port = (uint16_t)random_below(65536);
	return own(&m, &origin);
}

void assert_same_record(const struct record *a, const struct record *b)
{
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->received_us, b->received_us);
	assert_int_equal(a->time_us, b->time_us);
	assert_int_equal(a->origin.ident, b->origin.ident);
	assert_int_equal(a->origin.channel, b->origin.channel);
	assert_int_equal(a->origin.device, b->origin.device);
	assert_int_equal(a->origin.peer.family, b->origin.peer.family);
	assert_int_equal(a->origin.peer.port, b->origin.peer.port);
	assert_memory_equal(a->origin.peer.addr, b->origin.peer.addr, 16);
	assert_memory_equal(a->origin.vendor, b->origin.vendor, 2);
	assert_int_equal(a->body.len, b->body.len);
	assert_memory_equal(a->body.at, b->body.at, b->body.len);
}

/* ---- model ---- */

void model_add(struct model *m, const struct record *records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (m->count == m->room) {
			m->room = m->room ? m->room * 2 : 64;
			m->at = xrealloc(m->at, m->room * sizeof *m->at);
		}
		struct record *r = &m->at[m->count++];
		*r = records[i];
		char *body = xmalloc(r->body.len + 1);
		memcpy(body, records[i].body.at, r->body.len);
		r->body.at = body;
	}
}

void model_clear(struct model *m)
{
	for (size_t i = 0; i < m->count; i++)
		record_drop(&m->at[i]);
	free(m->at);
	*m = (struct model){0};
}

static int by_time(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int by_seq(const void *a, const void *b)
{
	const struct record *x = *(const struct record *const *)a;
	const struct record *y = *(const struct record *const *)b;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* The records in question, ascending; the caller frees. */
static const struct record **select_records(
	const struct model *m, const struct query *q, size_t *count)
{
	const struct record **list = xmalloc((m->count + 1) * sizeof *list);
	bool by_device = q->by == QUERY_DEVICE;
	struct record after = {.time_us = q->after_us, .seq = q->after_seq};
	const struct record *place = &after;
	*count = 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct record *r = &m->at[i];
		int64_t us = by_device ? r->time_us : r->received_us;
		if ((by_device ? r->origin.device : r->origin.channel) != q->id ||
			us < q->from_us || us > q->to_us)
			continue;
		int order = by_device ? by_time(&r, &place) : by_seq(&r, &place);
		if (q->after && (q->reverse ? order >= 0 : order <= 0))
			continue;
		list[(*count)++] = r;
	}
	qsort(list, *count, sizeof *list, by_device ? by_time : by_seq);
	return list;
}

struct answer {
	const struct record **list;
	size_t count, next;
	bool reverse;
};

static bool compare_next(void *context, const struct record *r)
{
	struct answer *a = context;
	assert_true(a->next < a->count);
	size_t i = a->reverse ? a->count - 1 - a->next : a->next;
	assert_same_record(r, a->list[i]);
	a->next++;
	return true;
}

void assert_answer(struct store *s, const struct model *m, const struct query *q)
{
	struct answer a = {.reverse = q->reverse};
	struct error e;
	a.list = select_records(m, q, &a.count);
	size_t expected = q->count && q->count < a.count ? q->count : a.count;
	assert_done(store_read(s, q, compare_next, &a, &e), &e);
	assert_int_equal(a.next, expected);
	free(a.list);
}

struct query query_all(enum query_by by, uint32_t id)
{
	return (struct query){.by = by, .id = id, .from_us = INT64_MIN, .to_us = INT64_MAX};
}

void assert_all(struct store *s, const struct model *m)
{
	assert_int_equal(store_head(s), m->count ? m->at[m->count - 1].seq : 0);
	for (uint32_t id = 1; id <= TRAFFIC_DEVICES; id++) {
		struct query q = query_all(QUERY_DEVICE, id);
		assert_answer(s, m, &q);
		q.reverse = true;
		assert_answer(s, m, &q);
	}
	for (uint32_t id = 1; id <= TRAFFIC_CHANNELS; id++) {
		struct query q = query_all(QUERY_CHANNEL, id);
		assert_answer(s, m, &q);
		q.reverse = true;
		assert_answer(s, m, &q);
	}
}

/* ---- the store ---- */

struct store *open_store(const char *directory)
{
	struct error e;
	struct store_options options = {.directory = directory, .settle_seconds = -1};
	struct store *s = store_open(&options, &e);
	assert_done(s != NULL, &e);
	return s;
}

void append(struct store *s, struct model *m, struct record *records, size_t count)
{
	struct error e;
	assert_done(store_append(s, records, count, &e), &e);
	model_add(m, records, count);
}

void settle(struct store *s)
{
	struct error e;
	assert_done(store_settle(s, &e), &e);
}

void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
