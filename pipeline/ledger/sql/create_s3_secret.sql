-- Messages repeat no secret.
create or replace secret ledger_files (
    type s3,
    scope {scope},
    endpoint {endpoint},
    use_ssl {use_ssl},
    url_style {url_style},
    region {region},
    key_id {key_id},
    secret {secret},
    session_token {token}
);
set http_retries = {retries};
set http_retry_wait_ms = 200;
set http_retry_backoff = 2
