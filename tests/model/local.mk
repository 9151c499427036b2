# SPDX-License-Identifier: MIT
TESTS += %D%/gate.sh %D%/pace.sh
dist_check_SCRIPTS += %D%/gate.sh %D%/pace.sh
EXTRA_DIST += %D%/gate.pml %D%/pace.pml
