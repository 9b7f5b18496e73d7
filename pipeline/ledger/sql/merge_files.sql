-- Merges neighbouring small files of a table into one; what it replaces is deleted later, snapshots stay readable.
call ducklake_merge_adjacent_files('ledger', $table, schema => 'main', max_compacted_files => 1)
