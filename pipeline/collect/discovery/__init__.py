"""Discovery: which feeds and news sitemaps an outlet has, for `newsledger sources`.

`probes` requests an address and reads the answer as a feed. `links` finds the addresses where a homepage or a
robots.txt suggests a feed; `survey` tries them. `candidates` does this for everything a user asks to
add, and `pipeline.sources.plan` decides which source each candidate joins. Start with `survey`.
"""
