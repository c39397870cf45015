#include "test.h"

#include "simulate/histogram.h"
#include "simulate/report.h"

enum { TRACKERS = 40, BEGIN_S = 1753160000 };

static void the_same_seed_drives_the_same_way(void **state)
{
	(void)state;
	struct track a, b, c;
	track_init(&a, 7, 865205000000001, BEGIN_S);
	track_init(&b, 7, 865205000000001, BEGIN_S);
	track_init(&c, 8, 865205000000001, BEGIN_S);
	bool differs = false;
	for (int i = 0; i < 500; i++) {
		enum say say = report_choose(&a);
		assert_int_equal(report_choose(&b), say);
		(void)report_choose(&c);
		struct report report;
		char frames[3][REPORT_FRAME_MAX];
		struct track *all[] = {&a, &b, &c};
		size_t len[3];
		for (int j = 0; j < 3; j++) {
			track_advance(all[j], 17);
			report_make(all[j], say, LIBERTY_ALL, &report);
			len[j] = report_write(&report, frames[j]);
		}
		assert_int_equal(len[0], len[1]);
		assert_memory_equal(frames[0], frames[1], len[0]);
		differs = differs || len[0] != len[2] || memcmp(frames[0], frames[2], len[0]);
	}
	assert_true(differs);
}

/* Metres, in integers: a unit is 1.852 cm of latitude. `cos` is in 1/1000. */
static int64_t metres_squared(const struct fix *a, const struct fix *b, int64_t cos)
{
	int64_t north = (int64_t)(b->lat - a->lat) * 1852 / 100000;
	int64_t east = (int64_t)(b->lon - a->lon) * 1852 / 100000 * cos / 1000;
	return north * north + east * east;
}

/* Cosine of whole degrees, 1/1000, from the series: independent of the code under test. */
static int64_t cosine(int64_t degrees)
{
	int64_t x = degrees * 17453293 / 1000; /* 1e-6 radian */
	int64_t x2 = x * x / 1000000;
	int64_t x4 = x2 * x2 / 1000000;
	return (1000000 - x2 / 2 + x4 / 24 - x4 * x2 / 1000000 / 720) / 1000;
}

static void moves_as_fast_as_it_says(void **state)
{
	(void)state;
	int moved = 0, stood = 0, parked = 0;
	for (uint64_t n = 0; n < TRACKERS; n++) {
		struct track t;
		struct fix before, now;
		track_init(&t, 3, 865205000000001 + n, BEGIN_S);
		track_fix(&t, &before);
		for (int i = 0; i < 3000; i++, before = now) {
			track_advance(&t, 1);
			track_fix(&t, &now);
			assert_int_equal(now.time_s, before.time_s + 1);
			assert_in_range(now.course, 0, 359);
			assert_in_range(now.speed, 0, 7200); /* 133 km/h */
			int change = now.speed - before.speed;
			assert_true(change <= 450 && change >= -750); /* noise included */
			int64_t lat = now.lat < 0 ? -now.lat : now.lat;
			int64_t way2 = metres_squared(&before, &now, cosine(lat / TRACK_DEGREE));
			/* 1/100 knot is 5.144 mm/s; the way belongs to one of the two speeds */
			int64_t low = (before.speed < now.speed ? before.speed : now.speed) * 5144;
			int64_t high = (before.speed > now.speed ? before.speed : now.speed) * 5144;
			/* two positions, each up to 1.7 m off, and what the integers cut */
			low = low * 98 / 100 / 1000000 - 5;
			high = high * 102 / 100 / 1000000 + 5;
			assert_true(way2 <= high * high);
			assert_true(low < 0 || way2 >= low * low);
			moved += now.speed > 0;
			stood += now.speed == 0;
			bool ignition = now.status >> STATUS_IGNITION & 1;
			parked += !ignition;
			assert_true(ignition || now.speed == 0);
		}
	}
	/* all of it happens: driving, waiting with the engine on, parking */
	assert_true(moved > TRACKERS * 1000);
	assert_true(stood > parked && parked > TRACKERS * 50);
}

static void goes_the_way_it_points(void **state)
{
	(void)state;
	struct track t;
	track_init(&t, 5, 865205000000002, BEGIN_S);
	int checked = 0;
	for (int i = 0; i < 20000; i++) {
		struct track a = t, b;
		track_advance(&t, 1);
		b = t;
		if (b.speed < 1000)
			continue;
		/* quarter by quarter is enough to find a swapped sign or axis */
		int course = b.course;
		if (course > 10 && course < 170)
			assert_true(b.lon > a.lon);
		if (course > 190 && course < 350)
			assert_true(b.lon < a.lon);
		if (course < 80 || course > 280)
			assert_true(b.lat > a.lat);
		if (course > 100 && course < 260)
			assert_true(b.lat < a.lat);
		checked++;
	}
	assert_true(checked > 1000);
}

static void stays_in_its_region(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < TRACKERS; n++) {
		struct track t;
		track_init(&t, 11, 865205000000001 + n, BEGIN_S);
		for (int i = 0; i < 48; i++) {
			track_advance(&t, 1800);
			int64_t north = t.lat - (int64_t)regions[t.region].lat * TRACK_DEGREE / 100;
			int64_t east = t.lon - (int64_t)regions[t.region].lon * TRACK_DEGREE / 100;
			assert_true(north < TRACK_DEGREE && north > -TRACK_DEGREE);
			assert_true(east < TRACK_DEGREE && east > -TRACK_DEGREE);
		}
	}
}

static void advances_by_any_steps(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < TRACKERS; n++) {
		struct track one, many;
		track_init(&one, 2, 865205000000001 + n, BEGIN_S);
		many = one;
		track_advance(&one, 10000);
		for (uint32_t left = 10000, step = 1; left; left -= step) {
			step = 1 + step * 7 % 61 < left ? 1 + step * 7 % 61 : left;
			track_advance(&many, step);
		}
		assert_int_equal(one.time_s, many.time_s);
		assert_int_equal(one.lat, many.lat);
		assert_int_equal(one.lon, many.lon);
		assert_int_equal(one.random, many.random);
	}
}

static void histogram_finds_the_marks(void **state)
{
	(void)state;
	static struct histogram h, other, sum;
	assert_int_equal(histogram_at(&h, 500), 0);
	for (uint64_t us = 1; us <= 100000; us++)
		histogram_add(us % 2 ? &h : &other, us);
	histogram_merge(&sum, &h);
	histogram_merge(&sum, &other);
	assert_int_equal(sum.count, 100000);
	assert_int_equal(sum.max_us, 100000);
	static const unsigned marks[] = {1, 10, 500, 900, 990, 999};
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		uint64_t exact = (uint64_t)marks[i] * 100, found = histogram_at(&sum, marks[i]);
		assert_true(found >= exact && found <= exact + exact / 64 + 1);
	}
	assert_int_equal(histogram_at(&sum, 1000), 100000);
}

static void histogram_takes_extremes(void **state)
{
	(void)state;
	static struct histogram h;
	histogram_add(&h, 0);
	assert_int_equal(histogram_at(&h, 1000), 0);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(h.max_us, UINT64_MAX);
	assert_int_equal(histogram_at(&h, 500), 0);
	assert_true(histogram_at(&h, 1000) >= UINT64_C(1) << 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_drives_the_same_way),
		cmocka_unit_test(moves_as_fast_as_it_says),
		cmocka_unit_test(goes_the_way_it_points),
		cmocka_unit_test(stays_in_its_region),
		cmocka_unit_test(advances_by_any_steps),
		cmocka_unit_test(histogram_finds_the_marks),
		cmocka_unit_test(histogram_takes_extremes),
	};
	return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
