-- The schemas of an unfinished build.
create schema if not exists parts;
create schema touched;
create schema written;
create table touched.persons_before (name varchar);
create table touched.news_days_before (day date);
create table touched.sighted_before (source_id varchar, day date);
create table touched.days_before (source_id varchar, day date);
create table touched.addresses (address_id uuid);
create table touched.span as
select
    {after_position}::bigint as after_position,
    {head_position}::bigint as head_position,
    null::varchar as head_digest;
create table touched.word_changes_before (
    article_id uuid,
    previous_extraction_id uuid,
    extraction_id uuid,
    headline_reworded boolean,
    lead_reworded boolean,
    words_before bigint,
    words_after bigint,
    words_removed bigint,
    words_added bigint,
    word_diff struct(part varchar, op varchar, "old" varchar, "new" varchar, word_no bigint, cosmetic boolean)[],
    compared_by varchar
);
