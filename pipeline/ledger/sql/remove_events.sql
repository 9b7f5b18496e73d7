-- Removes the rows at these positions: the only statement that removes events. `Ledger.erase` seals what is left.
delete from ledger.{table}
where list_contains($positions, position)
