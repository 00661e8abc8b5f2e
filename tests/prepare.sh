#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# prepare.sh - install the Debian packages that the checks and the lab need
#
# Does nothing where they are there.  Otherwise it has to run as root.
set -euo pipefail

packages="build-essential flex bison bc libelf-dev libssl-dev rsync kmod cpio
	xz-utils python3 git qemu-system-x86 qemu-utils ovmf seabios bochs bochsbios vgabios
	grub-pc-bin grub-common xorriso mtools busybox-static sparse
	linux-headers-amd64 linux-source-6.1 clang-format mandoc dkms libzydis-dev
	clang libclang-rt-dev memtest86+"

missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null |
		grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0

echo "installing Debian packages:$missing"
log=$(mktemp)
# A third party's repository that does not answer is no concern of ours.
apt-get update >"$log" 2>&1 || echo "apt-get update: not all went well"
# shellcheck disable=SC2086
if ! DEBIAN_FRONTEND=noninteractive apt-get install -y \
	--no-install-recommends $missing >"$log" 2>&1; then
	tail -n 20 "$log"
	echo "prepare: the packages could not be installed"
	exit 1
fi
rm -f "$log"
