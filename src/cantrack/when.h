/* when: dates of the proleptic Gregorian calendar, in integers; no time zone, no libc. */
#ifndef CANTRACK_WHEN_H
#define CANTRACK_WHEN_H

#include <stdbool.h>
#include <stdint.h>

struct when {
	int year, month, day, hour, minute, second;
};

/* Seconds since 1970-01-01 UTC. The fields must be a legal date and time: see when_is_legal. */
int64_t when_to_seconds(const struct when *w);

struct when when_of_seconds(int64_t seconds);

/* A date of the years 1..9999 that exists, with a time 00:00:00..23:59:59. */
bool when_is_legal(const struct when *w);

#endif
