-- Reads every value of a table.
select bit_xor(hash(stored)) as hashed
from {table} as stored -- noqa: AL05
