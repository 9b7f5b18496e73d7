-- article_revisions: one row per distinct reading of an article in time; from A to B and back to A makes three
{{ config(materialized='view') }}
{{ with_text('revisions_without_text') }}
