/* receive: bytes of a session -> frames -> records and replies in the worker's batch. Inside gate/
 * only. */
#ifndef GATE_RECEIVE_H
#define GATE_RECEIVE_H

#include "gate/session.h"

/* Takes what was read; `bytes` lies in the worker's room behind its first FRAME_MAX bytes. `ended`:
 * the tracker will send no more. May close the session. */
void session_receive(struct session *s, struct str bytes, bool ended);

#endif
