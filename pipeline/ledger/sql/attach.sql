-- Files are found beside the catalog, wherever the data directory has been moved to.
attach {catalog} as ledger (
    data_path {data},
    override_data_path true,
    meta_journal_mode 'WAL',
    meta_busy_timeout 30000
);
set timezone = 'UTC';
