-- What outlets changed after publication, newest first, without mere typography and new versions of the extractor.
with changed as (
    select *
    from parts.revisions_without_text
    where
        revision_no > 1
        and captured_at >= timezone('UTC', cast($from_on as timestamp))
        and captured_at < timezone('UTC', cast($to_on as timestamp) + interval 1 day)
        and list_has_any(change_kinds, ['headline', 'lead', 'correction', 'substance'])
        and ($only_source is null or source_id = $only_source)
        and ($only_language is null or language = $only_language)
        and ($only_kind is null or list_contains(change_kinds, $only_kind))
        and (
            $words = ''
            or article_id in (select found.article_id from main.search($words) as found)
            or main.edits_contain(previous_headline, headline, word_diff, $words)
        )
    order by captured_at desc, article_id, revision_no desc
    limit $row_limit
),

texts as (
    -- by their place in the table: DuckDB reads such texts without scanning all of them
    select
        position,
        text
    from events.article_extracted
    where rowid in (
        select extracted.rowid
        from events.article_extracted as extracted
        where extracted.position in (select changed.extraction_position from changed)
    )
)

select
    changed.article_id,
    changed.revision_no,
    changed.source_id,
    changed.language,
    changed.captured_at,
    changed.headline,
    changed.previous_headline,
    changed.lead,
    before.lead as lead_before,
    texts.text,
    changed.correction,
    before.correction as correction_before,
    changed.change_kinds,
    changed.words_removed,
    changed.words_added,
    changed.changed_share,
    changed.word_diff
from changed
inner join texts on changed.extraction_position = texts.position
left join parts.revisions_without_text as before
    on changed.article_id = before.article_id and changed.revision_no = before.revision_no + 1
order by changed.captured_at desc, changed.article_id, changed.revision_no desc
