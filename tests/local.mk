# SPDX-License-Identifier: MIT
# One fragment per area, so that each lists its own programs.
include tests/unit/local.mk
include tests/int/local.mk
include tests/fuzz/local.mk
include tests/abi/local.mk
include tests/policy/local.mk
include tests/model/local.mk

ROUNDS = 1000
if HAVE_CMOCKA
if SIM
soak_order_programs += kfdsim
endif
soak-order: $(soak_order_programs)
	$(AM_TESTS_ENVIRONMENT) $(soak_order)
endif
