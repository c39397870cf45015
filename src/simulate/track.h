/* track: one virtual tracker in a vehicle that drives plausible roads. Pure and seeded: no clock,
 * no I/O, integers only, so one seed gives the same journey on every machine.
 *
 * Units are the wire's: positions in 1/100,000 of an arc minute (1.852 cm of latitude), speeds in
 * 1/100 knot, whole degrees, whole seconds. A frame therefore says the truth exactly. */
#ifndef SIMULATE_TRACK_H
#define SIMULATE_TRACK_H

#include <stdbool.h>
#include <stdint.h>

enum { TRACK_DEGREE = 6000000 }; /* position units in a degree */

enum drive { DRIVE_PARKED, DRIVE_WAITING, DRIVE_MOVING };

/* Small, because there may be a million. */
struct track {
	uint64_t random;
	uint64_t ident;
	int64_t time_s; /* UTC */
	int32_t lat, lon;
	uint32_t left_s; /* of this leg, wait or parking */
	uint16_t speed, target;
	uint16_t course, wanted; /* 0..359 */
	uint16_t lost_s;         /* so long without a fix */
	uint8_t region, traits;
	uint8_t drive;   /* enum drive */
	uint8_t battery; /* percent */
	bool cut;        /* the relay holds the fuel (command S20) */
};

enum trait {
	TRAIT_LOGIN = 1,   /* sends V0 after connecting */
	TRAIT_SIM = 2,     /* sends ICCID after connecting */
	TRAIT_PERCENT = 4, /* its heartbeat carries the battery level */
	TRAIT_WIFI = 8,    /* reports access points when parked */
	TRAIT_CRLF = 16,   /* ends its frames with CR LF */
};

/* Where a tracker says it is. */
struct fix {
	int64_t time_s;
	int32_t lat, lon;
	uint16_t speed, course;
	bool valid;
	uint32_t status; /* a bit that is 0 is active, bit 10: ignition on */
};

enum status_bit {
	STATUS_OVERSPEED = 2,
	STATUS_IGNITION = 10, /* set: on */
	STATUS_VIBRATION = 11,
	STATUS_LOW_BATTERY = 12,
	STATUS_SOS = 18,
	STATUS_BACKUP = 19,
	STATUS_POWER_CUT = 20,
	STATUS_REMOVED = 26,
	STATUS_FUEL_CUT = 27,
};

/* The regions where vehicles start, with the code of a network there. */
struct region {
	int lat, lon;        /* 1/100 degree */
	const char *network; /* MCC and MNC */
};
extern const struct region regions[];

/* A tracker somewhere in its region at start_s, on the road or parked. */
void track_init(struct track *t, uint64_t seed, uint64_t ident, int64_t start_s);

/* Drives on for `seconds`. */
void track_advance(struct track *t, uint32_t seconds);

/* What the tracker would report now. Alarms come at random, so two calls may differ. */
void track_fix(struct track *t, struct fix *out);

/* The next random number, and one below `below`. */
uint64_t track_random(struct track *t);
uint32_t track_below(struct track *t, uint32_t below);
static inline bool track_chance(struct track *t, uint32_t per_mille)
{
	return track_below(t, 1000) < per_mille;
}

#endif
