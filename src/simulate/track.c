#include "simulate/track.h"

#include <stddef.h>

const struct region regions[] = {
	{-2355, -4663, "72405"},                                           /* Sao Paulo */
	{652, 338, "62160"},                                               /* Lagos */
	{3872, -914, "26801"},                                             /* Lisbon */
	{-129, 3682, "63902"},                                             /* Nairobi */
	{-620, 10682, "51010"},                                            /* Jakarta */
	{5223, 2101, "26002"},                                             /* Warsaw */
	{4925, -12310, "302720"} /* Vancouver */, {-3685, 17476, "53001"}, /* Auckland */
};
enum { REGIONS = sizeof regions / sizeof *regions };

enum {
	KMH_100 = 5400,         /* 100 km/h in 1/100 knot */
	SPEED_UP = 350,         /* per second: 1.8 m/s2 */
	SLOW_DOWN = 600,        /* per second: 3.1 m/s2 */
	FAR = TRACK_DEGREE / 2, /* turns home beyond this */
	TURNING_SPEED = 1600,   /* 30 km/h */
	COS_ONE = 10000,        /* sine and cosine are in 1/10,000 */
	ACCIDENT_PER_MILLE = 5, /* of reports carry an alarm */
};

uint64_t track_random(struct track *t)
{
	uint64_t z = t->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t track_below(struct track *t, uint32_t below)
{
	return (uint32_t)((track_random(t) >> 32) * below >> 32);
}

static uint32_t between(struct track *t, uint32_t low, uint32_t high)
{
	return low + track_below(t, high - low + 1);
}

/* Bhaskara's approximation, good to 0.2 %: a road does not care. */
static int32_t sine(int degrees)
{
	degrees = (degrees % 360 + 360) % 360;
	int half = degrees % 180;
	int p = half * (180 - half);
	int value = 4 * p * COS_ONE / (40500 - p);
	return degrees < 180 ? value : -value;
}

static int32_t cosine(int degrees)
{
	return sine(degrees + 90);
}

/* -180..179: how far `to` lies to the right of `from`. */
static int turn_to(int from, int to)
{
	return (to - from + 540) % 360 - 180;
}

static uint16_t course_of(int degrees)
{
	return (uint16_t)((degrees % 360 + 360) % 360);
}

/* Centre of the region, in position units. */
static int32_t home(int hundredths)
{
	return hundredths * (TRACK_DEGREE / 100);
}

/* The next stretch of road: where to, how fast, how long. */
static void new_leg(struct track *t)
{
	int32_t north = home(regions[t->region].lat) - t->lat;
	int32_t east = home(regions[t->region].lon) - t->lon;
	int bend = (int)track_below(t, 4) ? (int)between(t, 0, 60) - 30
					  : ((int)track_below(t, 2) ? 90 : -90);
	if (north > FAR || north < -FAR || east > FAR || east < -FAR) {
		int homeward = north > 0 ? (east > 0 ? 45 : 315) : (east > 0 ? 135 : 225);
		bend = turn_to(t->course, homeward);
	}
	t->drive = DRIVE_MOVING;
	t->wanted = course_of(t->course + bend);
	static const uint16_t limits[] = {1600, 2700, 2700, 4300, 6500}; /* 30 50 50 80 120 km/h */
	uint32_t limit = limits[track_below(t, 5)];
	t->target = (uint16_t)(limit * between(t, 85, 108) / 100);
	t->left_s = limit > 4000 ? between(t, 60, 400) : between(t, 8, 60);
}

static void stand(struct track *t, enum drive how, uint32_t seconds)
{
	t->drive = (uint8_t)how;
	t->left_s = seconds;
	t->target = 0;
	t->wanted = t->course;
}

void track_init(struct track *t, uint64_t seed, uint64_t ident, int64_t start_s)
{
	*t = (struct track){.random = seed ^ ident * UINT64_C(0x2545f4914f6cdd1d),
		.ident = ident,
		.time_s = start_s};
	t->region = (uint8_t)track_below(t, REGIONS);
	t->lat = home(regions[t->region].lat) + (int32_t)between(t, 0, FAR) - FAR / 2;
	t->lon = home(regions[t->region].lon) + (int32_t)between(t, 0, FAR) - FAR / 2;
	t->course = (uint16_t)track_below(t, 360);
	t->battery = (uint8_t)between(t, 20, 100);
	t->traits = (uint8_t)((track_chance(t, 750) ? TRAIT_LOGIN : 0) |
			      (track_chance(t, 500) ? TRAIT_SIM : 0) |
			      (track_chance(t, 700) ? TRAIT_PERCENT : 0) |
			      (track_chance(t, 300) ? TRAIT_WIFI : 0) |
			      (track_chance(t, 250) ? TRAIT_CRLF : 0));
	if (track_chance(t, 200))
		stand(t, DRIVE_PARKED, between(t, 10, 900));
	else
		new_leg(t);
}

/* What comes when a leg, a wait or a parking has ended. */
static void next_part(struct track *t)
{
	if (t->drive != DRIVE_MOVING) {
		if (t->drive == DRIVE_PARKED)
			t->lost_s = (uint16_t)between(t, 0, 15); /* the first fix takes a while */
		new_leg(t);
	} else if (t->target == 0 && t->speed == 0) {
		if (track_chance(t, 150))
			stand(t, DRIVE_PARKED, between(t, 120, 1800));
		else
			stand(t, DRIVE_WAITING, between(t, 3, 60));
	} else if (t->target == 0 || track_chance(t, 250)) {
		t->target = 0; /* a light, a yard: brake, then stand */
	} else {
		new_leg(t);
		if (track_chance(t, 10))
			t->lost_s = (uint16_t)between(t, 10, 60); /* a tunnel */
	}
}

static void steer(struct track *t)
{
	int turn = turn_to(t->course, t->wanted);
	int most = t->speed > KMH_100 / 2 ? 4 : 18;
	if (t->speed == 0)
		most = 0;
	turn = turn > most ? most : turn < -most ? -most : turn;
	t->course = course_of(t->course + turn);
	bool bending = turn == most || turn == -most;
	int aim = t->cut ? 0 : bending && t->target > TURNING_SPEED ? TURNING_SPEED : t->target;
	int change = aim - t->speed;
	change = change > SPEED_UP ? SPEED_UP : change < -SLOW_DOWN ? -SLOW_DOWN : change;
	t->speed = (uint16_t)(t->speed + change);
}

static void drive_second(struct track *t)
{
	steer(t);
	int32_t way = t->speed * 5 / 18; /* 1 knot is an arc minute an hour */
	t->lat += way * cosine(t->course) / COS_ONE;
	t->lon += way * sine(t->course) / cosine(t->lat / TRACK_DEGREE);
	if (t->left_s)
		t->left_s--;
	if (t->left_s == 0)
		next_part(t);
}

void track_advance(struct track *t, uint32_t seconds)
{
	t->time_s += seconds;
	while (seconds) {
		uint32_t step = 1;
		if (t->drive == DRIVE_MOVING) {
			drive_second(t);
		} else {
			step = t->left_s < seconds ? t->left_s : seconds;
			t->left_s -= step;
			if (t->left_s == 0)
				next_part(t);
		}
		t->lost_s = (uint16_t)(t->lost_s > step ? t->lost_s - step : 0);
		seconds -= step < seconds ? step : seconds;
	}
}

static uint32_t alarm_bits(struct track *t)
{
	if (!track_chance(t, ACCIDENT_PER_MILLE))
		return 0;
	switch (track_below(t, 5)) {
	case 0: return 1u << STATUS_SOS;
	case 1: return 1u << STATUS_POWER_CUT | 1u << STATUS_BACKUP;
	case 2: return 1u << STATUS_REMOVED;
	default: return 1u << STATUS_VIBRATION;
	}
}

struct noise {
	int32_t lat, lon, speed, course;
};

/* A receiver is never sure: about a metre, a quarter of a knot, two degrees. Standing still it
 * freezes its position. */
static void receiver_noise(struct track *t, struct noise *out)
{
	uint64_t dice = track_random(t);
	out->lat = (int32_t)(dice & 127) - 64;
	out->lon = (int32_t)(dice >> 8 & 127) - 64;
	out->speed = (int32_t)(dice >> 16 & 31);
	out->course = (int32_t)(dice >> 24 & 3) - 2;
}

void track_fix(struct track *t, struct fix *out)
{
	struct noise n = {0};
	if (t->speed)
		receiver_noise(t, &n);
	*out = (struct fix){.time_s = t->time_s,
		.lat = t->lat + n.lat,
		.lon = t->lon + n.lon,
		.speed = (uint16_t)(t->speed + n.speed),
		.course = course_of(t->course + n.course),
		.valid = t->lost_s == 0};
	uint32_t active = alarm_bits(t);
	if (t->drive == DRIVE_PARKED)
		active |= 1u << STATUS_IGNITION;
	if (t->speed > KMH_100 + KMH_100 / 5)
		active |= 1u << STATUS_OVERSPEED;
	if (t->battery < 25)
		active |= 1u << STATUS_LOW_BATTERY;
	if (t->cut)
		active |= 1u << STATUS_FUEL_CUT;
	out->status = ~active;
}
