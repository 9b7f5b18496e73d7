create schema if not exists search;

create table if not exists search.documents (
    document_no integer not null,
    article_id uuid not null,
    extraction_id uuid not null,
    language varchar,
    words integer not null
);

create table if not exists search.words (
    word varchar not null,
    language varchar not null,
    term_no integer not null
);

create table if not exists search.terms (
    term_no integer not null,
    term varchar not null
);

create table if not exists search.postings (
    term_no integer not null,
    document_no integer not null,
    weight usmallint not null
);
