# SPDX-License-Identifier: MIT
# xschedctl as a program: its usage and launch environment, the completion, and against a daemon with clients that have no GPU.
if CLI
TESTS += %D%/completion.sh %D%/run.sh %D%/usage.sh
if HAVE_HIP
if !SANITIZE
TESTS += %D%/launch.sh
endif
endif
if DAEMON
check_PROGRAMS += tests/int/cli/fake_client tests/int/cli/with_daemon
tests_int_cli_fake_client_SOURCES = %D%/fake_client.c
tests_int_cli_fake_client_LDADD = libipc.la -lpthread
tests_int_cli_with_daemon_SOURCES = %D%/with_daemon.c
TESTS += %D%/daemon.sh %D%/top.sh
endif
endif
dist_check_SCRIPTS += %D%/completion.sh %D%/daemon.sh %D%/launch.sh %D%/run.sh %D%/top.sh %D%/usage.sh
