#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Boots L1 hosts with the module in them and brings back what happened.

    lab.py run SET [NAME]     boot every host of a set: kunit, bench, exits, boot,
                              amd, amd-more, intel, long
    lab.py demo amd|intel     boot one host and show what its tool prints
    lab.py shell amd|intel    an interactive shell on such a host

LAB_APPEND has more words for the hosts' kernel command line, LAB_SELFTESTS
another table in place of selftests.list.

A host gets its kernel, and an initramfs with a static busybox, the modules, the
cases and the tools.  It reports on its second serial port, in the records that
tests/lab/init describes; its console is watched for what no run may print.
Both, and all that a host was made of, stay in build/lab/NAME.

Exit status: 0, all passed; 1, something failed; 2, called wrongly.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import boots

LAB = Path(__file__).resolve().parent
TOP = LAB.parent.parent
BUILD = TOP / "build"
RESULTS = BUILD / "results"

# A line of these on a host's console fails the run, whatever the cases say.
FORBIDDEN = re.compile("|".join([
    r"Kernel panic", r"\bBUG:", r"\bOops\b", r"WARNING: ", r"\[ BUG: ",
    r"general protection fault", r"kmemleak: \d+ new", r"UBSAN:",
    r"Unable to handle kernel", r"rcu: INFO", r"INFO: rcu", r"self-detected",
    r"soft lockup", r"hard LOCKUP", r"blocked for more than",
    r"possible recursive locking", r"circular locking", r"inconsistent lock state",
    r"suspicious RCU", r"invalid wait context", r"refcount_t:",
    r"Slab cache still has objects", r"still has objects",
    r"objects remaining", r"corruption", r"scheduling while atomic",
    r"sleeping function called", r"workqueue lockup", r"ODEBUG:",
    r"unregister_netdevice: waiting", r"VFS: Busy inodes",
]))

# Of those, what tells that the host stood still: not a verdict on the module
# until a second boot stands still too.
LOCKED_UP = re.compile(r"soft lockup|hard LOCKUP|rcu: INFO|self-detected")

# What the note of a test says that was not made, and why, or nothing.
SKIPPED = "skipped: "

# The emulated hosts have these of their own, with stock KVM as without any.
HARMLESS = re.compile("|".join([
    r"crng", r"WARNING: Spectre",
    r"Speculative Return Stack Overflow: WARNING: See", r"x86/mm: Checked W\+X",
    # Linux 6.1: a part of a private hugetlb mapping is unmapped.
    r"i_mmap_assert_write_locked",
    # bochs: CPUID's sizes of XSAVE states do not add up.
    r"WARNING: CPU: 0 PID: 0 at arch/x86/kernel/fpu/xstate\.c",
]))


class LabError(Exception):
    """The lab itself does not work; nothing is known about the module."""


def sh(*cmd, **kw):
    """Run a command that must succeed; its output, if it fails, is the error."""
    r = subprocess.run([str(c) for c in cmd], stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, **kw)
    if r.returncode:
        raise LabError(f"{' '.join(str(c) for c in cmd)}\n{r.stdout}")
    return r.stdout


def say(text):
    print(text, flush=True)


# --- what a host is made of -------------------------------------------------

class Kernel:
    """A kernel of kernels.sh, and the modules built against it."""

    cache = {}

    def __new__(cls, name):
        if name not in cls.cache:
            cls.cache[name] = super().__new__(cls)
        return cls.cache[name]

    def __init__(self, name):
        if hasattr(self, "name"):
            return
        self.name = name
        r = subprocess.run([LAB / "kernels.sh", name], text=True,
                           stdout=subprocess.PIPE)
        if r.returncode:
            raise LabError(f"no {name} kernel")
        image, kdir, stock = r.stdout.split()
        self.image, self.kdir, self.stock = map(Path, (image, kdir, stock))
        self.built = {}

    def modules(self, boot):
        """What goes into the initramfs: a list of (name there, path here)."""
        if boot.stock not in self.built:
            labmod = [("labmod.ko", self.build_labmod())]
            self.built[boot.stock] = labmod if boot.stock \
                else labmod + self.build_modules()
        return self.built[boot.stock]

    def build_labmod(self):
        """What looks at a host from outside of the module under test."""
        mod = BUILD / "module" / f"{self.name}-labmod"
        mod.mkdir(parents=True, exist_ok=True)
        copy_changed([LAB / "mod"], mod)
        sh("make", "-s", "-C", self.kdir, f"M={mod}/mod", "modules")
        return mod / "mod" / "labmod.ko"

    def build_modules(self):
        """Twinwalk's, of every flavour."""
        say(f"  building the modules for the {self.name} kernel")
        kunit = self.name == "sanitizer"
        bench = self.name == "small"
        release = stage(f"{self.name}", self.kdir,
                        *(["TWINWALK_BENCH=1"] if bench else []))
        debug = stage(f"{self.name}-debug", self.kdir, "TWINWALK_DEBUG=1",
                      *(["TWINWALK_KUNIT=1"] if kunit else []))
        out = [("twinwalk.ko", release / "twinwalk.ko"),
               ("twinwalk-debug.ko", debug / "twinwalk.ko")]
        if kunit:
            out.append(("twinwalk_kunit.ko", debug / "twinwalk_kunit.ko"))
        if bench:
            out.append(("twinwalk_bench.ko", release / "twinwalk_bench.ko"))
        return out

    def stock_modules(self, wanted):
        """Modules of the kernel's own, and what they need, in load order."""
        order = []

        def add(name):
            found = [p for p in self.stock.rglob("*.ko")
                     if p.stem.replace("-", "_") == name.replace("-", "_")]
            if not found:
                raise LabError(f"no module {name} in {self.stock}")
            deps = sh("modinfo", "-F", "depends", found[0]).strip()
            for dep in filter(None, deps.split(",")):
                add(dep)
            if found[0] not in order:
                order.append(found[0])

        add(wanted)
        return order

    def has_built_in(self, option):
        """Whether what would be a module elsewhere is part of the kernel."""
        config = self.kdir / ".config"
        return f"CONFIG_{option}=y" in config.read_text().splitlines()


def copy_changed(sources, to):
    """rsync: what did not change keeps its time, so nothing is built twice."""
    sh("rsync", "-a", "--delete-missing-args", *sources, to)


def stage(name, kdir, *args):
    """Build the module in a tree of its own, for one kernel and flavour."""
    to = BUILD / "module" / name
    to.mkdir(parents=True, exist_ok=True)
    copy_changed([TOP / d for d in ("META", "Kbuild", "include", "virt", "x86",
                                    "mmu", "vmx", "svm", "irqchip",
                                    "emulate")], to)
    (to / "tests").mkdir(exist_ok=True)
    copy_changed([TOP / "tests" / d for d in ("kunit", "bench", "emulate")],
                 to / "tests")
    sh("make", "-s", f"-j{os.cpu_count()}", "-C", kdir, f"M={to}", *args,
       "modules")
    return to


def tools():
    """The static programs, built once for all hosts."""
    out = BUILD / "prog"
    out.mkdir(parents=True, exist_ok=True)
    for src in sorted((LAB / "prog").glob("*.c")):
        exe = out / src.stem
        if not exe.exists() or exe.stat().st_mtime < src.stat().st_mtime:
            sh("gcc", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter",
               "-static", "-o", exe, src)
    return sorted(p for p in out.iterdir() if os.access(p, os.X_OK))


def pack(root, to):
    """An initramfs from a tree."""
    sh("bash", "-o", "pipefail", "-c",
       f"cd '{root}' && find . | sort | cpio -o -H newc --quiet -R 0:0 | "
       f"gzip -1n > '{to}'")


def add_modules(to, order):
    """Modules of the kernel's own, and the order to load them in."""
    to.mkdir()
    for path in order:
        shutil.copy(path, to)
    (to / "order").write_text("".join(f"{p.name}\n" for p in order))


def add_selftests(lab):
    """The kernel's selftests that the table names, and the table."""
    r = subprocess.run([LAB / "selftests.sh"], text=True,
                       stdout=subprocess.PIPE)
    if r.returncode:
        raise LabError("no selftests")
    built = Path(r.stdout.strip())
    table = Path(os.environ.get("LAB_SELFTESTS", LAB / "selftests.list"))
    shutil.copy(table, lab / "selftests.list")
    rows = [line.split() for line in table.read_text().splitlines()]
    for name in {row[2] for row in rows if row and row[0] != "#"}:
        if not (built / name).exists():
            raise LabError(f"selftest {name} did not build: "
                           f"{built}/build.log")
        to = lab / "selftests" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        sh("strip", "-o", to, built / name)


# The cases that run tiny guests.
GUEST_CASES = {"guests", "ioctls", "demo", "count", "trace", "nested"}


def add_guests(root):
    """The tiny guests, and what runs them."""
    out = BUILD / "guest"
    sh("make", "-s", "-C", TOP / "tests" / "guest", f"OUT={out}")
    guests = root / "lab" / "guests"
    guests.mkdir()
    for path in out.iterdir():
        if path.suffix == ".bin":
            shutil.copy(path, guests)
        elif os.access(path, os.X_OK) and not path.suffix:
            shutil.copy(path, root / "bin")


# What QEMU has to find in a host, beside the libraries it is linked with.
QEMU_FILES = ["/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-img", "/usr/share/seabios",
              "/usr/share/qemu/kvmvapic.bin", "/usr/share/qemu/linuxboot_dma.bin",
              "/usr/share/OVMF"]

# What a Linux guest loads, and what it needs, in this order.
GUEST_MODULES = ["virtio_pci", "virtio_blk", "virtio_net", "9pnet_virtio", "9p",
                 "e1000", "ahci", "sd_mod"]


def linux_guest(folder):
    """A Linux guest: Debian's kernel, an initramfs, something to transfer."""
    debian = Kernel("debian")
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    (root / "bin").mkdir(parents=True)
    (root / "modules").mkdir()
    shutil.copy(shutil.which("busybox"), root / "bin" / "busybox")
    shutil.copy(LAB / "linux" / "init", root / "init")
    for name in GUEST_MODULES:
        order = debian.stock_modules(name)
        for path in order:
            shutil.copy(path, root / "modules")
        (root / "modules" / f"{name}.order").write_text(
            "".join(f"{p.name}\n" for p in order))
    to = folder / "qemu" / "guest"
    to.mkdir(parents=True, exist_ok=True)
    pack(root, to / "initrd")
    shutil.copy(debian.image, to / "kernel")
    shutil.copy(shutil.which("busybox"), to / "busybox")
    (to / "file").write_bytes(Path(shutil.which("busybox")).read_bytes()[:300000])


MEMTEST = [Path("/boot/memtest86+x64.bin"), Path("/boot/memtest86+ia32.bin")]


def other_guests(boot, to):
    """What rows of linux.list boot by @kernel=NAME in place of Debian's kernel."""
    for path in MEMTEST:
        shutil.copy(path, to / path.stem)
    # To build them takes minutes: only for check-long's rows.
    if "lab.set=long" not in cmdline(boot, boot.cases):
        return
    for name in ("guest32up", "guest32pae"):
        shutil.copy(Kernel(name).image, to / name)
    root = BUILD / "linux" / "root32"
    root.mkdir(exist_ok=True)
    # Its headers are those of 64 bits, which have both.
    sh("gcc", "-m32", "-march=i686", "-O2", "-Wall", "-Wextra", "-nostdlib",
       "-static", "-ffreestanding", "-fno-pie", "-fno-stack-protector",
       "-idirafter", "/usr/include/x86_64-linux-gnu", "-o", root / "init",
       LAB / "linux" / "init32.c")
    pack(root, to / "initrd32")


def qemu_tree():
    """A folder with QEMU, its libraries and its guests, for hosts to chroot to."""
    to = BUILD / "linux" / "qemu"
    for name in ("dev", "proc", "sys", "tmp", "bin"):
        (to / name).mkdir(parents=True, exist_ok=True)
    libraries = re.findall(r"(/\S+) \(0x", sh("ldd", *QEMU_FILES[:2]))
    sh("rsync", "-aRL", *QEMU_FILES, *libraries, to)
    for tool in tools():
        shutil.copy(tool, to / "bin")
    linux_guest(BUILD / "linux")
    return to


def add_linux(boot, lab, kernel):
    """What a host needs to run QEMU: its files are shared by 9P."""
    tree = qemu_tree()
    if "linux" in boot.cases:
        other_guests(boot, tree / "guest")
    shutil.copy(LAB / "linux.list", lab)
    if not kernel.has_built_in("9P_FS"):
        order = []
        for name in ("virtio_pci", "9pnet_virtio", "9p"):
            order += [p for p in kernel.stock_modules(name) if p not in order]
        add_modules(lab / "9p", order)


def make_initrd(boot, kernel, folder):
    """The initramfs of a host, with the next kernel inside if it has one."""
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    lab = root / "lab"
    lab.mkdir(parents=True)
    (root / "bin").mkdir()
    shutil.copy(shutil.which("busybox"), root / "bin" / "busybox")
    for tool in tools():
        shutil.copy(tool, root / "bin")
    shutil.copy(LAB / "init", root / "init")
    shutil.copy(LAB / "lib.sh", lab)
    shutil.copy(LAB / "shell", lab)
    shutil.copytree(LAB / "cases", lab / "cases")
    # Debian's configuration has ten times as much to say to debuggers.
    for name, path in kernel.modules(boot):
        sh("strip", "--strip-debug", "-o", lab / name, path)
    steps = re.findall(r'^\t\{ "([a-z0-9-]+)",', (TOP / "virt" / "ladder.c")
                       .read_text(), re.M)
    (lab / "steps").write_text("\n".join(steps) + "\n")
    if boot.next:
        pack(root, folder / "next.gz")
        (lab / "next").mkdir()
        shutil.copy(kernel.image, lab / "next" / "kernel")
        shutil.copy(folder / "next.gz", lab / "next" / "initrd")
        (lab / "next" / "cmdline").write_text(
            cmdline(boot, [boot.next]) + " maxcpus=1")
    if boot.stock or "beside_stock" in boot.cases:
        add_modules(lab / "stock", kernel.stock_modules(f"kvm_{boot.vendor}"))
    if "selftests" in boot.cases:
        add_selftests(lab)
    if GUEST_CASES & set(boot.cases):
        add_guests(root)
    if boot.has_linux():
        add_linux(boot, lab, kernel)
    # A disk in memory, to swap to.
    if "guests" in boot.cases and not kernel.has_built_in("BLK_DEV_RAM"):
        add_modules(lab / "disk", kernel.stock_modules("brd"))
    initrd = folder / "initrd.gz"
    pack(root, initrd)
    return initrd


# bochs: instructions that make a second.  With two CPUs it plays idle time
# instruction by instruction, so a second has to be short; and the kernel has to
# be told, or it believes the 3.5 GHz of CPUID and waits 90 times too long.
BOCHS_IPS = 40000000


def cmdline(boot, cases, shell=False):
    """The kernel's command line."""
    # Where a panic leads to a reset, bochs would boot the same thing again.
    vendor = {"amd": "panic=-1",
              "intel": f"panic=0 tsc_early_khz={BOCHS_IPS // 1000}"}
    words = ["console=ttyS0,115200", vendor[boot.vendor],
             f"mitigations={boot.mitigations}", "printk.time=1",
             "suspend.pm_test_delay=0"]
    # What the checks of the slab allocator cost is nothing that users pay.
    words += ["nokaslr"] if boot.icount else ["slub_debug=FZPU,twinwalk*"]
    words += ["lab.stock"] if boot.stock else []
    words += [boot.append] if boot.append else []
    words += os.environ.get("LAB_APPEND", "").split()
    return " ".join(words + ["lab.shell" if shell
                             else "lab.cases=" + ",".join(cases)])


# --- the two emulators ------------------------------------------------------

def qemu_command(boot, kernel, initrd, folder, shell):
    """An AMD-V host."""
    cmd = ["qemu-system-x86_64", "-accel", f"tcg,thread={boot.threads}",
           "-machine", "pc", "-cpu", boot.model(), "-m", boot.memory, "-no-reboot", "-nodefaults",
           "-no-user-config", "-display", "none", "-kernel", kernel.image,
           "-initrd", initrd, "-append", cmdline(boot, boot.cases, shell)]
    if "-smp" not in boot.qemu:
        cmd += ["-smp", boot.cpus]
    if shell:
        cmd += ["-chardev", "stdio,id=con,signal=off", "-serial",
                "chardev:con"]
    else:
        cmd += ["-serial", f"file:{folder}/console", "-serial",
                f"file:{folder}/report"]
    if boot.has_linux():
        cmd += ["-fsdev", f"local,id=linux,path={BUILD}/linux/qemu,"
                "security_model=none,readonly=on", "-device",
                "virtio-9p-pci,fsdev=linux,mount_tag=linux"]
    if boot.icount:
        cmd += ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc",
                "base=2026-01-01,clock=vm"]
    return cmd + boot.qemu


def bochs_command(boot, kernel, initrd, folder, shell):
    """A VT-x host: it boots a CD and nothing else."""
    iso = folder / "iso"
    shutil.rmtree(iso, ignore_errors=True)
    (iso / "boot" / "grub").mkdir(parents=True)
    shutil.copy(kernel.image, iso / "boot" / "kernel")
    shutil.copy(initrd, iso / "boot" / "initrd.gz")
    (iso / "boot" / "grub" / "grub.cfg").write_text("\n".join([
        "set timeout=0",
        f"linux /boot/kernel {cmdline(boot, boot.cases, shell)}",
        "initrd /boot/initrd.gz", "boot", ""]))
    sh("grub-mkrescue", "-R", "-d", "/usr/lib/grub/i386-pc", "-o",
       folder / "host.iso", iso)
    com1 = "mode=file, dev=console"
    if shell:
        com1 = f"mode=term, dev={os.ttyname(0)}"
    (folder / "bochsrc").write_text("\n".join([
        'display_library: rfb, options="timeout=0"',
        f"cpu: model={boot.model()}, ips={BOCHS_IPS}, "
        f"count={boot.cpus}, reset_on_triple_fault=0",
        "memory: guest=768, host=768",
        "romimage: file=/usr/share/bochs/BIOS-bochs-latest",
        "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest",
        "ata0-master: type=cdrom, path=host.iso, status=inserted",
        "boot: cdrom", "clock: sync=none",
        # Without a sound card, the speaker's mixer brings bochs down.
        "plugin_ctrl: speaker=0",
        "sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy",
        f"com1: enabled=1, {com1}",
        "com2: enabled=1, mode=file, dev=report",
        "log: bochs.log", "panic: action=fatal", "error: action=ignore",
        "info: action=ignore", "debug: action=ignore", ""]))
    # The debugger of Debian's build waits for a command: continue.
    (folder / "go").write_text("c\n")
    return ["bochs", "-q", "-f", "bochsrc", "-rc", "go"]


EMULATORS = {"amd": qemu_command, "intel": bochs_command}


# --- a run ------------------------------------------------------------------

@dataclass
class Figure:
    """What a host measured, and the highest value that passes."""

    name: str
    good: bool
    value: str
    target: str
    unit: str


class Report:
    """What a host reported, and what its console says."""

    def __init__(self, boot, folder):
        self.boot = boot
        self.console = self.read(folder / "console")
        self.rows = []
        self.log = {}
        self.figures = []
        self.in_table = set()
        self.began = False
        self.ended = False
        self.parse(self.read(folder / "report"))

    @staticmethod
    def read(path):
        return path.read_text(errors="replace") if path.exists() else ""

    def parse(self, text):
        case = ""
        # What was said since the last test: of the one that comes to its end.
        said = []
        for line in text.splitlines():
            kind, _, rest = line.strip("\r\0").partition(" ")
            if kind == "B":
                self.began = True
                case = rest
                said = []
            elif kind == "L":
                self.log.setdefault(case, []).append(rest)
                said.append(rest)
            elif kind == "S":
                name, status = rest.rsplit(" ", 1)
                self.rows.append((f"{case}/{name}", status == "0", ""))
                self.log[f"{case}/{name}"] = said
                said = []
            elif kind == "K":
                name, note = rest.split("\t")
                self.rows.append((f"{case}/{name}", True, SKIPPED + note))
                said = []
            elif kind == "N":
                name, note = rest.split("\t")
                self.rows.append((f"{case}/{name}", True, note))
                said = []
            elif kind == "F":
                name, status, value, target, unit = rest.split(" ")
                good = status == "0"
                self.figures.append(Figure(name, good, value, target, unit))
                self.in_table.add(f"{case}/{name}")
                self.rows.append((f"{case}/{name}", good,
                                  f"{value} {unit}" +
                                  ("" if target == "-" else
                                   f", at most {target}")))
            elif kind == "R":
                name, status, seconds = rest.split(" ")
                self.rows.append((name, status == "0", f"{seconds} s"))
            elif kind == "E":
                self.ended = True

    def wanted(self):
        """The cases that have to be reported."""
        b = self.boot
        return b.cases[:-1] + [b.next] if b.next else b.cases

    def console_faults(self):
        bad = [line for line in self.console.splitlines()
               if FORBIDDEN.search(line) and not HARMLESS.search(line)]
        # The case tells whose they are.
        if "kmemleak" in self.boot.cases:
            bad = [line for line in bad if "kmemleak: " not in line]
        if self.boot.panics:
            bad = [line for line in bad
                   if "sysrq triggered crash" not in line]
        return bad

    def locked_up(self):
        """The emulator's doing: the host stood still, or never began."""
        return not self.began or bool(LOCKED_UP.search(self.console))

    def complete(self):
        """Every wanted case with its status, then the console's verdict."""
        seen = {name for name, _, _ in self.rows}
        rows = list(self.rows)
        for name in self.wanted():
            if name not in seen:
                rows.append((name, False, "no result: the host did not get "
                                          "so far"))
                self.log.setdefault(name, []).extend(
                    self.console.splitlines()[-25:])
        faults = self.console_faults()
        if faults:
            self.log["console"] = faults[:40]
        rows.append(("console", not faults, "nothing reported" if not faults
                     else f"{len(faults)} lines"))
        return rows


def watch(process, folder, limit):
    """Wait for the host; kill it when its time is up or it has panicked.

    Before its first case no module of ours is loaded: a host that does not get so
    far in half of its time has been stopped by the emulator.
    """
    end = time.monotonic() + limit
    late = end - limit + max(limit / 2, 120)
    last_words = None
    while time.monotonic() < end:
        try:
            process.wait(0.2)
            return
        except subprocess.TimeoutExpired:
            pass
        if (time.monotonic() > late and
                "B " not in Report.read(folder / "report")):
            break
        text = Report.read(folder / "console")
        if last_words is None and ("end Kernel panic" in text or
                                   LOCKED_UP.search(text)):
            last_words = time.monotonic() + 10
        if last_words and time.monotonic() > last_words:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def boot_once(boot, folder, command):
    for name in ("console", "report", "bochs.log"):
        (folder / name).unlink(missing_ok=True)
    with open(folder / "emulator.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [str(c) for c in command], cwd=folder, stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True)
        try:
            watch(process, folder, boot.limit)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return Report(boot, folder)


def prepare(boot, shell=False):
    folder = BUILD / "lab" / boot.name
    folder.mkdir(parents=True, exist_ok=True)
    kernel = Kernel(boot.kernel)
    initrd = make_initrd(boot, kernel, folder)
    command = EMULATORS[boot.vendor](boot, kernel, initrd, folder, shell)
    return folder, command


def show_rows(report, rows):
    lines = []
    for name, good, note in rows:
        if good and name in report.in_table:
            continue
        lines.append(f"  {'ok    ' if good else 'NOT OK'} {report.boot.name}: "
                     f"{name}{'  (' + note + ')' if note else ''}")
        if not good and name not in report.in_table:
            said = report.log.get(name) or \
                report.log.get(name.split("/")[0], [])
            lines += [f"         | {line}" for line in said]
    return lines


def run_prepared(boot, folder, command):
    """Boot a host; its rows, printed in one piece, and returned."""
    begin = time.monotonic()
    say(f"  {boot.name}: booting, at most {boot.limit} s")
    report = boot_once(boot, folder, command)
    if not report.ended and report.locked_up():
        say(f"  {boot.name}: THE EMULATED HOST LOCKED UP, booted once more")
        report = boot_once(boot, folder, command)
    rows = report.complete()
    say("\n".join(show_rows(report, rows) +
                  [f"  {boot.name}: {time.monotonic() - begin:.0f} s of "
                   f"{boot.limit}"]))
    return rows, report


def run(chosen):
    """Boot hosts, as many at a time as there are CPUs: each takes one."""
    prepared = [(boot, *prepare(boot)) for boot in chosen]
    with ThreadPoolExecutor(min(len(chosen), os.cpu_count())) as pool:
        return list(pool.map(lambda p: run_prepared(*p), prepared))


def verdict(title, rows):
    """The last line of a target, and its counts for the sum of them all."""
    skipped = sum(1 for _, _, note in rows if note.startswith(SKIPPED))
    passed = sum(1 for _, good, _ in rows if good) - skipped
    failed = len(rows) - passed - skipped
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / title).write_text(f"{passed} {failed} {skipped}\n")
    say(f"{title}: {passed} passed, {failed} failed" +
        (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def show_figures(title, reports):
    """A table of what was measured, a column a host; a copy for machines."""
    reports = [r for r in reports if r.boot.icount]
    if not reports:
        return
    RESULTS.mkdir(parents=True, exist_ok=True)
    lines = [["figure", "unit", "target"] +
             [r.boot.column or f"mitigations={r.boot.mitigations}"
              for r in reports] +
             ["verdict"]]
    columns = [{f.name: f for f in r.figures} for r in reports]
    # A host that did not get so far has "none", and none at all has no rows.
    for name, any_of in {k: f for c in columns for k, f in c.items()}.items():
        found = [c.get(name) for c in columns]
        good = all(f and f.good for f in found)
        lines.append([name, any_of.unit, any_of.target] +
                     [f.value if f else "none" for f in found] +
                     ["ok" if good else "NOT-OK"])
    widths = [max(len(line[i]) for line in lines)
              for i in range(len(lines[0]))]
    say("")
    for line in lines:
        say("  " + "  ".join(c.ljust(w) if i < 2 else c.rjust(w)
                             for i, (c, w) in enumerate(zip(line, widths))))
    say("")
    (RESULTS / f"{title}.txt").write_text(
        "".join("\t".join(line) + "\n" for line in lines))


def run_set(name, only=None):
    chosen = [b for b in boots.SETS[name] if only in (None, b.name)]
    if not chosen:
        raise LabError(f"no boot {only}; there are: " +
                       " ".join(b.name for b in boots.SETS[name]))
    done = run(chosen)
    show_figures({"bench": "bench-mmu"}.get(name, name),
                 [report for _, report in done])
    return verdict(f"check-{name}", [row for rows, _ in done for row in rows])


def demo(vendor):
    boot = boots.DEMO[vendor]
    say(f"A host with {'AMD-V' if vendor == 'amd' else 'VT-x'} boots, loads "
        "the module, runs a tool that opens /dev/kvm, and unloads it.")
    [(rows, report)] = run([boot])
    say("")
    for line in report.log.get("demo", []):
        say(line)
    say("")
    return verdict("demo", rows)


def shell(vendor):
    boot = boots.DEMO[vendor]
    boot.name = f"shell-{vendor}"
    if vendor == "intel" and not os.isatty(0):
        raise LabError("a shell on a VT-x host needs a terminal")
    folder, command = prepare(boot, shell=True)
    say('booting; "poweroff -f" in the host ends it')
    saved = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        subprocess.run([str(c) for c in command], cwd=folder, check=False)
    finally:
        # An emulator that was stopped leaves the terminal raw.
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
    say("the host is gone")
    return 0


def main(args):
    try:
        if args[:1] == ["run"] and len(args) in (2, 3) and \
           args[1] in boots.SETS:
            return run_set(*args[1:])
        if args[:1] == ["demo"] and args[1:] in (["amd"], ["intel"]):
            return demo(args[1])
        if args[:1] == ["shell"] and args[1:] in (["amd"], ["intel"]):
            return shell(args[1])
    except LabError as e:
        say(f"the lab does not work: {e}")
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
