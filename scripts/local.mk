# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/check %D%/demo %D%/matrix %D%/packages.sh
