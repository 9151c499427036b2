# SPDX-License-Identifier: MIT
TESTS += %D%/gate.sh
dist_check_SCRIPTS += %D%/gate.sh
EXTRA_DIST += %D%/gate.pml
