-- articles: one row per article, with the content of its newest revision
{{ config(materialized='view') }}
{{ with_text('articles_without_text') }}
