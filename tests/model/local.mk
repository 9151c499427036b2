# SPDX-License-Identifier: MIT
TESTS += %D%/gate.sh %D%/pace.sh %D%/brake.sh
dist_check_SCRIPTS += %D%/gate.sh %D%/pace.sh %D%/brake.sh
EXTRA_DIST += %D%/common.sh %D%/gate.pml %D%/pace.pml %D%/brake.pml
