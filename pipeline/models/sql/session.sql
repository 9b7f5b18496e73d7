-- Rows need no order, so DuckDB need not keep them in memory until it is known.
set memory_limit = '{memory}';
set preserve_insertion_order = false;
set timezone = 'UTC';
