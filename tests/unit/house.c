#include "house.h"

#include "base/clock.h"
#include "base/die.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void pause_a_little(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* ---- what was told: the two are the gate's, here they are ours ---- */

enum { KEPT = 20000, TRAFFIC = 4096 };

struct events {
	pthread_mutex_t lock;
	size_t count;
	struct kept {
		enum event_code code;
		uint32_t origin;
		char members[600];
	} kept[KEPT];
};
static struct events events = {.lock = PTHREAD_MUTEX_INITIALIZER};
char event_text[4096];

void events_post(struct events *e, const struct event *event)
{
	pthread_mutex_lock(&e->lock);
	if (e->count < KEPT) {
		struct kept *k = &e->kept[e->count++];
		k->code = event->code;
		k->origin = event->origin_id;
		snprintf(k->members, sizeof k->members, "%.*s", STR_PRINT(event->members));
	}
	pthread_mutex_unlock(&e->lock);
}

bool told(enum event_code code, uint32_t origin, const char *text, const char *other)
{
	for (int tries = 0; tries < 1000; tries++) {
		bool found = false;
		pthread_mutex_lock(&events.lock);
		for (size_t i = 0; i < events.count && !found; i++) {
			const struct kept *k = &events.kept[i];
			found = k->code == code && k->origin == origin &&
				strstr(k->members, text) && (!other || strstr(k->members, other));
			if (found)
				snprintf(event_text, sizeof event_text, "%s", k->members);
		}
		pthread_mutex_unlock(&events.lock);
		if (found)
			return true;
		pause_a_little();
	}
	return false;
}

size_t told_count(enum event_code code)
{
	size_t count = 0;
	pthread_mutex_lock(&events.lock);
	for (size_t i = 0; i < events.count; i++)
		count += events.kept[i].code == code;
	pthread_mutex_unlock(&events.lock);
	return count;
}

struct packets {
	pthread_mutex_t lock;
	size_t count;
	struct {
		uint64_t connection;
		char line[160];
	} kept[TRAFFIC];
};
static struct packets packets = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct packets_lane *packets_lane_open(struct packets *p)
{
	return (struct packets_lane *)(void *)p;
}

void packets_add(struct packets_lane *lane, const struct packet *packet)
{
	struct packets *p = (struct packets *)(void *)lane;
	pthread_mutex_lock(&p->lock);
	if (p->count < TRAFFIC) {
		p->kept[p->count].connection = packet->connection;
		snprintf(p->kept[p->count++].line, sizeof p->kept->line,
			"%d %" PRIu64 " %" PRIu32 " %.*s\n", (int)packet->type, packet->ident,
			packet->channel, STR_PRINT(packet->bytes));
	}
	pthread_mutex_unlock(&p->lock);
}

void packets_lane_flush(struct packets_lane *lane)
{
	(void)lane;
}

void packets_lane_close(struct packets_lane *lane)
{
	(void)lane;
}

void packets_of(uint64_t connection, char *out, size_t room)
{
	size_t len = 0;
	out[0] = '\0';
	pthread_mutex_lock(&packets.lock);
	for (size_t i = 0; i < packets.count && len < room; i++)
		if (packets.kept[i].connection == connection)
			len += (size_t)snprintf(out + len, room - len, "%s", packets.kept[i].line);
	pthread_mutex_unlock(&packets.lock);
}

/* ---- building ---- */

void house_found(struct house *h)
{
	struct error e = {""};
	*h = (struct house){.directory = "/tmp/cantrack-gate-XXXXXX"};
	assert_non_null(mkdtemp(h->directory));
	h->store = store_open(&(struct store_options){.directory = h->directory}, &e);
	assert_non_null(h->store);
	h->registry = registry_open(h->store, &e);
	assert_non_null(h->registry);
	h->writer = writer_start(h->store, 0);
	events.count = 0;
	packets.count = 0;
}

bool house_open(struct house *h, struct error *e)
{
	struct gate_options options = {
		.registry = h->registry,
		.writer = h->writer,
		.workers = WORKERS,
		.needed = h->needed,
		.events = &events,
		.packets = &packets,
	};
	h->gate = gate_start(&options, e);
	if (h->gate)
		h->connections = gate_connections(h->gate);
	return h->gate != NULL;
}

void house_build(struct house *h)
{
	struct error e = {""};
	struct channel c = free_channel();
	house_found(h);
	assert_true(registry_put_channel(h->registry, &c, &e));
	assert_int_equal(c.id, 1);
	assert_true(house_open(h, &e));
}

static void remove_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char file[400];
	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL) {
		snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			assert_int_equal(unlink(file), 0);
	}
	closedir(directory);
	assert_int_equal(rmdir(path), 0);
}

void house_stop(struct house *h)
{
	struct error e = {""};
	size_t left;
	struct connection one;
	if (h->gate)
		gate_quiesce(h->gate);
	assert_true(writer_stop(h->writer, 5000, &left, &e));
	if (h->gate) {
		gate_stop(h->gate);
		assert_int_equal(
			h->connections->list(h->connections->context, 0, 0, 0, &one, 1), 0);
		assert_false(h->connections->is_connected(h->connections->context, 1));
		assert_false(h->connections->close(h->connections->context, 1, CLOSE_BY_USER));
	}
	h->is_stopped = true;
}

void house_close(struct house *h)
{
	if (!h->is_stopped)
		house_stop(h);
	if (h->gate)
		gate_free(h->gate);
	writer_free(h->writer);
	registry_close(h->registry);
	store_close(h->store);
	remove_directory(h->directory);
}

int house_begin(void **state)
{
	struct house *h = calloc(1, sizeof *h);
	house_build(h);
	*state = h;
	return 0;
}

int house_end(void **state)
{
	house_close(*state);
	free(*state);
	return 0;
}

/* ---- changes ---- */

struct channel free_channel(void)
{
	struct channel c;
	channel_init(&c);
	snprintf(c.address, sizeof c.address, "127.0.0.1");
	c.port = 0;
	return c;
}

struct channel channel_now(struct house *h, uint32_t id)
{
	struct channel c;
	assert_true(registry_channel(h->registry, id, &c));
	return c;
}

uint32_t put_channel(struct house *h, struct channel *c)
{
	struct error e = {""};
	if (!registry_put_channel(h->registry, c, &e))
		print_error("%s\n", e.text);
	assert_string_equal(e.text, "");
	return c->id;
}

void delete_channel(struct house *h, uint32_t id)
{
	struct error e = {""};
	assert_true(registry_delete_channel(h->registry, id, &e));
}

uint32_t put_device(struct house *h, uint32_t id, uint64_t ident, bool is_enabled)
{
	struct error e = {""};
	struct device d;
	device_init(&d);
	d.id = id;
	d.ident = ident;
	d.enabled = is_enabled;
	assert_true(registry_put_device(h->registry, &d, &e));
	return d.id;
}

uint16_t port_of(struct house *h, uint32_t channel)
{
	uint16_t port = gate_port(h->gate, channel);
	struct channel c;
	char uri[80] = "";
	if (port)
		snprintf(uri, sizeof uri, "127.0.0.1:%u", port);
	if (registry_channel(h->registry, channel, &c))
		assert_string_equal(c.uri, uri);
	return port;
}

/* ---- trackers ---- */

int tracker(uint16_t port, const char *source)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET};
	struct timeval patience = {.tv_sec = 20};
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	inet_pton(AF_INET, source ? source : "127.0.0.1", &a.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
	a.sin_port = htons(port);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
	return -1;
}

void say(int fd, const char *bytes)
{
	assert_int_equal(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL), (ssize_t)strlen(bytes));
}

void beat(int fd, uint64_t ident)
{
	static unsigned percent;
	char frame[64], reply[64];
	snprintf(frame, sizeof frame, "*HQ,%" PRIu64 ",HTBT,%u#", ident, percent++ % 101);
	size_t len = strlen(frame), got = 0;
	say(fd, frame);
	while (got < len) {
		ssize_t n = recv(fd, reply + got, len - got, 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_memory_equal(reply, frame, len);
}

void ends(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);
	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}
