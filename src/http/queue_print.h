/* queue_print: the commands of a device that wait, as the device shows them. */
#ifndef HTTP_QUEUE_PRINT_H
#define HTTP_QUEUE_PRINT_H

#include "core/commands.h"

enum { DEVICE_QUEUE_SHOWN = 100 }; /* the first ones: an answer has room for them */

/* The array; empty when `commands` is NULL. False: the buffer is full. */
MUST_USE bool queue_print(struct commands *commands, uint32_t device, struct buf *out);

#endif
