-- What a finished build was made from.
select
    head_position,
    head_digest,
    recipe_digest
from main.build_info
