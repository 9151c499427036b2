/* SPDX-License-Identifier: MIT */
/* The daemon's messages: lines on standard error, prefixed "xschedd: ", which the journal takes with their level. */
#ifndef DAEMON_DLOG_H
#define DAEMON_DLOG_H

enum dlog_level { DLOG_ERROR, DLOG_WARNING, DLOG_INFO, DLOG_DEBUG };

/** dlog_level_set() - show messages up to @level (default DLOG_INFO) */
void dlog_level_set(enum dlog_level level);
/** dlog_write() - one line; longer than 500 bytes is cut; keeps errno */
void dlog_write(enum dlog_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define dlog_error(...)	  dlog_write(DLOG_ERROR, __VA_ARGS__)
#define dlog_warning(...) dlog_write(DLOG_WARNING, __VA_ARGS__)
#define dlog_info(...)	  dlog_write(DLOG_INFO, __VA_ARGS__)
#define dlog_debug(...)	  dlog_write(DLOG_DEBUG, __VA_ARGS__)

#endif
