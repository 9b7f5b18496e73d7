-- Merges neighbouring small files of a table into one. Replaced files are deleted later, so snapshots stay readable.
call ducklake_merge_adjacent_files('ledger', $table, schema => 'main', max_compacted_files => 1)
