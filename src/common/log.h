/* SPDX-License-Identifier: MIT */
/*
 * Messages of the tool library: standard error, one line and one write each, prefixed "xsched-hsa: ". It runs in other people's
 * processes, so it says nothing unless something is wrong or XSCHED_HSA_LOG asks for more.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/** log_level_set() - show messages up to @level (default LOG_WARNING) */
void log_level_set(enum log_level level);
/**
 * log_write() - one line; longer than 500 bytes is cut
 * Context: any thread; keeps errno; no allocation. Not for the doorbell path.
 */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_DEBUG, __VA_ARGS__)

#endif
