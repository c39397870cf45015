/* session: one connection of a tracker. Inside gate/ only. Made and freed by its worker alone;
 * others name it by worker, slot and generation. */
#ifndef GATE_SESSION_H
#define GATE_SESSION_H

#include "cantrack/frame.h"
#include "gate/worker.h"

struct session {
	uv_tcp_t tcp; /* first: the handle is the session */
	struct listener *listener;
	struct session *before, *behind; /* in listener->sessions, worker->paused or ->leaving */
	uint64_t ident;                  /* of the first good frame; 0: none yet */
	uint64_t active_ms;              /* uv_now of the last read */
	uint64_t id;                     /* microseconds of its beginning */
	uint64_t received, sent;         /* bytes */
	uint32_t messages;
	uint32_t slot, generation;
	uint32_t device, registry_version; /* the device, and when it was looked up */
	uint32_t junk;                     /* bytes of junk since the last good frame */
	bool in_text;  /* what came last was text that a command may be answered with */
	uint32_t owed; /* bytes of replies that wait for the commit or for the socket */
	char *carry;   /* the frame that is not complete yet, or NULL */
	uint16_t carry_len;
	struct framer framer;
	struct peer peer;
	char vendor[2];
	uint8_t raw_id_len;
	char raw_id[ID_MAX];
	bool closing, paused, throttled, ended; /* ended: the tracker will send no more */
	bool recorded;                          /* its beginning is, among the packets */
	bool counted;                           /* among the connections of its address */
	bool greets;     /* its commands may go when its first frame is answered */
	uint8_t leaving; /* close code: it ends when all is answered; 0: it stays */
};

/* Begins with an accepted connection; `s` is zeroed but for tcp, listener and peer. */
void session_open(struct session *s);

void session_close(struct session *s, enum close_code code);

/* Reads no more, sends what is owed, then closes. */
void session_leave(struct session *s, enum close_code code);

/* Sends `count` replies, joined, that were promised by the read path. */
void session_reply(struct session *s, struct str replies, size_t count);

/* Its first frame is answered, or is of those that are not: now its commands may go. */
void session_greet(struct session *s);

/* Sends a command's frame. False: nothing of it can have reached the tracker. */
MUST_USE bool session_send(struct session *s, struct str frame);

/* What others are told of it. */
void session_describe(const struct session *s, struct connection *out);

/* Reads again after a pause. */
void session_resume(struct session *s);

/* The clock may have been set back meanwhile: then 0. */
int64_t session_age_us(const struct session *s);

/* Never reads again; what was promised will still be sent. */
void session_mute(struct session *s);

/* Throws away what has come and was not read: closing with input left would reset the connection,
 * and a reset may overtake the last replies. */
void session_discard_input(struct session *s);

/* Ends sessions that were to leave and do not get there. */
void sessions_expel(struct worker *w);

/* Ends sessions that said nothing for the channel's silence timeout. */
void sessions_expire(struct listener *l);

#endif
