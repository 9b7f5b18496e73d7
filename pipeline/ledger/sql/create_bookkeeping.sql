call ledger.set_option('data_inlining_row_limit', 0);
create table ledger.ledger_format (version bigint);
create table ledger.log_head (position bigint, append_no bigint, digest varchar);
create table ledger.appends (
    append_no bigint,
    first_position bigint,
    last_position bigint,
    events bigint,
    run_id varchar,
    appended_at timestamptz,
    digest varchar,
    previous_digest varchar
);
insert into ledger.log_head values (0, 0, 'sha256:');
