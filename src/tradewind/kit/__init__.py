"""Tools that know nothing of trading: ids, clocks, problems, pages, text."""
