# SPDX-License-Identifier: MIT
include tests/unit/gcn_core.mk
include tests/unit/gcn_valu.mk
