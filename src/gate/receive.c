/* Bytes of a session -> frames -> records and replies. No system call, no lock and no allocation
 * per message: the batch is the worker's, a carry exists only while a frame is incomplete. */
#include "gate/receive.h"

#include "base/clock.h"
#include "base/die.h"
#include "base/log.h"
#include "cantrack/reply.h"
#include "gate/identity.h"
#include "gate/tell.h"

#include <inttypes.h>
#include <stdlib.h>

static struct worker *worker_of(const struct session *s)
{
	return s->listener->worker;
}

/* Each is an event; one line a second and worker, the others are counted. */
static void refused(struct session *s, const struct bad_frame *f)
{
	struct worker *w = worker_of(s);
	tell_refused(s, f);
	if (!log_due(&w->refused_us, 1)) {
		w->suppressed++;
		return;
	}
	char room[PEER_TEXT_MAX], escaped[480];
	log_info("session", "frame_refused",
		"channel=%" PRIu32 " peer=%.*s ident=%" PRIu64 " kind=%s reason=%s len=%zu bytes=%s"
		" suppressed=%" PRIu64,
		s->listener->entrance->id, STR_PRINT(peer_text(&s->peer, room)), s->ident, f->kind,
		log_quote(f->reason), f->bytes.len,
		log_quote(escape_bytes(f->bytes, escaped, sizeof escaped)), w->suppressed);
	w->suppressed = 0;
}

/* ---- frames ---- */

static void add_reply(struct session *s, struct batch *b, struct str frame,
	const struct frame_head *head, int64_t now_us)
{
	struct str learned = {s->raw_id, s->raw_id_len};
	size_t len = reply_make(frame, head, learned, s->listener->settings->channel.ack_v1, now_us,
		b->replies + b->reply_bytes);
	if (len == 0)
		return;
	b->pending[b->reply_count++] =
		(struct pending_reply){s->slot, s->generation, (uint32_t)len};
	b->reply_bytes += len;
	s->owed += (uint32_t)len;
}

static void add_record(struct session *s, struct batch *b, const struct message *m,
	const struct frame_head *head, uint32_t device)
{
	struct origin origin = {
		.ident = head->ident,
		.channel = s->listener->entrance->id,
		.device = device,
		.peer = s->peer,
		.vendor = {head->vendor[0], head->vendor[1]},
	};
	struct record *r = &b->records[b->count++];
	record_make(r, m, &origin, b->bodies + b->bytes);
	b->bytes += r->body.len;
	s->messages++;
}

/* An ident that has no business on this connection, though the session has. */
static void refuse_ident(struct session *s, struct bad_frame f, enum admission admission)
{
	worker_of(s)->tally.frames_refused++;
	f.kind = admission == ADMISSION_NOT_ALLOWED ? "not_allowed" : "disabled";
	f.reason = admission == ADMISSION_NOT_ALLOWED ? "the channel does not allow this ident"
						      : "the device is disabled";
	refused(s, &f);
}

static struct commands *commands_of_gate(const struct session *s)
{
	return worker_of(s)->gate->options.commands;
}

static bool is_answer(const struct frame_head *head)
{
	return head->type.len == 2 && head->type.at[0] == 'V' && head->type.at[1] == '4';
}

static void take_message(struct session *s, const struct frame *frame, const struct message *m,
	const struct frame_head *head, int64_t now_us)
{
	uint32_t device;
	if (!s->ident && !session_identify(s, head))
		return;
	enum admission admission = session_admit(s, head->ident, &device);
	if (admission == ADMISSION_LEAVING)
		return;
	if (admission != ADMISSION_GIVEN) {
		struct bad_frame bad = {
			.bytes = frame->bytes, .ident = head->ident, .now_us = now_us};
		refuse_ident(s, bad, admission);
		return;
	}
	if (device && is_answer(head))
		commands_answer(commands_of_gate(s), device, frame->bytes, now_us);
	struct batch *b = worker_batch(worker_of(s));
	add_record(s, b, m, head, device);
	if (frame->kind == FRAME_TEXT)
		add_reply(s, b, frame->bytes, head, now_us);
}

static void text_frame(struct session *s, const struct frame *frame, int64_t now_us)
{
	struct worker *w = worker_of(s);
	struct frame_context context = {
		.now_us = now_us,
		.ident = s->ident,
		.extended = s->listener->settings->channel.extended,
		.terminated = frame->kind == FRAME_TEXT,
	};
	struct frame_head head;
	struct error e;
	enum frame_result result = frame_decode(frame->bytes, &context, &w->message, &head, &e);
	if (result == RESULT_IGNORED) {
		w->tally.frames_ignored++;
		return;
	}
	if (result != RESULT_MESSAGE && result != RESULT_UNKNOWN) {
		w->tally.frames_refused++;
		struct bad_frame bad = {frame->bytes, frame_result_name(result), e.text,
			s->ident ? s->ident : head.ident, now_us};
		refused(s, &bad);
		return;
	}
	w->tally.frames_decoded += result == RESULT_MESSAGE;
	w->tally.frames_unknown += result == RESULT_UNKNOWN;
	s->junk = 0;
	take_message(s, frame, &w->message, &head, now_us);
}

/* A command may be under way that is answered in such words. Blanks between them belong to the answer. */
static bool is_wanted_text(struct session *s, struct str text)
{
	return s->device && commands_text(commands_of_gate(s), s->device, text);
}

/* `text`: what was read since the last frame, separators included. */
static void junk(struct session *s, const struct frame *frame, struct str text, int64_t now_us)
{
	struct worker *w = worker_of(s);
	int max = s->listener->settings->channel.max_junk_bytes;
	s->in_text = frame->kind == FRAME_JUNK && is_wanted_text(s, text);
	if (s->in_text)
		return;
	w->tally.junk_bytes += frame->bytes.len;
	w->tally.frames_broken += frame->kind == FRAME_BROKEN;
	struct bad_frame bad = {
		frame->bytes, frame_kind_name(frame->kind), "no frame", s->ident, now_us};
	refused(s, &bad);
	s->junk += (uint32_t)frame->bytes.len;
	if (max && s->junk > (uint32_t)max)
		session_close(s, CLOSE_PROTOCOL);
}

static void take_frame(
	struct session *s, const struct frame *frame, struct str text, int64_t now_us)
{
	s->in_text = false;
	switch (frame->kind) {
	case FRAME_TEXT:
	case FRAME_NOEND: text_frame(s, frame, now_us); break;
	case FRAME_RECORD:
	case FRAME_JT808:
	case FRAME_GT06: worker_of(s)->tally.frames_binary++; break;
	case FRAME_JUNK:
	case FRAME_BROKEN:
	case FRAME_OVERLONG:
	case FRAME_KINDS: junk(s, frame, text, now_us); break;
	}
}

/* ---- bytes ---- */

/* The part of a frame that waits for the rest; it lies in the worker's room until the next read. */
static void keep(struct session *s, struct str rest)
{
	check(rest.len <= FRAME_MAX);
	if (rest.len == 0) {
		free(s->carry);
		s->carry = NULL;
	} else {
		if (!s->carry || s->carry_len != rest.len)
			s->carry = xrealloc(s->carry, rest.len);
		memcpy(s->carry, rest.at, rest.len);
	}
	s->carry_len = (uint16_t)rest.len;
}

void session_receive(struct session *s, struct str bytes, bool ended)
{
	struct worker *w = worker_of(s);
	int64_t now_us = clock_now_us();
	w->tally.bytes_received += bytes.len;
	s->received += bytes.len;
	tell_reading(s, bytes, now_us);
	char *at = w->room + FRAME_MAX - s->carry_len;
	if (s->carry_len)
		memcpy(at, s->carry, s->carry_len);
	struct str input = {at, s->carry_len + bytes.len};
	while (input.len) {
		struct frame frame;
		size_t used = framer_next(&s->framer, input, ended, &frame);
		struct str taken = str_upto(input, used);
		input = str_from(input, used);
		if (frame.bytes.len == 0) {
			s->in_text = s->in_text && (!used || is_wanted_text(s, taken));
			break;
		}
		take_frame(s, &frame, taken, now_us);
		if (s->closing || s->leaving)
			break;
	}
	tell_read(w);
	if (!s->owed && !s->closing)
		session_greet(s);
	if (!ended && !s->closing && !s->leaving)
		keep(s, input);
}
