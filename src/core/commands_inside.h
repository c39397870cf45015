/* What the files of the command queues share. Inside core/ only.
 *
 *   commands.c        what others call: adding, looking, taking out, what the gate tells
 *   command_load.c    the queue of the last start
 *   command_orders.c  what others want done
 *   command_lines.c   lines (a device's queue), their commands, and what commands have in common
 *   command_adding.c  new ones: which devices get them, and which not
 *   command_rounds.c  the thread: orders and deadlines become decisions
 *   command_sending.c who goes next, and whether it may
 *   command_answers.c what came back, or did not in time
 *   command_ends.c    how commands end, and whether the status word bears it out
 *   command_acts.c    what a round does: commit, then send, tell, wake
 *   command_wait.c    who waits for instant commands
 *
 * Lines and commands are changed by the thread alone, with the lock held; who holds the lock may look at
 * them. What others want stands in a row as orders. A round takes the orders and the deadlines that are
 * due and decides; then, without the lock, it commits what it decided, trying until that is done, and
 * only then acts. */
#ifndef CORE_COMMANDS_INSIDE_H
#define CORE_COMMANDS_INSIDE_H

#include "core/commands.h"
#include "core/deadlines.h"
#include "core/latest.h"
#include "model/filter.h"
#include "store/commands.h"

#include "base/die.h"

#include <pthread.h>
#include <stdatomic.h>

#define uthash_fatal(message) die("%s", message)
#include <uthash.h>

/* What the commands of one request have in common. Never changed. */
struct spec {
	size_t references;
	struct command_nature nature;
	struct filter *condition;                   /* NULL: none, or it cannot be read */
	struct str name, properties, payload, json; /* json: the stored form; all in `bytes` */
	int64_t created_us, expires_us;             /* INT64_MAX: an instant one */
	int64_t timeout_us;
	int64_t priority;
	uint32_t allowed; /* sendings */
	size_t time_at;   /* of HHMMSS in the payload; SIZE_MAX: nowhere */
	bool instant, force, is_conditional;
	char bytes[];
};

/* So long after its end an answer to a command may still come. */
enum { LINGER_US = 120 * 1000 * 1000 };

/* Text that came outside of frames while a command was under way, and how long the rest of an answer may take:
 * over a radio, what follows "stop" may come a retransmission later, and be " engine fail". */
enum { HEARD_MAX = 512, HEARD_US = 2000 * 1000 };
struct heard {
	size_t len;
	bool is_answer; /* it is one already; what belongs to it may still come */
	char bytes[HEARD_MAX];
};

struct job {
	struct job *next, *previous; /* in its line, in the order of sending */
	UT_hash_handle hh;           /* by id */
	struct line *line;
	struct spec *spec;
	struct command_wait *wait; /* NULL: nobody waits */
	struct heard *heard;       /* NULL: nothing was */
	uint64_t id;
	uint32_t device;
	struct command_progress progress;
	struct deadline deadline; /* queued: it expires; sent: the answer should be there */
	/* of status words since it was sent: does the newest show what it wanted? */
	enum command_confirmed shown;
	bool is_posted;        /* sent, and the gate has not told yet what became of it */
	bool was_shown_before; /* or it is not known what was before: then they prove nothing */
	bool is_unsure;        /* of an earlier life: it may not have left at all */
};

/* A result whose proof may still come. */
struct watched {
	uint64_t id;
	enum command_proof proof;
	int64_t since_us, until_us; /* until: monotonic */
	struct command *result;
};

/* A device with commands, or which had some a moment ago. */
struct line {
	UT_hash_handle hh; /* by device */
	uint32_t device;
	struct job *first, *last;
	size_t count;
	struct job *sent;      /* the one under way; NULL: none */
	struct line *ready;    /* the next ready line */
	bool is_ready;         /* the next command may go: it is to be looked for */
	bool is_listening;     /* messages of the device matter */
	bool is_called;        /* an order tells that it is connected; set by who posts it */
	int64_t rest_until_us; /* monotonic: sending failed, a little later again; 0: no */
	int64_t clock_s;       /* the last HHMMSS that was given: no two commands have the same */
	struct deadline deadline;
	struct watched *watched; /* NULL: none */
};

enum { DEADLINE_JOB, DEADLINE_LINE };

enum order_kind {
	ORDER_ADD,
	ORDER_CANCEL,
	ORDER_FORGET,
	ORDER_CONNECTED,
	ORDER_WRITTEN,
	ORDER_ANSWER,
	ORDER_TEXT,
	ORDER_MESSAGE,
};

/* Who waits for an order, on its own stack. */
struct caller {
	bool is_served, failed;
	struct error why;
};

struct order {
	struct order *next;
	enum order_kind kind;
	struct caller *caller; /* NULL: nobody waits */
	uint32_t device;
	uint64_t id;
	bool flag;         /* WRITTEN: it was; MESSAGE: it has a status word */
	uint32_t status;   /* MESSAGE */
	int64_t time_us;   /* ANSWER: of the read; MESSAGE: of the device */
	struct job **jobs; /* ADD */
	uint64_t *ids;     /* CANCEL: the caller's */
	uint32_t *devices; /* FORGET: the order's own */
	size_t count;
	struct str bytes; /* ANSWER, TEXT: behind the order */
};

/* What follows a commit. */
enum act_kind { ACT_SEND, ACT_EVENT, ACT_ENDED };
struct act {
	enum act_kind kind;
	struct event event;        /* EVENT; members in `text` */
	uint32_t device;           /* SEND, ENDED */
	uint64_t ident, id;        /* SEND, ENDED */
	struct command_wait *wait; /* ENDED */
	char *text;                /* owned: members, payload, or the result */
	size_t len;
	size_t name_at, name_len; /* EVENT: of the command, in the members */
};

struct commands {
	struct commands_options options;
	const struct connections *connections; /* NULL: not running yet */
	pthread_mutex_t lock;  /* of all below but what is said to be the thread's */
	pthread_cond_t work;   /* on the monotonic clock */
	pthread_cond_t served; /* callers look whether they are */
	pthread_t thread;
	bool is_running, is_stopping, is_stopped;
	bool is_failing; /* the last commit did */
	bool is_acting;  /* what was decided is not durable yet */
	uint64_t round;  /* counts them */
	struct line *lines;
	struct job *jobs;
	struct deadlines deadlines;
	struct line *ready, **ready_end;
	struct order *orders, **orders_end;
	size_t order_count;
	struct command_wait *waits;
	uint64_t last_id;
	size_t adding; /* commands of orders that are not in their lines yet */
	uint64_t under_way;
	atomic_size_t line_count, listening; /* written under the lock */
	int64_t trimmed_us;                  /* monotonic: when results were */

	/* the thread's: what the round has decided */
	struct command_change *changes;
	char **texts; /* of the changes; NULL: none of their own */
	size_t change_count, change_room;
	struct act *acts;
	size_t act_count, act_room;
	struct latest latest;
	struct command scratch;
	struct spec *read_spec; /* whose text was read last, a reference; NULL: none */
	struct command read;    /* what it says */
	int64_t complained_us;  /* for log_due */
};

/* ---- command_lines.c ---- */

/* `command` as it was parsed, with timeouts filled in. One reference is the caller's. */
struct spec *spec_new(const struct command *command, int default_timeout_s);
void spec_release(struct spec *spec);

struct job *job_new(struct spec *spec, uint32_t device, uint64_t id);
void job_free(struct job *job);

/* NULL: the device has none. */
struct line *line_find(const struct commands *c, uint32_t device);
struct line *line_of(struct commands *c, uint32_t device);
void line_free(struct commands *c, struct line *line);

/* Into the line of its device, at its place; and out of it again. */
void line_add(struct commands *c, struct job *job);
void line_remove(struct commands *c, struct job *job);

struct job *job_find(const struct commands *c, uint64_t id);

/* The next command of the line is to be looked for. */
void line_make_ready(struct commands *c, struct line *line);

/* After a change of the line: does it listen to messages; when is it to be looked at again. */
void line_review(struct commands *c, struct line *line);

/* The payload with the time of its sending, into COMMAND_MAX bytes. */
struct str job_payload(const struct job *job, char *out);

/* Fills `out` from the stored form, which is the same for all of the spec; it must live meanwhile. */
void job_read(const struct job *job, struct command *out);

/* Then, what is this one's own. */
void job_fill(const struct job *job, struct command *out);

/* ---- command_load.c ---- */

/* Reads the queue back. Commands of devices that are gone are forgotten. */
MUST_USE bool commands_load(struct commands *c, struct error *e);

/* ---- command_orders.c: with the lock held, but for the first two ---- */

/* The bytes are copied. */
struct order *order_new(enum order_kind kind, uint32_t device, struct str bytes);
struct order *order_forget(const uint32_t *devices, size_t count);
void post_locked(struct commands *c, struct order *order);

/* Posts it and waits until it is done; it is the thread's meanwhile. False with a sentence: it failed. */
MUST_USE bool serve_locked(struct commands *c, struct order *order, struct error *e);

/* False with a sentence: nothing is accepted. */
MUST_USE bool is_open_locked(const struct commands *c, struct error *e);

/* ---- command_rounds.c ---- */

void *commands_thread(void *commands);

/* What is under way after a restart. With the lock held. */
void rounds_resume(struct commands *c);

/* ---- command_sending.c ---- */

/* The next command of the line that may go, goes. */
void serve_line(struct commands *c, struct line *line);

/* Was it sent as often as it may be? */
bool is_exhausted(const struct job *job);

void take_written(struct commands *c, const struct order *order);

/* Is the car of this device, whose latest values these are, too fast to cut its fuel? The limit is the
 * device's own or that of all; 0: there is none. */
bool is_too_fast(const struct commands *c, const struct device *d, const struct message *m,
	double *speed, int *limit);

/* ---- command_answers.c ---- */

void take_answer(struct commands *c, const struct order *order);
void take_text(struct commands *c, const struct order *order);

/* Forgets the text that came while the command was under way. What was no answer is told. */
void heard_drop(struct commands *c, struct job *job);

/* Sent, and the time for the answer is over. */
void give_up(struct commands *c, struct job *job);

/* It was sent as often as it may be. */
void end_unanswered(struct commands *c, struct job *job);

/* Its time in the queue is over. */
void end_late(struct commands *c, struct job *job);

/* ---- command_ends.c ---- */

struct ending {
	enum command_state state;
	bool executed;
	struct str response; /* at == NULL: null */
	struct str reply;
};

/* Ends it: it leaves its line, its result will be written and told. */
void job_end(struct commands *c, struct job *job, const struct ending *ending);

/* Nothing more is to be proven of an ended one. */
void watch_no_more(struct line *line);

/* A message of the line's device. */
void line_hear(struct commands *c, struct line *line, const struct order *message);

/* A status word has come: does it show what was wanted? */
enum command_confirmed status_shows(enum command_proof proof, uint32_t status);

/* ---- command_wait.c ---- */

/* So many more ends will come, or will not after all. With the lock held. */
void command_wait_expect(struct command_wait *w, size_t count);
void command_wait_forgo(struct command_wait *w, size_t count);

/* An instant command has ended. */
void command_wait_put(struct command_wait *w, const struct act *ended);

/* All who sleep are woken: nothing comes any more, or nobody knows when. */
void command_waits_end(struct commands *c);

/* Those whose owners left before the last end. */
void command_waits_free(struct commands *c);

/* ---- command_acts.c ---- */

void add_change(struct commands *c, const struct command_change *change, char *text);
struct act *add_act(struct commands *c, enum act_kind kind);

/* An event of the command; `more` are further members, beginning with a comma, or empty. */
void tell_command(struct commands *c, enum event_code code, const struct job *job, struct str more);

/* Commits what was decided, then acts. The lock is held at both ends, not between. False: the gateway
 * stops, and the store failed. */
bool acts_do(struct commands *c, struct order *done);

#endif
