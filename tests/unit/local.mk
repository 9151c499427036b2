# SPDX-License-Identifier: MIT
include tests/unit/cwsr.mk
include tests/unit/tool.mk
include tests/unit/cli/local.mk
include tests/unit/ipc.mk
if SIM
include tests/unit/cp.mk
include tests/unit/gcn_core.mk
include tests/unit/gcn_valu.mk
include tests/unit/kfd.mk
endif
