/* app: the subcommands; each takes its own argv (argv[0] is its name) and returns an exit status.
 */
#ifndef APP_APP_H
#define APP_APP_H

int decode_main(int argc, char **argv);
int openapi_main(int argc, char **argv);
int serve_main(int argc, char **argv);

#endif
