-- The files that merging replaced before that time.
call ducklake_cleanup_old_files('ledger', older_than => $older_than)
