/* poster: the way to the writer for threads that have no lane: a record is given, and the thread
 * waits until it is on disk. One lane for all of them. */
#ifndef CORE_POSTER_H
#define CORE_POSTER_H

#include "core/writer.h"

struct poster;

/* What one call may give: it must fit one batch, which is stored whole or not at all. */
enum { POST_RECORDS_MAX = BATCH_RECORDS, POST_BYTES_MAX = BATCH_BYTES - MESSAGE_PACK_MAX };

/* Before the first batch is submitted to the writer. patience_ms: how long a call waits; 0: 5000. */
struct poster *poster_new(struct writer *w, int patience_ms);

/* From any thread. True: all are on disk. False with a sentence: nothing was stored, or, when the
 * sentence says so, it is not known yet. At most POST_RECORDS_MAX records (without seq), whose
 * bodies have at most POST_BYTES_MAX bytes; they are copied. */
MUST_USE bool poster_post(
	struct poster *p, const struct record *records, size_t count, struct error *e);

/* From now on all is refused; who waits goes on waiting. Before writer_stop. */
void poster_close(struct poster *p);

/* After writer_stop and the end of all calls. NULL is fine. */
void poster_free(struct poster *p);

#endif
