-- A merged file takes about a second to write, for which appends wait, and is left alone from then on.
call ledger.set_option('target_file_size', '64MB')
