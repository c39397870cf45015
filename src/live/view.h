/* view: what others see and want of the door. Inside live/ only. */
#ifndef LIVE_VIEW_H
#define LIVE_VIEW_H

#include "live/door.h"

void view_init(struct live *l);

#endif
