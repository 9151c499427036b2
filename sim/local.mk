# SPDX-License-Identifier: MIT
include sim/common/local.mk
include sim/device/local.mk
include sim/gcn/local.mk
include sim/fault/local.mk
include sim/kfd/local.mk
include sim/drm/local.mk
include sim/cp/local.mk
include sim/share/local.mk
include sim/preload/local.mk
