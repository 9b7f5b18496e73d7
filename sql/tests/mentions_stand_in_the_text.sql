-- A mention's words are those of its part of the article at its offsets, and mentions of one part do not overlap.
with placed as (
    select
        mentions.mention_id,
        mentions.surface,
        substr(
            case mentions.part
                when 'headline' then articles.headline
                when 'lead' then articles.lead
                else readings.text
            end,
            mentions.start_char + 1, mentions.end_char - mentions.start_char
        ) as text_at_offsets
    from {{ written(ref('mentions')) }} as mentions
    inner join {{ written(ref('articles_without_text')) }} as articles on mentions.article_id = articles.article_id
    inner join {{ source('touched', 'article_extracted') }} as readings
        on articles.extraction_position = readings.position
),

ordered as (
    -- apart from the texts: a window keeps all columns of its rows in memory
    select
        mention_id,
        surface,
        start_char < lag(end_char) over (partition by article_id, part order by start_char) as is_overlapping
    from {{ written(ref('mentions')) }}
)

select
    mention_id,
    surface,
    text_at_offsets,
    false as is_overlapping
from placed
where surface is distinct from text_at_offsets
union all
select
    mention_id,
    surface,
    null as text_at_offsets,
    true as is_overlapping
from ordered
where is_overlapping
