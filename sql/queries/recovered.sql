-- Which articles were recovered from history, how were they found, and where does their page come from?
select
    items.source_id,
    items.occurred_at as dated_at,
    items.via as found_via,
    captures.via as page_via,
    captures.captured_at,
    coalesce(articles.headline, items.title) as headline,
    items.canonical_url as url,
    items.feed_url as found_in
from events.item_discovered as items
left join events.article_captured as captures on items.event_id = captures.caused_by
left join article_addresses as addresses on items.article_id = addresses.address_id
left join articles on addresses.article_id = articles.article_id
where items.via in ('sitemap', 'wayback', 'cc_news') or captures.via in ('wayback', 'cc_news')
order by items.occurred_at desc, items.article_id asc, captures.captured_at asc
limit 100;
