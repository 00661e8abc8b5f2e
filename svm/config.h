/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - which SVM features this CPU offers, and which are used
 *
 * Owns: struct svm_capabilities, what CPUID says, and struct svm_config, what
 * is made of it.  Computing the one from the other is pure.
 *
 * References: APM 3, Appendix E.4.9 "Function 8000_000Ah - SVM Features";
 * APM 2, chapter 15.
 */
#ifndef TWINWALK_SVM_CONFIG_H
#define TWINWALK_SVM_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>

/* CPUID 8000_000AH:EDX */
#define SVM_FEATURE_NPT		   BIT(0)
#define SVM_FEATURE_LBRV	   BIT(1)
#define SVM_FEATURE_NRIPS	   BIT(3)
#define SVM_FEATURE_TSC_SCALING	   BIT(4)
#define SVM_FEATURE_VMCB_CLEAN	   BIT(5)
#define SVM_FEATURE_FLUSH_BY_ASID  BIT(6)
#define SVM_FEATURE_DECODE_ASSISTS BIT(7)
#define SVM_FEATURE_PAUSE_FILTER   BIT(10)
#define SVM_FEATURE_PF_THRESHOLD   BIT(12)
#define SVM_FEATURE_VLS		   BIT(15)
#define SVM_FEATURE_VGIF	   BIT(16)
#define SVM_FEATURE_V_SPEC_CTRL	   BIT(20)
#define SVM_FEATURE_VNMI	   BIT(25)

/**
 * struct svm_capabilities - what CPUID 8000_000AH of a CPU says
 * @revision: EAX[7:0]
 * @nr_asids: EBX
 * @features: EDX
 */
struct svm_capabilities {
	u32 revision;
	u32 nr_asids;
	u32 features;
};

/**
 * struct svm_config - what of it is used; the same on every CPU
 * @nr_asids: address space identifiers, of which 0 is the host's
 * @features: SVM_FEATURE_*
 */
struct svm_config {
	u32 nr_asids;
	u32 features;
};

/**
 * svm_read_capabilities() - read this CPU's CPUID
 * @cap: filled
 *
 * Context: any, with migration off.
 */
void svm_read_capabilities(struct svm_capabilities *cap);

/**
 * svm_compute_config() - choose the features
 * @cap: what the CPU offers
 * @npt: use NPT where it is there
 * @cfg: filled, valid if the return value is NULL
 *
 * No feature is needed: each is used where it is there, and done without where
 * it is not.
 *
 * Return: NULL, or what is wrong with the CPU, as a part of a sentence.
 */
const char *svm_compute_config(const struct svm_capabilities *cap, bool npt,
			       struct svm_config *cfg);

/**
 * svm_config_difference() - compare two CPUs
 * @a: one
 * @b: the other
 *
 * Return: the name of the first thing in which they differ, or NULL.
 */
const char *svm_config_difference(const struct svm_config *a,
				  const struct svm_config *b);

struct seq_file;

/**
 * svm_show_config() - print the features, a line each
 * @m: where to
 * @cap: what the CPU offers
 * @cfg: what is used of it
 */
void svm_show_config(struct seq_file *m, const struct svm_capabilities *cap,
		     const struct svm_config *cfg);

#endif
