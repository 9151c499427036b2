# SPDX-License-Identifier: MIT
# Vector instructions, one by one, on hand-made waves.
if SIM
if HAVE_CMOCKA
gcn_valu_tests = gcn_valu_ops_test gcn_valu_mods_test gcn_valu_lane_test gcn_valu_mfma_test
check_PROGRAMS += $(gcn_valu_tests)
TESTS += $(gcn_valu_tests)
gcn_valu_tests_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -ffp-contract=off -Wno-unused-const-variable
gcn_valu_tests_common = %D%/gcn_valu_wave.h %D%/gcn_valu_words.inc
gcn_valu_ops_test_SOURCES = %D%/gcn_valu_ops_test.c %D%/gcn_valu_ref.c \
	%D%/gcn_valu_ref.h %D%/gcn_valu_ref.def \
	$(gcn_valu_tests_common)
gcn_valu_ops_test_CFLAGS = $(gcn_valu_tests_cflags)
gcn_valu_ops_test_LDADD = libgcn.la $(CMOCKA_LIBS) -lm
gcn_valu_mods_test_SOURCES = %D%/gcn_valu_mods_test.c $(gcn_valu_tests_common)
gcn_valu_mods_test_CFLAGS = $(gcn_valu_tests_cflags)
gcn_valu_mods_test_LDADD = libgcn.la $(CMOCKA_LIBS) -lm
gcn_valu_lane_test_SOURCES = %D%/gcn_valu_lane_test.c $(gcn_valu_tests_common)
gcn_valu_lane_test_CFLAGS = $(gcn_valu_tests_cflags)
gcn_valu_lane_test_LDADD = libgcn.la $(CMOCKA_LIBS) -lm
gcn_valu_mfma_test_SOURCES = %D%/gcn_valu_mfma_test.c $(gcn_valu_tests_common)
gcn_valu_mfma_test_CFLAGS = $(gcn_valu_tests_cflags)
gcn_valu_mfma_test_LDADD = libgcn.la $(CMOCKA_LIBS) -lm
endif

# The encodings are checked in; this assembles them again with the llvm-mc at hand.
EXTRA_DIST += %D%/gcn_valu_gen %D%/gcn_valu.s
gcn-valu-words:
	$(srcdir)/%D%/gcn_valu_gen $(LLVM_MC) > $(srcdir)/%D%/gcn_valu_words.inc.new && \
	mv $(srcdir)/%D%/gcn_valu_words.inc.new $(srcdir)/%D%/gcn_valu_words.inc
endif
