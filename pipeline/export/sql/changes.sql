select
    revisions.article_id,
    revisions.revision_no,
    revisions.source_id,
    revisions.url,
    revisions.captured_at as dated_at,
    revisions.headline,
    revisions.previous_headline,
    revisions.authors,
    revisions.language,
    revisions.change_kinds,
    revisions.words_removed,
    revisions.words_added,
    list_filter(revisions.word_diff, lambda change: not change['cosmetic']) as changes,
    revisions.correction,
    articles.published_at
from main.article_revisions as revisions
inner join main.articles on revisions.article_id = articles.article_id
where
    list_has_any(revisions.change_kinds, ['headline', 'lead', 'correction', 'substance'])
    and revisions.captured_at >= $since
    and revisions.captured_at < $until
    and (len($sources) = 0 or list_contains(cast($sources as varchar[]), revisions.source_id))
    and (cast($language as varchar) is null or revisions.language = $language)
    and (
        coalesce($words, '') = ''
        or revisions.article_id in (select found.article_id from main.search(coalesce($words, '')) as found)
    )
order by revisions.captured_at desc, revisions.url asc
limit $most
