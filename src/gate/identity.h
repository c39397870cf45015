/* identity: who a connection belongs to: its ident, whether it may be here, its device. Inside gate/
 * only. */
#ifndef GATE_IDENTITY_H
#define GATE_IDENTITY_H

#include "gate/session.h"

/* The first good frame says who it is; an older connection of the same ident has to go. False: it
 * may not be here, the session is closed. */
MUST_USE bool session_identify(struct session *s, const struct frame_head *head);

enum admission {
	ADMISSION_GIVEN,
	ADMISSION_NOT_ALLOWED, /* by the channel's lists */
	ADMISSION_DISABLED,    /* the device is */
	ADMISSION_LEAVING,     /* the session's own device changed: it has to go */
};

/* May a record of this ident be made, which may be another one than the session's? Sets *device;
 * 0: it has none (yet: see core/auto_devices.h). */
enum admission session_admit(struct session *s, uint64_t ident, uint32_t *device);

/* Devices changed: another device, or a disabled one, ends the connection. */
void session_look_again(struct session *s);

#endif
