/* SPDX-FileCopyrightText: 2026 The echod authors */
/* SPDX-License-Identifier: MIT */
/*
 * page_rates.c: see page_rates.h.
 */
#include "src/echod/page_rates.h"

void page_rates_init(struct page_rates *rates, int64_t start_ms)
{
	*rates = (struct page_rates){ .start_ms = start_ms,
				      .before = { .ms = start_ms },
				      .last = { .ms = start_ms } };
}

struct page_cut page_rates_view(struct page_rates *rates, const struct page_cut *now)
{
	if (now->ms - rates->last.ms >= PAGE_RATES_MIN_MS) {
		rates->before = rates->last;
		rates->last = *now;
	}
	return rates->before;
}
