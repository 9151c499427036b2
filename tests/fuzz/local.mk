# SPDX-License-Identifier: MIT
# Each target is built twice: with replay.c for `make check`, and, where the compiler has libFuzzer, by `make fuzz`, which
# runs every target for FUZZ_SECONDS.
fuzz_sources = %D%/fuzz_config.c %D%/fuzz_gate.c %D%/fuzz_sched.c
EXTRA_DIST += $(fuzz_sources) %D%/replay.c
fuzz_replays = tests/fuzz/replay_config tests/fuzz/replay_gate tests/fuzz/replay_sched
check_PROGRAMS += $(fuzz_replays)
TESTS += $(fuzz_replays)
tests_fuzz_replay_config_SOURCES = %D%/fuzz_config.c %D%/replay.c
tests_fuzz_replay_config_LDADD = libcommon.la
tests_fuzz_replay_gate_SOURCES = %D%/fuzz_gate.c %D%/replay.c
tests_fuzz_replay_gate_LDADD = libaql.la -lpthread
tests_fuzz_replay_sched_SOURCES = %D%/fuzz_sched.c %D%/replay.c
tests_fuzz_replay_sched_LDADD = libsched.la
if DAEMON
fuzz_sources += %D%/fuzz_daemon_config.c %D%/fuzz_ipc.c
check_PROGRAMS += tests/fuzz/replay_daemon_config tests/fuzz/replay_ipc
TESTS += tests/fuzz/replay_daemon_config tests/fuzz/replay_ipc
tests_fuzz_replay_daemon_config_SOURCES = %D%/fuzz_daemon_config.c %D%/replay.c
tests_fuzz_replay_daemon_config_LDADD = libmachine.la
tests_fuzz_replay_ipc_SOURCES = %D%/fuzz_ipc.c %D%/replay.c
tests_fuzz_replay_ipc_LDADD = libmachine.la
endif
if SIM
fuzz_sources += %D%/fuzz_gcn.c
check_PROGRAMS += tests/fuzz/replay_gcn
TESTS += tests/fuzz/replay_gcn
tests_fuzz_replay_gcn_SOURCES = %D%/fuzz_gcn.c %D%/replay.c
tests_fuzz_replay_gcn_LDADD = libgcn.la
endif

FUZZ_SECONDS = 60
fuzz_targets =
if FUZZ
fuzz_flags = -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
fuzz_targets += tests/fuzz/fuzz_config tests/fuzz/fuzz_gate tests/fuzz/fuzz_sched
EXTRA_PROGRAMS += tests/fuzz/fuzz_config tests/fuzz/fuzz_gate tests/fuzz/fuzz_sched
CLEANFILES += tests/fuzz/fuzz_config tests/fuzz/fuzz_gate tests/fuzz/fuzz_sched
# The code under test is compiled in, so that it is instrumented too.
tests_fuzz_fuzz_config_SOURCES = %D%/fuzz_config.c src/common/config.c
tests_fuzz_fuzz_config_CFLAGS = $(AM_CFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_gate_SOURCES = %D%/fuzz_gate.c $(libaql_la_SOURCES)
tests_fuzz_fuzz_gate_CFLAGS = $(AM_CFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_gate_LDADD = -lpthread
tests_fuzz_fuzz_sched_SOURCES = %D%/fuzz_sched.c $(libsched_la_SOURCES)
tests_fuzz_fuzz_sched_CFLAGS = $(AM_CFLAGS) $(fuzz_flags)
if DAEMON
fuzz_targets += tests/fuzz/fuzz_daemon_config tests/fuzz/fuzz_ipc
EXTRA_PROGRAMS += tests/fuzz/fuzz_daemon_config tests/fuzz/fuzz_ipc
CLEANFILES += tests/fuzz/fuzz_daemon_config tests/fuzz/fuzz_ipc
fuzz_machine_sources = $(libmachine_la_SOURCES) $(libipc_la_SOURCES) $(libsched_la_SOURCES)
tests_fuzz_fuzz_daemon_config_SOURCES = %D%/fuzz_daemon_config.c $(fuzz_machine_sources)
tests_fuzz_fuzz_daemon_config_CFLAGS = $(AM_CFLAGS) $(INIH_CFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_daemon_config_LDADD = $(INIH_LIBS)
tests_fuzz_fuzz_ipc_SOURCES = %D%/fuzz_ipc.c $(fuzz_machine_sources)
tests_fuzz_fuzz_ipc_CFLAGS = $(AM_CFLAGS) $(INIH_CFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_ipc_LDADD = $(INIH_LIBS)
endif
if SIM
fuzz_targets += tests/fuzz/fuzz_gcn
EXTRA_PROGRAMS += tests/fuzz/fuzz_gcn
CLEANFILES += tests/fuzz/fuzz_gcn
# The vector ALU is built once more per host instruction set, as in the library.
EXTRA_LTLIBRARIES = libfuzz_valu_base.la libfuzz_valu_avx2.la
fuzz_gcn_cflags = $(AM_CFLAGS) $(fuzz_flags) -O1 -fno-math-errno -ffp-contract=off
libfuzz_valu_base_la_SOURCES = $(gcn_valu_sources)
libfuzz_valu_base_la_CFLAGS = $(fuzz_gcn_cflags) -DVALU_VARIANT=base
libfuzz_valu_avx2_la_SOURCES = $(gcn_valu_sources)
libfuzz_valu_avx2_la_CFLAGS = $(fuzz_gcn_cflags) -mavx2 -mfma -DVALU_VARIANT=avx2
tests_fuzz_fuzz_gcn_SOURCES = %D%/fuzz_gcn.c $(libgcn_la_SOURCES)
tests_fuzz_fuzz_gcn_CFLAGS = $(fuzz_gcn_cflags)
tests_fuzz_fuzz_gcn_LDADD = libfuzz_valu_base.la libfuzz_valu_avx2.la -lm -lpthread
endif
fuzz: $(fuzz_targets)
	@for target in $(fuzz_targets); do \
		echo "== $$target"; \
		$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 || exit 1; \
	done
else
fuzz:
	@echo "fuzz: this compiler has no libFuzzer: configure with CC=clang" >&2; exit 1
endif

# Random ioctls need no fuzzing compiler: `make fuzz-kfd` makes more of them, from another seed each time.
FUZZ_KFD_CALLS = 20000000
if SIM
if HAVE_CMOCKA
check_PROGRAMS += tests/fuzz/kfd_calls
TESTS += tests/fuzz/kfd_calls
tests_fuzz_kfd_calls_SOURCES = %D%/kfd_calls.c tests/unit/kfd_cp.c tests/unit/kfd_cp.h
tests_fuzz_kfd_calls_CPPFLAGS = $(kfd_test_cppflags)
tests_fuzz_kfd_calls_CFLAGS = $(kfd_test_cflags)
tests_fuzz_kfd_calls_LDADD = $(kfd_test_ldadd)
fuzz-kfd: tests/fuzz/kfd_calls
	tests/fuzz/kfd_calls $(FUZZ_KFD_CALLS) $$(date +%s)
endif
endif
