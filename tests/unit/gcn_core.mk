# SPDX-License-Identifier: MIT
# The compute-unit model without a command processor: hand-made and compiled kernels.
if SIM
if HAVE_CMOCKA
gcn_core_tests = gcn_core gcn_salu gcn_decode gcn_kernels gcn_scalar_test gcn_memory_test gcn_save_test
check_PROGRAMS += $(gcn_core_tests)
TESTS += $(gcn_core_tests)
gcn_core_SOURCES = %D%/gcn_core.c %D%/gcn_rig.c %D%/gcn_rig.h
gcn_core_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_core_LDADD = libgcn.la $(CMOCKA_LIBS) -lpthread
gcn_decode_SOURCES = %D%/gcn_decode.c %D%/gcn_decode.inc
gcn_decode_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_decode_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/%D%
gcn_decode_LDADD = libgcn.la $(CMOCKA_LIBS)
gcn_salu_SOURCES = %D%/gcn_salu.c %D%/gcn_rig.c %D%/gcn_rig.h
gcn_salu_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_salu_LDADD = libgcn.la $(CMOCKA_LIBS)
gcn_unit_common = %D%/gcn_unit_wave.h %D%/gcn_unit_words.inc
gcn_scalar_test_SOURCES = %D%/gcn_scalar_test.c %D%/gcn_scalar_ref.def $(gcn_unit_common)
gcn_scalar_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_scalar_test_LDADD = libgcn.la $(CMOCKA_LIBS)
gcn_memory_test_SOURCES = %D%/gcn_memory_test.c $(gcn_unit_common)
gcn_memory_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_memory_test_LDADD = libgcn.la $(CMOCKA_LIBS)
gcn_save_test_SOURCES = %D%/gcn_save_test.c $(gcn_unit_common)
gcn_save_test_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
gcn_save_test_LDADD = libgcn.la $(CMOCKA_LIBS)
gcn_kernels_SOURCES = %D%/gcn_kernels.c %D%/gcn_objects.c %D%/gcn_objects.h %D%/gcn_rig.c %D%/gcn_rig.h
gcn_kernels_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -ffp-contract=off
gcn_kernels_LDADD = libgcn.la $(CMOCKA_LIBS) -lm

GCN_CLANGS = $(DEVICE_CLANG) clang clang-22 clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15
gcn_objects = \
	%D%/gcn_kernels.gfx906.O0.co %D%/gcn_kernels.gfx906.O1.co \
	%D%/gcn_kernels.gfx906.O2.co %D%/gcn_kernels.gfx906.O3.co \
	%D%/gcn_kernels.gfx90a.O0.co %D%/gcn_kernels.gfx90a.O1.co \
	%D%/gcn_kernels.gfx90a.O2.co %D%/gcn_kernels.gfx90a.O3.co \
	%D%/gcn_kernels.gfx942.O0.co %D%/gcn_kernels.gfx942.O1.co \
	%D%/gcn_kernels.gfx942.O2.co %D%/gcn_kernels.gfx942.O3.co
check_DATA = $(gcn_objects)
CLEANFILES += $(gcn_objects)
EXTRA_DIST += %D%/gcn_decode.s %D%/gcn_decode_table %D%/gcn_kernels.cl %D%/gcn_compile
$(gcn_objects): $(srcdir)/%D%/gcn_kernels.cl $(srcdir)/%D%/gcn_compile
	$(AM_V_GEN)$(MKDIR_P) %D% && set -- `echo $(@F) | tr . ' '` && \
	$(srcdir)/%D%/gcn_compile '$(GCN_CLANGS)' $$2 $$3 $@ $(srcdir)/%D%/gcn_kernels.cl
endif

# The encodings are checked in; this assembles them again with the llvm-mc at hand.
EXTRA_DIST += %D%/gcn_unit_gen
gcn-unit-words:
	$(srcdir)/%D%/gcn_unit_gen $(LLVM_MC) > $(srcdir)/%D%/gcn_unit_words.inc.new && \
	mv $(srcdir)/%D%/gcn_unit_words.inc.new $(srcdir)/%D%/gcn_unit_words.inc
endif
