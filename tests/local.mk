# SPDX-License-Identifier: MIT
# One fragment per area, so that each lists its own programs.
include tests/unit/local.mk
include tests/int/local.mk
include tests/fuzz/local.mk
include tests/abi/local.mk
include tests/policy/local.mk
include tests/model/local.mk
