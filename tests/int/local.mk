# SPDX-License-Identifier: MIT
# Programs for a GPU end in .gpu, by which the test harness knows that run-gpu.sh starts them.
SUFFIXES = .hip .gpu
TEST_EXTENSIONS += .gpu
GPU_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/int/run-gpu.sh
EXTRA_DIST += %D%/run-gpu.sh

# HIP needs one rule for all of its programs: hipcc compiles and links host and device code in one step.
HIP_COMPILE = $(HIPCC) --offload-arch=$(HIP_ARCH) -std=c++17 $(XS_WARN_CFLAGS) $(HIPFLAGS)
AM_V_HIPCC = $(am__v_HIPCC_@AM_V@)
am__v_HIPCC_ = $(am__v_HIPCC_@AM_DEFAULT_V@)
am__v_HIPCC_0 = @echo "  HIPCC   " $@;
am__v_HIPCC_1 =
.hip.gpu:
	@$(MKDIR_P) $(@D)
	$(AM_V_HIPCC)$(HIP_COMPILE) $(CMOCKA_CFLAGS) -o $@ $< $(CMOCKA_LIBS)

include tests/int/cwsr/local.mk
include tests/int/hip/local.mk
include tests/int/hsa/local.mk
include tests/int/daemon/local.mk
include tests/int/tool/local.mk
include tests/int/cli/local.mk
include tests/int/multi/local.mk
if SIM
include tests/int/kfd.mk
endif
