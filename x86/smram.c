// SPDX-License-Identifier: GPL-2.0-only
/*
 * smram.c - the state-save area of system management mode
 *
 * Owns: the two layouts, as tables; see smram.h.
 *
 * Locking: none; pure.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "x86/smram.h"

/* The manuals' offsets begin at FE00H, and at 7E00H; here they begin at 0. */
#define AT(offset) ((offset) & (KVM_SMRAM_STATE_SIZE - 1))

#define FLAGS                                                              \
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |   \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF |   \
	 X86_EFLAGS_OF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | \
	 X86_EFLAGS_VM | X86_EFLAGS_AC | X86_EFLAGS_VIF | X86_EFLAGS_VIP | \
	 X86_EFLAGS_ID)

/* Attributes: bits 55:40 of a descriptor, without those of the limit. */
#define ATTR_TYPE 0x000f
#define ATTR_S	  BIT(4)
#define ATTR_DPL  0x0060
#define ATTR_P	  BIT(7)
#define ATTR_AVL  BIT(12)
#define ATTR_L	  BIT(13)
#define ATTR_DB	  BIT(14)
#define ATTR_G	  BIT(15)

/* A u64 of struct kvm_smram_state, and where its low @bytes are. */
struct field {
	u16 at;
	u16 member;
	u8 bytes;
};

/* The same of a struct kvm_segment: its selector, and what is behind that. */
struct segment {
	u16 member;
	u16 selector;
	u16 hidden;
};

/* From there: attributes, limit, base. */
#define HIDDEN_ATTR  2
#define HIDDEN_LIMIT 4
#define HIDDEN_BASE  8

/* The same of a struct kvm_dtable. */
struct table {
	u16 member;
	u16 limit;
	u16 base;
};

/**
 * struct layout - one of the two
 * @fields: what is a u64; a row of 0 bytes ends it
 * @segments: segment registers, LDTR and TR
 * @tables: GDTR and IDTR
 * @base_bytes: of a base
 * @halted: the byte whose bit 0 is "auto halt restart"
 * @revision: SMM's revision
 * @revision_at: where that is
 */
struct layout {
	const struct field *fields;
	struct segment segments[8];
	struct table tables[2];
	u8 base_bytes;
	u16 halted;
	u32 revision;
	u16 revision_at;
};

#define MEMBER(m) offsetof(struct kvm_smram_state, m)

static const struct field fields_64[] = {
	/* clang-format off */
	{ AT(0xfed0), MEMBER(sregs.efer),	8 },
	{ AT(0xff00), MEMBER(smbase),		4 },
	{ AT(0xff48), MEMBER(sregs.cr4),	8 },
	{ AT(0xff50), MEMBER(sregs.cr3),	8 },
	{ AT(0xff58), MEMBER(sregs.cr0),	8 },
	{ AT(0xff60), MEMBER(dr7),		8 },
	{ AT(0xff68), MEMBER(dr6),		8 },
	{ AT(0xff70), MEMBER(regs.rflags),	8 },
	{ AT(0xff78), MEMBER(regs.rip),	8 },
	{ AT(0xff80), MEMBER(regs.r15),	8 },
	{ AT(0xff88), MEMBER(regs.r14),	8 },
	{ AT(0xff90), MEMBER(regs.r13),	8 },
	{ AT(0xff98), MEMBER(regs.r12),	8 },
	{ AT(0xffa0), MEMBER(regs.r11),	8 },
	{ AT(0xffa8), MEMBER(regs.r10),	8 },
	{ AT(0xffb0), MEMBER(regs.r9),	8 },
	{ AT(0xffb8), MEMBER(regs.r8),	8 },
	{ AT(0xffc0), MEMBER(regs.rdi),	8 },
	{ AT(0xffc8), MEMBER(regs.rsi),	8 },
	{ AT(0xffd0), MEMBER(regs.rbp),	8 },
	{ AT(0xffd8), MEMBER(regs.rsp),	8 },
	{ AT(0xffe0), MEMBER(regs.rbx),	8 },
	{ AT(0xffe8), MEMBER(regs.rdx),	8 },
	{ AT(0xfff0), MEMBER(regs.rcx),	8 },
	{ AT(0xfff8), MEMBER(regs.rax),	8 },
	{}
	/* clang-format on */
};

static const struct field fields_32[] = {
	/* clang-format off */
	{ AT(0x7ef8), MEMBER(smbase),		4 },
	{ AT(0x7fd0), MEMBER(regs.rax),	4 },
	{ AT(0x7fd4), MEMBER(regs.rcx),	4 },
	{ AT(0x7fd8), MEMBER(regs.rdx),	4 },
	{ AT(0x7fdc), MEMBER(regs.rbx),	4 },
	{ AT(0x7fe0), MEMBER(regs.rsp),	4 },
	{ AT(0x7fe4), MEMBER(regs.rbp),	4 },
	{ AT(0x7fe8), MEMBER(regs.rsi),	4 },
	{ AT(0x7fec), MEMBER(regs.rdi),	4 },
	{ AT(0x7fc8), MEMBER(dr7),		4 },
	{ AT(0x7fcc), MEMBER(dr6),		4 },
	{ AT(0x7ff0), MEMBER(regs.rip),	4 },
	{ AT(0x7ff4), MEMBER(regs.rflags),	4 },
	{ AT(0x7ff8), MEMBER(sregs.cr3),	4 },
	{ AT(0x7ffc), MEMBER(sregs.cr0),	4 },
	/* Ours. */
	{ AT(0x7f78), MEMBER(sregs.cr4),	4 },
	{ AT(0x7f80), MEMBER(sregs.efer),	8 },
	{}
	/* clang-format on */
};

static const struct layout layouts[] = {
	/* Selectors are where the manual has them, the rest where we have. */
	[KVM_SMRAM_32] = {
		.fields = fields_32,
		.segments = {
			{ MEMBER(sregs.es), AT(0x7fa8), AT(0x7f04) },
			{ MEMBER(sregs.cs), AT(0x7fac), AT(0x7f10) },
			{ MEMBER(sregs.ss), AT(0x7fb0), AT(0x7f1c) },
			{ MEMBER(sregs.ds), AT(0x7fb4), AT(0x7f28) },
			{ MEMBER(sregs.fs), AT(0x7fb8), AT(0x7f34) },
			{ MEMBER(sregs.gs), AT(0x7fbc), AT(0x7f40) },
			{ MEMBER(sregs.ldt), AT(0x7fc0), AT(0x7f4c) },
			{ MEMBER(sregs.tr), AT(0x7fc4), AT(0x7f58) },
		},
		.tables = {
			{ MEMBER(sregs.gdt), AT(0x7f68), AT(0x7f6c) },
			{ MEMBER(sregs.idt), AT(0x7f70), AT(0x7f74) },
		},
		.base_bytes = 4,
		.halted = AT(0x7f02),
		.revision = KVM_SMRAM_REVISION_32,
		.revision_at = AT(0x7efc),
	},
	[KVM_SMRAM_64] = {
		.fields = fields_64,
		.segments = {
			{ MEMBER(sregs.es), AT(0xfe00), AT(0xfe00) },
			{ MEMBER(sregs.cs), AT(0xfe10), AT(0xfe10) },
			{ MEMBER(sregs.ss), AT(0xfe20), AT(0xfe20) },
			{ MEMBER(sregs.ds), AT(0xfe30), AT(0xfe30) },
			{ MEMBER(sregs.fs), AT(0xfe40), AT(0xfe40) },
			{ MEMBER(sregs.gs), AT(0xfe50), AT(0xfe50) },
			{ MEMBER(sregs.ldt), AT(0xfe70), AT(0xfe70) },
			{ MEMBER(sregs.tr), AT(0xfe90), AT(0xfe90) },
		},
		.tables = {
			{ MEMBER(sregs.gdt), AT(0xfe64), AT(0xfe68) },
			{ MEMBER(sregs.idt), AT(0xfe84), AT(0xfe88) },
		},
		.base_bytes = 8,
		.halted = AT(0xfec9),
		.revision = KVM_SMRAM_REVISION_64,
		.revision_at = AT(0xfefc),
	},
};

static u16 attributes(const struct kvm_segment *s)
{
	u16 attr = (s->type & ATTR_TYPE) | (s->dpl & 3) << 5;

	attr |= s->s ? ATTR_S : 0;
	/* A null selector's segment is one that is not present. */
	attr |= s->present && !s->unusable ? ATTR_P : 0;
	attr |= s->avl ? ATTR_AVL : 0;
	attr |= s->l ? ATTR_L : 0;
	attr |= s->db ? ATTR_DB : 0;
	attr |= s->g ? ATTR_G : 0;
	return attr;
}

static void set_attributes(struct kvm_segment *s, u16 attr)
{
	s->type = attr & ATTR_TYPE;
	s->dpl = (attr & ATTR_DPL) >> 5;
	s->s = !!(attr & ATTR_S);
	s->present = !!(attr & ATTR_P);
	s->unusable = !s->present;
	s->avl = !!(attr & ATTR_AVL);
	s->l = !!(attr & ATTR_L);
	s->db = !!(attr & ATTR_DB);
	s->g = !!(attr & ATTR_G);
}

void kvm_smram_pack(u8 *smram, const struct kvm_smram_state *state,
		    enum kvm_smram_layout layout)
{
	const struct layout *l = &layouts[layout];
	const void *from = state;
	const struct field *f;
	unsigned int i;

	memset(smram, 0, KVM_SMRAM_STATE_SIZE);
	for (f = l->fields; f->bytes; f++)
		memcpy(smram + f->at, from + f->member, f->bytes);

	for (i = 0; i < ARRAY_SIZE(l->segments); i++) {
		const struct segment *row = &l->segments[i];
		const struct kvm_segment *s = from + row->member;
		u16 attr = attributes(s);

		memcpy(smram + row->selector, &s->selector, 2);
		memcpy(smram + row->hidden + HIDDEN_ATTR, &attr, 2);
		memcpy(smram + row->hidden + HIDDEN_LIMIT, &s->limit, 4);
		memcpy(smram + row->hidden + HIDDEN_BASE, &s->base,
		       l->base_bytes);
	}
	for (i = 0; i < ARRAY_SIZE(l->tables); i++) {
		const struct table *row = &l->tables[i];
		const struct kvm_dtable *t = from + row->member;

		memcpy(smram + row->limit, &t->limit, 2);
		memcpy(smram + row->base, &t->base, l->base_bytes);
	}
	smram[l->halted] = state->halted;
	memcpy(smram + l->revision_at, &l->revision, 4);
}

void kvm_smram_unpack(struct kvm_smram_state *state, const u8 *smram,
		      enum kvm_smram_layout layout)
{
	const struct layout *l = &layouts[layout];
	void *to = state;
	const struct field *f;
	unsigned int i;
	u16 attr;

	for (f = l->fields; f->bytes; f++) {
		memset(to + f->member, 0, sizeof(u64));
		memcpy(to + f->member, smram + f->at, f->bytes);
	}
	state->regs.rflags = (state->regs.rflags & FLAGS) | X86_EFLAGS_FIXED;

	for (i = 0; i < ARRAY_SIZE(l->segments); i++) {
		const struct segment *row = &l->segments[i];
		struct kvm_segment *s = to + row->member;

		memset(s, 0, sizeof(*s));
		memcpy(&s->selector, smram + row->selector, 2);
		memcpy(&attr, smram + row->hidden + HIDDEN_ATTR, 2);
		set_attributes(s, attr);
		memcpy(&s->limit, smram + row->hidden + HIDDEN_LIMIT, 4);
		memcpy(&s->base, smram + row->hidden + HIDDEN_BASE,
		       l->base_bytes);
	}
	for (i = 0; i < ARRAY_SIZE(l->tables); i++) {
		const struct table *row = &l->tables[i];
		struct kvm_dtable *t = to + row->member;

		memset(t, 0, sizeof(*t));
		memcpy(&t->limit, smram + row->limit, 2);
		memcpy(&t->base, smram + row->base, l->base_bytes);
	}
	state->halted = smram[l->halted] & 1;
}
