# SPDX-License-Identifier: MIT
if HAVE_CMOCKA
unit_tests = tests/unit/config tests/unit/gate tests/unit/gate_race tests/unit/hsa_slots tests/unit/onload \
	tests/unit/pacer tests/unit/trace tests/unit/trace_events tests/unit/track tests/unit/track_race tests/unit/vqueue
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

tests_unit_config_SOURCES = %D%/config.c
tests_unit_config_CFLAGS = $(unit_cflags)
tests_unit_config_LDADD = libcommon.la $(CMOCKA_LIBS)

tests_unit_gate_SOURCES = %D%/gate.c
tests_unit_gate_CFLAGS = $(unit_cflags)
tests_unit_gate_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_gate_race_SOURCES = %D%/gate_race.c
tests_unit_gate_race_CFLAGS = $(unit_cflags)
tests_unit_gate_race_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_hsa_slots_SOURCES = %D%/hsa_slots.c
tests_unit_hsa_slots_CFLAGS = $(unit_cflags)
tests_unit_hsa_slots_LDADD = libhsa_intercept.la $(CMOCKA_LIBS)

tests_unit_pacer_SOURCES = %D%/pacer.c
tests_unit_pacer_CFLAGS = $(unit_cflags)
tests_unit_pacer_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_trace_SOURCES = %D%/trace.c
tests_unit_trace_CFLAGS = $(unit_cflags)
tests_unit_trace_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_trace_events_SOURCES = %D%/trace_events.c
tests_unit_trace_events_CFLAGS = $(unit_cflags)
tests_unit_trace_events_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_track_SOURCES = %D%/track.c
tests_unit_track_CFLAGS = $(unit_cflags)
tests_unit_track_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_track_race_SOURCES = %D%/track_race.c
tests_unit_track_race_CFLAGS = $(unit_cflags)
tests_unit_track_race_LDADD = libaql.la $(CMOCKA_LIBS) -lpthread

tests_unit_onload_SOURCES = %D%/onload.c
tests_unit_onload_CFLAGS = $(unit_cflags)
tests_unit_onload_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread

tests_unit_vqueue_SOURCES = %D%/vqueue.c
tests_unit_vqueue_CFLAGS = $(unit_cflags)
tests_unit_vqueue_LDADD = libhsa_intercept.la $(CMOCKA_LIBS) -lpthread
endif
