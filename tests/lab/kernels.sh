#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# kernels.sh - the kernels that L1 hosts run, and two that are guests only
#
#	kernels.sh debian|small|checked|sanitizer|guest32up|guest32pae
#
# Makes the kernel if it is not in the cache, and prints three paths, a line
# each: the image to boot, the tree to build modules against, the folder with
# its stock modules.  The cache is $TWINWALK_CACHE, by default
# ~/.cache/twinwalk; what is made there is named by all that went into it, so it
# is never stale, and it can be deleted at any time.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${TWINWALK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/twinwalk}
mkdir -p "$cache"

say() {
	printf '%s\n' "$*" >&2
}

# missing DIR: it has to be made, and by us: two that make the same thing would
# take it away from each other.
missing() {
	[ ! -e "$1/done" ] || return 1
	exec 9>"$cache/lock"
	flock 9
	[ ! -e "$1/done" ]
}

# Debian's own kernel: that of the newest headers installed, unpacked, never
# installed.
debian() {
	local abi dir
	abi=$(ls -d /usr/src/linux-headers-6.1.0-*-amd64 2>/dev/null |
		grep -E '6\.1\.0-[0-9]+-amd64$' |
		sort -V | tail -n 1 | sed 's/.*linux-headers-//')
	[ -n "$abi" ] || {
		say "no Debian 6.1 headers: apt-get install linux-headers-amd64 on Debian 12"
		exit 1
	}
	dir=$cache/debian-$abi
	if missing "$dir"; then
		say "fetching Debian's kernel $abi"
		rm -rf "$dir"
		mkdir -p "$dir/deb"
		(cd "$dir/deb" && { apt-get download "linux-image-$abi" >&2 ||
			{ apt-get update >&2 && apt-get download "linux-image-$abi" >&2; }; })
		dpkg -x "$dir"/deb/*.deb "$dir"
		rm -rf "$dir/deb"
		touch "$dir/done"
	fi
	echo "$dir/boot/vmlinuz-$abi"
	echo "/usr/src/linux-headers-$abi"
	echo "$dir/lib/modules/$abi/kernel"
}

source_tree() {
	local tar=/usr/src/linux-source-6.1.tar.xz version dir
	version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
	dir=$cache/linux-source-$version
	if missing "$dir"; then
		say "unpacking linux-source $version"
		rm -rf "$dir"
		mkdir -p "$dir"
		tar -C "$dir" --strip-components=1 -xf "$tar"
		touch "$dir/done"
	fi
	echo "$dir"
}

# built NAME ARCH FRAGMENT...: ours, from linux-source; tinyconfig and fragments
built() {
	local name=$1 arch=$2 src key dir
	shift 2
	set -- "${@/#/$here/kernel/}"
	src=$(source_tree)
	key=$(cat "$@" <(basename "$src") <(gcc -dumpfullversion) | sha256sum |
		cut -c1-12)
	dir=$cache/$name-$key
	if missing "$dir"; then
		say "building the $name kernel, 2 to 4 minutes on 2 cores"
		rm -rf "$dir"
		mkdir -p "$dir"
		set_up "$src" "$dir" "$arch" "$@"
		make -s -C "$src" O="$dir" ARCH="$arch" -j"$(nproc)" >"$dir/build.log" 2>&1 ||
			{ tail -n 20 "$dir/build.log" >&2; exit 1; }
		touch "$dir/done"
	fi
	echo "$dir/arch/x86/boot/bzImage"
	echo "$dir"
	echo "$dir"
}

# set_up SOURCE DIR ARCH FRAGMENT...
set_up() {
	local src=$1 dir=$2 arch=$3
	shift 3
	make -s -C "$src" O="$dir" ARCH="$arch" tinyconfig >/dev/null
	(cd "$dir" && "$src/scripts/kconfig/merge_config.sh" -m -O "$dir" \
		.config "$@" >/dev/null)
	make -s -C "$src" O="$dir" ARCH="$arch" olddefconfig >/dev/null
	wanted "$dir" "$@"
}

# An option that Kconfig quietly dropped would make a check empty.
wanted() {
	local dir=$1 line missing=0
	shift
	while read -r line; do
		grep -qxF -- "$line" "$dir/.config" ||
			{ say "Kconfig dropped: $line"; missing=1; }
	done < <(grep -h '^CONFIG_' "$@")
	[ $missing = 0 ]
}

case ${1:-} in
debian) debian ;;
small | checked | sanitizer) built "$1" x86_64 common.config "$1.config" ;;
guest32up | guest32pae) built "$1" i386 guest32.config "$1.config" ;;
source) source_tree ;;
*)
	say "usage: $0 debian|small|checked|sanitizer|guest32up|guest32pae|source"
	exit 2
	;;
esac
