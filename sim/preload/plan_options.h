/* SPDX-License-Identifier: MIT */
/* The launcher's options --fault, --kernel-time and --kernel-times. They end in the environment that the program gets. */
#ifndef SIM_PLAN_OPTIONS_H
#define SIM_PLAN_OPTIONS_H

#include <argp.h>

/* A child parser; needs no input. */
extern const struct argp plan_options;

#endif
