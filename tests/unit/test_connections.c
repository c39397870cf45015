/* What others see of the gate's connections: the list, the events, the packets. */
#include "house.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static size_t list(struct house *h, uint32_t channel, uint64_t ident, uint64_t after,
	struct connection *out, size_t room)
{
	return h->connections->list(h->connections->context, channel, ident, after, out, room);
}

static struct connection the_only(struct house *h, uint64_t ident)
{
	struct connection c[2];
	assert_int_equal(list(h, 0, ident, 0, c, 2), 1);
	return c[0];
}

/* ---- the list ---- */

static void a_connection_is_described(void **state)
{
	struct house *h = *state;
	uint32_t device = put_device(h, 0, 500, true);
	int64_t now = (int64_t)time(NULL) * 1000000;
	int fd = tracker(port_of(h, 1), "127.0.0.3"), silent = tracker(port_of(h, 1), NULL);
	beat(fd, 500);
	struct connection all[3], c = the_only(h, 500);
	char room[PEER_TEXT_MAX];
	assert_int_equal(c.ident, 500);
	assert_int_equal(c.channel, 1);
	assert_int_equal(c.device, device);
	assert_true(str_starts(peer_text(&c.peer, room), "127.0.0.3:"));
	assert_int_equal(c.established_us, c.id);
	assert_in_range(c.id, now - 1000000, now + 60000000);
	EVENTUALLY(list(h, 1, 0, 0, all, 3) == 2);
	assert_int_equal(all[1].ident + all[0].ident, 500); /* who said nothing has none */
	assert_true(h->connections->is_connected(h->connections->context, 500));
	assert_false(h->connections->is_connected(h->connections->context, 501));
	assert_false(h->connections->is_connected(h->connections->context, 0));
	close(fd);
	EVENTUALLY(list(h, 0, 0, 0, all, 3) == 1);
	assert_false(h->connections->is_connected(h->connections->context, 500));
	close(silent);
}

enum { MANY = 700 };

static void many_come_in_pages(void **state)
{
	struct house *h = *state;
	struct channel c = free_channel();
	uint32_t second = put_channel(h, &c);
	static int fds[MANY];
	static struct connection page[1000];
	for (uint64_t i = 0; i < MANY; i++) {
		fds[i] = tracker(port_of(h, i % 2 ? second : 1), NULL);
		beat(fds[i], 10000 + i / 2); /* each ident on both channels */
	}
	for (size_t room = 1; room <= 1000; room = room * 7 + 1) {
		uint64_t after = 0;
		size_t count = 0, of_second = 0, n;
		while ((n = list(h, 0, 0, after, page, room)) != 0) {
			assert_in_range(n, 1, room);
			for (size_t i = 0; i < n; i++) {
				assert_true(page[i].id > after);
				after = page[i].id;
				of_second += page[i].channel == second;
			}
			count += n;
		}
		assert_int_equal(count, MANY);
		assert_int_equal(of_second, MANY / 2);
	}
	uint64_t after = 0;
	size_t count = 0, n;
	while ((n = list(h, second, 0, after, page, 9)) != 0) {
		for (size_t i = 0; i < n; i++)
			assert_int_equal(page[i].channel, second);
		after = page[n - 1].id;
		count += n;
	}
	assert_int_equal(count, MANY / 2);
	assert_int_equal(list(h, 0, 10007, 0, page, 9), 2);
	assert_true(page[0].id < page[1].id);
	assert_int_equal(list(h, 0, 10007, page[0].id, page, 9), 1);
	assert_int_equal(list(h, second, 10007, 0, page, 9), 1);
	assert_int_equal(page[0].channel, second);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
}

static void one_is_closed_by_its_id(void **state)
{
	struct house *h = *state;
	const struct connections *c = h->connections;
	int fds[10];
	for (uint64_t i = 0; i < 10; i++)
		beat(fds[i] = tracker(port_of(h, 1), NULL), 600 + i);
	uint64_t id = the_only(h, 605).id;
	assert_false(c->close(c->context, id + 1, CLOSE_BY_USER));
	assert_true(c->close(c->context, id, CLOSE_BY_USER));
	ends(fds[5]);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"605\"", "\"close_code\":10,"));
	assert_false(c->close(c->context, id, CLOSE_BY_USER));
	for (uint64_t i = 0; i < 10; i++)
		if (i != 5) {
			beat(fds[i], 600 + i);
			close(fds[i]);
		}
}

/* ---- what is told ---- */

static void a_life_is_told(void **state)
{
	struct house *h = *state;
	uint32_t device = put_device(h, 0, 700, true);
	int fd = tracker(port_of(h, 1), NULL);
	assert_true(told(EVENT_ACCEPTED, 1, "\"source\":\"127.0.0.1:", "\"transport\":\"tcp\""));
	assert_null(strstr(event_text, "ident"));
	beat(fd, 700);
	beat(fd, 700);
	assert_true(told(EVENT_IDENTIFIED, 1, "\"ident\":\"700\"", "\"source\":\"127.0.0.1:"));
	assert_true(told(EVENT_CONNECTED, device, "\"ident\":\"700\"", "\"source\":\"127.0.0.1:"));
	close(fd);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"700\"", "\"close_code\":2,\"duration\":"));
	assert_non_null(strstr(event_text, ",\"msgs\":2,\"recv\":"));
	assert_true(
		told(EVENT_DISCONNECTED, device, "\"close_code\":2,\"duration\":", ",\"send\":"));
	/* nothing for what was good */
	assert_int_equal(told_count(EVENT_CHANNEL_DATA) + told_count(EVENT_DEVICE_DATA), 0);
}

static void bad_frames_are_told_where_they_belong(void **state)
{
	struct house *h = *state;
	uint32_t device = put_device(h, 0, 710, true);
	int fd = tracker(port_of(h, 1), NULL), other = tracker(port_of(h, 1), NULL);
	say(fd, "*HQ,,V1,x#"); /* whose is it? */
	assert_true(told(EVENT_CHANNEL_DATA, 1, "no_ident", "\"source\":\"127.0.0.1:"));
	assert_non_null(strstr(event_text, ",\"traffic\":{\"timestamp\":"));
	say(fd, "*HQ,710,V1,1#");
	assert_true(told(EVENT_DEVICE_DATA, device, "too_short: V1 has 4 fields", "*HQ,710,V1,1#"));
	beat(other, 711); /* not registered */
	say(other, "junk\"\\\x01*HQ,711,V1,1#");
	assert_true(told(EVENT_CHANNEL_DATA, 1, "\"ident\":\"711\"", "junk: no frame: junk\\\""));
	assert_true(told(EVENT_CHANNEL_DATA, 1, "\"ident\":\"711\"", "too_short"));
	beat(fd, 710);
	close(fd);
	close(other);
}

static void traffic_is_recorded_both_ways(void **state)
{
	struct house *h = *state;
	int fd = tracker(port_of(h, 1), NULL);
	char got[4096], expected[1024], reply[16];
	say(fd, "*HQ,720,HTBT,1#");
	assert_int_equal(recv(fd, reply, 15, MSG_WAITALL), 15);
	uint64_t id = the_only(h, 720).id;
	say(fd, "*HQ,720,HTB"); /* as it is read, whatever it means */
	EVENTUALLY((packets_of(id, got, sizeof got), strstr(got, "HTB\n")) != NULL);
	say(fd, "T,2#");
	assert_int_equal(recv(fd, reply, 15, MSG_WAITALL), 15);
	close(fd);
	snprintf(expected, sizeof expected,
		"0 720 1 \n2 720 1 *HQ,720,HTBT,1#\n3 720 1 *HQ,720,HTBT,1#\n"
		"2 720 1 *HQ,720,HTB\n2 720 1 T,2#\n3 720 1 *HQ,720,HTBT,2#\n1 720 1 \n");
	EVENTUALLY((packets_of(id, got, sizeof got), strstr(got, "1 720 1 \n")) != NULL);
	assert_string_equal(got, expected);
}

static void what_ends_a_connection_is_recorded_before_its_end(void **state)
{
	struct house *h = *state;
	struct channel c = channel_now(h, 1);
	struct connection one;
	char got[4096];
	snprintf(c.blocked_idents, sizeof c.blocked_idents, "730");
	put_channel(h, &c);
	int fd = tracker(port_of(h, 1), NULL);
	EVENTUALLY(list(h, 1, 0, 0, &one, 1) == 1);
	say(fd, "*HQ,730,HTBT,1#*HQ,730,HTBT,2#");
	ends(fd);
	assert_true(told(EVENT_CLOSED, 1, "\"ident\":\"730\"", "\"close_code\":16,"));
	EVENTUALLY((packets_of(one.id, got, sizeof got), strstr(got, "1 730 1 \n")) != NULL);
	assert_string_equal(got, "0 730 1 \n2 730 1 *HQ,730,HTBT,1#*HQ,730,HTBT,2#\n1 730 1 \n");
	fd = tracker(port_of(h, 1), NULL); /* one that never says a word */
	EVENTUALLY(list(h, 1, 0, 0, &one, 1) == 1);
	close(fd);
	EVENTUALLY((packets_of(one.id, got, sizeof got), strstr(got, "1 0 1 \n")) != NULL);
	assert_string_equal(got, "0 0 1 \n1 0 1 \n");
}

enum { ASKING = 24 };

struct asking {
	struct house *house;
	atomic_bool is_over;
	atomic_size_t asked;
};

static void *go_on_asking(void *context)
{
	struct asking *a = context;
	struct connection one;
	while (!atomic_load(&a->is_over)) {
		list(a->house, 0, 0, 0, &one, 1);
		atomic_fetch_add(&a->asked, 1);
	}
	return NULL;
}

/* They end after it only, and there is always one of them inside. */
static void who_asks_does_not_hold_up_the_stop(void **state)
{
	struct asking a = {.house = *state};
	pthread_t threads[ASKING];
	for (int i = 0; i < ASKING; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, go_on_asking, &a), 0);
	EVENTUALLY(atomic_load(&a.asked) > 1000);
	house_stop(a.house);
	atomic_store(&a.is_over, true);
	for (int i = 0; i < ASKING; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOUSE(a_connection_is_described),
		IN_A_HOUSE(many_come_in_pages),
		IN_A_HOUSE(one_is_closed_by_its_id),
		IN_A_HOUSE(a_life_is_told),
		IN_A_HOUSE(bad_frames_are_told_where_they_belong),
		IN_A_HOUSE(traffic_is_recorded_both_ways),
		IN_A_HOUSE(what_ends_a_connection_is_recorded_before_its_end),
		IN_A_HOUSE(who_asks_does_not_hold_up_the_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
