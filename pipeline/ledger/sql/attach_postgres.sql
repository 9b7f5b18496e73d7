-- The password is in a secret: messages about the connection repeat the name of the catalog, but no secret.
create or replace secret ledger_catalog ({secret});
attach {catalog} as ledger (
    data_path {files},
    override_data_path true,
    meta_secret 'ledger_catalog'
)
