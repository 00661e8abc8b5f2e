# SPDX-License-Identifier: GPL-2.0-only
"""Which L1 hosts are booted, and which cases each of them runs.

A boot is a row.  What it leaves out has the default below.  A case that ends
its host (kexec, crash, reboot) is the last of its row.
"""

from dataclasses import dataclass, field


@dataclass
class Boot:
    """One host: how it is made, what runs in it.

    name    what the report calls it
    vendor  amd: qemu-system-x86_64 with TCG; intel: bochs
    kernel  debian, small, checked or sanitizer, see kernels.sh
    cases   from cases/, in this order
    cpus    how many
    cpu     qemu's CPU model
    qemu    more arguments to qemu
    grub    commands for GRUB, before it loads the kernel (bochs)
    append  more of the kernel's command line
    next    the case that the kernel after a kexec or crash runs
    panics  the host is meant to panic
    limit   seconds; a host that takes longer has failed
    """

    name: str
    vendor: str
    kernel: str
    cases: list = field(default_factory=list)
    cpus: int = 2
    cpu: str = "EPYC,+svm,+npt"
    qemu: list = field(default_factory=list)
    grub: list = field(default_factory=list)
    append: str = ""
    next: str = ""
    panics: bool = False
    limit: int = 180


# What both vendors' hosts go through.
COMMON = ["load50", "abi", "params", "virt_on_demand", "refused_rmmod",
          "fail_each_step", "beside_stock", "dev_taken", "virt_taken",
          "hotplug", "open_race", "suspend"]

KUNIT = [
    # Thousands of loads wait for RCU: let it not be lazy about it.
    Boot("kunit", "amd", "sanitizer", ["kunit", "kmemleak"],
         append="rcupdate.rcu_expedited=1", limit=300),
]

AMD = [
    Boot("amd-debian", "amd", "debian", COMMON),
    Boot("amd-sanitizer", "amd", "sanitizer", COMMON + ["kmemleak"]),
    Boot("amd-no-npt", "amd", "sanitizer", ["no_tdp", "kmemleak"],
         cpu="EPYC,+svm,-npt"),
    Boot("amd-no-svm", "amd", "sanitizer", ["no_virt", "kmemleak"],
         cpu="EPYC,-svm"),
    # The second CPU is another: without NPT.
    Boot("amd-cpu-differs", "amd", "sanitizer", ["cpu_differs", "kmemleak"],
         cpus=1, qemu=["-smp", "1,maxcpus=2", "-device",
                       "EPYC-x86_64-cpu,svm=on,npt=off,socket-id=0,"
                       "core-id=1,thread-id=0"]),
    Boot("amd-kexec", "amd", "debian", ["kexec"], next="after_kexec"),
    Boot("amd-crash", "amd", "debian", ["crash"], next="after_kexec",
         append="crashkernel=256M", panics=True),
    Boot("amd-reboot", "amd", "debian", ["reboot"]),
]

INTEL = [
    Boot("intel-small", "intel", "small", COMMON, limit=300),
    Boot("intel-checked", "intel", "checked", COMMON + ["kmemleak"],
         limit=600),
    # What a firmware does that keeps VT-x for itself: bit 0 locks, bit 2 would
    # allow.
    Boot("intel-locked", "intel", "small", ["locked_off"],
         grub=["insmod wrmsr", "wrmsr 0x3a 0x1"]),
]

DEMO = {
    "amd": Boot("demo-amd", "amd", "debian", ["demo"]),
    "intel": Boot("demo-intel", "intel", "small", ["demo"]),
}

SETS = {"kunit": KUNIT, "amd": AMD, "intel": INTEL}
