// SPDX-License-Identifier: GPL-2.0-only
/*
 * nested.c - a guest that has guests: SVM in SVM
 *
 * arg[0] says which test; nested.c of the runner has their names.  L1 and L2 share
 * all memory, page tables, GDT and IDT; L2 talks to L1 by RAX.  Handlers count in
 * count[].
 */
#include "apic.h"

#define VMCB	 0x20000ul
#define HSAVE	 0x21000ul
#define MSRPM	 0x22000ul
#define IOPM	 0x24000ul
#define L2_STACK 0x29000ul

/* The VMCB; APM 2, appendix B. */
#define ANY	    __attribute__((may_alias))
#define V16(offset) (*(ANY __u16 *)(VMCB + (offset)))
#define V32(offset) (*(ANY __u32 *)(VMCB + (offset)))
#define V64(offset) (*(ANY __u64 *)(VMCB + (offset)))

#define CR_READS   0x00
#define CR_WRITES  0x02
#define EXCEPTIONS 0x08
#define WORD3	   0x0c
#define WORD4	   0x10
#define IOPM_PA	   0x40
#define MSRPM_PA   0x48
#define TSC_OFFSET 0x50
#define ASID	   0x58
#define INT_CTL	   0x60
#define INT_VECTOR 0x64
#define INT_STATE  0x68
#define EXIT_CODE  0x70
#define EXIT_INFO1 0x78
#define EXIT_INFO2 0x80
#define EXIT_EVENT 0x88
#define NESTED_CTL 0x90
#define EVENT_INJ  0xa8

#define S_ES	 0x400
#define S_CS	 0x410
#define S_SS	 0x420
#define S_DS	 0x430
#define S_FS	 0x440
#define S_GDTR	 0x460
#define S_IDTR	 0x480
#define S_CPL	 0x4cb
#define S_EFER	 0x4d0
#define S_CR4	 0x548
#define S_CR3	 0x550
#define S_CR0	 0x558
#define S_DR7	 0x560
#define S_DR6	 0x568
#define S_RFLAGS 0x570
#define S_RIP	 0x578
#define S_RSP	 0x5d8
#define S_RAX	 0x5f8
#define S_STAR	 0x600
#define S_CR2	 0x640

/* Intercepts. */
#define INTR	 (1u << 0)
#define VINTR	 (1u << 4)
#define CPUID	 (1u << 18)
#define HLT	 (1u << 24)
#define IOIO	 (1u << 27)
#define MSRS	 (1u << 28)
#define SHUTDOWN (1u << 31)
#define VMRUN	 (1u << 0)
#define VMMCALL	 (1u << 1)

/* Exits. */
#define EXIT_UD	      0x46
#define EXIT_PF	      0x4e
#define EXIT_INTR     0x60
#define EXIT_VINTR    0x64
#define EXIT_CPUID    0x72
#define EXIT_IOIO     0x7b
#define EXIT_MSR      0x7c
#define EXIT_SHUTDOWN 0x7f
#define EXIT_VMMCALL  0x81
#define EXIT_INVALID  (~0ull)

#define V_IRQ	  (1u << 8)
#define V_PRIO(n) ((n) << 16)
#define V_IGN_TPR (1u << 20)
#define V_MASKING (1u << 24)

#define VALID (1u << 31)

#define MSR_EFER	   0xc0000080
#define MSR_STAR	   0xc0000081
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_VM_CR	   0xc0010114
#define MSR_VM_HSAVE_PA	   0xc0010117
#define EFER_SVME	   (1ull << 12)
#define RFLAGS_IF	   0x200ul

#define UD 6
#define GP 13

/* count[] */
enum {
	IN_L1,
	IN_L2,
	VIRTUAL,
	IS_L2 /* whose handler runs */
};

/* What L2 executes; each ends with VMMCALL, with what there is to tell in RAX. */
#define L2(name, insns)                                                    \
	static __attribute__((naked, noinline, used)) void l2_##name(void) \
	{                                                                  \
		asm volatile(insns);                                       \
	}

L2(vmmcall, "1: vmmcall; jmp 1b")
L2(cpuid, "1: mov $0x40000000, %eax; cpuid; vmmcall; jmp 1b")
L2(ud, "ud2; vmmcall")
L2(pf, "movabs $0x123456789000, %rax; movb $1, (%rax); vmmcall")
L2(out, "mov $7, %al; out %al, $0x44; mov $0x55, %edx; out %eax, %dx; vmmcall")
L2(rdmsr, "mov $0xc0000081, %ecx; rdmsr; mov $0xc0000102, %ecx; rdmsr; vmmcall")
L2(spin, "1: pause; jmp 1b")
L2(sti, "nop; sti; nop; 1: pause; jmp 1b")
L2(tsc, "rdtsc; shl $32, %rdx; or %rdx, %rax; vmmcall")
L2(star, "mov $0xc0000081, %ecx; mov $0x5678, %edx; mov $0x1234, %eax; wrmsr; "
	 "vmmcall")
L2(hlt, "sti; hlt; mov $9, %eax; vmmcall")

static inline __u64 read_cr(int nr)
{
	__u64 v;

	if (nr == 0)
		asm volatile("mov %%cr0, %0" : "=r"(v));
	else if (nr == 3)
		asm volatile("mov %%cr3, %0" : "=r"(v));
	else
		asm volatile("mov %%cr4, %0" : "=r"(v));
	return v;
}

static void set_segment(int at, __u16 selector, __u16 attrib, __u32 limit,
			__u64 base)
{
	V16(at) = selector;
	V16(at + 2) = attrib;
	V32(at + 4) = limit;
	V64(at + 8) = base;
}

/* An L2 that differs from L1 in nothing but where it is. */
static void make_vmcb(void (*code)(void), int behind)
{
	int i;

	for (i = 0; i < 4096; i += 8)
		V64(i) = 0;
	V32(WORD3) = SHUTDOWN;
	V32(WORD4) = VMRUN | VMMCALL;
	V64(IOPM_PA) = IOPM;
	V64(MSRPM_PA) = MSRPM;
	V32(ASID) = 1;
	set_segment(S_CS, SEL_CODE64, 0xa9b, 0xffffffff, 0);
	set_segment(S_DS, SEL_DATA, 0xc93, 0xffffffff, 0);
	set_segment(S_ES, SEL_DATA, 0xc93, 0xffffffff, 0);
	set_segment(S_SS, SEL_DATA, 0xc93, 0xffffffff, 0);
	set_segment(S_GDTR, 0, 0, 0x7f, GDT_AT);
	set_segment(S_IDTR, 0, 0, 0xfff, IDT_AT);
	V64(S_EFER) = rdmsr(MSR_EFER);
	V64(S_CR0) = read_cr(0);
	V64(S_CR3) = read_cr(3);
	V64(S_CR4) = read_cr(4);
	V64(S_DR6) = 0xffff0ff0;
	V64(S_DR7) = 0x400;
	V64(S_RFLAGS) = 2;
	V64(S_RIP) = (__u64)code + behind;
	V64(S_RSP) = L2_STACK;
}

/* Until #VMEXIT, whose code is returned.  GIF is clear then. */
static __attribute__((noinline)) __u64 vmrun(void)
{
	asm volatile("push %%rbp\n\t"
		     "push %%rbx\n\t"
		     "vmrun %%rax\n\t"
		     "pop %%rbx\n\t"
		     "pop %%rbp"
		     :
		     : "a"(VMCB)
		     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
		       "r12", "r13", "r14", "r15", "memory", "cc");
	return V64(EXIT_CODE);
}

static inline void stgi(void)
{
	asm volatile("stgi" : : : "memory");
}

static inline void clgi(void)
{
	asm volatile("clgi" : : : "memory");
}

static void svm_on(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
	wrmsr(MSR_VM_HSAVE_PA, HSAVE);
}

/* --- instructions, CPUID, MSRs ------------------------------------------- */

#define TRY_AT(insn, rax) TRY(insn, : : "a"(rax), "c"(0) : "r11", "memory")

static __u64 try_wrmsr(__u32 index, __u64 value)
{
	return TRY("wrmsr",
		   :
		   : "a"((__u32)value), "d"((__u32)(value >> 32)), "c"(index)
		   : "r11", "memory");
}

static __u64 try_rdmsr(__u32 index)
{
	return TRY("rdmsr", : : "c"(index) : "rax", "rdx", "r11", "memory");
}

static void all_are_undefined(void)
{
	CHECK(TRY_AT("vmrun %%rax", VMCB) == UD);
	CHECK(TRY_AT("vmload %%rax", VMCB) == UD);
	CHECK(TRY_AT("vmsave %%rax", VMCB) == UD);
	CHECK(TRY_AT("clgi", 0) == UD);
	CHECK(TRY_AT("stgi", 0) == UD);
	CHECK(TRY_AT("invlpga %%rax, %%ecx", 0) == UD);
	CHECK(TRY_AT("skinit", 0) == UD);
}

/* Nothing of it is there. */
static void absent(void)
{
	__u32 r[4];

	cpuid(0x80000001, 0, r);
	CHECK(!(r[2] & 4));
	cpuid(0x8000000a, 0, r);
	CHECK(!r[0] && !r[1] && !r[2] && !r[3]);
	CHECK(try_wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME) == GP);
	CHECK(try_rdmsr(MSR_VM_CR) == GP);
	CHECK(try_rdmsr(MSR_VM_HSAVE_PA) == GP);
	CHECK(try_wrmsr(MSR_VM_HSAVE_PA, HSAVE) == GP);
	all_are_undefined();
}

static void insns(void)
{
	__u32 r[4];

	cpuid(0x8000000a, 0, r);
	CHECK((r[0] & 0xff) == 1 && r[1] >= 2);
	/* Another KVM may have more, but then also nested paging. */
	CHECK(!r[3] || (r[3] & 1));
	all_are_undefined();
	CHECK(try_wrmsr(MSR_VM_HSAVE_PA, HSAVE + 8) == GP);
	CHECK(try_wrmsr(MSR_VM_HSAVE_PA, 1ull << 60) == GP);
	CHECK(!(rdmsr(MSR_VM_CR) & 0x18));
	CHECK(try_wrmsr(MSR_VM_CR, 0x20) == GP);
	wrmsr(MSR_VM_CR, 0x10);
	CHECK(try_wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME) == GP);
	wrmsr(MSR_VM_CR, 0);
	svm_on();
	CHECK(rdmsr(MSR_VM_HSAVE_PA) == HSAVE);
	CHECK(try_wrmsr(MSR_VM_CR, 0x10) == GP);
	wrmsr(MSR_VM_CR, 0x08);
	wrmsr(MSR_VM_CR, 0);
	CHECK(rdmsr(MSR_VM_CR) == 0x08);

	CHECK(TRY_AT("skinit", 0) == UD);
	CHECK(TRY_AT("vmrun %%rax", VMCB + 8) == GP);
	CHECK(TRY_AT("vmload %%rax", VMCB + 0x800) == GP);
	CHECK(TRY_AT("vmsave %%rax", VMCB + 1) == GP);
	CHECK(TRY_AT("vmrun %%rax", 1ull << 60) == GP);
	/* There is no memory. */
	CHECK(TRY_AT("vmrun %%rax", (__u64)MMIO_AT) == GP);
	CHECK(TRY_AT("vmsave %%rax", (__u64)MMIO_AT) == GP);
	CHECK(TRY_AT("invlpga %%rax, %%ecx", 0) == NO_TRAP);

	make_vmcb(l2_vmmcall, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0x1111);
	asm volatile("vmsave %%rax" : : "a"(VMCB) : "memory");
	CHECK(V64(0x620) == 0x1111);
	V64(0x620) = 0x2222;
	asm volatile("vmload %%rax" : : "a"(VMCB) : "memory");
	CHECK(rdmsr(MSR_KERNEL_GS_BASE) == 0x2222);
	/* Bit 47 is the sign. */
	V64(0x620) = 0x800000000000;
	asm volatile("vmload %%rax" : : "a"(VMCB) : "memory");
	CHECK(rdmsr(MSR_KERNEL_GS_BASE) == 0xffff800000000000);
	/* With SVME off they are gone again. */
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) & ~EFER_SVME);
	CHECK(TRY_AT("stgi", 0) == UD);
}

/* --- CPUID, many times --------------------------------------------------- */

static void cpuid_loop(void)
{
	__u64 tsc;
	int i;

	svm_on();
	make_vmcb(l2_cpuid, 0);
	V32(WORD3) |= CPUID;
	for (i = 0; i < 500; i++) {
		CHECK(vmrun() == EXIT_CPUID);
		CHECK(V64(S_RAX) == 0x40000000);
		CHECK(V64(S_RIP) == (__u64)l2_cpuid + 5);
		V64(S_RIP) += 2;
		V64(S_RAX) = i;
		CHECK(vmrun() == EXIT_VMMCALL);
		CHECK(V64(S_RAX) == (__u64)i);
		V64(S_RIP) += 3;
	}
	/* Not intercepted: what L1 would be told. */
	make_vmcb(l2_cpuid, 0);
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(V64(S_RAX) == 0x40000001);

	make_vmcb(l2_tsc, 0);
	V64(TSC_OFFSET) = 1ull << 50;
	tsc = rdtsc();
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(V64(S_RAX) - tsc >= 1ull << 50);
	CHECK(V64(S_RAX) - tsc < (1ull << 50) + (1ull << 40));
	CHECK(rdtsc() - tsc < 1ull << 40);

	/* What VMRUN does not switch. */
	make_vmcb(l2_star, 0);
	wrmsr(MSR_STAR, 0);
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(rdmsr(MSR_STAR) == 0x567800001234);
	stgi();
}

/* --- VMCBs that no CPU takes --------------------------------------------- */

static const struct {
	__u16 offset;
	__u8 size;
	__u64 value;
} invalid[] = {
	{ WORD4, 4, VMMCALL },
	{ ASID, 4, 0 },
	{ NESTED_CTL, 8, 1 },
	{ MSRPM_PA, 8, 1ull << 52 },
	{ IOPM_PA, 8, 1ull << 60 },
	{ EVENT_INJ, 4, VALID | 1u << 8 },
	{ EVENT_INJ, 4, VALID | 5u << 8 },
	{ EVENT_INJ, 4, VALID | 6u << 8 },
	{ EVENT_INJ, 4, VALID | 7u << 8 },
	{ EVENT_INJ, 4, VALID | 3u << 8 | 2 },
	{ EVENT_INJ, 4, VALID | 3u << 8 | 32 },
	{ S_EFER, 8, 0xd00 }, /* SVME is clear */
	{ S_EFER, 8, 0x1d00 | 1ull << 40 },
	{ S_CR0, 8, 0xa0000011 }, /* NW without CD */
	{ S_CR0, 8, 0x180000011 },
	{ S_CR0, 8, 0x80000010 }, /* long mode, PG, not PE */
	{ S_CR3, 8, 1ull << 60 | TABLES_AT },
	{ S_CR4, 8, 1ull << 40 | 0x20 },
	{ S_CR4, 8, 1ull << 13 | 0x20 }, /* VMXE */
	{ S_CR4, 8, 0 }, /* long mode without PAE */
	{ S_DR6, 8, 1ull << 32 },
	{ S_DR7, 8, 1ull << 33 },
	{ S_CS + 2, 2, 0xe9b }, /* L and D */
};

static void invalid_vmcbs(void)
{
	unsigned int i;

	svm_on();
	make_vmcb(l2_vmmcall, 0);
	CHECK(vmrun() == EXIT_VMMCALL);
	for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		make_vmcb(l2_vmmcall, 0);
		switch (invalid[i].size) {
		case 2:
			V16(invalid[i].offset) = invalid[i].value;
			break;
		case 4:
			V32(invalid[i].offset) = invalid[i].value;
			break;
		default:
			V64(invalid[i].offset) = invalid[i].value;
		}
		/* The row, for the verdict. */
		if (vmrun() != EXIT_INVALID)
			verdict(2000 + i);
		CHECK(V64(S_RIP) == (__u64)l2_vmmcall);
	}
	stgi();
}

/* --- exits --------------------------------------------------------------- */

static void shutdown(void)
{
	svm_on();
	make_vmcb(l2_ud, 0);
	set_segment(S_IDTR, 0, 0, 0, 0);
	CHECK(vmrun() == EXIT_SHUTDOWN);
	stgi();
}

static void set_bit_of(unsigned long map, unsigned int nr)
{
	*(__u8 *)(map + nr / 8) |= 1 << nr % 8;
}

/* Port 0x44 is L1's, 0x55 is the runner's; of MSRs STAR and KERNEL_GS_BASE. */
static void maps(void)
{
	svm_on();
	make_vmcb(l2_out, 0);
	V32(WORD3) |= IOIO | MSRS;
	set_bit_of(IOPM, 0x44);
	CHECK(vmrun() == EXIT_IOIO);
	CHECK((V64(EXIT_INFO1) & 0xffff0070) == 0x00440010);
	CHECK(V64(EXIT_INFO2) == V64(S_RIP) + 2);
	V64(S_RIP) = V64(EXIT_INFO2);
	/* On the way the runner sees 0x55. */
	CHECK(vmrun() == EXIT_VMMCALL);

	/* An access that only ends in a bit that is set. */
	make_vmcb(l2_out, 4);
	V32(WORD3) |= IOIO;
	set_bit_of(IOPM, 0x58);
	CHECK(vmrun() == EXIT_IOIO);
	CHECK(V64(EXIT_INFO1) >> 16 == 0x55);

	make_vmcb(l2_rdmsr, 0);
	V32(WORD3) |= MSRS;
	wrmsr(MSR_STAR, 0x77);
	/* Two bits each, behind those of the first 8192. */
	set_bit_of(MSRPM + 0x800, 2 * 0x102);
	CHECK(vmrun() == EXIT_MSR);
	CHECK(V64(EXIT_INFO1) == 0);
	CHECK(V64(S_RIP) == (__u64)l2_rdmsr + 12);
	CHECK((__u32)V64(S_RAX) == 0x77);

	/* Writes have the second. */
	make_vmcb(l2_star, 0);
	V32(WORD3) |= MSRS;
	set_bit_of(MSRPM + 0x800, 2 * 0x81 + 1);
	CHECK(vmrun() == EXIT_MSR);
	CHECK(V64(EXIT_INFO1) == 1);
	CHECK(rdmsr(MSR_STAR) == 0x77);
	stgi();
}

static void exceptions(void)
{
	svm_on();
	make_vmcb(l2_ud, 0);
	V32(EXCEPTIONS) = 1 << UD | 1 << 14;
	CHECK(vmrun() == EXIT_UD);
	CHECK(V64(S_RIP) == (__u64)l2_ud);
	make_vmcb(l2_pf, 0);
	V32(EXCEPTIONS) = 1 << 14;
	CHECK(vmrun() == EXIT_PF);
	CHECK(V64(EXIT_INFO1) == 2);
	CHECK(V64(EXIT_INFO2) == 0x123456789000);
	CHECK(V64(S_CR2) == 0);
	/* A page fault while another exception is delivered: it is told. */
	make_vmcb(l2_ud, 0);
	V32(EXCEPTIONS) = 1 << 14;
	set_segment(S_IDTR, 0, 0, 0xfff, 0x123456789000);
	CHECK(vmrun() == EXIT_PF);
	CHECK(V32(EXIT_EVENT) == (VALID | 3 << 8 | UD));
	stgi();
}

/* --- interrupts ---------------------------------------------------------- */

HANDLER(on_interrupt)
{
	__u32 *n = &BOX->count[GET(BOX->count[IS_L2]) ? IN_L2 : IN_L1];

	PUT(*n, GET(*n) + 1);
	apic_write(APIC_EOI, 0);
	/* L2 is at VMMCALL next. */
	if (n == &BOX->count[IN_L2])
		frame->rip = (__u64)l2_vmmcall;
}

/* One by EVENTINJ or V_IRQ: there is no EOI. */
HANDLER(on_virtual)
{
	PUT(BOX->count[VIRTUAL], GET(BOX->count[VIRTUAL]) + 1);
	frame->rip = (__u64)l2_vmmcall;
}

static void interrupts_on(void)
{
	svm_on();
	set_gate(0x50, on_interrupt);
	set_gate(0x60, on_virtual);
	set_gate(UD, on_virtual);
	apic_write(APIC_SVR, SVR_ON);
}

static void self_ipi(void)
{
	apic_write(APIC_ICR, ICR_SELF | 0x50);
}

static void gif(void)
{
	interrupts_on();
	clgi();
	self_ipi();
	asm volatile("sti" : : : "memory");
	CHECK(apic_read(APIC_IRR + 0x20) & 1 << 16);
	CHECK(!GET(BOX->count[IN_L1]));
	stgi();
	asm volatile("nop");
	CHECK(GET(BOX->count[IN_L1]) == 1);
	/* #VMEXIT clears it, VMRUN sets it. */
	make_vmcb(l2_vmmcall, 0);
	CHECK(vmrun() == EXIT_VMMCALL);
	self_ipi();
	CHECK(apic_read(APIC_IRR + 0x20) & 1 << 16);
	CHECK(GET(BOX->count[IN_L1]) == 1);
	make_vmcb(l2_spin, 0);
	V32(WORD3) |= INTR;
	V32(INT_CTL) = V_MASKING;
	CHECK(vmrun() == EXIT_INTR);
	CHECK(!V32(EXIT_EVENT));
	CHECK(GET(BOX->count[IN_L1]) == 1);
	stgi();
	asm volatile("nop");
	CHECK(GET(BOX->count[IN_L1]) == 2);
	asm volatile("cli" : : : "memory");
}

/* The APIC's timer, soon. */
static void start_timer(void)
{
	apic_write(APIC_LVTT, 0x50);
	apic_write(0x3e0, 0xb);
	apic_write(0x380, 1000000);
}

/* While L2 spins; L1's RFLAGS.IF counts, or L2's. */
static void intercepted(void)
{
	interrupts_on();
	make_vmcb(l2_spin, 0);
	V32(WORD3) |= INTR;
	V32(INT_CTL) = V_MASKING;
	/* It must not be L1's if it comes before VMRUN. */
	clgi();
	start_timer();
	asm volatile("sti" : : : "memory");
	CHECK(vmrun() == EXIT_INTR);
	CHECK(V64(S_RIP) - (__u64)l2_spin < 4);
	asm volatile("cli" : : : "memory");
	stgi();
	asm volatile("nop");
	CHECK(!GET(BOX->count[IN_L1]));
	asm volatile("sti; nop; nop; cli" : : : "memory");
	CHECK(GET(BOX->count[IN_L1]) == 1);

	/* Without V_INTR_MASKING: when L2 sets its own. */
	make_vmcb(l2_sti, 0);
	V32(WORD3) |= INTR;
	self_ipi();
	CHECK(vmrun() == EXIT_INTR);
	CHECK(V64(S_RIP) >= (__u64)l2_sti + 2);
	CHECK(V64(S_RFLAGS) & RFLAGS_IF);
	stgi();
	asm volatile("sti; nop; nop; cli" : : : "memory");
	CHECK(GET(BOX->count[IN_L1]) == 2);

	/* One that ends HLT. */
	make_vmcb(l2_hlt, 0);
	V32(WORD3) |= INTR;
	start_timer();
	CHECK(vmrun() == EXIT_INTR);
	stgi();
	asm volatile("sti; nop; nop; cli" : : : "memory");
	CHECK(GET(BOX->count[IN_L1]) == 3);
}

/* Not intercepted: L2's, by its own IDT. */
static void delivered(void)
{
	interrupts_on();
	PUT(BOX->count[IS_L2], 1);
	make_vmcb(l2_sti, 0);
	self_ipi();
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(GET(BOX->count[IN_L2]) == 1);
	make_vmcb(l2_spin, 0);
	V64(S_RFLAGS) |= RFLAGS_IF;
	start_timer();
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(GET(BOX->count[IN_L2]) == 2);
	CHECK(!GET(BOX->count[IN_L1]));
	stgi();
}

static void injected(void)
{
	static const __u32 events[] = {
		VALID | 0x60, /* interrupt */
		VALID | 4u << 8 | 0x60, /* INT n */
		VALID | 3u << 8 | UD,
	};
	unsigned int i;

	interrupts_on();
	for (i = 0; i < 3; i++) {
		make_vmcb(l2_spin, 0);
		V32(EVENT_INJ) = events[i];
		CHECK(vmrun() == EXIT_VMMCALL);
		CHECK(GET(BOX->count[VIRTUAL]) == i + 1);
		CHECK(!V32(EVENT_INJ));
	}
	/* Its delivery faults, which L1 wants to know. */
	make_vmcb(l2_spin, 0);
	V32(EXCEPTIONS) = 1 << 14;
	set_segment(S_IDTR, 0, 0, 0xfff, 0x123456789000);
	V32(EVENT_INJ) = VALID | 4u << 8 | 0x60;
	CHECK(vmrun() == EXIT_PF);
	CHECK(V32(EXIT_EVENT) == (VALID | 4u << 8 | 0x60));

	/* Virtual interrupts: when L2 takes them, unless L1 wants to know. */
	make_vmcb(l2_sti, 0);
	V32(INT_CTL) = V_MASKING | V_IRQ | V_PRIO(6);
	V32(INT_VECTOR) = 0x60;
	CHECK(vmrun() == EXIT_VMMCALL);
	CHECK(GET(BOX->count[VIRTUAL]) == 4);
	CHECK(!(V32(INT_CTL) & V_IRQ));
	make_vmcb(l2_sti, 0);
	V32(WORD3) |= VINTR;
	V32(INT_CTL) = V_MASKING | V_IRQ | V_IGN_TPR;
	V32(INT_VECTOR) = 0x60;
	CHECK(vmrun() == EXIT_VINTR);
	CHECK(V32(INT_CTL) & V_IRQ);
	/* With one of its own waiting behind a window of L2's. */
	make_vmcb(l2_sti, 0);
	V32(WORD3) |= INTR;
	V32(INT_CTL) = V_IRQ | V_PRIO(6);
	V32(INT_VECTOR) = 0x60;
	self_ipi();
	CHECK(vmrun() == EXIT_INTR);
	CHECK(V32(INT_CTL) & V_IRQ);
	stgi();
}

/* --- what the runner does to L2 ------------------------------------------ */

/* The runner has it shut down at its first OUT; L1 hears of it, or never. */
static void at_runners_mercy(void)
{
	svm_on();
	make_vmcb(l2_out, 0);
	if (GET(BOX->arg[1]))
		V32(WORD3) &= ~SHUTDOWN;
	CHECK(vmrun() == EXIT_SHUTDOWN);
	stgi();
}

START
{
	static void (*const what[])(void) = {
		insns,
		cpuid_loop,
		invalid_vmcbs,
		shutdown,
		maps,
		exceptions,
		gif,
		intercepted,
		delivered,
		injected,
		at_runners_mercy,
		absent,
	};

	(void)index;
	traps_on();
	CHECK(GET(BOX->arg[0]) < sizeof(what) / sizeof(what[0]));
	what[GET(BOX->arg[0])]();
	verdict(0);
}
