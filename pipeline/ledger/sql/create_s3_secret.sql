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
-- A store that does not answer is given up after about a minute, one that refuses after 20 seconds.
set http_timeout = 10;
set http_retries = {retries};
set http_retry_wait_ms = 500;
set http_retry_backoff = 3
