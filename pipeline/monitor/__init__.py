"""What an installation looks like now, and what of it needs a person: for `newsledger status` and `newsledger metrics`.

`state` reads ledger, published file and the last verification into one value. `concerns` judges that value, and
`gauges` turns it into metrics for Prometheus. Start with `state.State`.
"""
