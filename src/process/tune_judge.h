/* SPDX-License-Identifier: MIT */
/* tune_judge.h - the judges of the rows of tune_table.c: each compares the value
 * of a setting of the system with what is configured (tune.h). */
#ifndef COHORT_PROCESS_TUNE_JUDGE_H
#define COHORT_PROCESS_TUNE_JUDGE_H

#include "process/tune.h"

/* As struct tune_row's judge. */
enum tune_verdict tune_judge_backlog(const struct tune_facts *facts,
				     const char *value,
				     struct tune_words *words);
enum tune_verdict tune_judge_syn_backlog(const struct tune_facts *facts,
					 const char *value,
					 struct tune_words *words);
enum tune_verdict tune_judge_receive(const struct tune_facts *facts,
				     const char *value,
				     struct tune_words *words);
enum tune_verdict tune_judge_send(const struct tune_facts *facts,
				  const char *value, struct tune_words *words);
enum tune_verdict tune_judge_fastopen(const struct tune_facts *facts,
				      const char *value,
				      struct tune_words *words);
enum tune_verdict tune_judge_congestion(const struct tune_facts *facts,
					const char *value,
					struct tune_words *words);
enum tune_verdict tune_judge_window(const struct tune_facts *facts,
				    const char *value,
				    struct tune_words *words);
enum tune_verdict tune_judge_keepalive(const struct tune_facts *facts,
				       const char *value,
				       struct tune_words *words);
enum tune_verdict tune_judge_lowat(const struct tune_facts *facts,
				   const char *value, struct tune_words *words);
enum tune_verdict tune_judge_low_ports(const struct tune_facts *facts,
				       const char *value,
				       struct tune_words *words);
enum tune_verdict tune_judge_descriptors(const struct tune_facts *facts,
					 const char *value,
					 struct tune_words *words);
enum tune_verdict tune_judge_descriptors_each(const struct tune_facts *facts,
					      const char *value,
					      struct tune_words *words);
enum tune_verdict tune_judge_descriptors_all(const struct tune_facts *facts,
					     const char *value,
					     struct tune_words *words);
enum tune_verdict tune_judge_option_memory(const struct tune_facts *facts,
					   const char *value,
					   struct tune_words *words);
enum tune_verdict tune_judge_ptrace(const struct tune_facts *facts,
				    const char *value,
				    struct tune_words *words);

#endif
