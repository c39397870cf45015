/* property: what the property tests share. A test is a function of one round, called with seeds
 * that count up from --seed until --seconds are over; a round that fails names the seed to repeat
 * it with. The arguments that are no options are golden files, whose reads feed the rounds. */
#ifndef TESTS_PROPERTY_PROPERTY_H
#define TESTS_PROPERTY_PROPERTY_H

#include "base/buf.h"
#include "cantrack/framer.h"
#include "cantrack/message.h"

typedef void round_fn(void);

/* Runs the rounds; returns the exit status. */
int property_main(int argc, char **argv, round_fn *round);

/* Ends the program with the place and the seed of the round. */
#define HOLDS(condition) ((condition) ? (void)0 : property_failed(__FILE__, __LINE__, #condition))
_Noreturn void property_failed(const char *file, int line, const char *condition);

/* ---- chance, from the seed of the round ---- */

uint64_t chance(void);
/* 0 <= ... < limit */
size_t chance_below(size_t limit);
/* Numbers of every size, of both signs. */
int64_t chance_number(void);
/* A byte; most often one that means something in the protocol. */
char chance_byte(void);

/* ---- streams ---- */

/* One read of a connection in the golden files. */
struct str golden_read(void);
/* A few pieces that may follow each other on a connection: golden reads, some of them with changed
 * bytes, binary frames of each family, separators, random bytes. Valid until the next call. */
struct str chance_stream(void);
/* Random bytes behind the head of a text frame. */
struct str chance_frame(void);

/* ---- JSON ---- */

/* The text is one JSON object, its keys strictly sorted by bytes, its numbers as short as can be.
 */
void holds_json(struct str json);

#endif
