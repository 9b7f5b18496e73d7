{#
  The rows of `mentions` or `quotes` that are about articles, given as a relation with `article_id` and `published_at`.
  These marts have the time of the article and are stored nearly by it, so that a join by the time as well reads few
  rows. The rows are found by these two columns first; the others are large.
#}
{% macro rows_of(mart, articles) -%}
    select *
    from {{ mart }}
    where rowid in (
        select found.rowid
        from {{ mart }} as found
        semi join {{ articles }} as wanted
            on found.article_id = wanted.article_id and found.published_at = wanted.published_at
        union all
        select found.rowid
        from {{ mart }} as found
        where
            found.published_at is null
            and found.article_id in (select wanted.article_id from {{ articles }} as wanted)
    )
{%- endmacro %}
