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
    cpu     the emulator's CPU model
    qemu    more arguments to qemu
    append  more of the kernel's command line
    next    the case that the kernel after a kexec or crash runs
    panics  the host is meant to panic
    column  what a table of figures calls it; by default, its mitigations
    icount  virtual time is the count of executed instructions, 1 ns each; the
            host's clock, its randomness and slub_debug are kept out
    mitigations  what the kernel does about flaws of CPUs: off, or auto, which
            is the kernel's default
    stock   stock KVM takes Twinwalk's place: what the tables of tests expect is
            proven so, and figures are quoted beside it
    memory  of the host
    threads the emulator's: single, all CPUs take turns; multi, one each
    limit   seconds; a host that takes longer has failed.  About twice what
            the boot takes on two idle cores
    """

    name: str
    vendor: str
    kernel: str
    cases: list = field(default_factory=list)
    cpus: int = 2
    cpu: str = ""
    qemu: list = field(default_factory=list)
    append: str = ""
    next: str = ""
    panics: bool = False
    column: str = ""
    icount: bool = False
    mitigations: str = "off"
    stock: bool = False
    memory: str = "1G"
    threads: str = "single"
    limit: int = 180

    def has_linux(self):
        """Whether there is a QEMU with Linux guests in it."""
        return self.vendor == "amd" and bool(
            {"linux", "demo", "count_linux"} & set(self.cases))

    # Not "+npt": qemu would add that to a second CPU that is to lack it.
    def model(self):
        return self.cpu or {"amd": "EPYC,svm=on,npt=on",
                            "intel": "corei7_skylake_x"}[self.vendor]


def second_cpu(but):
    """qemu arguments: two CPUs that differ."""
    return ["-smp", "1,maxcpus=2", "-device",
            f"EPYC-x86_64-cpu,svm=on,{but},socket-id=0,core-id=1,"
            "thread-id=0"]


# A page of 1 GB, which only a kernel that has just booted is sure to have.
GIGA = "hugepagesz=1G hugepages=1"

# What both vendors' hosts go through.
COMMON = ["load50", "abi", "memslots", "params", "virt_on_demand", "refused_rmmod",
          "fail_each_step", "beside_stock", "dev_taken", "virt_taken",
          "hotplug", "open_race", "mmu_debugfs", "suspend"]

KUNIT = [
    # Thousands of loads wait for RCU: let it not be lazy about it.
    Boot("kunit", "amd", "sanitizer", ["kunit", "kmemleak"],
         append="rcupdate.rcu_expedited=1 lab.suites=!twinwalk_tdp",
         limit=560),
    Boot("kunit-tdp", "amd", "sanitizer", ["kunit", "kmemleak"],
         append="rcupdate.rcu_expedited=1 lab.suites=twinwalk_tdp",
         limit=560),
]

# The first is what users have; the second is quoted beside it.
BENCH = [
    Boot("bench-mmu", "amd", "small", ["bench_mmu"], cpus=1, icount=True,
         mitigations="auto", limit=60),
    Boot("bench-mmu-off", "amd", "small", ["bench_mmu"], cpus=1, icount=True,
         limit=60),
]

# What exits cost, here and with stock KVM; the kernel's configuration counts too.
EXITS = [
    Boot(f"exits-{kernel}{'-stock' if stock else ''}", "amd", kernel,
         ["count"], cpus=1, icount=True, mitigations=mitigations, stock=stock,
         column=f"{'stock' if stock else 'Twinwalk'}/{kernel}/{mitigations}",
         limit=90)
    for kernel, mitigations in (("small", "auto"), ("debian", "off"))
    for stock in (False, True)
]

# What a boot of Linux costs in QEMU, the same way.
LINUX = [
    Boot(f"boot-debian{'-stock' if stock else ''}", "amd", "debian",
         ["count_linux"], cpus=1, icount=True, stock=stock, memory="2G",
         column="stock" if stock else "Twinwalk", limit=400)
    for stock in (False, True)
]

AMD = [
    Boot("amd-debian", "amd", "debian", COMMON),
    # To load it there takes seconds: debugfs, tracefs, and KASAN's shadow of both.
    Boot("amd-sanitizer-load", "amd", "sanitizer", ["load50", "kmemleak"],
         limit=420),
    Boot("amd-sanitizer-steps", "amd", "sanitizer",
         ["fail_each_step", "kmemleak"], limit=420),
    Boot("amd-sanitizer", "amd", "sanitizer",
         [c for c in COMMON if c not in ("load50", "fail_each_step")] +
         ["kmemleak"], limit=420),
    Boot("amd-no-npt", "amd", "debian", ["no_tdp", "mmu_debugfs"],
         cpu="EPYC,+svm,-npt"),
    Boot("amd-no-svm", "amd", "debian", ["no_virt"], cpu="EPYC,-svm"),
    # clearcpuid: X86_FEATURE_SVM, and below X86_FEATURE_VMX.
    Boot("amd-kernel-off", "amd", "debian", ["kernel_off"],
         append="clearcpuid=194"),
    # The second CPU is another: without NPT, which the vendor tells, and
    # without RDTSCP, which the kernel itself papers over.
    Boot("amd-cpu-differs", "amd", "sanitizer", ["cpu_differs", "kmemleak"],
         cpus=1, qemu=second_cpu("npt=off"), append="lab.differs=NPT",
         limit=240),
    Boot("amd-cpu-rdtscp", "amd", "debian", ["cpu_differs"],
         cpus=1, qemu=second_cpu("npt=on,rdtscp=off"), append="lab.differs=RDTSCP"),
    Boot("amd-kexec", "amd", "debian", ["kexec"], next="after_kexec"),
    Boot("amd-crash", "amd", "debian", ["crash"], next="after_kexec",
         append="crashkernel=256M", panics=True),
    Boot("amd-selftests", "amd", "debian", ["selftests"], memory="4G",
         limit=600),
    Boot("amd-guests", "amd", "debian", ["guests", "nested", "ioctls", "trace"],
         memory="3G", append=GIGA),
    # Two hosts share the tests.
    Boot("amd-guests-sanitizer", "amd", "sanitizer",
         ["guests", "ioctls", "trace", "kmemleak"], memory="4G",
         append=GIGA + " lab.debug lab.patience=4 lab.share=0/2", limit=600),
    Boot("amd-guests-sanitizer-2", "amd", "sanitizer",
         ["guests", "nested", "kmemleak"], memory="4G",
         append=GIGA + " lab.debug lab.patience=4 lab.share=1/2", limit=600),
    Boot("amd-linux", "amd", "debian", ["linux"], memory="3G", threads="multi", limit=600),
    # The MMU looks at all of its tables as it goes.  For ACPI's way to the interrupt of
    # the device that has QEMU's files that kernel has no driver.
    Boot("amd-linux-sanitizer", "amd", "sanitizer", ["linux", "kmemleak"],
         memory="3G", threads="multi",
         append="acpi=noirq lab.debug lab.only=pc-on-1 lab.patience=5",
         limit=420),
    Boot("amd-reboot", "amd", "debian", ["reboot"]),
]

# Of check-amd, and not of check: they take long.
AMD_MORE = [
    Boot("amd-selftests-sanitizer", "amd", "sanitizer",
         ["selftests", "kmemleak"], memory="4G",
         append="lab.debug lab.patience=6", limit=3000),
]

INTEL = [
    Boot("intel-small", "intel", "small", COMMON, limit=300),
    # Idle time is slow there, and waiting for RCU is idle.
    Boot("intel-checked", "intel", "checked",
         ["virt_on_demand", "hotplug", "suspend", "kmemleak"],
         append="rcupdate.rcu_expedited=1", limit=600),
    # Two minutes more for kmemleak are check-long's.
    Boot("intel-checked-steps", "intel", "checked", ["fail_each_step"],
         append="rcupdate.rcu_expedited=1", limit=600),
    # The kernel checksums what it loads, for 20 of bochs' seconds, without a
    # break: RCU's patience, not the module's.
    Boot("intel-kexec", "intel", "small", ["kexec"], next="after_kexec",
         append="rcupdate.rcu_cpu_stall_timeout=120", limit=240),
    Boot("intel-crash", "intel", "small", ["crash"], next="after_kexec",
         append="rcupdate.rcu_cpu_stall_timeout=120 crashkernel=192M",
         panics=True, limit=240),
    Boot("intel-no-vmx", "intel", "small", ["no_virt"], cpus=1,
         cpu="p4_prescott_celeron_336"),
    # What Linux does on a CPU whose firmware has locked VT-x off.
    Boot("intel-locked", "intel", "small", ["locked_off"],
         append="clearcpuid=133"),
]

LONG = [
    # Stock KVM: what selftests.list says of it.
    Boot("long-amd-stock", "amd", "debian", ["selftests"], memory="4G",
         stock=True, limit=600),
    Boot("long-amd-stock-sanitizer", "amd", "sanitizer", ["selftests"],
         memory="4G", stock=True, append="lab.patience=4", limit=900),
    Boot("long-amd-stock-linux", "amd", "debian", ["linux"], memory="3G", threads="multi",
         stock=True, append="lab.set=long", limit=1800),
    Boot("long-amd-stock-guests", "amd", "debian", ["guests", "ioctls", "trace"],
         memory="3G", stock=True, append=GIGA),
    Boot("long-amd-stock-guests-sanitizer", "amd", "sanitizer",
         ["guests", "ioctls"], memory="4G", stock=True,
         append=GIGA + " lab.patience=4", limit=600),
    # A million random writes by guests, to all that they can write to.
    Boot("long-amd-apic-random", "amd", "debian", ["guests"],
         append="lab.only=apic_random,apic_random_2 lab.writes=1000000"
                " lab.patience=30", limit=3600),
    Boot("long-amd-apic-random-sanitizer", "amd", "sanitizer",
         ["guests", "kmemleak"],
         append="lab.debug lab.only=apic_random,apic_random_2 lab.writes=200000"
                " lab.patience=30", limit=3600),
    Boot("long-intel-checked", "intel", "checked", COMMON + ["kmemleak"],
         limit=900),
    Boot("long-intel-debian", "intel", "debian", ["load50", "abi", "hotplug"],
         limit=900),
]

DEMO = {
    "amd": Boot("demo-amd", "amd", "debian", ["demo"], memory="3G",
                append=GIGA),
    "intel": Boot("demo-intel", "intel", "small", ["demo"]),
}

SETS = {"kunit": KUNIT, "bench": BENCH, "exits": EXITS, "boot": LINUX, "amd": AMD,
        "amd-more": AMD_MORE, "intel": INTEL, "long": LONG}
