#!/usr/bin/env bash
# soak_faults -- more of what faults.py and damage.py try: FLIPS bits (20,000), ALLOCATIONS (200) that fail, a disk without reserve.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WF_LONG=1 WF_ALLOCATIONS=${ALLOCATIONS:-200} "$here/faults.py"
WF_FLIPS=${FLIPS:-20000} "$here/damage.py"
