/* What another broker does with the gateway's messages: publishes the messages of so many trackers to it
 * over one connection, at QoS 0, and watches what comes, with the watchers of `cantrack simulate`. Prints
 * that program's summary, and before a line on standard error when all watch.
 *
 * usage: bench_publish BYTES --to HOST:PORT --watch HOST:PORT [options of `cantrack simulate --mode flood`]
 * A message has at least BYTES bytes of JSON. Of the options those count that say how many trackers and
 * watchers there are, how fast and how long it is sent, and --watch-lead. */
#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "cantrack/frame.h"
#include "mqtt/packet.h"
#include "simulate/driver.h"
#include "simulate/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { OUT_MAX = 1 << 20, WRITE_BYTES = 64 * 1024, PATIENCE_S = 60 };

static struct options options;
static struct ledger ledger;
static struct watch_tally now;
static int phase, broker;
static size_t least_bytes;
static struct buf out, json, packet;
static struct track *tracks;

static void sleep_us(long us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static void peek(const struct watch *w)
{
	now = (struct watch_tally){0};
	watch_peek(w, &now);
}

/* ---- publishing ---- */

static void flush(void)
{
	for (size_t at = 0; at < out.len;) {
		ssize_t n = send(broker, out.at + at, out.len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			poll(&(struct pollfd){.fd = broker, .events = POLLOUT}, 1, -1);
		else if (n < 0)
			die("the broker is gone: %s", strerror(errno));
		else
			at += (size_t)n;
	}
	out.len = 0;
}

static void read_connack(void)
{
	char bytes[512];
	size_t len = 0;
	struct mqtt_header header;
	enum mqtt_reason why;
	for (;;) {
		poll(&(struct pollfd){.fd = broker, .events = POLLIN}, 1, PATIENCE_S * 1000);
		ssize_t n = recv(broker, bytes + len, sizeof bytes - len, 0);
		if (n <= 0)
			die("the broker does not answer");
		len += (size_t)n;
		struct str in = {bytes, len};
		if (mqtt_header_read(in, sizeof bytes, &header, &why) == MQTT_READ &&
			header.head + header.body <= len)
			break;
	}
	if (header.type != MQTT_CONNACK || bytes[header.head + 1])
		die("the broker refuses");
}

static void connect_broker(void)
{
	struct mqtt_connect c = {
		.version = MQTT_311, .clean = true, .client_id = str_of("bench_publish")};
	if (!dial(&options.gate, options.per_address, options.watchers, &broker))
		die("cannot connect: %s", strerror(errno));
	poll(&(struct pollfd){.fd = broker, .events = POLLOUT}, 1, PATIENCE_S * 1000);
	check(mqtt_connect_write(&out, &c, (struct str){"", 0}));
	flush();
	read_connack();
}

/* The message of a frame as the gateway prints it, no shorter than is wanted. */
static void print(const struct report *r, uint64_t tracker)
{
	static struct message m;
	char frame[REPORT_FRAME_MAX], pad[1024];
	struct frame_context context = {.now_us = clock_now_us(), .terminated = true};
	struct frame_head head;
	struct error e;
	size_t len = report_write(r, frame);
	if (frame_decode((struct str){frame, len}, &context, &m, &head, &e) != RESULT_MESSAGE)
		die("%s", e.text);
	message_number(&m, PARAM_CHANNEL_ID, 1);
	message_number(&m, PARAM_DEVICE_ID, (int64_t)tracker + 1);
	message_number(&m, PARAM_PROTOCOL_ID, 1);
	message_text(&m, PARAM_PEER, str_of("127.0.0.1:54321"));
	json.len = 0;
	check(message_json(&m, NULL, &json));
	if (json.len + 8 > least_bytes)
		return;
	size_t more = least_bytes - json.len - 8;
	json.len--;
	memset(pad, 'x', sizeof pad);
	check(buf_printf(&json, ",\"pad\":\"%.*s\"}", (int)(more ? more - 1 : 0), pad));
}

static void publish(uint64_t tracker)
{
	struct track *t = &tracks[tracker];
	struct report r;
	char topic[64];
	track_advance(t, (uint32_t)options.step);
	report_make(t, SAY_V1, 0, &r);
	print(&r, tracker);
	snprintf(topic, sizeof topic, "flespi/message/gw/channels/1/%llu",
		(unsigned long long)t->ident);
	struct mqtt_delivery d = {.topic = str_of(topic), .payload = buf_str(&json)};
	ledger_note(
		&ledger, tracker, SAY_V1, (uint32_t)r.fix.time_s, (uint32_t)clock_monotonic_us());
	packet.len = 0;
	check(mqtt_publish_write(&packet, MQTT_311, &d));
	check(buf_add_str(&out, buf_str(&packet)));
}

/* May the next one be published, now? */
static bool is_due(uint64_t sent, int64_t begin_us)
{
	if (options.watch_lead && ledger_under_way(&ledger) >= options.watch_lead)
		return false;
	double elapsed = (double)(clock_monotonic_us() - begin_us) / 1e6;
	return !options.rate || (double)sent < elapsed * (double)options.rate;
}

static uint64_t run(void)
{
	uint64_t sent = 0;
	int64_t begin_us = clock_monotonic_us(),
		end_us = begin_us + (int64_t)options.seconds * 1000000;
	while ((!options.messages || sent < options.messages) &&
		(!options.seconds || clock_monotonic_us() < end_us)) {
		if (is_due(sent, begin_us)) {
			publish(sent++ % options.devices);
			if (out.len > WRITE_BYTES)
				flush();
			continue;
		}
		flush();
		sleep_us(options.watch_lead ? 200 : 1000);
	}
	flush();
	return sent;
}

/* ---- the whole ---- */

static void begin(void)
{
	int64_t begin_s = options.begin ? (int64_t)options.begin : clock_now_us() / 1000000;
	buf_init(&out, OUT_MAX);
	buf_init(&json, OUT_MAX / 2);
	buf_init(&packet, OUT_MAX / 2);
	ledger_init(&ledger, options.devices, options.watchers, options.watch_each);
	tracks = xcalloc(options.devices, sizeof *tracks);
	for (uint64_t i = 0; i < options.devices; i++)
		track_init(&tracks[i], options.seed, options.first_ident + i, begin_s);
	phase = PHASE_WATCH;
}

static void wait_for_watchers(const struct watch *w)
{
	int64_t end_us = clock_monotonic_us() + PATIENCE_S * INT64_C(1000000);
	for (peek(w); now.up < options.watchers; peek(w)) {
		if (clock_monotonic_us() > end_us)
			die("%llu of %llu watchers could subscribe", (unsigned long long)now.up,
				(unsigned long long)options.watchers);
		sleep_us(5000);
	}
	log_info("bench_publish", "watching", "watchers=%llu", (unsigned long long)now.up);
}

static void measure(struct watch *w, struct summary *s)
{
	__atomic_store_n(&phase, PHASE_RUN, __ATOMIC_RELAXED);
	int64_t begin_us = clock_monotonic_us();
	s->total.sent = run();
	peek(w);
	s->seconds = (double)(clock_monotonic_us() - begin_us) / 1e6;
	s->sent_rate = (double)s->total.sent / s->seconds;
	s->seen_rate = (double)now.seen / s->seconds;
	int64_t end_us = clock_monotonic_us() + (int64_t)options.drain * 1000000;
	while (ledger_under_way(&ledger) && clock_monotonic_us() < end_us)
		sleep_us(5000);
	__atomic_store_n(&phase, PHASE_END, __ATOMIC_RELAXED);
	watch_finish(w, &s->watched);
	s->watchers = options.watchers;
	s->missing = ledger.due - s->watched.seen;
}

int main(int argc, char **argv)
{
	uint64_t bytes;
	struct error e = {"usage: bench_publish BYTES --to HOST:PORT --watch HOST:PORT ..."};
	if (argc < 2 || !str_to_u64(str_of(argv[1]), &bytes) || bytes > 1024 ||
		options_parse(&options, argc - 1, argv + 1, &e) != OPTIONS_RUN ||
		!options.devices || !options.watchers) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	least_bytes = bytes;
	begin();
	struct watch *w = watch_start(&options, &ledger, &phase);
	wait_for_watchers(w);
	connect_broker();
	static struct summary s;
	measure(w, &s);
	close(broker);
	summary_json(&s, stdout);
	free(tracks);
	ledger_clear(&ledger);
	return s.missing != 0;
}
