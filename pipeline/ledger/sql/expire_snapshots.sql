-- Forgets the states of the ledger before a time, so that the files that only they need can be deleted.
call ducklake_expire_snapshots('ledger', older_than => $older_than)
