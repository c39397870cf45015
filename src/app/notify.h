/* notify: tells the supervisor that started us how we are (systemd's protocol, without its
 * library).
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

/* Sends "READY=1", "STOPPING=1", ... to $NOTIFY_SOCKET; nothing when that is not set. */
void notify(const char *state);

#endif
