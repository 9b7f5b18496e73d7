-- The data path is given at each attach, so that the data directory can be moved.
attach {catalog} as ledger (
    data_path {files},
    override_data_path true,
    meta_journal_mode 'WAL',
    meta_busy_timeout 30000
)
