# SPDX-License-Identifier: MIT
dist_check_SCRIPTS += %D%/check %D%/demo
EXTRA_DIST += %D%/packages.sh
