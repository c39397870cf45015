/* driver: one thread that drives its share of the trackers: connects them (line.c), lets them talk
 * (talk.c) and obey (command.c) and paces all (driver.c). Internal to the simulator. */
#ifndef SIMULATE_DRIVER_H
#define SIMULATE_DRIVER_H

#include "base/buf.h"
#include "simulate/expect.h"
#include "simulate/ledger.h"
#include "simulate/options.h"
#include "simulate/tally.h"

#include <pthread.h>

enum phase {
	PHASE_WATCH,   /* the watchers subscribe, no tracker is there yet */
	PHASE_CONNECT, /* connect and log in */
	PHASE_RUN,     /* report */
	PHASE_DRAIN,   /* wait for the last replies */
	PHASE_HOLD,    /* keep the connections */
	PHASE_END
};

enum state { STATE_DOWN, STATE_CONNECTING, STATE_UP };

/* Bytes that a connection could not send yet. */
struct outgoing {
	size_t len, sent;
	char bytes[];
};

/* About 120 bytes; what an idle connection does not need is NULL. */
struct tracker {
	struct track track;
	struct expected expected;
	struct outgoing *out;
	char *carry; /* the beginning of a reply, CARRY_MAX bytes */
	int fd;      /* valid unless STATE_DOWN */
	uint32_t retry_ms;
	uint16_t carry_len;
	uint8_t state; /* enum state */
	uint8_t fails; /* connections in a row that brought nothing */
	bool held;     /* the end of the newest frame that wants an answer is not sent yet */
	bool counted;  /* was connected once */
	bool leaving;  /* connects anew when everything is answered */
};

enum { CARRY_MAX = 1024, READ_MAX = 64 * 1024, WRITE_MAX = 128 * REPORT_FRAME_MAX };

/* The second part of a split write. */
struct later {
	uint32_t index, due_ms;
};

enum { LATE_MAX = 65536 };

/* The answer to a command, when it is late. */
struct late {
	int64_t due_us;
	char *bytes; /* owned */
	size_t len;  /* 0: none */
	uint32_t index;
	bool restarts; /* the tracker connects anew when it has answered */
};

struct driver {
	const struct options *o;
	const int *phase; /* enum phase, atomic */
	pthread_t thread;
	struct ledger *ledger; /* NULL: nobody watches */
	struct tracker *trackers;
	uint64_t count, first; /* number of trackers, and of those before them */
	uint64_t quota;        /* messages that may still be sent */
	struct tally tally;
	int epoll, log, log_commands;  /* -1 without --log-answered, --log-commands */
	struct buf answered, received; /* lines for them */
	int64_t now_us, start_us;      /* monotonic */
	int64_t begin_s;               /* the trackers' clock at start_us */
	double rate;                   /* messages per second; 0: by replies alone */
	double tokens;                 /* messages that may be sent now */
	double connect_tokens;
	int64_t paced_us;           /* tokens are given up to here; 0: not running yet */
	int64_t connected_us;       /* connect_tokens are given up to here */
	uint64_t turn, fill, sweep; /* next tracker to send, to begin, to connect */
	uint64_t connecting;
	struct later *later; /* ring of later_room places */
	size_t later_room, later_head, later_count;
	struct late *late; /* ring of LATE_MAX places, or NULL without --late */
	size_t late_head, late_count;
	char *read_room, *write_room; /* CARRY_MAX + READ_MAX, WRITE_MAX bytes */
};

static inline enum phase driver_phase(const struct driver *d)
{
	return (enum phase)__atomic_load_n(d->phase, __ATOMIC_RELAXED);
}

/* Sets up a driver (zeroed but for o, phase, ledger, first, count, quota, log, log_commands, begin_s). */
void driver_init(struct driver *d);

/* The thread: returns in PHASE_END. */
void *driver_run(void *driver);

/* After the thread has ended: closes and frees, counts what is unanswered as lost. */
void driver_clear(struct driver *d);

/* ---- line.c ---- */

/* Begins to connect. */
void line_open(struct driver *d, struct tracker *t);

/* The connection is established or has failed: true when it is up. */
bool line_finish(struct driver *d, struct tracker *t);

/* Sends, keeps what the socket does not take, or sends behind what is kept. False: the connection
 * is gone (and line_lost was called). */
MUST_USE bool line_send(struct driver *d, struct tracker *t, const char *bytes, size_t len);

/* Sends `cut` bytes now and the rest a moment later. */
MUST_USE bool line_send_split(
	struct driver *d, struct tracker *t, const char *bytes, size_t len, size_t cut);

/* Sends what was kept. */
MUST_USE bool line_flush(struct driver *d, struct tracker *t);

/* Flushes the split writes that are due, or all. */
void line_flush_later(struct driver *d, bool all);

/* The server is gone: tries again after a pause. */
void line_lost(struct driver *d, struct tracker *t);

/* Closes in order; connects again at once. */
void line_close(struct driver *d, struct tracker *t);

/* ---- talk.c ---- */

/* What a tracker says when it has connected: login, SIM card, what was not answered. */
void talk_login(struct driver *d, struct tracker *t);

/* Sends one batch if the tracker may. False: it may not, or the connection is gone. */
bool talk_batch(struct driver *d, struct tracker *t);

/* Sends until the window is full. */
void talk_fill(struct driver *d, struct tracker *t);

/* Reads and judges what came. */
void talk_receive(struct driver *d, struct tracker *t);

/* Connects anew if the tracker wants to and everything is answered. */
void talk_leave(struct driver *d, struct tracker *t);

/* Writes the lines of --log-answered and --log-commands out. */
void talk_flush_logs(struct driver *d);

/* ---- command.c ---- */

/* A command came: carries it out and answers, if it may. The connection may be gone then. */
void command_hear(struct driver *d, struct tracker *t, struct str payload);

/* Sends the answers that are due. */
void command_send_late(struct driver *d);

/* Frees those that are not. */
void command_clear(struct driver *d);

#endif
