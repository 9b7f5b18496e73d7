-- build_info: one row, what this file was built from. It is built after everything else has been built and tested:
-- depends_on: {{ ref('article_revisions') }}, {{ ref('articles') }}, {{ ref('quotes') }}
-- depends_on: {{ ref('feed_health') }}, {{ ref('coverage_ledger') }}, {{ ref('coverage_daily') }}
-- depends_on: {{ ref('video_embedded') }}, {{ ref('backfills') }}, {{ ref('persons') }}
select
    cast({{ head_position() }} as bigint) as head_position,
    {{ sql_literal(env_var('NEWSLEDGER_HEAD_DIGEST') if execute) }} as head_digest,
    {{ sql_literal(env_var('NEWSLEDGER_VERSION') if execute) }} as newsledger_version,
    list_transform(
        string_split({{ sql_literal(env_var('NEWSLEDGER_ANNOTATORS', 'rules') if execute) }}, ','),
        lambda spec: replace(trim(split_part(spec, ':', 1)), 'rules', 'annotate')
    ) as annotators,
    current_timestamp as built_at
