"""HTTP: the one client that fetches feeds, pages and archives, polite to hosts and safe against what they send.

A request passes `addresses` (may this host be connected to?), `robots` (does robots.txt allow it?) and `hosts` (is it
this host's turn?); `host_files` shares what is known of a host with other processes. `connections` reads the body up to
a limit, and `cookies` returns what earlier answers of a redirect have set. `responses` holds the result or the reason
for the failure, which `failures` finds. `readers` are the
worker processes in which an answer is decoded and parsed. Start with `client`.
"""
