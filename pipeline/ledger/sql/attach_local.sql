-- The operating system keeps what is read often; a second copy in memory grows to the size of the ledger.
set enable_external_file_cache = false;
-- The data path is given at each attach, so that the data directory can be moved.
attach {catalog} as ledger (
    data_path {files},
    override_data_path true,
    meta_journal_mode 'WAL',
    meta_busy_timeout 30000
)
