/* command: sends a command to a tracker over REST and shows what becomes of it. A client: it knows
 * nothing of the gateway but its addresses. */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

/* `cantrack command ...`; argv[0] is "command". Returns the exit status: 0 done, 1 failed, expired,
 * canceled or refused, 2 usage, 3 nobody watches any more. */
int command_main(int argc, char **argv);

#endif
