/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows_x87.h - opcodes D8 to DF (SDM 2, tables)
 *
 * ROW and ROWS are the includer's; see opcodes.c.
 */
/* clang-format off */
#define UD(group, first, last) \
	ROWS(group, first, last, OP_UNDEFINED, __, __, __, 0)

ROWS(GROUP_D8M, 0, 7, OP_FPU, Md, __, __, OF_T)

ROWS(GROUP_D8R, 0, 7, OP_FPU, __, __, __, 0)

ROW(GROUP_D9M, 0, OP_FPU, Md, __, __, OF_T)
UD(GROUP_D9M, 1, 1)
ROWS(GROUP_D9M, 2, 3, OP_FPU, Md, __, __, OF_W)
ROW(GROUP_D9M, 4, OP_FPU, Menv, __, __, OF_T)
ROW(GROUP_D9M, 5, OP_FPU, Mw, __, __, OF_T)
ROW(GROUP_D9M, 6, OP_FPU, Menv, __, __, OF_W)
ROW(GROUP_D9M, 7, OP_FPU, Mw, __, __, OF_W)

ROWS(GROUP_D9R, 0, 1, OP_FPU, __, __, __, 0)
ROW(GROUP_D9R, 2, OP_BY_RM, GROUP_D9R2, __, __, 0)
UD(GROUP_D9R, 3, 3)
ROW(GROUP_D9R, 4, OP_BY_RM, GROUP_D9R4, __, __, 0)
ROW(GROUP_D9R, 5, OP_BY_RM, GROUP_D9R5, __, __, 0)
ROWS(GROUP_D9R, 6, 7, OP_FPU, __, __, __, 0)

ROWS(GROUP_DAM, 0, 7, OP_FPU, Md, __, __, OF_T)

ROWS(GROUP_DAR, 0, 3, OP_FPU, __, __, __, 0)
UD(GROUP_DAR, 4, 4)
ROW(GROUP_DAR, 5, OP_BY_RM, GROUP_DAR5, __, __, 0)
UD(GROUP_DAR, 6, 7)

ROW(GROUP_DBM, 0, OP_FPU, Md, __, __, OF_T)
ROWS(GROUP_DBM, 1, 3, OP_FPU, Md, __, __, OF_W)
UD(GROUP_DBM, 4, 4)
ROW(GROUP_DBM, 5, OP_FPU, Mt, __, __, OF_T)
UD(GROUP_DBM, 6, 6)
ROW(GROUP_DBM, 7, OP_FPU, Mt, __, __, OF_W)

ROWS(GROUP_DBR, 0, 3, OP_FPU, __, __, __, 0)
ROW(GROUP_DBR, 4, OP_BY_RM, GROUP_DBR4, __, __, 0)
ROWS(GROUP_DBR, 5, 6, OP_FPU, __, __, __, 0)
UD(GROUP_DBR, 7, 7)

ROWS(GROUP_DCM, 0, 7, OP_FPU, Mq, __, __, OF_T)

ROWS(GROUP_DCR, 0, 1, OP_FPU, __, __, __, 0)
UD(GROUP_DCR, 2, 3)
ROWS(GROUP_DCR, 4, 7, OP_FPU, __, __, __, 0)

ROW(GROUP_DDM, 0, OP_FPU, Mq, __, __, OF_T)
ROWS(GROUP_DDM, 1, 3, OP_FPU, Mq, __, __, OF_W)
ROW(GROUP_DDM, 4, OP_FPU, Mfsave, __, __, OF_T)
UD(GROUP_DDM, 5, 5)
ROW(GROUP_DDM, 6, OP_FPU, Mfsave, __, __, OF_W)
ROW(GROUP_DDM, 7, OP_FPU, Mw, __, __, OF_W)

ROW(GROUP_DDR, 0, OP_FPU, __, __, __, 0)
UD(GROUP_DDR, 1, 1)
ROWS(GROUP_DDR, 2, 5, OP_FPU, __, __, __, 0)
UD(GROUP_DDR, 6, 7)

ROWS(GROUP_DEM, 0, 7, OP_FPU, Mw, __, __, OF_T)

ROWS(GROUP_DER, 0, 1, OP_FPU, __, __, __, 0)
UD(GROUP_DER, 2, 2)
ROW(GROUP_DER, 3, OP_BY_RM, GROUP_DER3, __, __, 0)
ROWS(GROUP_DER, 4, 7, OP_FPU, __, __, __, 0)

ROW(GROUP_DFM, 0, OP_FPU, Mw, __, __, OF_T)
ROWS(GROUP_DFM, 1, 3, OP_FPU, Mw, __, __, OF_W)
ROW(GROUP_DFM, 4, OP_FPU, Mt, __, __, OF_T)
ROW(GROUP_DFM, 5, OP_FPU, Mq, __, __, OF_T)
ROW(GROUP_DFM, 6, OP_FPU, Mt, __, __, OF_W)
ROW(GROUP_DFM, 7, OP_FPU, Mq, __, __, OF_W)

UD(GROUP_DFR, 0, 3)
ROW(GROUP_DFR, 4, OP_BY_RM, GROUP_DFR4, __, __, 0)
ROWS(GROUP_DFR, 5, 6, OP_FPU, __, __, __, 0)
UD(GROUP_DFR, 7, 7)

ROW(GROUP_D9R2, 0, OP_FPU, __, __, __, 0)
UD(GROUP_D9R2, 1, 7)

ROWS(GROUP_D9R4, 0, 1, OP_FPU, __, __, __, 0)
UD(GROUP_D9R4, 2, 3)
ROWS(GROUP_D9R4, 4, 5, OP_FPU, __, __, __, 0)
UD(GROUP_D9R4, 6, 7)

ROWS(GROUP_D9R5, 0, 6, OP_FPU, __, __, __, 0)
UD(GROUP_D9R5, 7, 7)

UD(GROUP_DAR5, 0, 0)
ROW(GROUP_DAR5, 1, OP_FPU, __, __, __, 0)
UD(GROUP_DAR5, 2, 7)

UD(GROUP_DBR4, 0, 1)
ROWS(GROUP_DBR4, 2, 3, OP_FPU, __, __, __, 0)
UD(GROUP_DBR4, 4, 7)

UD(GROUP_DER3, 0, 0)
ROW(GROUP_DER3, 1, OP_FPU, __, __, __, 0)
UD(GROUP_DER3, 2, 7)

ROW(GROUP_DFR4, 0, OP_FPU, __, __, __, 0)
UD(GROUP_DFR4, 1, 7)

#undef UD
/* clang-format on */
