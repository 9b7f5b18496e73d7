-- A merged file of this size takes about a second to write, during which appends wait. It is not merged again.
call ledger.set_option('target_file_size', '64MB')
