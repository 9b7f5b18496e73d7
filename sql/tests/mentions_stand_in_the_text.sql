-- A mention's words are those of its part of the article at its offsets, and mentions of one part do not overlap.
with placed as (
    select
        mentions.mention_id,
        mentions.surface,
        substr(
            case mentions.part
                when 'headline' then articles.headline
                when 'lead' then articles.lead
                else articles.text
            end,
            mentions.start_char + 1, mentions.end_char - mentions.start_char
        ) as text_at_offsets,
        mentions.start_char < lag(mentions.end_char) over (
            partition by mentions.article_id, mentions.part order by mentions.start_char
        ) as is_overlapping
    from {{ written(ref('mentions')) }} as mentions
    inner join {{ written(ref('articles')) }} as articles on mentions.article_id = articles.article_id
)

select
    mention_id,
    surface,
    text_at_offsets,
    is_overlapping
from placed
where surface is distinct from text_at_offsets or is_overlapping
