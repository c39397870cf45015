/* open_files: how many files and connections the system lets this program have. */
#ifndef APP_OPEN_FILES_H
#define APP_OPEN_FILES_H

#include <stddef.h>

/* To what the administrator of the machine allows; warns when that is little. */
void open_files_raise(void);

/* 0: no limit, or not known. */
size_t open_files_most(void);

#endif
