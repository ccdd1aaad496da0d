/* SPDX-License-Identifier: MIT */
/* no_export.c - a shared object that says nothing of protocols. */
int no_export_answer(void);

int no_export_answer(void)
{
	return 42;
}
