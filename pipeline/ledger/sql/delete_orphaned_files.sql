-- Files that no snapshot names, left by a process that was killed during an append. Younger files may be in use.
call ducklake_delete_orphaned_files('ledger', older_than => $older_than)
