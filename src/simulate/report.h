/* report: what a tracker says in one frame, and the frame. The report is the truth beside the
 * bytes, so that a test can hold a decoder against it. Source: SPEC 2 to 5. */
#ifndef SIMULATE_REPORT_H
#define SIMULATE_REPORT_H

#include "simulate/track.h"

#include <stddef.h>

enum say {
	SAY_V0,
	SAY_HTBT,
	SAY_V1,
	SAY_V2,
	SAY_V3,
	SAY_V5,
	SAY_ICCID,
	SAY_XT,
	SAY_TIME,
	SAY_COUNT
};

/* Liberties that real trackers take with the form; the content stays the same. */
enum liberty {
	LIBERTY_BLANK_END = 1,    /* a blank before '#' */
	LIBERTY_PADDED_SPEED = 2, /* "  3.34" */
	LIBERTY_EMPTY_ZERO = 4,   /* speed and direction empty when they are 0 */
	LIBERTY_LOWER_CASE = 8,   /* status word in lower case */
	LIBERTY_SHORT_LON = 16,   /* leading zeros of the longitude missing */
	LIBERTY_BLANK_STATUS = 32,
	LIBERTY_ALL = 63
};

enum { REPORT_CELLS = 7, REPORT_WIFI = 8, REPORT_FRAME_MAX = 512, ICCID_DIGITS = 20 };

struct cell {
	uint32_t id;
	uint16_t lac;
	uint8_t strength; /* dBm + 220 */
};

struct wifi {
	uint64_t mac;
	uint8_t strength; /* -dBm, two digits */
};

struct report {
	enum say say;
	unsigned liberties;
	uint64_t ident;
	struct fix fix;       /* V1, V2; V3 and V5 take the time and the status from it */
	bool has_percent;     /* HTBT */
	uint8_t percent;      /* HTBT */
	uint8_t count;        /* of cells (V3) or access points (V5) */
	const char *network;  /* V3 */
	uint16_t voltage_raw; /* V3, V5: volts * 1024 / 5.6 */
	struct cell cells[REPORT_CELLS]; /* the first one serves */
	struct wifi wifi[REPORT_WIFI];
	char iccid[ICCID_DIGITS];
};

/* What this tracker would say next, on the road or parked. */
enum say report_choose(struct track *t);

/* Fills the report from the tracker's present state. `liberties`: those it may take. */
void report_make(struct track *t, enum say say, unsigned liberties, struct report *out);

/* The frame, without CR LF, into `out` (REPORT_FRAME_MAX bytes); returns its length. */
size_t report_write(const struct report *r, char *out);

/* Takes "*HQ,<id>," to `out` (at most 24 bytes); returns its length. */
size_t report_head(uint64_t ident, char *out);

/* ",A,2332.92395,S,...,DDMMYY,FFFFFFFF" as V1, V2 and V4 carry it behind the time. */
char *report_position(const struct fix *fix, unsigned liberties, char *at);

/* "HHMMSS" of UTC. */
char *report_clock(int64_t time_s, char *at);

/* "V1", ... */
const char *say_name(enum say say);

#endif
