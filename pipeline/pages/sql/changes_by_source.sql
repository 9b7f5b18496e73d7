-- How many changes were found, and in how many articles, by source.
select
    source_id,
    count(*) as changes,
    count(distinct article_id) as articles,
    count_if(list_contains(change_kinds, 'headline')) as headlines,
    count_if(list_contains(change_kinds, 'substance')) as texts,
    count_if(list_contains(change_kinds, 'correction')) as corrections
from parts.revisions_without_text
where
    revision_no > 1
    and list_has_any(change_kinds, ['headline', 'lead', 'correction', 'substance'])
    and main.utc_day(captured_at) between $from_on and $to_on
    and ($only_source is null or source_id = $only_source)
    and ($only_language is null or language = $only_language)
    and ($only_kind is null or list_contains(change_kinds, $only_kind))
    and (
        $words = ''
        or article_id in (select found.article_id from main.search($words) as found)
        or main.edits_contain(previous_headline, headline, word_diff, $words)
    )
group by source_id
order by changes desc, source_id
limit $row_limit
