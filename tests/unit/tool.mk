# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
unit_tests = \
	tests/unit/api \
	tests/unit/arrival \
	tests/unit/brake \
	tests/unit/brake_race \
	tests/unit/client \
	tests/unit/config \
	tests/unit/decider_race \
	tests/unit/drain \
	tests/unit/gate \
	tests/unit/gate_race \
	tests/unit/halhip \
	tests/unit/hsa_slots \
	tests/unit/level3 \
	tests/unit/local \
	tests/unit/onload \
	tests/unit/order_race \
	tests/unit/pacer \
	tests/unit/remote \
	tests/unit/trace \
	tests/unit/trace_events \
	tests/unit/track \
	tests/unit/track_race \
	tests/unit/vqueue
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

tests_unit_api_SOURCES = %D%/api.c
tests_unit_api_CFLAGS = $(unit_cflags)
tests_unit_api_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

# The client library, and a tool library and a HIP for it to find.
check_LTLIBRARIES += libxsched_hsa_fake.la libfake_hip.la
libxsched_hsa_fake_la_SOURCES = %D%/client_tool.c %D%/client_fake.h
libxsched_hsa_fake_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_top_builddir)
libfake_hip_la_SOURCES = %D%/client_hip.c %D%/client_fake.h
libfake_hip_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath $(abs_top_builddir)
EXTRA_tests_unit_client_DEPENDENCIES = libxsched_hsa_fake.la libfake_hip.la
client_load = %D%/client_load.c %D%/client_load.h %D%/client_fake.h
tests_unit_client_SOURCES = %D%/client.c $(client_load)
tests_unit_client_CFLAGS = $(unit_cflags)
tests_unit_client_CPPFLAGS = $(AM_CPPFLAGS) -DLIBRARIES='"$(abs_top_builddir)/.libs/"'
tests_unit_client_LDADD = libclient.la $(CMOCKA_LIBS) -lpthread

EXTRA_tests_unit_halhip_DEPENDENCIES = libxsched_hsa_fake.la libfake_hip.la
tests_unit_halhip_SOURCES = %D%/halhip.c $(client_load)
tests_unit_halhip_CFLAGS = $(unit_cflags)
tests_unit_halhip_CPPFLAGS = $(compat_cppflags) -DLIBRARIES='"$(abs_top_builddir)/.libs/"'
tests_unit_halhip_LDADD = libhalhip.la libpreempt.la $(CMOCKA_LIBS)

tests_unit_config_SOURCES = %D%/config.c
tests_unit_config_CFLAGS = $(unit_cflags)
tests_unit_config_LDADD = libcommon.la $(CMOCKA_LIBS)

tests_unit_drain_SOURCES = %D%/drain.c
tests_unit_drain_CFLAGS = $(unit_cflags)
tests_unit_drain_LDADD = $(CMOCKA_LIBS)

tests_unit_gate_SOURCES = %D%/gate.c
tests_unit_gate_CFLAGS = $(unit_cflags)
tests_unit_gate_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_brake_race_SOURCES = %D%/brake_race.c
tests_unit_brake_race_CFLAGS = $(unit_cflags)
tests_unit_brake_race_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread
tests_unit_gate_race_SOURCES = %D%/gate_race.c
tests_unit_gate_race_CFLAGS = $(unit_cflags)
tests_unit_gate_race_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_hsa_slots_SOURCES = %D%/hsa_slots.c
tests_unit_hsa_slots_CFLAGS = $(unit_cflags)
tests_unit_hsa_slots_LDADD = libhsa_intercept.la $(CMOCKA_LIBS)

tests_unit_pacer_SOURCES = %D%/pacer.c
tests_unit_pacer_CFLAGS = $(unit_cflags)
tests_unit_pacer_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

# With a runtime and a daemon of their own.
decider_rig = %D%/decider_rig.c %D%/decider_rig.h
tests_unit_remote_SOURCES = %D%/remote.c $(decider_rig)
tests_unit_remote_CFLAGS = $(unit_cflags)
tests_unit_remote_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_decider_race_SOURCES = %D%/decider_race.c $(decider_rig)
tests_unit_decider_race_CFLAGS = $(unit_cflags)
tests_unit_decider_race_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_level3_SOURCES = %D%/level3.c $(decider_rig)
tests_unit_level3_CFLAGS = $(unit_cflags)
tests_unit_level3_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_local_SOURCES = %D%/local.c $(decider_rig)
tests_unit_local_CFLAGS = $(unit_cflags)
tests_unit_local_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_trace_SOURCES = %D%/trace.c
tests_unit_trace_CFLAGS = $(unit_cflags)
tests_unit_trace_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_trace_events_SOURCES = %D%/trace_events.c
tests_unit_trace_events_CFLAGS = $(unit_cflags)
tests_unit_trace_events_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

track_rig = %D%/track_rig.c %D%/track_rig.h
tests_unit_arrival_SOURCES = %D%/arrival.c $(track_rig)
tests_unit_arrival_CFLAGS = $(unit_cflags)
tests_unit_arrival_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_brake_SOURCES = %D%/brake.c $(track_rig)
tests_unit_brake_CFLAGS = $(unit_cflags)
tests_unit_brake_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_track_SOURCES = %D%/track.c $(track_rig)
tests_unit_track_CFLAGS = $(unit_cflags)
tests_unit_track_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_track_race_SOURCES = %D%/track_race.c
tests_unit_track_race_CFLAGS = $(unit_cflags)
tests_unit_track_race_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_onload_SOURCES = %D%/onload.c
tests_unit_onload_CFLAGS = $(unit_cflags)
tests_unit_onload_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_order_race_SOURCES = %D%/order_race.c
tests_unit_order_race_CFLAGS = $(unit_cflags)
tests_unit_order_race_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

# The order contract, for as long as one likes: `make soak-order ROUNDS=1000`; in a sanitizer build without a runtime only.
soak_order = tests/unit/order_race $(ROUNDS)
soak_order_programs = tests/unit/order_race

tests_unit_vqueue_SOURCES = %D%/vqueue.c
tests_unit_vqueue_CFLAGS = $(unit_cflags)
tests_unit_vqueue_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread
endif
