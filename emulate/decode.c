// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode.c - from bytes to an x86 instruction
 *
 * Owns: kvm_insn_decode() and its steps, which are the parts of an instruction
 * in the order in which they stand: prefixes, opcode, ModRM, SIB, displacement,
 * immediates.  Each step takes its bytes through fetch(); nothing else reads
 * them.
 *
 * Locking: none; pure.
 */
#include <linux/build_bug.h>
#include <linux/types.h>

#include "emulate/decode.h"
#include "emulate/opcodes.h"

#define REX_W 0x8
#define REX_R 0x4
#define REX_X 0x2
#define REX_B 0x1

#define MODRM_MOD(modrm) ((modrm) >> 6)
#define MODRM_REG(modrm) ((modrm) >> 3 & 7)
#define MODRM_RM(modrm)	 ((modrm) % 8)

#define SP 4
#define BP 5
#define SI 6
#define DI 7
#define BX 3

struct decoder {
	struct kvm_insn *insn;
	const u8 *bytes;
	unsigned int nr;
	enum kvm_insn_mode mode;
	bool amd;
};

static bool is_long(const struct decoder *d)
{
	return d->mode == KVM_INSN_LONG;
}

/* The next @size bytes, in *@value sign-extended. */
static enum kvm_insn_result fetch(struct decoder *d, unsigned int size,
				  s64 *value)
{
	unsigned int at = d->insn->len, i;
	u64 v = 0;

	if (at + size > d->nr)
		return d->nr == KVM_INSN_MAX_LEN ? KVM_INSN_TOO_LONG :
						   KVM_INSN_MORE;
	for (i = 0; i < size; i++)
		v |= (u64)d->bytes[at + i] << 8 * i;
	if (size && size < 8 && v >> (8 * size - 1))
		v |= ~0ull << 8 * size;
	*value = v;
	d->insn->len += size;
	return KVM_INSN_OK;
}

static enum kvm_insn_result fetch_byte(struct decoder *d, u8 *value)
{
	enum kvm_insn_result r;
	s64 v;

	r = fetch(d, 1, &v);
	if (r == KVM_INSN_OK)
		*value = v;
	return r;
}

static void take_prefix(struct decoder *d, u8 byte)
{
	static const u8 segs[] = { [0x26 >> 3 & 3] = KVM_INSN_SEG_ES,
				   [0x2e >> 3 & 3] = KVM_INSN_SEG_CS,
				   [0x36 >> 3 & 3] = KVM_INSN_SEG_SS,
				   [0x3e >> 3 & 3] = KVM_INSN_SEG_DS };
	struct kvm_insn *insn = d->insn;

	switch (byte) {
	case 0x64:
	case 0x65:
		insn->seg = byte & 1 ? KVM_INSN_SEG_GS : KVM_INSN_SEG_FS;
		break;
	case 0x66:
		insn->prefixes |= KVM_INSN_PFX_66;
		break;
	case 0x67:
		insn->prefixes |= KVM_INSN_PFX_67;
		break;
	case 0xf0:
		insn->prefixes |= KVM_INSN_PFX_LOCK;
		break;
	case 0xf2:
		insn->prefixes &= ~KVM_INSN_PFX_F3;
		insn->prefixes |= KVM_INSN_PFX_F2;
		break;
	case 0xf3:
		insn->prefixes &= ~KVM_INSN_PFX_F2;
		insn->prefixes |= KVM_INSN_PFX_F3;
		break;
	default:
		/* APM 3, 1.2.4: null prefixes in 64-bit mode. */
		if (!is_long(d))
			insn->seg = segs[byte >> 3 & 3];
	}
}

/* Up to the first byte of the opcode, which is left in insn->opcode. */
static enum kvm_insn_result decode_prefixes(struct decoder *d)
{
	struct kvm_insn *insn = d->insn;
	enum kvm_insn_result r;
	u8 byte;

	for (;;) {
		r = fetch_byte(d, &byte);
		if (r != KVM_INSN_OK)
			return r;
		if (is_long(d) && (byte & 0xf0) == 0x40) {
			insn->has_rex = 1;
			insn->rex = byte & 0xf;
			continue;
		}
		if (kvm_opcode_row(KVM_MAP_ONE_BYTE, byte)->op != OP_PREFIX)
			break;
		/* SDM 2, 2.2.1: REX counts only just before the opcode. */
		insn->has_rex = 0;
		insn->rex = 0;
		take_prefix(d, byte);
	}
	insn->opcode = byte;
	if (insn->prefixes & KVM_INSN_PFX_F3)
		insn->pfx = 2;
	else if (insn->prefixes & KVM_INSN_PFX_F2)
		insn->pfx = 3;
	else if (insn->prefixes & KVM_INSN_PFX_66)
		insn->pfx = 1;
	return KVM_INSN_OK;
}

/*
 * What C4, C5, 62 and 8F begin, by the byte that follows: outside of 64-bit mode
 * the same bytes are LDS, LES and BOUND, but with ModRM.mod 3 those have no
 * meaning; POP has none with a ModRM.reg that is not 0.
 */
static enum kvm_insn_encoding encoding_of(const struct decoder *d, u8 next)
{
	if (d->mode == KVM_INSN_REAL)
		return KVM_INSN_LEGACY;
	if (d->insn->opcode == 0x8f)
		return (next & 0x1f) >= 8 ? KVM_INSN_XOP : KVM_INSN_LEGACY;
	if (!is_long(d) && MODRM_MOD(next) != 3)
		return KVM_INSN_LEGACY;
	return d->insn->opcode == 0x62 ? KVM_INSN_EVEX : KVM_INSN_VEX;
}

/* P is the prefix's bytes without the first; R, X and B are inverted in it. */
static void take_vex(struct decoder *d, const u8 *p, unsigned int nr)
{
	struct kvm_insn *insn = d->insn;
	u8 pp = p[nr > 1];

	insn->rex = ~p[0] >> 5 & (REX_R | REX_X | REX_B);
	if (nr == 1)
		insn->rex &= REX_R;
	else if (p[1] & 0x80)
		insn->rex |= REX_W;
	if (!is_long(d))
		insn->rex = 0;
	insn->pfx = pp & 3;
	if (nr == 1)
		insn->map = 1;
	else
		insn->map = p[0] & (insn->encoding == KVM_INSN_EVEX ? 7 : 0x1f);
}

/* VEX, EVEX and XOP, and the opcode after it. */
static enum kvm_insn_result decode_vex(struct decoder *d)
{
	struct kvm_insn *insn = d->insn;
	unsigned int nr = 2, i;
	enum kvm_insn_result r;
	u8 p[3];

	if (insn->encoding == KVM_INSN_EVEX)
		nr = 3;
	else if (insn->opcode == 0xc5)
		nr = 1;
	if (insn->has_rex ||
	    insn->prefixes & (KVM_INSN_PFX_66 | KVM_INSN_PFX_F3 |
			      KVM_INSN_PFX_F2 | KVM_INSN_PFX_LOCK))
		return KVM_INSN_UNDEFINED;
	for (i = 0; i < nr; i++) {
		r = fetch_byte(d, &p[i]);
		if (r != KVM_INSN_OK)
			return r;
	}
	if (nr == 3 && (p[0] & 0x08 || !(p[1] & 0x04)))
		return KVM_INSN_UNDEFINED;
	take_vex(d, p, nr);
	/* Of the maps only EVEX has 5 and 6, and only XOP has 8 and up. */
	if (insn->encoding == KVM_INSN_VEX && insn->map > 3)
		return KVM_INSN_UNDEFINED;
	r = fetch_byte(d, &insn->opcode);
	if (r != KVM_INSN_OK)
		return r;
	insn->row = kvm_opcode_vex(insn->map, insn->opcode);
	return KVM_INSN_OK;
}

static enum kvm_insn_result decode_opcode(struct decoder *d)
{
	struct kvm_insn *insn = d->insn;
	enum kvm_insn_result r = KVM_INSN_OK;

	if (insn->opcode == 0x62 || insn->opcode == 0x8f ||
	    insn->opcode == 0xc4 || insn->opcode == 0xc5) {
		u8 next;

		r = fetch_byte(d, &next);
		if (r != KVM_INSN_OK)
			return r;
		insn->len--;
		insn->encoding = encoding_of(d, next);
		if (insn->encoding != KVM_INSN_LEGACY)
			return decode_vex(d);
	}
	insn->map = KVM_MAP_ONE_BYTE;
	insn->row = kvm_opcode_row(insn->map, insn->opcode);
	while (insn->row->op == OP_ESCAPE) {
		if (insn->map == KVM_MAP_ONE_BYTE)
			insn->map = KVM_MAP_0F;
		else
			insn->map = insn->opcode == 0x38 ? KVM_MAP_0F38 :
							   KVM_MAP_0F3A;
		r = fetch_byte(d, &insn->opcode);
		if (r != KVM_INSN_OK)
			return r;
		insn->row = kvm_opcode_row(insn->map, insn->opcode);
	}
	return KVM_INSN_OK;
}

static bool is_by_modrm(u16 op)
{
	return op == OP_BY_REG || op == OP_BY_MOD || op == OP_BY_RM;
}

static bool needs_modrm(const struct kvm_opcode *row)
{
	unsigned int i;

	if (is_by_modrm(row->op))
		return true;
	if (row->op <= OP_LAST_BY)
		return false;
	for (i = 0; i < 3; i++)
		if (row->operand[i] &&
		    KVM_OPERAND_METHOD(row->operand[i]) <= METHOD_NU)
			return true;
	return false;
}

/* Whether @flags of a row, or of one that led to it, let it be. */
static bool is_allowed(const struct decoder *d, u32 flags)
{
	const u32 prefixes = OF_NP | OF_66 | OF_F3 | OF_F2;

	if (flags & OF_I64 && is_long(d))
		return false;
	if (flags & OF_O64 && !is_long(d))
		return false;
	if (flags & OF_NOREAL && d->mode == KVM_INSN_REAL)
		return false;
	return !(flags & prefixes) || flags & OF_NP << d->insn->pfx;
}

static const struct kvm_opcode *choose(const struct decoder *d)
{
	const struct kvm_insn *insn = d->insn;
	unsigned int next = 0, index = 0;

	switch (insn->row->op) {
	case OP_BY_MOD:
		next = MODRM_MOD(insn->modrm) == 3;
		fallthrough;
	case OP_BY_REG:
		index = MODRM_REG(insn->modrm);
		break;
	case OP_BY_RM:
		index = MODRM_RM(insn->modrm);
		break;
	case OP_BY_PREFIX:
		index = insn->pfx;
		break;
	case OP_BY_LONG:
		index = is_long(d);
		break;
	case OP_BY_REX_B:
		index = insn->rex & REX_B;
		break;
	}
	return kvm_opcode_choose(insn->row, next, index);
}

/* From the row of the opcode to the row of the instruction, and its ModRM. */
static enum kvm_insn_result decode_row(struct decoder *d)
{
	struct kvm_insn *insn = d->insn;
	enum kvm_insn_result r;

	for (;;) {
		if (insn->row->op == OP_UNDEFINED ||
		    !is_allowed(d, insn->row->flags))
			return KVM_INSN_UNDEFINED;
		if (needs_modrm(insn->row) && !insn->has_modrm) {
			r = fetch_byte(d, &insn->modrm);
			if (r != KVM_INSN_OK)
				return r;
			insn->has_modrm = 1;
		}
		if (insn->row->op > OP_LAST_BY)
			break;
		insn->row = choose(d);
	}
	insn->reg = MODRM_REG(insn->modrm) | (insn->rex & REX_R ? 8 : 0);
	insn->rm = (insn->has_modrm ? insn->modrm : insn->opcode) & 7;
	insn->rm |= insn->rex & REX_B ? 8 : 0;
	return KVM_INSN_OK;
}

static void set_sizes(struct decoder *d)
{
	struct kvm_insn *insn = d->insn;
	u32 flags = insn->row->flags;
	bool wide = d->mode == KVM_INSN_PROT32 || is_long(d);
	bool other = insn->prefixes & KVM_INSN_PFX_66;

	if (is_long(d))
		insn->ad_bytes = insn->prefixes & KVM_INSN_PFX_67 ? 4 : 8;
	else
		insn->ad_bytes =
			wide ^ !!(insn->prefixes & KVM_INSN_PFX_67) ? 4 : 2;
	if (flags & OF_BRANCH)
		flags |= d->amd ? OF_D64 : OF_F64;
	if (is_long(d) &&
	    (flags & OF_F64 || insn->rex & REX_W || (flags & OF_D64 && !other)))
		insn->op_bytes = 8;
	else if (flags & OF_F64 && !(flags & OF_BRANCH))
		insn->op_bytes = 4;
	else
		insn->op_bytes = wide ^ other ? 4 : 2;
}

/* Bytes of an operand of this size; 0: not told. */
static unsigned int size_of(const struct decoder *d, unsigned int size)
{
	static const u8 fixed[] = {
		[SIZE_B] = 1,	[SIZE_W] = 2,  [SIZE_D] = 4,   [SIZE_Q] = 8,
		[SIZE_DQ] = 16, [SIZE_T] = 10, [SIZE_48] = 48, [SIZE_64] = 64,
	};
	static const u8 by_pfx[][4] = {
		[SIZE_X - SIZE_X] = { 8, 16, 16, 16 },
		[SIZE_FP - SIZE_X] = { 16, 16, 4, 8 },
		[SIZE_CVT - SIZE_X] = { 8, 16, 4, 8 },
		[SIZE_SS - SIZE_X] = { 4, 8, 0, 0 },
		[SIZE_LOW - SIZE_X] = { 4, 16, 0, 0 },
	};
	unsigned int op = d->insn->op_bytes;

	static_assert(sizeof(by_pfx) / 4 == NR_KVM_OPERAND_SIZES - SIZE_X);
	if (size >= SIZE_X)
		return by_pfx[size - SIZE_X][d->insn->pfx];
	switch (size) {
	case SIZE_512:
		return 512;
	case SIZE_V:
		return op;
	case SIZE_Z:
		return op == 2 ? 2 : 4;
	case SIZE_Y:
		return op == 8 ? 8 : 4;
	case SIZE_P:
		return (d->amd && op == 8 ? 4 : op) + 2;
	case SIZE_A:
		return 2 * op;
	case SIZE_YY:
		return op == 8 ? 16 : 8;
	case SIZE_S:
		return is_long(d) ? 10 : 6;
	case SIZE_ENV:
		return op == 2 ? 14 : 28;
	case SIZE_FSAVE:
		return op == 2 ? 94 : 108;
	default:
		return fixed[size];
	}
}

static unsigned int access_of(const struct kvm_opcode *row, unsigned int i)
{
	if (row->op == OP_VEX)
		return KVM_INSN_ACCESS_UNKNOWN;
	if (row->flags & OF_N)
		return 0;
	if (i > 0 || row->flags & OF_T)
		return KVM_INSN_ACCESS_READ;
	if (row->flags & OF_W)
		return KVM_INSN_ACCESS_WRITE;
	return KVM_INSN_ACCESS_READ | KVM_INSN_ACCESS_WRITE;
}

/* Memory for operand @i, its address not known yet, in the default segment. */
static struct kvm_insn_mem *add_mem(struct decoder *d, unsigned int i)
{
	struct kvm_insn *insn = d->insn;
	struct kvm_insn_mem *mem = &insn->mem[insn->nr_mem++];

	*mem = (struct kvm_insn_mem){
		.size = size_of(d, KVM_OPERAND_SIZE(insn->row->operand[i])),
		.access = access_of(insn->row, i),
		.base = KVM_INSN_REG_NONE,
		.index = KVM_INSN_REG_NONE,
		.seg = KVM_INSN_SEG_DS,
	};
	return mem;
}

static void override_seg(const struct kvm_insn *insn, struct kvm_insn_mem *mem)
{
	if (insn->seg != KVM_INSN_SEG_NONE)
		mem->seg = insn->seg;
}

/* SDM 2, table 2-1. */
static enum kvm_insn_result decode_rm16(struct decoder *d,
					struct kvm_insn_mem *mem)
{
	static const u8 base[] = { BX, BX, BP, BP, SI, DI, BP, BX };
	static const u8 index[] = { SI, DI, SI, DI };
	u8 mod = MODRM_MOD(d->insn->modrm), rm = MODRM_RM(d->insn->modrm);

	if (mod == 0 && rm == 6)
		return fetch(d, 2, &mem->disp);
	mem->base = base[rm];
	if (rm < 4)
		mem->index = index[rm];
	if (mem->base == BP)
		mem->seg = KVM_INSN_SEG_SS;
	return fetch(d, mod, &mem->disp);
}

/* SDM 2, table 2-3. */
static enum kvm_insn_result decode_sib(struct decoder *d,
				       struct kvm_insn_mem *mem)
{
	struct kvm_insn *insn = d->insn;
	enum kvm_insn_result r;
	u8 index;

	r = fetch_byte(d, &insn->sib);
	if (r != KVM_INSN_OK)
		return r;
	insn->has_sib = 1;
	index = MODRM_REG(insn->sib) | (insn->rex & REX_X ? 8 : 0);
	/* As an index, SP is none, and R12 is R12. */
	if (index != SP) {
		mem->index = index;
		mem->scale = insn->sib >> 6;
	}
	mem->base = MODRM_RM(insn->sib) | (insn->rex & REX_B ? 8 : 0);
	return KVM_INSN_OK;
}

/* SDM 2, table 2-2 and 2.2.1.6. */
static enum kvm_insn_result decode_rm32(struct decoder *d,
					struct kvm_insn_mem *mem)
{
	struct kvm_insn *insn = d->insn;
	u8 mod = MODRM_MOD(insn->modrm);
	enum kvm_insn_result r;

	mem->base = insn->rm;
	if (MODRM_RM(insn->modrm) == SP) {
		r = decode_sib(d, mem);
		if (r != KVM_INSN_OK)
			return r;
	}
	/* R13 too: for a base without displacement REX.B does not count. */
	if (mod == 0 && (mem->base & 7) == BP) {
		if (is_long(d) && !insn->has_sib)
			mem->base = KVM_INSN_REG_RIP;
		else
			mem->base = KVM_INSN_REG_NONE;
		return fetch(d, 4, &mem->disp);
	}
	if (mem->base == SP || mem->base == BP)
		mem->seg = KVM_INSN_SEG_SS;
	return fetch(d, mod == 2 ? 4 : mod, &mem->disp);
}

/* Operand @i is the register or the memory that ModRM.rm says. */
static enum kvm_insn_result decode_rm(struct decoder *d, unsigned int i)
{
	struct kvm_insn *insn = d->insn;
	unsigned int method = KVM_OPERAND_METHOD(insn->row->operand[i]);
	bool memory = MODRM_MOD(insn->modrm) != 3;
	struct kvm_insn_mem *mem;
	enum kvm_insn_result r;

	if (insn->row->flags & OF_MOD3)
		return KVM_INSN_OK;
	if (method == METHOD_R || method == METHOD_N || method == METHOD_U ||
	    method == METHOD_NU)
		return memory ? KVM_INSN_UNDEFINED : KVM_INSN_OK;
	if (method == METHOD_M && !memory)
		return KVM_INSN_UNDEFINED;
	if (!memory)
		return KVM_INSN_OK;
	mem = add_mem(d, i);
	r = insn->ad_bytes == 2 ? decode_rm16(d, mem) : decode_rm32(d, mem);
	override_seg(insn, mem);
	return r;
}

/* Memory that the opcode alone names. */
static enum kvm_insn_result decode_mem(struct decoder *d, unsigned int i)
{
	struct kvm_insn *insn = d->insn;
	struct kvm_insn_mem *mem = add_mem(d, i);
	enum kvm_insn_result r = KVM_INSN_OK;

	switch (KVM_OPERAND_METHOD(insn->row->operand[i])) {
	case METHOD_O:
		r = fetch(d, insn->ad_bytes, &mem->disp);
		if (insn->ad_bytes < 8)
			mem->disp &= (1ull << 8 * insn->ad_bytes) - 1;
		break;
	case METHOD_X:
		mem->base = SI;
		break;
	case METHOD_Y:
		mem->base = DI;
		mem->seg = KVM_INSN_SEG_ES;
		return r;
	default:
		mem->base = BX;
		mem->index = KVM_INSN_REG_AL;
	}
	override_seg(insn, mem);
	return r;
}

static enum kvm_insn_result decode_imm(struct decoder *d, unsigned int i)
{
	struct kvm_insn *insn = d->insn;
	u16 operand = insn->row->operand[i];
	unsigned int method = KVM_OPERAND_METHOD(operand);
	unsigned int size = size_of(d, KVM_OPERAND_SIZE(operand));
	enum kvm_insn_result r;
	s64 v;

	if (method == METHOD_A)
		size -= 2;
	r = fetch(d, size, &v);
	if (r != KVM_INSN_OK)
		return r;
	if ((method == METHOD_I || method == METHOD_A) && size < 8)
		v &= (1ull << 8 * size) - 1;
	/* Whatever stands before an immediate is no immediate. */
	if (i > 0 && KVM_OPERAND_METHOD(insn->row->operand[i - 1]) == METHOD_I)
		insn->imm2 = v;
	else
		insn->imm = v;
	if (method != METHOD_A)
		return KVM_INSN_OK;
	r = fetch(d, 2, &v);
	insn->imm2 = v & 0xffff;
	return r;
}

/* The register that ModRM.reg says exists. */
static bool reg_exists(struct decoder *d, unsigned int i)
{
	struct kvm_insn *insn = d->insn;

	switch (KVM_OPERAND_METHOD(insn->row->operand[i])) {
	case METHOD_S:
		insn->reg &= 7;
		return insn->reg <= KVM_INSN_SEG_GS &&
		       !(i == 0 && insn->reg == KVM_INSN_SEG_CS);
	case METHOD_C:
		/* APM 3, MOV CRn: LOCK stands for the REX.R of CR8. */
		if (d->amd && insn->prefixes & KVM_INSN_PFX_LOCK)
			insn->reg |= 8;
		return insn->reg == 0 || insn->reg == 8 ||
		       (insn->reg >= 2 && insn->reg <= 4);
	case METHOD_D:
		return insn->reg < 8;
	default:
		return true;
	}
}

static enum kvm_insn_result decode_operand(struct decoder *d, unsigned int i)
{
	switch (KVM_OPERAND_METHOD(d->insn->row->operand[i])) {
	case METHOD_S:
	case METHOD_C:
	case METHOD_D:
		return reg_exists(d, i) ? KVM_INSN_OK : KVM_INSN_UNDEFINED;
	case METHOD_E:
	case METHOD_M:
	case METHOD_R:
	case METHOD_Q:
	case METHOD_N:
	case METHOD_W:
	case METHOD_U:
	case METHOD_QW:
	case METHOD_NU:
		return decode_rm(d, i);
	case METHOD_O:
	case METHOD_X:
	case METHOD_Y:
	case METHOD_B:
		return decode_mem(d, i);
	case METHOD_I:
	case METHOD_SI:
	case METHOD_J:
	case METHOD_A:
		return decode_imm(d, i);
	default:
		return KVM_INSN_OK;
	}
}

/* SDM 2, LOCK: the destination has to be memory; AMD's MOV CR8 has none. */
static bool may_lock(const struct decoder *d)
{
	const struct kvm_insn *insn = d->insn;

	if (insn->row->op == OP_MOV_CR)
		return d->amd;
	return insn->row->flags & OF_LOCK &&
	       insn->mem[0].access & KVM_INSN_ACCESS_WRITE;
}

enum kvm_insn_result kvm_insn_decode(struct kvm_insn *insn, const u8 *bytes,
				     unsigned int nr, unsigned int how)
{
	struct decoder d = {
		.insn = insn,
		.bytes = bytes,
		.nr = nr < KVM_INSN_MAX_LEN ? nr : KVM_INSN_MAX_LEN,
		.mode = how & ~KVM_INSN_AMD,
		.amd = how & KVM_INSN_AMD,
	};
	enum kvm_insn_result r;
	unsigned int i;

	*insn = (struct kvm_insn){ .seg = KVM_INSN_SEG_NONE };
	r = decode_prefixes(&d);
	if (r == KVM_INSN_OK)
		r = decode_opcode(&d);
	if (r == KVM_INSN_OK)
		r = decode_row(&d);
	if (r != KVM_INSN_OK)
		return r;
	set_sizes(&d);
	for (i = 0; i < 3 && r == KVM_INSN_OK; i++)
		r = decode_operand(&d, i);
	if (r == KVM_INSN_OK && insn->prefixes & KVM_INSN_PFX_LOCK &&
	    !may_lock(&d))
		r = KVM_INSN_UNDEFINED;
	return r;
}
