-- The fingerprints in appends_between, of all appends up to this one, together.
select
    coalesce(
        bit_xor(
            md5_number(
                cast(
                    (append_no, first_position, last_position, events, run_id, appended_at, digest, previous_digest)
                    as varchar
                )
            )
        ),
        0
    ) as fingerprint
from ledger.appends
where append_no <= $append_no
