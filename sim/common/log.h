/* SPDX-License-Identifier: MIT */
/* Messages of the simulator: to standard error, one line each, prefixed "kfdsim: ". Level from KFDSIM_LOG. */
#ifndef SIM_LOG_H
#define SIM_LOG_H

enum sim_log_level { SIM_LOG_ERROR, SIM_LOG_WARNING, SIM_LOG_INFO, SIM_LOG_DEBUG };

/** sim_log() - write one line if @level is enabled (default: errors and warnings). Any thread; never allocates. */
void sim_log(enum sim_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** sim_log_enabled() - whether sim_log() would write at @level */
int sim_log_enabled(enum sim_log_level level);

#endif
