/* bench_store DIR [--messages N] [--devices D] [--group G] [--channels C] [--queries Q]
 *
 * Appends N messages of D devices that drive and park, in groups of G, to a new store in DIR, then
 * reads the last 1000 messages of Q random devices. Prints lines `name value unit`.
 *
 * Each device reports a V1 (GPS position; coordinates with 4 decimals of a minute, speed with 2
 * decimals of a knot) about every 30 s, and every tenth time a HTBT; 60 % of the time it moves. */
#include "base/clock.h"
#include "store/store.h"

#include <getopt.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct device {
	double latitude, longitude, direction, knots;
	int64_t next_us;
	unsigned reports, phase; /* the rest of this drive or stop, in reports */
	bool moves;
};

struct bench {
	const char *directory;
	size_t messages, devices, group, channels, queries;
	struct device *device;
	uint32_t *order; /* devices by next_us: a heap */
	uint64_t random;
	struct store *store;
};

static uint64_t next_random(struct bench *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

static double uniform(struct bench *b, double from, double to)
{
	return from + (to - from) * (double)(next_random(b) >> 11) / 9007199254740992.0;
}

static void print(const char *name, double value, const char *unit)
{
	printf("%s %.6g %s\n", name, value, unit);
	fflush(stdout);
}

static void stop_with(const struct error *e)
{
	fprintf(stderr, "bench_store: %s\n", e->text);
	exit(1);
}

/* ---- traffic ---- */

static void sift(struct bench *b, size_t i)
{
	for (;;) {
		size_t least = i, child = 2 * i + 1;
		for (size_t c = child; c < child + 2 && c < b->devices; c++)
			if (b->device[b->order[c]].next_us < b->device[b->order[least]].next_us)
				least = c;
		if (least == i)
			return;
		uint32_t other = b->order[i];
		b->order[i] = b->order[least];
		b->order[least] = other;
		i = least;
	}
}

static void make_devices(struct bench *b)
{
	b->device = calloc(b->devices, sizeof *b->device);
	b->order = calloc(b->devices, sizeof *b->order);
	for (size_t i = 0; i < b->devices; i++) {
		struct device *d = &b->device[i];
		d->latitude = uniform(b, 36, 55);
		d->longitude = uniform(b, -8, 24);
		d->direction = uniform(b, 0, 360);
		d->next_us = INT64_C(1760000000000000) + (int64_t)uniform(b, 0, 30e6);
		b->order[i] = (uint32_t)i;
	}
	for (size_t i = b->devices; i-- > 0;)
		sift(b, i);
}

static void drive(struct bench *b, struct device *d)
{
	if (d->phase-- == 0) {
		d->moves = uniform(b, 0, 1) < 0.6;
		d->phase = (unsigned)uniform(b, 10, 80);
	}
	if (!d->moves) {
		d->knots = 0;
		return;
	}
	d->knots += uniform(b, -6, 6);
	d->knots = d->knots < 3 ? 3 : d->knots > 65 ? 65 : d->knots;
	double turn = uniform(b, 0, 1) < 0.2 ? 90 : 8;
	d->direction = fmod(d->direction + uniform(b, -turn, turn) + 360, 360);
	double degrees = d->knots * 30 / 3600 / 60, radians = d->direction * M_PI / 180;
	d->latitude += degrees * cos(radians);
	d->longitude += degrees * sin(radians) / cos(d->latitude * M_PI / 180);
}

/* As a decoder does it: whole ten-thousandths of a minute to 7 decimals of a degree. */
static int64_t degrees7(double degrees)
{
	int64_t minutes4 = llround(degrees * 600000);
	return (minutes4 * 50 + (minutes4 < 0 ? -1 : 1)) / 3;
}

static void make_position(struct message *m, const struct device *d, int64_t time_us)
{
	message_text(m, PARAM_MESSAGE_TYPE, str_of("V1"));
	message_number(m, PARAM_TIMESTAMP, time_us);
	message_number(m, PARAM_POSITION_LATITUDE, degrees7(d->latitude));
	message_number(m, PARAM_POSITION_LONGITUDE, degrees7(d->longitude));
	message_number(m, PARAM_POSITION_SPEED, (llround(d->knots * 100) * 1852 + 50) / 100);
	message_number(m, PARAM_POSITION_DIRECTION, (int64_t)d->direction * 100);
	message_number(m, PARAM_POSITION_VALID, 1);
	message_number(m, PARAM_ENGINE_IGNITION_STATUS, d->moves);
	message_text(m, PARAM_VEHICLE_STATE, str_of(d->moves ? "FFFFFFFF" : "FFFFFBFF"));
	message_number(m, PARAM_VEHICLE_STATE_BITMASK, d->moves ? 0xFFFFFFFF : 0xFFFFFBFF);
}

static void make_record(struct bench *b, struct record *r, char *body)
{
	uint32_t i = b->order[0];
	struct device *d = &b->device[i];
	struct message m;
	message_clear(&m);
	int64_t received_us = d->next_us, latency_us = (int64_t)uniform(b, 0.1e6, 2.5e6);
	message_number(&m, PARAM_SERVER_TIMESTAMP, received_us);
	if (++d->reports % 10 == 0) {
		message_text(&m, PARAM_MESSAGE_TYPE, str_of("HTBT"));
		message_number(&m, PARAM_BATTERY_LEVEL, 100 - d->reports / 100 % 90);
	} else {
		drive(b, d);
		make_position(&m, d, (received_us - latency_us) / 1000000 * 1000000);
	}
	struct origin origin = {.ident = UINT64_C(865205030000000) + i * UINT64_C(37),
		.channel = 1 + i % (uint32_t)b->channels,
		.device = 1 + i,
		.peer = {4, {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i},
			(uint16_t)(1024 + (i * 7919 + d->reports / 200) % 60000)},
		.vendor = {'H', 'Q'}};
	record_make(r, &m, &origin, body);
	d->next_us += (int64_t)uniform(b, 29.8e6, 30.3e6);
	sift(b, 0);
}

/* ---- appending ---- */

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void append(struct bench *b)
{
	struct record *records = calloc(b->group, sizeof *records);
	char *bodies = malloc(b->group * 256);
	static char body[MESSAGE_PACK_MAX];
	struct error e;
	double append_s = 0, append_cpu_s = 0;
	for (size_t done = 0; done < b->messages; done += b->group) {
		for (size_t i = 0; i < b->group; i++) {
			make_record(b, &records[i], body);
			memcpy(bodies + i * 256, body, records[i].body.len);
			records[i].body.at = bodies + i * 256;
		}
		double start_cpu = cpu_s();
		int64_t start = clock_monotonic_us();
		if (!store_append(b->store, records, b->group, &e))
			stop_with(&e);
		append_s += (double)(clock_monotonic_us() - start) / 1e6;
		append_cpu_s += cpu_s() - start_cpu;
	}
	double groups = ceil((double)b->messages / (double)b->group);
	print("append", groups * (double)b->group / append_s, "msg/s");
	print("append_group", append_s / groups * 1e6, "us");
	print("append_group_cpu", append_cpu_s / groups * 1e6, "us");
	free(records);
	free(bodies);
}

/* ---- sizes ---- */

static double ask(struct bench *b, const char *file, const char *sql)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", b->directory, file);
	sqlite3 *db;
	sqlite3_stmt *row;
	double answer = -1;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK) {
		if (sqlite3_step(row) == SQLITE_ROW)
			answer = sqlite3_column_double(row, 0);
		sqlite3_finalize(row);
	}
	sqlite3_close(db);
	return answer;
}

static void print_unsettled(struct bench *b)
{
	double messages = ask(b, "log.db", "SELECT sum(count) FROM batch");
	double pages = ask(b, "log.db", "SELECT sum(pgsize) FROM dbstat WHERE name='batch'");
	if (messages > 0)
		print("unsettled", pages / messages, "bytes/msg");
}

static void print_settled(struct bench *b)
{
	static const char *const rows[][2] = {
		{"settled_blocks_blobs", "SELECT sum(length(blob)) FROM block"},
		{"settled_blocks", "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'block%'"},
		{"settled_chunks_blobs", "SELECT sum(length(blob)) FROM chunk"},
		{"settled_chunks", "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'chunk%'"},
		{"settled_state",
			"SELECT sum(pgsize) FROM dbstat WHERE name IN ('device','ident')"},
		{"settled", "SELECT page_count * page_size FROM pragma_page_count,"
			    " pragma_page_size"},
	};
	double messages = ask(b, "history.db", "SELECT sum(count) FROM block");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		print(rows[i][0], ask(b, "history.db", rows[i][1]) / messages, "bytes/msg");
	print("blocks", ask(b, "history.db", "SELECT count(*) FROM block"), "rows");
}

/* ---- reading ---- */

static bool count_record(void *context, const struct record *r)
{
	(void)r;
	++*(size_t *)context;
	return true;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void read_last(struct bench *b, const char *name, struct query q, size_t queries)
{
	double *us = calloc(queries, sizeof *us);
	size_t records = 0;
	struct error e;
	for (size_t i = 0; i < queries; i++) {
		if (q.by == QUERY_DEVICE)
			q.id = 1 + (uint32_t)(next_random(b) % b->devices);
		int64_t start = clock_monotonic_us();
		if (!store_read(b->store, &q, count_record, &records, &e))
			stop_with(&e);
		us[i] = (double)(clock_monotonic_us() - start);
	}
	qsort(us, queries, sizeof *us, compare);
	char line[64];
	snprintf(line, sizeof line, "%s_p50", name);
	print(line, us[queries / 2], "us");
	snprintf(line, sizeof line, "%s_p99", name);
	print(line, us[queries * 99 / 100], "us");
	snprintf(line, sizeof line, "%s_records", name);
	print(line, (double)records / (double)queries, "per_query");
	free(us);
}

static void read_all(struct bench *b)
{
	struct query last = {
		.by = QUERY_DEVICE, .from_us = INT64_MIN, .to_us = INT64_MAX, .count = 1000};
	last.reverse = true;
	read_last(b, "device_last_1000", last, b->queries);
	last.by = QUERY_CHANNEL;
	last.id = 1;
	read_last(b, "channel_last_1000", last, b->queries / 10 + 1);
	last.reverse = false;
	last.after = true;
	last.after_seq = b->messages / 3;
	read_last(b, "channel_page_1000", last, b->queries / 10 + 1);
}

static double resident_mib(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128] = "";
	if (!f || !fgets(line, sizeof line, f))
		return 0;
	fclose(f);
	char *second = strchr(line, ' ');
	return second ? (double)strtol(second, NULL, 10) * 4096 / 1048576 : 0;
}

static bool take_options(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {{"messages", 1, NULL, 'm'},
		{"devices", 1, NULL, 'd'}, {"group", 1, NULL, 'g'}, {"channels", 1, NULL, 'c'},
		{"queries", 1, NULL, 'q'}, {0}};
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		size_t *to = letter == 'm'   ? &b->messages
			     : letter == 'd' ? &b->devices
			     : letter == 'g' ? &b->group
			     : letter == 'c' ? &b->channels
			     : letter == 'q' ? &b->queries
					     : NULL;
		if (!to || (*to = strtoul(optarg, NULL, 10)) == 0)
			return false;
	}
	b->directory = argv[optind];
	return optind + 1 == argc;
}

static void settle_rest(struct bench *b)
{
	int64_t start = clock_monotonic_us();
	struct store_figures before, after;
	struct error e;
	store_figures(b->store, &before);
	if (!store_settle(b->store, &e))
		stop_with(&e);
	store_figures(b->store, &after);
	print("settle_rest",
		(double)(after.settled - before.settled) * 1e6 /
			(double)(clock_monotonic_us() - start),
		"msg/s");
}

int main(int argc, char **argv)
{
	struct bench b = {.messages = 1000000,
		.devices = 10000,
		.group = 1000,
		.channels = 1,
		.queries = 1000,
		.random = 88172645463325252u};
	struct error e;
	if (!take_options(&b, argc, argv)) {
		fprintf(stderr, "usage: bench_store DIR [--messages N] [--devices D] [--group G]"
				" [--channels C] [--queries Q]\n");
		return 2;
	}
	struct store_options options = {.directory = b.directory};
	b.store = store_open(&options, &e);
	if (!b.store)
		stop_with(&e);
	make_devices(&b);
	append(&b);
	print_unsettled(&b);
	print("memory", resident_mib(), "MiB");
	settle_rest(&b);
	print_settled(&b);
	read_all(&b);
	int64_t start = clock_monotonic_us();
	store_close(b.store);
	print("close", (double)(clock_monotonic_us() - start) / 1e3, "ms");
	free(b.device);
	free(b.order);
	return 0;
}
