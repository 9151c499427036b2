# SPDX-License-Identifier: MIT
include %D%/cp.mk
