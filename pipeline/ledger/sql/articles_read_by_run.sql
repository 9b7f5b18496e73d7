-- Articles of which the run has read a capture since it was started.
select article_id from ledger.article_extracted
where run_id = $run_id and recorded_at >= $started_at
union
select article_id from ledger.extraction_failed
where run_id = $run_id and recorded_at >= $started_at
union
select article_id from ledger.article_annotated
where run_id = $run_id and recorded_at >= $started_at
