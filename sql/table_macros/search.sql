-- search(query): articles that contain all words of the query, in any form, best first by BM25; "a phrase", -without
create or replace macro main.search(query) as table (
    with asked as (
        select translate(nfc_normalize(lower(query)), '„“”«»', repeat('"', 5)) as sought
    ),

    parts as (
        select
            regexp_extract_all(sought, '(?:^|\s)"([^"]+)"', 1) as phrases,
            regexp_extract_all(sought, '(?:^|\s)-"([^"]+)"', 1) as unwanted_phrases,
            list_distinct(regexp_extract_all(
                regexp_replace(sought, '(^|\s)-("[^"]*"|\S+)', ' ', 'g'), '[\p{L}\p{N}]+'
            )) as wanted,
            regexp_extract_all(
                array_to_string(regexp_extract_all(sought, '(?:^|\s)-([^\s"]+)', 1), ' '), '[\p{L}\p{N}]+'
            ) as unwanted
        from asked
    ),

    wanted_terms as (
        select distinct
            wanted.word,
            words.term_no
        from (select unnest(parts.wanted) as word from parts) as wanted
        inner join search.words on wanted.word = words.word
    ),

    unwanted_documents as (
        select distinct postings.document_no
        from (select unnest(parts.unwanted) as word from parts) as unwanted
        inner join search.words on unwanted.word = words.word
        inner join search.postings on words.term_no = postings.term_no
    ),

    found as (
        select
            wanted_terms.word,
            postings.document_no,
            sum(postings.weight) as weight
        from search.postings
        inner join wanted_terms on postings.term_no = wanted_terms.term_no
        group by wanted_terms.word, postings.document_no
    ),

    totals as (
        select
            count(*) as documents,
            avg(words) as average_words
        from search.documents
    ),

    frequencies as (
        select
            found.word,
            ln(1 + (any_value(totals.documents) - count(*) + 0.5) / (count(*) + 0.5)) as rarity
        from found
        cross join totals
        group by found.word
    ),

    ranked as (
        select
            documents.article_id,
            sum(
                frequencies.rarity * found.weight * 2.2
                / (found.weight + 1.2 * (0.25 + 0.75 * documents.words / totals.average_words))
            ) as score
        from found
        inner join frequencies on found.word = frequencies.word
        inner join search.documents on found.document_no = documents.document_no
        cross join totals
        where found.document_no not in (select unwanted_documents.document_no from unwanted_documents)
        group by documents.article_id
        having count(*) = (select len(parts.wanted) from parts)
    ),

    -- texts are read only if there are phrases, and only those of the articles that contain all words
    with_phrases as (
        select
            articles.article_id,
            articles.extraction_position
        from ranked
        inner join parts.articles_without_text as articles on ranked.article_id = articles.article_id
        where (select len(parts.phrases) + len(parts.unwanted_phrases) from parts) > 0
    ),

    readings as (
        select
            extracted.position,
            regexp_replace(
                lower(concat_ws(' ', extracted.headline, extracted.lead, extracted.text)), '\s+', ' ', 'g'
            ) as words
        from events.article_extracted as extracted
        where extracted.position in (select with_phrases.extraction_position from with_phrases)
    ),

    literal as (
        select with_phrases.article_id
        from with_phrases
        inner join readings on with_phrases.extraction_position = readings.position
        cross join parts
        where
            len(list_filter(parts.phrases, lambda phrase: not contains(readings.words, phrase))) = 0 -- noqa: RF02
            and len(
                list_filter(parts.unwanted_phrases, lambda phrase: contains(readings.words, phrase)) -- noqa: RF02
            ) = 0
    )

    select
        articles.article_id,
        round(ranked.score, 3) as score,
        articles.source_id,
        coalesce(articles.published_at, articles.first_seen_at) as published_at,
        articles.headline,
        articles.language,
        articles.url
    from ranked
    inner join parts.articles_without_text as articles on ranked.article_id = articles.article_id
    where
        (select len(parts.phrases) + len(parts.unwanted_phrases) from parts) = 0
        or ranked.article_id in (select literal.article_id from literal)
    order by ranked.score desc, published_at desc, articles.url asc
);
