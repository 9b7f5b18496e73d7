-- Files that no snapshot names, left by a process that was killed while it appended; younger ones may be in the making.
call ducklake_delete_orphaned_files('ledger', older_than => $older_than)
