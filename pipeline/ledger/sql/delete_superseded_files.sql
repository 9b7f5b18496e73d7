-- Files that merging replaced before the given time.
call ducklake_cleanup_old_files('ledger', older_than => $older_than)
