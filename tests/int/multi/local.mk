# SPDX-License-Identifier: MIT
# Several processes under one daemon: HIP programs on one simulated machine, or on a real GPU.
multi_scripts = \
	%D%/absent.sh \
	%D%/asleep.sh \
	%D%/alone.sh \
	%D%/clients.sh \
	%D%/containers.sh \
	%D%/control.sh \
	%D%/forks.sh \
	%D%/gpus.sh \
	%D%/jobs.sh \
	%D%/killed.sh \
	%D%/level3.sh \
	%D%/many.sh \
	%D%/priority.sh \
	%D%/restart.sh \
	%D%/shares.sh
dist_check_SCRIPTS += $(multi_scripts) %D%/soak.sh
EXTRA_DIST += %D%/common.sh %D%/worker.hip

if HAVE_HIP
if DAEMON
if CLI
check_PROGRAMS += %D%/freeze
check_SCRIPTS += %D%/worker.gpu
CLEANFILES += %D%/worker.gpu
%D%/worker.gpu: tests/int/hip/busy.h
TESTS += $(multi_scripts)

# Not part of `make check`.
multi_needs = %D%/worker.gpu xschedd xschedctl all
soak: soak-processes
soak-processes: $(multi_needs)
	@$(AM_TESTS_ENVIRONMENT) SOAK_SECONDS='$(SOAK_SECONDS)' $(SHELL) $(srcdir)/%D%/soak.sh
soak-daemon: $(multi_needs)
	@$(AM_TESTS_ENVIRONMENT) ROUNDS='$(RESTARTS)' $(SHELL) $(srcdir)/%D%/restart.sh
RESTARTS = 100
endif
endif
endif
