-- The place in which the catalog has its files; no row if it lists none.
select value
from __ducklake_metadata_ledger.ducklake_metadata
where
    key = 'data_path'
    and scope is null
    and exists (
        select *
        from __ducklake_metadata_ledger.ducklake_data_file
        where end_snapshot is null
    )
