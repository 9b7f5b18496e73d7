-- Writes the files of a table again from which rows were removed. The old ones are deleted when no snapshot needs them.
call ducklake_rewrite_data_files('ledger', $table, schema => 'main', delete_threshold => 0)
