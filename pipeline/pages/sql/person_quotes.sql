-- What the person is quoted as saying, newest article first. The numbers are those on the article's page.
with numbered as (
    select
        *,
        row_number() over (
            partition by article_id
            order by list_position(['headline', 'lead', 'text'], part), start_char, end_char desc
        ) as quote_no
    from quotes
    where article_id in (
        select named.article_id
        from quotes as named
        where named.person = $person
    )
)

select
    numbered.article_id,
    numbered.source_id,
    numbered.headline,
    coalesce(numbered.published_at, articles.first_seen_at) as said_at,
    numbered.kind,
    numbered.text,
    numbered.speaker,
    numbered.quote_no
from numbered
inner join articles on numbered.article_id = articles.article_id
where numbered.person = $person
order by said_at desc, numbered.article_id, numbered.quote_no
limit $row_limit
