// SPDX-License-Identifier: GPL-2.0-only
/*
 * config.c - choosing the SVM features
 *
 * Owns: the table of features that are used, and what each needs.  Pure but for
 * reading CPUID.
 *
 * Deliberately not used: AVIC and x2AVIC, SEV in all its forms, shadow stack
 * checks, guest mode execute trap, read-only guest page tables, IBS.
 */
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stddef.h>
#include <asm/processor.h>
#include <asm/svm.h>

#include "svm/config.h"

/* ASID 0 is the host's, so a CPU with one has none for a guest; APM 2, 15.16 */
#define SVM_MIN_ASIDS 2

/* In an order in which one pass is enough: what is needed comes first. */
static const struct {
	const char *name;
	u32 feature;
	u32 needs;
} features[] = {
	/* clang-format off */
	{ "NPT",		SVM_FEATURE_NPT },
	{ "NRIPS",		SVM_FEATURE_NRIPS },
	{ "decode assists",	SVM_FEATURE_DECODE_ASSISTS },
	{ "flush by ASID",	SVM_FEATURE_FLUSH_BY_ASID },
	{ "VMCB clean bits",	SVM_FEATURE_VMCB_CLEAN },
	{ "TSC scaling",	SVM_FEATURE_TSC_SCALING },
	{ "VGIF",		SVM_FEATURE_VGIF },
	{ "virtual NMIs",	SVM_FEATURE_VNMI,		SVM_FEATURE_VGIF },
	{ "virtual VMLOAD and VMSAVE", SVM_FEATURE_VLS,		SVM_FEATURE_NPT },
	{ "LBR virtualisation",	SVM_FEATURE_LBRV },
	{ "pause filter",	SVM_FEATURE_PAUSE_FILTER },
	{ "pause filter threshold", SVM_FEATURE_PF_THRESHOLD,	SVM_FEATURE_PAUSE_FILTER },
	{ "virtual SPEC_CTRL",	SVM_FEATURE_V_SPEC_CTRL },
	/* clang-format on */
};

void svm_read_capabilities(struct svm_capabilities *cap)
{
	u32 eax, ebx, ecx, edx;

	cpuid(SVM_CPUID_FUNC, &eax, &ebx, &ecx, &edx);
	*cap = (struct svm_capabilities){
		.revision = eax & 0xff,
		.nr_asids = ebx,
		.features = edx,
	};
}

const char *svm_compute_config(const struct svm_capabilities *cap, bool npt,
			       struct svm_config *cfg)
{
	u32 offered = cap->features;
	unsigned int i;

	*cfg = (struct svm_config){};
	if (cap->nr_asids < SVM_MIN_ASIDS)
		return "number of ASIDs";

	if (!npt)
		offered &= ~SVM_FEATURE_NPT;

	cfg->nr_asids = cap->nr_asids;
	for (i = 0; i < ARRAY_SIZE(features); i++)
		if ((offered & features[i].feature) &&
		    (cfg->features & features[i].needs) == features[i].needs)
			cfg->features |= features[i].feature;
	return NULL;
}

const char *svm_config_difference(const struct svm_config *a,
				  const struct svm_config *b)
{
	u32 differ = a->features ^ b->features;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (differ & features[i].feature)
			return features[i].name;
	if (a->nr_asids != b->nr_asids)
		return "number of ASIDs";
	return NULL;
}

void svm_show_config(struct seq_file *m, const struct svm_capabilities *cap,
		     const struct svm_config *cfg)
{
	unsigned int i;

	seq_printf(m, "SVM revision: %u\n", cap->revision);
	seq_printf(m, "ASIDs: %u\n", cfg->nr_asids);
	for (i = 0; i < ARRAY_SIZE(features); i++)
		seq_printf(m, "%s: %s\n", features[i].name,
			   cfg->features & features[i].feature ? "used" :
			   cap->features & features[i].feature ? "unused" :
								 "absent");
}
