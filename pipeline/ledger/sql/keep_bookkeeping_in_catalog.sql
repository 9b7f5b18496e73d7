-- The two rows of bookkeeping that each append writes stay in the catalog. All events go to Parquet files.
call ledger.set_option('data_inlining_row_limit', 10, table_name => 'log_head');
call ledger.set_option('data_inlining_row_limit', 10, table_name => 'appends');
